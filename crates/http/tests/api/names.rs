//! Filenames: what real people use is taken as it is, and nothing that could act is.

use axum::http::StatusCode;
use insta::assert_snapshot;

use crate::support::{Form, Service, document, json_of};

/// A report under a name, given as the bytes of the whole `filename` parameter.
async fn named(service: &Service, parameter: &[u8]) -> crate::support::Answer {
    let head = [b"Content-Disposition: form-data; name=\"file\"; ".as_slice(), parameter].concat();
    let form = Form::default().text("purpose", "verification_report").part(head, &json_of(30));
    service.upload(&form).await
}

fn quoted(name: &str) -> Vec<u8> {
    format!("filename=\"{name}\"").into_bytes()
}

#[tokio::test]
async fn names_of_real_people_come_back_exactly() {
    let service = Service::start().await;
    let longest = "ü".repeat(255);
    for name in [
        "a.b",
        "passport",
        "日本語の免許証.json",
        "отчёт.json",
        "صورة.json",
        "💩💩💩",
        "   ",
        "a b.json",
        "e\u{301}e\u{301}e\u{301}",
        "%2e%2e%2fx.json",
        "x..%c0%afx.json",
        "%252e%252e.json",
        "a%00b.json",
        "CON.json",
        "nul.json",
        "<img src=x onerror=1>.json",
        "=cmd|' calc'!A1.json",
        "$(id).json",
        "'; DROP TABLE files;--.json",
        "{{7*7}}.json",
        "-rf.json",
        "a;b=c.json",
        "a\u{200F}b.json",
        "a.b.",
        longest.as_str(),
    ] {
        let id = named(&service, &quoted(name)).await.id();
        let file = service.get(&format!("/v1/files/{id}")).await.json();
        assert_eq!(file["data"]["name"], name);
    }
}

#[tokio::test]
async fn names_that_break_a_rule_are_refused() {
    let service = Service::start().await;
    let too_long = "a".repeat(256);
    for (name, entries) in [
        ("a1", "file.name.length pointer=/file/name limit=3 actual=2"),
        (too_long.as_str(), "file.name.length pointer=/file/name limit=255 actual=256"),
        (".json", "file.name.leading_dot pointer=/file/name"),
        (".htaccess.json", "file.name.leading_dot pointer=/file/name"),
        ("...json", "file.name.leading_dot pointer=/file/name"),
        ("a/b.json", "file.name.character pointer=/file/name"),
        ("/etc/passwd", "file.name.character pointer=/file/name"),
        ("a\\b.json", "file.name.character pointer=/file/name"),
        ("a.exe\0.json", "file.name.character pointer=/file/name"),
        ("a\tb.json", "file.name.character pointer=/file/name"),
        ("a\u{7f}b.json", "file.name.character pointer=/file/name"),
        ("a\u{85}b.json", "file.name.character pointer=/file/name"),
        ("nosj.\u{202E}exe", "file.name.character pointer=/file/name"),
        ("a\u{202A}b.json", "file.name.character pointer=/file/name"),
        ("a\u{2066}b.json", "file.name.character pointer=/file/name"),
        ("a%0Db.json", "file.name.character pointer=/file/name"),
        ("a%0Ab.json", "file.name.character pointer=/file/name"),
    ] {
        let answer = named(&service, &quoted(name)).await;
        assert_eq!(answer.brief(), format!("422 {entries}"), "{name:?}");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn each_broken_rule_of_a_name_is_an_entry() {
    let service = Service::start().await;
    let answer = named(&service, &quoted("./")).await;
    assert_snapshot!(answer.whole(), @r#"
    422
    {
      "code": "file.name.length",
      "detail": "A filename has 3 to 255 characters.",
      "errors": [
        {
          "actual": 2,
          "code": "file.name.length",
          "detail": "A filename has 3 to 255 characters.",
          "limit": 3,
          "pointer": "/file/name",
          "retryable": false,
          "status": 422,
          "title": "Filename too short or too long",
          "user_message": "Please rename the file: its name must have 3 to 255 characters."
        },
        {
          "code": "file.name.leading_dot",
          "detail": "The filename starts with a dot.",
          "pointer": "/file/name",
          "retryable": false,
          "status": 422,
          "title": "Filename starts with a dot",
          "user_message": "Please rename the file: its name must not start with a dot."
        },
        {
          "code": "file.name.character",
          "detail": "The filename has a path separator, a control character or a
    bidirectional control.",
          "pointer": "/file/name",
          "retryable": false,
          "status": 422,
          "title": "Filename has a character that is not allowed",
          "user_message": "Please rename the file: its name has a character that is not
    allowed."
        }
      ],
      "request_id": "test",
      "status": 422,
      "title": "Filename too short or too long",
      "type": "/docs/errors#file.name.length"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn names_that_are_not_utf_8_are_refused() {
    let service = Service::start().await;
    for bytes in [b"\xff\xfe.json".as_slice(), b"\xc0\xaf.json", b"\xed\xa0\x80.json"] {
        let parameter = [b"filename=\"".as_slice(), bytes, b"\""].concat();
        let answer = named(&service, &parameter).await;
        assert_eq!(answer.brief(), "422 file.name.character pointer=/file/name");
    }
    let answer = named(&service, b"filename*=UTF-8''%ff%fe.json").await;
    assert_eq!(answer.brief(), "422 file.name.character pointer=/file/name");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn escapes_of_browsers_and_libraries_are_undone() {
    let service = Service::start().await;
    for (parameter, name) in [
        (r#"filename="a%22b.json""#, "a\"b.json"),
        (r#"filename="a\"b.json""#, "a\"b.json"),
        (r#"filename=token.json"#, "token.json"),
        (r#"FILENAME="upper.json""#, "upper.json"),
        (r#"filename="plain.json"; filename*=UTF-8''r%C3%A9sum%C3%A9.json"#, "résumé.json"),
        (r#"filename*=UTF-8''first.json; filename="second.json""#, "first.json"),
        (r#"filename*=utf-8'de'b%20c.json"#, "b c.json"),
    ] {
        let file = named(&service, parameter.as_bytes()).await.created();
        assert_eq!(file["name"], name, "{parameter}");
    }
}

#[tokio::test]
async fn filename_star_is_the_one_that_every_rule_sees() {
    let service = Service::start().await;
    let photo = document("image/png");
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"ok.png\"; \
                filename*=UTF-8''evil.html";
    let form = Form::default().text("purpose", "passport").part(head, &photo.bytes);
    let answer = service.upload(&form).await;
    assert_eq!(answer.brief(), "422 file.type.disagrees pointer=/file/name detected=image/png");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_file_part_without_a_name_is_no_file() {
    let service = Service::start().await;
    for parameter in ["filename=\"\"", "x=y", "filename*=UTF-8''"] {
        let answer = named(&service, parameter.as_bytes()).await;
        assert_eq!(answer.brief(), "400 multipart.part_missing pointer=/file", "{parameter}");
    }
    assert_snapshot!(named(&service, b"filename=\"\"").await.whole(), @r#"
    400
    {
      "code": "multipart.part_missing",
      "detail": "The part `file` has no filename, so it is a text field.",
      "errors": [
        {
          "code": "multipart.part_missing",
          "detail": "The part `file` has no filename, so it is a text field.",
          "pointer": "/file",
          "retryable": false,
          "status": 400,
          "title": "Part missing",
          "user_message": "Please choose a file."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Part missing",
      "type": "/docs/errors#multipart.part_missing"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_name_without_an_extension_is_the_same_for_all_types() {
    let service = Service::start().await;
    for (purpose, essence) in [
        ("passport", "image/png"),
        ("passport", "image/jpeg"),
        ("passport", "application/pdf"),
        ("verification_report", "application/json"),
        ("selfie_video", "video/mp4"),
    ] {
        let form = crate::support::form(purpose, "passport", essence, &document(essence).bytes);
        let answer = service.upload(&form).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.brief());
        assert_eq!(answer.created()["warnings"], serde_json::json!([]));
    }
}
