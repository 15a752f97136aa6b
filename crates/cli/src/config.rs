//! The configuration: one table of settings, given by flag, environment or file, read once at
//! start into typed values. All problems are found in one go.

mod docs;
mod flags;
mod jobs;
mod problem;
mod read;
mod secret;
mod setting;
mod sources;
mod suggest;
mod table;
mod value;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use dossier_app::Reach;
use dossier_domain::{ByteCount, ContentCheck, Purpose};
use dossier_media::Limits as MediaLimits;

pub use self::docs::configuration_page;
pub use self::flags::SettingFlags;
pub use self::jobs::{CheckpointWebhook, Jobs};
pub use self::problem::{Origin, Problem, Problems};
pub use self::secret::{BootstrapKeySource, FileMode, Secret, SecretSource, check_file_mode};
pub use self::setting::{Bounds, Key, Kind, Setting};
pub use self::sources::{Environment, FileText, Flags};
pub use self::table::{SECTIONS, setting, settings};
pub(crate) use self::value::length_of_time;

use self::jobs::read_jobs;
use self::read::{Reader, in_utf8, refuse_named};
use self::secret::{ROOT_KEY, read_bootstrap_key, read_secret};
use self::value::Complaint;

/// Everything the service and the tools on its store are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Another address for `/metrics`; without it the API's address answers.
    pub metrics_listen: Option<SocketAddr>,
    /// TLS on the API's listener.
    pub tls: Option<TlsFiles>,
    /// How long running requests may take to finish at the end.
    pub drain_time: Duration,
    /// The data folder.
    pub data_dir: PathBuf,
    /// The SQLite file; without it one in the data folder.
    pub database_file: Option<PathBuf>,
    /// The folder of the bytes; without it one in the data folder.
    pub storage_dir: Option<PathBuf>,
    /// An API key to make at start.
    pub bootstrap_key: Option<BootstrapKeySource>,
    /// Where the root key comes from; without it a file in the data folder, made at first start.
    pub root_key: Option<SecretSource>,
    /// How closely files are looked at.
    pub content_check: ContentCheck,
    /// What a file may be.
    pub intake: dossier_domain::Limits,
    /// What the listener grants its clients.
    pub limits: Limits,
    /// How far webhooks reach.
    pub webhook_reach: Reach,
    /// Authorities that webhooks trust besides those of the machine, in PEM.
    pub webhook_ca_file: Option<PathBuf>,
    /// How the service looks after itself.
    pub jobs: Jobs,
    /// How the log is written.
    pub log: Log,
}

/// The two files of TLS, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What the listener grants its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections_max: u64,
    /// Connections at a time from one address, never more than `connections_max`.
    pub connections_per_address_max: u64,
    /// For the head of a request.
    pub headers_timeout: Duration,
    /// For a body that stands still.
    pub idle_timeout: Duration,
    /// Bytes a second that a body must bring, over `rate_window`.
    pub rate_min: ByteCount,
    /// The time over which `rate_min` is judged.
    pub rate_window: Duration,
    /// For a response that is not read.
    pub write_timeout: Duration,
    /// Between two requests.
    pub keep_alive_timeout: Duration,
    /// For a whole request.
    pub request_time_max: Duration,
    /// Memory of all upload buffers beyond their first.
    pub buffers_max: ByteCount,
    /// Memory of all structure checks beyond their first 64 KiB.
    pub walkers_max: ByteCount,
    /// Requests a minute from one client; without it nothing throttles.
    pub requests_per_minute: Option<u64>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// Its form.
    pub format: LogFormat,
    /// The least important lines.
    pub level: tracing::Level,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// A usable configuration, and what deserves a look although it is usable.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// To be logged once the log is set up.
    pub warnings: Vec<Problem>,
}

/// The environment of this process. The only place that reads it.
pub fn environment() -> Environment {
    std::env::vars_os().collect()
}

impl Config {
    /// Reads the file that flags or environment name, if any, and loads.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load_with_file(flags: &Flags, env: &Environment) -> Result<Loaded, Problems> {
        let file = sources::file_path(flags, env)
            .map(|path| sources::read_file(&path))
            .transpose()
            .map_err(|problem| Problems(vec![problem]))?;
        Self::load(flags, env, file.as_ref())
    }

    /// Flag over environment over file over default. Touches nothing outside its arguments.
    ///
    /// # Errors
    /// All problems at once.
    pub fn load(
        flags: &Flags,
        env: &Environment,
        file: Option<&FileText>,
    ) -> Result<Loaded, Problems> {
        let mut reader = Reader { gathered: sources::gather(flags, env, file) };
        let read = &mut reader;
        let config = Self {
            listen: read.address(Key::Listen),
            metrics_listen: read.address_option(Key::MetricsListen),
            tls: read_tls(read),
            drain_time: read.duration(Key::DrainTime),
            data_dir: read.path(Key::DataDir).expect("the data folder has a default"),
            database_file: read.optional(Key::DatabaseUrl, database_file),
            storage_dir: read.optional(Key::StorageUrl, storage_dir),
            bootstrap_key: read_bootstrap_key(read),
            root_key: read_secret(read, ROOT_KEY),
            content_check: read.choice(Key::ContentCheck, &CONTENT_CHECKS),
            intake: read_intake(read),
            limits: read_limits(read),
            webhook_reach: match read.switch(Key::WebhooksAllowPrivate) {
                true => Reach::Anywhere,
                false => Reach::Public,
            },
            webhook_ca_file: read.path(Key::WebhooksCaFile),
            jobs: read_jobs(read),
            log: Log {
                format: read.choice(Key::LogFormat, &LOG_FORMATS),
                level: read.choice(Key::LogLevel, &LOG_LEVELS),
            },
        };
        check_combinations(read, &config);
        let sources::Gathered { problems, warnings, .. } = reader.gathered;
        if problems.is_empty() { Ok(Loaded { config, warnings }) } else { Err(Problems(problems)) }
    }
}

const CONTENT_CHECKS: [(&str, ContentCheck); 3] = [
    ("structure", ContentCheck::Structure),
    ("signature", ContentCheck::Signature),
    ("declared", ContentCheck::Declared),
];

const LOG_FORMATS: [(&str, LogFormat); 2] = [("json", LogFormat::Json), ("text", LogFormat::Text)];

const LOG_LEVELS: [(&str, tracing::Level); 5] = [
    ("error", tracing::Level::ERROR),
    ("warn", tracing::Level::WARN),
    ("info", tracing::Level::INFO),
    ("debug", tracing::Level::DEBUG),
    ("trace", tracing::Level::TRACE),
];

fn read_tls(read: &mut Reader) -> Option<TlsFiles> {
    let keys = [Key::TlsCertFile, Key::TlsKeyFile];
    match keys.map(|key| read.path(key)) {
        [Some(cert), Some(key)] => Some(TlsFiles { cert, key }),
        [None, None] => None,
        [Some(_), None] | [None, Some(_)] => {
            read.refuse_together(&keys, "only one of the two is given", "Give both or neither");
            None
        }
    }
}

fn database_file(url: &str) -> Result<PathBuf, Complaint> {
    local_path(url, "sqlite:").ok_or_else(|| {
        Complaint::new(
            "this version keeps its rows in SQLite only",
            "Write `sqlite:PATH`, or leave it out for a file in the data folder",
        )
    })
}

fn storage_dir(url: &str) -> Result<PathBuf, Complaint> {
    local_path(url, "file:").ok_or_else(|| {
        Complaint::new(
            "this version keeps its bytes on the local disk only",
            "Write `file:PATH`, or leave it out for a folder in the data folder",
        )
    })
}

/// `SCHEME:PATH` and `SCHEME:///PATH`. A host between two slashes and a third is none of ours.
fn local_path(url: &str, scheme: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix(scheme)?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let has_host = rest.len() != path.len() && !path.starts_with('/');
    (!path.is_empty() && !has_host).then(|| PathBuf::from(path))
}

fn read_intake(read: &mut Reader) -> dossier_domain::Limits {
    let size_max = read.bytes(Key::SizeMax);
    let side_max = read.number(Key::SideMax);
    dossier_domain::Limits {
        size_max,
        size_max_by_purpose: read_purpose_sizes(read, size_max),
        media: MediaLimits {
            pixels_max: read.number(Key::PixelsMax),
            side_max: u32::try_from(side_max).expect("the table bounds it to 32 bits"),
            ..MediaLimits::default()
        },
        ..dossier_domain::Limits::default()
    }
}

fn read_purpose_sizes(read: &mut Reader, size_max: ByteCount) -> Vec<(Purpose, ByteCount)> {
    let mut sizes = Vec::new();
    for (name, given) in std::mem::take(&mut read.gathered.purpose_sizes) {
        let parsed = match name.parse::<Purpose>() {
            Err(_) => Err(Complaint::new(
                "there is no such purpose",
                "Names are compared exactly; `GET /v1/purposes` lists them",
            )),
            Ok(purpose) => in_utf8(&given.value)
                .and_then(|text| value::number(text, setting(Key::SizeMax).kind))
                .map(|size| (purpose, ByteCount(size))),
        };
        let parsed = parsed.and_then(|(purpose, size)| {
            let fix = format!("Write at most {size_max}, or raise `intake.size_max`");
            let higher = || Complaint::new("this is larger than the limit of all files", fix);
            if size > size_max { Err(higher()) } else { Ok((purpose, size)) }
        });
        match parsed {
            Ok(size) => sizes.push(size),
            Err(complaint) => {
                let setting = format!("purposes.{name}.size_max");
                read.gathered.problems.push(refuse_named(setting, &given, complaint));
            }
        }
    }
    sizes
}

fn read_limits(read: &mut Reader) -> Limits {
    let connections_max = read.number(Key::ConnectionsMax);
    Limits {
        connections_max,
        connections_per_address_max: read
            .number(Key::ConnectionsPerAddressMax)
            .min(connections_max),
        headers_timeout: read.duration(Key::HeadersTimeout),
        idle_timeout: read.duration(Key::IdleTimeout),
        rate_min: read.bytes(Key::RateMin),
        rate_window: read.duration(Key::RateWindow),
        write_timeout: read.duration(Key::WriteTimeout),
        keep_alive_timeout: read.duration(Key::KeepAliveTimeout),
        request_time_max: read.duration(Key::RequestTimeMax),
        buffers_max: read.bytes(Key::BuffersMax),
        walkers_max: read.bytes(Key::WalkersMax),
        requests_per_minute: read.number_option(Key::RequestsPerMinute),
    }
}

fn check_combinations(read: &mut Reader, config: &Config) {
    read.optional(Key::ScanMode, |mode| match mode {
        "off" => Ok(()),
        _ => Err(Complaint::new(
            "this version has no malware scanner and will not pretend to have one",
            "Set it to `off` or remove it, and scan files where they are used",
        )),
    });
    let forced = read.switch(Key::ContentCheckForce);
    if config.content_check != ContentCheck::Structure {
        if config.tls.is_some() && !forced {
            read.refuse_together(
                &[Key::ContentCheck, Key::TlsCertFile],
                "a weak content check and TLS certificates look like a live service that takes \
                 in broken and disguised files",
                "Set the content check to `structure`; a test that needs both sets \
                 DOSSIER_CONTENT_CHECK_FORCE to true",
            );
        }
        read.warn_together(
            &[Key::ContentCheck],
            "files are not looked at closely, so broken and disguised ones are taken in",
            "Use `structure` for anything but tests with dummy files",
        );
    }
    if config.metrics_listen == Some(config.listen) && config.listen.port() != 0 {
        read.refuse_together(
            &[Key::Listen, Key::MetricsListen],
            "both name the same address",
            "Leave the second out to serve `/metrics` on the address of the API",
        );
    }
}
