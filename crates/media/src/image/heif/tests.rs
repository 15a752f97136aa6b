use dossier_testkit::heif::{Data, Heif, avif, grid, grid_description, heic, sequence};
use dossier_testkit::mp4::{Mp4, boxed, full_box, patched, words};

use super::*;
use crate::isobmff::format::tests::{assert_steady, walk as walk_in};

const HEIC: Kind = Kind::Known(MediaType::Heic);
const HEIF: Kind = Kind::Known(MediaType::Heif);
const SEQUENCE: Kind = Kind::Known(MediaType::HeifSequence);

fn walk(bytes: &[u8], chunk: usize) -> Findings {
    let budget = Budget::new(1024 * 1024);
    walk_in(&|| format(&Limits::default(), &budget), bytes, chunk)
}

fn whole(bytes: &[u8]) -> Findings {
    walk(bytes, bytes.len().max(1))
}

fn faults(file: &Heif) -> Vec<Fault> {
    whole(&file.build()).faults
}

fn malformed(file: &Heif) -> &'static str {
    match faults(file).as_slice() {
        [Fault::Malformed(rule)] => rule,
        other => panic!("{other:?}"),
    }
}

fn size(file: &Heif) -> (Option<u32>, Option<u32>) {
    let findings = whole(&file.build());
    assert_eq!(findings.faults, []);
    (findings.facts.width, findings.facts.height)
}

#[test]
fn brands_and_the_primary_item_name_the_type() {
    let still = |brands: &[&[u8; 4]]| Heif::still(b"hvc1").brands(brands).build();
    let track =
        |brands: &[&[u8; 4]]| Mp4::new().brands(brands).handler(b"pict").coding(b"hvc1").build();
    for (bytes, expected) in [
        (heic(), HEIC),
        (grid(), HEIC),
        (still(&[b"mif1", b"heic"]), HEIC),
        (still(&[b"heix", b"mif1", b"heix"]), HEIC),
        (still(&[b"heis", b"mif1"]), HEIC),
        (still(&[b"mif1", b"miaf"]), HEIF),
        (still(&[b"mif2"]), HEIF),
        (still(&[b"msf1", b"mif1", b"heic"]), HEIC),
        (still(&[b"msf1", b"hevc"]), HEIF),
        (still(&[b"isom", b"mif1", b"heic"]), HEIC),
        (still(&[b"mp42", b"mif1"]), HEIF),
        (sequence(), SEQUENCE),
        (track(&[b"hevc", b"msf1"]), SEQUENCE),
        (track(&[b"msf1", b"iso8"]), SEQUENCE),
    ] {
        let findings = whole(&bytes);
        assert_eq!(findings.faults, []);
        assert_eq!(findings.kind, expected);
    }
}

#[test]
fn other_codings_are_named_and_not_taken() {
    let still = |coding, brands: &[&[u8; 4]]| Heif::still(coding).brands(brands).build();
    let track = Mp4::new().brands(&[b"msf1"]).handler(b"pict").coding(b"av01").build();
    for (bytes, name) in [
        (avif(), "AVIF"),
        (still(b"av01", &[b"mif1"]), "AVIF"),
        (still(b"av01", &[b"heic", b"mif1"]), "AVIF"),
        (still(b"hvc1", &[b"heic", b"avif"]), "AVIF"),
        (track, "AVIF"),
        (still(b"avc1", &[b"avci", b"mif1"]), "AVC-coded HEIF image"),
        (still(b"jpeg", &[b"mif1", b"jpeg"]), "JPEG-coded HEIF image"),
        (still(b"j2k1", &[b"j2ki", b"mif1"]), "JPEG 2000-coded HEIF image"),
        (still(b"vvc1", &[b"vvic", b"mif1"]), "VVC-coded HEIF image"),
        (still(b"unci", &[b"mif1", b"heic"]), "uncompressed HEIF image"),
        (still(b"mski", &[b"mif2"]), "HEIF mask image"),
        (still(b"hvc1", &[b"mif3", b"heic"]), "low-overhead HEIF image"),
        (still(b"mime", &[b"mif1"]), "HEIF image of an unsupported coding"),
    ] {
        let findings = whole(&bytes);
        assert!(matches!(findings.kind, Kind::Foreign(f) if f.name == name), "{findings:?}");
        assert_eq!(findings.faults, []);
    }
}

#[test]
fn derived_pictures_are_coded_as_what_they_come_from() {
    let of = |coding| {
        Heif::still(coding)
            .item(b"grid", Some((64, 48)), Data::Meta(grid_description((1, 1), (64, 48))))
            .reference(b"dimg", 2, &[1])
            .item(b"iden", None, Data::None)
            .reference(b"dimg", 3, &[2])
            .primary(3)
    };
    assert_eq!(whole(&of(b"hvc1").build()).kind, HEIC);
    assert_eq!(whole(&of(b"av01").build()).kind, Kind::Foreign(foreign::AVIF));
    assert_eq!(size(&of(b"hvc1")), (Some(64), Some(48)));
}

#[test]
fn the_size_is_that_of_the_primary_picture() {
    assert_eq!(size(&Heif::still(b"hvc1")), (Some(64), Some(48)));
    assert_eq!(size(&Heif::grid((1, 2), (100, 48))), (Some(100), Some(48)));
    assert_eq!(size(&Heif::overlay((300, 200))), (Some(300), Some(200)));
    assert_eq!(size(&Heif::identity()), (Some(64), Some(48)));
    assert_eq!(size(&Heif::still(b"hvc1").meta_last()), (Some(64), Some(48)));
}

/// A grid whose description stands in the media, before or after `meta`.
fn grid_in_media(output: (u32, u32)) -> Heif {
    Heif::still(b"hvc1")
        .item(b"grid", None, Data::Media(grid_description((1, 2), output)))
        .reference(b"dimg", 2, &[1, 1])
        .primary(2)
}

#[test]
fn a_description_among_the_media_is_fetched() {
    let bomb = (1 << 31, 1 << 31);
    let fault = Fault::TooManyPixels { width: 1 << 31, height: 1 << 31 };
    assert_eq!(size(&grid_in_media((128, 48))), (Some(128), Some(48)));
    assert_eq!(size(&grid_in_media((128, 48)).meta_last()), (Some(128), Some(48)));
    assert_eq!(faults(&grid_in_media(bomb)), [fault]);
    assert_eq!(faults(&grid_in_media(bomb).meta_last()), [fault]);
}

#[test]
fn bombs_are_refused_by_their_pixels() {
    let large = Heif::empty().item(b"hvc1", Some((1 << 20, 10)), Data::Media(vec![1; 9]));
    let fault = Fault::TooManyPixels { width: 1 << 20, height: 10 };
    assert_eq!(faults(&large), [fault]);
    let canvas = Fault::TooManyPixels { width: 1 << 31, height: 1 << 31 };
    assert_eq!(faults(&Heif::overlay((1 << 31, 1 << 31))), [canvas]);
    assert_eq!(faults(&Heif::grid((1, 2), (1 << 31, 1 << 31))), [canvas]);
    let tiles = Heif::empty()
        .item(b"hvc1", Some((8192, 8192)), Data::Media(vec![1; 9]))
        .item(b"grid", None, Data::Meta(grid_description((255, 255), (640, 480))))
        .reference(b"dimg", 2, &vec![1; 255 * 255])
        .primary(2);
    let fault = Fault::TooManyPixels { width: 255 * 8192, height: 255 * 8192 };
    assert_eq!(faults(&tiles), [fault]);
    let zero = Heif::empty().item(b"hvc1", Some((0, 10)), Data::Media(vec![1; 9]));
    assert_eq!(malformed(&zero), "an image side is zero");
}

#[test]
fn pictures_that_multiply_are_refused() {
    let mut heif = Heif::empty().item(b"hvc1", Some((4000, 3000)), Data::Media(vec![1; 9]));
    for level in 1..40 {
        let description = [&[0; 10], words(&[4000 << 16 | 3000]).as_slice()].concat();
        heif = heif
            .item(b"iovl", None, Data::Meta(description))
            .reference(b"dimg", level + 1, &[level, level])
            .primary(level + 1);
    }
    assert_eq!(malformed(&heif), "a picture built from too many pixels");
    let mut deep = Heif::still(b"hvc1");
    for level in 1..100 {
        deep = deep
            .item(b"iden", None, Data::None)
            .reference(b"dimg", level + 1, &[level])
            .primary(level + 1);
    }
    assert_eq!(malformed(&deep), "pictures derived from each other too deeply");
}

#[test]
fn circles_and_dangling_references_are_refused() {
    let circle = "items derived from each other in a circle";
    let itself = Heif::empty().item(b"iden", None, Data::None).reference(b"dimg", 1, &[1]);
    assert_eq!(malformed(&itself), circle);
    let pair = itself.item(b"iden", None, Data::None).reference(b"dimg", 2, &[1]);
    assert_eq!(malformed(&pair), circle);
    let nowhere = Heif::empty().item(b"iden", None, Data::None).reference(b"dimg", 1, &[9]);
    assert_eq!(malformed(&nowhere), "a picture derived from an item that is not there");
    let nothing = Heif::empty().item(b"iden", None, Data::None);
    assert_eq!(malformed(&nothing), "a picture derived from an item that is not there");
    let twice = Heif::identity().reference(b"dimg", 2, &[1]);
    assert_eq!(malformed(&twice), "two derivations of one item");
    let primary = Heif::still(b"hvc1").primary(7);
    assert_eq!(malformed(&primary), "the primary item is not there");
    let tiles = Heif::grid((1, 2), (100, 48)).reference(b"thmb", 1, &[3]);
    assert_eq!(faults(&tiles), []);
    let few = Heif::still(b"hvc1")
        .item(b"grid", None, Data::Meta(grid_description((2, 2), (100, 90))))
        .reference(b"dimg", 2, &[1, 1, 1])
        .primary(2);
    assert_eq!(malformed(&few), "a grid with the wrong number of tiles");
}

#[test]
fn extents_must_lie_inside_their_source() {
    let at = |method, offset, len| {
        Heif::empty()
            .item(b"hvc1", Some((64, 48)), Data::At(method, offset, len))
            .item(b"Exif", None, Data::Meta(vec![7; 30]))
            .reference(b"iloc", 1, &[2])
    };
    assert_eq!(faults(&at(0, 0, 100)), []);
    assert_eq!(faults(&at(0, 100, 0)), []);
    assert_eq!(faults(&at(0, 100, 100_000)), [Fault::Truncated]);
    assert_eq!(faults(&at(0, 100_000, 0)), [Fault::Truncated]);
    assert_eq!(faults(&at(0, u32::MAX, u32::MAX)), [Fault::Truncated]);
    assert_eq!(faults(&at(1, 0, 30)), []);
    assert_eq!(faults(&at(1, 1, 30)), [Fault::Truncated]);
    assert_eq!(faults(&at(2, 10, 20)), []);
    assert_eq!(faults(&at(2, 11, 20)), [Fault::Truncated]);
    assert_eq!(malformed(&at(3, 0, 1)), "an unknown construction method");
    let overlap = at(0, 0, 50).item(b"mime", None, Data::At(0, 20, 50));
    assert_eq!(faults(&overlap), []);
}

#[test]
fn a_picture_needs_its_data_and_its_configuration() {
    let without = Heif::empty().item(b"hvc1", Some((64, 48)), Data::None);
    assert_eq!(malformed(&without), "a picture without data");
    let unsized_ = Heif::empty().item(b"hvc1", None, Data::Media(vec![1; 9]));
    assert_eq!(malformed(&unsized_), "the primary picture has no size");
    let findings = whole(&patched(heic(), b"hvcC", -4, b"xxxx"));
    assert_eq!(findings.faults, [Fault::Malformed("a picture without its decoder configuration")]);
}

#[test]
fn data_in_another_file_is_refused() {
    // The data reference index of the one item stands 18 bytes into `iloc`.
    let one = |dinf: &[u8]| {
        let file = Heif::still(b"hvc1").in_meta(dinf).build();
        whole(&patched(file, b"iloc", 12, &[0, 1])).faults
    };
    let dinf =
        |entry: &[u8]| boxed(b"dinf", &full_box(b"dref", 0, 0, &[&words(&[1]), entry].concat()));
    let outside = [Fault::Malformed("refers to data outside the file")];
    assert_eq!(one(&dinf(&full_box(b"url ", 0, 1, b""))), []);
    assert_eq!(one(&dinf(&full_box(b"url ", 0, 0, b"http://198.51.100.7/\0"))), outside);
    assert_eq!(one(&dinf(b"")), outside);
    assert_eq!(one(b""), outside);
}

#[test]
fn every_cut_is_noticed() {
    for file in [heic(), grid(), Heif::still(b"hvc1").meta_last().build(), sequence()] {
        for cut in 1..file.len() {
            let (bytes, _lost) = file.split_at(cut);
            // Without the brands the bytes look like the start of a movie.
            assert_eq!(whole(bytes).faults, [Fault::Truncated], "{cut} of {}", file.len());
        }
    }
    let cut = whole(&avif()[..100]);
    assert_eq!((cut.kind, cut.faults), (Kind::Foreign(foreign::AVIF), vec![]));
}

#[test]
fn boxes_that_lie_are_refused() {
    for (kind, size, rule) in [
        (b"meta", 7, "a box is smaller than its header"),
        (b"meta", 0, "a box without a size that is not the last"),
        (b"iinf", 7, "a box is smaller than its header"),
        (b"iinf", 0, "bytes that are no box"),
        (b"ispe", 0x7fff_ffff, "a box overruns the box around it"),
        (b"iprp", 1, "a box overruns the box around it"),
    ] {
        let findings = whole(&patched(heic(), kind, -8, &words(&[size])));
        assert_eq!(findings.faults, [Fault::Malformed(rule)], "{kind:?} {size}");
    }
    let large =
        |size: u64| [heic(), b"\0\0\0\x01free".to_vec(), size.to_be_bytes().to_vec()].concat();
    assert_eq!(whole(&large(1 << 63)).faults, [Fault::Truncated]);
    let overrun = [Fault::Malformed("a box overruns the box around it")];
    assert_eq!(whole(&large(u64::MAX)).faults, overrun);
    let table = patched(heic(), b"ipma", 4, &words(&[u32::MAX]));
    assert_eq!(whole(&table).faults, [Fault::Malformed("a table is larger than its box")]);
    let table = patched(heic(), b"iloc", 6, &[0xff, 0xff]);
    assert_eq!(whole(&table).faults, [Fault::Malformed("a table is larger than its box")]);
}

#[test]
fn floods_are_refused_in_bounded_time() {
    let mut nested = boxed(b"meta", b"");
    for _level in 0..10_000 {
        nested = full_box(b"meta", 0, 0, &nested);
    }
    let brands = dossier_testkit::mp4::file_type(&[*b"heic", *b"mif1"]);
    let nested = whole(&[brands.clone(), nested].concat());
    assert_eq!(nested.faults, [Fault::Truncated]);
    let extents = [0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xff, 0xff];
    let iloc = patched(heic(), b"iloc", 4, &extents);
    let rule = "extents without offsets or lengths";
    assert_eq!(whole(&iloc).faults, [Fault::Malformed(rule)]);
    let many = Heif::still(b"hvc1").in_meta(&boxed(b"free", &vec![0; 300_000]));
    assert_eq!(malformed(&many), "a meta box of more than 256 KiB");
    let twice = Heif::still(b"hvc1").in_meta(&full_box(b"pitm", 0, 0, &[0, 1]));
    assert_eq!(malformed(&twice), "a box that may stand once stands twice");
    let two = Heif::still(b"hvc1").last(&full_box(b"meta", 0, 0, b""));
    assert_eq!(malformed(&two), "more than one meta box");
}

#[test]
fn a_large_meta_box_takes_from_the_budget_or_waits_for_a_second_pass() {
    let file = Heif::still(b"hvc1").in_meta(&boxed(b"free", &vec![0; 150_000])).build();
    assert_eq!(walk(&file, 1000).faults, []);
    let budget = Budget::new(100_000);
    let make = || format(&Limits::default(), &budget);
    let starved = walk_in(&make, &file, 1000);
    assert_eq!(starved.faults, [Fault::Malformed("too complex to check")]);
    let mut findings = Findings::new(Kind::Unknown);
    let held = budget.take(50_000);
    let mut walker = make();
    let _flow = walker.push(&file, &mut findings);
    assert_eq!(walker.finish(&mut findings), crate::walker::Conclusion::Again);
    drop(held);
    assert_eq!(findings.faults, []);
    drop(walker);
    assert!(budget.take(100_000).is_some(), "all of the budget came back");
}

#[test]
fn a_movie_brand_alone_makes_no_picture() {
    let file = Heif::still(b"hvc1").brands(&[b"isom", b"mp42"]).build();
    let findings = whole(&file);
    assert_eq!(findings.faults, [Fault::Truncated]);
    let video = Mp4::new().brands(&[b"isom", b"mif1", b"heic"]).build();
    let findings = whole(&video);
    assert_eq!((findings.kind, findings.faults), (Kind::Known(MediaType::Mp4), vec![]));
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        heic(),
        grid(),
        avif(),
        sequence(),
        Heif::overlay((300, 200)).build(),
        Heif::identity().meta_last().build(),
        grid_in_media((128, 48)).build(),
    ]
}

#[test]
fn findings_are_steady_however_bytes_are_cut_or_changed() {
    assert_steady(seeds(), walk);
}
