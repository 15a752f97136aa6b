//! What every backend of the store must do. Each method of the crate is called here.

mod common;

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::{
    Keep, begin, blob, chunks, files, key, open, open_with, opener, read, sealer, store, text,
};
use dossier_blobs::{
    Blobs, Flight, LocalOptions, Location, Page, Published, ReadError, StageError, Staging, Stored,
    StoredMark,
};
use dossier_domain::{BlobId, ByteCount, TideMark};
use dossier_seal::{Layout, OpenError, Opener, Sha256};
use futures_util::{Stream, StreamExt, stream};
use proptest::prelude::*;

/// Lengths of text around every edge of rows and buffers.
const EDGES: [usize; 20] = [
    0, 1, 4_016, 4_017, 65_455, 65_456, 65_457, 130_976, 130_977, 262_015, 262_016, 262_017,
    262_018, 300_000, 1_048_255, 1_048_256, 1_048_257, 2_096_576, 2_096_577, 3_000_000,
];

#[tokio::test]
async fn what_was_published_is_read_back_at_every_edge() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    for (n, len) in (1..).zip(EDGES) {
        let text = text(len);
        let published = store(&blobs, n, &text, 50_000).await;
        let all = read(&blobs, published.location(), opener(n, len), 0..u64::MAX).await;
        assert!(all.1.is_none() && all.0 == text, "{len}");
        let found = blobs.find(published.location()).await.unwrap().unwrap();
        assert_eq!(found.blob, blob(n));
        assert!(found.has_the_length_of(ByteCount(len as u64)), "{len}");
        assert_eq!(found.stored.get() % 4096, 0, "direct writes know nothing smaller");
    }
}

/// The text of blob `n` in pieces between which others have their turn.
fn turns(n: u8, len: usize) -> (Vec<u8>, impl Stream<Item = Result<Bytes, Infallible>> + Unpin) {
    let own: Vec<_> = text(len).into_iter().map(|byte| byte ^ n).collect();
    let chunks = chunks(&own, 40_000 + 10_000 * usize::from(n % 4)).then(|chunk| async {
        tokio::task::yield_now().await;
        chunk
    });
    (own, Box::pin(chunks))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uploads_side_by_side_keep_apart() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    // More than cores, so that they help each other; some in step, some not.
    let lens = [3_000_000, 3_000_000, 200_000, 2_096_576, 262_017, 70_000, 3_000_001, 1];
    let count = std::thread::available_parallelism().unwrap().get().max(2 * lens.len());
    let flights: Vec<_> = (1..).take(count).map(|n| (n, begin(&blobs, n))).collect();
    let uploads = flights.into_iter().zip(lens.into_iter().cycle()).map(|((n, flight), len)| {
        let blobs = blobs.clone();
        tokio::spawn(async move {
            let (own, mut chunks) = turns(n, len);
            let staging = blobs.stage(flight, sealer(n), &mut chunks, Keep::all()).await.unwrap();
            let Staging::Whole { staged, tap } = staging else { panic!("stopped") };
            assert!(tap.seen == own, "{n}");
            assert_eq!(staged.sha256(), Sha256::of(&own), "{n}");
            let published = staged.publish().await.unwrap();
            let all = read(&blobs, published.location(), opener(n, len), 0..u64::MAX).await;
            assert!(all.1.is_none() && all.0 == own, "{n}");
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.await.unwrap();
    }
}

#[tokio::test]
async fn an_upload_whose_company_comes_and_goes_is_stored_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let cores = std::thread::available_parallelism().unwrap().get();
    for every in [1, 3, 7, 20] {
        let (own, chunks) = turns(1, 9_000_000);
        let mut others: Vec<Flight> = Vec::new();
        let mut count = 0;
        let mut chunks = chunks.inspect(|_| {
            count += 1;
            if count % every == 0 {
                if others.is_empty() {
                    others.extend((2..).take(cores).map(|n| begin(&blobs, n)));
                } else {
                    others.clear();
                }
            }
        });
        let staging = blobs.stage(begin(&blobs, 1), sealer(1), &mut chunks, Keep::all()).await;
        let Staging::Whole { staged, .. } = staging.unwrap() else { panic!("stopped") };
        assert_eq!(staged.sha256(), Sha256::of(&own), "{every}");
        let published = staged.publish().await.unwrap();
        let all = read(&blobs, published.location(), opener(1, own.len()), 0..u64::MAX).await;
        assert!(all.1.is_none() && all.0 == own, "{every}");
        blobs.erase(published.location()).await.unwrap();
    }
}

#[tokio::test]
async fn a_range_gives_its_own_bytes_and_no_others() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let text = text(400_000);
    let published = store(&blobs, 1, &text, 70_000).await;
    let edges =
        [0, 1, 65_455, 65_456, 65_457, 130_975, 130_976, 196_495, 196_496, 262_016, 400_000];
    for start in edges {
        for end in edges.into_iter().chain([start + 1, 400_001]) {
            let range = start as u64..end as u64;
            let (got, error) = read(&blobs, published.location(), opener(1, 400_000), range).await;
            let want = text.get(start..end.min(text.len())).unwrap_or_default();
            assert!(error.is_none() && got == want, "{start}..{end}");
        }
    }
}

#[tokio::test]
async fn a_blob_has_no_place_on_the_disk_before_its_rows_overflow_and_none_after_it_is_abandoned() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    for (len, files_then) in [(262_017, 0), (1_048_256, 0), (1_048_257, 1), (2_000_000, 1)] {
        for abandon in [true, false] {
            let staging = blobs
                .stage(begin(&blobs, 1), sealer(1), &mut chunks(&text(len), 65_536), Keep::all())
                .await;
            let Staging::Whole { staged, .. } = staging.unwrap() else { panic!("stopped") };
            assert_eq!(files(temp.path()).len(), files_then, "{len}");
            assert!(blobs.is_in_flight(blob(1)));
            if abandon {
                staged.abandon().await
            } else {
                drop(staged)
            }
            assert_eq!(files(temp.path()), Vec::<std::path::PathBuf>::new());
            assert!(!blobs.is_in_flight(blob(1)));
        }
    }
}

#[tokio::test]
async fn a_blob_is_in_flight_until_its_publication_is_dropped() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let published = store(&blobs, 1, &text(10), 10).await;
    assert!(blobs.is_in_flight(blob(1)));
    let again = blobs.begin(|| blob(1)).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    assert!(blobs.is_in_flight(blob(1)), "a second writer does not end the first one's flight");
    drop(published);
    assert!(!blobs.is_in_flight(blob(1)));
}

/// A store that makes names ahead, once the first of them are ready.
async fn with_names_ready(root: &std::path::Path) -> Blobs {
    let blobs = open_with(root, LocalOptions { names_ahead: 32, ..LocalOptions::default() });
    drop(begin_next(&blobs));
    // A name is there before its folder is synced, and ready after that.
    while files(root).len() < 32 || !files(root).iter().all(|file| blobs.is_in_flight(id_of(file)))
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    blobs
}

/// Begins an upload with the next of the ids that the tests have.
fn begin_next(blobs: &Blobs) -> Flight {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    blobs.begin(|| blob(NEXT.fetch_add(1, Ordering::Relaxed))).expect("the id is new")
}

fn id_of(file: &std::path::Path) -> BlobId {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a file has a name");
    BlobId::from_bytes(u128::from_str_radix(name, 16).expect("of digits").to_be_bytes())
}

async fn store_as(blobs: &Blobs, flight: Flight, text: &[u8]) -> (u8, Published) {
    let [n, ..] = flight.blob().to_bytes();
    let staging = blobs.stage(flight, sealer(n), &mut chunks(text, 65_536), Keep::all()).await;
    let Ok(Staging::Whole { staged, .. }) = staging else { panic!("not staged") };
    (n, staged.publish().await.expect("the blob is published"))
}

#[tokio::test]
async fn an_upload_takes_a_name_that_is_ready() {
    for len in [100, 1_000_000] {
        let temp = tempfile::tempdir().unwrap();
        let blobs = with_names_ready(temp.path()).await;
        let flight = begin_next(&blobs);
        assert!(files(temp.path()).iter().any(|file| id_of(file) == flight.blob()));
        let (n, published) = store_as(&blobs, flight, &text(len)).await;
        let location = published.location();
        let (got, _) = read(&blobs, location, opener(n, len), 0..len as u64).await;
        assert!(got == text(len));
        let found = blobs.find(location).await.unwrap().unwrap();
        assert!(!found.is_empty() && found.has_the_length_of(ByteCount(len as u64)));
    }
}

#[tokio::test]
async fn a_name_that_was_not_needed_is_ready_again() {
    for (len, max) in [(7, 0), (300_000, 290_000)] {
        let temp = tempfile::tempdir().unwrap();
        let blobs = with_names_ready(temp.path()).await;
        let flight = begin_next(&blobs);
        let blob = flight.blob();
        let tap = Keep { seen: Vec::new(), max };
        let staging = blobs.stage(flight, sealer(1), &mut chunks(&text(len), 9_000), tap).await;
        assert!(matches!(staging, Ok(Staging::Stopped { .. })));
        assert!(blobs.is_in_flight(blob));
        assert_eq!(begin_next(&blobs).blob(), blob, "{len}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_erased_is_made_anew() {
    for len in [100, 1_000_000] {
        let temp = tempfile::tempdir().unwrap();
        let blobs = with_names_ready(temp.path()).await;
        let folder = files(temp.path()).pop().unwrap().parent().unwrap().to_owned();
        std::fs::remove_dir_all(folder).unwrap();
        let (n, published) = store_as(&blobs, begin_next(&blobs), &text(len)).await;
        let (got, _) = read(&blobs, published.location(), opener(n, len), 0..len as u64).await;
        assert!(got == text(len));
    }
}

#[tokio::test]
async fn names_that_are_ready_are_empty_and_go_with_the_store() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = with_names_ready(temp.path()).await;
    let page = blobs.walk().await.unwrap().next_page().await.unwrap().unwrap();
    assert!(page.stored.len() == 32 && page.stored.iter().all(Stored::is_empty));
    drop(blobs);
    assert!(files(temp.path()).is_empty());
}

#[tokio::test]
async fn an_id_is_never_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let location = store(&blobs, 1, &text(10), 10).await.location().clone();
    let staging = blobs.stage(begin(&blobs, 1), sealer(1), &mut chunks(b"x", 1), Keep::all()).await;
    let Staging::Whole { staged, .. } = staging.unwrap() else { panic!("stopped") };
    assert!(staged.publish().await.is_err());
    assert_eq!(read(&blobs, &location, opener(1, 10), 0..10).await.0, text(10));
}

#[tokio::test]
async fn a_tap_that_breaks_off_stops_the_reading_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    for max in [0, 100, 300_000, 1_000_000, 4_999_999] {
        let mut read = 0;
        let text = text(5_000_000);
        let mut chunks = chunks(&text, 10_000).inspect(|_| read += 1);
        let tap = Keep { seen: Vec::new(), max };
        let staging = blobs.stage(begin(&blobs, 1), sealer(1), &mut chunks, tap).await.unwrap();
        let Staging::Stopped { tap } = staging else { panic!("the tap broke off") };
        assert!(tap.seen.len() > max && tap.seen[..] == text[..tap.seen.len()]);
        // At most two buffers of 1 MiB are received past the break.
        assert!(read * 10_000 < max + (2 << 20) + 300_000, "{read} chunks for {max}");
        assert!(files(temp.path()).is_empty() && !blobs.is_in_flight(blob(1)));
    }
}

#[tokio::test]
async fn a_stream_that_fails_leaves_nothing_and_says_why() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    for len in [0, 10, 262_016, 262_017, 3_000_000] {
        let good = chunks(&text(len), 65_536).map(|chunk| chunk.map_err(|never| match never {}));
        let mut chunks = good.chain(stream::iter([Err("gone")]));
        let result = blobs.stage(begin(&blobs, 1), sealer(1), &mut chunks, Keep::all()).await;
        assert!(matches!(result, Err(StageError::Source("gone"))), "{len}");
        assert!(files(temp.path()).is_empty() && !blobs.is_in_flight(blob(1)));
    }
}

#[tokio::test]
async fn a_stage_that_is_dropped_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let mut chunks = chunks(&text(3_000_000), 65_536).chain(stream::pending());
    let stage = blobs.stage(begin(&blobs, 1), sealer(1), &mut chunks, Keep::all());
    assert!(tokio::time::timeout(Duration::from_millis(300), stage).await.is_err());
    assert!(!blobs.is_in_flight(blob(1)));
    // The blocking thread may be in the middle of a write; it erases the file when it is done.
    for _ in 0..1_000 {
        if files(temp.path()).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the file is still there");
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_slow_upload_is_renewed() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let slow = stream::unfold(0_u32, |n| async move {
        tokio::time::sleep(Duration::from_secs(u64::from(n.min(1)) * 45)).await;
        (n < 4).then(|| (Ok::<_, io::Error>(Bytes::from(text(2_400_000 >> (8 * n.min(1))))), n + 1))
    });
    let (root, mut ages) = (temp.path().to_owned(), Vec::new());
    let mut slow = Box::pin(slow.inspect(|_| {
        // Real time stands still here, so an old age is given by hand and must be young later.
        for path in files(&root) {
            let file = std::fs::File::options().write(true).open(path).unwrap();
            ages.push(file.metadata().unwrap().modified().unwrap());
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
    }));
    let staging = blobs.stage(begin(&blobs, 1), sealer(1), &mut slow, Keep::all()).await.unwrap();
    assert!(matches!(staging, Staging::Whole { .. }));
    drop(slow);
    let renewed = ages.iter().filter(|age| **age > std::time::UNIX_EPOCH).count();
    assert!(ages.len() >= 2 && renewed >= 2, "{ages:?}");
}

#[tokio::test]
async fn erasing_twice_is_as_good_as_once_and_reading_then_says_missing() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let location = store(&blobs, 1, &text(10), 10).await.location().clone();
    for _ in 0..2 {
        blobs.erase(&location).await.unwrap();
        assert_eq!(blobs.find(&location).await.unwrap(), None);
        let (got, error) = read(&blobs, &location, opener(1, 10), 0..10).await;
        assert!(got.is_empty() && matches!(error, Some(ReadError::Missing)));
    }
    assert!(files(temp.path()).is_empty());
}

#[tokio::test]
async fn a_list_names_every_blob_once_and_counts_what_is_not_ours() {
    let temp = tempfile::tempdir().unwrap();
    let mut want = Vec::new();
    for n in 1..=20 {
        // A new store has a new turn, and so another folder.
        let published = store(&open(temp.path()), n, &text(usize::from(n)), 10).await;
        want.push((published.location().clone(), blob(n), ByteCount(4_096)));
    }
    let blobs = open(temp.path());
    let (_, folder) = (temp.path(), files(temp.path())[0].parent().unwrap().to_owned());
    std::fs::write(temp.path().join("lost+found"), "").unwrap();
    std::fs::write(folder.join("notes.txt"), "").unwrap();
    std::fs::create_dir(folder.join("0".repeat(32))).unwrap();

    let (mut got, mut strangers, mut pages) = (Vec::new(), 0, 0);
    let mut walk = blobs.walk().await.unwrap();
    while let Some(page) = walk.next_page().await.unwrap() {
        pages += 1;
        strangers += page.strangers;
        for found in page.stored {
            let age = found.modified.micros() - 1_600_000_000_000_000;
            assert!(age > 0, "the time is in microseconds");
            got.push((found.location, found.blob, found.stored));
        }
    }
    assert_eq!((walk.next_page().await.unwrap(), pages), (None, 20), "a folder is a page");
    got.sort_by_key(|(_, blob, _)| *blob);
    assert_eq!((got, strangers), (want, 3));
}

#[tokio::test]
async fn a_walk_through_a_store_without_a_folder_still_counts_what_is_not_ours() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    assert_eq!(blobs.walk().await.unwrap().next_page().await.unwrap(), None);
    std::fs::write(temp.path().join("lost+found"), "").unwrap();
    let page = blobs.walk().await.unwrap().next_page().await.unwrap();
    assert_eq!(page, Some(Page { stored: Vec::new(), strangers: 1 }));
}

#[tokio::test]
async fn the_tide_mark_is_the_last_that_was_stored_and_no_stranger() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    assert_eq!(blobs.find_tide_mark().await.unwrap(), StoredMark::Absent);
    for n in [1, 2, 2] {
        let mark = TideMark::from_bytes([n; 16]);
        blobs.store_tide_mark(mark).await.unwrap();
        assert_eq!(open(temp.path()).find_tide_mark().await.unwrap(), StoredMark::Mark(mark));
    }
    assert_eq!(blobs.walk().await.unwrap().next_page().await.unwrap(), None);
    let [path] = files(temp.path()).try_into().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for text in [String::new(), "x".repeat(37), "x".repeat(4_000)] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(blobs.find_tide_mark().await.unwrap(), StoredMark::Unreadable);
    }
}

#[tokio::test]
async fn a_probe_says_whether_bytes_are_taken_and_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("root");
    let blobs = open(&root);
    blobs.probe().await.unwrap();
    assert!(files(&root).is_empty());
    std::fs::remove_dir(&root).unwrap();
    assert!(blobs.probe().await.is_err());
}

#[tokio::test]
async fn a_location_survives_the_database() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let location = store(&blobs, 1, &text(10), 10).await.location().to_string();
    let location: Location = location.parse().unwrap();
    assert_eq!(read(&open(temp.path()), &location, opener(1, 10), 0..10).await.0, text(10));
}

#[tokio::test]
async fn folders_and_files_are_for_the_owner_alone() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("made/by/open");
    let blobs = open(&root);
    for (n, len) in [(1, 10), (2, 1_000_000)] {
        drop(store(&blobs, n, &text(len), 65_536).await);
    }
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    for file in files(&root) {
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
}

#[tokio::test]
async fn damage_is_found_and_not_one_wrong_byte_is_given_out() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let text = text(400_000);
    let location = store(&blobs, 1, &text, 65_536).await.location().clone();
    let path = files(temp.path()).remove(0);
    let good = std::fs::read(&path).unwrap();
    let sealed = usize::try_from(Layout::of_text(400_000).unwrap().sealed_len()).unwrap();
    for at in (0..64).step_by(7).chain((64..sealed).step_by(9_973)).chain([sealed - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, bad).unwrap();
        let (got, error) = read(&blobs, &location, opener(1, text.len()), 0..400_000).await;
        assert!(matches!(error, Some(ReadError::Damaged(_))), "byte {at}");
        assert!(got == text[..got.len()] && got.len() <= at, "byte {at}");
    }
    for cut in [0, 1, 63, 80, 65_535, 65_536, 65_537, 393_216, good.len() - 1] {
        std::fs::write(&path, &good[..cut]).unwrap();
        let (got, error) = read(&blobs, &location, opener(1, text.len()), 0..10).await;
        assert!(matches!(error, Some(ReadError::Damaged(OpenError::Length))), "cut at {cut}");
        assert!(got.is_empty());
    }
    let mut swapped = good.clone();
    swapped[65_536..196_608].rotate_left(65_536);
    std::fs::write(&path, swapped).unwrap();
    let (got, error) = read(&blobs, &location, opener(1, text.len()), 70_000..80_000).await;
    assert!(got.is_empty() && matches!(error, Some(ReadError::Damaged(OpenError::Row))));
    std::fs::write(&path, good).unwrap();
    assert!(read(&blobs, &location, opener(1, text.len()), 0..400_000).await.1.is_none());
}

#[tokio::test]
async fn the_bytes_of_another_blob_are_not_taken_for_this_one() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let first = store(&blobs, 1, &text(1_000), 1_000).await.location().clone();
    let second = store(&blobs, 2, &text(1_000), 1_000).await.location().clone();
    let path = |location: &Location| temp.path().join(location.to_string());
    std::fs::copy(path(&second), path(&first)).unwrap();
    let (got, error) = read(&blobs, &first, opener(1, 1_000), 0..1_000).await;
    assert!(got.is_empty() && matches!(error, Some(ReadError::Damaged(OpenError::Header))));
    let wrong_key = Opener::new(&key(9), blob(2).to_bytes(), 1_000).unwrap();
    let (got, error) = read(&blobs, &second, wrong_key, 0..1_000).await;
    assert!(got.is_empty() && matches!(error, Some(ReadError::Damaged(OpenError::Row))));
}

#[tokio::test]
async fn many_uploads_at_once_do_not_mix() {
    let temp = tempfile::tempdir().unwrap();
    let blobs = open(temp.path());
    let uploads = (1..=40_u8).map(|n| {
        let blobs = blobs.clone();
        tokio::spawn(async move {
            let text = text(usize::from(n) * 17_001);
            let published = store(&blobs, n, &text, 9_000 + usize::from(n)).await;
            let len = text.len();
            let (got, error) =
                read(&blobs, published.location(), opener(n, len), 0..u64::MAX).await;
            assert!(error.is_none() && got == text);
        })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.await.unwrap();
    }
    assert_eq!(files(temp.path()).len(), 40);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_stored_bytes_do_not_depend_on_how_the_text_came(
        len in prop_oneof![0_usize..5_000, 60_000_usize..70_000, 260_000_usize..264_000,
            Just(1_400_000_usize)],
        piece in 1_usize..100_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let text = text(len);
            let mut stored = Vec::new();
            for piece in [piece.max(len / 500), len.max(1)] {
                let temp = tempfile::tempdir().unwrap();
                drop(store(&open(temp.path()), 1, &text, piece).await);
                stored.push(std::fs::read(&files(temp.path())[0]).unwrap());
            }
            assert!(stored[0] == stored[1]);
        });
    }
}
