//! Tide marks: random ids that the storage knows too, so that a database older than the bytes is
//! found out.

use dossier_domain::{TideMark, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::batch::{Batch, Expect, Query};
use crate::engine::Db;
use crate::error::DbError;
use crate::value::params;

const LIST_TIDE_MARKS: &str = "select mark from tide_marks order by number limit ?1";
const DELETE_OLDER_MARKS: &str = "\
    delete from tide_marks where number < (select number from tide_marks where mark = ?1)";
const INSERT_TIDE_MARK: &str = "insert into tide_marks (mark, created_at) values (?1, ?2)";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LIST_TIDE_MARKS, DELETE_OLDER_MARKS, INSERT_TIDE_MARK];

impl Db {
    /// The marks that the storage may hold, oldest first.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_tide_marks(&self) -> Result<Vec<TideMark>, DbError> {
        let rows_max = PAGE_ROWS_MAX;
        let query = Query { sql: LIST_TIDE_MARKS, params: params![rows_max], rows_max };
        self.read(query).await?.into_iter().map(|row| row.columns().take()).collect()
    }

    /// Adds a mark and forgets those older than `stored`, the one that the storage holds. A mark
    /// that was added since then stays: another process may be about to store it.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_tide_mark(
        &self,
        new: TideMark,
        stored: Option<TideMark>,
        now: Timestamp,
    ) -> Result<(), DbError> {
        let mut batch = Batch::default();
        if let Some(stored) = stored {
            let most = Expect::ChangeAtMost(PAGE_ROWS_MAX);
            batch.add(most, DELETE_OLDER_MARKS, params![stored]);
        }
        batch.add(Expect::ChangeOne, INSERT_TIDE_MARK, params![new, now]);
        self.write_all(batch).await.map(drop)
    }
}
