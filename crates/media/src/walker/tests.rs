use dossier_testkit::{jpeg, json, png};
use proptest::prelude::*;

use super::*;
use crate::MediaType;

fn walker() -> Walker {
    Walker::new(Limits::default(), Budget::new(0))
}

fn settle(walker: Walker) -> Findings {
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(_) => panic!("a second pass"),
    }
}

#[test]
fn a_budget_gives_no_more_than_it_has_and_takes_it_back() {
    let budget = Budget::new(100);
    let most = budget.take(60).unwrap();
    assert!(budget.take(41).is_none());
    let rest = budget.clone().take(40).unwrap();
    assert!(budget.take(1).is_none());
    drop((most, rest));
    assert!(budget.take(100).is_some());
}

#[test]
fn nothing_is_unknown() {
    let findings = settle(walker());
    assert_eq!(findings, Findings::new(Kind::Unknown));
}

#[test]
fn the_kind_is_known_as_soon_as_the_head_is_there() {
    let mut walker = walker();
    let picture = jpeg::large(5000);
    let (head, rest) = picture.split_at(HEAD_MAX);
    assert!(walker.push(&head[..HEAD_MAX - 1]).is_continue());
    assert_eq!(walker.kind(), Kind::Unknown);
    assert!(walker.push(&head[HEAD_MAX - 1..]).is_continue());
    assert_eq!(walker.kind(), Kind::Known(MediaType::Jpeg));
    assert!(walker.push(rest).is_continue());
}

#[test]
fn a_foreign_format_ends_the_walk_at_its_head() {
    let mut walker = walker();
    assert!(walker.push(&b"GIF89a".repeat(1000)).is_break());
    assert!(walker.push(b"more").is_break());
    let findings = settle(walker);
    assert!(matches!(findings.kind, Kind::Foreign(gif) if gif.name == "GIF"));
    assert_eq!(findings.faults, []);
}

#[test]
fn a_fault_ends_the_walk_whatever_follows() {
    let mut broken = png::grey(300, 300);
    broken[29] ^= 1;
    broken.resize(5000, 0);
    let mut walker = walker();
    assert!(walker.push(&broken).is_break());
    assert!(walker.push(b"%PDF-1.4").is_break());
    assert_eq!(settle(walker).faults.len(), 1);
}

#[test]
fn an_archive_behind_json_blanks_is_not_hidden_by_the_order_of_faults() {
    let mut walker = walker();
    let mut text = json::object(300);
    text.extend(b"PK\x05\x06");
    assert!(walker.push(&text).is_break());
    assert_eq!(settle(walker).faults.len(), 1);
}

proptest! {
    #[test]
    fn changed_bytes_never_make_the_chunks_matter(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        size in 1_usize..3000,
    ) {
        let files = [jpeg::grey(200, 200), png::grey(60, 60), json::records(3000)];
        let mut bytes = files[which].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let read = |size: usize| {
            let mut walker = walker();
            let _refused = bytes.chunks(size).try_for_each(|piece| walker.push(piece));
            settle(walker)
        };
        prop_assert_eq!(read(size), read(bytes.len()));
    }
}
