use dossier_db::{
    BlobRow, ClaimIdempotency, DbError, FinishIdempotency, FinishUpload, IdempotencyClaim, NewFile,
    UploadOutcome,
};
use dossier_domain::{ByteCount, ClientId, Credential, KeyId};

use crate::fixture::{Fixture, at, by, entry, file, file_id};

#[tokio::test]
async fn a_finished_file_reads_as_it_was_given() {
    let fixture = Fixture::new().await;
    let new = NewFile { facts: Some("{\"pages\":2}".to_owned()), ..file(fixture.client_id, 1) };
    let finished = fixture.db.finish_upload(new.clone(), None, None, by(fixture.credential)).await;
    assert_eq!(finished, Ok(FinishUpload::Finished));
    let row = fixture.db.find_file(fixture.client_id, new.file_id).await.unwrap().unwrap();
    assert_eq!(row.user_id, None);
    let read = NewFile {
        file_id: row.file_id,
        client_id: row.client_id,
        purpose: row.purpose,
        name: row.name,
        media_type: row.media_type,
        size: row.size,
        sha256: row.sha256,
        status: row.status,
        checked: row.checked,
        warnings: row.warnings,
        facts: row.facts,
        created_at: row.created_at,
        blob_id: row.blob_id,
        location: row.location,
        wrapped_key: row.wrapped_key,
        key_holder: row.key_holder,
    };
    assert_eq!(read, new);
}

#[tokio::test]
async fn another_clients_file_is_not_there() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let id = new.file_id;
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    assert_eq!(fixture.db.find_file(ClientId::from_bytes([9; 16]), id).await, Ok(None));
    assert_eq!(fixture.db.find_file(fixture.client_id, file_id(9, 9)).await, Ok(None));
}

#[tokio::test]
async fn a_key_that_was_revoked_or_never_was_finishes_nothing() {
    let fixture = Fixture::new().await;
    let lease = fixture.lease(1, 1);
    let claim = ClaimIdempotency { lease, now: at(0), lease_until: at(300) };
    fixture.db.claim_idempotency(claim).await.unwrap();
    fixture.db.revoke_key(fixture.key_id, entry(at(1))).await.unwrap();
    let done = FinishIdempotency { lease, fingerprint: [8; 32], expires_at: at(900) };
    for key_id in [fixture.key_id, KeyId::from_bytes([9; 16])] {
        let credential = Credential::Key(key_id);
        let new = file(fixture.client_id, 1);
        let refused = fixture.db.finish_upload(new, None, Some(done), by(credential)).await;
        assert_eq!(refused, Ok(FinishUpload::CredentialRevoked));
    }
    assert_eq!(fixture.all_files().await, []);
    assert_eq!(fixture.db.claim_idempotency(claim).await, Ok(IdempotencyClaim::Claimed));
}

#[tokio::test]
async fn finishing_again_says_so_even_after_the_key_was_revoked() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    fixture.db.finish_upload(new.clone(), None, None, by(fixture.credential)).await.unwrap();
    fixture.db.revoke_key(fixture.key_id, entry(at(1))).await.unwrap();
    let again = fixture.db.finish_upload(new.clone(), None, None, by(fixture.credential)).await;
    assert_eq!(again, Ok(FinishUpload::AlreadyFinished));
    let same_blob = NewFile { file_id: file_id(7, 7), ..new };
    let again = fixture.db.finish_upload(same_blob, None, None, by(fixture.credential)).await;
    assert_eq!(again, Ok(FinishUpload::AlreadyFinished));
    assert_eq!(fixture.all_files().await.len(), 1);
}

#[tokio::test]
async fn the_outcome_of_an_upload_can_be_asked() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let id = new.file_id;
    assert_eq!(fixture.db.find_upload_outcome(id).await, Ok(UploadOutcome::NotCommitted));
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    assert_eq!(fixture.db.find_upload_outcome(id).await, Ok(UploadOutcome::Committed));
}

#[tokio::test]
async fn a_row_that_breaks_a_rule_of_the_schema_is_refused_alone() {
    let fixture = Fixture::new().await;
    let wrong = NewFile { status: "lost".to_owned(), ..file(fixture.client_id, 1) };
    let nobodys = file(ClientId::from_bytes([9; 16]), 2);
    let good = file(fixture.client_id, 3);
    let finish = |new| fixture.db.finish_upload(new, None, None, by(fixture.credential));
    let (wrong, nobodys, good) = tokio::join!(finish(wrong), finish(nobodys), finish(good));
    assert!(matches!(wrong, Err(DbError::Broken(_))), "{wrong:?}");
    assert!(matches!(nobodys, Err(DbError::Broken(_))), "{nobodys:?}");
    assert_eq!(good, Ok(FinishUpload::Finished));
    assert_eq!(fixture.all_files().await.len(), 1);
}

#[tokio::test]
async fn blob_rows_are_listed_page_by_page_in_the_order_of_their_blobs() {
    let fixture = Fixture::new().await;
    for number in [3, 1, 2] {
        let new = NewFile { size: ByteCount(number.into()), ..file(fixture.client_id, number) };
        fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    }
    let first = fixture.db.list_blob_rows(None, 1).await.unwrap().pop().unwrap();
    let new = file(fixture.client_id, 1);
    let want = BlobRow {
        blob_id: new.blob_id,
        location: new.location,
        file_id: new.file_id,
        client_id: new.client_id,
        size: ByteCount(1),
        sha256: new.sha256,
        wrapped_key: new.wrapped_key,
        key_holder: new.key_holder,
        user_id: None,
    };
    assert_eq!(first, want);
    let rest = fixture.db.list_blob_rows(Some(first.blob_id), 9).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.size.get()).collect::<Vec<_>>(), [2, 3]);
}
