//! Reading, listing and deleting files.

use dossier_domain::{FileId, Purpose, Timestamp, UserId};

use crate::{App, Caller, File, FileStatus};

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
    /// Made at or after this time.
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

/// A request for one page.
#[derive(Clone, Debug, Default)]
pub struct ListFiles {
    /// Which files.
    pub filter: FileFilter,
    /// From which end.
    pub order: Order,
    /// How many at the most, 1 to 100; the door has checked.
    pub size: u8,
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
    pub async fn get_file(&self, _caller: &Caller, _id: FileId) -> Result<File, ReadError> {
        todo!()
    }

    /// One page of the files of the caller's client.
    ///
    /// # Errors
    /// [`ListError`]
    pub async fn list_files(
        &self,
        _caller: &Caller,
        _list: &ListFiles,
    ) -> Result<FilePage, ListError> {
        todo!()
    }

    /// Deletes a file: its row and key at once, its bytes now or by the reaper.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::InUse`], [`ReadError::Unavailable`]
    pub async fn delete_file(&self, _caller: &Caller, _id: FileId) -> Result<(), ReadError> {
        todo!()
    }
}
