use dossier_testkit::mp4::{Mp4, boxed, full_box, mp4, patched, words};

use super::*;
use crate::isobmff::format::tests::{assert_steady, walk as walk_in};

fn walk(bytes: &[u8], chunk: usize) -> Findings {
    walk_in(&|| format(&Limits::default()), bytes, chunk)
}

fn whole(bytes: &[u8]) -> Findings {
    walk(bytes, bytes.len().max(1))
}

fn faults(bytes: &[u8]) -> Vec<Fault> {
    whole(bytes).faults
}

fn kind_of(file: &Mp4) -> Kind {
    let findings = whole(&file.build());
    assert_eq!(findings.faults, [], "{file:?}");
    findings.kind
}

#[test]
fn a_movie_is_taken_with_its_facts() {
    let findings = whole(&mp4());
    assert_eq!(findings.faults, []);
    assert_eq!(findings.kind, Kind::Known(MediaType::Mp4));
    assert_eq!((findings.facts.width, findings.facts.height), (Some(320), Some(240)));
    assert_eq!(findings.facts.duration_ms, Some(2000));
}

#[test]
fn the_major_brand_names_the_type() {
    for (brand, expected) in [
        (b"isom", MediaType::Mp4),
        (b"mp42", MediaType::Mp4),
        (b"M4V ", MediaType::Mp4),
        (b"qt  ", MediaType::QuickTime),
        (b"3gp5", MediaType::ThreeGpp),
        (b"3gs7", MediaType::ThreeGpp),
        (b"3g2a", MediaType::ThreeGpp2),
    ] {
        assert_eq!(kind_of(&Mp4::new().brands(&[brand, b"isom"])), Kind::Known(expected));
    }
    let canon = whole(&Mp4::new().brands(&[b"crx ", b"isom"]).build());
    assert_eq!(canon.kind, Kind::Foreign(foreign::CANON_RAW));
}

#[test]
fn all_layouts_of_real_recorders_are_taken() {
    let quicktime = Kind::Known(MediaType::QuickTime);
    assert_eq!(kind_of(&Mp4::new().without_ftyp()), quicktime);
    assert_eq!(kind_of(&Mp4::new().without_ftyp().moov_last()), quicktime);
    assert_eq!(kind_of(&Mp4::new().without_ftyp().first(&boxed(b"wide", b""))), quicktime);
    let preview = [boxed(b"pnot", &[0; 12]), boxed(b"PICT", &[7; 30])].concat();
    assert_eq!(kind_of(&Mp4::new().without_ftyp().first(&preview)), quicktime);
    let mp4 = Kind::Known(MediaType::Mp4);
    assert_eq!(kind_of(&Mp4::new().moov_last()), mp4);
    assert_eq!(kind_of(&Mp4::new().fragmented()), mp4);
    assert_eq!(kind_of(&Mp4::new().large_media()), mp4);
    assert_eq!(kind_of(&Mp4::new().media_to_end()), mp4);
    assert_eq!(kind_of(&Mp4::new().coding(b"encv")), mp4);
    assert_eq!(kind_of(&Mp4::new().first(&boxed(b"uuid", &[0xff; 40]))), mp4);
    assert_eq!(kind_of(&Mp4::new().last(&boxed(b"what", b"ever"))), mp4);
    assert_eq!(kind_of(&Mp4::new().coding(b"ms\0\x02")), mp4);
    let offset = [words(&[0, 1]), 60_u64.to_be_bytes().to_vec()].concat();
    assert_eq!(kind_of(&Mp4::new().table(b"stco", &[0; 8]).table(b"co64", &offset)), mp4);
}

#[test]
fn a_file_padded_to_the_limit_is_skipped_over() {
    let head = mp4();
    let limit = 209_715_200;
    let free = u32::try_from(limit - head.len()).unwrap();
    let mut format = format(&Limits::default());
    let mut findings = Findings::new(Kind::Unknown);
    assert!(format.push(&head, &mut findings).is_continue());
    assert!(format.push(&[&free.to_be_bytes()[..], b"free"].concat(), &mut findings).is_continue());
    let zeros = vec![0; 1 << 20];
    let mut left = limit - head.len() - 8;
    while left > 0 {
        let n = left.min(zeros.len());
        assert!(format.push(&zeros[..n], &mut findings).is_continue());
        left -= n;
    }
    format.finish(&mut findings);
    assert_eq!(findings.faults, []);
    assert_eq!(Mp4::new().padded_to(4096).build().len(), 4096);
}

#[test]
fn sound_alone_is_no_video() {
    assert_eq!(faults(&Mp4::new().audio_only().build()), [Fault::NoVideoTrack]);
    assert_eq!(faults(&Mp4::new().audio_only().fragmented().build()), [Fault::NoVideoTrack]);
    assert_eq!(faults(&Mp4::new().handler(b"text").build()), [Fault::NoVideoTrack]);
    let empty = patched(mp4(), b"trak", -4, b"free");
    assert_eq!(faults(&empty), [Fault::NoVideoTrack]);
}

#[test]
fn every_cut_is_noticed() {
    let files = [
        mp4(),
        Mp4::new().moov_last().build(),
        Mp4::new().fragmented().build(),
        Mp4::new().media_to_end().build(),
        Mp4::new().large_media().moov_last().build(),
        Mp4::new().padded_to(3000).build(),
    ];
    for file in files {
        let last = |kind: &[u8; 4]| file.windows(4).rposition(|w| w == kind).map(|at| at - 4);
        // Nothing says that a last fragment or padding is missing, and three zero bytes of their
        // header may be padding as well.
        let end = last(b"free").or(last(b"moof")).unwrap_or(file.len());
        for cut in (1..file.len()).filter(|cut| !(end..end + 4).contains(cut)) {
            let (bytes, _lost) = file.split_at(cut);
            assert_eq!(faults(bytes), [Fault::Truncated], "{cut} of {}", file.len());
        }
    }
}

#[test]
fn a_segment_index_shows_missing_segments() {
    let index = |bytes: u32| {
        let head = words(&[1, 1000, 0, 0, 1]);
        full_box(b"sidx", 0, 0, &[head, words(&[bytes, 1000, 0])].concat())
    };
    let file = Mp4::new().fragmented().build();
    let moof = file.windows(4).position(|w| w == b"moof").unwrap() - 4;
    let (head, segments) = file.split_at(moof);
    let right = u32::try_from(segments.len()).unwrap();
    assert_eq!(faults(&[head, &index(right), segments].concat()), []);
    let more = [head, &index(right + 1), segments].concat();
    assert_eq!(faults(&more), [Fault::Truncated]);
}

#[test]
fn samples_beyond_the_media_are_a_cut_file() {
    assert_eq!(faults(&Mp4::new().chunk_offset(100_000).build()), [Fault::Truncated]);
    let far = [words(&[0, 1]), u64::MAX.to_be_bytes().to_vec()].concat();
    let far = Mp4::new().table(b"stco", &words(&[0, 0])).table(b"co64", &far);
    assert_eq!(faults(&far.build()), [Fault::Truncated]);
    let large = Mp4::new().table(b"stsz", &words(&[0, 0, 2, 48, 17]));
    assert_eq!(faults(&large.build()), [Fault::Truncated]);
    let many = Mp4::new().table(b"stsz", &words(&[0, 1, u32::MAX]));
    assert_eq!(faults(&many.build()), [Fault::Truncated]);
    let run = patched(Mp4::new().fragmented().build(), b"trun", 12, &words(&[4000]));
    assert_eq!(faults(&run), [Fault::Truncated]);
}

#[test]
fn boxes_that_lie_about_their_size_are_refused() {
    let small = Fault::Malformed("a box is smaller than its header");
    for size in [2_u32, 7] {
        assert_eq!(faults(&patched(mp4(), b"moov", -8, &words(&[size]))), [small]);
        assert_eq!(faults(&patched(mp4(), b"stsz", -8, &words(&[size]))), [small]);
    }
    let open = Fault::Malformed("a box without a size that is not the last");
    assert_eq!(faults(&patched(mp4(), b"moov", -8, &words(&[0]))), [open]);
    let inner = Fault::Malformed("a box without a size inside another");
    assert_eq!(faults(&patched(mp4(), b"trak", -8, &words(&[0]))), [inner]);
    let large = patched(mp4(), b"trak", -8, &words(&[0x7fff_ffff]));
    assert_eq!(faults(&large), [Fault::Malformed("a box overruns the box around it")]);
    for size in [1_u64 << 63, u64::MAX] {
        let huge = [b"\0\0\0\x01moov".as_slice(), &size.to_be_bytes()].concat();
        let fault = faults(&Mp4::new().first(&huge).build());
        assert!(fault == [Fault::Truncated] || fault.len() == 1, "{size:x}: {fault:?}");
    }
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let fault = [Fault::Malformed("a table is larger than its box")];
    for (kind, payload) in [
        (b"stsz", words(&[0, 0, 10_000_000, 1])),
        (b"stz2", words(&[0, 8, 10_000_000, 1])),
        (b"stco", words(&[0, 2, 1])),
        (b"co64", words(&[0, u32::MAX, 1])),
        (b"stsc", words(&[0, 2, 1, 1, 1])),
        (b"stts", words(&[0, 2, 1, 1])),
        (b"ctts", words(&[0, 1, 1])),
        (b"stss", words(&[0, 3, 1])),
        (b"stsd", words(&[0, 1000])),
    ] {
        assert_eq!(faults(&Mp4::new().table(kind, &payload).build()), fault, "{kind:?}");
    }
    let run = patched(Mp4::new().fragmented().build(), b"trun", 4, &words(&[u32::MAX]));
    assert_eq!(faults(&run), fault);
}

#[test]
fn impossible_tables_are_refused() {
    let order = [Fault::Malformed("a sample-to-chunk entry breaks the order")];
    for entry in [[1, 0, 1], [0, 1, 1]] {
        let stsc = [words(&[0, 1]), words(&entry)].concat();
        assert_eq!(faults(&Mp4::new().table(b"stsc", &stsc).build()), order);
    }
    let empty = Mp4::new().table(b"stsz", &words(&[0, 0, 0])).build();
    assert_eq!(faults(&empty), [Fault::Malformed("a video track without samples")]);
    let nowhere = Mp4::new().table(b"stco", &words(&[0, 0])).build();
    assert_eq!(faults(&nowhere), [Fault::Malformed("samples without chunks")]);
    let short = Mp4::new().table(b"stsz", &words(&[0, 0])).build();
    assert_eq!(faults(&short), [Fault::Malformed("a box is too short for its fields")]);
}

#[test]
fn media_in_another_file_is_refused_only_for_video() {
    let outside = [Fault::Malformed("refers to data outside the file")];
    let url = full_box(b"url ", 0, 0, b"http://198.51.100.7/movie.mp4\0");
    assert_eq!(faults(&Mp4::new().reference(url.clone()).build()), outside);
    assert_eq!(faults(&Mp4::new().in_moov(&boxed(b"rmra", &[0; 20])).build()), outside);
    let forgotten = full_box(b"url ", 0, 0, b"");
    assert_eq!(faults(&Mp4::new().reference(forgotten).build()), []);
    let sound = Mp4::new().audio_only().reference(url).chunk_offset(1 << 30).build();
    let sound = sound.windows(4).position(|w| w == b"trak").map(|at| {
        let size = u32::from_be_bytes(*sound[at - 4..].first_chunk().unwrap());
        sound[at - 4..at - 4 + size as usize].to_vec()
    });
    assert_eq!(faults(&Mp4::new().in_moov(&sound.unwrap()).moov_last().build()), []);
}

#[test]
fn bytes_after_the_last_box_must_be_few_and_zero() {
    for zeros in [1, 3, 7, 8, 9, 512, 65_536] {
        assert_eq!(faults(&Mp4::new().last(&vec![0; zeros]).build()), [], "{zeros}");
    }
    let junk = Mp4::new().last(b"PK\x03\x04 and more, as an archive has").build();
    assert_eq!(faults(&junk).len(), 1);
    assert_eq!(faults(&Mp4::new().last(b"\r\n--").build()), [Fault::Truncated]);
    let late = Mp4::new().last(&[vec![0; 20], vec![1]].concat()).build();
    assert_eq!(faults(&late), [Fault::Malformed("data after the last box")]);
    let many = Mp4::new().last(&vec![0; 70_000]).build();
    assert_eq!(faults(&many), [Fault::Malformed("too many bytes after the last box")]);
}

#[test]
fn a_playlist_is_no_movie() {
    let playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
    let fault = [Fault::Malformed("bytes that are no box")];
    assert_eq!(faults(&[&mp4()[..28], playlist].concat()), fault);
}

#[test]
fn boxes_that_may_stand_once_are_refused_twice() {
    let moov = Mp4::new().without_ftyp().build();
    assert_eq!(faults(&[mp4(), moov].concat()), [Fault::Malformed("a second movie header")]);
    let ftyp = Fault::Malformed("a misplaced file type box");
    assert_eq!(faults(&[mp4(), mp4()].concat()), [ftyp]);
    let brands = boxed(b"ftyp", &vec![b'a'; 2048]);
    assert_eq!(faults(&brands), [Fault::Malformed("too many brands")]);
}

#[test]
fn floods_of_boxes_end() {
    let mut nested = boxed(b"moov", b"");
    for _level in 0..5000 {
        nested = boxed(b"moov", &nested);
    }
    assert_eq!(faults(&Mp4::new().in_moov(&nested).build()), []);
    assert_eq!(faults(&nested), [Fault::NoVideoTrack]);
    let flood = boxed(b"free", b"").repeat(70_000);
    let fault = [Fault::Malformed("too many boxes in a movie header")];
    assert_eq!(faults(&Mp4::new().in_moov(&flood).build()), fault);
}

#[test]
fn a_video_of_too_many_pixels_is_refused() {
    let file = mp4();
    let at = file.windows(8).position(|w| w == b"avc1\0\0\0\0").unwrap() + 28;
    let mut large = file.clone();
    large[at..at + 4].copy_from_slice(&[0xff; 4]);
    let fault = Fault::TooManyPixels { width: 65_535, height: 65_535 };
    assert_eq!(faults(&large), [fault]);
    let mut unknown = file;
    unknown[at..at + 4].copy_from_slice(&[0; 4]);
    let facts = whole(&unknown).facts;
    assert_eq!((facts.width, facts.height), (Some(320), Some(240)));
}

#[test]
fn a_compressed_header_is_refused_by_name() {
    let file = Mp4::new().in_moov(&boxed(b"cmov", &[0; 20])).build();
    assert_eq!(faults(&file), [Fault::Malformed("a compressed movie header")]);
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        mp4(),
        Mp4::new().moov_last().build(),
        Mp4::new().fragmented().build(),
        Mp4::new().media_to_end().last(&[0; 20]).build(),
        Mp4::new().last(&[0; 20]).build(),
        Mp4::new().last(&[0; 5]).build(),
    ]
}

#[test]
fn findings_are_steady_however_bytes_are_cut_or_changed() {
    assert_steady(seeds(), walk);
}
