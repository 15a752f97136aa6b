//! However a body is cut into chunks, the parser says the same.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{CONTENT_TYPE, Outcome, run, run_chunks};

const BODY: &str = "\r\n--XbX \t\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\
                    other\r\n--XbX\r\nContent-Disposition: form-data; name=\"file\"; \
                    filename*=UTF-8''%E2%82%AC.json\r\nContent-Type: application/json\r\n\
                    Content-Length: 44\r\n\r\n\
                    [\"\r\n--Xb\r\n--XbY \r\r\n \r \n--XbX --XbX\r\n-\r\n--X\"]\
                    \r\n--XbX\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n\
                    --XbX--\r\n ";

/// Cuts a body at these places, taken modulo its length.
fn run_cut(body: &[u8], cuts: &[usize]) -> Outcome {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).collect();
    places.sort_unstable();
    let mut rest = body;
    let mut taken = 0;
    let mut chunks = Vec::new();
    for place in places {
        let (chunk, after) = rest.split_at(place - taken);
        chunks.push(chunk);
        (rest, taken) = (after, place);
    }
    chunks.push(rest);
    run_chunks(CONTENT_TYPE, chunks)
}

#[test]
fn a_valid_body_may_be_split_at_any_place() {
    let whole = run(BODY.as_bytes());
    assert_eq!(whole.clone().sound().len(), 3);
    for first in 0..=BODY.len() {
        assert_eq!(run_cut(BODY.as_bytes(), &[first]), whole, "split at {first}");
    }
}

#[test]
fn a_valid_body_may_be_split_at_any_two_places() {
    let whole = run(BODY.as_bytes());
    for first in 0..=BODY.len() {
        for second in first..=(first + 12).min(BODY.len()) {
            let outcome = run_cut(BODY.as_bytes(), &[first, second]);
            assert_eq!(outcome, whole, "split at {first} and {second}");
        }
    }
}

/// Pieces that mean something to the parser, so that random bodies get far.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let tokens: [&[u8]; 24] = [
        b"--XbX",
        b"\r\n--XbX",
        b"\r\n",
        b"\r",
        b"\n",
        b"--",
        b"-",
        b" ",
        b"\t",
        b"XbX",
        b"Xb",
        b"\r\n--Xb",
        b"content",
        b":",
        b"\"",
        b"\\",
        b";",
        b"Content-Disposition: form-data; name=a\r\n",
        b"Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n",
        b"Content-Length: 9\r\n",
        b"Content-Type: a/b\r\n",
        b"X: y\r\n",
        b"\r\n--XbX\r\nContent-Disposition: form-data; name=b\r\n\r\n",
        b"\r\n--XbX--",
    ];
    prop_oneof![
        9 => proptest::sample::select(tokens.map(<[u8]>::to_vec).to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ]
}

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let opening: [&[u8]; 3] =
        [b"", b"--XbX\r\n", b"--XbX\r\nContent-Disposition: form-data; name=a\r\n\r\n"];
    (proptest::sample::select(opening.to_vec()), vec(token(), 0..40))
        .prop_map(|(opening, tokens)| [opening, &tokens.concat()].concat())
}

/// The body above with a few bytes changed, taken out or put in.
fn mutant() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, token());
    vec(change, 0..4).prop_map(|changes| {
        let mut body = BODY.as_bytes().to_vec();
        for (index, kind, token) in changes {
            let at = index.index(body.len());
            match kind {
                0 => drop(body.remove(at)),
                1 => body[at] = token[0],
                _ => drop(body.splice(at..at, token)),
            }
        }
        body
    })
}

/// The content with every line that starts with the boundary changed to a near match.
fn without_boundary(content: &[u8]) -> Vec<u8> {
    let mut lines = [b"\r\n", content].concat();
    while let Some(at) = lines.windows(7).position(|window| window == b"\r\n--XbX") {
        lines[at + 6] = b'Y';
    }
    lines.split_off(2)
}

/// No state is kept between runs: a failure prints its input, which then becomes a test above.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn any_body_in_any_chunks_gives_the_same_outcome(
        body in prop_oneof![soup(), mutant()],
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let whole = run(&body);
        prop_assert_eq!(&run_cut(&body, &cuts), &whole);
        prop_assert_eq!(&run_chunks(CONTENT_TYPE, body.chunks(1)), &whole);
    }

    #[test]
    fn any_content_comes_out_as_it_went_in(
        contents in vec(vec(token(), 0..20), 1..5),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let mut body = Vec::new();
        let mut sent = Vec::new();
        for tokens in contents {
            let content = without_boundary(&tokens.concat());
            body.extend_from_slice(b"--XbX\r\nContent-Disposition: form-data; name=a\r\n\r\n");
            body.extend_from_slice(&content);
            body.extend_from_slice(b"\r\n");
            sent.push(content);
        }
        body.extend_from_slice(b"--XbX--");
        let read: Vec<_> =
            run_cut(&body, &cuts).sound().into_iter().map(|part| part.content).collect();
        prop_assert_eq!(read, sent);
    }
}
