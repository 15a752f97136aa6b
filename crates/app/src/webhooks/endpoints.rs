//! Making, reading, changing and deleting endpoints.

use std::time::Duration;

use dossier_db::{
    EndpointUpdate, InsertEndpoint, NewAuditEntry, NewEndpoint as NewEndpointRow,
    RotateEndpointSecret,
};
use dossier_domain::{
    AuditAction, AuditObject, Code, EndpointId, EndpointPatch, EventFilter, Members, Pointer,
    Timestamp,
};
use dossier_domain::{Violation, Violations};
use dossier_webhooks::{Target, secret_text};
use zeroize::Zeroizing;

use super::{Endpoint, WebhookError, words_of};
use crate::{App, Permit, WebhooksWrite};

/// Endpoints of one client: each is paid for by every event.
const ENDPOINTS_MAX: usize = 16;
/// How long a secret signs beside the one that takes its place.
const ROTATION: Duration = Duration::from_secs(24 * 60 * 60);

/// An endpoint that was just made.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its secret, `whsec_…`: told this once.
    pub secret: Zeroizing<String>,
}

/// A secret that was just exchanged.
#[derive(Clone, Debug)]
pub struct RotatedSecret {
    /// The new one, `whsec_…`: told this once.
    pub secret: Zeroizing<String>,
    /// Until when the one before signs too.
    pub previous_ends_at: Timestamp,
}

impl App {
    /// Makes an endpoint of the caller's client from the members of a JSON object. It is sent what
    /// happens from now on.
    ///
    /// # Errors
    /// All of [`WebhookError`] but `NotFound` and `EventNotFound`.
    pub async fn create_endpoint(
        &self,
        permit: Permit<WebhooksWrite>,
        body: Members,
    ) -> Result<NewEndpoint, WebhookError> {
        let patch = self.judge_endpoint(EndpointPatch::read(body).with_url_required()).await?;
        let (client_id, endpoint_id) = (permit.client_id(), self.new_endpoint_id());
        let (secret, wrapped) = self.generate_secret((client_id, endpoint_id)).await?;
        let endpoint = Endpoint {
            id: endpoint_id,
            url: patch.url.unwrap_or_default(),
            events: patch.events.unwrap_or(EventFilter::All),
            created_at: self.clock.now(),
            previous_secret_ends_at: None,
        };
        let row = NewEndpointRow {
            endpoint_id,
            client_id,
            url: endpoint.url.clone(),
            events: words_of(&endpoint.events),
            secret: wrapped,
            created_at: endpoint.created_at,
            entry: self.endpoint_entry(&permit, AuditAction::EndpointCreated, endpoint_id),
        };
        match self.db.insert_endpoint(row, ENDPOINTS_MAX).await? {
            InsertEndpoint::Inserted => Ok(NewEndpoint { endpoint, secret: secret_text(&secret) }),
            InsertEndpoint::TooMany => Err(WebhookError::TooMany(ENDPOINTS_MAX)),
        }
    }

    /// The endpoints of the caller's client, oldest first.
    ///
    /// # Errors
    /// [`WebhookError::Unavailable`]
    pub async fn list_endpoints(
        &self,
        permit: Permit<WebhooksWrite>,
    ) -> Result<Vec<Endpoint>, WebhookError> {
        let now = self.clock.now();
        let rows = self.db.list_endpoints(permit.client_id()).await?;
        rows.into_iter().map(|row| Endpoint::from_row(row, now)).collect()
    }

    /// An endpoint of the caller's client.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], [`WebhookError::Unavailable`]
    pub async fn get_endpoint(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
    ) -> Result<Endpoint, WebhookError> {
        let row = self.db.find_endpoint(permit.client_id(), id).await?;
        Endpoint::from_row(row.ok_or(WebhookError::NotFound)?, self.clock.now())
    }

    /// Changes what a body gives of an endpoint. What is queued already is sent to the new URL.
    ///
    /// # Errors
    /// [`WebhookError::Refused`], [`WebhookError::NotFound`], [`WebhookError::StorageFull`],
    /// [`WebhookError::Unavailable`]
    pub async fn change_endpoint(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
        body: Members,
    ) -> Result<Endpoint, WebhookError> {
        let client_id = permit.client_id();
        let unchanged = self.get_endpoint(permit.clone(), id).await?;
        let patch = self.judge_endpoint(EndpointPatch::read(body)).await?;
        let url = patch.url.filter(|url| *url != unchanged.url);
        let events = patch.events.filter(|events| *events != unchanged.events);
        if url.is_none() && events.is_none() {
            return Ok(unchanged);
        }
        let events = events.as_ref().map(words_of);
        let entry = self.endpoint_entry(&permit, AuditAction::EndpointUpdated, id);
        let update = EndpointUpdate { url, events, entry };
        let row = self.db.update_endpoint(client_id, id, update).await?;
        Endpoint::from_row(row.ok_or(WebhookError::NotFound)?, self.clock.now())
    }

    /// Deletes an endpoint and what is queued for it.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], [`WebhookError::StorageFull`], [`WebhookError::Unavailable`]
    pub async fn delete_endpoint(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
    ) -> Result<(), WebhookError> {
        let entry = self.endpoint_entry(&permit, AuditAction::EndpointDeleted, id);
        let deleted = self.db.delete_endpoint(permit.client_id(), id, entry).await?;
        if deleted { Ok(()) } else { Err(WebhookError::NotFound) }
    }

    /// Gives an endpoint a new secret; for a day both sign.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], [`WebhookError::StorageFull`], [`WebhookError::Unavailable`]
    pub async fn rotate_endpoint_secret(
        &self,
        permit: Permit<WebhooksWrite>,
        id: EndpointId,
    ) -> Result<RotatedSecret, WebhookError> {
        let client_id = permit.client_id();
        let (secret, wrapped) = self.generate_secret((client_id, id)).await?;
        let previous_ends_at = self.clock.now().plus(ROTATION);
        let entry = self.endpoint_entry(&permit, AuditAction::EndpointSecretRotated, id);
        let rotation =
            RotateEndpointSecret { secret: wrapped, old_ends_at: previous_ends_at, entry };
        let rotated = self.db.rotate_endpoint_secret(client_id, id, rotation);
        rotated.await?.ok_or(WebhookError::NotFound)?;
        Ok(RotatedSecret { secret: secret_text(&secret), previous_ends_at })
    }

    fn endpoint_entry(
        &self,
        permit: &Permit<WebhooksWrite>,
        action: AuditAction,
        id: EndpointId,
    ) -> NewAuditEntry {
        self.audit_entry(permit.into(), action, AuditObject::Endpoint(id))
    }

    /// The patch, when it and its URL keep every rule.
    async fn judge_endpoint(
        &self,
        mut patch: EndpointPatch,
    ) -> Result<EndpointPatch, WebhookError> {
        let mut violations = std::mem::take(&mut patch.violations);
        if let Some(url) = &patch.url
            && let Err(rule) = self.judge_url(url).await
        {
            let pointer = Pointer::member("", "url");
            let detail = format!("The URL {rule}.");
            violations.insert(0, Violation::new(Code::WebhookUrl, pointer, detail));
        }
        Violations::of(violations).map_or(Ok(patch), |broken| Err(WebhookError::Refused(broken)))
    }

    /// The first rule that a URL breaks.
    async fn judge_url(&self, url: &str) -> Result<(), String> {
        let target = Target::parse(url).map_err(|fault| fault.to_string())?;
        let vetted = self.webhooks.sender.vet(&target).await;
        vetted.map_err(|_| "must not lead to a private or loopback address".to_owned())
    }
}
