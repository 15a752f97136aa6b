use dossier_db::{
    InsertClient, InsertClientSecret, NewClientSecret, RevokeClientSecret, RotateClientSecret,
};
use dossier_domain::{ClientId, ClientSecretId, Scope, Scopes};

use crate::fixture::{Fixture, at, client, entry, secret};

const LIVE_MAX: usize = 2;

async fn insert(fixture: &Fixture, id: u8) -> InsertClientSecret {
    let scopes = Scopes::from_iter([Scope::FilesRead]);
    let client = client(1, "First");
    let inserted = fixture.db.insert_client_and_secret(client, secret(id), scopes, LIVE_MAX).await;
    inserted.unwrap()
}

async fn live(fixture: &Fixture, now: i64) -> Vec<ClientSecretId> {
    let secrets = fixture.db.list_client_secrets(fixture.client_id, None, 100).await.unwrap();
    let live = secrets.into_iter().filter(|s| s.ends_at.is_none_or(|end| end > at(now)));
    live.map(|s| s.secret_id).collect()
}

#[tokio::test]
async fn a_client_is_made_once_and_listed_page_by_page() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.db.insert_client(client(2, "Second")).await, Ok(InsertClient::Inserted));
    let taken = fixture.db.insert_client(client(3, "SECOND")).await;
    assert_eq!(taken, Ok(InsertClient::NameTaken));
    let own_key = fixture.db.find_newest_client_key(ClientId::from_bytes([2; 16])).await.unwrap();
    assert_eq!(own_key.unwrap().wrapped_key, vec![2; 60]);
    let first = fixture.db.list_clients(None, 1).await.unwrap();
    assert_eq!(first.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["First"]);
    let rest = fixture.db.list_clients(Some(fixture.client_id), 9).await.unwrap();
    assert_eq!(rest.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Second"]);
}

#[tokio::test]
async fn a_secret_is_found_by_its_hash_and_its_client_is_made_if_needed() {
    let fixture = Fixture::new().await;
    let inserted = InsertClientSecret::Inserted { client_id: fixture.client_id };
    assert_eq!(insert(&fixture, 1).await, inserted);
    let found = fixture.db.find_client_secret_by_hash([1; 32]).await.unwrap().unwrap();
    assert_eq!(found.secret_id, secret(1).secret_id);
    assert_eq!((found.client_id, found.hint.as_str()), (fixture.client_id, "dss_1"));
    assert_eq!(found.scopes, Scopes::from_iter([Scope::FilesRead]));
    assert_eq!((found.created_at, found.ends_at), (at(1), None));
    assert_eq!(fixture.db.find_client_secret_by_hash([9; 32]).await, Ok(None));
    let new = client(7, "New");
    let (client_id, scopes) = (new.client_id, Scopes::all());
    let inserted = fixture.db.insert_client_and_secret(new, secret(7), scopes, LIVE_MAX).await;
    assert_eq!(inserted, Ok(InsertClientSecret::Inserted { client_id }));
    assert!(fixture.db.find_newest_client_key(client_id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_client_has_so_many_live_secrets_and_no_more() {
    let fixture = Fixture::new().await;
    insert(&fixture, 1).await;
    insert(&fixture, 2).await;
    assert_eq!(insert(&fixture, 3).await, InsertClientSecret::TooMany);
    assert_eq!(live(&fixture, 9).await.len(), 2);
    let page = fixture.db.list_client_secrets(fixture.client_id, Some(secret(1).secret_id), 9);
    assert_eq!(page.await.unwrap().len(), 1);
    // One that has ended when the new one is made does not count.
    let revoked = fixture.db.revoke_client_secret(secret(1).secret_id, entry(at(4))).await;
    assert_eq!(revoked, Ok(RevokeClientSecret::Revoked));
    let inserted = InsertClientSecret::Inserted { client_id: fixture.client_id };
    assert_eq!(insert(&fixture, 4).await, inserted);
    let new = client(9, "Ninth");
    let taken = fixture.db.insert_client_and_secret(new, secret(2), Scopes::all(), 1).await;
    assert_eq!(taken, Ok(InsertClientSecret::SecretTaken));
    assert_eq!(fixture.db.find_client_by_name("Ninth").await, Ok(None));
}

#[tokio::test]
async fn a_rotated_secret_lives_to_its_end_beside_a_new_one_with_the_same_scopes() {
    let fixture = Fixture::new().await;
    insert(&fixture, 1).await;
    let [old, new] = [1, 2].map(|id| secret(id).secret_id);
    let rotated = fixture.db.rotate_client_secret(old, at(100), secret(2), LIVE_MAX).await;
    assert_eq!(rotated, Ok(RotateClientSecret::Rotated));
    assert_eq!(live(&fixture, 99).await, [old, new]);
    assert_eq!(live(&fixture, 100).await, [new]);
    let found = fixture.db.find_client_secret_by_hash([2; 32]).await.unwrap().unwrap();
    assert_eq!(found.scopes, Scopes::from_iter([Scope::FilesRead]));
    assert_eq!(found.client_id, fixture.client_id);
    // What has an end is not rotated again, and what is refused changes nothing.
    let again = fixture.db.rotate_client_secret(old, at(900), secret(3), LIVE_MAX).await;
    assert_eq!(again, Ok(RotateClientSecret::NotCurrent));
    let same_hash = NewClientSecret { secret_hash: [1; 32], ..secret(3) };
    let taken = fixture.db.rotate_client_secret(new, at(100), same_hash, LIVE_MAX).await;
    assert_eq!(taken, Ok(RotateClientSecret::SecretTaken));
    assert_eq!(live(&fixture, 100).await, [new]);
    // The first one still lives, so that a third would be one too many; what ends at once is not.
    let too_many = fixture.db.rotate_client_secret(new, at(100), secret(3), LIVE_MAX).await;
    assert_eq!(too_many, Ok(RotateClientSecret::TooMany));
    assert_eq!(live(&fixture, 99).await, [old, new]);
    let rotated = fixture.db.rotate_client_secret(new, at(3), secret(3), LIVE_MAX).await;
    assert_eq!(rotated, Ok(RotateClientSecret::Rotated));
    assert_eq!(live(&fixture, 99).await, [old, secret(3).secret_id]);
}

#[tokio::test]
async fn a_revoked_secret_ends_at_once_and_never_later_than_before() {
    let fixture = Fixture::new().await;
    insert(&fixture, 1).await;
    let [old, new] = [1, 2].map(|id| secret(id).secret_id);
    fixture.db.rotate_client_secret(old, at(100), secret(2), LIVE_MAX).await.unwrap();
    for now in [200, 300] {
        for id in [old, new] {
            let revoked = fixture.db.revoke_client_secret(id, entry(at(now))).await;
            assert_eq!(revoked, Ok(RevokeClientSecret::Revoked));
        }
    }
    let secrets = fixture.db.list_client_secrets(fixture.client_id, None, 9).await.unwrap();
    let ends: Vec<_> = secrets.iter().map(|s| s.ends_at).collect();
    assert_eq!(ends, [Some(at(100)), Some(at(200))]);
    let unknown = fixture.db.revoke_client_secret(secret(9).secret_id, entry(at(1))).await;
    assert_eq!(unknown, Ok(RevokeClientSecret::NotFound));
}
