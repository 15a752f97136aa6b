//! Checkpoints of the audit that are sent to a receiver on this machine.

use std::time::Duration;

use dossier_app::{CheckpointReceiver, Failure, Operator, Target, Undelivered};
use tokio::net::TcpListener;

use super::receiver::Receiver;
use super::upload;
use crate::support::Service;

/// `whsec_` and the base64 of 24 bytes.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn receiver_at(url: &str) -> CheckpointReceiver {
    CheckpointReceiver::new(Target::parse(url).unwrap(), SECRET).unwrap()
}

#[tokio::test]
async fn a_checkpoint_comes_signed_in_the_form_of_webhooks_until_it_is_acknowledged() {
    let service = Service::start().await;
    upload(&service).await;
    let line = service.app.audit_checkpoint(Operator).await.unwrap();
    let receiver = Receiver::answering(500).await;
    let named = receiver_at(&receiver.url);
    let minute = Duration::from_secs(60);
    let acknowledge = async {
        receiver.until(1).await;
        receiver.answer(204);
    };
    let send = service.app.send_checkpoint(Operator, &named, &line, minute);
    assert_eq!(tokio::join!(send, acknowledge).0, Ok(()));
    let taken = receiver.take();
    let [first, .., last] = &taken[..] else { panic!("it came again") };
    assert_eq!((first.header("webhook-id"), &first.body), (last.header("webhook-id"), &last.body));
    assert!(taken.iter().all(|taken| taken.is_signed_with(SECRET)));
    let body = last.json();
    assert_eq!(body["id"], last.header("webhook-id"));
    assert_eq!(
        (&body["type"], &body["data"]["checkpoint"]),
        (&"audit.checkpoint".into(), &line.into())
    );
    assert_eq!(body["created_at"], "2026-07-20T08:14:20+00:00");
    assert_eq!(body.as_object().unwrap().len(), 4);
}

#[tokio::test]
async fn a_checkpoint_is_given_up_when_its_time_has_no_room_for_another_attempt() {
    let service = Service::start().await;
    // The kernel accepts for it; nobody ever answers.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = receiver_at(&format!("http://{}/", hanging.local_addr().unwrap()));
    let nobody = receiver_at("http://127.0.0.1:9/");
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let sent =
        service.app.send_checkpoint(Operator, &hanging, "line", Duration::from_secs(3)).await;
    assert_eq!(sent, Err(Undelivered { attempts: 1, failure: Failure::Timeout }));
    assert!(begun.elapsed() <= Duration::from_millis(3100), "{:?}", begun.elapsed());
    let hour = Duration::from_secs(3600);
    let sent = service.app.send_checkpoint(Operator, &nobody, "line", hour).await;
    let Err(Undelivered { attempts, failure: Failure::Connect }) = sent else { panic!("{sent:?}") };
    // Ten pauses up to five minutes, then one every five minutes.
    assert!((15..=22).contains(&attempts), "{attempts}");
}
