//! Opens the store that the configuration names, for the server or for a tool beside it.

mod lock;
mod root_key;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use dossier_app::{App, Authorities, Start};
use dossier_blobs::{Blobs, LocalOptions};
use dossier_db::{Db, Options};
use dossier_domain::ByteCount;

use self::lock::Lock;
use self::root_key::Existing;
use crate::config::{Config, FileMode, check_file_mode};
use crate::system::{self, SystemClock};

/// The one server's hold on every part of an embedded store; it ends with the process.
pub(crate) struct StoreLock {
    _data: Lock,
    _database: Lock,
    _storage: Lock,
}

/// Opens the store as its one server. Each part has a lock of its own, configured or not: another
/// data folder may name it, and that server would sweep away what this one has under way.
pub(crate) async fn open_to_serve(config: &Config) -> anyhow::Result<(App, StoreLock)> {
    let data = Lock::data(data_folder(config)?)?;
    let database = Lock::database(&database(config))?;
    let blobs = open_blobs(config)?;
    let storage = Lock::storage(&storage(config))?;
    let app = open(config, Options::server(), blobs).await?;
    Ok((app, StoreLock { _data: data, _database: database, _storage: storage }))
}

/// What a tool does where there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Makes one: what it adds is for the server that will run on it.
    Make,
    /// Refuses: a mistyped folder must not pass for a store without a fault.
    Refuse,
}

/// Opens the store as a tool, whether a server runs beside it or not.
pub(crate) async fn open_as_tool(config: &Config, absent: Absent) -> anyhow::Result<App> {
    let database = database(config);
    if absent == Absent::Refuse && !database.try_exists()? {
        bail!(
            "there is no store: {} is not there; name the folder of the server with --data-dir \
             or DOSSIER_DATA_DIR",
            database.display()
        );
    }
    data_folder(config)?;
    open(config, Options::tool(), open_blobs(config)?).await
}

fn database(config: &Config) -> PathBuf {
    config.database_file.clone().unwrap_or_else(|| config.data_dir.join("dossier.db"))
}

fn storage(config: &Config) -> PathBuf {
    config.storage_dir.clone().unwrap_or_else(|| config.data_dir.join("blobs"))
}

/// Makes the folder of the bytes when it is not there, and changes nothing in it.
fn open_blobs(config: &Config) -> anyhow::Result<Blobs> {
    let storage = storage(config);
    let buffer_bytes = as_usize(config.limits.buffers_max);
    Blobs::open_local(&storage, LocalOptions { buffer_bytes, ..LocalOptions::default() })
        .with_context(|| format!("cannot use the folder {}", storage.display()))
}

async fn open(config: &Config, options: Options, blobs: Blobs) -> anyhow::Result<App> {
    let database = database(config);
    let entropy = Arc::new(system::entropy());
    let keyring = root_key::load(config, Existing::at(&database), &*entropy)?;
    let db = Db::open(&database, options)?;
    let start = Start {
        db,
        blobs,
        keyring,
        clock: Arc::new(SystemClock),
        entropy,
        limits: config.intake.clone(),
        content_check: config.content_check,
        webhook_reach: config.webhook_reach,
        webhook_authorities: authorities(config)?,
        walker_bytes: as_usize(config.limits.walkers_max),
    };
    Ok(App::start(start).await?)
}

fn authorities(config: &Config) -> anyhow::Result<Authorities> {
    let Some(path) = &config.webhook_ca_file else { return Ok(Authorities::default()) };
    let shown = path.display();
    let pem = fs::read(path).with_context(|| format!("cannot read the CA file {shown}"))?;
    Authorities::parse_pem(&pem).with_context(|| format!("the CA file {shown} cannot be used"))
}

/// The data folder, made with mode 0700 when it is not there.
fn data_folder(config: &Config) -> anyhow::Result<&Path> {
    let folder = config.data_dir.as_path();
    let shown = folder.display();
    if !folder.exists() {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("cannot make the data folder {shown}"))?;
    }
    let owner = fs::metadata(folder).with_context(|| format!("cannot look at {shown}"))?.uid();
    let user = rustix::process::geteuid().as_raw();
    if owner != user {
        bail!(
            "the data folder {shown} belongs to user {owner} and this is user {user}; run this \
             as the owner, so that no file is left that the server cannot read"
        );
    }
    if let FileMode::Wider(mode) = check_file_mode(folder)? {
        tracing::warn!(mode = format!("{mode:o}"), "the data folder is open to other users");
    }
    Ok(folder)
}

/// Writes a file that must outlive a power cut, readable by its owner only; one that is there
/// already is an error of kind `AlreadyExists`.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // It is ours and incomplete.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn as_usize(bytes: ByteCount) -> usize {
    usize::try_from(bytes.get()).unwrap_or(usize::MAX)
}
