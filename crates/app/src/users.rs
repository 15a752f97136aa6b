//! Users and their verifications: one use case, one file.

mod append;
mod attach;
mod change;
mod create;
mod decide;
mod get;
mod history;
mod inactivate;
mod list;
mod patch;
mod request_documents;
mod requirements;
mod revision;
mod stored;

use dossier_db::{DbError, UserRow, WriteUser};
use dossier_domain::user::VerificationStatus;
use dossier_domain::{ObjectText, Timestamp, UserId, Violations};

use crate::UnknownWord;
use crate::cursor::StrangeCursor;

pub use history::{HistoryPage, VerificationChange};
pub use list::{ListUsers, UserFilter, UserPage};
pub use requirements::Requirements;
pub use revision::{MeantFor, UserRevision};
pub(crate) use stored::Act;

/// How often a write is tried again because somebody else wrote in between: more than a reviewer,
/// a client and its retries will do to one user at once.
pub(crate) const ATTEMPTS_MAX: u32 = 16;

/// A person whose identity is verified.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// What is said of the person, as it is stored.
    pub profile: ObjectText,
    /// What was given to verify it, in the same way.
    pub verification: Option<ObjectText>,
    /// Where the verification stands.
    pub status: VerificationStatus,
    /// Whether it may be changed.
    pub active: bool,
    /// When it was made.
    pub registered_at: Timestamp,
    /// The state in which all this is so.
    pub revision: UserRevision,
}

/// Why a user cannot be read or written. Nothing is written then, unless the outcome of a commit
/// could not be learned, which is [`UserError::Unavailable`].
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Rules were broken; all that are known, at least one.
    #[error("rules were broken")]
    Refused(Violations),
    /// Unknown or another client's: all the same.
    #[error("no such user")]
    NotFound,
    /// The user was made inactive.
    #[error("the user is inactive")]
    Inactive,
    /// The user is in none of the states that the write is meant for.
    #[error("the user was changed")]
    Changed,
    /// Another user of the client has the external id.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// Only a pending verification can be decided.
    #[error("the verification is not pending")]
    NotPending,
    /// The cursor was not made here, or not for this list.
    #[error("the cursor is not valid")]
    Cursor,
    /// No room for the row.
    #[error("storage is full")]
    StorageFull,
    /// Rows cannot be read or written now; the text is for the log.
    #[error("rows cannot be read or written: {0}")]
    Unavailable(String),
}

/// What a row must hold, and does not.
fn strange(what: &str) -> UserError {
    UserError::Unavailable(format!("a user row holds no {what}"))
}

impl TryFrom<UserRow> for User {
    type Error = UserError;

    fn try_from(row: UserRow) -> Result<Self, UserError> {
        let text = |text, what| ObjectText::check(text).ok_or_else(|| strange(what));
        let status = VerificationStatus::from_name(&row.verification_status);
        Ok(Self {
            id: row.user_id,
            profile: text(row.profile, "profile")?,
            verification: row.verification.map(|v| text(v, "verification")).transpose()?,
            status: status.ok_or_else(|| strange("status"))?,
            active: row.active,
            registered_at: row.registered_at,
            revision: UserRevision::new(row.revision),
        })
    }
}

/// Reads, judges and writes until nobody else has written in between.
async fn until_written<A>(attempt: impl Fn() -> A) -> Result<(), UserError>
where
    A: Future<Output = Result<WriteUser, UserError>>,
{
    for _ in 0..ATTEMPTS_MAX {
        match attempt().await? {
            WriteUser::Written => return Ok(()),
            WriteUser::ExternalIdTaken => return Err(UserError::ExternalIdTaken),
            WriteUser::Stale => {}
        }
    }
    let why = "the user or its files change faster than they can be written";
    Err(UserError::Unavailable(why.to_owned()))
}

impl From<StrangeCursor> for UserError {
    fn from(StrangeCursor: StrangeCursor) -> Self {
        Self::Cursor
    }
}

impl From<UnknownWord> for UserError {
    fn from(error: UnknownWord) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DbError> for UserError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::StorageFull,
            error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_) | DbError::Broken(_)) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
