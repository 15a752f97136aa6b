//! Checkpoints of the audit that are sent to a receiver outside the machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use e2e::{Document, Reaction, Receiver, Service, Webhook, data_folder, dossier, refused, run};
use serde_json::Value;

/// `whsec_` and the base64 of 32 bytes.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ACKNOWLEDGE: Reaction = Reaction::Answer(204);

fn send_to(command: &mut Command, url: &str, interval: &str) {
    command.env("DOSSIER_AUDIT_CHECKPOINT_URL", url);
    command.env("DOSSIER_AUDIT_CHECKPOINT_SECRET", SECRET);
    command.env("DOSSIER_AUDIT_CHECKPOINT_INTERVAL", interval);
}

/// A server that sends them to `url`.
fn serve(data: &Path, url: &str, interval: &str) -> Service {
    Service::start_with(|command| send_to(command, url, interval), data)
}

fn line_of(webhook: &Webhook) -> String {
    let event = webhook.verified(SECRET);
    assert_eq!(event["type"], "audit.checkpoint");
    assert!(event["created_at"].is_string(), "{event}");
    event["data"]["checkpoint"].as_str().unwrap().to_owned()
}

/// `dossier audit checkpoint --send`, with the receiver or without one.
fn send_now(data: &Path, url: Option<&str>) -> Output {
    let mut command = dossier(data);
    command.args(["audit", "checkpoint", "--send"]);
    if let Some(url) = url {
        send_to(&mut command, url, "1h");
    }
    run(&mut command)
}

fn verify(data: &Path, lines: &[String]) -> Value {
    let file = data.join("received");
    fs::write(&file, lines.join("\n")).unwrap();
    let mut command = dossier(data);
    command.args(["audit", "verify", "--json", "--checkpoints"]).arg(file);
    serde_json::from_slice(&run(&mut command).stdout).unwrap()
}

fn errors(log: &str) -> usize {
    log.lines().filter(|line| line.contains("\"level\":\"ERROR\"")).count()
}

#[test]
fn what_a_receiver_was_sent_at_start_each_interval_and_stop_holds_the_audit_to_its_word() {
    let folder = data_folder();
    let (data, kept) = (folder.path().join("data"), folder.path().join("kept"));
    let receiver = Receiver::start(&[ACKNOWLEDGE]);
    let both = |command: &mut Command| {
        send_to(command, receiver.url(), "1s");
        command.env("DOSSIER_AUDIT_CHECKPOINT_FILE", &kept);
    };
    let service = Service::start_with(both, &data);
    let mut lines = vec![line_of(&receiver.next())];
    let id = service.client().upload(&Document::report(1, 100)).unwrap().created_id();
    lines.push(line_of(&receiver.next()));
    assert_eq!(service.client().delete(&id).unwrap().status, 204);
    service.stop();
    lines.extend(receiver.came().iter().map(line_of));
    assert!(lines.len() >= 3, "{lines:?}");
    let kept = fs::read_to_string(kept).unwrap();
    assert!(lines.iter().all(|line| kept.lines().any(|kept| kept == line)), "{kept} {lines:?}");

    assert!(send_now(&data, Some(receiver.url())).status.success());
    lines.push(line_of(&receiver.next()));
    let report = verify(&data, &lines);
    assert_eq!((&report["sound"], &report["checkpoints"]), (&true.into(), &lines.len().into()));
    let [.., last, _] = &lines[..] else { panic!("there are three") };
    let heads = |line: &str| line.split(' ').skip(2).take(8).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(heads(last), heads(&lines[lines.len() - 1]), "the stop was the last word");
    lines.push(last.replacen(" 0:", " 1:", 1));
    assert_eq!(verify(&data, &lines)["checkpoints_failed"], 1);
}

#[test]
fn a_checkpoint_that_was_refused_comes_again_as_the_same_one() {
    let folder = data_folder();
    let receiver = Receiver::start(&[Reaction::Answer(500), Reaction::Answer(302), ACKNOWLEDGE]);
    let service = serve(folder.path(), receiver.url(), "1h");
    let [first, second, third] = [receiver.next(), receiver.next(), receiver.next()];
    for again in [&second, &third] {
        assert_eq!((again.id(), line_of(again)), (first.id(), line_of(&first)));
    }
    service.ask_to_stop();
    let (status, log) = service.wait();
    assert!(status.success() && errors(&log) == 0, "{log}");
    assert!(log.contains("a checkpoint of the audit is sent again"), "{log}");
    let [last] = &receiver.came()[..] else { panic!("one is sent at the stop") };
    assert_ne!(last.id(), first.id());
}

#[test]
fn a_receiver_that_refuses_or_hangs_delays_neither_uploads_nor_the_stop() {
    for (reaction, word) in [(Reaction::Answer(500), "status 500"), (Reaction::Hang, "timed out")] {
        let folder = data_folder();
        let receiver = Receiver::start(&[reaction]);
        let service = serve(folder.path(), receiver.url(), "2s");
        let first = receiver.next();
        assert_eq!(service.client().upload(&Document::report(1, 100)).unwrap().status, 201);
        while receiver.next().id() == first.id() {}
        service.ask_to_stop();
        let (status, log) = service.wait();
        assert!(status.success() && errors(&log) >= 2, "{log}");
        let told = format!("\"error\":\"{word}, after ");
        assert!(
            log.contains(&told) && log.contains("checkpoint of the audit could be sent"),
            "{log}"
        );
        assert!(!log.contains(receiver.url()) && !log.contains("whsec_"), "{log}");
        let now = send_now(folder.path(), Some(receiver.url()));
        let complaint = String::from_utf8(now.stderr).unwrap();
        assert!(!now.status.success() && complaint.contains(word), "{complaint}");
    }
}

#[test]
fn a_receiver_and_its_secret_need_each_other() {
    let folder = data_folder();
    let data = folder.path();
    Service::start(data).stop();
    let none = send_now(data, None);
    assert!(!none.status.success());
    assert!(String::from_utf8(none.stderr).unwrap().contains("DOSSIER_AUDIT_CHECKPOINT_URL"));
    let url = |command: &mut Command| {
        command.env("DOSSIER_AUDIT_CHECKPOINT_URL", "https://example.com/");
    };
    let told = refused(url, data);
    assert!(told.contains("a URL is given without a secret"), "{told}");
    let secret = |command: &mut Command| {
        command.env("DOSSIER_AUDIT_CHECKPOINT_SECRET", SECRET);
    };
    let told = refused(secret, data);
    assert!(told.contains("a secret is given without the URL"), "{told}");
    let weak = |command: &mut Command| {
        url(command);
        command.env("DOSSIER_AUDIT_CHECKPOINT_SECRET_COMMAND", "echo whsec_aHVzaA==");
    };
    let told = refused(weak, data);
    assert!(told.contains("the checkpoint secret cannot be used"), "{told}");
    assert!(!told.contains("aHVzaA"), "{told}");
}
