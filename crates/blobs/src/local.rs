//! The store on a local disk.

use std::io;
use std::path::Path;
use std::sync::Arc;

use dossier_domain::BlobId;

use crate::flight::{Flight, Flights};
use crate::folder::Folders;
use crate::publisher::Publisher;
use crate::stock::Stock;

/// How the store on a local disk behaves.
#[derive(Clone, Copy, Debug)]
pub struct LocalOptions {
    /// How many bytes the buffers of all uploads together may take. It is shared evenly, and no
    /// upload gets less than one row of 64 KiB.
    pub buffer_bytes: usize,
    /// How many names are made durable ahead of the blobs that will take them. They are empty
    /// files; with 0 there are none, and every upload waits for its own name.
    pub names_ahead: usize,
}

impl Default for LocalOptions {
    /// 24 MiB: with it, a process that stages 64 bodies of 200 MB at once stays below 64 MB. And
    /// 64 names, of which half are made while the others are taken.
    fn default() -> Self {
        Self { buffer_bytes: 24 << 20, names_ahead: 64 }
    }
}

/// Every stored byte. Clones share one store.
#[derive(Clone, Debug)]
pub struct Blobs {
    pub(crate) folders: Arc<Folders>,
    pub(crate) flights: Arc<Flights>,
    pub(crate) publisher: Arc<Publisher>,
}

impl Blobs {
    /// Opens the store in the folder `root`, and makes the folder with mode 0700 if it is not
    /// there. It blocks, and is meant for the start of the program.
    pub fn open_local(root: &Path, options: LocalOptions) -> io::Result<Self> {
        let folders = Arc::new(Folders::open(root)?);
        let publisher = Arc::new(Publisher::start(&folders)?);
        let stock = Stock::new(&folders, options.names_ahead);
        Ok(Self { folders, flights: Flights::new(options.buffer_bytes, stock), publisher })
    }

    /// Begins the upload of a new blob. `new_id` makes ids that were never used; the blob has one
    /// of those it made now or before.
    pub fn begin(&self, new_id: impl Fn() -> BlobId) -> io::Result<Flight> {
        let begun = self.flights.begin(new_id);
        begun.ok_or_else(|| {
            io::Error::new(io::ErrorKind::AlreadyExists, "the blob is being written already")
        })
    }

    /// Whether this process is writing `blob` or is about to, or has published it and still holds
    /// the [`Published`](crate::Published). A sweep leaves such a blob alone whatever its age.
    #[must_use]
    pub fn is_in_flight(&self, blob: BlobId) -> bool {
        self.flights.contains(blob)
    }
}
