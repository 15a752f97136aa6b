//! Whether the store takes bytes now.

use std::io::{self, Write};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use tokio::task::spawn_blocking;

use crate::error::joined;
use crate::local::Blobs;

impl Blobs {
    /// Writes and syncs one row to a file that never has a name; nothing is left of it.
    pub async fn probe(&self) -> io::Result<()> {
        let folders = Arc::clone(&self.folders);
        let probed = spawn_blocking(move || {
            let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
            let file = rustix::fs::open(folders.root(), flags, Mode::RUSR | Mode::WUSR)?;
            let mut file = std::fs::File::from(file);
            file.write_all(&[0; 4096])?;
            file.sync_data()
        });
        joined(probed.await)
    }
}
