use std::collections::BTreeSet;

use dossier_db::{
    AuditCheck, AuditFilter, AuditList, AuditPlace, BeginErasure, EndpointUpdate,
    FinishIdempotency, FinishUpload, InsertKey, ListOrder, NewAuditEntry, NewClient,
    NewClientSecret, NewEndpoint, NewUser, RevokeKey, RotateEndpointSecret, UserUpdate, WriteUser,
};
use dossier_domain::{
    AuditAction, AuditActor, AuditEntryId, AuditObject, AuditRecord, BlobId, ClientId, FileId,
    KeyId, ObjectId, RequestId, Scopes,
};

use crate::fixture::{
    Fixture, at, client, entry, file, file_id, grant, happened, key, pair, secret, user, user_id,
};
use crate::jobs::endpoint;

/// The entry of upload `number`.
fn uploaded(number: u8) -> NewAuditEntry {
    told(number, AuditAction::FileCreated, AuditObject::File(file_id(number.into(), number)))
}

fn told(number: u8, action: AuditAction, object: AuditObject) -> NewAuditEntry {
    NewAuditEntry {
        entry_id: AuditEntryId::from_bytes(file_id(number.into(), number).to_bytes()),
        at: at(number.into()),
        actor: AuditActor::Key(KeyId::from_bytes([1; 16])),
        action,
        object,
        request_id: RequestId::parse(&format!("request-{number}")),
    }
}

impl Fixture {
    /// The entries of the client but those of [`entry`].
    async fn entries(&self) -> Vec<AuditRecord> {
        self.entries_of(self.client_id, AuditFilter::default()).await
    }

    async fn entries_of(&self, client_id: ClientId, filter: AuditFilter) -> Vec<AuditRecord> {
        let order = ListOrder::OldestFirst;
        let list = AuditList { client_id, filter, order, after: None, limit: 1000 };
        let mut entries = self.db.list_audit_entries(list).await.unwrap();
        entries.retain(|record| record.entry_id != entry(at(0)).entry_id);
        entries
    }

    async fn assert_sound(&self, entries: u64) {
        let check = self.db.check_audit(BTreeSet::new()).await;
        assert_eq!(check, Ok(AuditCheck { entries, ..AuditCheck::default() }));
    }
}

/// The hashes were computed by another program from the words of `docs/audit.md`.
#[tokio::test]
async fn a_chain_has_the_published_hashes() {
    let fixture = Fixture::new().await;
    let object = AuditObject::File(FileId::from_bytes([0x22; 16]));
    let first = NewAuditEntry {
        entry_id: AuditEntryId::from_bytes([0x33; 16]),
        at: at(1),
        actor: AuditActor::Key(KeyId::from_bytes([0x11; 16])),
        action: AuditAction::FileCreated,
        object,
        request_id: RequestId::parse("req-1"),
    };
    let second = NewAuditEntry {
        entry_id: AuditEntryId::from_bytes([0x44; 16]),
        at: at(2),
        actor: AuditActor::Job,
        action: AuditAction::FileErased,
        object,
        request_id: None,
    };
    for entry in [first, second] {
        fixture.db.insert_audit_entry(fixture.client_id, entry).await.unwrap();
    }
    let mut log = fixture.db.list_audit_log(None, 9).await.unwrap();
    log.retain(|row| row.record.object_id == object.id());
    let hex = |hash: [u8; 32]| hash.map(|byte| format!("{byte:02x}")).concat();
    let found: Vec<_> = log.iter().map(|row| (row.place, hex(row.hash))).collect();
    let place = |place| AuditPlace { chain: 2, place };
    let (one, two) = (
        "784d087ec14196f289d81a8c71d4bd31c756a5996afabaf882e4aa2c453a3304",
        "e424a6fd8729949997a5a371293577dd31e1d14b9f5971101eb167e830368682",
    );
    assert_eq!(found, [(place(1), one.to_owned()), (place(2), two.to_owned())]);

    let heads = fixture.db.list_audit_chains().await.unwrap();
    assert_eq!(heads.len(), 8);
    assert_eq!((heads[2].head, hex(heads[2].hash)), (place(2), two.to_owned()));
    let nowhere = AuditPlace { chain: 8, place: 0 };
    let wanted = BTreeSet::from([place(0), place(1), place(3), nowhere]);
    let found = fixture.db.check_audit(wanted).await.unwrap().hashes;
    let found: Vec<_> = found.into_iter().map(|(place, hash)| (place, hex(hash))).collect();
    assert_eq!(found, [(place(0), format!("{:064x}", 2)), (place(1), one.to_owned())]);
}

#[tokio::test]
async fn an_upload_has_its_entry_and_a_refused_one_has_none() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    let upload = |number, told| fixture.db.finish_upload(file(client_id, number), None, None, told);
    assert_eq!(upload(1, uploaded(1)).await, Ok(FinishUpload::Finished));
    assert_eq!(upload(1, uploaded(2)).await, Ok(FinishUpload::AlreadyFinished));
    let lease = fixture.lease(1, 1);
    let lost = FinishIdempotency { lease, fingerprint: [8; 32], expires_at: at(900) };
    let new = file(client_id, 3);
    let finished = fixture.db.finish_upload(new, None, Some(lost), uploaded(3)).await;
    assert_eq!(finished, Ok(FinishUpload::LeaseLost));
    fixture.db.revoke_key(fixture.key_id, entry(at(4))).await.unwrap();
    assert_eq!(upload(5, uploaded(5)).await, Ok(FinishUpload::CredentialRevoked));

    let entries = fixture.entries().await;
    let want = AuditRecord {
        entry_id: uploaded(1).entry_id,
        at: at(1),
        client_id,
        actor_kind: "key".to_owned(),
        actor_id: AuditActor::Key(fixture.key_id).id(),
        action: "file.created".to_owned(),
        object_kind: "file".to_owned(),
        object_id: ObjectId::from_bytes(file_id(1, 1).to_bytes()),
        request_id: Some("request-1".to_owned()),
    };
    assert_eq!(entries, [want]);
    fixture.assert_sound(4).await;
}

#[tokio::test]
async fn a_deletion_has_an_entry_for_each_half_and_none_for_what_changed_nothing() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    let (kept, gone) = (file(client_id, 1), file(client_id, 2));
    let blob_id: BlobId = gone.blob_id;
    for file in [kept, gone] {
        fixture.db.finish_upload(file, None, None, entry(at(0))).await.unwrap();
    }
    let attach = "update files set user_id = zeroblob(16) where name = 'scan 1.pdf'";
    fixture.stranger().execute(attach, []).unwrap();
    let gone = AuditObject::File(file_id(2, 2));
    let delete = |id, told| fixture.db.begin_erasure(client_id, id, None, told);
    let (deleted, erased) = (AuditAction::FileDeleted, AuditAction::FileErased);
    let used = delete(file_id(1, 1), told(3, deleted, AuditObject::File(file_id(1, 1)))).await;
    assert_eq!(used, Ok(BeginErasure::Stale));
    let begun = delete(file_id(2, 2), told(4, deleted, gone)).await;
    assert!(matches!(begun, Ok(BeginErasure::Begun { .. })));
    let again = delete(file_id(2, 2), told(5, deleted, gone)).await;
    assert_eq!(again, Ok(BeginErasure::NotFound));
    for number in [6, 7] {
        let told = told(number, erased, gone);
        fixture.db.finish_erasure(client_id, blob_id, told).await.unwrap();
    }
    let filter = AuditFilter { object_id: Some(gone.id()), ..AuditFilter::default() };
    let entries = fixture.entries_of(client_id, filter).await;
    let told: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.at)).collect();
    assert_eq!(told, [("file.deleted", at(4)), ("file.erased", at(6))]);
    assert_eq!(fixture.entries().await, entries);
}

#[tokio::test]
async fn a_client_has_its_entry_with_the_key_or_secret_that_made_it_and_no_second_one() {
    let fixture = Fixture::new().await;
    let db = &fixture.db;
    let new = |id: u8, name: &str| {
        let client = client(id, name);
        let object = AuditObject::Client(client.client_id);
        NewClient { entry: told(id, AuditAction::ClientCreated, object), ..client }
    };
    let with_key = async |id: u8, name, key| {
        db.insert_client_and_key(new(id, name), key, entry(at(0))).await.unwrap()
    };
    let with_secret = async |id: u8, name| {
        let all = Scopes::all();
        db.insert_client_and_secret(new(id, name), secret(id), all, 9).await.unwrap()
    };
    with_key(2, "Key", key(2)).await;
    with_secret(3, "KEY").await;
    with_secret(4, "Secret").await;
    with_key(5, "SECRET", key(5)).await;
    // Neither the client nor an entry of it.
    assert_eq!(with_key(8, "Nobody", key(2)).await, InsertKey::SecretTaken);
    db.insert_client(new(6, "Bare")).await.unwrap();
    db.insert_client(new(7, "BARE")).await.unwrap();
    for (id, want) in [(2, 1), (3, 0), (4, 1), (5, 0), (6, 1), (7, 0), (8, 0)] {
        let client_id = ClientId::from_bytes([id; 16]);
        let entries = fixture.entries_of(client_id, AuditFilter::default()).await;
        let told: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.at)).collect();
        assert_eq!(told, vec![("client.created", at(id.into())); want], "{id}");
    }
}

#[tokio::test]
async fn a_key_has_an_entry_of_the_client_that_it_speaks_for() {
    let fixture = Fixture::new().await;
    let object = |number| AuditObject::Key(KeyId::from_bytes([number; 16]));
    let made = |number| told(number, AuditAction::KeyCreated, object(number));
    let (same, other) = (client(2, "FIRST"), client(3, "Other"));
    let inserted = fixture.db.insert_client_and_key(same, key(2), made(2)).await;
    assert_eq!(inserted, Ok(InsertKey::Inserted { client_id: fixture.client_id }));
    let taken = fixture.db.insert_client_and_key(other, key(2), made(3)).await;
    assert_eq!(taken, Ok(InsertKey::SecretTaken));
    let revoked = |number| told(number, AuditAction::KeyRevoked, object(2));
    for (key, number, want) in
        [(2, 4, RevokeKey::Revoked), (2, 5, RevokeKey::Revoked), (9, 6, RevokeKey::NotFound)]
    {
        let key_id = KeyId::from_bytes([key; 16]);
        assert_eq!(fixture.db.revoke_key(key_id, revoked(number)).await, Ok(want));
    }
    let entries = fixture.entries().await;
    let told: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.at)).collect();
    assert_eq!(told, [("key.created", at(2)), ("key.revoked", at(4))]);
    fixture.assert_sound(4).await;
}

#[tokio::test]
async fn what_cannot_be_entered_is_not_written() {
    let fixture = Fixture::new().await;
    let stranger = fixture.stranger();
    stranger.execute_batch("pragma foreign_keys = off; delete from audit_chains").unwrap();
    let client_id = fixture.client_id;
    let upload = fixture.db.finish_upload(file(client_id, 1), None, None, uploaded(1)).await;
    assert!(upload.is_err(), "{upload:?}");
    assert!(fixture.all_files().await.is_empty());
    assert!(fixture.db.revoke_key(fixture.key_id, entry(at(1))).await.is_err());
    assert_eq!(fixture.db.find_key_by_hash([1; 32]).await.unwrap().unwrap().revoked_at, None);
    assert!(fixture.db.insert_audit_entry(client_id, uploaded(1)).await.is_err());
    assert_eq!(fixture.entries().await, []);
}

#[tokio::test]
async fn a_client_lists_its_own_entries_by_object_and_time_page_by_page() {
    let fixture = Fixture::new().await;
    let stranger = ClientId::from_bytes([7; 16]);
    for number in 1..=9 {
        fixture.db.insert_audit_entry(fixture.client_id, uploaded(number)).await.unwrap();
        fixture.db.insert_audit_entry(stranger, uploaded(number)).await.unwrap();
    }
    let times = |records: &[AuditRecord]| -> Vec<_> {
        records.iter().map(|r| (r.at.micros() - at(0).micros()) / 1_000_000).collect()
    };
    let all = AuditFilter::default();
    let between = AuditFilter { after: Some(at(3)), before: Some(at(6)), ..all };
    let object_id = Some(uploaded(8).object.id());
    for (filter, want) in [
        (all, vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (between, vec![4, 5]),
        (AuditFilter { object_id, ..all }, vec![8]),
        (AuditFilter { object_id, ..between }, vec![]),
    ] {
        assert_eq!(times(&fixture.entries_of(stranger, filter).await), want, "{filter:?}");
    }
    let mut list = AuditList {
        client_id: stranger,
        filter: all,
        order: ListOrder::NewestFirst,
        after: None,
        limit: 4,
    };
    let mut seen = Vec::new();
    loop {
        let page = fixture.db.list_audit_entries(list).await.unwrap();
        assert!(page.len() <= 4 && page.iter().all(|record| record.client_id == stranger));
        let Some(last) = page.last() else { break };
        list.after = Some(last.entry_id);
        seen.extend(times(&page));
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let first = fixture.db.list_audit_log(None, 7).await.unwrap();
    let rest = fixture.db.list_audit_log(first.last().map(|row| row.position), 99).await.unwrap();
    assert_eq!(first.len() + rest.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_many_who_write_at_once_stand_in_sound_chains() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    let tasks: Vec<_> = (1..=100)
        .map(|number| {
            let db = fixture.db.clone();
            tokio::spawn(async move { db.insert_audit_entry(client_id, uploaded(number)).await })
        })
        .collect();
    for task in tasks {
        // A check beside the writers finds nothing wrong either.
        assert_eq!(fixture.db.check_audit(BTreeSet::new()).await.unwrap().faults, []);
        task.await.unwrap().unwrap();
    }
    fixture.assert_sound(102).await;
}

/// What was told of, and when, in the order of the times.
async fn told_of(fixture: &Fixture) -> Vec<(String, i64)> {
    let second = |r: &AuditRecord| (r.at.micros() - at(0).micros()) / 1_000_000;
    let entries = fixture.entries().await;
    entries.iter().map(|record| (record.action.clone(), second(record))).collect()
}

#[tokio::test]
async fn a_write_of_a_user_has_its_entry_and_one_that_changes_nothing_has_none() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    let of_user = |number, action| told(number, action, AuditObject::User(user_id(1, 1)));
    let made =
        |number| NewUser { entry: of_user(number, AuditAction::UserCreated), ..user(client_id, 1) };
    assert_eq!(fixture.db.insert_user(made(1)).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.insert_user(made(2)).await, Ok(WriteUser::ExternalIdTaken));
    let update = |number| UserUpdate {
        client_id,
        user_id: user_id(1, 1),
        revision: 1,
        external_id_folded_before: user(client_id, 1).state.external_id_folded,
        state: user(client_id, 1).state,
        claims: Vec::new(),
        change: None,
        event: None,
        entry: of_user(number, AuditAction::UserUpdated),
    };
    assert_eq!(fixture.db.update_user(update(3)).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.update_user(update(4)).await, Ok(WriteUser::Stale));
    for number in [5, 6] {
        let entry = of_user(number, AuditAction::UserInactivated);
        let event = happened(client_id, user_id(1, 1), "user.inactivated");
        fixture.db.inactivate_user(client_id, user_id(1, 1), event, entry).await.unwrap();
    }
    let policy = told(7, AuditAction::ClientPolicyChanged, AuditObject::Client(client_id));
    fixture.db.put_client_policy(client_id, "other".to_owned(), policy).await.unwrap();
    let want = [
        ("user.created", 1),
        ("user.updated", 3),
        ("user.inactivated", 5),
        ("client.policy_changed", 7),
    ];
    assert_eq!(told_of(&fixture).await, want.map(|(action, at)| (action.to_owned(), at)));
    fixture.assert_sound(6).await;
}

#[tokio::test]
async fn secrets_and_tokens_have_their_entries_once() {
    let fixture = Fixture::new().await;
    let (client_id, db) = (fixture.client_id, &fixture.db);
    let of_secret = |number, id: u8, action| NewClientSecret {
        entry: told(number, action, AuditObject::ClientSecret(secret(id).secret_id)),
        ..secret(id)
    };
    let of_grant =
        |number, action| told(number, action, AuditObject::Grant(grant(1, client_id).grant_id));
    for number in [1, 2] {
        let new = of_secret(number, 1, AuditAction::ClientSecretCreated);
        db.insert_client_and_secret(client(1, "First"), new, Scopes::all(), 9).await.unwrap();
    }
    let entry = of_grant(3, AuditAction::GrantCreated);
    db.insert_grant(grant(1, client_id), pair(1), entry).await.unwrap();
    let old = db.find_refresh_token(pair(1).refresh_hash).await.unwrap().unwrap();
    for number in [4, 5] {
        let entry = of_grant(number, AuditAction::GrantRefreshed);
        db.refresh_tokens(&old, pair(number), entry).await.unwrap();
    }
    for number in [6, 7] {
        let object = AuditObject::Token(pair(4).pair_id);
        let entry = told(number, AuditAction::TokenRevoked, object);
        db.revoke_access_token(client_id, pair(4).pair_id, entry).await.unwrap();
    }
    for number in [8, 9] {
        let entry = of_grant(number, AuditAction::GrantRevoked);
        db.revoke_grant(client_id, old.grant_id, entry).await.unwrap();
    }
    for number in [10, 11] {
        let new = of_secret(number, number, AuditAction::ClientSecretRotated);
        db.rotate_client_secret(secret(1).secret_id, at(100), new, 9).await.unwrap();
    }
    for number in [12, 13] {
        let object = AuditObject::ClientSecret(secret(1).secret_id);
        let entry = told(number, AuditAction::ClientSecretRevoked, object);
        db.revoke_client_secret(secret(1).secret_id, entry).await.unwrap();
    }
    let want = [
        ("client_secret.created", 1),
        ("grant.created", 3),
        ("grant.refreshed", 4),
        ("token.revoked", 6),
        ("grant.revoked", 8),
        ("client_secret.rotated", 10),
        ("client_secret.revoked", 12),
    ];
    assert_eq!(told_of(&fixture).await, want.map(|(action, at)| (action.to_owned(), at)));
    fixture.assert_sound(9).await;
}

#[tokio::test]
async fn an_endpoint_has_its_entries_and_one_that_is_not_there_has_none() {
    let fixture = Fixture::new().await;
    let (client_id, db) = (fixture.client_id, &fixture.db);
    let new = endpoint(client_id, 1);
    let id = new.endpoint_id;
    let of_endpoint = |number, action| told(number, action, AuditObject::Endpoint(id));
    for number in [1, 2] {
        let entry = of_endpoint(number, AuditAction::EndpointCreated);
        db.insert_endpoint(NewEndpoint { entry, ..new.clone() }, 1).await.unwrap();
    }
    for (number, owner) in [(3, client_id), (4, ClientId::from_bytes([9; 16]))] {
        let entry = of_endpoint(number, AuditAction::EndpointUpdated);
        let update = EndpointUpdate { url: None, events: None, entry };
        db.update_endpoint(owner, id, update).await.unwrap();
        let entry = of_endpoint(number + 2, AuditAction::EndpointSecretRotated);
        let secret = new.secret.clone();
        let rotation = RotateEndpointSecret { secret, old_ends_at: at(9), entry };
        db.rotate_endpoint_secret(owner, id, rotation).await.unwrap();
    }
    for number in [7, 8] {
        let entry = of_endpoint(number, AuditAction::EndpointDeleted);
        db.delete_endpoint(client_id, id, entry).await.unwrap();
    }
    let want = [
        ("webhook_endpoint.created", 1),
        ("webhook_endpoint.updated", 3),
        ("webhook_endpoint.secret_rotated", 5),
        ("webhook_endpoint.deleted", 7),
    ];
    assert_eq!(told_of(&fixture).await, want.map(|(action, at)| (action.to_owned(), at)));
    fixture.assert_sound(6).await;
}
