use dossier_db::{
    ClientKeyRow, ClientKeyVersion, InsertClientKey, InsertKey, InsertRootVersion,
    ReplaceServiceSecret, RevokeKey, RootState, RootVersion, ServiceSecretRow,
};
use dossier_domain::{ClientId, KeyId, Scope, Scopes};

use crate::fixture::{Fixture, at, client, entry, key, root};

#[tokio::test]
async fn a_client_is_found_by_its_name_in_any_case() {
    let fixture = Fixture::new().await;
    fixture.db.insert_client_and_key(client(2, "Ärzte AG"), key(2), entry(at(0))).await.unwrap();
    let found = fixture.db.find_client_by_name("äRZTE ag").await.unwrap().unwrap();
    assert_eq!((found.client_id, found.name.as_str()), (ClientId::from_bytes([2; 16]), "Ärzte AG"));
    assert_eq!(found.created_at, at(2));
    assert_eq!(fixture.db.find_client_by_name("Arzte AG").await, Ok(None));
}

#[tokio::test]
async fn a_second_key_of_a_name_belongs_to_the_client_that_is_there() {
    let fixture = Fixture::new().await;
    let inserted =
        fixture.db.insert_client_and_key(client(2, "FIRST"), key(2), entry(at(0))).await.unwrap();
    assert_eq!(inserted, InsertKey::Inserted { client_id: fixture.client_id });
    let theirs = fixture.db.find_newest_client_key(fixture.client_id).await.unwrap().unwrap();
    assert_eq!(theirs.wrapped_key, vec![1; 60]);
    let nobody = ClientId::from_bytes([2; 16]);
    assert_eq!(fixture.db.find_newest_client_key(nobody).await, Ok(None));
}

#[tokio::test]
async fn a_secret_is_used_once_and_its_second_use_makes_no_client() {
    let fixture = Fixture::new().await;
    let same_secret =
        fixture.db.insert_client_and_key(client(3, "Third"), key(1), entry(at(0))).await;
    assert_eq!(same_secret, Ok(InsertKey::SecretTaken));
    assert_eq!(fixture.db.find_client_by_name("Third").await, Ok(None));
    assert_eq!(fixture.db.list_keys(None, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_make_one_client_at_once_share_it() {
    let fixture = Fixture::new().await;
    let tasks: Vec<_> = (10..20)
        .map(|id| {
            let db = fixture.db.clone();
            tokio::spawn(async move {
                db.insert_client_and_key(client(id, "New"), key(id), entry(at(0))).await
            })
        })
        .collect();
    let mut owners = Vec::new();
    for task in tasks {
        owners.push(task.await.unwrap().unwrap());
    }
    owners.dedup();
    let client_id = fixture.db.find_client_by_name("new").await.unwrap().unwrap().client_id;
    assert_eq!(owners, [InsertKey::Inserted { client_id }]);
    assert_eq!(fixture.db.list_keys(None, 100).await.unwrap().len(), 11);
}

#[tokio::test]
async fn a_key_is_found_by_the_hash_of_its_secret_with_its_client_and_scopes() {
    let fixture = Fixture::new().await;
    let scopes = Scopes::from_iter([Scope::FilesRead, Scope::FilesWrite]);
    let narrow = dossier_db::NewKey { scopes, ..key(2) };
    fixture.db.insert_client_and_key(client(1, "First"), narrow, entry(at(0))).await.unwrap();
    let owner = fixture.db.find_key_by_hash([2; 32]).await.unwrap().unwrap();
    assert_eq!(owner.key_id, KeyId::from_bytes([2; 16]));
    assert_eq!(owner.client_id, fixture.client_id);
    assert_eq!(owner.client_name, "First");
    assert_eq!((owner.scopes, owner.revoked_at), (scopes, None));
    assert_eq!(fixture.db.find_key_by_hash([9; 32]).await, Ok(None));
}

#[tokio::test]
async fn a_revoked_key_keeps_the_time_it_was_first_revoked() {
    let fixture = Fixture::new().await;
    for seconds in [50, 60] {
        let revoked = fixture.db.revoke_key(fixture.key_id, entry(at(seconds))).await;
        assert_eq!(revoked, Ok(RevokeKey::Revoked));
    }
    let owner = fixture.db.find_key_by_hash([1; 32]).await.unwrap().unwrap();
    assert_eq!(owner.revoked_at, Some(at(50)));
    let unknown = fixture.db.revoke_key(KeyId::from_bytes([9; 16]), entry(at(50))).await;
    assert_eq!(unknown, Ok(RevokeKey::NotFound));
}

#[tokio::test]
async fn keys_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    for id in 2..=5 {
        fixture.db.insert_client_and_key(client(1, "First"), key(id), entry(at(0))).await.unwrap();
    }
    let first = fixture.db.list_keys(None, 2).await.unwrap();
    let last = first.last().unwrap();
    assert_eq!((last.hint.as_str(), last.created_at), ("dsk_2", at(2)));
    let rest = fixture.db.list_keys(Some(last.owner.key_id), 9).await.unwrap();
    let hints: Vec<_> = rest.iter().map(|key| key.hint.as_str()).collect();
    assert_eq!(hints, ["dsk_3", "dsk_4", "dsk_5"]);
}

#[tokio::test]
async fn the_newest_root_version_is_the_one_that_is_active() {
    let fixture = Fixture::new().await;
    let inserted = fixture.db.insert_root_version(root(2)).await;
    assert_eq!(inserted, Ok(InsertRootVersion::Inserted));
    let states = |rows: Vec<dossier_db::RootVersionRow>| -> Vec<_> {
        rows.into_iter().map(|row| (row.version, row.state)).collect()
    };
    let want = [(RootVersion(1), RootState::Retired), (RootVersion(2), RootState::Active)];
    assert_eq!(states(fixture.db.list_root_versions().await.unwrap()), want);
    // A version that is taken changes nothing, not even which one is active.
    let taken = fixture.db.insert_root_version(root(1)).await;
    assert_eq!(taken, Ok(InsertRootVersion::VersionTaken));
    assert_eq!(states(fixture.db.list_root_versions().await.unwrap()), want);
}

#[tokio::test]
async fn client_keys_are_kept_by_version() {
    let fixture = Fixture::new().await;
    let second = ClientKeyRow {
        client_id: fixture.client_id,
        key_version: ClientKeyVersion(2),
        root_version: RootVersion(1),
        wrapped_key: vec![2; 60],
        created_at: at(9),
    };
    let db = &fixture.db;
    let inserted = db.insert_client_key(second.clone()).await;
    assert_eq!(inserted, Ok(InsertClientKey::Inserted));
    let other = ClientKeyRow { wrapped_key: vec![3; 60], ..second.clone() };
    assert_eq!(db.insert_client_key(other).await, Ok(InsertClientKey::VersionTaken));
    assert_eq!(db.find_newest_client_key(fixture.client_id).await, Ok(Some(second)));
    let first = db.find_client_key(fixture.client_id, ClientKeyVersion(1)).await.unwrap().unwrap();
    assert_eq!(first.wrapped_key, vec![1; 60]);
    assert_eq!(db.find_client_key(fixture.client_id, ClientKeyVersion(3)).await, Ok(None));
}

fn secret(fill: u8, version: u32) -> ServiceSecretRow {
    ServiceSecretRow { wrapped: vec![fill; 61], root_version: RootVersion(version) }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_make_the_service_secret_at_once_get_the_same() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.db.find_service_secret().await, Ok(None));
    let tasks: Vec<_> = (10..20)
        .map(|fill| {
            let db = fixture.db.clone();
            tokio::spawn(async move { db.insert_service_secret(secret(fill, 1)).await.unwrap() })
        })
        .collect();
    let mut got = Vec::new();
    for task in tasks {
        got.push(task.await.unwrap());
    }
    got.dedup();
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(fixture.db.find_service_secret().await, Ok(got.pop()));
}

#[tokio::test]
async fn the_service_secret_is_wrapped_anew_by_whoever_knows_the_old_wrapping() {
    let fixture = Fixture::new().await;
    fixture.db.insert_root_version(root(2)).await.unwrap();
    let (old, new) = (secret(1, 1), secret(2, 2));
    fixture.db.insert_service_secret(old.clone()).await.unwrap();
    let replaced = fixture.db.replace_service_secret(&old, new.clone()).await;
    assert_eq!(replaced, Ok(ReplaceServiceSecret::Replaced));
    let late = fixture.db.replace_service_secret(&old, secret(3, 2)).await;
    assert_eq!(late, Ok(ReplaceServiceSecret::Changed));
    assert_eq!(fixture.db.find_service_secret().await, Ok(Some(new)));
}
