//! Whether the database can be written at this moment.

use crate::batch::{Batch, Expect};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::params;

const WRITE_PROBE: &str = "update write_probe set written = written + 1 where id = 1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[WRITE_PROBE];

impl Db {
    /// Commits one small write. It shares its disk sync with the writes that wait beside it.
    ///
    /// # Errors
    /// The error that any write would get at this moment.
    pub async fn probe(&self) -> Result<(), DbError> {
        let mut batch = Batch::default();
        add_write(&mut batch);
        self.write_all(batch).await.map(drop)
    }
}

/// Makes a batch one that changes something.
pub(crate) fn add_write(batch: &mut Batch) {
    batch.add(Expect::ChangeOne, WRITE_PROBE, params![]);
}
