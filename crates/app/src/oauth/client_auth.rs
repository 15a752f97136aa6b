//! Proving by its secret who a client is.

use std::net::IpAddr;

use dossier_domain::{AuditActor, ClientCredentials, ClientId, ClientSecretId, RequestId, Scopes};

use super::guesses::{Guesser, Wait};
use crate::App;
use crate::audit::Author;

/// A client that proved who it is; [`App::authenticate_client`] alone makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenClient {
    pub(super) client_id: ClientId,
    pub(super) secret_id: ClientSecretId,
    pub(super) scopes: Scopes,
    pub(super) request_id: Option<RequestId>,
}

impl ProvenClient {
    /// Who it is.
    #[must_use]
    pub const fn client_id(&self) -> ClientId {
        self.client_id
    }

    /// The same client, for the work of one request, which the audit will name.
    #[must_use]
    pub fn in_request(self, request_id: RequestId) -> Self {
        Self { request_id: Some(request_id), ..self }
    }
}

impl From<&ProvenClient> for Author {
    fn from(client: &ProvenClient) -> Self {
        let actor = AuditActor::ClientSecret(client.secret_id);
        Self { actor, request_id: client.request_id.clone() }
    }
}

/// Why a client was not let in.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// No credentials, an unknown client, a wrong secret, or one that has ended: which of these,
    /// nobody is told.
    #[error("the client did not prove who it is")]
    Invalid,
    /// Too many wrong secrets; the right one may be asked about after so many seconds.
    #[error("too many wrong secrets")]
    TooManyGuesses {
        /// How many wrong secrets a minute are borne.
        limit: u32,
        /// Whole seconds, at least one.
        retry_after: u32,
    },
    /// The rows cannot be read now.
    #[error("client secrets cannot be read: {0}")]
    Unavailable(String),
}

impl App {
    /// Finds the client of these credentials. An unknown client costs what a wrong secret costs:
    /// one keyed hash and one read by it, which tells nobody how near a guess was.
    ///
    /// # Errors
    /// [`ClientAuthError`]
    pub async fn authenticate_client(
        &self,
        credentials: Option<&ClientCredentials>,
        address: Option<IpAddr>,
    ) -> Result<ProvenClient, ClientAuthError> {
        let credentials = credentials.ok_or(ClientAuthError::Invalid)?;
        let claimed = credentials.client_id.parse::<ClientId>().ok();
        let guesser = Guesser::new(claimed, address);
        let now = self.clock.now();
        if let Err(Wait { limit, seconds }) = self.guesses.admit(guesser, now) {
            return Err(ClientAuthError::TooManyGuesses { limit, retry_after: seconds });
        }
        let digest = self.key_hashes.digest(&credentials.client_secret);
        let found = self.db.find_client_secret_by_hash(digest.0).await;
        let found = found.map_err(|error| ClientAuthError::Unavailable(error.to_string()))?;
        let live = found.filter(|row| {
            Some(row.client_id) == claimed && row.ends_at.is_none_or(|end| now < end)
        });
        match live {
            Some(row) => {
                self.guesses.succeeded(guesser);
                let (client_id, secret_id, scopes) = (row.client_id, row.secret_id, row.scopes);
                Ok(ProvenClient { client_id, secret_id, scopes, request_id: None })
            }
            None => {
                self.guesses.failed(guesser, now);
                Err(ClientAuthError::Invalid)
            }
        }
    }
}
