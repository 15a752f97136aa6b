//! The secrets of endpoints: stored wrapped under the key of the client.

use dossier_db::{ClientKeyVersion, EndpointRow, WrappedSecret};
use dossier_domain::{ClientId, EndpointId, Timestamp};
use dossier_seal::{SecretKey, WebhookSecret, WrapContext, WrappedKey, unwrap_key, wrap_key};

use crate::App;
use crate::client_keys::{EnvelopeError, holder, version_of};

impl App {
    /// A new secret for an endpoint, and how it is stored.
    pub(super) async fn generate_secret(
        &self,
        ids: (ClientId, EndpointId),
    ) -> Result<(WebhookSecret, WrappedSecret), EnvelopeError> {
        let (version, client_key) = self.client_keys.newest(&self.db, ids.0).await?;
        let secret = WebhookSecret::generate(&*self.entropy);
        let wrapped = wrap_key(&client_key, &*self.entropy, context(ids, version), &secret);
        let wrapped =
            WrappedSecret { wrapped: wrapped.as_bytes().to_vec(), holder: holder(version) };
        Ok((secret, wrapped))
    }

    /// The secrets of an endpoint that live, the newest first.
    pub(super) async fn live_secrets(
        &self,
        row: &EndpointRow,
        now: Timestamp,
    ) -> Result<Vec<WebhookSecret>, EnvelopeError> {
        let mut secrets = vec![self.open_secret(row, &row.secret, &row.secret_holder).await?];
        if let (Some(secret), Some(holder), Some(end)) =
            (&row.secret_before, &row.secret_before_holder, row.secret_before_ends_at)
            && end > now
        {
            secrets.push(self.open_secret(row, secret, holder).await?);
        }
        Ok(secrets)
    }

    async fn open_secret(
        &self,
        row: &EndpointRow,
        wrapped: &[u8],
        holder: &str,
    ) -> Result<WebhookSecret, EnvelopeError> {
        let version = version_of(holder).ok_or(EnvelopeError::Unwrap)?;
        let key = self.client_keys.of_version(&self.db, row.client_id, version).await?;
        let wrapped = WrappedKey::from_bytes(wrapped.to_vec());
        let context = context((row.client_id, row.endpoint_id), version);
        unwrap_key(&key, context, &wrapped).map_err(|_| EnvelopeError::Unwrap)
    }
}

fn context((client, endpoint): (ClientId, EndpointId), version: ClientKeyVersion) -> WrapContext {
    WrapContext::WebhookUnderClient {
        endpoint: endpoint.to_bytes(),
        client: client.to_bytes(),
        key: u128::from(version.0).to_be_bytes(),
    }
}
