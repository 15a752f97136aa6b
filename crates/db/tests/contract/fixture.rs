//! A database in a folder of its own with one client and one key, and builders of rows.

use std::path::PathBuf;
use std::time::Duration;

use dossier_db::{
    Db, FileFilter, FileList, FileRow, IdempotencyLease, InsertKey, LeaseId, ListOrder,
    NewAuditEntry, NewClient, NewClientSecret, NewEvent, NewFile, NewGrant, NewKey, NewRootVersion,
    NewTokenPair, NewUser, Options, RootVersion, UserState,
};
use dossier_domain::{
    AuditAction, AuditActor, AuditEntryId, AuditObject, BlobId, ByteCount, ClientId,
    ClientSecretId, Credential, EventId, FileId, GrantId, KeyId, Scope, Scopes, Timestamp,
    TokenPairId, UserId,
};

pub(crate) struct Fixture {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) db: Db,
    pub(crate) client_id: ClientId,
    pub(crate) key_id: KeyId,
    pub(crate) credential: Credential,
}

impl Fixture {
    /// A server that waits for no lock.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { lock_wait_max: Duration::ZERO, ..Options::server() };
        let db = Db::open(&folder.path().join("db.sqlite"), options).unwrap();
        db.insert_root_version(root(1)).await.unwrap();
        let (client_id, key_id) = (ClientId::from_bytes([1; 16]), KeyId::from_bytes([1; 16]));
        let inserted =
            db.insert_client_and_key(client(1, "First"), key(1), entry(at(0))).await.unwrap();
        assert_eq!(inserted, InsertKey::Inserted { client_id });
        Self { folder, db, client_id, key_id, credential: Credential::Key(key_id) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("db.sqlite")
    }

    /// A connection that the engine knows nothing of.
    pub(crate) fn stranger(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    pub(crate) fn lease(&self, key: u8, attempt: u8) -> IdempotencyLease {
        IdempotencyLease {
            client_id: self.client_id,
            key_hash: [key; 32],
            lease_id: LeaseId::from_bytes([attempt; 16]),
        }
    }

    pub(crate) async fn all_files(&self) -> Vec<FileRow> {
        let list = FileList {
            client_id: self.client_id,
            filter: FileFilter::default(),
            order: ListOrder::NewestFirst,
            after: None,
            limit: 1000,
        };
        self.db.list_files(list).await.unwrap()
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_800_000_000 + seconds) * 1_000_000)
}

/// An entry for tests that do not look at it.
pub(crate) fn entry(at: Timestamp) -> NewAuditEntry {
    let file_id = FileId::from_bytes([9; 16]);
    NewAuditEntry {
        entry_id: AuditEntryId::from_bytes([9; 16]),
        at,
        actor: AuditActor::Operator,
        action: AuditAction::FileCreated,
        object: AuditObject::File(file_id),
        request_id: None,
    }
}

/// The same, by a client.
pub(crate) fn by(credential: Credential) -> NewAuditEntry {
    NewAuditEntry { actor: credential.into(), ..entry(at(0)) }
}

pub(crate) fn root(version: u32) -> NewRootVersion {
    NewRootVersion {
        version: RootVersion(version),
        check_value: vec![7; 32],
        created_at: at(version.into()),
    }
}

pub(crate) fn client(id: u8, name: &str) -> NewClient {
    NewClient {
        client_id: ClientId::from_bytes([id; 16]),
        name: name.to_owned(),
        wrapped_key: vec![id; 60],
        root_version: RootVersion(1),
        created_at: at(id.into()),
        entry: entry(at(id.into())),
    }
}

pub(crate) fn key(id: u8) -> NewKey {
    NewKey {
        key_id: KeyId::from_bytes([id; 16]),
        secret_hash: [id; 32],
        hint: format!("dsk_{id}"),
        scopes: Scopes::all(),
        created_at: at(id.into()),
    }
}

/// Client secret `id`.
pub(crate) fn secret(id: u8) -> NewClientSecret {
    NewClientSecret {
        secret_id: ClientSecretId::from_bytes([id; 16]),
        secret_hash: [id; 32],
        hint: format!("dss_{id}"),
        created_at: at(id.into()),
        entry: entry(at(id.into())),
    }
}

/// Grant `id` of a client.
pub(crate) fn grant(id: u8, client_id: ClientId) -> NewGrant {
    NewGrant {
        grant_id: GrantId::from_bytes([id; 16]),
        client_id,
        scopes: Scopes::all(),
        created_at: at(id.into()),
    }
}

/// Pair `id`, asked for with client secret 1; its access token ends after 600 s, its refresh
/// token after a day.
pub(crate) fn pair(id: u8) -> NewTokenPair {
    NewTokenPair {
        pair_id: TokenPairId::from_bytes([id; 16]),
        secret_id: secret(1).secret_id,
        access_hash: [id; 32],
        access_scopes: Scopes::from_iter([Scope::FilesRead]),
        access_ends_at: at(i64::from(id) + 600),
        refresh_hash: [id + 100; 32],
        refresh_ends_at: at(i64::from(id) + 86_400),
    }
}

/// The id of a file made at `seconds`.
pub(crate) fn file_id(seconds: i64, number: u8) -> FileId {
    let millis = u64::try_from(at(seconds).micros() / 1000).unwrap() << 16 | 0x7000;
    let mut bytes = [number; 16];
    bytes.first_chunk_mut::<8>().unwrap().copy_from_slice(&millis.to_be_bytes());
    FileId::from_bytes(bytes)
}

/// File `number`, made `number` seconds after the start.
pub(crate) fn file(client_id: ClientId, number: u8) -> NewFile {
    NewFile {
        file_id: file_id(number.into(), number),
        client_id,
        purpose: "passport".to_owned(),
        name: format!("scan {number}.pdf"),
        media_type: "application/pdf".to_owned(),
        size: ByteCount(25),
        sha256: [number; 32],
        status: "ready".to_owned(),
        checked: "structure".to_owned(),
        warnings: "[]".to_owned(),
        facts: None,
        created_at: at(number.into()),
        blob_id: BlobId::from_bytes([number; 16]),
        location: format!("ab/{number}"),
        wrapped_key: vec![number; 60],
        key_holder: "client:1".to_owned(),
    }
}

/// What announces that a file is ready.
pub(crate) fn ready(file: &NewFile) -> NewEvent {
    NewEvent {
        event_id: EventId::from_bytes(file.sha256[..16].try_into().unwrap()),
        client_id: file.client_id,
        kind: "file.ready".to_owned(),
        state: file.status.clone(),
        file_id: Some(file.file_id),
        user_id: None,
        created_at: file.created_at,
    }
}

/// What announces that something happened to a user.
pub(crate) fn happened(client_id: ClientId, user_id: UserId, kind: &str) -> NewEvent {
    NewEvent {
        event_id: EventId::from_bytes([7; 16]),
        client_id,
        kind: kind.to_owned(),
        state: "pending".to_owned(),
        file_id: None,
        user_id: Some(user_id),
        created_at: at(7),
    }
}

/// The id of user `number`, made at `seconds`.
pub(crate) fn user_id(seconds: i64, number: u8) -> UserId {
    UserId::from_bytes(file_id(seconds, number).to_bytes())
}

/// User `number`, made `number` seconds after the start, of whom little is said.
pub(crate) fn user(client_id: ClientId, number: u8) -> NewUser {
    NewUser {
        client_id,
        user_id: user_id(number.into(), number),
        registered_at: at(number.into()),
        state: UserState {
            external_id_folded: Some(format!("user {number}")),
            verification_status: "missing".to_owned(),
            verified: false,
            profile: format!("{{\"external_id\":\"User {number}\"}}"),
            verification: None,
            request: None,
            key: None,
        },
        claims: Vec::new(),
        change: None,
        event: None,
        entry: entry(at(number.into())),
    }
}
