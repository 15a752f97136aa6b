//! Users between their rows and their rules.

use dossier_db::{
    ClaimFile, FileOwner, NewVerificationChange, UserKey, UserRow, UserState, UserUpdate, WriteUser,
};
use dossier_domain::user::{
    DocumentRequest, Profile, Verification, VerificationStatus, VerificationStep,
};
use dossier_domain::{
    AuditAction, AuditObject, ClientId, Credential, FileId, Json, Timestamp, UserId,
};

use super::{MeantFor, UserError, UserRevision, strange};
use crate::App;
use crate::audit::Author;

/// A user whose members the rules can look at, and what its next write must know.
pub(super) struct StoredUser {
    client_id: ClientId,
    user_id: UserId,
    active: bool,
    status: VerificationStatus,
    pub(super) profile: Profile,
    pub(super) verification: Option<Verification>,
    pub(super) request: Option<DocumentRequest>,
    pub(super) key: Option<UserKey>,
    revision: i64,
    /// Whether it may be written to: it is in a state that the write is meant for.
    is_as_meant: bool,
    external_id_folded: Option<String>,
}

/// What a write makes of a user. Where the verification stands then follows from the act alone.
pub(super) struct NextUser {
    pub(super) profile: Profile,
    pub(super) verification: Option<Verification>,
    pub(super) request: Option<DocumentRequest>,
    pub(super) key: Option<UserKey>,
    /// The files that it attaches.
    pub(super) claims: Vec<ClaimFile>,
}

/// Who does what to a verification, and when.
pub(crate) struct Act {
    pub(crate) at: Timestamp,
    pub(super) by: Credential,
    pub(crate) step: VerificationStep,
    /// More of it, in the members of the history.
    pub(super) details: Json,
}

impl App {
    /// A user of this client that may be changed, by a write that is meant for such states.
    pub(super) async fn get_active_user(
        &self,
        client_id: ClientId,
        user_id: UserId,
        meant_for: &MeantFor,
    ) -> Result<StoredUser, UserError> {
        let mut stored = self.get_stored_user(client_id, user_id).await?;
        stored.is_as_meant = meant_for.includes(UserRevision::new(stored.revision));
        if stored.active { Ok(stored) } else { Err(UserError::Inactive) }
    }

    /// A user of this client.
    pub(super) async fn get_stored_user(
        &self,
        client_id: ClientId,
        user_id: UserId,
    ) -> Result<StoredUser, UserError> {
        self.get_user_row(client_id, user_id).await?.try_into()
    }

    /// A user as the owner of a file that its verification does not name; `None` if it does.
    pub(crate) async fn find_releasing_owner(
        &self,
        client_id: ClientId,
        user_id: UserId,
        file_id: FileId,
    ) -> Result<Option<FileOwner>, UserError> {
        let user = self.get_stored_user(client_id, user_id).await?;
        let mut named = user.verification.iter().flat_map(Verification::file_ids);
        let is_named = named.any(|named| named == file_id);
        Ok((!is_named).then_some(FileOwner { user_id, revision: user.revision }))
    }

    /// Writes a user that was read, the act that changes its verification, and the entry in the
    /// audit; nothing of it when nothing would change. That the write is not meant for the user's
    /// state is told last: only then is it all that stands in its way (RFC 9110, section 13.2.1).
    pub(super) async fn write_user(
        &self,
        stored: &StoredUser,
        mut next: NextUser,
        act: Option<Act>,
        author: Author,
    ) -> Result<WriteUser, UserError> {
        let before = stored.status;
        let status = act.as_ref().map_or(Ok(before), |act| before.after(act.step))?;
        if !stored.is_as_meant {
            return Err(UserError::Changed);
        }
        if stored.stays(&next, status) {
            return Ok(WriteUser::Written);
        }
        let event = act.as_ref().map(|act| self.user_event(stored.ids(), act, status));
        let action = act.as_ref().map_or(AuditAction::UserUpdated, Act::audit_action);
        let entry = self.audit_entry(author, action, AuditObject::User(stored.user_id));
        let claims = std::mem::take(&mut next.claims);
        let change = act.map(|act| act.into_row(status));
        let update = UserUpdate {
            client_id: stored.client_id,
            user_id: stored.user_id,
            revision: stored.revision,
            external_id_folded_before: stored.external_id_folded.clone(),
            state: next.into_state(status),
            claims,
            change,
            event,
            entry,
        };
        let written = self.db.update_user(update).await?;
        self.webhooks.wake();
        Ok(written)
    }
}

impl StoredUser {
    /// The user as it is, to be changed.
    pub(super) fn next(&self) -> NextUser {
        NextUser {
            profile: self.profile.clone(),
            verification: self.verification.clone(),
            request: self.request.clone(),
            key: self.key.clone(),
            claims: Vec::new(),
        }
    }

    /// Whether a write would leave it as it is.
    fn stays(&self, next: &NextUser, status: VerificationStatus) -> bool {
        next.claims.is_empty()
            && status == self.status
            && next.profile == self.profile
            && next.verification == self.verification
            && next.request == self.request
    }

    /// Its client and itself.
    pub(super) const fn ids(&self) -> (ClientId, UserId) {
        (self.client_id, self.user_id)
    }
}

impl NextUser {
    /// A user of whom no more than this is said.
    pub(super) const fn new(profile: Profile) -> Self {
        Self { profile, verification: None, request: None, key: None, claims: Vec::new() }
    }

    /// The columns of its row.
    pub(super) fn into_state(self, status: VerificationStatus) -> UserState {
        UserState {
            external_id_folded: self.profile.external_id().map(|id| id.folded()),
            verification_status: status.name().to_owned(),
            verified: status.verified(),
            profile: self.profile.to_text(),
            verification: self.verification.map(|v| v.to_json().to_string()),
            request: self.request.map(|request| request.to_json().to_string()),
            key: self.key,
        }
    }
}

impl Act {
    /// What the audit calls it.
    const fn audit_action(&self) -> AuditAction {
        match self.step {
            VerificationStep::Submitted | VerificationStep::Removed => AuditAction::UserUpdated,
            VerificationStep::Appended => AuditAction::UserFilesAppended,
            VerificationStep::Approved => AuditAction::UserApproved,
            VerificationStep::Rejected => AuditAction::UserRejected,
            VerificationStep::DocumentsRequested => AuditAction::UserDocumentsRequested,
        }
    }

    /// What the history keeps of it.
    pub(super) fn into_row(self, status: VerificationStatus) -> NewVerificationChange {
        NewVerificationChange {
            changed_at: self.at,
            actor: actor(self.by),
            step: self.step.name().to_owned(),
            status: status.name().to_owned(),
            details: Some(self.details.to_string()),
        }
    }
}

/// The words for who did it: `key:` or `token:` and an id.
fn actor(credential: Credential) -> String {
    match credential {
        Credential::Key(id) => format!("key:{id}"),
        Credential::Token(id) => format!("token:{id}"),
    }
}

impl TryFrom<UserRow> for StoredUser {
    type Error = UserError;

    fn try_from(row: UserRow) -> Result<Self, UserError> {
        let json = |text: String| Json::parse(text.as_bytes()).ok();
        let profile = Profile::from_text(&row.profile).ok_or_else(|| strange("profile"))?;
        let verification = row.verification.map(|text| {
            let read = json(text).and_then(Verification::from_json);
            read.ok_or_else(|| strange("verification"))
        });
        let request = row.request.map(|text| {
            let read = json(text).and_then(DocumentRequest::from_json);
            read.ok_or_else(|| strange("request"))
        });
        let status = VerificationStatus::from_name(&row.verification_status);
        Ok(Self {
            client_id: row.client_id,
            user_id: row.user_id,
            active: row.active,
            status: status.ok_or_else(|| strange("status"))?,
            external_id_folded: profile.external_id().map(|id| id.folded()),
            profile,
            verification: verification.transpose()?,
            request: request.transpose()?,
            key: row.key,
            revision: row.revision,
            is_as_meant: true,
        })
    }
}
