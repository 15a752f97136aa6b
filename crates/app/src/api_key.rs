//! Making, listing and revoking API keys: work of the operator.

use std::fmt;
use std::ops::RangeInclusive;

use dossier_db::{DbError, InsertKey, KeyOwner, NewKey, RevokeKey};
use dossier_domain::{AuditAction, AuditObject, ClientId, KeyId, Scopes, Timestamp};
use zeroize::Zeroizing;

use crate::audit::Author;
use crate::client::{CLIENT_NAME_CHARS_MAX, came_twice};
use crate::token::{TokenKind, hint};
use crate::{App, Operator};

/// What every key starts with.
const PREFIX: &str = TokenKind::ApiKey.prefix();
/// The characters after the prefix of a key that an operator chose: 32 of 64 kinds are 192 bits.
const CHOSEN_CHARS: RangeInclusive<usize> = 32..=256;
/// The client of the bootstrap key.
const BOOTSTRAP_CLIENT: &str = "bootstrap";
/// Keys of a page.
const PAGE: usize = 1000;

/// Why work on keys failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The client's name is empty or too long.
    #[error(
        "a client's name has 1 to {CLIENT_NAME_CHARS_MAX} characters, none of them a control \
         character"
    )]
    ClientName,
    /// There is no such key.
    #[error("there is no such key")]
    NotFound,
    /// Rows cannot be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The secret of a key that an operator chose; wiped from memory when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ChosenSecret(Zeroizing<String>);

/// The text is no secret that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a bootstrap key is `{PREFIX}` and {} to {} letters, digits, `-` or `_`, best random ones",
    CHOSEN_CHARS.start(),
    CHOSEN_CHARS.end()
)]
pub struct NotASecret;

impl ChosenSecret {
    /// Takes a secret. One line break at its end is forgiven, since editors add it to files.
    ///
    /// # Errors
    /// [`NotASecret`]
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let random = line.strip_prefix(PREFIX).ok_or(NotASecret)?;
        let plain = random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if CHOSEN_CHARS.contains(&random.len()) && plain {
            Ok(Self(Zeroizing::new(line.to_owned())))
        } else {
            Err(NotASecret)
        }
    }
}

impl fmt::Debug for ChosenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChosenSecret(…)")
    }
}

/// A key that was just made; its secret is shown once.
pub struct NewApiKey {
    /// Its id.
    pub key_id: KeyId,
    /// Its client.
    pub client_id: ClientId,
    /// The secret itself.
    pub secret: Zeroizing<String>,
}

/// A key as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub key_id: KeyId,
    /// The name of its client.
    pub client: String,
    /// What may be shown of its secret.
    pub hint: String,
    /// What it permits.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Some keys as operators see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<ApiKey>,
    /// The key that the next page comes behind; `None` at the end.
    pub next: Option<KeyId>,
}

impl App {
    /// Makes a key of 256 random bits for the client of this name, which is made if needed.
    ///
    /// # Errors
    /// [`KeyError`]
    pub async fn create_key(
        &self,
        _: Operator,
        client: &str,
        scopes: Scopes,
    ) -> Result<NewApiKey, KeyError> {
        let secret = self.new_token(TokenKind::ApiKey);
        match self.insert_key(client, scopes, &secret).await? {
            (key_id, InsertKey::Inserted { client_id }) => {
                Ok(NewApiKey { key_id, client_id, secret })
            }
            (_, InsertKey::SecretTaken) => Err(came_twice().into()),
        }
    }

    /// Makes this key, with all scopes, for the client `bootstrap`, unless it was made before. A
    /// key that was revoked stays revoked: whoever revoked it may have forgotten that it is still
    /// configured, so the log says so.
    ///
    /// # Errors
    /// [`KeyError`]
    pub async fn ensure_bootstrap_key(
        &self,
        _: Operator,
        ChosenSecret(secret): &ChosenSecret,
    ) -> Result<(), KeyError> {
        match self.insert_key(BOOTSTRAP_CLIENT, Scopes::all(), secret).await? {
            (_, InsertKey::Inserted { .. }) => {}
            (_, InsertKey::SecretTaken) => {
                let owner = self.db.find_key_by_hash(self.key_hashes.digest(secret).0).await?;
                if owner.is_some_and(|key| key.revoked_at.is_some()) {
                    tracing::warn!("the configured bootstrap key is revoked: it opens nothing");
                }
            }
        }
        Ok(())
    }

    async fn insert_key(
        &self,
        client: &str,
        scopes: Scopes,
        secret: &str,
    ) -> Result<(KeyId, InsertKey), KeyError> {
        let new_client = self.new_client(client).ok_or(KeyError::ClientName)?;
        let key_id = self.new_key_id();
        let new_key = NewKey {
            key_id,
            secret_hash: self.key_hashes.digest(secret).0,
            hint: hint(secret),
            scopes,
            created_at: self.clock.now(),
        };
        let object = AuditObject::Key(key_id);
        let entry = self.audit_entry(Author::OPERATOR, AuditAction::KeyCreated, object);
        Ok((key_id, self.db.insert_client_and_key(new_client, new_key, entry).await?))
    }

    /// One page of the keys, revoked ones too, oldest first, behind the key `after`.
    ///
    /// # Errors
    /// [`KeyError::Db`]
    pub async fn list_keys(&self, _: Operator, after: Option<KeyId>) -> Result<KeyPage, KeyError> {
        let rows = self.db.list_keys(after, PAGE).await?;
        let last = rows.last().map(|row| row.owner.key_id);
        let next = last.filter(|_| rows.len() == PAGE);
        let keys = rows.into_iter().map(|row| {
            let KeyOwner { key_id, client_name, scopes, revoked_at, .. } = row.owner;
            let (hint, created_at) = (row.hint, row.created_at);
            ApiKey { key_id, client: client_name, hint, scopes, created_at, revoked_at }
        });
        Ok(KeyPage { keys: keys.collect(), next })
    }

    /// Revokes a key; running uploads of it are refused at their end.
    ///
    /// # Errors
    /// [`KeyError`]
    pub async fn revoke_key(&self, _: Operator, key_id: KeyId) -> Result<(), KeyError> {
        let object = AuditObject::Key(key_id);
        let entry = self.audit_entry(Author::OPERATOR, AuditAction::KeyRevoked, object);
        match self.db.revoke_key(key_id, entry).await? {
            RevokeKey::Revoked => Ok(()),
            RevokeKey::NotFound => Err(KeyError::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_secrets_need_their_prefix_and_32_characters() {
        let random = "aB3-_aB3-_aB3-_aB3-_aB3-_aB3-_aB";
        assert_eq!(random.len(), 32);
        let key = format!("dsk_{random}");
        for text in [key.clone(), format!("{key}\n"), format!("{key}\r\n")] {
            let secret = ChosenSecret::parse(&text).unwrap();
            assert_eq!(*secret.0, key);
            assert!(!format!("{secret:?}").contains(random));
        }
        for text in [
            String::new(),
            random.to_owned(),
            "dsk_".to_owned(),
            key.get(..35).unwrap().to_owned(),
            format!("{key}\n\n"),
            format!(" {key}"),
            format!("{key} "),
            format!("{key}é"),
            format!("dsk_{}", "a".repeat(257)),
        ] {
            assert_eq!(ChosenSecret::parse(&text), Err(NotASecret), "{text:?}");
        }
    }
}
