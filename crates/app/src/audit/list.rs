//! Listing the entries of a client.

use dossier_db::{AuditFilter as RowFilter, AuditList, DbError};
use dossier_domain::{
    ActorId, AuditAction, AuditEntryId, AuditRecord, ClientId, ObjectId, Timestamp,
};

use crate::{App, AuditRead, ListError, Order, PageSize, Permit};

/// Rows of a read that is not the first, since entries are left out.
const READ_ROWS: usize = 500;
/// A page that has looked at so many entries ends, however few of them fit: no request reads the
/// whole audit.
const LOOKED_AT_MAX: usize = 2000;

/// Which entries a list holds; every member given must fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// About this object.
    pub object_id: Option<ObjectId>,
    /// By this key, token or secret.
    pub actor_id: Option<ActorId>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// Later than this.
    pub created_after: Option<Timestamp>,
    /// Earlier than this.
    pub created_before: Option<Timestamp>,
}

/// A request for one page.
#[derive(Clone, Debug, Default)]
pub struct ListAudit {
    /// Which entries.
    pub filter: AuditFilter,
    /// From which end.
    pub order: Order,
    /// How many at the most.
    pub size: PageSize,
    /// The cursor of the page before.
    pub after: Option<String>,
}

/// One page. It may hold fewer entries than were asked for, even none, and yet not be the last.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditRecord>,
    /// The cursor of the next page; `None` at the end. Safe in a URL as it stands.
    pub next: Option<String>,
}

impl App {
    /// One page of the entries of the caller's client.
    ///
    /// # Errors
    /// [`ListError`]
    pub async fn list_audit(
        &self,
        permit: Permit<AuditRead>,
        list: &ListAudit,
    ) -> Result<AuditPage, ListError> {
        let cursors = self.cursors(name_of(permit.client_id(), list));
        let after = cursors.read(list.after.as_deref())?.map(AuditEntryId::from_bytes);
        let (entries, last) = self.read_entries(permit.client_id(), list, after).await?;
        let next = last.map(|id| cursors.write(id.to_bytes()));
        Ok(AuditPage { entries, next })
    }

    /// The entries of a page, and the one behind which the next page begins.
    async fn read_entries(
        &self,
        client_id: ClientId,
        list: &ListAudit,
        mut after: Option<AuditEntryId>,
    ) -> Result<(Vec<AuditRecord>, Option<AuditEntryId>), DbError> {
        let AuditFilter { object_id, actor_id, action, created_after, created_before } =
            list.filter;
        let filter = RowFilter { object_id, after: created_after, before: created_before };
        let size = list.size.get();
        let (mut limit, mut entries, mut looked_at) = (size + 1, Vec::new(), 0);
        loop {
            let order = list.order.of_rows();
            let page = AuditList { client_id, filter, order, after, limit };
            let rows = self.db.list_audit_entries(page).await?;
            let ended = rows.len() < limit;
            looked_at += rows.len();
            for record in rows {
                let fits = actor_id.is_none_or(|id| record.actor_id == Some(id))
                    && action.is_none_or(|action| record.action == action.name());
                if fits && entries.len() == size {
                    return Ok((entries, after));
                }
                after = Some(record.entry_id);
                if fits {
                    entries.push(record);
                }
            }
            if ended {
                return Ok((entries, None));
            }
            if looked_at >= LOOKED_AT_MAX {
                return Ok((entries, after));
            }
            limit = READ_ROWS;
        }
    }
}

/// What a cursor of this list is good for.
fn name_of(client: ClientId, list: &ListAudit) -> String {
    let AuditFilter { object_id, actor_id, action, created_after, created_before } = list.filter;
    let time = |time: Option<Timestamp>| time.map_or("-".to_owned(), |t| t.micros().to_string());
    format!(
        "audit {client} {} {} {} {} {} {}",
        list.order.name(),
        object_id.map_or("-".to_owned(), |id| id.to_string()),
        actor_id.map_or("-".to_owned(), |id| id.to_string()),
        action.map_or("-", AuditAction::name),
        time(created_after),
        time(created_before),
    )
}
