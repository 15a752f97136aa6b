//! Slow clients do not stand in the way of others.

use std::path::Path;

use e2e::{Client, Document, Service, blob_files, data_folder, eventually, fsck};

const SLOW_CLIENTS: usize = 200;

/// Some wait in the lobby of the listener, some have a task of their own.
const FIRST_BYTES: [usize; 2] = [5_000, 20_000];

/// Uploads of which only the first bytes were sent.
fn begun(service: &Service) -> Vec<(Client, Document, usize)> {
    let uploads = (0..).zip(FIRST_BYTES.into_iter().cycle()).take(SLOW_CLIENTS);
    uploads
        .map(|(seed, sent)| {
            let (mut client, document) = (service.client(), Document::report(seed, 100_000));
            client.upload_head(&document).unwrap();
            client.write(document.form().split_at(sent).0).unwrap();
            (client, document, sent)
        })
        .collect()
}

fn assert_sound(data: &Path, files: usize) {
    let found = fsck(data);
    assert!(found.sound && found.files == files, "{found:?}");
}

#[test]
fn two_hundred_slow_uploads_do_not_stop_a_normal_one() {
    let folder = data_folder();
    // A busy machine may take long between two pieces of a body.
    let patient = |command: &mut std::process::Command| {
        command.env("DOSSIER_IDLE_TIMEOUT", "10m").env("DOSSIER_RATE_WINDOW", "10m");
    };
    let service = Service::start_with(patient, folder.path());
    let mut slow = begun(&service);
    for size in [100, 1_000_000] {
        let normal = Document::report(1_000, size);
        let id = service.client().upload(&normal).unwrap().created_id();
        assert!(service.client().contents(&id).unwrap().body == normal.content);
    }
    for (client, document, sent) in &mut slow {
        client.write(document.form().split_at(*sent).1).unwrap();
    }
    for (client, ..) in &mut slow {
        assert_eq!(client.read_answer().unwrap().status, 201);
    }
    assert_sound(folder.path(), SLOW_CLIENTS + 2);
    service.stop();
}

#[test]
fn uploads_that_stand_still_are_ended_and_leave_nothing() {
    let folder = data_folder();
    let impatient = |command: &mut std::process::Command| {
        command.env("DOSSIER_IDLE_TIMEOUT", "1s");
    };
    let service = Service::start_with(impatient, folder.path());
    for (mut client, ..) in begun(&service) {
        let answer = client.read_answer().unwrap();
        assert_eq!((answer.status, answer.json()["code"].as_str()), (408, Some("request.timeout")));
    }
    eventually("nothing is left", || blob_files(folder.path()).is_empty());
    assert_sound(folder.path(), 0);
    service.stop();
}
