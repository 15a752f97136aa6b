use std::collections::HashSet;

use dossier_db::{BeginErasure, ClaimIdempotency, FileOwner, FinishIdempotency, IdempotencyClaim};
use dossier_domain::{BlobId, ClientId, UserId};

use crate::fixture::{Fixture, at, by, entry, file, user};

#[tokio::test]
async fn a_deleted_file_is_gone_with_its_key_and_its_answer_and_its_bytes_are_owed() {
    let fixture = Fixture::new().await;
    let lease = fixture.lease(1, 1);
    let claim = ClaimIdempotency { lease, now: at(0), lease_until: at(300) };
    fixture.db.claim_idempotency(claim).await.unwrap();
    let done = FinishIdempotency { lease, fingerprint: [8; 32], expires_at: at(900) };
    let new = file(fixture.client_id, 1);
    fixture.db.finish_upload(new.clone(), None, Some(done), by(fixture.credential)).await.unwrap();

    let begun = fixture.db.begin_erasure(fixture.client_id, new.file_id, None, entry(at(5))).await;
    let (blob_id, location) = (new.blob_id, new.location);
    assert_eq!(begun, Ok(BeginErasure::Begun { blob_id, location: location.clone() }));
    assert_eq!(fixture.db.find_file(fixture.client_id, new.file_id).await, Ok(None));
    assert_eq!(fixture.db.list_blob_rows(None, 9).await, Ok(Vec::new()));
    assert_eq!(fixture.db.claim_idempotency(claim).await, Ok(IdempotencyClaim::Claimed));
    let owed = fixture.db.list_unfinished_erasures(None, 9).await.unwrap().pop().unwrap();
    assert_eq!((owed.blob_id, owed.location), (blob_id, location));
    assert_eq!((owed.file_id, owed.client_id), (new.file_id, fixture.client_id));
    assert_eq!(owed.requested_at, at(5));

    for seconds in [6, 7] {
        fixture.db.finish_erasure(fixture.client_id, blob_id, entry(at(seconds))).await.unwrap();
    }
    assert_eq!(fixture.db.list_unfinished_erasures(None, 9).await, Ok(Vec::new()));
    let again = fixture.db.begin_erasure(fixture.client_id, new.file_id, None, entry(at(8))).await;
    assert_eq!(again, Ok(BeginErasure::NotFound));
}

#[tokio::test]
async fn another_client_deletes_nothing() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let id = new.file_id;
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    let stranger = ClientId::from_bytes([9; 16]);
    let refused = fixture.db.begin_erasure(stranger, id, None, entry(at(5))).await;
    assert_eq!(refused, Ok(BeginErasure::NotFound));
    assert_eq!(fixture.all_files().await.len(), 1);
}

#[tokio::test]
async fn a_file_of_a_user_is_deleted_only_for_the_user_as_he_was_read() {
    let fixture = Fixture::new().await;
    let lease = fixture.lease(1, 1);
    let claim = ClaimIdempotency { lease, now: at(0), lease_until: at(300) };
    fixture.db.claim_idempotency(claim).await.unwrap();
    let done = FinishIdempotency { lease, fingerprint: [8; 32], expires_at: at(900) };
    let new = file(fixture.client_id, 1);
    let file_id = new.file_id;
    fixture.db.finish_upload(new, None, Some(done), by(fixture.credential)).await.unwrap();
    let user = user(fixture.client_id, 1);
    let user_id = user.user_id;
    fixture.db.insert_user(user).await.unwrap();
    let attach = "update files set user_id = ?1";
    fixture.stranger().execute(attach, [user_id.to_bytes()]).unwrap();

    let stranger = UserId::from_bytes([9; 16]);
    let owner = |user_id, revision| Some(FileOwner { user_id, revision });
    for named in [None, owner(stranger, 1), owner(user_id, 0), owner(user_id, 2)] {
        let told = entry(at(5));
        let stale = fixture.db.begin_erasure(fixture.client_id, file_id, named, told).await;
        assert_eq!(stale, Ok(BeginErasure::Stale), "{named:?}");
        assert_eq!(fixture.all_files().await.len(), 1);
        assert_eq!(fixture.db.list_unfinished_erasures(None, 9).await, Ok(Vec::new()));
        let answer = fixture.db.claim_idempotency(claim).await;
        assert_eq!(answer, Ok(IdempotencyClaim::Done { file_id, fingerprint: [8; 32] }));
    }
    let told = entry(at(6));
    let begun = fixture.db.begin_erasure(fixture.client_id, file_id, owner(user_id, 1), told).await;
    assert!(matches!(begun, Ok(BeginErasure::Begun { .. })));
    assert_eq!(fixture.all_files().await.len(), 0);
    // Who has read the user before may have read the file with him.
    let user = fixture.db.find_user(fixture.client_id, user_id).await.unwrap().unwrap();
    assert_eq!(user.revision, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_who_delete_one_file_at_once_one_does() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let (client_id, id) = (fixture.client_id, new.file_id);
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let db = fixture.db.clone();
            tokio::spawn(async move {
                db.begin_erasure(client_id, id, None, entry(at(5))).await.unwrap()
            })
        })
        .collect();
    let mut begun = 0;
    for task in tasks {
        begun += usize::from(task.await.unwrap() != BeginErasure::NotFound);
    }
    assert_eq!(begun, 1);
    assert_eq!(fixture.db.list_unfinished_erasures(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn blobs_of_files_and_of_unfinished_erasures_are_named_and_no_others() {
    let fixture = Fixture::new().await;
    for number in 1..=3 {
        let new = file(fixture.client_id, number);
        fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    }
    for number in [2, 3] {
        let id = file(fixture.client_id, number).file_id;
        fixture.db.begin_erasure(fixture.client_id, id, None, entry(at(5))).await.unwrap();
    }
    let blob = |number: u8| BlobId::from_bytes([number; 16]);
    fixture.db.finish_erasure(fixture.client_id, blob(3), entry(at(6))).await.unwrap();
    // More than are asked about in one read.
    let numbered = |n: u16| {
        BlobId::from_bytes([[0x80; 14].as_slice(), &n.to_be_bytes()].concat().try_into().unwrap())
    };
    let mut asked: Vec<_> = (0..600).map(numbered).collect();
    asked.extend((1..=4).map(blob));
    let named = fixture.db.which_are_named(&asked).await.unwrap();
    assert_eq!(named, HashSet::from([blob(1), blob(2)]));
    assert_eq!(fixture.db.which_are_named(&[]).await, Ok(HashSet::new()));
}

#[tokio::test]
async fn owed_erasures_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    for number in 1..=5 {
        let new = file(fixture.client_id, number);
        let id = new.file_id;
        fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
        fixture.db.begin_erasure(fixture.client_id, id, None, entry(at(9))).await.unwrap();
    }
    let first = fixture.db.list_unfinished_erasures(None, 3).await.unwrap();
    assert_eq!(first.len(), 3);
    let last = first.last().map(|row| row.blob_id);
    let rest = fixture.db.list_unfinished_erasures(last, 3).await.unwrap();
    let blobs: Vec<_> = rest.into_iter().map(|row| row.blob_id).collect();
    assert_eq!(blobs, [BlobId::from_bytes([4; 16]), BlobId::from_bytes([5; 16])]);
}
