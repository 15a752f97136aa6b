//! Issuing tokens, for a secret or for a refresh token.

use std::time::Duration;

use dossier_db::{DbError, NewGrant, NewTokenPair, RefreshTokenRow, RefreshTokens};
use dossier_domain::{
    AuditAction, AuditObject, GrantId, RequestFault, Scopes, Timestamp, TokenRequest, grant_scopes,
};
use zeroize::Zeroizing;

use super::ProvenClient;
use crate::App;
use crate::token::TokenKind;

/// Tokens that were just issued; they are shown once.
pub struct IssuedTokens {
    /// For requests to the API.
    pub access_token: Zeroizing<String>,
    /// For a new pair, once.
    pub refresh_token: Zeroizing<String>,
    /// What the access token permits.
    pub scopes: Scopes,
}

impl IssuedTokens {
    /// How long an access token permits anything.
    pub const ACCESS_LIFE: Duration = Duration::from_secs(600);
    /// How long a refresh token can be used.
    pub const REFRESH_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
}

/// Why no tokens were issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The request asks for what it cannot have.
    #[error("the request was refused: {}", .0.description())]
    Refused(RequestFault),
    /// The refresh token is unknown, expired, used, revoked or another client's: which of these,
    /// nobody is told.
    #[error("the refresh token is not valid")]
    Grant,
    /// Rows cannot be read or written now.
    #[error("tokens cannot be issued: {0}")]
    Unavailable(String),
}

impl From<DbError> for TokenError {
    fn from(error: DbError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl App {
    /// Issues a pair of tokens.
    ///
    /// A refresh token is good for one use. Of several requests with it that overlap, one gets
    /// the new pair and the others are refused. A request that comes after is a replay and ends
    /// the whole family, the newest tokens included: somebody has a token that he should not
    /// have, and nobody can say who. A client that lost the answer to its refresh, and tries
    /// again, is treated the same; it asks anew with its secret, which it needs in any case.
    ///
    /// # Errors
    /// [`TokenError`]
    pub async fn issue_tokens(
        &self,
        client: &ProvenClient,
        request: &TokenRequest,
    ) -> Result<IssuedTokens, TokenError> {
        match request {
            TokenRequest::ClientCredentials { scopes } => {
                let scopes = grant_scopes(*scopes, client.scopes).map_err(TokenError::Refused)?;
                self.begin_grant(client, scopes).await
            }
            TokenRequest::RefreshToken { token, scopes } => {
                let old = self.find_refresh_token(client, token).await?;
                let old = old.ok_or(TokenError::Grant)?;
                self.refresh(client, &old, *scopes).await
            }
        }
    }

    /// The row of a refresh token of this client.
    pub(super) async fn find_refresh_token(
        &self,
        client: &ProvenClient,
        token: &str,
    ) -> Result<Option<RefreshTokenRow>, DbError> {
        if TokenKind::of(token) != Some(TokenKind::Refresh) {
            return Ok(None);
        }
        let found = self.db.find_refresh_token(self.key_hashes.digest(token).0).await?;
        Ok(found.filter(|row| row.client_id == client.client_id))
    }

    async fn begin_grant(
        &self,
        client: &ProvenClient,
        scopes: Scopes,
    ) -> Result<IssuedTokens, TokenError> {
        let now = self.clock.now();
        let (pair, issued) = self.new_pair(client, scopes, now);
        let grant_id = GrantId::from(self.uuid_v7());
        let client_id = client.client_id;
        let grant = NewGrant { grant_id, client_id, scopes, created_at: now };
        let object = AuditObject::Grant(grant_id);
        let entry = self.audit_entry(client.into(), AuditAction::GrantCreated, object);
        self.db.insert_grant(grant, pair, entry).await?;
        Ok(issued)
    }

    async fn refresh(
        &self,
        client: &ProvenClient,
        old: &RefreshTokenRow,
        scopes: Option<Scopes>,
    ) -> Result<IssuedTokens, TokenError> {
        let now = self.clock.now();
        let grant_id = old.grant_id;
        let entry = |action| self.audit_entry(client.into(), action, AuditObject::Grant(grant_id));
        if old.refreshed_at.is_some() {
            tracing::warn!(%grant_id, "a refresh token came twice: its grant is revoked");
            let entry = entry(AuditAction::GrantRevoked);
            self.db.revoke_grant(old.client_id, grant_id, entry).await?;
            return Err(TokenError::Grant);
        }
        if old.revoked_at.is_some() || now >= old.ends_at {
            return Err(TokenError::Grant);
        }
        // The family keeps its scopes; the client may have come with a secret that has fewer.
        let permitted = old.scopes.intersection(client.scopes);
        let scopes = grant_scopes(scopes, permitted).map_err(TokenError::Refused)?;
        let (pair, issued) = self.new_pair(client, scopes, now);
        match self.db.refresh_tokens(old, pair, entry(AuditAction::GrantRefreshed)).await? {
            RefreshTokens::Refreshed => Ok(issued),
            // Both requests found it unused: they overlap, and the other was first.
            RefreshTokens::AlreadyUsed | RefreshTokens::GrantRevoked => Err(TokenError::Grant),
        }
    }

    fn new_pair(
        &self,
        client: &ProvenClient,
        scopes: Scopes,
        now: Timestamp,
    ) -> (NewTokenPair, IssuedTokens) {
        let access_token = self.new_token(TokenKind::Access);
        let refresh_token = self.new_token(TokenKind::Refresh);
        let pair = NewTokenPair {
            pair_id: self.uuid_v7().into(),
            secret_id: client.secret_id,
            access_hash: self.key_hashes.digest(&access_token).0,
            access_scopes: scopes,
            access_ends_at: now.plus(IssuedTokens::ACCESS_LIFE),
            refresh_hash: self.key_hashes.digest(&refresh_token).0,
            refresh_ends_at: now.plus(IssuedTokens::REFRESH_LIFE),
        };
        (pair, IssuedTokens { access_token, refresh_token, scopes })
    }
}
