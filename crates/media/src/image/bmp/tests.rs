use dossier_testkit::bmp::Bmp;

use crate::image::testing::{fault, findings};
use crate::{Fault, Kind, MediaType};

fn malformed(rule: &'static str) -> Option<Fault> {
    Some(Fault::Malformed(rule))
}

fn changed(change: impl FnOnce(&mut Bmp)) -> Option<Fault> {
    let mut bmp = Bmp::black(7, 5);
    change(&mut bmp);
    fault(&bmp.build())
}

#[test]
fn a_sound_picture_is_accepted_with_its_size() {
    let found = findings(&Bmp::black(7, 5).build());
    assert_eq!(found.kind, Kind::Known(MediaType::Bmp));
    assert_eq!(found.faults, []);
    assert_eq!((found.facts.width, found.facts.height), (Some(7), Some(5)));
}

#[test]
fn fields_that_programs_fill_in_carelessly_are_left_alone() {
    assert_eq!(changed(|bmp| bmp.height = -5), None);
    assert_eq!(changed(|bmp| bmp.file_size = Some(0)), None);
    assert_eq!(changed(|bmp| bmp.file_size = Some(54)), None);
    assert_eq!(changed(|bmp| bmp.body.extend([0; 30])), None);
}

#[test]
fn lying_headers_are_refused() {
    let size = "the compression and bits per pixel do not match";
    let overlap = "the pixels overlap the headers or the palette";
    assert_eq!(changed(|bmp| bmp.file_size = Some(5_000)), Some(Fault::Truncated));
    assert_eq!(changed(|bmp| bmp.pixels_at = 50_000), Some(Fault::Truncated));
    assert_eq!(changed(|bmp| bmp.pixels_at = u32::MAX), Some(Fault::Truncated));
    assert_eq!(changed(|bmp| bmp.pixels_at = 53), malformed(overlap));
    assert_eq!(changed(|bmp| bmp.width = -1), malformed("the width is not positive"));
    assert_eq!(changed(|bmp| bmp.width = 0), malformed("the width is not positive"));
    assert_eq!(changed(|bmp| bmp.height = 0), malformed("an image side is zero"));
    for height in [i32::MAX, i32::MIN] {
        let found = changed(|bmp| bmp.height = height);
        assert!(matches!(found, Some(Fault::TooManyPixels { .. })), "{height}: {found:?}");
    }
    assert_eq!(changed(|bmp| bmp.planes = 0), malformed("a bitmap has one plane"));
    assert_eq!(changed(|bmp| bmp.bits = 255), malformed(size));
    assert_eq!(changed(|bmp| bmp.compression = 1), malformed(size));
    assert_eq!(changed(|bmp| bmp.colours = u32::MAX), malformed(overlap));
    let inside = malformed("a JPEG or PNG inside a bitmap");
    assert_eq!(changed(|bmp| bmp.compression = 4), inside);
    assert_eq!(changed(|bmp| bmp.compression = 5), inside);
    assert_eq!(changed(|bmp| bmp.width = 9), Some(Fault::Truncated));
}

#[test]
fn a_tail_that_is_a_file_of_its_own_makes_two_formats() {
    let found = changed(|bmp| bmp.body.extend(b"\0\0Rar!\x1A\x07\x01\0"));
    assert!(matches!(found, Some(Fault::TwoFormats(_))), "{found:?}");
}

#[test]
fn runs_are_walked_to_their_end_marker() {
    let runs = |codes: &[u8]| fault(&Bmp::runs(4, 2, codes).build());
    assert_eq!(runs(&[4, 1, 0, 0, 4, 1, 0, 1]), None);
    assert_eq!(runs(&[0, 3, 1, 1, 1, 0, 0, 2, 1, 1, 4, 1, 0, 1, 7, 7]), None);
    assert_eq!(runs(&[4, 1, 0, 0, 4, 1]), None);
    assert_eq!(runs(&[4, 1, 0, 0, 3, 1]), Some(Fault::Truncated));
    assert_eq!(runs(&[4, 1, 0, 0, 0, 4, 1, 1]), Some(Fault::Truncated));
    assert_eq!(runs(&[]), Some(Fault::Truncated));
    let endless = malformed("the runs go on behind the last pixel");
    assert_eq!(runs(&[255, 1].repeat(1000)), endless);
    assert_eq!(runs(&[0, 0].repeat(2000)), endless);
}

#[test]
fn every_cut_is_refused() {
    let sound = Bmp { file_size: Some(0), ..Bmp::black(7, 5) }.build();
    for len in 18..sound.len() {
        assert_eq!(fault(&sound[..len]), Some(Fault::Truncated), "{len}");
    }
}
