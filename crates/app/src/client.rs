//! Making and listing clients and the secrets they ask for tokens with: work of the operator.

use std::time::Duration;

use dossier_db::{
    ClientSecretRow, DbError, InsertClient, InsertClientSecret, NewClient, NewClientSecret,
    RevokeClientSecret, RootVersion, RotateClientSecret,
};
use dossier_domain::{AuditAction, AuditObject, ClientId, ClientSecretId, Scopes, Timestamp};
use zeroize::Zeroizing;

use crate::audit::Author;
use crate::token::{TokenKind, hint};
use crate::{App, Operator};

/// The longest name of a client, in characters.
pub(crate) const CLIENT_NAME_CHARS_MAX: usize = 100;
/// Secrets of one client that have not ended: one for each of its systems, and some in rotation.
const LIVE_SECRETS_MAX: usize = 16;
/// Rows of a page when all are read.
const PAGE: usize = 1000;

/// Why work on clients failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The client's name is empty or too long.
    #[error(
        "a client's name has 1 to {CLIENT_NAME_CHARS_MAX} characters, none of them a control \
         character"
    )]
    Name,
    /// A client of this name exists.
    #[error("there is a client of this name")]
    NameTaken,
    /// There is no client of this name.
    #[error("there is no client of this name")]
    NotFound,
    /// The client has as many live secrets as one may have.
    #[error("the client has {LIVE_SECRETS_MAX} live secrets, which is the most; end some of them")]
    TooManySecrets,
    /// The client has no secret without an end, or several, and none was named.
    #[error("the client has {0} secrets without an end; name the one to rotate")]
    WhichSecret(usize),
    /// The client has no such secret, or it has an end already.
    #[error("the client has no such secret without an end")]
    SecretNotFound,
    /// The client has no secret that was rotated.
    #[error("the client has no old secret")]
    NoOldSecret,
    /// Rows cannot be read or written.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A client secret that was just made; it is shown once.
pub struct IssuedSecret {
    /// Its id.
    pub secret_id: ClientSecretId,
    /// Its client, which names itself by this id.
    pub client_id: ClientId,
    /// The secret itself.
    pub secret: Zeroizing<String>,
}

/// A client as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its secrets, ended ones too, oldest first.
    pub secrets: Vec<ClientSecret>,
}

/// A client secret as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// Its id.
    pub secret_id: ClientSecretId,
    /// What may be shown of it.
    pub hint: String,
    /// The most that tokens asked for with it permit.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it lets nobody in.
    pub ends_at: Option<Timestamp>,
    /// Whether it lets its client in now.
    pub is_live: bool,
}

/// A rotation to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateSecret {
    /// The secret to rotate; may be left out when the client has one only.
    pub secret_id: Option<ClientSecretId>,
    /// How long it lives beside the new one.
    pub old_lives: Duration,
}

impl App {
    /// Makes a client.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn create_client(&self, _: Operator, name: &str) -> Result<ClientId, ClientError> {
        let client = self.new_client(name).ok_or(ClientError::Name)?;
        let client_id = client.client_id;
        match self.db.insert_client(client).await? {
            InsertClient::Inserted => Ok(client_id),
            InsertClient::NameTaken => Err(ClientError::NameTaken),
        }
    }

    /// All clients with their secrets, oldest first.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn list_clients(&self, _: Operator) -> Result<Vec<Client>, ClientError> {
        let mut clients = Vec::new();
        let mut after = None;
        loop {
            let rows = self.db.list_clients(after, PAGE).await?;
            after = rows.last().map(|row| row.client_id);
            let full = rows.len() == PAGE;
            for row in rows {
                let secrets = self.secrets_of(row.client_id).await?;
                let (client_id, name, created_at) = (row.client_id, row.name, row.created_at);
                clients.push(Client { client_id, name, created_at, secrets });
            }
            if !full {
                return Ok(clients);
            }
        }
    }

    /// Makes a secret of 256 random bits for the client of this name, which is made if needed.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn create_client_secret(
        &self,
        _: Operator,
        client: &str,
        scopes: Scopes,
    ) -> Result<IssuedSecret, ClientError> {
        let client = self.new_client(client).ok_or(ClientError::Name)?;
        let (row, secret) = self.new_client_secret(AuditAction::ClientSecretCreated);
        let secret_id = row.secret_id;
        let made = self.db.insert_client_and_secret(client, row, scopes, LIVE_SECRETS_MAX).await?;
        match made {
            InsertClientSecret::Inserted { client_id } => {
                Ok(IssuedSecret { secret_id, client_id, secret })
            }
            InsertClientSecret::TooMany => Err(ClientError::TooManySecrets),
            InsertClientSecret::SecretTaken => Err(came_twice().into()),
        }
    }

    /// Makes a secret with the same scopes beside another, which ends after a while.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn rotate_client_secret(
        &self,
        _: Operator,
        client: &str,
        rotation: RotateSecret,
    ) -> Result<IssuedSecret, ClientError> {
        let client_id = self.client_of(client).await?;
        let mut current = self.secrets_of(client_id).await?;
        current.retain(|secret| secret.ends_at.is_none());
        let old = match (rotation.secret_id, current.as_slice()) {
            (None, [only]) => only.secret_id,
            (None, several) => return Err(ClientError::WhichSecret(several.len())),
            (Some(id), several) if several.iter().any(|s| s.secret_id == id) => id,
            (Some(_), _) => return Err(ClientError::SecretNotFound),
        };
        let (row, secret) = self.new_client_secret(AuditAction::ClientSecretRotated);
        let secret_id = row.secret_id;
        let ends_at = row.created_at.plus(rotation.old_lives);
        match self.db.rotate_client_secret(old, ends_at, row, LIVE_SECRETS_MAX).await? {
            RotateClientSecret::Rotated => Ok(IssuedSecret { secret_id, client_id, secret }),
            RotateClientSecret::NotCurrent => Err(ClientError::SecretNotFound),
            RotateClientSecret::TooMany => Err(ClientError::TooManySecrets),
            RotateClientSecret::SecretTaken => Err(came_twice().into()),
        }
    }

    /// Ends the secrets of a client that were rotated, now, and with them every access token that
    /// was asked for with them. Returns how many there are.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn end_old_secrets(&self, _: Operator, client: &str) -> Result<usize, ClientError> {
        let mut old = self.secrets_of(self.client_of(client).await?).await?;
        old.retain(|secret| secret.ends_at.is_some());
        if old.is_empty() {
            return Err(ClientError::NoOldSecret);
        }
        for secret in &old {
            self.revoke_client_secret(Operator, secret.secret_id).await?;
        }
        Ok(old.len())
    }

    /// Ends a secret now, and with it every access token that was asked for with it.
    ///
    /// # Errors
    /// [`ClientError`]
    pub async fn revoke_client_secret(
        &self,
        _: Operator,
        secret_id: ClientSecretId,
    ) -> Result<(), ClientError> {
        let object = AuditObject::ClientSecret(secret_id);
        let entry = self.audit_entry(Author::OPERATOR, AuditAction::ClientSecretRevoked, object);
        match self.db.revoke_client_secret(secret_id, entry).await? {
            RevokeClientSecret::Revoked => Ok(()),
            RevokeClientSecret::NotFound => Err(ClientError::SecretNotFound),
        }
    }

    /// A client of this name with a key of its own, to be made if there is none; `None` when the
    /// name is no name.
    pub(crate) fn new_client(&self, name: &str) -> Option<NewClient> {
        let chars = name.chars().count();
        if !(1..=CLIENT_NAME_CHARS_MAX).contains(&chars) || name.chars().any(char::is_control) {
            return None;
        }
        let client_id = ClientId::from(self.uuid_v7());
        let (root, wrapped) = self.client_keys.generate(&*self.entropy, client_id);
        Some(NewClient {
            client_id,
            name: name.to_owned(),
            wrapped_key: wrapped.as_bytes().to_vec(),
            root_version: RootVersion(root.get()),
            created_at: self.clock.now(),
            entry: self.audit_entry(
                Author::OPERATOR,
                AuditAction::ClientCreated,
                AuditObject::Client(client_id),
            ),
        })
    }

    fn new_client_secret(&self, told_as: AuditAction) -> (NewClientSecret, Zeroizing<String>) {
        let secret = self.new_token(TokenKind::ClientSecret);
        let secret_id = self.uuid_v7().into();
        let object = AuditObject::ClientSecret(secret_id);
        let row = NewClientSecret {
            secret_id,
            secret_hash: self.key_hashes.digest(&secret).0,
            hint: hint(&secret),
            created_at: self.clock.now(),
            entry: self.audit_entry(Author::OPERATOR, told_as, object),
        };
        (row, secret)
    }

    async fn client_of(&self, name: &str) -> Result<ClientId, ClientError> {
        let client = self.db.find_client_by_name(name).await?;
        Ok(client.ok_or(ClientError::NotFound)?.client_id)
    }

    async fn secrets_of(&self, client_id: ClientId) -> Result<Vec<ClientSecret>, DbError> {
        let now = self.clock.now();
        let mut secrets = Vec::new();
        let mut after = None;
        loop {
            let rows = self.db.list_client_secrets(client_id, after, PAGE).await?;
            after = rows.last().map(|row| row.secret_id);
            let full = rows.len() == PAGE;
            secrets.extend(rows.into_iter().map(|row| {
                let ClientSecretRow { secret_id, hint, scopes, created_at, ends_at, .. } = row;
                let is_live = ends_at.is_none_or(|end| now < end);
                ClientSecret { secret_id, hint, scopes, created_at, ends_at, is_live }
            }));
            if !full {
                return Ok(secrets);
            }
        }
    }
}

/// What no generator of random bits does.
pub(crate) fn came_twice() -> DbError {
    DbError::Broken("256 random bits came twice".into())
}
