//! The folders that blobs lie in, and the sync of a folder that answers all who wait for it.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use dossier_domain::BlobId;

use crate::location::FolderName;

/// How many new files one folder takes before another has its turn. Files that are written
/// together lie in one folder, so that one sync answers them all.
const FILES_PER_TURN: u32 = 2_000;

/// Hands out the current folder.
#[derive(Debug)]
pub(crate) struct Folders {
    root: PathBuf,
    turn: Mutex<Option<Turn>>,
}

#[derive(Debug)]
struct Turn {
    folder: Arc<Folder>,
    files_left: u32,
}

impl Folders {
    /// Opens `root`, and makes it with mode 0700 if it is not there.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        if !root.try_exists()? {
            DirBuilder::new().recursive(true).mode(0o700).create(root)?;
            root.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync)?;
        }
        sync(root)?;
        Ok(Self { root: root.to_owned(), turn: Mutex::new(None) })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder for the new file of `blob`.
    pub(crate) fn take(&self, blob: BlobId) -> io::Result<Arc<Folder>> {
        let mut turn = self.turn();
        if let Some(Turn { folder, files_left: files_left @ 1.. }) = turn.as_mut() {
            *files_left -= 1;
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(Folder::make(&self.root, FolderName::of(blob))?);
        *turn = Some(Turn { folder: Arc::clone(&folder), files_left: FILES_PER_TURN - 1 });
        Ok(folder)
    }

    /// Ends the current turn, because its folder is not usable any more.
    pub(crate) fn end_turn(&self) {
        *self.turn() = None;
    }

    /// A turn is replaced as a whole, so a panic elsewhere spoils nothing.
    fn turn(&self) -> MutexGuard<'_, Option<Turn>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One folder of blobs.
#[derive(Debug)]
pub(crate) struct Folder {
    name: FolderName,
    handle: File,
    rounds: Mutex<Rounds>,
    round_over: Condvar,
}

/// Why a folder was not synced: the number is the error of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyncError(Option<i32>);

/// One sync and those who wait for it.
type Round = OnceLock<Result<(), SyncError>>;

#[derive(Debug, Default)]
struct Rounds {
    /// The sync that has not begun yet: it covers all who come now.
    next: Arc<Round>,
    running: bool,
}

impl Folder {
    fn make(root: &Path, name: FolderName) -> io::Result<Self> {
        let path = root.join(name.to_string());
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // Also when it was there: whoever made it may have died before this sync.
        sync(root)?;
        let handle = File::open(&path)?;
        Ok(Self { name, handle, rounds: Mutex::default(), round_over: Condvar::new() })
    }

    pub(crate) const fn name(&self) -> FolderName {
        self.name
    }

    pub(crate) const fn handle(&self) -> &File {
        &self.handle
    }

    /// Makes the names that were entered before this call durable. The first who comes while
    /// nobody syncs does it for all who came before it began; an error is told to all of them.
    pub(crate) fn sync(&self) -> Result<(), SyncError> {
        let mut rounds = self.rounds();
        let mine = Arc::clone(&rounds.next);
        loop {
            if let Some(outcome) = mine.get() {
                return *outcome;
            }
            if rounds.running {
                let waited = self.round_over.wait(rounds);
                rounds = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            rounds.running = true;
            let round = std::mem::take(&mut rounds.next);
            drop(rounds);
            let outcome = self.handle.sync_all();
            let outcome = outcome.map_err(|error| SyncError(error.raw_os_error()));
            rounds = self.rounds();
            rounds.running = false;
            round.get_or_init(|| outcome);
            self.round_over.notify_all();
        }
    }

    /// Nothing panics while it holds the lock.
    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Syncs each folder in which one of `files` has its name, once, as its first file has its turn:
/// the file, and what came of it.
pub(crate) fn sync_folders<T>(
    files: Vec<T>,
    folder_of: impl Fn(&T) -> &Arc<Folder>,
) -> impl Iterator<Item = (T, Result<(), SyncError>)> {
    let mut synced: Vec<(Arc<Folder>, Result<(), SyncError>)> = Vec::new();
    files.into_iter().map(move |file| {
        let folder = folder_of(&file);
        let known = synced.iter().find(|(before, _)| Arc::ptr_eq(before, folder));
        let outcome = match known {
            Some((_, outcome)) => *outcome,
            None => {
                let outcome = folder.sync();
                synced.push((Arc::clone(folder), outcome));
                outcome
            }
        };
        (file, outcome)
    })
}

impl From<SyncError> for io::Error {
    fn from(SyncError(code): SyncError) -> Self {
        code.map_or_else(|| io::ErrorKind::Other.into(), Self::from_raw_os_error)
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_takes_a_turn_of_files_and_then_another_does() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("a/b");
        let folders = Folders::open(&root).unwrap();
        let (a, b) = (BlobId::from_bytes([0xaa; 16]), BlobId::from_bytes([0xbb; 16]));
        for _ in 0..FILES_PER_TURN {
            assert_eq!(folders.take(a).unwrap().name(), FolderName::of(a));
        }
        assert_eq!(folders.take(b).unwrap().name(), FolderName::of(b));
        assert_eq!(folders.take(a).unwrap().name(), FolderName::of(b));
        folders.end_turn();
        assert_eq!(folders.take(a).unwrap().name(), FolderName::of(a));
        assert_eq!(std::fs::read_dir(root).unwrap().count(), 2);
    }

    #[test]
    fn many_who_wait_are_all_answered() {
        let temp = tempfile::tempdir().unwrap();
        let folders = Folders::open(temp.path()).unwrap();
        let folder = folders.take(BlobId::from_bytes([1; 16])).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..50).for_each(|_| folder.sync().unwrap()));
            }
        });
    }

    #[test]
    fn each_file_is_told_of_the_sync_of_its_own_folder() {
        let temp = tempfile::tempdir().unwrap();
        let make = |name| Folder::make(temp.path(), FolderName::parse(name).unwrap()).unwrap();
        let good = Arc::new(make("abc"));
        let gone = Arc::new(Folder { handle: File::open("/dev/null").unwrap(), ..make("def") });
        let files = vec![(1, &good), (2, &gone), (3, &good), (4, &gone)];
        let told: Vec<_> = sync_folders(files, |(_, folder)| folder)
            .map(|((number, _), outcome)| (number, outcome.is_ok()))
            .collect();
        assert_eq!(told, [(1, true), (2, false), (3, true), (4, false)]);
    }

    #[test]
    fn an_error_of_the_sync_is_told_to_those_it_covers_and_to_nobody_later() {
        let temp = tempfile::tempdir().unwrap();
        // The null device cannot be synced (EINVAL), as little as a disk that is gone.
        let mut folder = Folder::make(temp.path(), FolderName::parse("abc").unwrap()).unwrap();
        let good = std::mem::replace(&mut folder.handle, File::open("/dev/null").unwrap());
        std::thread::scope(|scope| {
            let waits: Vec<_> = (0..8).map(|_| scope.spawn(|| folder.sync())).collect();
            for wait in waits {
                assert_eq!(wait.join().unwrap(), Err(SyncError(Some(22))));
            }
        });
        folder.handle = good;
        assert!(folder.sync().is_ok());
    }
}
