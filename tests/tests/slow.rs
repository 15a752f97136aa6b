//! Slow clients do not stand in the way of others.

use e2e::{Client, Document, Service, data_folder, fsck};

const SLOW_CLIENTS: u64 = 200;

#[test]
fn two_hundred_slow_uploads_do_not_stop_a_normal_one() {
    let folder = data_folder();
    // A busy machine may take long between two pieces of a body.
    let patient = |command: &mut std::process::Command| {
        command.env("DOSSIER_IDLE_TIMEOUT", "10m").env("DOSSIER_RATE_WINDOW", "10m");
    };
    let service = Service::start_with(patient, folder.path());
    let mut slow: Vec<(Client, Document)> =
        (0..SLOW_CLIENTS).map(|seed| (service.client(), Document::report(seed, 100_000))).collect();
    for (client, document) in &mut slow {
        client.upload_head(document).unwrap();
        client.write(document.form().split_at(5_000).0).unwrap();
    }
    for size in [100, 1_000_000] {
        let normal = Document::report(1_000, size);
        let id = service.client().upload(&normal).unwrap().created_id();
        assert!(service.client().contents(&id).unwrap().body == normal.content);
    }
    for (client, document) in &mut slow {
        client.write(document.form().split_at(5_000).1).unwrap();
    }
    for (client, _) in &mut slow {
        assert_eq!(client.read_answer().unwrap().status, 201);
    }
    let found = fsck(folder.path());
    assert!(found.sound && found.files == 202, "{found:?}");
    service.stop();
}
