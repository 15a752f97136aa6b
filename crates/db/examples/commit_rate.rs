//! How many finished uploads a second the database commits, by the number of callers.
//!
//! `cargo run --release -p dossier-db --example commit_rate -- FOLDER [SECONDS]`. The folder must
//! be on the disk that is to be measured.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dossier_db::{
    Db, FinishUpload, NewAuditEntry, NewClient, NewEvent, NewFile, NewKey, NewRootVersion, Options,
    RootVersion,
};
use dossier_domain::{
    AuditAction, AuditActor, AuditEntryId, AuditObject, BlobId, ByteCount, ClientId, EventId,
    FileId, KeyId, Scopes, Timestamp,
};

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: commit_rate FOLDER [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    for callers in [1, 16, 64, 256] {
        let path = Path::new(&folder).join(format!("commit_rate_{callers}.sqlite"));
        let db = Db::open(&path, Options::server())?;
        let probing = db.clone();
        let probe = move |_| {
            let db = probing.clone();
            async move { db.probe().await.is_ok() }
        };
        let probes = rate(callers, seconds, probe).await?;
        prepare(&db).await?;
        let upload = move |number| {
            let db = db.clone();
            async move {
                let file = file(number);
                let event = Some(ready(&file));
                let finished = db.finish_upload(file, event, None, entry(number));
                finished.await == Ok(FinishUpload::Finished)
            }
        };
        let uploads = rate(callers, seconds, upload).await?;
        println!("{callers:>4} callers: {uploads:>6} uploads/s, {probes:>6} small batches/s");
    }
    Ok(())
}

/// Calls `call` from `callers` tasks for some seconds; each call gets a number of its own.
async fn rate<F>(
    callers: u64,
    seconds: u64,
    call: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Result<u64, Box<dyn Error>>
where
    F: Future<Output = bool> + Send,
{
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (stop, calls, call) = (Arc::clone(&stop), Arc::clone(&calls), call.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if !call(calls.fetch_add(1, Ordering::Relaxed)).await {
                        return Err("a write failed");
                    }
                }
                Ok(())
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await??;
    }
    let milliseconds = u64::try_from(started.elapsed().as_millis())?;
    Ok(calls.load(Ordering::Relaxed) * 1000 / milliseconds.max(1))
}

async fn prepare(db: &Db) -> Result<(), Box<dyn Error>> {
    let root_version = RootVersion(1);
    db.insert_root_version(NewRootVersion {
        version: root_version,
        check_value: vec![1; 32],
        created_at: NOW,
    })
    .await?;
    let client = NewClient {
        client_id: ClientId::from_bytes([1; 16]),
        name: "measured".to_owned(),
        wrapped_key: vec![1; 60],
        root_version,
        created_at: NOW,
        entry: entry(0),
    };
    let key = NewKey {
        key_id: KeyId::from_bytes([1; 16]),
        secret_hash: [1; 32],
        hint: "dsk_1".to_owned(),
        scopes: Scopes::all(),
        created_at: NOW,
    };
    db.insert_client_and_key(client, key, entry(0)).await?;
    Ok(())
}

fn ready(file: &NewFile) -> NewEvent {
    NewEvent {
        event_id: EventId::from_bytes(file.file_id.to_bytes()),
        client_id: file.client_id,
        kind: "file.ready".to_owned(),
        state: file.status.clone(),
        file_id: Some(file.file_id),
        user_id: None,
        created_at: file.created_at,
    }
}

fn id(number: u64) -> [u8; 16] {
    let mut bytes = [7; 16];
    let (first, _) = bytes.split_at_mut(8);
    first.copy_from_slice(&number.to_be_bytes());
    bytes
}

fn entry(number: u64) -> NewAuditEntry {
    NewAuditEntry {
        entry_id: AuditEntryId::from_bytes(id(number)),
        at: NOW,
        actor: AuditActor::Key(KeyId::from_bytes([1; 16])),
        action: AuditAction::FileCreated,
        object: AuditObject::File(FileId::from_bytes(id(number))),
        request_id: None,
    }
}

/// File ids follow time and blob ids follow nothing, as in the product.
fn file(number: u64) -> NewFile {
    NewFile {
        file_id: FileId::from_bytes(id(number)),
        client_id: ClientId::from_bytes([1; 16]),
        purpose: "passport".to_owned(),
        name: "passport, both pages.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        size: ByteCount(100_000),
        sha256: [3; 32],
        status: "ready".to_owned(),
        checked: "structure".to_owned(),
        warnings: "[]".to_owned(),
        facts: Some("{\"width\":3000,\"height\":2000}".to_owned()),
        created_at: NOW,
        blob_id: BlobId::from_bytes(id(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        location: "files/3f/3f2a7b8c9d0e4f1a".to_owned(),
        wrapped_key: vec![9; 60],
        key_holder: "client:1".to_owned(),
    }
}
