//! Names that are durable before there is a blob for them.
//!
//! A new name costs a sync of its folder, which takes a small upload as long as the sync of its
//! bytes. So a thread makes empty files ahead, and one sync makes the names of a whole batch
//! durable. Who finds no name ready makes his own.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use dossier_domain::BlobId;

use crate::draft::Draft;
use crate::folder::{Folders, sync_folders};

/// How many names one sync makes durable.
const BATCH: usize = 32;

/// The names that are ready. They go when it is dropped; what a crash leaves of them is empty.
#[derive(Debug)]
pub(crate) struct Stock {
    folders: Arc<Folders>,
    shelf: Arc<Shelf>,
    /// Ids whose names are to be made, once a thread makes them.
    orders: OnceLock<Sender<Vec<BlobId>>>,
    /// How many names are to be ready or under way.
    ahead: usize,
}

#[derive(Debug, Default)]
struct Shelf(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    /// Empty files, open; the oldest goes first. One that is dropped erases itself.
    ready: BTreeMap<BlobId, Draft>,
    /// How many are being made.
    ordered: usize,
    closed: bool,
}

impl Stock {
    /// A stock without names. Neither they nor the thread that makes them are there before the
    /// first is asked for: a tool that reads asks for none.
    pub(crate) fn new(folders: &Arc<Folders>, ahead: usize) -> Self {
        let (shelf, orders) = (Arc::new(Shelf::default()), OnceLock::new());
        Self { folders: Arc::clone(folders), shelf, orders, ahead }
    }

    /// Takes a name, if one is ready, and sees to it that others will be.
    pub(crate) fn take(&self, new_id: impl Fn() -> BlobId) -> Option<Draft> {
        let mut names = self.shelf.names();
        let taken = names.ready.pop_first().map(|(_, draft)| draft);
        let missing = self.ahead.saturating_sub(names.ready.len() + names.ordered);
        let batches = missing / BATCH;
        names.ordered += batches * BATCH;
        drop(names);
        for _ in 0..batches {
            let ids = (0..BATCH).map(|_| new_id()).collect();
            // Without the thread there are no names ahead, and every upload makes its own.
            let _ended = self.orders.get_or_init(|| self.start()).send(ids);
        }
        taken
    }

    /// Starts the thread.
    fn start(&self) -> Sender<Vec<BlobId>> {
        let (orders, ordered) = mpsc::channel();
        let (folders, shelf) = (Arc::clone(&self.folders), Arc::clone(&self.shelf));
        let run = move || fill(&folders, &shelf, &ordered);
        if let Err(error) = thread::Builder::new().name("names".into()).spawn(run) {
            tracing::warn!(%error, "no names will be made ahead");
        }
        orders
    }

    /// Takes a name back that no byte was written under.
    pub(crate) fn give_back(&self, draft: Draft) {
        self.shelf.put(0, vec![draft]);
    }

    /// Whether the name of `blob` is ready.
    pub(crate) fn contains(&self, blob: BlobId) -> bool {
        self.shelf.names().ready.contains_key(&blob)
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        let mut names = self.shelf.names();
        names.closed = true;
        names.ready.clear();
    }
}

impl Shelf {
    /// Puts names there, of which so many were ordered.
    fn put(&self, ordered: usize, new: Vec<Draft>) {
        let mut names = self.names();
        names.ordered -= ordered;
        if !names.closed {
            names.ready.extend(new.into_iter().map(|draft| (draft.blob(), draft)));
        }
    }

    /// Names are whole after every statement, so a panic elsewhere spoils nothing.
    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the names that are ordered, until no more orders will come.
fn fill(folders: &Folders, shelf: &Shelf, orders: &Receiver<Vec<BlobId>>) {
    for ids in orders {
        let ordered = ids.len();
        let made = make(folders, ids).unwrap_or_else(|error| {
            // Whoever needs a name now meets the same error and can tell it.
            tracing::debug!(%error, "no names were made ahead");
            Vec::new()
        });
        shelf.put(ordered, made);
    }
}

/// Makes an empty file for each id, and then all names durable. After an error none is left.
fn make(folders: &Folders, ids: Vec<BlobId>) -> io::Result<Vec<Draft>> {
    let made = ids.into_iter().map(|blob| Draft::create(folders, blob));
    let made: Vec<Draft> = made.collect::<io::Result<_>>()?;
    let durable = sync_folders(made, Draft::folder).map(|(mut draft, synced)| {
        synced?;
        draft.name_is_durable();
        Ok(draft)
    });
    durable.collect()
}
