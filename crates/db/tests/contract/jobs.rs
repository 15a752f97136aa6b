use dossier_db::{
    ClaimJobs, EventPosition, JobEnd, JobHold, JobRow, LeaseId, LeaseState, NewEndpoint, NewJob,
    OpenJobs, QueueDeliveries, WrappedSecret,
};
use dossier_domain::{ClientId, EndpointId, EventId, JobId, UserId};

use crate::fixture::{Fixture, at, by, entry, file, ready};

/// Endpoint `number` of a client.
pub(crate) fn endpoint(client_id: ClientId, number: u8) -> NewEndpoint {
    NewEndpoint {
        endpoint_id: EndpointId::from_bytes([number; 16]),
        client_id,
        url: format!("https://{number}.example/"),
        events: "*".to_owned(),
        secret: WrappedSecret { wrapped: vec![number; 61], holder: "client:1".to_owned() },
        created_at: at(number.into()),
        entry: entry(at(number.into())),
    }
}

/// Job `number` of an endpoint: of the event at that position, queued at that second, of no user.
pub(crate) fn job(endpoint: &NewEndpoint, number: u8) -> NewJob {
    NewJob {
        job_id: JobId::from_bytes([number; 16]),
        kind: "webhook.delivery".to_owned(),
        client_id: endpoint.client_id,
        queue: endpoint.endpoint_id,
        lane: None,
        place: EventPosition(number.into()),
        subject: EventId::from_bytes([number; 16]),
        queued_at: at(number.into()),
    }
}

/// An endpoint with these jobs queued.
async fn queued(fixture: &Fixture, number: u8, jobs: impl Fn(&NewEndpoint) -> Vec<NewJob>) {
    let new = endpoint(fixture.client_id, number);
    fixture.db.insert_endpoint(new.clone(), 99).await.unwrap();
    let page = QueueDeliveries {
        endpoint_id: new.endpoint_id,
        queued_to_before: EventPosition(0),
        queued_to: EventPosition(99),
        jobs: jobs(&new),
    };
    fixture.db.queue_deliveries(page).await.unwrap();
}

/// Takes jobs of endpoint 1 under a lease of ten seconds.
async fn claim(fixture: &Fixture, lease: u8, now: i64, limit: usize) -> Vec<JobRow> {
    let claim = ClaimJobs {
        queue: EndpointId::from_bytes([1; 16]),
        lease_id: LeaseId::from_bytes([lease; 16]),
        now: at(now),
        lease_until: at(now + 10),
        limit,
    };
    fixture.db.claim_jobs(claim).await.unwrap()
}

fn numbers(rows: &[JobRow]) -> Vec<u8> {
    let mut numbers: Vec<_> = rows.iter().map(|row| row.job_id.to_bytes()[0]).collect();
    numbers.sort_unstable();
    numbers
}

async fn release(fixture: &Fixture, job: u8, lease: u8, end: JobEnd) -> LeaseState {
    let hold = JobHold {
        job_id: JobId::from_bytes([job; 16]),
        lease_id: LeaseId::from_bytes([lease; 16]),
    };
    fixture.db.release_job(hold, end, "status 500".to_owned(), at(50)).await.unwrap()
}

#[tokio::test]
async fn a_job_is_taken_once_until_its_lease_ends() {
    let fixture = Fixture::new().await;
    queued(&fixture, 1, |to| vec![job(to, 1), job(to, 2), job(to, 3)]).await;
    queued(&fixture, 2, |to| vec![job(to, 4)]).await;
    assert_eq!(claim(&fixture, 1, 0, 9).await, []);
    assert_eq!(numbers(&claim(&fixture, 1, 3, 2).await), [1, 2], "longest waiting first");
    assert_eq!(numbers(&claim(&fixture, 2, 4, 9).await), [3]);
    assert_eq!(claim(&fixture, 3, 12, 9).await, []);
    let again = claim(&fixture, 3, 13, 9).await;
    assert_eq!(numbers(&again), [1, 2]);
    assert!(again.iter().all(|row| row.attempts == 2 && row.state == "pending"));
    assert_eq!(release(&fixture, 1, 1, JobEnd::Done).await, LeaseState::Lost);
    assert_eq!(release(&fixture, 1, 3, JobEnd::Done).await, LeaseState::Held);
    assert_eq!(release(&fixture, 1, 3, JobEnd::Done).await, LeaseState::Lost);
}

#[tokio::test]
async fn a_job_is_tried_again_at_its_time_until_it_is_done_or_parked() {
    let fixture = Fixture::new().await;
    queued(&fixture, 1, |to| vec![job(to, 1), job(to, 2), job(to, 3)]).await;
    claim(&fixture, 1, 5, 9).await;
    assert_eq!(release(&fixture, 1, 1, JobEnd::Done).await, LeaseState::Held);
    assert_eq!(release(&fixture, 2, 1, JobEnd::Parked).await, LeaseState::Held);
    assert_eq!(release(&fixture, 3, 1, JobEnd::Again(at(100))).await, LeaseState::Held);
    assert_eq!(claim(&fixture, 2, 99, 9).await, []);
    let open = fixture.db.list_open_jobs(OpenJobs::All, None, 9).await.unwrap();
    assert_eq!(numbers(&open), [2, 3]);
    assert_eq!(open[1].outcome.as_deref(), Some("status 500"));
    assert_eq!((open[1].next_at, open[1].attempts, &*open[0].state), (at(100), 1, "parked"));
    let parked = fixture.db.list_open_jobs(OpenJobs::Parked, None, 9).await.unwrap();
    assert_eq!(numbers(&parked), [2]);
    let after = Some(JobId::from_bytes([2; 16]));
    assert_eq!(fixture.db.list_open_jobs(OpenJobs::Parked, after, 9).await, Ok(Vec::new()));
    assert_eq!(fixture.db.find_oldest_pending_job().await, Ok(Some(at(3))));
    assert_eq!(numbers(&claim(&fixture, 2, 100, 9).await), [3]);
}

#[tokio::test]
async fn jobs_of_one_lane_wait_for_each_other_and_for_no_other() {
    let fixture = Fixture::new().await;
    let lane = |job: NewJob, user: u8| NewJob { lane: Some(UserId::from_bytes([user; 16])), ..job };
    let jobs = |to: &NewEndpoint| {
        vec![lane(job(to, 1), 1), lane(job(to, 2), 1), lane(job(to, 3), 2), job(to, 4)]
    };
    queued(&fixture, 1, jobs).await;
    assert_eq!(numbers(&claim(&fixture, 1, 9, 9).await), [1, 3, 4]);
    release(&fixture, 1, 1, JobEnd::Again(at(60))).await;
    assert_eq!(claim(&fixture, 2, 9, 9).await, [], "the earlier one is to be tried again");
    assert_eq!(numbers(&claim(&fixture, 3, 60, 9).await), [1, 3, 4]);
    release(&fixture, 1, 3, JobEnd::Parked).await;
    assert_eq!(numbers(&claim(&fixture, 4, 60, 9).await), [2]);
    assert!(fixture.db.retry_job(JobId::from_bytes([1; 16]), at(60)).await.unwrap());
    release(&fixture, 2, 4, JobEnd::Again(at(61))).await;
    assert_eq!(numbers(&claim(&fixture, 5, 61, 9).await), [1], "it is the earlier one again");
}

#[tokio::test]
async fn what_ended_can_be_asked_for_again() {
    let fixture = Fixture::new().await;
    queued(&fixture, 1, |to| vec![job(to, 1), job(to, 2), job(to, 3)]).await;
    let (queue, now) = (EndpointId::from_bytes([1; 16]), at(60));
    let subject = |number: u8| EventId::from_bytes([number; 16]);
    claim(&fixture, 1, 5, 9).await;
    release(&fixture, 1, 1, JobEnd::Done).await;
    release(&fixture, 2, 1, JobEnd::Parked).await;
    assert_eq!(fixture.db.retry_delivery(queue, subject(9), now).await, Ok(false));
    assert_eq!(fixture.db.retry_job(JobId::from_bytes([9; 16]), now).await, Ok(false));
    assert_eq!(fixture.db.retry_delivery(queue, subject(1), now).await, Ok(true));
    let running = fixture.db.retry_delivery(queue, subject(3), now).await;
    assert_eq!(running, Ok(true), "it runs just now and is left alone");
    assert_eq!(fixture.db.retry_parked(queue, at(3), now, 9).await, Ok(0), "queued before");
    assert_eq!(fixture.db.retry_parked(queue, at(2), now, 9).await, Ok(1));
    release(&fixture, 3, 1, JobEnd::Done).await;
    let again = claim(&fixture, 2, 60, 9).await;
    assert_eq!(numbers(&again), [1, 2]);
    assert!(again.iter().all(|row| row.attempts == 1));
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_a_few_at_a_time() {
    let fixture = Fixture::new().await;
    queued(&fixture, 1, |to| vec![job(to, 1), job(to, 2), job(to, 3)]).await;
    claim(&fixture, 1, 5, 9).await;
    release(&fixture, 1, 1, JobEnd::Done).await;
    release(&fixture, 2, 1, JobEnd::Parked).await;
    assert_eq!(fixture.db.prune_jobs(at(50), 9).await, Ok(0));
    assert_eq!(fixture.db.prune_jobs(at(51), 1).await, Ok(1));
    assert_eq!(fixture.db.prune_jobs(at(51), 9).await, Ok(1));
    let open = fixture.db.list_open_jobs(OpenJobs::All, None, 9).await.unwrap();
    assert_eq!(numbers(&open), [3]);
}

#[tokio::test]
async fn old_events_are_forgotten_but_never_the_newest() {
    let fixture = Fixture::new().await;
    for number in 1..=4 {
        let new = file(fixture.client_id, number);
        let event = ready(&new);
        fixture.db.finish_upload(new, Some(event), None, by(fixture.credential)).await.unwrap();
    }
    assert_eq!(fixture.db.prune_events(at(1), 9).await, Ok(0));
    assert_eq!(fixture.db.prune_events(at(3), 1).await, Ok(1));
    assert_eq!(fixture.db.prune_events(at(99), 9).await, Ok(2));
    assert_eq!(fixture.db.prune_events(at(99), 9).await, Ok(0));
    assert_eq!(fixture.db.find_event(EventPosition(3)).await, Ok(None));
    let newest = fixture.db.find_event(EventPosition(4)).await.unwrap().unwrap();
    assert_eq!((newest.position, newest.created_at), (EventPosition(4), at(4)));
}
