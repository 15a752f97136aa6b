//! The compression function of SHA-256 (FIPS 180-4, section 6.2.2), of two texts in step.
//!
//! A round needs the result of the one before, so that a processor that hashes by itself (SHA
//! instructions of x86-64) is idle half of the time with one text. It does the rounds of another
//! one meanwhile. No crate offers that. The intrinsics are safe in functions that are compiled for
//! their instructions; the one `unsafe` call, of such a function, is that of the macro of
//! `multiversion`, which asks the processor first.

use multiversion::multiversion;
use multiversion::target::match_target;

/// A hash between two blocks.
pub(super) type State = [u32; 8];
/// What the function takes at a time.
pub(super) type Block = [u8; 64];

/// Whether two texts in step are faster than one after the other.
pub(super) fn are_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("sha")
        && std::arch::is_x86_feature_detected!("ssse3")
        && std::arch::is_x86_feature_detected!("sse4.1");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// Takes the blocks of one text.
pub(super) fn compress_one(state: &mut State, blocks: &[Block]) {
    sha2::block_api::compress256(state, blocks);
}

/// Takes blocks of two texts, of both equally many.
#[multiversion(targets("x86_64+sha+ssse3+sse4.1"))]
pub(super) fn compress_two(states: [&mut State; 2], blocks: [&[Block]; 2]) {
    match_target! {
        "x86_64+sha+ssse3+sse4.1" => x86_64::compress_two(states, blocks),
        _ => states.into_iter().zip(blocks).for_each(|(state, blocks)| compress_one(state, blocks)),
    }
}

/// With the instructions of the processor (Intel, "Intel SHA Extensions", 2013). There are no
/// closures here: one is compiled on its own and takes two thirds of the speed with it.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
        _mm_shuffle_epi32,
    };

    use super::{Block, State};

    /// Those of the first four times four rounds, and of the others (FIPS 180-4, section 4.2.2).
    const FIRST_CONSTANTS: [[u32; 4]; 4] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    ];
    const CONSTANTS: [[u32; 4]; 12] = [
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    #[target_feature(enable = "sha,ssse3,sse4.1")]
    pub(super) fn compress_two(states: [&mut State; 2], blocks: [&[Block]; 2]) {
        let ([first, second], [of_first, of_second]) = (states, blocks);
        let (mut one, mut two) = (Lane::new(first), Lane::new(second));
        for (block_one, block_two) in of_first.iter().zip(of_second) {
            let (mut words_one, mut words_two) = (words(block_one), words(block_two));
            let before = (one, two);
            for (k, (one_w, two_w)) in
                FIRST_CONSTANTS.into_iter().zip(words_one.into_iter().zip(words_two))
            {
                let k = vector(k);
                one.four_rounds(one_w, k);
                two.four_rounds(two_w, k);
            }
            for k in CONSTANTS {
                let k = vector(k);
                (words_one, words_two) = (next_words(words_one), next_words(words_two));
                let ([.., one_w], [.., two_w]) = (words_one, words_two);
                one.four_rounds(one_w, k);
                two.four_rounds(two_w, k);
            }
            one.add(before.0);
            two.add(before.1);
        }
        (*first, *second) = (one.state(), two.state());
    }

    /// The eight variables of one text, in the order of the instructions.
    #[derive(Clone, Copy)]
    struct Lane {
        abef: __m128i,
        cdgh: __m128i,
    }

    impl Lane {
        #[inline]
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn new(state: &State) -> Self {
            let [a, b, c, d, e, f, g, h] = *state;
            Self { abef: vector([f, e, b, a]), cdgh: vector([h, g, d, c]) }
        }

        #[inline]
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn state(self) -> State {
            let ([f, e, b, a], [h, g, d, c]) = (elements(self.abef), elements(self.cdgh));
            [a, b, c, d, e, f, g, h]
        }

        #[inline]
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn four_rounds(&mut self, words: __m128i, constants: __m128i) {
            let sums = _mm_add_epi32(words, constants);
            let later_sums = _mm_shuffle_epi32::<0b_11_10>(sums);
            self.cdgh = _mm_sha256rnds2_epu32(self.cdgh, self.abef, sums);
            self.abef = _mm_sha256rnds2_epu32(self.abef, self.cdgh, later_sums);
        }

        #[inline]
        #[target_feature(enable = "sha,ssse3,sse4.1")]
        fn add(&mut self, before: Self) {
            self.abef = _mm_add_epi32(self.abef, before.abef);
            self.cdgh = _mm_add_epi32(self.cdgh, before.cdgh);
        }
    }

    /// The first 16 words of the message schedule.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn words(block: &Block) -> [__m128i; 4] {
        let (halves, _) = block.as_chunks();
        let [a, b, c, d, e, f, g, h] = *halves else { unreachable!("64 bytes are 8 times 8") };
        [four_words(a, b), four_words(c, d), four_words(e, f), four_words(g, h)]
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn four_words(low: [u8; 8], high: [u8; 8]) -> __m128i {
        let bytes = _mm_set_epi64x(i64::from_le_bytes(high), i64::from_le_bytes(low));
        // The bytes of each word the other way round.
        let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        _mm_shuffle_epi8(bytes, order)
    }

    /// The schedule four words on, from the 16 before.
    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn next_words([a, b, c, d]: [__m128i; 4]) -> [__m128i; 4] {
        let seven_back = _mm_alignr_epi8::<4>(d, c);
        let next = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), seven_back);
        [b, c, d, _mm_sha256msg2_epu32(next, d)]
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn vector(elements: [u32; 4]) -> __m128i {
        let [a, b, c, d] = elements.map(u32::cast_signed);
        _mm_set_epi32(d, c, b, a)
    }

    #[inline]
    #[target_feature(enable = "sha,ssse3,sse4.1")]
    fn elements(v: __m128i) -> [u32; 4] {
        [
            _mm_extract_epi32::<0>(v),
            _mm_extract_epi32::<1>(v),
            _mm_extract_epi32::<2>(v),
            _mm_extract_epi32::<3>(v),
        ]
        .map(i32::cast_unsigned)
    }
}
