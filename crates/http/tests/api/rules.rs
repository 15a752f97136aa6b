//! What a file must be: the purpose takes its type, its names agree, its structure is whole.

use axum::http::StatusCode;
use dossier_domain::{ContentCheck, PURPOSES};
use dossier_testkit::bmp::Bmp;
use dossier_testkit::heif::{self, Heif};
use dossier_testkit::mp4::{self, Mp4};
use dossier_testkit::pdf::{Builder, Cipher, Extra};
use dossier_testkit::video::{avi, matroska, ogg};
use dossier_testkit::{jpeg, json, pdf, png};
use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Options, Service, document, documents, form, json_of};

#[tokio::test]
async fn each_purpose_takes_its_types_and_no_other() {
    let service = Service::start().await;
    let mut taken = 0;
    for row in &PURPOSES {
        for document in documents() {
            let video = document.essence.starts_with("video/");
            let photo = document.essence.starts_with("image/");
            let permitted = match row.name {
                "verification_report" => document.essence.starts_with("application/"),
                "selfie_video" => video,
                "other" => document.essence != "application/json",
                _ => {
                    document.essence == "application/pdf"
                        || (photo && document.essence != "image/heif-sequence")
                }
            };
            let form = form(row.name, document.name, document.essence, &document.bytes);
            let answer = service.upload(&form).await;
            let what = format!("{} as {}: {}", document.name, row.name, answer.brief());
            if permitted {
                let file = answer.created();
                assert_eq!(file["type"], document.essence, "{what}");
                assert_eq!(file["purpose"], row.name, "{what}");
                assert_eq!(file["size"], document.bytes.len(), "{what}");
                assert_eq!(file["warnings"], json!([]), "{what}");
                taken += 1;
            } else {
                let codes = answer.codes();
                assert_eq!(codes, ["file.type.not_permitted"], "{what}");
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
                assert_eq!(answer.json()["errors"][0]["permitted"], json!(row.permitted));
            }
        }
    }
    service.assert_stored(taken);
}

#[tokio::test]
async fn a_refused_type_is_named_with_what_would_do() {
    let service = Service::start().await;
    let photo = document("image/png");
    let selfie = form("selfie_video", "selfie.png", "image/png", &photo.bytes);
    assert_snapshot!(service.upload(&selfie).await.whole(), @r#"
    422
    {
      "code": "file.type.not_permitted",
      "detail": "The purpose does not take files of this type.",
      "errors": [
        {
          "code": "file.type.not_permitted",
          "declared": "image/png",
          "detail": "The purpose does not take files of this type.",
          "detected": "image/png",
          "permitted": [
            "video/*"
          ],
          "pointer": "/file",
          "retryable": false,
          "status": 422,
          "title": "Media type not permitted for this purpose",
          "user_message": "Please choose a video."
        }
      ],
      "request_id": "test",
      "status": 422,
      "title": "Media type not permitted for this purpose",
      "type": "/docs/errors#file.type.not_permitted"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn every_broken_rule_is_in_one_answer() {
    let service = Service::start().await;
    let photo = document("image/jpeg");
    let cut = &photo.bytes[..photo.bytes.len() - 2];
    let answer = service.upload(&form("Passport", "./a.pdf", "video/mp4", cut)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_snapshot!(answer.entries(), @r#"
    file.purpose.unknown pointer=/purpose
    file.name.leading_dot pointer=/file/name
    file.name.character pointer=/file/name
    file.type.disagrees pointer=/file declared=video/mp4 detected=image/jpeg
    file.type.disagrees pointer=/file/name declared=video/mp4 detected=image/jpeg
    file.content.truncated pointer=/file
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_text_that_is_called_a_pdf_is_refused_for_all_three_and_said_to_be_a_text() {
    let service = Service::start().await;
    let text = b"Dear Sir or Madam, my passport is attached.\n";
    let answer = service.upload(&form("passport", "x.pdf", "application/pdf", text)).await;
    assert_snapshot!(answer.entries(), @r"
    file.type.not_permitted pointer=/file declared=application/pdf detected=text/plain
    file.type.disagrees pointer=/file declared=application/pdf detected=text/plain
    file.type.disagrees pointer=/file/name declared=application/pdf detected=text/plain
    ");
    let message = answer.json()["errors"][0]["user_message"].clone();
    let plain = "This file is not what it claims to be: it is a text file. Please choose a photo \
                 (JPEG, PNG, HEIC or BMP) or a PDF.";
    assert_eq!(message, plain);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_purpose_is_compared_exactly() {
    let service = Service::start().await;
    let photo = document("image/png");
    for purpose in ["", "Passport", "PASSPORT", " passport", "passport ", "passport\n", "pass"] {
        let answer = service.upload(&form(purpose, "a.png", "image/png", &photo.bytes)).await;
        assert_eq!(answer.brief(), "422 file.purpose.unknown pointer=/purpose", "{purpose:?}");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn inside_a_group_a_wrong_name_is_a_warning() {
    let service = Service::start().await;
    for (name, declared, essence, warnings) in [
        ("a.png", "image/png", "image/jpeg", json!(["file.type.mismatch"])),
        ("a.jpg", "image/jpeg", "image/heic", json!(["file.type.mismatch"])),
        ("a.heic", "image/heic", "image/heif", json!([])),
        ("a.jpg", "image/jpg", "image/jpeg", json!([])),
        ("a.jpg", "image/pjpeg", "image/jpeg", json!([])),
        ("a.png", "image/x-png", "image/png", json!([])),
        ("a.bmp", "image/x-ms-bmp", "image/bmp", json!([])),
        ("a.bmp", "image/x-bmp", "image/bmp", json!([])),
        ("a.PDF", "APPLICATION/X-PDF", "application/pdf", json!([])),
        ("a.pdf", "application/pdf; name=\"a.pdf\"", "application/pdf", json!([])),
        ("a.png", "", "image/png", json!([])),
        ("a.png", "application/octet-stream", "image/png", json!([])),
        ("a.png", "application/octet-stream", "image/jpeg", json!(["file.type.mismatch"])),
        ("scan.2024", "image/png", "image/png", json!([])),
        ("a.m4v", "video/x-m4v", "video/mp4", json!([])),
        ("a.mov", "video/quicktime", "video/mp4", json!(["file.type.mismatch"])),
        ("a.mkv", "video/x-unheard-of", "video/x-matroska", json!([])),
    ] {
        let bytes = document(essence).bytes;
        let answer = service.upload(&form("other", name, declared, &bytes)).await;
        let file = answer.created();
        assert_eq!(file["warnings"], warnings, "{name} {declared} {essence}");
        assert_eq!(file["type"], essence);
        assert_eq!(file["name"], name);
    }
}

#[tokio::test]
async fn across_groups_a_wrong_name_is_refused() {
    let service = Service::start().await;
    let by_type = "file.type.disagrees pointer=/file declared";
    let by_name = "file.type.disagrees pointer=/file/name";
    for (name, declared, essence, refusal) in [
        ("a.png", "application/pdf", "image/png", format!("{by_type}=application/pdf")),
        ("a.png", "video/mp4", "image/png", format!("{by_type}=video/mp4")),
        ("a.pdf", "image/png", "application/pdf", format!("{by_type}=image/png")),
        ("a.png", "image/gif", "image/png", format!("{by_type}=image/gif")),
        ("a.mp4", "video/*", "video/mp4", format!("{by_type}=video/*")),
        ("a.mp4", "*/*", "video/mp4", format!("{by_type}=*/*")),
        ("a.png", "text/html", "image/png", format!("{by_type}=text/html")),
        ("a.pdf", "", "image/png", by_name.to_owned()),
        ("a.html", "", "image/png", by_name.to_owned()),
        ("a.exe", "", "image/png", by_name.to_owned()),
        ("a.gif", "", "image/png", by_name.to_owned()),
        ("a.zip", "", "image/png", by_name.to_owned()),
        ("a.m4a", "", "video/mp4", by_name.to_owned()),
        ("a.png.html", "", "image/png", by_name.to_owned()),
    ] {
        let answer = service.upload(&form("other", name, declared, &document(essence).bytes)).await;
        let want = format!("422 {refusal} detected={essence}");
        assert_eq!(answer.brief(), want, "{name} {declared}");
    }
    let both = form("other", "a.zip", "text/plain", &document("image/png").bytes);
    let codes = service.upload(&both).await.codes();
    assert_eq!(codes, ["file.type.disagrees", "file.type.disagrees"]);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn types_that_nobody_takes_are_refused_under_every_name() {
    let service = Service::start().await;
    let padded = |head: &[u8]| [head, &[0; 64]].concat();
    for (what, bytes) in [
        ("GIF", padded(b"GIF89a\x01\0\x01\0")),
        ("WebP", padded(b"RIFF\x40\0\0\0WEBPVP8 ")),
        ("TIFF", padded(b"II*\0\x08\0\0\0")),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".to_vec()),
        ("HTML", b"<!DOCTYPE html><html><body>hello</body></html>".to_vec()),
        ("XML", b"<?xml version=\"1.0\"?><a><b>c</b></a>".to_vec()),
        ("PHP", b"<?php system($_GET['c']); ?>".to_vec()),
        ("shell", b"#!/bin/sh\nrm -rf /tmp/nothing\n".to_vec()),
        ("PE", padded(b"MZ\x90\0\x03\0\0\0")),
        ("ELF", padded(b"\x7fELF\x02\x01\x01\0")),
        ("Mach-O", padded(b"\xcf\xfa\xed\xfe\x07\0\0\x01")),
        ("class", padded(b"\xca\xfe\xba\xbe\0\0\0\x34")),
        ("ZIP", padded(b"PK\x03\x04\x14\0\0\0")),
        ("gzip", padded(b"\x1f\x8b\x08\0\0\0\0\0")),
        ("RAR", padded(b"Rar!\x1a\x07\x01\0")),
        ("7z", padded(b"7z\xbc\xaf\x27\x1c\0\x04")),
        ("AVIF", heif::avif()),
        ("text", b"just a line of text, nothing more".to_vec()),
        ("zeros", vec![0; 100]),
        ("noise", (0..=255).rev().collect()),
    ] {
        for (name, declared) in
            [("a.png", "image/png"), ("a.pdf", "application/pdf"), ("a.mp4", ""), ("file", "")]
        {
            let answer = service.upload(&form("other", name, declared, &bytes)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} as {name}");
            let first = answer.codes().remove(0);
            let known = ["file.type.not_permitted", "file.type.unknown"];
            assert!(known.contains(&first.as_str()), "{what} as {name}: {}", answer.brief());
        }
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_magic_number_is_not_enough() {
    let service = Service::start().await;
    let zeros = [0; 20];
    for (name, head) in [
        ("a.pdf", b"%PDF-1.7\n".as_slice()),
        ("a.png", png::SIGNATURE),
        ("a.jpg", b"\xFF\xD8\xFF"),
        ("a.bmp", b"BM"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("a.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1"),
        ("a.mkv", b"\x1A\x45\xDF\xA3\x93\x42\x82\x88matroska"),
    ] {
        for bytes in [head.to_vec(), [head, &zeros].concat()] {
            let answer = service.upload(&form("other", name, "", &bytes)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        }
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_cut_document_is_refused() {
    let service = Service::start().await;
    for document in documents() {
        let len = document.bytes.len();
        for cut in (1..16).map(|n| len * n / 16).chain([len - 1]) {
            // A stream of packets has no end of its own, and a PDF may lack its last line end.
            let may_end = match document.essence {
                "video/mp2t" | "video/mpeg" => true,
                "application/pdf" => cut == len - 1,
                _ => false,
            };
            let form = form("other", document.name, document.essence, &document.bytes[..cut]);
            let answer = service.upload(&form).await;
            let what = format!("{} cut at {cut} of {len}: {}", document.name, answer.brief());
            let refused = answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            assert!(refused || (may_end && answer.status == StatusCode::CREATED), "{what}");
        }
    }
}

#[tokio::test]
async fn faults_of_the_structure_are_named() {
    let service = Service::start().await;
    let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let appended = |mut bytes: Vec<u8>| {
        bytes.extend_from_slice(zip);
        bytes
    };
    let mut bad_crc = png::grey(4, 3);
    bad_crc[29] ^= 1;
    let huge = png::chunks(&[
        png::header(65_535, 65_535).as_slice(),
        &png::chunk(b"IDAT", b"x"),
        &png::end(),
    ]);
    for (name, purpose, bytes, codes) in [
        ("a.png", "other", bad_crc, "file.content.malformed"),
        ("a.png", "other", huge, "file.content.too_many_pixels"),
        ("a.png", "other", appended(png::grey(4, 3)), "file.content.two_formats"),
        ("a.jpg", "other", appended(jpeg::grey(8, 8)), "file.content.two_formats"),
        ("a.mp4", "other", Mp4::new().audio_only().build(), "file.video.no_video_track"),
        ("a.ogv", "other", ogg::audio_only(), "file.video.no_video_track"),
        ("a.mkv", "other", matroska::audio_only(), "file.video.no_video_track"),
        ("a.avi", "other", avi::audio_only(), "file.video.no_video_track"),
        ("a.json", "verification_report", json::nested(65), "file.content.malformed"),
        (
            "a.json",
            "verification_report",
            b"{\"a\":1,\"a\":2222}".to_vec(),
            "file.content.malformed",
        ),
        ("a.json", "verification_report", b"[1,2,3,4,5,6,7,8,]".to_vec(), "file.content.malformed"),
        (
            "a.json",
            "verification_report",
            b"[\"\\ud800\",111111]".to_vec(),
            "file.content.malformed",
        ),
        (
            "a.json",
            "verification_report",
            b"[1,2,3,4,5] [1,2,3]".to_vec(),
            "file.content.malformed",
        ),
    ] {
        let answer = service.upload(&form(purpose, name, "", &bytes)).await;
        assert_eq!(answer.codes(), [codes], "{name}: {}", answer.brief());
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn real_oddities_are_taken() {
    let service = Service::start().await;
    let trailer: Vec<u8> =
        (0..20_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let bom = [b"\xEF\xBB\xBF".as_slice(), &json_of(20)].concat();
    for (purpose, name, bytes) in [
        ("other", "phone.jpg", [jpeg::grey(8, 8), trailer].concat()),
        ("other", "top-down.bmp", Bmp { height: -3, ..Bmp::black(4, 3) }.build()),
        ("other", "grid.heic", heif::grid()),
        ("other", "heix.heic", Heif::still(b"hvc1").brands(&[b"heix", b"mif1"]).build()),
        ("other", "old.mov", Mp4::new().without_ftyp().build()),
        ("other", "camera.mp4", Mp4::new().moov_last().build()),
        ("other", "browser.mp4", Mp4::new().fragmented().build()),
        ("other", "browser.webm", matroska::live_webm()),
        ("verification_report", "bom.json", bom),
        ("verification_report", "deep.json", json::nested(64)),
    ] {
        let answer = service.upload(&form(purpose, name, "", &bytes)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name}: {}", answer.brief());
    }
}

#[tokio::test]
async fn active_content_of_a_pdf_is_refused_under_every_purpose() {
    let service = Service::start().await;
    let with = |extra| Builder::new().with(extra).build();
    for (bytes, code) in [
        (with(Extra::JavaScript), "file.pdf.javascript"),
        (with(Extra::EscapedJavaScript), "file.pdf.javascript"),
        (Builder::new().updated_with(Extra::JavaScript).build(), "file.pdf.javascript"),
        (with(Extra::Launch), "file.pdf.launch"),
        (with(Extra::RichMedia), "file.pdf.rich_media"),
        (with(Extra::Xfa), "file.pdf.xfa"),
        (Builder::new().encrypted(Cipher::Aes128, "secret").build(), "file.pdf.encrypted"),
    ] {
        for purpose in ["verification_report", "passport", "proof_of_address", "other"] {
            let form = form(purpose, "a.pdf", "application/pdf", &bytes);
            let answer = service.upload(&form).await;
            assert_eq!(answer.codes(), [code], "{purpose}: {}", answer.brief());
        }
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn an_embedded_file_is_refused_for_identity_documents_only() {
    let service = Service::start().await;
    let invoice = Builder::new().with(Extra::Attachment(b"<invoice/>".to_vec())).build();
    for purpose in ["proof_of_address", "verification_report", "other"] {
        let file = service.upload(&form(purpose, "a.pdf", "", &invoice)).await.created();
        assert_eq!(file["warnings"], json!(["file.pdf.attachments"]), "{purpose}");
    }
    for purpose in ["passport", "idcard_front", "paper_id", "driving_licence"] {
        let answer = service.upload(&form(purpose, "a.pdf", "", &invoice)).await;
        assert_eq!(answer.codes(), ["file.pdf.attachments"], "{purpose}");
    }
    service.assert_stored(3);
}

#[tokio::test]
async fn harmless_pdfs_are_taken() {
    let service = Service::start().await;
    let page = Builder::new().with(Extra::OpenToPage).build();
    let file = service.upload(&form("passport", "a.pdf", "", &page)).await.created();
    assert_eq!(file["warnings"], json!([]));
    let restricted = Builder::new().encrypted(Cipher::Aes128, "").build();
    let file = service.upload(&form("passport", "a.pdf", "", &restricted)).await.created();
    assert_eq!(file["warnings"], json!(["file.pdf.restricted"]));
}

#[tokio::test]
async fn facts_of_the_content_are_read_with_the_file() {
    let service = Service::start().await;
    for (name, bytes, facts) in [
        ("a.png", png::grey(4, 3), json!({"width": 4, "height": 3})),
        ("a.pdf", pdf::pdf(), json!({"pages": 1})),
        ("a.mp4", mp4::mp4(), json!({"width": 320, "height": 240, "duration_ms": 2000})),
    ] {
        let id = service.upload(&form("other", name, "", &bytes)).await.id();
        let file = service.get(&format!("/v1/files/{id}")).await.json();
        assert_eq!(file["data"]["facts"], facts, "{name}");
    }
}

#[tokio::test]
async fn weaker_checks_take_dummies_and_say_so() {
    let dummy = b"%PDF-1.7 dummy of a test".to_vec();
    let text = b"not a PDF at all, only named so".to_vec();
    for (content_check, dummy_taken, text_taken) in [
        (ContentCheck::Structure, None, None),
        (ContentCheck::Signature, Some("signature"), None),
        (ContentCheck::Declared, Some("declared"), Some("declared")),
    ] {
        let service = Service::with(Options { content_check, ..Options::default() }).await;
        for (bytes, taken) in [(&dummy, dummy_taken), (&text, text_taken)] {
            let answer = service.upload(&form("passport", "a.pdf", "application/pdf", bytes)).await;
            match taken {
                None => assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY),
                Some(level) => {
                    let file = answer.created();
                    assert_eq!(file["checked"], level);
                    assert_eq!(file["warnings"], json!(["file.content.unchecked"]));
                }
            }
        }
        // The rules of names and sizes stand at every level.
        let short = service.upload(&form("passport", "a1", "application/pdf", &dummy)).await;
        assert!(short.codes().contains(&"file.name.length".to_owned()));
        let ready = service.get("/readyz").await.json();
        assert_eq!(ready["content_check"], content_check.name());
    }
}
