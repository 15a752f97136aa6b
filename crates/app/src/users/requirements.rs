//! What a verification still needs, and what a client adds to it.

use dossier_domain::user::{DocumentRequest, Missing, Verification, Wanted};
use dossier_domain::user::{missing, read_policy};
use dossier_domain::{AuditAction, AuditObject, ClientId, Members, Purpose, UserId};

use super::UserError;
use crate::file::{purpose_of, status_of};
use crate::{Administer, App, FileStatus, Permit, UsersRead};

/// What the verification of a user still needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// What is missing; nothing when the verification is complete.
    pub missing: Vec<Missing>,
    /// What a reviewer still waits for.
    pub request: Option<DocumentRequest>,
}

impl App {
    /// What the verification of a user still needs.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::Unavailable`]
    pub async fn get_requirements(
        &self,
        permit: Permit<UsersRead>,
        user_id: UserId,
    ) -> Result<Requirements, UserError> {
        let client_id = permit.client_id();
        let stored = self.get_stored_user(client_id, user_id).await?;
        let verification = stored.verification.unwrap_or_default();
        let there = self.purposes_of(client_id, &verification).await?;
        let policy = self.find_policy(client_id).await?;
        let requested = stored.request.as_ref().map_or(&[][..], |request| &request.purposes);
        let document_type = verification.document_type();
        let wanted = Wanted { document_type, policy: &policy, requested };
        Ok(Requirements { missing: missing(&wanted, &there), request: stored.request })
    }

    /// What the caller's client asks of its users beside the document.
    ///
    /// # Errors
    /// [`UserError::Unavailable`]
    pub async fn get_requirement_policy(
        &self,
        permit: Permit<UsersRead>,
    ) -> Result<Vec<Purpose>, UserError> {
        self.find_policy(permit.client_id()).await
    }

    /// Keeps what the caller's client asks of its users beside the document. Saying the same
    /// again changes nothing.
    ///
    /// # Errors
    /// [`UserError::Refused`], [`UserError::StorageFull`], [`UserError::Unavailable`]
    pub async fn put_requirement_policy(
        &self,
        permit: Permit<Administer>,
        body: Members,
    ) -> Result<Vec<Purpose>, UserError> {
        let added = read_policy(body).map_err(UserError::Refused)?;
        let client_id = permit.client_id();
        if self.find_policy(client_id).await? == added {
            return Ok(added);
        }
        let words = added.iter().map(|purpose| purpose.name()).collect::<Vec<_>>().join(" ");
        let (action, object) = (AuditAction::ClientPolicyChanged, AuditObject::Client(client_id));
        let entry = self.audit_entry((&permit).into(), action, object);
        self.db.put_client_policy(client_id, words, entry).await?;
        Ok(added)
    }

    async fn find_policy(&self, client_id: ClientId) -> Result<Vec<Purpose>, UserError> {
        let words = self.db.find_client_policy(client_id).await?.unwrap_or_default();
        let purposes = words.split_whitespace().map(|word| word.parse());
        let strange = |_| UserError::Unavailable("a policy names an unknown purpose".into());
        purposes.collect::<Result<_, _>>().map_err(strange)
    }

    /// The purposes of the files of a verification that a check has not rejected.
    async fn purposes_of(
        &self,
        client_id: ClientId,
        verification: &Verification,
    ) -> Result<Vec<Purpose>, UserError> {
        let ids: Vec<_> = verification.file_ids().collect();
        let rows =
            if ids.is_empty() { Vec::new() } else { self.db.find_files(client_id, &ids).await? };
        let mut purposes = Vec::with_capacity(rows.len());
        for row in &rows {
            if status_of(row)? != FileStatus::Rejected {
                purposes.push(purpose_of(row)?);
            }
        }
        Ok(purposes)
    }
}
