//! Where the service listens, where it keeps things, and its keys.

use crate::config::setting::{Bounds, Key, Kind, Setting};

pub(super) const SERVER: &[Setting] = &[
    Setting {
        key: Key::Config,
        env: "DOSSIER_CONFIG",
        flag: Some("config"),
        toml: None,
        kind: Kind::Path,
        default: "",
        doc: "The configuration file (TOML). It is read only when named here.",
    },
    Setting {
        key: Key::Listen,
        env: "DOSSIER_LISTEN",
        flag: Some("listen"),
        toml: Some(("server", "listen")),
        kind: Kind::Address,
        default: "127.0.0.1:8080",
        doc: "The address and port of the API. Port 0 takes a free one. Listen on other \
              addresses than loopback only behind a TLS proxy or with the two TLS settings.",
    },
    Setting {
        key: Key::MetricsListen,
        env: "DOSSIER_METRICS_LISTEN",
        flag: Some("metrics-listen"),
        toml: Some(("server", "metrics_listen")),
        kind: Kind::Address,
        default: "",
        doc: "Another address for `/metrics`. When given, the API's address no longer answers \
              it.",
    },
    Setting {
        key: Key::TlsCertFile,
        env: "DOSSIER_TLS_CERT_FILE",
        flag: Some("tls-cert-file"),
        toml: Some(("server", "tls_cert_file")),
        kind: Kind::Path,
        default: "",
        doc: "The certificate chain in PEM. With the key file, the listener speaks TLS and \
              HTTP/2.",
    },
    Setting {
        key: Key::TlsKeyFile,
        env: "DOSSIER_TLS_KEY_FILE",
        flag: Some("tls-key-file"),
        toml: Some(("server", "tls_key_file")),
        kind: Kind::Path,
        default: "",
        doc: "The private key of the certificate in PEM. Both TLS files or neither.",
    },
    Setting {
        key: Key::DrainTime,
        env: "DOSSIER_DRAIN_TIME",
        flag: Some("drain-time"),
        toml: Some(("server", "drain_time")),
        kind: Kind::Duration(Bounds { min: 0, max: 3_600_000 }),
        default: "30s",
        doc: "How long running requests may take to finish once the service is told to stop.",
    },
];

pub(super) const STORAGE: &[Setting] = &[
    Setting {
        key: Key::DataDir,
        env: "DOSSIER_DATA_DIR",
        flag: Some("data-dir"),
        toml: Some(("storage", "data_dir")),
        kind: Kind::Path,
        default: "./dossier-data",
        doc: "The data folder. It is made with mode 0700.",
    },
    Setting {
        key: Key::DatabaseUrl,
        env: "DOSSIER_DATABASE_URL",
        flag: Some("database"),
        toml: Some(("storage", "database_url")),
        kind: Kind::Url,
        default: "",
        doc: "Where the rows are: `sqlite:PATH`, or nothing for a file in the data folder. \
              This version keeps its rows in SQLite only.",
    },
    Setting {
        key: Key::StorageUrl,
        env: "DOSSIER_STORAGE_URL",
        flag: Some("storage"),
        toml: Some(("storage", "storage_url")),
        kind: Kind::Url,
        default: "",
        doc: "Where the bytes are: `file:PATH`, or nothing for a folder in the data folder. \
              This version keeps its bytes on the local disk only.",
    },
];

pub(super) const KEYS: &[Setting] = &[
    Setting {
        key: Key::BootstrapKey,
        env: "DOSSIER_BOOTSTRAP_KEY",
        flag: None,
        toml: None,
        kind: Kind::Secret,
        default: "",
        doc: "An API key with all scopes of a client named `bootstrap`, made at start if it is \
              not there: `dsk_` and at least 32 letters, digits, `-` or `_`. For containers \
              and tests.",
    },
    Setting {
        key: Key::BootstrapKeyFile,
        env: "DOSSIER_BOOTSTRAP_KEY_FILE",
        flag: Some("bootstrap-key-file"),
        toml: Some(("keys", "bootstrap_key_file")),
        kind: Kind::Path,
        default: "",
        doc: "A file that holds the bootstrap key. Give the key or the file, not both. One that \
              is readable by other users, as containers mount their secrets, gives a warning.",
    },
    Setting {
        key: Key::RootKey,
        env: "DOSSIER_ROOT_KEY",
        flag: None,
        toml: None,
        kind: Kind::Secret,
        default: "",
        doc: "The text of the root key file itself, for platforms that hand secrets over in \
              variables. At most one of the three root key settings; without any, the key is \
              made in the data folder at first start.",
    },
    Setting {
        key: Key::RootKeyFile,
        env: "DOSSIER_ROOT_KEY_FILE",
        flag: Some("root-key-file"),
        toml: Some(("keys", "root_key_file")),
        kind: Kind::Path,
        default: "",
        doc: "The root key file (`dossier keys generate --out FILE`). It must not be readable \
              by other users.",
    },
    Setting {
        key: Key::RootKeyCommand,
        env: "DOSSIER_ROOT_KEY_COMMAND",
        flag: Some("root-key-command"),
        toml: Some(("keys", "root_key_command")),
        kind: Kind::Command,
        default: "",
        doc: "A command whose standard output is the text of the root key file, for secret \
              managers. It is run by `/bin/sh -c` once at start.",
    },
];
