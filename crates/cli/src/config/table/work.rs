//! What is taken in, within which limits, and how the service looks after itself.

use crate::config::setting::{Bounds, Key, Kind, Setting};

pub(super) const INTAKE: &[Setting] = &[
    Setting {
        key: Key::ContentCheck,
        env: "DOSSIER_CONTENT_CHECK",
        flag: Some("content-check"),
        toml: Some(("intake", "content_check")),
        kind: Kind::Choice(&["structure", "signature", "declared"]),
        default: "structure",
        doc: "How closely files are looked at. `structure` walks the whole file; `signature` \
              looks at its first bytes only; `declared` believes the sender. The two weaker \
              levels exist for tests with dummy files.",
    },
    Setting {
        key: Key::ContentCheckForce,
        env: "DOSSIER_CONTENT_CHECK_FORCE",
        flag: Some("content-check-force"),
        toml: Some(("intake", "content_check_force")),
        kind: Kind::Switch,
        default: "false",
        doc: "Start although a weak content check is combined with TLS certificates, which \
              look like a service for real people.",
    },
    Setting {
        key: Key::ScanMode,
        env: "DOSSIER_SCAN_MODE",
        flag: Some("scan-mode"),
        toml: Some(("intake", "scan_mode")),
        kind: Kind::Choice(&["off"]),
        default: "off",
        doc: "Malware scanning. This version has no scanner: `off` is the only value.",
    },
    Setting {
        key: Key::SizeMax,
        env: "DOSSIER_SIZE_MAX",
        flag: Some("size-max"),
        toml: Some(("intake", "size_max")),
        kind: Kind::Bytes(Bounds { min: 15, max: 5_368_709_120 }),
        default: "209715200",
        doc: "The largest file that is taken. A purpose may have a lower limit of its own in \
              the configuration file.",
    },
    Setting {
        key: Key::PixelsMax,
        env: "DOSSIER_PIXELS_MAX",
        flag: Some("pixels-max"),
        toml: Some(("intake", "pixels_max")),
        kind: Kind::Count(Bounds { min: 1, max: 4_294_967_296 }),
        default: "268435456",
        doc: "The most pixels an image may have, by its header.",
    },
    Setting {
        key: Key::SideMax,
        env: "DOSSIER_SIDE_MAX",
        flag: Some("side-max"),
        toml: Some(("intake", "side_max")),
        kind: Kind::Count(Bounds { min: 1, max: 4_294_967_295 }),
        default: "65535",
        doc: "The most pixels an image may have on one side, by its header.",
    },
];

pub(super) const LIMITS: &[Setting] = &[
    Setting {
        key: Key::ConnectionsMax,
        env: "DOSSIER_CONNECTIONS_MAX",
        flag: Some("connections-max"),
        toml: Some(("limits", "connections_max")),
        kind: Kind::Count(Bounds { min: 1, max: 1_000_000 }),
        default: "10000",
        doc: "The most connections at a time.",
    },
    Setting {
        key: Key::ConnectionsPerAddressMax,
        env: "DOSSIER_CONNECTIONS_PER_ADDRESS_MAX",
        flag: Some("connections-per-address-max"),
        toml: Some(("limits", "connections_per_address_max")),
        kind: Kind::Count(Bounds { min: 1, max: 1_000_000 }),
        default: "4096",
        doc: "The most connections at a time from one address. Behind a proxy all clients \
              share its address.",
    },
    Setting {
        key: Key::HeadersTimeout,
        env: "DOSSIER_HEADERS_TIMEOUT",
        flag: Some("headers-timeout"),
        toml: Some(("limits", "headers_timeout")),
        kind: Kind::Duration(Bounds { min: 100, max: 600_000 }),
        default: "10s",
        doc: "How long a client may take to send the head of a request.",
    },
    Setting {
        key: Key::IdleTimeout,
        env: "DOSSIER_IDLE_TIMEOUT",
        flag: Some("idle-timeout"),
        toml: Some(("limits", "idle_timeout")),
        kind: Kind::Duration(Bounds { min: 100, max: 600_000 }),
        default: "30s",
        doc: "How long a request body may stand still.",
    },
    Setting {
        key: Key::RateMin,
        env: "DOSSIER_RATE_MIN",
        flag: Some("rate-min"),
        toml: Some(("limits", "rate_min")),
        kind: Kind::Bytes(Bounds { min: 1, max: 1_073_741_824 }),
        default: "1KiB",
        doc: "The slowest a request body may be, in bytes a second, judged over the rate \
              window.",
    },
    Setting {
        key: Key::RateWindow,
        env: "DOSSIER_RATE_WINDOW",
        flag: Some("rate-window"),
        toml: Some(("limits", "rate_window")),
        kind: Kind::Duration(Bounds { min: 1_000, max: 3_600_000 }),
        default: "60s",
        doc: "The time over which the slowest rate is judged.",
    },
    Setting {
        key: Key::WriteTimeout,
        env: "DOSSIER_WRITE_TIMEOUT",
        flag: Some("write-timeout"),
        toml: Some(("limits", "write_timeout")),
        kind: Kind::Duration(Bounds { min: 100, max: 600_000 }),
        default: "30s",
        doc: "How long a client may leave a response unread.",
    },
    Setting {
        key: Key::KeepAliveTimeout,
        env: "DOSSIER_KEEP_ALIVE_TIMEOUT",
        flag: Some("keep-alive-timeout"),
        toml: Some(("limits", "keep_alive_timeout")),
        kind: Kind::Duration(Bounds { min: 100, max: 3_600_000 }),
        default: "75s",
        doc: "How long a connection may wait for its next request.",
    },
    Setting {
        key: Key::RequestTimeMax,
        env: "DOSSIER_REQUEST_TIME_MAX",
        flag: Some("request-time-max"),
        toml: Some(("limits", "request_time_max")),
        kind: Kind::Duration(Bounds { min: 1_000, max: 7_200_000 }),
        default: "2h",
        doc: "The longest a request may live.",
    },
    Setting {
        key: Key::BuffersMax,
        env: "DOSSIER_BUFFERS_MAX",
        flag: Some("buffers-max"),
        toml: Some(("limits", "buffers_max")),
        kind: Kind::Bytes(Bounds { min: 1_048_576, max: 17_179_869_184 }),
        default: "32MiB",
        doc: "The memory that all uploads together may use for buffers beyond their first. What \
              was used once is kept.",
    },
    Setting {
        key: Key::WalkersMax,
        env: "DOSSIER_WALKERS_MAX",
        flag: Some("walkers-max"),
        toml: Some(("limits", "walkers_max")),
        kind: Kind::Bytes(Bounds { min: 1_048_576, max: 17_179_869_184 }),
        default: "16MiB",
        doc: "The memory that all structure checks together may use beyond their first 64 KiB \
              each.",
    },
    Setting {
        key: Key::RequestsPerMinute,
        env: "DOSSIER_REQUESTS_PER_MINUTE",
        flag: Some("requests-per-minute"),
        toml: Some(("limits", "requests_per_minute")),
        kind: Kind::Count(Bounds { min: 1, max: 10_000_000 }),
        default: "",
        doc: "The most requests a minute from one client. Without it nothing throttles a \
              client.",
    },
];

pub(super) const WEBHOOKS: &[Setting] = &[
    Setting {
        key: Key::WebhooksAllowPrivate,
        env: "DOSSIER_WEBHOOKS_ALLOW_PRIVATE",
        flag: Some("webhooks-allow-private"),
        toml: Some(("webhooks", "allow_private")),
        kind: Kind::Switch,
        default: "false",
        doc: "Let webhooks reach private, loopback and all other addresses that are not of the \
              public internet. Whoever has the scope `webhooks:write` can then make the service \
              send requests into its own network.",
    },
    Setting {
        key: Key::WebhooksCaFile,
        env: "DOSSIER_WEBHOOKS_CA_FILE",
        flag: Some("webhooks-ca-file"),
        toml: Some(("webhooks", "ca_file")),
        kind: Kind::Path,
        default: "",
        doc: "Certificates of authorities in PEM that receivers of webhooks and of audit \
              checkpoints are trusted by, besides those that the machine trusts.",
    },
];

pub(super) const JOBS: &[Setting] = &[
    Setting {
        key: Key::ReaperInterval,
        env: "DOSSIER_REAPER_INTERVAL",
        flag: Some("reaper-interval"),
        toml: Some(("jobs", "reaper_interval")),
        kind: Kind::Duration(Bounds { min: 100, max: 86_400_000 }),
        default: "1m",
        doc: "How often bytes that no row names are looked for.",
    },
    Setting {
        key: Key::OrphanAge,
        env: "DOSSIER_ORPHAN_AGE",
        flag: Some("orphan-age"),
        toml: Some(("jobs", "orphan_age")),
        kind: Kind::Duration(Bounds { min: 2_000, max: 604_800_000 }),
        default: "15m",
        doc: "How old bytes that no row names must be before they are erased. Values of \
              seconds are for tests.",
    },
    Setting {
        key: Key::AuditCheckpointFile,
        env: "DOSSIER_AUDIT_CHECKPOINT_FILE",
        flag: Some("audit-checkpoint-file"),
        toml: Some(("jobs", "audit_checkpoint_file")),
        kind: Kind::Path,
        default: "",
        doc: "The file that the server appends signed checkpoints of the audit to, at its start \
              and then every so often. Put it where whoever can write to the database cannot.",
    },
    Setting {
        key: Key::AuditCheckpointUrl,
        env: "DOSSIER_AUDIT_CHECKPOINT_URL",
        flag: Some("audit-checkpoint-url"),
        toml: Some(("jobs", "audit_checkpoint_url")),
        kind: Kind::Url,
        default: "",
        doc: "The `https` or `http` URL that the server sends signed checkpoints of the audit to \
              as a webhook, at its start, every so often, and when it stops. Any address is \
              taken, private ones too. It needs a secret.",
    },
    Setting {
        key: Key::AuditCheckpointSecret,
        env: "DOSSIER_AUDIT_CHECKPOINT_SECRET",
        flag: None,
        toml: None,
        kind: Kind::Secret,
        default: "",
        doc: "What checkpoints that are sent are signed with per Standard Webhooks: `whsec_` and \
              the base64 of 24 to 32 random bytes. At most one of the three settings of this \
              secret.",
    },
    Setting {
        key: Key::AuditCheckpointSecretFile,
        env: "DOSSIER_AUDIT_CHECKPOINT_SECRET_FILE",
        flag: Some("audit-checkpoint-secret-file"),
        toml: Some(("jobs", "audit_checkpoint_secret_file")),
        kind: Kind::Path,
        default: "",
        doc: "A file that holds this secret. It must not be readable by other users.",
    },
    Setting {
        key: Key::AuditCheckpointSecretCommand,
        env: "DOSSIER_AUDIT_CHECKPOINT_SECRET_COMMAND",
        flag: Some("audit-checkpoint-secret-command"),
        toml: Some(("jobs", "audit_checkpoint_secret_command")),
        kind: Kind::Command,
        default: "",
        doc: "A command whose standard output is this secret. It is run by `/bin/sh -c` once at \
              start.",
    },
    Setting {
        key: Key::AuditCheckpointInterval,
        env: "DOSSIER_AUDIT_CHECKPOINT_INTERVAL",
        flag: Some("audit-checkpoint-interval"),
        toml: Some(("jobs", "audit_checkpoint_interval")),
        kind: Kind::Duration(Bounds { min: 1_000, max: 604_800_000 }),
        default: "1h",
        doc: "How often a checkpoint of the audit is appended to its file and sent to its \
              receiver.",
    },
];

pub(super) const LOG: &[Setting] = &[
    Setting {
        key: Key::LogFormat,
        env: "DOSSIER_LOG_FORMAT",
        flag: Some("log-format"),
        toml: Some(("log", "format")),
        kind: Kind::Choice(&["json", "text"]),
        default: "json",
        doc: "How the log is written to standard error.",
    },
    Setting {
        key: Key::LogLevel,
        env: "DOSSIER_LOG_LEVEL",
        flag: Some("log-level"),
        toml: Some(("log", "level")),
        kind: Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        default: "info",
        doc: "The least important lines that are logged.",
    },
];
