//! Reading and listing files.

use dossier_db::{DbError, FileList, FileRow, ListOrder};
use dossier_domain::{ClientId, FileId, Purpose, Timestamp, UserId};

use crate::cursor::StrangeCursor;
use crate::{App, File, FileStatus, FilesRead, PageSize, Permit, UnknownWord};

/// Why a file cannot be read or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Unknown, another client's, or deleted: all the same.
    #[error("no such file")]
    NotFound,
    /// A check still runs, or failed.
    #[error("the file is not ready")]
    NotReady,
    /// Part of a user's verification.
    #[error("the file is in use")]
    InUse,
    /// The stored bytes failed verification; wrong bytes are never served.
    #[error("the stored bytes are damaged")]
    Integrity,
    /// No room for what is to be written of it.
    #[error("storage is full")]
    StorageFull,
    /// Rows or bytes cannot be read now.
    #[error("rows or bytes cannot be read: {0}")]
    Unavailable(String),
}

/// Why a list was refused.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor was not made here, or not for this list.
    #[error("the cursor is not valid")]
    Cursor,
    /// Rows cannot be read now.
    #[error("rows cannot be read: {0}")]
    Unavailable(String),
}

/// Which files a list holds; every member given must fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileFilter {
    /// Of this purpose.
    pub purpose: Option<Purpose>,
    /// In this status.
    pub status: Option<FileStatus>,
    /// Of this user.
    pub user_id: Option<UserId>,
    /// Made after this time.
    pub created_after: Option<Timestamp>,
    /// Made before this time.
    pub created_before: Option<Timestamp>,
}

/// Which end a list starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    #[default]
    Descending,
}

impl Order {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    pub(crate) const fn of_rows(self) -> ListOrder {
        match self {
            Self::Ascending => ListOrder::OldestFirst,
            Self::Descending => ListOrder::NewestFirst,
        }
    }
}

/// A request for one page.
#[derive(Clone, Debug, Default)]
pub struct ListFiles {
    /// Which files.
    pub filter: FileFilter,
    /// From which end.
    pub order: Order,
    /// How many at the most.
    pub size: PageSize,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct FilePage {
    /// The files.
    pub files: Vec<File>,
    /// The cursor of the next page; `None` at the end. Safe in a URL as it stands.
    pub next: Option<String>,
}

impl App {
    /// One file of the caller's client.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::Unavailable`]
    pub async fn get_file(&self, permit: Permit<FilesRead>, id: FileId) -> Result<File, ReadError> {
        Ok(self.get_row(permit.client_id(), id).await?.try_into()?)
    }

    /// One page of the files of the caller's client.
    ///
    /// # Errors
    /// [`ListError`]
    pub async fn list_files(
        &self,
        permit: Permit<FilesRead>,
        list: &ListFiles,
    ) -> Result<FilePage, ListError> {
        let client = permit.client_id();
        let cursors = self.cursors(name_of(client, list));
        let after = cursors.read(list.after.as_deref())?.map(FileId::from_bytes);
        let size = list.size.get();
        let query = FileList {
            client_id: client,
            filter: rows_of(&list.filter),
            order: list.order.of_rows(),
            after,
            limit: size + 1,
        };
        let mut rows = self.db.list_files(query).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().map(|row| row.file_id).filter(|_| more);
        Ok(FilePage {
            files: rows.into_iter().map(File::try_from).collect::<Result<_, _>>()?,
            next: last.map(|id| cursors.write(id.to_bytes())),
        })
    }

    /// The row of a file of this client.
    pub(crate) async fn get_row(&self, client: ClientId, id: FileId) -> Result<FileRow, ReadError> {
        self.db.find_file(client, id).await?.ok_or(ReadError::NotFound)
    }
}

/// What a cursor of this list is good for.
fn name_of(client: ClientId, list: &ListFiles) -> String {
    let FileFilter { purpose, status, user_id, created_after, created_before } = list.filter;
    format!(
        "files {client} {} {} {} {} {} {}",
        list.order.name(),
        purpose.map_or("-", |p| p.name()),
        status.map_or("-", |s| s.name()),
        user_id.map_or("-".to_owned(), |u| u.to_string()),
        created_after.map_or("-".to_owned(), |t| t.micros().to_string()),
        created_before.map_or("-".to_owned(), |t| t.micros().to_string()),
    )
}

fn rows_of(filter: &FileFilter) -> dossier_db::FileFilter {
    dossier_db::FileFilter {
        purpose: filter.purpose.map(|p| p.name().to_owned()),
        status: filter.status.map(|s| s.name().to_owned()),
        user_id: filter.user_id,
        created_after: filter.created_after,
        created_before: filter.created_before,
    }
}

impl From<StrangeCursor> for ListError {
    fn from(StrangeCursor: StrangeCursor) -> Self {
        Self::Cursor
    }
}

impl From<UnknownWord> for ListError {
    fn from(error: UnknownWord) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DbError> for ListError {
    fn from(error: DbError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<UnknownWord> for ReadError {
    fn from(error: UnknownWord) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DbError> for ReadError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Self::StorageFull,
            error @ (DbError::Unavailable(_) | DbError::OutcomeUnknown(_) | DbError::Broken(_)) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}
