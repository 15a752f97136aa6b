//! Revoking tokens (RFC 7009).

use dossier_db::DbError;
use dossier_domain::{AuditAction, AuditObject, RevocationRequest};

use super::ProvenClient;
use crate::App;
use crate::token::TokenKind;

impl App {
    /// Revokes a token of the client: a refresh token takes its whole family with it, an access
    /// token nothing. It takes effect within a second. A token that is unknown, or another
    /// client's, is as good as revoked (RFC 7009, section 2.2).
    ///
    /// # Errors
    /// Rows cannot be read or written now.
    pub async fn revoke_token(
        &self,
        client: &ProvenClient,
        request: &RevocationRequest,
    ) -> Result<(), DbError> {
        match TokenKind::of(&request.token) {
            Some(TokenKind::Access) => {
                let digest = self.key_hashes.digest(&request.token);
                let found = self.db.find_access_token(digest.0).await?;
                match found.filter(|row| row.client_id == client.client_id) {
                    Some(row) => {
                        let object = AuditObject::Token(row.pair_id);
                        let entry =
                            self.audit_entry(client.into(), AuditAction::TokenRevoked, object);
                        self.db.revoke_access_token(row.client_id, row.pair_id, entry).await
                    }
                    None => Ok(()),
                }
            }
            Some(TokenKind::Refresh) => {
                match self.find_refresh_token(client, &request.token).await? {
                    Some(row) => {
                        let object = AuditObject::Grant(row.grant_id);
                        let entry =
                            self.audit_entry(client.into(), AuditAction::GrantRevoked, object);
                        self.db.revoke_grant(row.client_id, row.grant_id, entry).await
                    }
                    None => Ok(()),
                }
            }
            // Keys and secrets are the operator's to revoke.
            Some(TokenKind::ApiKey | TokenKind::ClientSecret) | None => Ok(()),
        }
    }
}
