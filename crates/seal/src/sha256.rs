//! SHA-256 (FIPS 180-4), of one text or of two texts at a time.

mod lanes;

use std::fmt;

use ring::digest;

use crate::hash::Digest;
use lanes::{Block, State, compress_one, compress_two};

/// What a hash begins with (FIPS 180-4, section 5.3.3).
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const BLOCK_LEN: usize = size_of::<Block>();
/// Where the length of the text stands in its last block.
const LENGTH_AT: usize = BLOCK_LEN - size_of::<u64>();

/// SHA-256 of bytes that come in pieces.
#[derive(Clone)]
pub struct Sha256(Engine);

#[derive(Clone)]
enum Engine {
    /// Where the processor hashes by itself, and can go on with two texts in step.
    Blocks(Blocks),
    /// Elsewhere: a library that is fast without such instructions.
    Library(digest::Context),
}

impl Sha256 {
    /// A hash of nothing so far.
    #[must_use]
    pub fn new() -> Self {
        if lanes::are_fast() { Self::by_blocks() } else { Self::by_library() }
    }

    fn by_blocks() -> Self {
        Self(Engine::Blocks(Blocks { state: INITIAL, rest: Vec::new(), len: 0 }))
    }

    fn by_library() -> Self {
        Self(Engine::Library(digest::Context::new(&digest::SHA256)))
    }

    /// The hash of `bytes` in one go.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest {
        let mut hash = Self::new();
        hash.push(bytes);
        hash.finish()
    }

    /// Takes the next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Engine::Blocks(blocks) => blocks.push(bytes),
            Engine::Library(context) => context.update(bytes),
        }
    }

    /// Takes the next pieces of two texts: where the processor has SHA instructions, in little more
    /// time than that of the longer one.
    pub fn push_two(first: (&mut Self, &[u8]), second: (&mut Self, &[u8])) {
        if let (Engine::Blocks(one), Engine::Blocks(two)) = (&mut first.0.0, &mut second.0.0) {
            Blocks::push_two((one, first.1), (two, second.1));
        } else {
            first.0.push(first.1);
            second.0.push(second.1);
        }
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            Engine::Blocks(blocks) => blocks.finish(),
            Engine::Library(context) => {
                Digest(context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes"))
            }
        }
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256")
    }
}

/// A hash that goes on block by block.
#[derive(Clone)]
struct Blocks {
    state: State,
    /// What came behind the last whole block: less than one.
    rest: Vec<u8>,
    /// The text so far, in bytes.
    len: u64,
}

impl Blocks {
    fn push(&mut self, bytes: &[u8]) {
        let bytes = self.fill_rest(bytes);
        self.push_blocks(bytes);
    }

    /// Takes bytes that begin with a block.
    fn push_blocks(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks();
        compress_one(&mut self.state, blocks);
        self.rest.extend_from_slice(rest);
    }

    fn push_two((one, first): (&mut Self, &[u8]), (two, second): (&mut Self, &[u8])) {
        let (first, second) = (one.fill_rest(first), two.fill_rest(second));
        let pairs = (first.len() / BLOCK_LEN).min(second.len() / BLOCK_LEN);
        let (first, first_later) = first.split_at(pairs * BLOCK_LEN);
        let (second, second_later) = second.split_at(pairs * BLOCK_LEN);
        let blocks = [first.as_chunks().0, second.as_chunks().0];
        compress_two([&mut one.state, &mut two.state], blocks);
        one.push_blocks(first_later);
        two.push_blocks(second_later);
    }

    /// Completes the block that was begun, if one was, and returns what follows it.
    fn fill_rest<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.len += bytes.len() as u64;
        if self.rest.is_empty() {
            return bytes;
        }
        let missing = BLOCK_LEN - self.rest.len();
        let (now, later) = bytes.split_at(missing.min(bytes.len()));
        self.rest.extend_from_slice(now);
        if let (blocks @ [_], []) = self.rest.as_chunks() {
            compress_one(&mut self.state, blocks);
            self.rest.clear();
        }
        later
    }

    /// Pads the text (FIPS 180-4, section 5.1.1) and returns its hash.
    fn finish(mut self) -> Digest {
        self.rest.push(0x80);
        let blocks = if self.rest.len() <= LENGTH_AT { 1 } else { 2 };
        self.rest.resize((blocks - 1) * BLOCK_LEN + LENGTH_AT, 0);
        self.rest.extend_from_slice(&(self.len * 8).to_be_bytes());
        compress_one(&mut self.state, self.rest.as_chunks().0);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        Digest(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const ENGINES: [fn() -> Sha256; 3] = [Sha256::new, Sha256::by_blocks, Sha256::by_library];

    /// FIPS 180-4 examples (NIST, "SHA-256 examples") and the empty message.
    #[test]
    fn sha_256_gives_the_published_values() {
        let million = "a".repeat(1_000_000);
        for (message, want) in [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (million.as_str(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ] {
            assert_eq!(Sha256::of(message.as_bytes()).to_string(), want);
            for engine in ENGINES {
                let mut pieces = engine();
                message.as_bytes().chunks(7).for_each(|piece| pieces.push(piece));
                assert_eq!(pieces.finish().to_string(), want);

                let (mut alone, mut other) = (engine(), engine());
                Sha256::push_two((&mut alone, message.as_bytes()), (&mut other, &[]));
                assert_eq!(alone.finish().to_string(), want);
            }
        }
    }

    #[test]
    fn a_text_of_every_length_around_a_block_is_padded_right() {
        let text = [0x5a; 200];
        for len in 0..text.len() {
            let (mut blocks, mut library) = (Sha256::by_blocks(), Sha256::by_library());
            blocks.push(&text[..len]);
            library.push(&text[..len]);
            assert_eq!(blocks.finish(), library.finish(), "{len}");
        }
    }

    proptest! {
        #[test]
        fn two_texts_in_step_have_the_hashes_that_each_has_alone(
            pieces in vec((vec(any::<u8>(), 0..400), vec(any::<u8>(), 0..400)), 0..8),
            engines in (0..3_usize, 0..3_usize),
        ) {
            let (mut one, mut two) = (ENGINES[engines.0](), ENGINES[engines.1]());
            let (mut first, mut second) = (Vec::new(), Vec::new());
            for (a, b) in &pieces {
                Sha256::push_two((&mut one, a), (&mut two, b));
                first.extend_from_slice(a);
                second.extend_from_slice(b);
            }
            let alone = |text: &[u8]| {
                let mut hash = Sha256::by_library();
                hash.push(text);
                hash.finish()
            };
            prop_assert_eq!((one.finish(), two.finish()), (alone(&first), alone(&second)));
        }
    }
}
