//! What happened to the verification of a user: who did what, and when.

use std::fmt;

use dossier_db::VerificationChangeRow;
use dossier_domain::user::{ReasonCode, VerificationStatus, VerificationStep};
use dossier_domain::{ClientId, Json, Members, Timestamp, UserId};

use super::UserError;
use crate::{App, PageSize, Permit, UsersRead};

/// One change of a verification.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationChange {
    /// When.
    pub at: Timestamp,
    /// Who: `key:` or `token:` and its id.
    pub by: String,
    /// What happened.
    pub step: VerificationStep,
    /// Where the verification stood after it.
    pub status: VerificationStatus,
    /// More of it: the files, the reasons, the note, what was wanted until when.
    pub details: Members,
    /// The reasons among the details.
    pub reasons: Vec<ReasonCode>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The changes, newest first.
    pub changes: Vec<VerificationChange>,
    /// The cursor of the next page; `None` at the end. Safe in a URL as it stands.
    pub next: Option<String>,
}

impl App {
    /// One page of what happened to the verification of a user, newest first.
    ///
    /// # Errors
    /// [`UserError::NotFound`], [`UserError::Cursor`], [`UserError::Unavailable`]
    pub async fn list_verification_history(
        &self,
        permit: Permit<UsersRead>,
        user_id: UserId,
        size: PageSize,
        after: Option<&str>,
    ) -> Result<HistoryPage, UserError> {
        let client_id = permit.client_id();
        let cursors = self.cursors(name_of(client_id, user_id));
        self.get_user_row(client_id, user_id).await?;
        let revision = |place| i64::try_from(u128::from_be_bytes(place));
        let before = cursors.read(after)?.map(revision).transpose();
        let before = before.map_err(|_| UserError::Cursor)?;
        let size = size.get();
        let mut rows = self.db.list_verification_changes(user_id, before, size + 1).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().map(|row| u128::from(row.revision.unsigned_abs()).to_be_bytes());
        let next = last.filter(|_| more);
        Ok(HistoryPage {
            changes: rows
                .into_iter()
                .map(VerificationChange::try_from)
                .collect::<Result<_, _>>()?,
            next: next.map(|last| cursors.write(last)),
        })
    }
}

/// Notes of reviewers never reach a log by way of `Debug`.
impl fmt::Debug for VerificationChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationChange({}, {})", self.step.name(), self.status.name())
    }
}

fn name_of(client: ClientId, user: UserId) -> String {
    format!("verification history {client} {user}")
}

impl TryFrom<VerificationChangeRow> for VerificationChange {
    type Error = UserError;

    fn try_from(row: VerificationChangeRow) -> Result<Self, UserError> {
        let change = row.change;
        let strange = |what: &str| UserError::Unavailable(format!("a change holds no {what}"));
        let details = match change.details {
            None => Vec::new(),
            Some(text) => {
                let json = Json::parse(text.as_bytes()).ok();
                json.and_then(Json::into_members).ok_or_else(|| strange("details"))?
            }
        };
        let reasons = reasons_of(&details).ok_or_else(|| strange("known reasons"))?;
        Ok(Self {
            at: change.changed_at,
            by: change.actor,
            step: VerificationStep::from_name(&change.step).ok_or_else(|| strange("step"))?,
            status: VerificationStatus::from_name(&change.status)
                .ok_or_else(|| strange("status"))?,
            details,
            reasons,
        })
    }
}

/// The reasons among the details of a change: none when there is no such member.
fn reasons_of(details: &Members) -> Option<Vec<ReasonCode>> {
    let Some((_, reasons)) = details.iter().find(|(name, _)| name == "reason_codes") else {
        return Some(Vec::new());
    };
    let Json::List(codes) = reasons else { return None };
    codes.iter().map(|code| code.as_text()?.parse().ok()).collect()
}
