//! Clients (tenants) and their wrapped keys.

use dossier_domain::{ClientId, Timestamp};

use crate::PAGE_ROWS_MAX;
use crate::audit::{self, NewAuditEntry};
use crate::batch::{Batch, Expect, Query, StepIndex, Written};
use crate::columns::read_columns;
use crate::engine::Db;
use crate::error::DbError;
use crate::root::RootVersion;
use crate::value::{FromValue, Value, params};

/// The version of a client's key, counted from 1 within one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKeyVersion(pub u32);

/// A client that may have to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// Used only when no client has the name yet.
    pub client_id: ClientId,
    /// Names are unique without regard to case.
    pub name: String,
    /// The first version of its key, wrapped by `root_version`, which must be there already.
    pub wrapped_key: Vec<u8>,
    /// The root key version that wraps it.
    pub root_version: RootVersion,
    /// When it is made.
    pub created_at: Timestamp,
    /// What the audit says of it when it is made.
    pub entry: NewAuditEntry,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// Its id.
    pub client_id: ClientId,
    /// Its name, as it was given when it was made.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

read_columns! {
    client_columns of ClientRow:
    client_id, name, created_at,
}

/// A key of a client, wrapped by a root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKeyRow {
    /// Whose key.
    pub client_id: ClientId,
    /// Which of his keys.
    pub key_version: ClientKeyVersion,
    /// The root key version that wraps it.
    pub root_version: RootVersion,
    /// The wrapped key.
    pub wrapped_key: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

read_columns! {
    key_columns of ClientKeyRow:
    client_id, key_version, root_version, wrapped_key, created_at,
}

/// What came of adding a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertClient {
    /// It was made.
    Inserted,
    /// There is a client of this name, in whatever case. Nothing was changed.
    NameTaken,
}

/// What came of adding a client key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertClientKey {
    /// It was added.
    Inserted,
    /// The client has a key of this version already; read it instead.
    VersionTaken,
}

/// The client that a batch will find or make.
pub(crate) struct ExpectedClient {
    pub(crate) client_id: ClientId,
    /// What the audit says of it when the batch makes it.
    made: Option<NewAuditEntry>,
}

impl ExpectedClient {
    /// Adds the entry of a client that the batch makes, and then that of what it makes for it:
    /// its last steps.
    pub(crate) fn add_entries(self, batch: &mut Batch, entry: NewAuditEntry) {
        for entry in self.made.into_iter().chain([entry]) {
            audit::add(batch, self.client_id, entry);
        }
    }
}

const FIRST_KEY_VERSION: ClientKeyVersion = ClientKeyVersion(1);

const INSERT_CLIENT: &str = "\
    insert into clients (client_id, name, name_folded, created_at) values (?1, ?2, ?3, ?4) \
    on conflict (name_folded) do nothing";
/// The first key of the client that the step before made; nothing if it made none.
const INSERT_FIRST_CLIENT_KEY: &str = "\
    insert into client_keys (client_id, key_version, root_version, wrapped_key, created_at) \
    select client_id, ?2, ?3, ?4, ?5 from clients where client_id = ?1 \
    on conflict (client_id, key_version) do nothing";
const FIND_CLIENT_BY_NAME: &str =
    concat!("select ", client_columns!(), " from clients where name_folded = ?1");
const LIST_CLIENTS: &str = concat!(
    "select ",
    client_columns!(),
    " from clients where client_id > ?1 order by client_id limit ?2"
);
/// Whether the client that [`add_client`] made or found is the one that was expected.
const GET_EXPECTED_CLIENT: &str =
    "select client_id from clients where name_folded = ?1 and client_id = ?2";
const INSERT_CLIENT_KEY: &str = concat!(
    "insert into client_keys (",
    key_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5) on conflict (client_id, key_version) do nothing"
);
const FIND_CLIENT_KEY: &str = concat!(
    "select ",
    key_columns!(),
    " from client_keys where client_id = ?1 and key_version = ?2"
);
const FIND_NEWEST_CLIENT_KEY: &str = concat!(
    "select ",
    key_columns!(),
    " from client_keys where client_id = ?1 order by key_version desc limit 1"
);

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT_CLIENT,
    INSERT_FIRST_CLIENT_KEY,
    FIND_CLIENT_BY_NAME,
    LIST_CLIENTS,
    GET_EXPECTED_CLIENT,
    INSERT_CLIENT_KEY,
    FIND_CLIENT_KEY,
    FIND_NEWEST_CLIENT_KEY,
];

impl Db {
    /// Makes a client with its first wrapped key.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_client(&self, client: NewClient) -> Result<InsertClient, DbError> {
        let (client_id, entry) = (client.client_id, client.entry.clone());
        let mut batch = Batch::default();
        add_client(&mut batch, Expect::ChangeOne, client);
        audit::add(&mut batch, client_id, entry);
        Ok(match self.write(batch).await? {
            Written::Done(_) => InsertClient::Inserted,
            Written::Missed(_) => InsertClient::NameTaken,
        })
    }

    /// Clients in the order of their ids, after `after`.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn list_clients(
        &self,
        after: Option<ClientId>,
        limit: usize,
    ) -> Result<Vec<ClientRow>, DbError> {
        let rows_max = limit.min(PAGE_ROWS_MAX);
        // A blob of no bytes stands before every id.
        let after = after.map_or(Vec::new(), |id| id.to_bytes().to_vec());
        let query = Query { sql: LIST_CLIENTS, params: params![after, rows_max], rows_max };
        self.read(query).await?.into_iter().map(ClientRow::from_row).collect()
    }

    /// The client of this name, in whatever case.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_client_by_name(&self, name: &str) -> Result<Option<ClientRow>, DbError> {
        let params = params![folded(name)];
        let query = Query { sql: FIND_CLIENT_BY_NAME, params, rows_max: 1 };
        self.read(query).await?.pop().map(ClientRow::from_row).transpose()
    }

    /// The client that [`add_client`] will find or make, unless somebody else makes it meanwhile.
    pub(crate) async fn expect_client(&self, new: &NewClient) -> Result<ExpectedClient, DbError> {
        Ok(match self.find_client_by_name(&new.name).await? {
            Some(row) => ExpectedClient { client_id: row.client_id, made: None },
            None => ExpectedClient { client_id: new.client_id, made: Some(new.entry.clone()) },
        })
    }

    /// Adds a key version of a client. The client and the root version must be there.
    ///
    /// # Errors
    /// As every write.
    pub async fn insert_client_key(&self, key: ClientKeyRow) -> Result<InsertClientKey, DbError> {
        let params = params![
            key.client_id,
            key.key_version,
            key.root_version,
            key.wrapped_key,
            key.created_at,
        ];
        let mut batch = Batch::default();
        batch.add(Expect::ChangeOne, INSERT_CLIENT_KEY, params);
        Ok(match self.write(batch).await? {
            Written::Done(_) => InsertClientKey::Inserted,
            Written::Missed(_) => InsertClientKey::VersionTaken,
        })
    }

    /// One key version of a client.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_client_key(
        &self,
        client_id: ClientId,
        key_version: ClientKeyVersion,
    ) -> Result<Option<ClientKeyRow>, DbError> {
        let params = params![client_id, key_version];
        let query = Query { sql: FIND_CLIENT_KEY, params, rows_max: 1 };
        self.read(query).await?.pop().map(ClientKeyRow::from_row).transpose()
    }

    /// The newest key of a client, the one to wrap with.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`.
    pub async fn find_newest_client_key(
        &self,
        client_id: ClientId,
    ) -> Result<Option<ClientKeyRow>, DbError> {
        let params = params![client_id];
        let query = Query { sql: FIND_NEWEST_CLIENT_KEY, params, rows_max: 1 };
        self.read(query).await?.pop().map(ClientKeyRow::from_row).transpose()
    }
}

/// Requires, as a step of another batch, that the client of this name is the one that was found
/// by [`Db::expect_client`].
pub(crate) fn add_expected(batch: &mut Batch, name: &str, expected: ClientId) -> StepIndex {
    batch.add(Expect::ReturnOne, GET_EXPECTED_CLIENT, params![folded(name), expected])
}

/// Makes the client of this name and its first key unless it is there, as steps of another batch.
/// `made` is what the batch needs: [`Expect::ChangeOne`] when the client must be a new one.
pub(crate) fn add_client(batch: &mut Batch, made: Expect, client: NewClient) {
    let name_folded = folded(&client.name);
    let values = params![client.client_id, client.name, name_folded, client.created_at];
    batch.add(made, INSERT_CLIENT, values);
    batch.add(
        Expect::ChangeAtMost(1),
        INSERT_FIRST_CLIENT_KEY,
        params![
            client.client_id,
            FIRST_KEY_VERSION,
            client.root_version,
            client.wrapped_key,
            client.created_at,
        ],
    );
}

/// The form in which names are compared. Engines fold case each in its own way, so it is done here.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

impl From<ClientKeyVersion> for Value {
    fn from(version: ClientKeyVersion) -> Self {
        Self::from(version.0)
    }
}

impl FromValue for ClientKeyVersion {
    fn from_value(value: Value) -> Option<Self> {
        u32::from_value(value).map(Self)
    }
}
