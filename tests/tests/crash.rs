//! What was acknowledged survives `kill -9` at any moment.
//!
//! `E2E_CRASH_CYCLES` sets the number of kills, `E2E_SEED` repeats a run as far as threads permit.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use e2e::{
    Document, Journal, Random, Service, audited_files, data_folder, fsck, fsck_contents, progress,
    setting,
};

/// Files that deletions under load leave.
const FILES_KEPT: usize = 24;
/// Files that deletions before the load leave, so that checking them all stays cheap.
const FILES_MAX: usize = 48;
/// Cycles between two looks with `fsck`, which reads everything.
const CYCLES_PER_FSCK: u64 = 25;

#[test]
fn acknowledged_files_survive_random_kills_under_load() {
    let number = |name| setting(name).map(|value| value.parse().expect("it is a number"));
    let cycles: u64 = number("E2E_CRASH_CYCLES").unwrap_or(8);
    let seed = number("E2E_SEED").unwrap_or_else(Random::fresh_seed);
    progress(&format!("crash: {cycles} cycles, E2E_SEED={seed}"));
    let folder = data_folder();
    let data = folder.path();
    let mut random = Random::new(seed);
    let mut journal = Journal::default();
    for cycle in 1..=cycles {
        let service = Service::start(data);
        journal.verify(&mut service.client(), data);
        for id in journal.surplus(FILES_MAX, &mut random) {
            assert_eq!(journal.delete(&mut service.client(), &id), Some(204));
        }
        load_until_killed(service, &mut journal, &mut random);
        if cycle % CYCLES_PER_FSCK == 0 || cycle == cycles {
            look(&mut journal, data);
            progress(&format!("crash: {cycle} of {cycles} cycles, {journal}"));
        }
    }
    assert!(!journal.is_empty(), "nothing was uploaded");
}

/// Uploads small and large reports and deletes others until the server is killed.
fn load_until_killed(service: Service, journal: &mut Journal, random: &mut Random) {
    let sizes = [20..2_000, 60_000..140_000, 100_000..600_000, 700_000..3_000_000];
    let surplus = journal.surplus(FILES_KEPT, random);
    let mut threads = Vec::new();
    for size in sizes {
        let (mut client, mut random) = (service.client(), Random::new(random.next()));
        threads.push(std::thread::spawn(move || {
            let mut journal = Journal::default();
            loop {
                let seed = random.next() >> 16;
                let document = Document::report(seed, random.within(size.clone()));
                match journal.upload(&mut client, &document) {
                    Some(status) => assert_eq!(status, 201, "no fault but the kill"),
                    None => return journal,
                }
            }
        }));
    }
    let mut client = service.client();
    threads.push(std::thread::spawn(move || {
        let mut journal = Journal::default();
        for id in surplus {
            match journal.delete(&mut client, &id) {
                Some(status) => assert_eq!(status, 204, "no fault but the kill"),
                None => break,
            }
        }
        journal
    }));
    std::thread::sleep(Duration::from_millis(20 + random.next() % 200));
    service.kill();
    for thread in threads {
        journal.merge(thread.join().expect("every answer was as it must be"));
    }
}

/// Restarts once more, compares everything, and stops without force.
fn look(journal: &mut Journal, data: &Path) {
    let service = Service::start(data);
    journal.verify(&mut service.client(), data);
    let beside = fsck(data);
    assert!(beside.sound && beside.files == journal.len(), "{beside:?}");
    assert_eq!(audited_files(data), journal.ids(), "the audit tells of other files");
    let events = service.client().events();
    let told: HashSet<_> = events.iter().map(|event| event["data"]["file_id"].as_str()).collect();
    assert_eq!(told.len(), events.len(), "a file was announced twice");
    let untold = |id: &&String| !told.contains(&Some(id.as_str()));
    assert_eq!(journal.ids().iter().find(untold), None, "a file was not announced");
    service.stop();
    let after = fsck_contents(data);
    assert!(after.sound && after.files == journal.len(), "{after:?}");
}
