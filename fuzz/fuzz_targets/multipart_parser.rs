//! Any body, cut in any way: the same events, as many as the body can pay for, and no panic.
//!
//! The first four bytes are the lengths of the chunks, used in turn; 255 means all that is left.

#![no_main]

use bytes::Bytes;
use dossier_multipart::{Boundary, Error, Event, Limits, Parser, PartHead};
use libfuzzer_sys::fuzz_target;

/// A body whose bytes are looked at one by one costs too much when it is longer.
const BYTEWISE_MAX: usize = 4096;

#[derive(Debug, PartialEq)]
struct Outcome {
    parts: Vec<(PartHead, Vec<u8>, bool)>,
    ended: bool,
    error: Option<Error>,
}

fuzz_target!(|input: &[u8]| {
    let Some((lengths, body)) = input.split_first_chunk::<4>() else { return };
    let whole = run(body, &[u8::MAX; 4]);
    assert_eq!(whole, run(body, lengths));
    if body.len() <= BYTEWISE_MAX {
        assert_eq!(whole, run(body, &[1; 4]));
    }
    check(&whole, body);
});

fn run(body: &[u8], lengths: &[u8; 4]) -> Outcome {
    let boundary = Boundary::from_content_type(b"multipart/form-data; boundary=XbX");
    let mut parser = Parser::new(&boundary.expect("a valid boundary"), Limits::default());
    let mut outcome = Outcome { parts: Vec::new(), ended: false, error: None };
    let mut events = 0;
    let mut rest = Bytes::copy_from_slice(body);
    for &length in lengths.iter().cycle() {
        let length = if length == u8::MAX { rest.len() } else { usize::from(length.max(1)) };
        parser.push(rest.split_to(length.min(rest.len())));
        loop {
            match parser.next_event() {
                Ok(Some(event)) => take(&mut outcome, event),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(parser.finish(), Err(error));
                    assert!(!parser.is_finished());
                    outcome.error = Some(error);
                    return outcome;
                }
            }
            events += 1;
            assert!(events <= 2 * body.len() + 2, "more events than bytes can pay for");
        }
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(parser.is_finished(), outcome.ended);
    outcome.error = parser.finish().err();
    outcome
}

fn take(outcome: &mut Outcome, event: Event) {
    assert!(!outcome.ended);
    let open = outcome.parts.last_mut().filter(|(_, _, complete)| !complete);
    match (event, open) {
        (Event::PartStart(head), None) => outcome.parts.push((head, Vec::new(), false)),
        (Event::Data(data), Some((_, content, _))) if !data.is_empty() => {
            content.extend_from_slice(&data);
        }
        (Event::PartEnd, Some((_, _, complete))) => *complete = true,
        (Event::End, None) => outcome.ended = true,
        (event, _) => panic!("{event:?} out of order"),
    }
}

fn check(outcome: &Outcome, body: &[u8]) {
    assert!(outcome.parts.len() <= Limits::default().parts_max);
    assert!(outcome.ended || outcome.error.is_some());
    let mut rest = body;
    for (head, content, complete) in &outcome.parts {
        assert!(!head.name.is_empty());
        assert!(!content.windows(7).any(|window| window == b"\r\n--XbX"));
        let at = rest.windows(content.len().max(1)).position(|window| window == content);
        let at = if content.is_empty() { 0 } else { at.expect("content that was sent") };
        rest = rest.split_at(at + content.len()).1;
        if let (Some(length), true) = (head.content_length, complete) {
            assert_eq!(u64::try_from(content.len()), Ok(length));
        }
    }
}
