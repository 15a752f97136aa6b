use dossier_db::{EventPosition, EventRow, FinishUpload, NewEvent};
use dossier_domain::{BlobId, ClientId, Credential, EventId, FileId, KeyId};

use crate::fixture::{Fixture, at, by, file, ready};

/// Announces something to each of these clients, all at once.
pub(crate) async fn announce(fixture: &Fixture, clients: impl Iterator<Item = ClientId>) {
    let writers: Vec<_> = (0_u128..)
        .zip(clients)
        .map(|(number, client_id)| {
            let id = (u128::from_be_bytes(client_id.to_bytes()) + (number << 32)).to_be_bytes();
            let mut new = file(fixture.client_id, 1);
            new.file_id = FileId::from_bytes(id);
            new.blob_id = BlobId::from_bytes(id);
            let event_id = EventId::from_bytes(id);
            let event = NewEvent { event_id, client_id, ..ready(&new) };
            let (db, told) = (fixture.db.clone(), by(fixture.credential));
            tokio::spawn(async move { db.finish_upload(new, Some(event), None, told).await })
        })
        .collect();
    for writer in writers {
        assert_eq!(writer.await.unwrap(), Ok(FinishUpload::Finished));
    }
}

/// The numbers of the files that are announced after a position.
async fn announced(fixture: &Fixture, after: EventPosition, limit: usize) -> Vec<(i64, EventId)> {
    let rows = fixture.db.list_events(fixture.client_id, after, limit).await.unwrap();
    rows.into_iter().map(|row| (row.position.0, row.event_id)).collect()
}

#[tokio::test]
async fn a_file_is_announced_in_its_own_commit() {
    let fixture = Fixture::new().await;
    let new = file(fixture.client_id, 1);
    let event = ready(&new);
    let finish = |credential| {
        fixture.db.finish_upload(new.clone(), Some(event.clone()), None, by(credential))
    };
    let stranger = Credential::Key(KeyId::from_bytes([9; 16]));
    assert_eq!(finish(stranger).await, Ok(FinishUpload::CredentialRevoked));
    assert_eq!(announced(&fixture, EventPosition(0), 9).await, []);
    assert_eq!(finish(fixture.credential).await, Ok(FinishUpload::Finished));
    assert_eq!(finish(fixture.credential).await, Ok(FinishUpload::AlreadyFinished));
    let rows = fixture.db.list_events(fixture.client_id, EventPosition(0), 9).await.unwrap();
    let read = rows.iter().map(|row| NewEvent {
        event_id: row.event_id,
        client_id: row.client_id,
        kind: row.kind.clone(),
        state: row.state.clone(),
        file_id: row.file_id,
        user_id: row.user_id,
        created_at: row.created_at,
    });
    assert_eq!(read.collect::<Vec<_>>(), [event]);
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_follow_the_commits_of_many_writers_and_no_reader_skips_one() {
    let fixture = Fixture::new().await;
    let writers: Vec<_> = (0..200)
        .map(|number| {
            let (db, credential) = (fixture.db.clone(), fixture.credential);
            let new = file(fixture.client_id, number);
            let event = ready(&new);
            tokio::spawn(async move {
                db.finish_upload(new, Some(event), None, by(credential)).await.unwrap()
            })
        })
        .collect();
    let mut read = Vec::new();
    while read.len() < writers.len() {
        let after = EventPosition(read.last().map_or(0, |(position, _)| *position));
        read.extend(announced(&fixture, after, 7).await);
    }
    assert!(read.is_sorted_by(|a, b| a.0 < b.0));
    for writer in writers {
        assert_eq!(writer.await.unwrap(), FinishUpload::Finished);
    }
    assert_eq!(announced(&fixture, EventPosition(0), 1000).await, read);
}

#[tokio::test]
async fn a_client_reads_its_own_events_after_a_position() {
    let fixture = Fixture::new().await;
    for number in 1..=5 {
        let new = file(fixture.client_id, number);
        let event = ready(&new);
        fixture.db.finish_upload(new, Some(event), None, by(fixture.credential)).await.unwrap();
    }
    let all = announced(&fixture, EventPosition(0), 9).await;
    let ids: Vec<_> = all.iter().map(|(_, id)| id.to_bytes()[0]).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert_eq!(announced(&fixture, EventPosition(all[1].0), 2).await, all[2..4]);
    let stranger = ClientId::from_bytes([2; 16]);
    assert_eq!(fixture.db.list_events(stranger, EventPosition(0), 9).await, Ok(Vec::new()));
    assert_eq!(ready(&file(fixture.client_id, 1)).created_at, at(1));
}

const LARGE: ClientId = ClientId::from_bytes([3; 16]);
const SMALL: ClientId = ClientId::from_bytes([4; 16]);
const RARE: ClientId = ClientId::from_bytes([5; 16]);

/// Compares the lists of all clients, from many positions, with the events that are there.
async fn assert_lists_are_whole(fixture: &Fixture) {
    let mut all = Vec::new();
    for position in 1..=600 {
        all.extend(fixture.db.find_event(EventPosition(position)).await.unwrap());
    }
    let first = all.first().map_or(0, |row: &EventRow| row.position.0);
    for client_id in [LARGE, SMALL, RARE] {
        for after in [0, 1, 126, 127, 128, 129, 255, 300, 599, 600, i64::MAX, first, first + 1] {
            for limit in [1, 7, 1000] {
                let after = EventPosition(after);
                let wanted = |row: &&EventRow| row.client_id == client_id && row.position > after;
                let want: Vec<_> = all.iter().filter(wanted).take(limit).cloned().collect();
                let found = fixture.db.list_events(client_id, after, limit).await.unwrap();
                assert_eq!(found, want, "{client_id} after {after:?}, of those from {first}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_reads_all_of_its_events_among_others_however_many_are_forgotten() {
    let fixture = Fixture::new().await;
    let client = |number| match number {
        n if n % 100 == 7 => RARE,
        n if n % 5 == 0 => SMALL,
        _ => LARGE,
    };
    announce(&fixture, (0..600).map(client)).await;
    assert_lists_are_whole(&fixture).await;
    let mut left = 600;
    while left > 1 {
        let forgotten = fixture.db.prune_events(at(99), 61).await.unwrap();
        assert_eq!(forgotten, 61.min(left - 1));
        left -= forgotten;
        assert_lists_are_whole(&fixture).await;
    }
    assert_eq!(fixture.db.prune_events(at(99), 61).await, Ok(0));
}
