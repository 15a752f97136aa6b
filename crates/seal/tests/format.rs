//! The sealed format: golden files, round trips, and every kind of damage.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use dossier_seal::{
    Entropy, FileKey, HEADER_LEN, Header, Layout, OpenError, Opener, ROW_LEN, RowOpener, Sealer,
    SecretKey, Sha256, TAG_LEN, row_text_start,
};
use proptest::prelude::*;

const BLOB: [u8; 16] = *b"blob-for-golden!";

/// Counts up from its seed, so that every run gives the same header.
struct Counter(u8);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(self.0..).for_each(|(byte, n)| *byte = n);
    }
}

fn key() -> FileKey {
    FileKey::from_secret([0x42; 32])
}

/// Text whose byte `i` is the lowest byte of 31·i + ⌊i / 256⌋ + 7.
fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| (31 * i + i / 256 + 7).to_le_bytes()[0]).collect()
}

/// Seals `text`, putting it into rows in pieces of the given lengths, as a store does.
fn seal(text: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut sealer = Sealer::new(&key(), Header::new(BLOB, &Counter(0xa0)));
    let (mut out, mut row, mut index) = (Vec::new(), Box::new([0_u8; ROW_LEN]), 0_u32);
    let mut filled = row_text_start(0);
    let mut lens = pieces.iter().copied().cycle();
    let mut rest = text;
    while !rest.is_empty() {
        if filled == ROW_LEN - TAG_LEN {
            sealer.seal_row(&mut row).unwrap();
            out.extend_from_slice(row.as_slice());
            index += 1;
            filled = row_text_start(index);
        }
        let piece = lens.next().unwrap().max(1).min(rest.len()).min(ROW_LEN - TAG_LEN - filled);
        let (now, later) = rest.split_at(piece);
        row[filled..filled + piece].copy_from_slice(now);
        (filled, rest) = (filled + piece, later);
    }
    let len = sealer.seal_last(row.as_mut_slice(), filled - row_text_start(index)).unwrap();
    out.extend_from_slice(&row[..len]);
    out
}

fn begin(sealed: &[u8], text_len: usize) -> Result<RowOpener, OpenError> {
    let opener = Opener::new(&key(), BLOB, text_len as u64).unwrap();
    let header = sealed.first_chunk::<HEADER_LEN>().ok_or(OpenError::Length)?;
    opener.begin(sealed.len() as u64, header)
}

fn open(sealed: &[u8], text_len: usize) -> Result<Vec<u8>, OpenError> {
    let rows = begin(sealed, text_len)?;
    let mut out = Vec::new();
    for (row, index) in sealed.chunks(ROW_LEN).zip(0..) {
        let mut row = row.to_vec();
        let range = rows.open_row(index, &mut row)?;
        out.extend_from_slice(&row[range]);
    }
    Ok(out)
}

/// Opens one row of a blob whose text is believed to be as long as the stored bytes say.
fn open_one(sealed: &[u8], index: usize) -> Result<Vec<u8>, OpenError> {
    let layout = Layout::of_sealed(sealed.len() as u64).ok_or(OpenError::Length)?;
    let rows = begin(sealed, usize::try_from(layout.text_len()).unwrap())?;
    let mut row = sealed.chunks(ROW_LEN).nth(index).ok_or(OpenError::Length)?.to_vec();
    let range = rows.open_row(u32::try_from(index).unwrap(), &mut row)?;
    Ok(row[range].to_vec())
}

#[test]
fn version_1_gives_the_golden_files_and_reads_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    for len in [0, 1, 15, 1_000] {
        let golden = std::fs::read(format!("{folder}/v1-{len}.sealed")).unwrap();
        assert_eq!(seal(&text(len), &[ROW_LEN]), golden, "{len}");
        assert_eq!(open(&golden, len).unwrap(), text(len));
    }
}

#[test]
fn version_1_gives_the_golden_hashes() {
    let table = include_str!("golden/v1.sha256");
    let mut lines = 0;
    for line in table.lines() {
        let (len, want) = line.split_once(' ').unwrap();
        let len = len.parse().unwrap();
        let sealed = seal(&text(len), &[1_000, 7, ROW_LEN]);
        assert_eq!(Sha256::of(&sealed).to_string(), want, "{len}");
        assert_eq!(open(&sealed, len).unwrap(), text(len), "{len}");
        lines += 1;
    }
    assert_eq!(lines, 14);
}

const LEN: usize = 65_456 + 65_520 + 300;

#[test]
fn every_truncation_is_found() {
    let sealed = seal(&text(LEN), &[ROW_LEN]);
    for cut in 0..sealed.len() {
        let short = &sealed[..cut];
        assert_eq!(open(short, LEN), Err(OpenError::Length), "cut at {cut}");
        // Even one who believes the shorter length finds that the row he has is not the last.
        let near_an_edge = cut % ROW_LEN < 100 || cut % ROW_LEN > ROW_LEN - 100;
        if let Some(last) = cut.checked_sub(1).filter(|_| near_an_edge || cut % 61 == 0) {
            assert!(open_one(short, last / ROW_LEN).is_err(), "cut at {cut}");
        }
    }
    assert_eq!(open(&[&sealed[..], &[0]].concat(), LEN), Err(OpenError::Length));
}

#[test]
fn every_flipped_bit_of_the_header_and_the_last_row_is_found_and_any_other() {
    let sealed = seal(&text(LEN), &[ROW_LEN]);
    let last = 2 * ROW_LEN;
    let sampled = (HEADER_LEN..last).step_by(61).chain([ROW_LEN - 1, ROW_LEN, last - 1]);
    for at in (0..HEADER_LEN).chain(last..sealed.len()).chain(sampled) {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1 << bit;
            // A changed header makes every row fail, another change makes its own row fail.
            let rows = if at < HEADER_LEN { 0..3 } else { at / ROW_LEN..at / ROW_LEN + 1 };
            for row in rows.filter(|_| at % 7 == 0 || bit == at % 8 || at >= last) {
                assert!(open_one(&bytes, row).is_err(), "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn rows_cannot_be_swapped_repeated_or_taken_from_another_blob() {
    let sealed = seal(&text(LEN + ROW_LEN), &[ROW_LEN]);
    let rows = begin(&sealed, LEN + ROW_LEN).unwrap();
    let stored: Vec<&[u8]> = sealed.chunks(ROW_LEN).collect();
    for (index, other) in [(0, 1), (1, 0), (1, 2), (2, 1)] {
        let mut row = stored[other].to_vec();
        assert!(rows.open_row(u32::try_from(index).unwrap(), &mut row).is_err());
    }
    assert_eq!(rows.open_row(4, &mut []), Err(OpenError::Length));

    let strangers = [
        (FileKey::from_secret([0x43; 32]), BLOB, 0xa0, OpenError::Row),
        (key(), *b"blob-for-Golden!", 0xa0, OpenError::Header),
        (key(), BLOB, 0xa1, OpenError::Header),
    ];
    for (key, blob, seed, want) in strangers {
        let mut row = vec![0; 200];
        let other = Sealer::new(&key, Header::new(blob, &Counter(seed)));
        let len = other.seal_last(&mut row, 100).unwrap();
        let genuine = seal(&text(100), &[ROW_LEN]);
        let rows = begin(&genuine, 100).unwrap();
        assert_eq!(rows.open_row(0, &mut row[..len]), Err(want));
    }
}

#[test]
fn a_range_opens_only_its_own_rows() {
    let text = text(LEN);
    let mut sealed = seal(&text, &[ROW_LEN]);
    sealed[100] ^= 1;
    let rows = begin(&sealed, LEN).unwrap();
    for offset in [65_456, 65_457, 130_975, 130_976, LEN - 1] {
        let place = rows.layout().place(offset as u64).unwrap();
        let range = rows.layout().row_range(place.row);
        let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
        let mut row = sealed[start.unwrap()..end.unwrap()].to_vec();
        let within = rows.open_row(place.row, &mut row).unwrap();
        assert_eq!(row[within][place.offset], text[offset]);
    }
    assert_eq!(open(&sealed, LEN), Err(OpenError::Row));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_in_any_pieces_comes_back(
        len in prop_oneof![0_usize..400, 65_400_usize..65_600, 130_900_usize..131_200],
        pieces in prop::collection::vec(1_usize..70_000, 1..6),
    ) {
        let text = text(len);
        let sealed = seal(&text, &pieces);
        prop_assert_eq!(sealed.len() as u64, Layout::of_text(len as u64).unwrap().sealed_len());
        prop_assert_eq!(&sealed, &seal(&text, &[ROW_LEN]));
        prop_assert_eq!(open(&sealed, len).unwrap(), text);
    }
}
