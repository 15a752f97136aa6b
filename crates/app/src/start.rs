//! Putting the service together.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dossier_blobs::{Blobs, StoredMark};
use dossier_db::Db;
use dossier_domain::{ContentCheck, Limits};
use dossier_media::Budget;
use dossier_seal::{Entropy, Label, RootKeyring};
use dossier_webhooks::{Authorities, Reach, Sender};

use crate::authenticate::KeyHashes;
use crate::client_keys::ClientKeys;
use crate::oauth::Guesses;
use crate::root::{self, RootError};
use crate::status::LastProbes;
use crate::tide::holds_bytes;
use crate::webhooks::Webhooks;
use crate::{App, Clock, SweepError, service_secret};

/// What the service is made of.
pub struct Start {
    /// The rows.
    pub db: Db,
    /// The bytes.
    pub blobs: Blobs,
    /// The root keys.
    pub keyring: RootKeyring,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The limits of the rules.
    pub limits: Limits,
    /// How much of the content is checked.
    pub content_check: ContentCheck,
    /// How far webhooks reach.
    pub webhook_reach: Reach,
    /// Whom webhooks trust besides the authorities of the machine.
    pub webhook_authorities: Authorities,
    /// Bytes that all structure walkers share beyond their own.
    pub walker_bytes: usize,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The root key does not fit the database.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The database is new, and the store is not: every file in it would be nobody's.
    #[error(
        "the database is new, but the storage holds files already; name the database that knows \
         them, or an empty storage"
    )]
    StrangeBytes,
    /// The first mark cannot be made.
    #[error(transparent)]
    Mark(#[from] SweepError),
    /// Bytes cannot be listed.
    #[error("the storage cannot be read: {0}")]
    Storage(#[from] std::io::Error),
}

impl App {
    /// Puts the service together, once the root key is proved to be the right one and the bytes
    /// to be those of the database: the reaper would erase any others.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(start: Start) -> Result<Self, StartError> {
        let Start { db, blobs, keyring, clock, entropy, limits, content_check, .. } = start;
        if root::is_new(&db).await? && holds_bytes(&blobs).await? {
            return Err(StartError::StrangeBytes);
        }
        root::check(&db, &keyring, clock.now()).await?;
        let authorities = start.webhook_authorities;
        let secret = service_secret::load(&db, &keyring, &*entropy).await?;
        let app = Self {
            key_hashes: KeyHashes::new(secret.derive(Label::ApiKey)),
            guesses: Guesses::default(),
            client_keys: ClientKeys::new(keyring),
            db,
            blobs,
            started: clock.now(),
            clock,
            entropy,
            limits,
            content_check,
            walker_budget: Budget::new(start.walker_bytes),
            cursor_key: secret.derive(Label::Cursor),
            webhooks: Webhooks::new(Sender::new(start.webhook_reach, authorities.clone())),
            idempotency_key: secret.derive(Label::IdempotencyKey),
            checkpoint_key: secret.derive(Label::AuditCheckpoint),
            // The operator may name any address: the guard is for those that clients name.
            checkpoint_sender: Sender::new(Reach::Anywhere, authorities),
            apart: AtomicBool::new(false),
            last_probes: LastProbes::default(),
        };
        // The first mark is there before the first byte; the sweep moves it from then on.
        if app.blobs.find_tide_mark().await? == StoredMark::Absent {
            app.move_tide_mark().await?;
        }
        Ok(app)
    }
}
