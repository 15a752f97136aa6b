//! Use cases and jobs: the only crate that sees rules, rows and bytes together.
//!
//! Every use case takes a [`Permit`] or an [`Operator`] first; doors (HTTP now) translate and
//! decide nothing.

mod announce;
mod api_key;
mod audit;
mod authenticate;
mod caller;
mod check;
mod client;
mod client_keys;
mod clock;
mod contents;
mod cursor;
mod delete;
mod event;
mod file;
mod files;
mod fsck;
mod id;
mod idempotency;
mod oauth;
mod outcome;
mod page;
mod part;
mod receive;
mod root;
mod service_secret;
mod start;
mod status;
mod sweep;
mod tap;
mod tide;
mod token;
mod upload;
mod user_keys;
mod users;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dossier_blobs::Blobs;
use dossier_db::Db;
use dossier_domain::{ContentCheck, Limits, Timestamp};
use dossier_media::Budget;
use dossier_seal::{Entropy, HmacKey};
use dossier_webhooks::Sender;

pub use api_key::{ApiKey, ChosenSecret, KeyError, KeyPage, NewApiKey, NotASecret};
pub use audit::{
    AuditFilter, AuditPage, AuditReport, CheckpointFault, CheckpointReceiver, ListAudit,
    Undelivered,
};
pub use authenticate::AuthError;
pub use caller::{
    Administer, AnyKey, AuditRead, Caller, FilesDelete, FilesRead, FilesWrite, MissingScope,
    Operator, Permission, Permit, ReviewsWrite, UsersRead, UsersWrite, WebhooksWrite,
};
pub use check::CheckFile;
pub use client::{Client, ClientError, ClientSecret, IssuedSecret, RotateSecret};
pub use clock::Clock;
pub use contents::{ContentStream, Contents};
pub use dossier_db::{AuditFault, AuditFaultKind, AuditPlace, AuditPosition, AuditRow};
pub use dossier_seal::Sha256;
pub use dossier_webhooks::{
    Authorities, AuthoritiesFault, Failure, NotAWebhookSecret, Reach, Target,
};
pub use event::{Event, EventData, EventPage, ListEvents};
pub use file::{File, FileStatus, UnknownWord};
pub use files::{FileFilter, FilePage, ListError, ListFiles, Order, ReadError};
pub use fsck::{Depth, Finding, FsckReport};
pub use idempotency::IdempotencyKey;
pub use oauth::{ClientAuthError, IssuedTokens, ProvenClient, TokenError};
pub use page::PageSize;
pub use part::{FileStart, Part, PartName};
pub use root::RootError;
pub use start::{Start, StartError};
pub use status::Readiness;
pub use sweep::{SweepError, SweepReport};
pub use tide::Tide;
pub use upload::{TakenIn, Upload, UploadError};
pub use users::{
    HistoryPage, ListUsers, MeantFor, Requirements, User, UserError, UserFilter, UserPage,
    UserRevision, VerificationChange,
};
pub use webhooks::{
    Endpoint, EndpointWork, Job, JobPage, NewEndpoint, OpenJobs, OwnedEndpoint, Replay,
    RotatedSecret, TestReport, WebhookError,
};

/// The service behind every door.
pub struct App {
    db: Db,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    /// When this process opened the store.
    started: Timestamp,
    entropy: Arc<dyn Entropy>,
    limits: Limits,
    content_check: ContentCheck,
    walker_budget: Budget,
    client_keys: client_keys::ClientKeys,
    key_hashes: authenticate::KeyHashes,
    guesses: oauth::Guesses,
    cursor_key: HmacKey,
    webhooks: webhooks::Webhooks,
    idempotency_key: HmacKey,
    checkpoint_key: HmacKey,
    checkpoint_sender: Sender,
    /// Whether the marks of database and storage were last found to differ.
    apart: AtomicBool,
    last_probes: status::LastProbes,
}
