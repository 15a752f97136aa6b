//! Real files, where a collection of them lies beside the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of one folder of the collection, with a loud line when there is none.
pub(crate) fn samples(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    #[expect(clippy::disallowed_methods, reason = "only a test can be told where samples are")]
    let root = std::env::var_os("DOSSIER_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples"),
        PathBuf::from,
    );
    let folder = root.join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("SKIPPED: no samples in {}, so no real file was tried", folder.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a sample has a name").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("a sample can be read")
}
