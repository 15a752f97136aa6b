//! Turning a bearer token into a caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_db::DbError;
use dossier_domain::{Credential, Timestamp};
use dossier_seal::{Digest, HmacKey};

use crate::token::TokenKind;
use crate::{App, Caller};

/// How long an answer of the database is believed: new and revoked keys take effect within it.
const BELIEVED: Duration = Duration::from_millis(500);
/// Answers kept; a flood of wrong tokens costs no more memory than this.
const KEPT_MAX: usize = 10_000;

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, malformed, expired or revoked.
    #[error("the token is not valid")]
    Invalid,
    /// The rows cannot be read now.
    #[error("keys cannot be read")]
    Unavailable,
}

/// The keyed hash of keys, tokens and secrets, and what the database said of the last ones. The
/// letters in front are part of what is hashed, so that no kind is ever taken for another.
pub(crate) struct KeyHashes {
    key: HmacKey,
    answers: Mutex<HashMap<[u8; 32], Answer>>,
}

#[derive(Clone, Copy)]
struct Answer {
    asked: Instant,
    live: Option<Live>,
}

/// A caller, until its token expires.
#[derive(Clone, Copy)]
struct Live {
    caller: Caller,
    ends_at: Option<Timestamp>,
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
    /// Finds the caller of an API key (`dsk_…`) or an access token (`dsa_…`). One keyed hash a
    /// call and at most one read; new and revoked ones take effect within a second, and a token
    /// expires to the microsecond.
    ///
    /// # Errors
    /// [`AuthError`]
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AuthError> {
        let kind = TokenKind::of(token).ok_or(AuthError::Invalid)?;
        let digest = self.key_hashes.digest(token);
        let live = match self.key_hashes.find(digest) {
            Some(answer) => answer.live,
            None => {
                let asked = Instant::now();
                let live = self.find_live(kind, digest).await.map_err(|error| {
                    tracing::warn!(%error, "keys and tokens cannot be read");
                    AuthError::Unavailable
                })?;
                self.key_hashes.keep(digest, Answer { asked, live });
                live
            }
        };
        let now = self.clock.now();
        let live = live.filter(|live| live.ends_at.is_none_or(|end| now < end));
        live.map(|live| live.caller).ok_or(AuthError::Invalid)
    }

    /// What the database says of a key or token that was not revoked.
    async fn find_live(&self, kind: TokenKind, digest: Digest) -> Result<Option<Live>, DbError> {
        match kind {
            TokenKind::ApiKey => {
                let found = self.db.find_key_by_hash(digest.0).await?;
                Ok(found.filter(|owner| owner.revoked_at.is_none()).map(|owner| Live {
                    caller: Caller {
                        credential: Credential::Key(owner.key_id),
                        client_id: owner.client_id,
                        scopes: owner.scopes,
                    },
                    ends_at: None,
                }))
            }
            TokenKind::Access => {
                let found = self.db.find_access_token(digest.0).await?;
                Ok(found.filter(|row| row.revoked_at.is_none()).map(|row| Live {
                    caller: Caller {
                        credential: Credential::Token(row.pair_id),
                        client_id: row.client_id,
                        scopes: row.scopes,
                    },
                    ends_at: Some(row.ends_at),
                }))
            }
            // These are for the token endpoint alone.
            TokenKind::Refresh | TokenKind::ClientSecret => Ok(None),
        }
    }
}
