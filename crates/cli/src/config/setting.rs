//! What one setting is: where it may be given, what values it takes, and the sentence about it.

/// One row of the settings table.
#[derive(Debug)]
pub struct Setting {
    /// Which setting.
    pub key: Key,
    /// The environment variable, which also is the setting's name in messages.
    pub env: &'static str,
    /// The command-line flag without its dashes. Secrets have none: other users can see arguments.
    pub flag: Option<&'static str>,
    /// Section and key in the file. Secrets have none: configuration files get copied around.
    pub toml: Option<(&'static str, &'static str)>,
    /// The values it takes.
    pub kind: Kind,
    /// The default, written as a user would; empty when the setting is off unless given.
    pub default: &'static str,
    /// One paragraph for `docs/configuration.md` and `--help`.
    pub doc: &'static str,
}

/// The values a setting takes. Bounds are inclusive.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An IP address and a port.
    Address,
    /// A path, which need not be UTF-8.
    Path,
    /// A URL, which may carry a password and is never repeated in messages.
    Url,
    /// A shell command, which is never repeated in messages.
    Command,
    /// A secret, which is never repeated in messages.
    Secret,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A length of time; bounds in milliseconds.
    Duration(Bounds),
    /// A number of bytes.
    Bytes(Bounds),
    /// A plain number.
    Count(Bounds),
}

/// The smallest and the largest value allowed.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Smallest.
    pub min: u64,
    /// Largest.
    pub max: u64,
}

impl Kind {
    /// Whether a bad value may be repeated to the operator.
    pub(crate) const fn may_be_shown(self) -> bool {
        match self {
            Self::Url | Self::Command | Self::Secret => false,
            Self::Address | Self::Path | Self::Switch | Self::Choice(_) => true,
            Self::Duration(_) | Self::Bytes(_) | Self::Count(_) => true,
        }
    }
}

/// The name of a setting in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table says what each one means")]
pub enum Key {
    Config,
    Listen,
    MetricsListen,
    TlsCertFile,
    TlsKeyFile,
    DrainTime,
    DataDir,
    DatabaseUrl,
    StorageUrl,
    BootstrapKey,
    BootstrapKeyFile,
    RootKey,
    RootKeyFile,
    RootKeyCommand,
    ContentCheck,
    ContentCheckForce,
    ScanMode,
    SizeMax,
    PixelsMax,
    SideMax,
    ConnectionsMax,
    ConnectionsPerAddressMax,
    HeadersTimeout,
    IdleTimeout,
    RateMin,
    RateWindow,
    WriteTimeout,
    KeepAliveTimeout,
    RequestTimeMax,
    BuffersMax,
    WalkersMax,
    RequestsPerMinute,
    WebhooksAllowPrivate,
    WebhooksCaFile,
    ReaperInterval,
    OrphanAge,
    AuditCheckpointFile,
    AuditCheckpointUrl,
    AuditCheckpointSecret,
    AuditCheckpointSecretFile,
    AuditCheckpointSecretCommand,
    AuditCheckpointInterval,
    LogFormat,
    LogLevel,
}
