//! Turning a bearer token into a caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_domain::Credential;
use dossier_seal::{Digest, HmacKey};

use crate::{App, Caller};

/// How long an answer of the database is believed: new and revoked keys take effect within it.
const BELIEVED: Duration = Duration::from_millis(500);
/// Answers kept; a flood of wrong tokens costs no more memory than this.
const KEPT_MAX: usize = 10_000;
/// No token is longer.
const TOKEN_BYTES_MAX: usize = 512;

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, malformed or revoked.
    #[error("the token is not valid")]
    Invalid,
    /// The rows cannot be read now.
    #[error("keys cannot be read")]
    Unavailable,
}

/// The keyed hash of API keys, and what the database said of the last ones.
pub(crate) struct KeyHashes {
    key: HmacKey,
    answers: Mutex<HashMap<[u8; 32], Answer>>,
}

#[derive(Clone, Copy)]
struct Answer {
    asked: Instant,
    caller: Option<Caller>,
}

impl KeyHashes {
    pub(crate) fn new(key: HmacKey) -> Self {
        Self { key, answers: Mutex::default() }
    }

    /// The keyed hash under which a token's row is found. Who reads the rows learns no token, and
    /// who measures time learns only about a hash he cannot steer.
    pub(crate) fn digest(&self, token: &str) -> Digest {
        self.key.digest(token.as_bytes())
    }

    fn find(&self, digest: Digest) -> Option<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&digest.0).copied().filter(|a| a.asked.elapsed() < BELIEVED)
    }

    fn keep(&self, digest: Digest, answer: Answer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= KEPT_MAX {
            // Cheaper than to look for the old ones under the lock: each costs one more read.
            answers.clear();
        }
        answers.insert(digest.0, answer);
    }
}

impl App {
    /// Finds the caller of an API key (`dsk_…`). One keyed hash a call; new and revoked keys take
    /// effect within a second.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AuthError> {
        if !token.starts_with("dsk_") || token.len() > TOKEN_BYTES_MAX {
            return Err(AuthError::Invalid);
        }
        let digest = self.key_hashes.digest(token);
        if let Some(answer) = self.key_hashes.find(digest) {
            return answer.caller.ok_or(AuthError::Invalid);
        }
        let asked = Instant::now();
        let found = self.db.find_key_by_hash(digest.0).await.map_err(|error| {
            tracing::warn!(%error, "keys cannot be read");
            AuthError::Unavailable
        })?;
        let live = found.filter(|owner| owner.revoked_at.is_none());
        let caller = live.map(|owner| Caller {
            credential: Credential::Key(owner.key_id),
            client_id: owner.client_id,
            scopes: owner.scopes,
        });
        self.key_hashes.keep(digest, Answer { asked, caller });
        caller.ok_or(AuthError::Invalid)
    }
}
