use super::{Chain, NoChain, SpareCoder};
use crate::Fault;
use crate::pdf::record::{Filter, Parms, Record};
use crate::walker::Budget;

fn decode_in(record: &Record, bytes: &[u8], piece: usize) -> Result<Vec<u8>, Fault> {
    let mut chain =
        Chain::new(record, None, &mut SpareCoder::default(), &Budget::new(1 << 20)).ok().unwrap();
    let (mut allowance, mut out) = (1 << 20, Vec::new());
    let mut sink = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    for bytes in bytes.chunks(piece) {
        chain.push(bytes, &mut allowance, &mut sink)?;
    }
    chain.finish(&mut allowance, &mut sink)?;
    Ok(out)
}

fn decode(filters: &[Filter], parms: Vec<Parms>, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let record = Record { filters: filters.to_vec(), parms, ..Record::default() };
    let whole = decode_in(&record, bytes, usize::MAX);
    for piece in 1..=bytes.len().min(40) {
        assert_eq!(decode_in(&record, bytes, piece), whole, "pieces of {piece}");
    }
    whole
}

#[test]
fn every_filter_gives_back_what_was_filtered() {
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(b"some text, some text", 6);
    let hex: Vec<u8> = zlib.iter().flat_map(|b| format!("{b:02x} ").into_bytes()).collect();
    let rows: [(&[Filter], &[u8], &[u8]); 9] = [
        (&[], b"as it is", b"as it is"),
        (&[Filter::Flate], &zlib, b"some text, some text"),
        (&[Filter::AsciiHex, Filter::Flate], &hex, b"some text, some text"),
        (&[Filter::AsciiHex], b"41 4 2 5>43", b"ABP"),
        (&[Filter::Ascii85], b"87cUR\nD]i,\"Ebo80~>x", b"Hello World!"),
        (&[Filter::Ascii85], b"z9jq", b"\0\0\0\0Ma"),
        (&[Filter::RunLength], b"\x02abc\xFEd\x80zzz", b"abcddd"),
        // The example of ISO 32000-2 §7.4.4.2.
        (&[Filter::Lzw], b"\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01", b"-----A---B"),
        (&[Filter::Crypt], b"as it is", b"as it is"),
    ];
    for (filters, bytes, expected) in rows {
        assert_eq!(decode(filters, Vec::new(), bytes).as_deref(), Ok(expected), "{filters:?}");
    }
}

#[test]
fn long_lzw_strings_and_table_growth_are_undone() {
    let text: Vec<u8> = (0..60_000_u32).map(|n| (n * n / 7 % 11) as u8).collect();
    let packed = lzw(&text);
    let record = Record { filters: vec![Filter::Lzw], ..Record::default() };
    for piece in [1, 77, usize::MAX] {
        assert!(decode_in(&record, &packed, piece).as_deref() == Ok(text.as_slice()));
    }
}

#[test]
fn predicted_rows_are_undone() {
    let png = |columns| Parms { predictor: 15, columns, ..Parms::default() };
    let rows: [(Parms, &[u8], &[u8]); 7] = [
        (png(3), b"\x00\x01\x02\x03", b"\x01\x02\x03"),
        (png(3), b"\x01\x01\x02\x03", b"\x01\x03\x06"),
        (png(2), b"\x00\x01\x02\x02\x01\x01", b"\x01\x02\x02\x03"),
        (png(2), b"\x00\x04\x08\x03\x01\x01", b"\x04\x08\x03\x06"),
        (png(2), b"\x00\x04\x08\x04\x01\x01", b"\x04\x08\x05\x09"),
        (png(3), b"\x02\x01", b"\x01"),
        (Parms { predictor: 2, columns: 3, ..Parms::default() }, b"\x01\x01\x01", b"\x01\x02\x03"),
    ];
    for (parms, bytes, expected) in rows {
        let zlib = miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6);
        let found = decode(&[Filter::Flate], vec![parms.clone()], &zlib);
        assert_eq!(found.as_deref(), Ok(expected), "{parms:?}");
    }
}

#[test]
fn what_is_cut_gives_what_there_is_and_what_is_broken_is_refused() {
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(&[7; 5_000], 6);
    let cut = decode(&[Filter::Flate], Vec::new(), &zlib[..zlib.len() - 4]);
    assert_eq!(cut.as_deref(), Ok([7; 5_000].as_slice()));
    let rows: [(Filter, &[u8]); 3] =
        [(Filter::Flate, b"no zlib"), (Filter::Ascii85, b"ab\x7F"), (Filter::Lzw, b"\xFF\xEE")];
    for (filter, bytes) in rows {
        assert!(decode(&[filter], Vec::new(), bytes).is_err(), "{filter:?}");
    }
    let odd = Parms { predictor: 15, columns: 1 << 40, ..Parms::default() };
    let record = Record { filters: vec![Filter::Flate], parms: vec![odd], ..Record::default() };
    assert!(matches!(
        Chain::new(&record, None, &mut SpareCoder::default(), &Budget::new(0)),
        Err(NoChain::Fault(_))
    ));
}

#[test]
fn the_first_fault_in_the_order_of_the_bytes_is_told_in_any_pieces() {
    // A row with an unknown filter, in a stored block, before a block of an unknown type.
    let zlib = b"\x78\x01\x00\x02\x00\xFD\xFF\x09\x01\x07";
    let parms = vec![Parms { predictor: 15, ..Parms::default() }];
    let expected = Err(Fault::Malformed("unknown row filter"));
    assert_eq!(decode(&[Filter::Flate], parms, zlib), expected);
}

#[test]
fn a_bomb_stops_at_the_allowance() {
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 1 << 22], 9);
    let twice = miniz_oxide::deflate::compress_to_vec_zlib(&bomb, 9);
    let filters = vec![Filter::Flate, Filter::Flate];
    let record = Record { filters, ..Record::default() };
    let limit = Err(Fault::Malformed("compressed streams inflate beyond the limit"));
    assert_eq!(decode_in(&record, &twice, usize::MAX), limit.map(|()| Vec::new()));
    assert!(matches!(
        Chain::new(&record, None, &mut SpareCoder::default(), &Budget::new(0)),
        Err(NoChain::Starved)
    ));
}

#[test]
fn blocks_that_give_nothing_are_counted() {
    // Fixed blocks of ten bits each, with nothing but their end (RFC 1951 §3.2.6).
    let blocks = [b"\x78\x01".as_slice(), &b"\x02\x08\x20\x80\x00".repeat(600)].concat();
    let limit = Err(Fault::Malformed("compressed streams inflate beyond the limit"));
    let record = Record { filters: vec![Filter::Flate], ..Record::default() };
    assert_eq!(decode_in(&record, &blocks, usize::MAX), limit.map(|()| Vec::new()));
    assert_eq!(decode_in(&record, &blocks[..2_000], 7), Ok(Vec::new()));
}

/// Packs with the early change of code widths that PDF has by default.
fn lzw(text: &[u8]) -> Vec<u8> {
    let mut table = std::collections::HashMap::new();
    let (mut bits, mut out) = (String::new(), Vec::new());
    let mut put = |code: usize, width: usize| {
        bits += &format!("{code:0width$b}");
        while bits.len() >= 8 {
            let rest = bits.split_off(8);
            out.push(u8::from_str_radix(&bits, 2).unwrap());
            bits = rest;
        }
    };
    let width = |size: usize| if size < 512 { 9 } else { size.ilog2() as usize + 1 };
    let code = |table: &std::collections::HashMap<Vec<u8>, usize>, run: &[u8]| match run {
        [byte] => usize::from(*byte),
        run => table[run],
    };
    put(256, 9);
    let mut run = Vec::new();
    for &byte in text {
        run.push(byte);
        if run.len() == 1 || table.contains_key(&run) {
            continue;
        }
        run.pop();
        put(code(&table, &run), width(258 + table.len()));
        run.push(byte);
        let next = 258 + table.len();
        table.insert(std::mem::take(&mut run), next);
        run.push(byte);
        if next == 4093 {
            put(256, 12);
            table.clear();
        }
    }
    put(code(&table, &run), width(258 + table.len()));
    put(257, width(259 + table.len()));
    put(0, 7);
    out
}
