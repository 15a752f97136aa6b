use dossier_db::{FinishUpload, NewTokenPair, RefreshTokenRow, RefreshTokens};
use dossier_domain::{Credential, Scope, Scopes};

use crate::fixture::{Fixture, at, by, client, entry, file, grant, pair, secret};

/// A fixture with client secret 1, and grant 1 with pair 1.
async fn granted() -> Fixture {
    let fixture = Fixture::new().await;
    let first = client(1, "First");
    fixture.db.insert_client_and_secret(first, secret(1), Scopes::all(), 9).await.unwrap();
    fixture.db.insert_grant(grant(1, fixture.client_id), pair(1), entry(at(0))).await.unwrap();
    fixture
}

async fn refresh_row(fixture: &Fixture, id: u8) -> RefreshTokenRow {
    fixture.db.find_refresh_token([id + 100; 32]).await.unwrap().unwrap()
}

async fn is_revoked(fixture: &Fixture, id: u8) -> bool {
    fixture.db.find_access_token([id; 32]).await.unwrap().unwrap().revoked_at.is_some()
}

fn rows(fixture: &Fixture, table: &str) -> i64 {
    let count = format!("select count(*) from {table}");
    fixture.stranger().query_row(&count, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn tokens_are_found_by_their_hashes() {
    let fixture = granted().await;
    let access = fixture.db.find_access_token([1; 32]).await.unwrap().unwrap();
    assert_eq!((access.pair_id, access.client_id), (pair(1).pair_id, fixture.client_id));
    assert_eq!(access.scopes, Scopes::from_iter([Scope::FilesRead]));
    assert_eq!((access.ends_at, access.revoked_at), (at(601), None));
    let refresh = refresh_row(&fixture, 1).await;
    assert_eq!((refresh.pair_id, refresh.client_id), (pair(1).pair_id, fixture.client_id));
    assert_eq!(refresh.grant_id, grant(1, fixture.client_id).grant_id);
    assert_eq!((refresh.scopes, refresh.ends_at), (Scopes::all(), at(86_401)));
    assert_eq!((refresh.refreshed_at, refresh.revoked_at), (None, None));
    // The two kinds are never taken for each other.
    assert_eq!(fixture.db.find_access_token([101; 32]).await, Ok(None));
    assert_eq!(fixture.db.find_refresh_token([1; 32]).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_who_refresh_one_token_at_once_one_wins() {
    let fixture = granted().await;
    let old = refresh_row(&fixture, 1).await;
    let tasks: Vec<_> = (10..20)
        .map(|id| {
            let (db, old) = (fixture.db.clone(), old.clone());
            tokio::spawn(
                async move { db.refresh_tokens(&old, pair(id), entry(at(50))).await.unwrap() },
            )
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|a| **a == RefreshTokens::Refreshed).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == RefreshTokens::AlreadyUsed).count(), 9);
    assert_eq!(rows(&fixture, "token_pairs"), 2);
    assert_eq!(refresh_row(&fixture, 1).await.refreshed_at, Some(at(50)));
    assert!(!is_revoked(&fixture, 1).await);
}

#[tokio::test]
async fn a_revoked_grant_takes_all_of_its_tokens_with_it_and_gives_no_more() {
    let fixture = granted().await;
    fixture.db.insert_grant(grant(9, fixture.client_id), pair(9), entry(at(0))).await.unwrap();
    let old = refresh_row(&fixture, 1).await;
    fixture.db.refresh_tokens(&old, pair(2), entry(at(50))).await.unwrap();
    let newest = refresh_row(&fixture, 2).await;
    for now in [60, 70] {
        fixture.db.revoke_grant(fixture.client_id, old.grant_id, entry(at(now))).await.unwrap();
    }
    assert!(is_revoked(&fixture, 1).await && is_revoked(&fixture, 2).await);
    assert_eq!(refresh_row(&fixture, 2).await.revoked_at, Some(at(60)));
    let refused = fixture.db.refresh_tokens(&newest, pair(3), entry(at(80))).await;
    assert_eq!(refused, Ok(RefreshTokens::GrantRevoked));
    assert_eq!(refresh_row(&fixture, 2).await.refreshed_at, None);
    assert_eq!(fixture.db.find_access_token([3; 32]).await, Ok(None));
    assert!(!is_revoked(&fixture, 9).await);
}

#[tokio::test]
async fn a_revoked_access_token_takes_nothing_with_it() {
    let fixture = granted().await;
    let old = refresh_row(&fixture, 1).await;
    fixture.db.refresh_tokens(&old, pair(2), entry(at(50))).await.unwrap();
    for now in [60, 70] {
        fixture
            .db
            .revoke_access_token(fixture.client_id, pair(1).pair_id, entry(at(now)))
            .await
            .unwrap();
    }
    let revoked = fixture.db.find_access_token([1; 32]).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(at(60)));
    assert!(!is_revoked(&fixture, 2).await);
    assert_eq!(refresh_row(&fixture, 1).await.revoked_at, None);
}

#[tokio::test]
async fn a_revoked_secret_takes_the_access_tokens_that_were_asked_for_with_it() {
    let fixture = granted().await;
    let old = refresh_row(&fixture, 1).await;
    let second = secret(2);
    fixture.db.rotate_client_secret(secret(1).secret_id, at(100), second.clone(), 9).await.unwrap();
    let by_second = NewTokenPair { secret_id: second.secret_id, ..pair(2) };
    fixture.db.refresh_tokens(&old, by_second, entry(at(50))).await.unwrap();
    // The end of a secret does not end what it was used for in time; its revocation does.
    assert!(!is_revoked(&fixture, 1).await);
    fixture.db.revoke_client_secret(secret(1).secret_id, entry(at(60))).await.unwrap();
    assert!(is_revoked(&fixture, 1).await);
    assert!(!is_revoked(&fixture, 2).await);
}

#[tokio::test]
async fn an_upload_in_the_name_of_a_token_needs_it_to_be_live_at_its_end() {
    let fixture = granted().await;
    fixture.db.insert_grant(grant(9, fixture.client_id), pair(9), entry(at(0))).await.unwrap();
    let [first, ninth] = [1, 9].map(|id| Credential::Token(pair(id).pair_id));
    let finish = async |number, credential| {
        let new = file(fixture.client_id, number);
        fixture.db.finish_upload(new, None, None, by(credential)).await.unwrap()
    };
    assert_eq!(finish(1, first).await, FinishUpload::Finished);
    fixture.db.revoke_access_token(fixture.client_id, pair(1).pair_id, entry(at(2))).await.unwrap();
    assert_eq!(finish(2, first).await, FinishUpload::CredentialRevoked);
    assert_eq!(finish(3, ninth).await, FinishUpload::Finished);
    fixture
        .db
        .revoke_grant(fixture.client_id, grant(9, fixture.client_id).grant_id, entry(at(2)))
        .await
        .unwrap();
    assert_eq!(finish(4, ninth).await, FinishUpload::CredentialRevoked);
    fixture.db.insert_grant(grant(8, fixture.client_id), pair(8), entry(at(0))).await.unwrap();
    fixture.db.revoke_client_secret(secret(1).secret_id, entry(at(3))).await.unwrap();
    let eighth = Credential::Token(pair(8).pair_id);
    assert_eq!(finish(5, eighth).await, FinishUpload::CredentialRevoked);
    assert_eq!(fixture.all_files().await.len(), 2);
}

#[tokio::test]
async fn what_has_ended_is_swept_and_nothing_else() {
    let fixture = granted().await;
    for id in 2..=4 {
        fixture
            .db
            .insert_grant(grant(id, fixture.client_id), pair(id), entry(at(0)))
            .await
            .unwrap();
    }
    // Grant 1 goes on, and its first pair does not.
    let late = NewTokenPair { refresh_ends_at: at(90_000), ..pair(5) };
    let old = refresh_row(&fixture, 1).await;
    fixture.db.refresh_tokens(&old, late, entry(at(3000))).await.unwrap();
    // A clock that was set back does not end it earlier.
    let newest = refresh_row(&fixture, 5).await;
    fixture.db.refresh_tokens(&newest, pair(6), entry(at(6))).await.unwrap();
    let mut erased = Vec::new();
    while erased.last() != Some(&0) {
        erased.push(fixture.db.erase_ended_tokens(at(86_403), 2).await.unwrap());
    }
    assert_eq!(erased, [2, 1, 2, 0]);
    assert_eq!((rows(&fixture, "token_pairs"), rows(&fixture, "grants")), (3, 2));
    assert_eq!(fixture.db.find_refresh_token([101; 32]).await, Ok(None));
    assert_eq!(refresh_row(&fixture, 5).await.grant_id, old.grant_id);
    refresh_row(&fixture, 4).await;
}
