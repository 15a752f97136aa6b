use std::time::Duration;

use axum::http::{Method, StatusCode};
use dossier_app::{OpenJobs, Operator};
use serde_json::json;

use super::receiver::{Receiver, told};
use super::{ENDPOINTS, decide, endpoint, inactivate, send, send_by, text, upload, user};
use crate::support::{Service, logged};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Works until nothing is left to do at this time.
async fn work(service: &Service) {
    for _ in 0..1000 {
        let found = service.app.list_endpoints_with_work(Operator, None).await.unwrap();
        if found.is_empty() {
            return;
        }
        for work in found {
            service.app.work_for_endpoint(Operator, work).await.unwrap();
        }
    }
    panic!("there is always more to do");
}

#[tokio::test]
async fn a_file_is_told_of_once_signed_and_without_what_it_is_called() {
    let service = Service::start().await;
    let receiver = Receiver::answering(204).await;
    let before = upload(&service).await;
    let (_, secret) = endpoint(&service, &receiver.url, &["*"]).await;
    let file = upload(&service).await;
    work(&service).await;
    work(&service).await;
    let taken = receiver.take();
    assert_eq!(told(&taken), [format!("file.ready {file}")]);
    assert!(taken[0].is_signed_with(&secret));
    assert_eq!(taken[0].header("webhook-timestamp"), "1784535260");
    let body = taken[0].json();
    assert_eq!(taken[0].header("webhook-id"), body["id"]);
    let want = json!({
        "id": body["id"],
        "type": "file.ready",
        "created_at": "2026-07-20T08:14:20+00:00",
        "data": { "file_id": file, "status": "ready" },
    });
    assert_eq!(body, want);
    let pulled = service.get("/v1/events").await.json();
    assert_eq!(pulled["data"][1], want, "the pull form says the same");
    assert_eq!(pulled["data"][0]["data"]["file_id"], before);
    assert!(!logged().contains(&secret));
}

#[tokio::test]
async fn every_event_of_a_user_is_told_in_order_to_those_who_want_it() {
    let service = Service::start().await;
    let (all, some) = (Receiver::answering(200).await, Receiver::answering(200).await);
    endpoint(&service, &all.url, &["*"]).await;
    endpoint(&service, &some.url, &["user.verified", "file.rejected"]).await;
    let id = user(&service, "one").await;
    let path = format!("/v2/users/{id}/verification");
    let request = json!({ "purposes": ["selfie_video"], "reason_codes": ["additional_document"] });
    let answer = send(&service, Method::POST, &format!("{path}/request"), &request).await;
    assert!(answer.status.is_success(), "{}", answer.brief());
    let rejected = json!({ "decision": "rejected", "reason_codes": ["under_age"] });
    decide(&service, &id, &rejected).await;
    let again = json!({ "verification": { "provider": "y" } });
    send(&service, Method::PATCH, &format!("/v2/users/{id}"), &again).await;
    decide(&service, &id, &json!({ "decision": "approved" })).await;
    inactivate(&service, &id).await;
    work(&service).await;
    let taken = all.take();
    let kinds: Vec<_> = taken.iter().map(|taken| text(&taken.json()["type"])).collect();
    let want = [
        "user.verification.updated",
        "user.documents_requested",
        "user.rejected",
        "user.verification.updated",
        "user.verified",
        "user.inactivated",
    ];
    assert_eq!(kinds, want);
    let data: Vec<_> = taken.iter().map(|taken| taken.json()["data"].clone()).collect();
    let status = |status: &str| json!({ "user_id": id, "verification_status": status });
    let [pending, rejected, approved] = ["pending", "rejected", "approved"].map(status);
    let inactive = json!({ "user_id": id, "active": false });
    let pending = || pending.clone();
    assert_eq!(data, [pending(), pending(), rejected, pending(), approved, inactive]);
    assert_eq!(told(&some.take()), [format!("user.verified {id}")]);
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again_until_it_is_parked_and_asked_for() {
    let service = Service::start().await;
    let receiver = Receiver::answering(500).await;
    let (id, _) = endpoint(&service, &receiver.url, &["*"]).await;
    upload(&service).await;
    let mut ids = Vec::new();
    for pause in [0, 2, 10, 60, 300, 1800, 7200].into_iter().chain([21_600; 12]) {
        let pause = Duration::from_secs(pause);
        service.clock.advance(pause * 8 / 10);
        work(&service).await;
        assert!(pause.is_zero() || receiver.take().is_empty(), "{pause:?}: too early");
        service.clock.advance(pause * 3 / 10);
        work(&service).await;
        ids.extend(receiver.take().iter().map(|taken| taken.header("webhook-id").to_owned()));
    }
    assert_eq!(ids.len(), 19);
    service.clock.advance(DAY);
    work(&service).await;
    assert!(receiver.take().is_empty());
    let parked = service.app.list_jobs(Operator, OpenJobs::Parked, None).await.unwrap().jobs;
    assert_eq!((parked.len(), parked[0].attempts), (1, 19));
    assert_eq!(parked[0].outcome.as_deref(), Some("status 500"));
    assert_eq!(service.app.oldest_job_age(Operator).await, Ok(None));

    receiver.answer(202);
    let path = format!("{ENDPOINTS}/{id}/replay");
    let since = json!({ "parked_since": "2026-07-21T00:00:00Z" });
    let answer = send(&service, Method::POST, &path, &since).await;
    assert_eq!(
        (answer.status, &answer.json()["data"]["replayed"]),
        (StatusCode::ACCEPTED, &0.into())
    );
    let since = json!({ "parked_since": "2026-07-20T00:00:00Z" });
    let answer = send(&service, Method::POST, &path, &since).await;
    assert_eq!(answer.json()["data"]["replayed"], 1);
    work(&service).await;
    ids.extend(receiver.take().iter().map(|taken| taken.header("webhook-id").to_owned()));
    ids.dedup();
    assert_eq!(ids.len(), 1, "the id is the same every time");
    let event = json!({ "event_id": ids[0] });
    assert_eq!(send(&service, Method::POST, &path, &event).await.status, StatusCode::ACCEPTED);
    work(&service).await;
    assert_eq!(receiver.take().len(), 1, "what was acknowledged can be sent again too");
}

#[tokio::test]
async fn a_later_event_of_a_user_waits_for_the_earlier_one_and_other_users_do_not() {
    let service = Service::start().await;
    let receiver = Receiver::answering(503).await;
    endpoint(&service, &receiver.url, &["*"]).await;
    let first = user(&service, "first").await;
    decide(&service, &first, &json!({ "decision": "approved" })).await;
    work(&service).await;
    assert_eq!(told(&receiver.take()), [format!("user.verification.updated {first}")]);
    receiver.answer(200);
    let second = user(&service, "second").await;
    work(&service).await;
    assert_eq!(told(&receiver.take()), [format!("user.verification.updated {second}")]);
    assert!(service.app.oldest_job_age(Operator).await.unwrap().is_some());
    service.clock.advance(Duration::from_secs(3));
    work(&service).await;
    let want = ["user.verification.updated", "user.verified"].map(|kind| format!("{kind} {first}"));
    assert_eq!(told(&receiver.take()), want);
}

#[tokio::test]
async fn a_dead_receiver_delays_no_other_and_a_deleted_one_is_forgotten() {
    let service = Service::start().await;
    let receiver = Receiver::answering(200).await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let (dead, _) = endpoint(&service, &dead, &["*"]).await;
    endpoint(&service, &receiver.url, &["*"]).await;
    for _ in 0..10 {
        upload(&service).await;
    }
    work(&service).await;
    assert_eq!(receiver.take().len(), 10);
    let open = service.app.list_jobs(Operator, OpenJobs::All, None).await.unwrap().jobs;
    assert_eq!(open.len(), 10);
    assert!(open.iter().all(|job| job.outcome.as_deref() == Some("not connected")));
    assert_eq!(service.delete(&format!("{ENDPOINTS}/{dead}")).await.status, 204);
    let open = service.app.list_jobs(Operator, OpenJobs::All, None).await.unwrap().jobs;
    assert_eq!(open, []);
    let age = "dossier_oldest_job_seconds 0.0";
    let metrics = service.get("/metrics").await.body;
    assert!(String::from_utf8_lossy(&metrics).contains(age));
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_and_a_test_is_signed_too() {
    let service = Service::start().await;
    let receiver = Receiver::answering(200).await;
    let (id, old) = endpoint(&service, &receiver.url, &["*"]).await;
    let path = format!("{ENDPOINTS}/{id}");
    let answer = send(&service, Method::POST, &format!("{path}/secret"), &json!({})).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let data = &answer.json()["data"];
    assert_eq!(data["previous_secret_ends_at"], "2026-07-21T08:14:20+00:00");
    let new = text(&data["secret"]);
    let read = service.get(&path).await.json();
    assert_eq!(read["data"]["previous_secret_ends_at"], data["previous_secret_ends_at"]);
    let test = format!("{path}/test");
    for old_signs in [true, false] {
        let answer = send(&service, Method::POST, &test, &json!({})).await;
        let want = json!({ "acknowledged": true, "outcome": "status 200" });
        assert_eq!(answer.json()["data"], want);
        let taken = receiver.take();
        assert_eq!(taken[0].json()["type"], "webhook.test");
        assert_eq!(taken[0].json()["data"]["endpoint_id"], id);
        assert!(taken[0].is_signed_with(&new));
        assert_eq!(taken[0].is_signed_with(&old), old_signs);
        service.clock.advance(DAY);
    }
    let read = service.get(&path).await.json();
    assert_eq!(read["data"].get("previous_secret_ends_at"), None);
    receiver.answer(410);
    let answer = send(&service, Method::POST, &test, &json!({})).await;
    let want = json!({ "acknowledged": false, "outcome": "status 410" });
    assert_eq!(answer.json()["data"], want);
}

#[tokio::test]
async fn a_client_whose_receivers_hang_does_not_take_all_tests() {
    let service = Service::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (id, _) = endpoint(&service, &url, &["*"]).await;
    let path = format!("{ENDPOINTS}/{id}/test");
    let test = || {
        let head = service.request(Method::POST, &path).header("content-length", 0);
        service.send(head.body(axum::body::Body::empty()).unwrap())
    };
    let refused = tokio::select! {
        biased;
        hung = async { tokio::join!(test(), test()) } => panic!("{}", hung.0.brief()),
        refused = async {
            let _held = (listener.accept().await.unwrap(), listener.accept().await.unwrap());
            test().await
        } => refused,
    };
    assert_eq!(refused.brief(), "429 request.rate_limited");
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit-limit")), ("15", "2"));

    let receiver = Receiver::answering(200).await;
    let other = service.key_of("another", "webhooks:write").await;
    let body = json!({ "url": receiver.url });
    let made = send_by(&service, &other, (Method::POST, ENDPOINTS), &body).await.json();
    let path = format!("{ENDPOINTS}/{}/test", text(&made["data"]["id"]));
    let answer = send_by(&service, &other, (Method::POST, &path), &json!({})).await;
    assert_eq!(answer.json()["data"]["acknowledged"], true);
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_parked_and_blocks_nothing() {
    let service = Service::start().await;
    let (all, some) = (Receiver::answering(200).await, Receiver::answering(200).await);
    let (id, _) = endpoint(&service, &all.url, &["*"]).await;
    endpoint(&service, &some.url, &["user.verified", "user.verification.updated"]).await;
    let (file, one) = (upload(&service).await, user(&service, "one").await);
    decide(&service, &one, &json!({ "decision": "approved" })).await;
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let change = |sql| assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
    change("update events set kind = 'file.steady' where kind = 'file.ready'");
    change("update events set state = 'unsure' where kind = 'user.verification.updated'");
    work(&service).await;
    let verified = [format!("user.verified {one}")];
    assert_eq!(told(&all.take()), verified);
    assert_eq!(told(&some.take()), verified);
    let pulled = service.get("/v1/events").await.json();
    assert_eq!(pulled["data"].as_array().unwrap().len(), 1, "{pulled}");

    let parked = service.app.list_jobs(Operator, OpenJobs::Parked, None).await.unwrap().jobs;
    let mut outcomes: Vec<_> = parked.iter().filter_map(|job| job.outcome.as_deref()).collect();
    outcomes.sort_unstable();
    let (kind, status) =
        ("an event row holds an unknown kind", "an event row holds an unknown status");
    assert_eq!(outcomes, [kind, status, status]);
    for job in &parked {
        let (log, event) = (logged(), job.event_id.to_string());
        // All tests write to one log, and make the same ids.
        let words = ["a newer version wrote its event", &event, &job.endpoint_id.to_string()];
        let own = |line: &&str| words.iter().all(|word| line.contains(word));
        let lines: Vec<_> = log.lines().filter(own).collect();
        assert_eq!((lines.len(), lines[0].contains("ERROR")), (1, true), "{lines:?}");
    }

    // The newer version is back.
    change("update events set kind = 'file.ready' where kind = 'file.steady'");
    change("update events set state = 'pending' where state = 'unsure'");
    let since = json!({ "parked_since": "2026-07-20T00:00:00Z" });
    let path = format!("{ENDPOINTS}/{id}/replay");
    let answer = send(&service, Method::POST, &path, &since).await;
    assert_eq!(answer.json()["data"]["replayed"], 2);
    work(&service).await;
    let mut told = told(&all.take());
    told.sort();
    assert_eq!(told, [format!("file.ready {file}"), format!("user.verification.updated {one}")]);
}

#[tokio::test]
async fn what_cannot_be_sent_from_its_row_is_parked_and_can_be_replayed() {
    let service = Service::start().await;
    let receiver = Receiver::answering(200).await;
    let (strange_url, _) = endpoint(&service, &receiver.url, &["*"]).await;
    let (closed, _) = endpoint(&service, &receiver.url, &["*"]).await;
    let (one, another) = (upload(&service).await, upload(&service).await);
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let change = |id: &str, set: &str| {
        let hex = id.replace('-', "");
        let sql = format!("update webhook_endpoints set {set} where endpoint_id = x'{hex}'");
        assert_eq!(connection.execute(&sql, []).unwrap(), 1, "{sql}");
    };
    connection.execute_batch("create table kept as select * from webhook_endpoints").unwrap();
    change(&strange_url, "url = 'nonsense'");
    change(&closed, "secret = zeroblob(length(secret))");
    work(&service).await;
    assert!(receiver.take().is_empty());
    let parked = service.app.list_jobs(Operator, OpenJobs::Parked, None).await.unwrap().jobs;
    let of = |id: &str| {
        let own = parked.iter().filter(|job| job.endpoint_id.to_string() == id);
        own.map(|job| job.outcome.as_deref().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of(&strange_url), ["the URL must be an absolute URL without spaces"; 2]);
    assert_eq!(of(&closed), ["a secret cannot be read: a wrapped key does not open"; 2]);
    let log = logged();
    let own = log.lines().filter(|line| line.contains("its endpoint cannot be read"));
    let lines: Vec<_> = own.collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.contains("ERROR")), "{lines:?}");
    assert!(!log.contains("nonsense"));

    let secret = "(select secret from kept where kept.endpoint_id = webhook_endpoints.endpoint_id)";
    change(&closed, &format!("secret = {secret}"));
    let since = json!({ "parked_since": "2026-07-20T00:00:00Z" });
    let path = format!("{ENDPOINTS}/{closed}/replay");
    let answer = send(&service, Method::POST, &path, &since).await;
    assert_eq!(answer.json()["data"]["replayed"], 2);
    work(&service).await;
    let mut told = told(&receiver.take());
    told.sort();
    let mut want = [one, another].map(|file| format!("file.ready {file}"));
    want.sort();
    assert_eq!(told, want);
}

#[tokio::test]
async fn old_events_and_jobs_are_forgotten_after_a_month() {
    let service = Service::start().await;
    let receiver = Receiver::answering(200).await;
    endpoint(&service, &receiver.url, &["*"]).await;
    for _ in 0..3 {
        upload(&service).await;
    }
    work(&service).await;
    service.clock.advance(DAY * 29);
    let age = Duration::from_secs(60);
    assert_eq!(service.app.sweep(Operator, age).await.unwrap().events_forgotten, 0);
    service.clock.advance(DAY * 2);
    assert_eq!(service.app.sweep(Operator, age).await.unwrap().events_forgotten, 3 + 2);
    assert_eq!((service.rows("jobs"), service.rows("events")), (0, 1), "the newest event stays");
}

#[tokio::test]
async fn the_courier_delivers_by_itself_beside_receivers_that_hang() {
    let service = Service::start().await;
    let mut hanging = Vec::new();
    for _ in 0..3 {
        // The kernel takes the connection; nobody ever answers.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        endpoint(&service, &url, &["*"]).await;
        hanging.push(listener);
    }
    let receiver = Receiver::answering(200).await;
    endpoint(&service, &receiver.url, &["*"]).await;
    let courier = tokio::spawn(service.app.clone().deliver_forever(Operator));
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        upload(&service).await;
    }
    let one = user(&service, "one").await;
    receiver.until(21).await;
    // Those that hang are given up after fifteen seconds at the earliest.
    assert!(began.elapsed() < Duration::from_secs(15));
    courier.abort();
    let told = told(&receiver.take());
    assert_eq!(told.iter().filter(|line| line.starts_with("file.ready")).count(), 20);
    assert!(told.contains(&format!("user.verification.updated {one}")));
}

#[tokio::test]
async fn clients_whose_receivers_all_hang_leave_places_to_others() {
    let service = Service::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = json!({ "url": format!("http://{}/", listener.local_addr().unwrap()) });
    for name in ["one", "two"] {
        let key = service.key_of(name, "webhooks:write,users:write").await;
        for _ in 0..16 {
            let made = send_by(&service, &key, (Method::POST, ENDPOINTS), &url).await;
            assert_eq!(made.status, StatusCode::CREATED);
        }
        let user = json!({ "email": "a@b.de", "verification": { "provider": "x" } });
        let made = send_by(&service, &key, (Method::POST, "/v2/users"), &user).await;
        assert_eq!(made.status, StatusCode::CREATED);
    }
    let courier = tokio::spawn(service.app.clone().deliver_forever(Operator));
    let began = tokio::time::Instant::now();
    let _held = [listener.accept().await.unwrap(), listener.accept().await.unwrap()];
    let receiver = Receiver::answering(200).await;
    endpoint(&service, &receiver.url, &["*"]).await;
    upload(&service).await;
    receiver.until(1).await;
    // Those that hang are given up after fifteen seconds at the earliest.
    assert!(began.elapsed() < Duration::from_secs(15));
    courier.abort();
}
