//! Webhooks over TLS: whom the server trusts, and that it sends nothing to anybody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Authority, Document, Receiver, Service, data_folder, dossier, eventually, refused, run};
use serde_json::{Value, json};

/// The certificate of an authority, as a file beside the data.
fn ca_file(folder: &Path, authority: &Authority) -> PathBuf {
    let path = folder.join("ca.pem");
    fs::write(&path, authority.pem()).unwrap();
    path
}

fn serve(folder: &Path, (trust, ca_file): (&str, &Path)) -> Service {
    let trusting = |command: &mut Command| {
        command.env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true").env(trust, ca_file);
    };
    Service::start_with(trusting, &folder.join("data"))
}

/// Makes an endpoint and uploads a file; the endpoint's secret and the file's id.
fn announce(service: &Service, receiver: &Receiver) -> (String, String) {
    let body = json!({ "url": receiver.url() });
    let made = service.client().json("POST", "/v1/webhook_endpoints", &body).unwrap();
    assert_eq!(made.status, 201, "{}", made.text());
    let file = service.client().upload(&Document::report(1, 100)).unwrap().created_id();
    (made.json()["data"]["secret"].as_str().unwrap().to_owned(), file)
}

#[test]
fn a_receiver_of_a_private_authority_is_told_of_files() {
    for trust in ["DOSSIER_WEBHOOKS_CA_FILE", "SSL_CERT_FILE"] {
        let folder = data_folder();
        let authority = Authority::new();
        let receiver = Receiver::start_tls(&authority, "localhost");
        let service = serve(folder.path(), (trust, &ca_file(folder.path(), &authority)));
        let (secret, file) = announce(&service, &receiver);
        let event = receiver.next().verified(&secret);
        let told = (&event["type"], &event["data"]["file_id"]);
        assert_eq!(told, (&json!("file.ready"), &json!(file)), "{trust}");
        service.stop();
    }
}

#[test]
fn a_receiver_that_nobody_vouches_for_is_sent_nothing() {
    let ours = Authority::new();
    for (authority, name) in [(&Authority::new(), "localhost"), (&ours, "example.com")] {
        let folder = data_folder();
        let receiver = Receiver::start_tls(authority, name);
        let trust = ("DOSSIER_WEBHOOKS_CA_FILE", &*ca_file(folder.path(), &ours));
        let service = serve(folder.path(), trust);
        announce(&service, &receiver);
        let outcome = || -> Option<Value> {
            let data = folder.path().join("data");
            let listed = run(dossier(&data).args(["jobs", "list", "--json"])).stdout;
            let job: Value = serde_json::from_slice(&listed).ok()?;
            (job["attempts"] == 1).then(|| job["outcome"].clone())
        };
        eventually("it is tried", || outcome().is_some());
        assert_eq!(outcome(), Some("certificate not trusted".into()), "{name}");
        service.stop();
        assert!(receiver.came().is_empty());
    }
}

#[test]
fn a_file_without_authorities_refuses_the_start() {
    let folder = data_folder();
    let path = folder.path().join("ca.pem");
    for (text, reason) in [(None, "cannot read"), (Some("not PEM"), "holds no certificate")] {
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let told = refused(
            |command| {
                command.env("DOSSIER_WEBHOOKS_CA_FILE", &path);
            },
            &folder.path().join("data"),
        );
        assert!(told.contains(reason), "{told}");
    }
}
