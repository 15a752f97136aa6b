use dossier_db::{
    EndpointRow, EndpointUpdate, EventPosition, InsertEndpoint, NewEndpoint, QueueDeliveries,
    QueuedDeliveries, RotateEndpointSecret, WrappedSecret,
};
use dossier_domain::{ClientId, EndpointId};

use crate::events::announce;
use crate::fixture::{Fixture, at, by, client, entry, file, key, ready};
use crate::jobs::{endpoint, job};

const STRANGER: ClientId = ClientId::from_bytes([2; 16]);

fn row(new: &NewEndpoint) -> EndpointRow {
    EndpointRow {
        endpoint_id: new.endpoint_id,
        client_id: new.client_id,
        url: new.url.clone(),
        events: new.events.clone(),
        secret: new.secret.wrapped.clone(),
        secret_holder: new.secret.holder.clone(),
        secret_before: None,
        secret_before_holder: None,
        secret_before_ends_at: None,
        queued_to: EventPosition(0),
        created_at: new.created_at,
    }
}

#[tokio::test]
async fn an_endpoint_is_its_clients_and_a_client_has_few() {
    let fixture = Fixture::new().await;
    fixture.db.insert_client_and_key(client(2, "Second"), key(2), entry(at(0))).await.unwrap();
    let (first, second) = (endpoint(fixture.client_id, 1), endpoint(fixture.client_id, 2));
    let insert = |new: &NewEndpoint| fixture.db.insert_endpoint(new.clone(), 2);
    assert_eq!(insert(&second).await, Ok(InsertEndpoint::Inserted));
    assert_eq!(insert(&first).await, Ok(InsertEndpoint::Inserted));
    let third = endpoint(fixture.client_id, 3);
    assert_eq!(insert(&third).await, Ok(InsertEndpoint::TooMany));
    assert_eq!(insert(&endpoint(STRANGER, 4)).await, Ok(InsertEndpoint::Inserted));

    let id = first.endpoint_id;
    let found = fixture.db.find_endpoint(fixture.client_id, id).await;
    assert_eq!(found, Ok(Some(row(&first))));
    assert_eq!(fixture.db.find_endpoint(STRANGER, id).await, Ok(None));
    assert_eq!(fixture.db.find_any_endpoint(id).await, Ok(Some(row(&first))));
    let own = fixture.db.list_endpoints(fixture.client_id).await;
    assert_eq!(own, Ok(vec![row(&first), row(&second)]));
    let all = fixture.db.list_all_endpoints(Some(id), 9).await.unwrap();
    assert_eq!(all.iter().map(|row| row.endpoint_id.to_bytes()[0]).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(fixture.db.list_all_endpoints(None, 1).await, Ok(vec![row(&first)]));

    assert_eq!(fixture.db.delete_endpoint(STRANGER, id, entry(at(0))).await, Ok(false));
    assert_eq!(fixture.db.delete_endpoint(fixture.client_id, id, entry(at(0))).await, Ok(true));
    assert_eq!(fixture.db.delete_endpoint(fixture.client_id, id, entry(at(0))).await, Ok(false));
    assert_eq!(insert(&third).await, Ok(InsertEndpoint::Inserted));
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let fixture = Fixture::new().await;
    let new = endpoint(fixture.client_id, 1);
    fixture.db.insert_endpoint(new.clone(), 9).await.unwrap();
    let update = |client_id, update| fixture.db.update_endpoint(client_id, new.endpoint_id, update);
    let url =
        EndpointUpdate { url: Some("https://b.example".into()), events: None, entry: entry(at(0)) };
    assert_eq!(update(STRANGER, url.clone()).await, Ok(None));
    let changed = update(fixture.client_id, url).await.unwrap().unwrap();
    let want = EndpointRow { url: "https://b.example".into(), ..row(&new) };
    assert_eq!(changed, want);
    let events =
        EndpointUpdate { url: None, events: Some("file.ready".into()), entry: entry(at(0)) };
    let changed = update(fixture.client_id, events).await.unwrap().unwrap();
    assert_eq!(changed, EndpointRow { events: "file.ready".into(), ..want });
}

#[tokio::test]
async fn two_secrets_live_and_a_third_ends_the_first() {
    let fixture = Fixture::new().await;
    let new = endpoint(fixture.client_id, 1);
    fixture.db.insert_endpoint(new.clone(), 9).await.unwrap();
    let secret = |byte: u8| WrappedSecret { wrapped: vec![byte; 61], holder: "client:1".into() };
    let rotate = |client_id, byte: u8| {
        let ends_at = at(byte.into());
        let (secret, entry) = (secret(byte), entry(at(0)));
        let rotation = RotateEndpointSecret { secret, old_ends_at: ends_at, entry };
        fixture.db.rotate_endpoint_secret(client_id, new.endpoint_id, rotation)
    };
    assert_eq!(rotate(STRANGER, 7).await, Ok(None));
    let second = rotate(fixture.client_id, 8).await.unwrap().unwrap();
    assert_eq!((second.secret, second.secret_before), (vec![8; 61], Some(new.secret.wrapped)));
    assert_eq!(second.secret_before_ends_at, Some(at(8)));
    assert_eq!(second.secret_before_holder, Some(new.secret.holder));
    let third = rotate(fixture.client_id, 9).await.unwrap().unwrap();
    assert_eq!((third.secret, third.secret_before), (vec![9; 61], Some(vec![8; 61])));
}

#[tokio::test]
async fn an_endpoint_has_work_while_events_or_jobs_wait() {
    let fixture = Fixture::new().await;
    let before = file(fixture.client_id, 1);
    let event = ready(&before);
    fixture.db.finish_upload(before, Some(event), None, by(fixture.credential)).await.unwrap();
    let new = endpoint(fixture.client_id, 1);
    fixture.db.insert_endpoint(new.clone(), 9).await.unwrap();
    let id = new.endpoint_id;
    let with_work = async |now| {
        let rows = fixture.db.list_endpoints_with_work(None, at(now), 9).await.unwrap();
        rows.into_iter().map(|row| (row.endpoint_id, row.queued_to.0)).collect::<Vec<_>>()
    };
    assert_eq!(with_work(99).await, [], "an endpoint is not sent what was before it");

    let later = file(fixture.client_id, 2);
    let event = ready(&later);
    fixture.db.finish_upload(later, Some(event), None, by(fixture.credential)).await.unwrap();
    assert_eq!(with_work(0).await, [(id, 1)]);
    let after = Some(id);
    assert_eq!(fixture.db.list_endpoints_with_work(after, at(0), 9).await, Ok(Vec::new()));
    let page = QueueDeliveries {
        endpoint_id: id,
        queued_to_before: EventPosition(1),
        queued_to: EventPosition(2),
        jobs: vec![job(&new, 2)],
    };
    assert_eq!(fixture.db.queue_deliveries(page.clone()).await, Ok(QueuedDeliveries::Queued));
    assert_eq!(fixture.db.queue_deliveries(page.clone()).await, Ok(QueuedDeliveries::Stale));
    assert_eq!(with_work(1).await, [], "the job may be taken from its time on");
    assert_eq!(with_work(2).await, [(id, 2)]);
    fixture.db.delete_endpoint(fixture.client_id, id, entry(at(0))).await.unwrap();
    assert_eq!(with_work(2).await, []);
    assert_eq!(fixture.db.find_oldest_pending_job().await, Ok(None));
    let gone = QueueDeliveries { endpoint_id: EndpointId::from_bytes([9; 16]), ..page };
    assert_eq!(fixture.db.queue_deliveries(gone).await, Ok(QueuedDeliveries::Stale));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_others_are_no_work_however_many_they_are() {
    let fixture = Fixture::new().await;
    let (client_id, others) = (fixture.client_id, ClientId::from_bytes([7; 16]));
    announce(&fixture, [client_id].into_iter()).await;
    let new = endpoint(client_id, 1);
    fixture.db.insert_endpoint(new.clone(), 9).await.unwrap();
    announce(&fixture, (0..300).map(|_| others)).await;
    assert_eq!(fixture.db.list_endpoints_with_work(None, at(0), 9).await, Ok(Vec::new()));
    let later = file(client_id, 2);
    let event = ready(&later);
    fixture.db.finish_upload(later, Some(event), None, by(fixture.credential)).await.unwrap();
    let found = fixture.db.list_endpoints_with_work(None, at(0), 9).await.unwrap();
    assert_eq!(found.iter().map(|row| row.queued_to.0).collect::<Vec<_>>(), [1]);
    let waiting = fixture.db.list_events(client_id, EventPosition(1), 9).await.unwrap();
    assert_eq!(waiting.iter().map(|row| row.position.0).collect::<Vec<_>>(), [302]);
}
