//! The store on a local disk.

use std::io;
use std::path::Path;
use std::sync::Arc;

use dossier_domain::BlobId;

use crate::flight::Flights;
use crate::folder::Folders;
use crate::publisher::Publisher;

/// How the store on a local disk behaves.
#[derive(Clone, Copy, Debug)]
pub struct LocalOptions {
    /// How many bytes the buffers of all uploads together may take. It is shared evenly, and no
    /// upload gets less than one row of 64 KiB.
    pub buffer_bytes: usize,
}

impl Default for LocalOptions {
    /// 24 MiB: with it, a process that stages 64 bodies of 200 MB at once stays below 64 MB.
    fn default() -> Self {
        Self { buffer_bytes: 24 << 20 }
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
        Ok(Self { folders, flights: Flights::new(options.buffer_bytes), publisher })
    }

    /// Whether this process is writing `blob`, or has published it and still holds the
    /// [`Published`](crate::Published). A sweep leaves such a blob alone whatever its age.
    #[must_use]
    pub fn is_in_flight(&self, blob: BlobId) -> bool {
        self.flights.contains(blob)
    }
}
