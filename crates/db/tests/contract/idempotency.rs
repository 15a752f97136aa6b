use dossier_db::{ClaimIdempotency, FinishIdempotency, FinishUpload, IdempotencyClaim, LeaseState};

use crate::fixture::{Fixture, at, by, entry, file};

fn claim(fixture: &Fixture, attempt: u8, now: i64) -> ClaimIdempotency {
    let lease = fixture.lease(1, attempt);
    ClaimIdempotency { lease, now: at(now), lease_until: at(now + 300) }
}

async fn finish(fixture: &Fixture, attempt: u8) -> FinishUpload {
    let lease = fixture.lease(1, attempt);
    let done = FinishIdempotency { lease, fingerprint: [8; 32], expires_at: at(86_400) };
    let new = file(fixture.client_id, attempt);
    fixture.db.finish_upload(new, None, Some(done), by(fixture.credential)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_who_claim_at_once_one_wins() {
    let fixture = Fixture::new().await;
    let tasks: Vec<_> = (0..10)
        .map(|attempt| {
            let (db, claim) = (fixture.db.clone(), claim(&fixture, attempt, 0));
            tokio::spawn(async move { db.claim_idempotency(claim).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let running = IdempotencyClaim::Running { lease_until: at(300) };
    assert_eq!(answers.iter().filter(|a| **a == IdempotencyClaim::Claimed).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == running).count(), 9);
}

#[tokio::test]
async fn a_finished_upload_is_the_answer_until_it_expires() {
    let fixture = Fixture::new().await;
    fixture.db.claim_idempotency(claim(&fixture, 1, 0)).await.unwrap();
    assert_eq!(finish(&fixture, 1).await, FinishUpload::Finished);
    let file_id = file(fixture.client_id, 1).file_id;
    let done = Ok(IdempotencyClaim::Done { file_id, fingerprint: [8; 32] });
    assert_eq!(fixture.db.claim_idempotency(claim(&fixture, 2, 400)).await, done);
    assert_eq!(fixture.db.claim_idempotency(claim(&fixture, 1, 86_399)).await, done);
    let free = fixture.db.claim_idempotency(claim(&fixture, 2, 86_400)).await;
    assert_eq!(free, Ok(IdempotencyClaim::Claimed));
    // The file outlives its answer.
    assert_eq!(fixture.all_files().await.len(), 1);
}

#[tokio::test]
async fn an_ended_lease_is_taken_over_and_its_holder_finishes_nothing() {
    let fixture = Fixture::new().await;
    fixture.db.claim_idempotency(claim(&fixture, 1, 0)).await.unwrap();
    let running = fixture.db.claim_idempotency(claim(&fixture, 2, 299)).await;
    assert_eq!(running, Ok(IdempotencyClaim::Running { lease_until: at(300) }));
    let taken = fixture.db.claim_idempotency(claim(&fixture, 2, 300)).await;
    assert_eq!(taken, Ok(IdempotencyClaim::Claimed));
    let lost = fixture.db.renew_idempotency(fixture.lease(1, 1), at(900)).await;
    assert_eq!(lost, Ok(LeaseState::Lost));
    assert_eq!(finish(&fixture, 1).await, FinishUpload::LeaseLost);
    assert_eq!(fixture.all_files().await, []);
    assert_eq!(finish(&fixture, 2).await, FinishUpload::Finished);
}

#[tokio::test]
async fn a_renewed_lease_is_not_taken_over() {
    let fixture = Fixture::new().await;
    fixture.db.claim_idempotency(claim(&fixture, 1, 0)).await.unwrap();
    let held = fixture.db.renew_idempotency(fixture.lease(1, 1), at(900)).await;
    assert_eq!(held, Ok(LeaseState::Held));
    let running = fixture.db.claim_idempotency(claim(&fixture, 2, 899)).await;
    assert_eq!(running, Ok(IdempotencyClaim::Running { lease_until: at(900) }));
}

#[tokio::test]
async fn a_released_key_is_free_and_only_its_holder_can_release_it() {
    let fixture = Fixture::new().await;
    fixture.db.claim_idempotency(claim(&fixture, 1, 0)).await.unwrap();
    fixture.db.release_idempotency(fixture.lease(1, 2)).await.unwrap();
    let running = fixture.db.claim_idempotency(claim(&fixture, 2, 1)).await;
    assert_eq!(running, Ok(IdempotencyClaim::Running { lease_until: at(300) }));
    fixture.db.release_idempotency(fixture.lease(1, 1)).await.unwrap();
    let free = fixture.db.claim_idempotency(claim(&fixture, 2, 1)).await;
    assert_eq!(free, Ok(IdempotencyClaim::Claimed));
}

#[tokio::test]
async fn releasing_after_the_end_keeps_the_answer() {
    let fixture = Fixture::new().await;
    fixture.db.claim_idempotency(claim(&fixture, 1, 0)).await.unwrap();
    finish(&fixture, 1).await;
    fixture.db.release_idempotency(fixture.lease(1, 1)).await.unwrap();
    let done = fixture.db.claim_idempotency(claim(&fixture, 2, 1)).await.unwrap();
    assert!(matches!(done, IdempotencyClaim::Done { .. }));
}

#[tokio::test]
async fn keys_of_two_clients_never_meet() {
    let fixture = Fixture::new().await;
    let other = crate::fixture::client(2, "Second");
    let other_id = other.client_id;
    fixture.db.insert_client_and_key(other, crate::fixture::key(2), entry(at(0))).await.unwrap();
    let ours = claim(&fixture, 1, 0);
    let mut theirs = claim(&fixture, 2, 0);
    theirs.lease.client_id = other_id;
    for claim in [ours, theirs] {
        let claimed = fixture.db.claim_idempotency(claim).await;
        assert_eq!(claimed, Ok(IdempotencyClaim::Claimed));
    }
}

#[tokio::test]
async fn what_has_ended_is_swept_and_nothing_else() {
    let fixture = Fixture::new().await;
    for key in 1..=5 {
        let lease = fixture.lease(key, 1);
        let lease_until = at(i64::from(key) * 100);
        let claim = ClaimIdempotency { lease, now: at(0), lease_until };
        fixture.db.claim_idempotency(claim).await.unwrap();
    }
    assert_eq!(fixture.db.erase_expired_idempotency(at(300), 2).await, Ok(2));
    assert_eq!(fixture.db.erase_expired_idempotency(at(300), 2).await, Ok(1));
    assert_eq!(fixture.db.erase_expired_idempotency(at(300), 2).await, Ok(0));
    let held = fixture.db.renew_idempotency(fixture.lease(4, 1), at(900)).await;
    assert_eq!(held, Ok(LeaseState::Held));
    let swept = fixture.db.renew_idempotency(fixture.lease(3, 1), at(900)).await;
    assert_eq!(swept, Ok(LeaseState::Lost));
}
