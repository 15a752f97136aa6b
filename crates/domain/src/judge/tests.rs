use dossier_media::Foreign;

use super::*;
use crate::Variant;
use crate::violation::Bound;

fn evidence(kind: Kind) -> Evidence<'static> {
    Evidence {
        size: ByteCount(1000),
        kind,
        faults: &[],
        notes: &[],
        sha256: None,
        checked: ContentCheck::Structure,
    }
}

fn claim<'a>(purpose: &'a str, name: &'a str, declared: Option<&'a str>) -> Claim<'a> {
    Claim { purpose: Some(purpose), name: Some(name), declared, sha256: None }
}

fn codes<T>(result: Result<T, Violations>) -> Vec<&'static str> {
    match result {
        Ok(_) => Vec::new(),
        Err(violations) => violations.iter().map(|v| v.code.name()).collect(),
    }
}

fn warnings(result: Result<Accepted, Violations>) -> Vec<&'static str> {
    result.unwrap().warnings.iter().map(|c| c.name()).collect()
}

const JPEG: Kind = Kind::Known(MediaType::Jpeg);
const GIF: Kind = Kind::Foreign(Foreign { name: "GIF image", essence: "image/gif" });

#[test]
fn a_claim_does_not_show_itself_in_debug_output() {
    assert_eq!(format!("{:?}", claim("passport", "Qanary-name", None)), "Claim(…)");
}

#[test]
fn all_broken_rules_come_in_one_answer_in_a_fixed_order() {
    let broken = Evidence { faults: &[Fault::Truncated], ..evidence(GIF) };
    let found = judge(&claim("visa", ".x", None), &broken, &Limits::default());
    assert_eq!(
        codes(found),
        [
            "file.purpose.unknown",
            "file.name.length",
            "file.name.leading_dot",
            "file.type.not_permitted",
            "file.content.truncated",
        ]
    );
}

#[test]
fn both_size_limits_are_inclusive_and_judged_before_the_type() {
    let limits = Limits::default();
    for (size, want) in [
        (0, vec!["file.size.too_small"]),
        (14, vec!["file.size.too_small"]),
        (15, vec![]),
        (209_715_200, vec![]),
        (209_715_201, vec!["file.size.too_large"]),
    ] {
        let seen = Evidence { size: ByteCount(size), ..evidence(JPEG) };
        assert_eq!(codes(judge(&claim("passport", "a.jpg", None), &seen, &limits)), want, "{size}");
    }
    let tiny = Evidence { size: ByteCount(3), ..evidence(Kind::Unknown) };
    assert_eq!(
        codes(judge(&claim("passport", "a.jpg", None), &tiny, &limits)),
        ["file.size.too_small"]
    );
}

#[test]
fn a_purpose_may_have_a_lower_limit_but_no_higher_one() {
    let limits = Limits {
        size_max_by_purpose: vec![
            (Purpose::Passport, ByteCount(20)),
            (Purpose::Other, ByteCount(u64::MAX)),
        ],
        ..Limits::default()
    };
    assert_eq!(limits.size_max_of(Purpose::Passport), ByteCount(20));
    assert_eq!(limits.size_max_of(Purpose::Other), limits.size_max);
    let seen = Evidence { size: ByteCount(21), ..evidence(JPEG) };
    let violations = judge(&claim("passport", "a.jpg", None), &seen, &limits).unwrap_err();
    assert_eq!(violations.split_first().0.bound, Some(Bound { limit: 20, actual: 21 }));
}

#[test]
fn names_of_another_group_are_refused_and_of_the_same_group_warned_of() {
    let limits = Limits::default();
    let judged =
        |name, declared| judge(&claim("passport", name, declared), &evidence(JPEG), &limits);
    assert_eq!(warnings(judged("a.jpg", Some("image/jpeg"))), [""; 0]);
    assert_eq!(warnings(judged("a.png", Some("image/heic"))), ["file.type.mismatch"]);
    assert_eq!(warnings(judged("scan", Some("application/octet-stream"))), [""; 0]);
    assert_eq!(codes(judged("a.pdf", None)), ["file.type.disagrees"]);
    assert_eq!(codes(judged("a.exe", Some("video/mp4"))), ["file.type.disagrees"; 2]);
    assert_eq!(codes(judged("a.jpg", Some("image/*"))), ["file.type.disagrees"]);
}

#[test]
fn a_file_that_is_not_what_it_is_called_breaks_a_rule_for_each_of_its_names() {
    const TEXT: Kind = Kind::Foreign(Foreign { name: "plain text", essence: "text/plain" });
    let limits = Limits::default();
    let (refused, lies) = ("file.type.not_permitted", "file.type.disagrees");
    for (name, declared, kind, want) in [
        ("x.pdf", Some("application/pdf"), TEXT, vec![refused, lies, lies]),
        ("x.pdf", None, TEXT, vec![refused, lies]),
        ("x.txt", Some("application/pdf"), TEXT, vec![refused, lies]),
        ("x.txt", Some("text/plain"), TEXT, vec![refused]),
        ("x.doc", Some("application/octet-stream"), TEXT, vec![refused]),
        ("x.jpg", Some("image/jpeg"), GIF, vec![refused, lies, lies]),
        ("x.gif", Some("image/gif"), GIF, vec![refused]),
        ("x.pdf", Some("application/pdf"), Kind::Unknown, vec!["file.type.unknown"]),
        ("x.pdf", Some("video/mp4"), JPEG, vec![lies, lies]),
    ] {
        let judged = judge(&claim("passport", name, declared), &evidence(kind), &limits);
        let violations = judged.unwrap_err();
        let codes: Vec<_> = violations.iter().map(|v| v.code.name()).collect();
        assert_eq!(codes, want, "{name} {declared:?} {kind:?}");
        let told = want.contains(&lies);
        assert!(violations.iter().all(|v| v.unlike_its_name == told), "{name} {declared:?}");
    }
}

#[test]
fn a_type_the_purpose_does_not_take_is_refused_with_what_it_takes() {
    let limits = Limits::default();
    let video = claim("selfie_video", "a.jpg", Some("image/jpeg"));
    let found = judge(&video, &evidence(JPEG), &limits).unwrap_err().split_first().0;
    assert_eq!(found.permitted, ["video/*"]);
    assert_eq!(found.declared.as_deref(), Some("image/jpeg"));
    assert_eq!(found.detected, Some("image/jpeg"));
    assert_eq!(found.message, Variant::Video);
    let sequence = Kind::Known(MediaType::HeifSequence);
    assert!(judge(&claim("other", "a.heic", None), &evidence(sequence), &limits).is_ok());
    assert_eq!(
        codes(judge(&claim("passport", "a.heic", None), &evidence(sequence), &limits)),
        ["file.type.not_permitted"]
    );
}

#[test]
fn embedded_files_depend_on_the_purpose() {
    let limits = Limits::default();
    let seen = Evidence {
        notes: &[Note::PdfAttachments, Note::PdfRestricted],
        ..evidence(Kind::Known(MediaType::Pdf))
    };
    for row in &PURPOSES {
        let found = judge(&claim(row.name, "a.pdf", None), &seen, &limits);
        match (row.name, row.attachments) {
            ("selfie_video", _) => assert!(found.is_err()),
            (_, Attachments::Refuse) => assert_eq!(codes(found), ["file.pdf.attachments"]),
            (_, Attachments::Warn) => {
                assert_eq!(warnings(found), ["file.pdf.attachments", "file.pdf.restricted"]);
            }
        }
    }
}

#[test]
fn every_fault_has_its_own_code() {
    let foreign = Foreign { name: "ZIP archive", essence: "application/zip" };
    for (fault, code) in [
        (Fault::Truncated, "file.content.truncated"),
        (Fault::Malformed("x"), "file.content.malformed"),
        (Fault::TooManyPixels { width: 1 << 40, height: 1 << 40 }, "file.content.too_many_pixels"),
        (Fault::TwoFormats(foreign), "file.content.two_formats"),
        (Fault::PdfEncrypted, "file.pdf.encrypted"),
        (Fault::PdfJavaScript, "file.pdf.javascript"),
        (Fault::PdfLaunch, "file.pdf.launch"),
        (Fault::PdfRichMedia, "file.pdf.rich_media"),
        (Fault::PdfXfa, "file.pdf.xfa"),
        (Fault::NoVideoTrack, "file.video.no_video_track"),
    ] {
        assert_eq!(structure_violation(fault, &Limits::default()).code.name(), code);
    }
}

#[test]
fn of_too_many_pixels_the_bound_is_named_that_was_crossed() {
    let limits = Limits::default();
    let bound = |width, height| {
        let violation = structure_violation(Fault::TooManyPixels { width, height }, &limits);
        violation.bound.map(|bound| (bound.limit, bound.actual))
    };
    assert_eq!(bound(65_536, 1), Some((65_535, 65_536)));
    assert_eq!(bound(1, 70_000), Some((65_535, 70_000)));
    assert_eq!(bound(1 << 40, 1 << 40), Some((65_535, 1 << 40)));
    assert_eq!(bound(65_535, 65_535), Some((1 << 28, 65_535 * 65_535)));
}

#[test]
fn the_weaker_levels_believe_more_and_say_so() {
    let limits = Limits::default();
    let dummy = Evidence { checked: ContentCheck::Declared, ..evidence(Kind::Unknown) };
    let found = judge(&claim("passport", "x.bin", Some("image/png")), &dummy, &limits).unwrap();
    assert_eq!(found.media_type, MediaType::Png);
    assert_eq!(found.warnings, [Code::FileContentUnchecked]);
    let found = judge(&claim("passport", "x.bin", None), &dummy, &limits);
    assert_eq!(codes(found), ["file.type.unknown"]);
    let found = judge(&claim("selfie_video", "x.png", None), &dummy, &limits);
    assert_eq!(codes(found), ["file.type.not_permitted"]);
}

#[test]
fn before_any_byte_is_known_only_the_names_speak() {
    let limits = Limits::default();
    let blank = Outline { size: ByteCount(1000), kind: None, checked: ContentCheck::Structure };
    let check = |purpose, name| codes(judge_outline(&claim(purpose, name, None), &blank, &limits));
    assert_eq!(check("passport", "photo"), [""; 0]);
    assert_eq!(check("passport", "photo.mp4"), ["file.type.not_permitted"]);
    assert_eq!(check("selfie_video", "photo.mp4"), [""; 0]);
}

#[test]
fn an_outline_warns_of_what_the_upload_would_warn_of() {
    let limits = Limits::default();
    let jpeg =
        Outline { size: ByteCount(1000), kind: Some(JPEG), checked: ContentCheck::Signature };
    let found = judge_outline(&claim("passport", "a.png", None), &jpeg, &limits);
    assert_eq!(found, Ok(vec![Code::FileTypeMismatch, Code::FileContentUnchecked]));
}

#[test]
fn an_announced_digest_must_be_that_of_the_bytes() {
    let limits = Limits::default();
    let judged = |announced, found, kind| {
        let claim = Claim { sha256: announced, ..claim("passport", "a.jpg", None) };
        codes(judge(&claim, &Evidence { sha256: found, ..evidence(kind) }, &limits))
    };
    let (one, other) = (Some([1; 32]), Some([2; 32]));
    assert_eq!(judged(one, one, JPEG), [""; 0]);
    assert_eq!(judged(None, one, JPEG), [""; 0]);
    assert_eq!(judged(one, other, JPEG), ["digest.mismatch"]);
    let refused = ["file.type.not_permitted", "file.type.disagrees"];
    assert_eq!(judged(one, other, GIF), [&refused[..], &["digest.mismatch"]].concat());
    // The bytes were not read to their end: they were refused for something else.
    assert_eq!(judged(one, None, GIF), refused);
}

#[test]
fn without_a_purpose_nothing_is_accepted() {
    let limits = Limits::default();
    let nameless = Claim { purpose: None, ..claim("", "a.jpg", None) };
    assert_eq!(codes(judge(&nameless, &evidence(JPEG), &limits)), ["multipart.part_missing"]);
    let refused = ["file.type.not_permitted", "file.type.disagrees"];
    assert_eq!(codes(judge(&nameless, &evidence(GIF), &limits)), refused);
}
