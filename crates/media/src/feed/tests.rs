use proptest::prelude::*;

use super::*;

/// What a walker asks for next, given by the byte it stands on.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Consume(usize),
    See(usize),
    Skip(u64),
    Done,
    Fail,
}

/// Follows a script and writes down what it was shown where, never how much at once.
#[derive(Debug)]
struct Scripted {
    script: Vec<Ask>,
    seen: Vec<(u64, Vec<u8>)>,
}

impl Walk for Scripted {
    fn step(&mut self, at: u64, bytes: &[u8]) -> Result<Step, Fault> {
        assert!(!bytes.is_empty(), "a step is never shown nothing");
        let Some(ask) = self.script.last().copied() else {
            return Ok(Step::Consumed(bytes.len()));
        };
        let (see, step) = match ask {
            Ask::Consume(n) => (n, Step::Consumed(n)),
            Ask::See(n) => (n, Step::Consumed(1)),
            Ask::Skip(n) => (1, Step::Skip(n)),
            Ask::Done => (1, Step::Done),
            Ask::Fail => return Err(Fault::Malformed("scripted")),
        };
        if bytes.len() < see {
            return Ok(Step::Need(see));
        }
        self.script.pop();
        self.seen.push((at, bytes[..see].to_vec()));
        Ok(step)
    }
}

type Outcome = (Vec<(u64, Vec<u8>)>, Result<End, Fault>);

fn run(script: &[Ask], bytes: &[u8], sizes: &[usize]) -> Outcome {
    let script = script.iter().rev().copied().collect();
    let mut feed = Feed::new(Scripted { script, seen: Vec::new() });
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*size));
        if let Err(fault) = feed.push(now) {
            return (feed.walk.seen, Err(fault));
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let end = feed.finish();
    (feed.walk.seen, Ok(end))
}

fn numbered(len: usize) -> Vec<u8> {
    (0..=255).cycle().take(len).collect()
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        8 => (1_usize..40).prop_map(Ask::Consume),
        8 => (1_usize..40).prop_map(Ask::See),
        4 => (0_u64..60).prop_map(Ask::Skip),
        1 => Just(Ask::Done),
        1 => Just(Ask::Fail),
    ]
}

proptest! {
    #[test]
    fn chunks_do_not_matter(
        script in prop::collection::vec(ask(), 0..30),
        len in 1_usize..400,
        sizes in prop::collection::vec(1_usize..50, 1..12),
    ) {
        let bytes = numbered(len);
        prop_assert_eq!(run(&script, &bytes, &sizes), run(&script, &bytes, &[len]));
    }
}

#[test]
fn a_need_at_the_cap_is_met_from_single_bytes() {
    let bytes = numbered(NEED_MAX + 1);
    let (seen, end) = run(&[Ask::See(NEED_MAX), Ask::Consume(1)], &bytes, &[1]);
    assert_eq!(seen, [(0, bytes[..NEED_MAX].to_vec()), (1, vec![1])]);
    assert_eq!(end, Ok(End::AtBoundary));
}

#[test]
fn the_end_is_short_when_more_was_awaited() {
    let bytes = numbered(10);
    assert_eq!(run(&[Ask::Consume(11)], &bytes, &[3]).1, Ok(End::Short));
    assert_eq!(run(&[Ask::Skip(11)], &bytes, &[3]).1, Ok(End::Short));
    assert_eq!(run(&[Ask::Skip(u64::MAX)], &bytes, &[3]).1, Ok(End::Short));
    assert_eq!(run(&[Ask::Skip(10)], &bytes, &[3]).1, Ok(End::AtBoundary));
    assert_eq!(run(&[Ask::Consume(10)], &bytes, &[3]).1, Ok(End::AtBoundary));
    assert_eq!(run(&[Ask::Done], &bytes, &[3]).1, Ok(End::Done));
}
