//! The clock that is handed in.

use dossier_domain::Timestamp;

/// Tells the wall-clock time. Made in `cli`; tests hand in their own.
pub trait Clock: Send + Sync + 'static {
    /// The time now, never before 1970: ids hold it.
    fn now(&self) -> Timestamp;
}
