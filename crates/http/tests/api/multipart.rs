//! The grammar of the body: what every real client sends is taken, all else is 400.

use axum::http::StatusCode;
use insta::assert_snapshot;

use crate::support::{Answer, Form, Service, document, form, json_of};

fn report() -> Form {
    form("verification_report", "report.json", "application/json", &json_of(30))
}

async fn raw(service: &Service, body: &[u8]) -> Answer {
    service.send_body(service.post(), body.to_vec()).await
}

async fn typed(service: &Service, content_type: impl AsRef<[u8]>, body: Vec<u8>) -> Answer {
    let mut head = service.post();
    let value = axum::http::HeaderValue::from_bytes(content_type.as_ref()).unwrap();
    head.headers_mut().unwrap().insert("content-type", value);
    service.send_body(head, body).await
}

#[tokio::test]
async fn only_forms_are_read() {
    let service = Service::start().await;
    for content_type in [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=XbX",
        "multipart/form-datax; boundary=XbX",
        "text/plain",
    ] {
        let answer = typed(&service, content_type, report().build()).await;
        assert_eq!(answer.brief(), "415 request.media_type", "{content_type}");
    }
    assert_snapshot!(typed(&service, "text/plain", report().build()).await.whole(), @r#"
    415
    {
      "code": "request.media_type",
      "detail": "The Content-Type of the request must be multipart/form-data.",
      "errors": [
        {
          "code": "request.media_type",
          "detail": "The Content-Type of the request must be multipart/form-data.",
          "retryable": false,
          "status": 415,
          "title": "Content-Type not supported",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 415,
      "title": "Content-Type not supported",
      "type": "/docs/errors#request.media_type"
    }
    "#);
    let mut head = service.post();
    head.headers_mut().unwrap().remove("content-type");
    let answer = service.send_body(head, report().build()).await;
    assert_eq!(answer.brief(), "415 request.media_type");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_content_encoding_is_refused_whatever_it_is() {
    let service = Service::start().await;
    for coding in ["gzip", "br", "deflate", "identity", ""] {
        let head = service.post().header("content-encoding", coding);
        let answer = service.send_body(head, report().build()).await;
        assert_eq!(answer.brief(), "415 request.content_encoding", "{coding}");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_boundary_is_one_of_1_to_70_characters() {
    let service = Service::start().await;
    let long = |n: usize| format!("multipart/form-data; boundary={}", "b".repeat(n));
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=XbX; boundary=evil",
        "multipart/form-data; boundary=XbX; boundary=XbX",
        "multipart/form-data; boundary*0=Xb; boundary*1=X",
        "multipart/form-data; boundary=\"XbX",
        "multipart/form-data; boundary=X{b}X",
        "multipart/form-data; boundary=\"XbX \"",
        long(71).as_str(),
        long(5000).as_str(),
    ] {
        let answer = typed(&service, content_type, report().build()).await;
        assert_eq!(answer.brief(), "400 multipart.boundary", "{content_type}");
    }
    let answer = typed(&service, "multipart/form-data; boundary=Xü".as_bytes(), vec![]).await;
    assert_eq!(answer.brief(), "400 multipart.boundary");
    let twice = service.post().header("content-type", "multipart/form-data; boundary=evil");
    let answer = service.send_body(twice, report().build()).await;
    assert_eq!(answer.brief(), "400 multipart.boundary");
    service.assert_nothing_stored();

    let body = String::from_utf8(report().build()).unwrap();
    let longest = "b".repeat(70);
    for (content_type, boundary) in [
        (long(70).as_str(), longest.as_str()),
        ("multipart/form-data; boundary=\"a b\"", "a b"),
        ("multipart/form-data; boundary=\"XbX\"", "XbX"),
        ("Multipart/Form-Data; charset=utf-8; Boundary=XbX", "XbX"),
        (
            "multipart/form-data; boundary=-----------------------------9051914041544",
            "-----------------------------9051914041544",
        ),
    ] {
        let body = body.replace("XbX", boundary).into_bytes();
        let answer = typed(&service, content_type, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{content_type}: {}", answer.brief());
    }
}

#[tokio::test]
async fn boundaries_stand_where_they_must() {
    let service = Service::start().await;
    let body = report().build();
    let open = report().open();
    let joined = |parts: &[&[u8]]| parts.concat();
    for (what, body) in [
        ("junk before", joined(&[b"junk", &body])),
        ("a preamble", joined(&[b"This is a preamble.\r\n", &body])),
        ("two line ends before", joined(&[b"\r\n\r\n", &body])),
        ("many line ends before", joined(&[&b"\r\n".repeat(100_000), &body])),
        ("no end", open.clone()),
        ("half an end", joined(&[&open, b"--XbX-"])),
        ("a cut end", joined(&[&open, b"--Xb"])),
        ("garbage at the end", joined(&[&open, b"--XbX--garbage"])),
        ("an epilogue", joined(&[&body, b"epilogue"])),
        ("a second body", joined(&[&body, &body])),
        ("LF only", String::from_utf8(body.clone()).unwrap().replace("\r\n", "\n").into_bytes()),
        ("CR only", String::from_utf8(body.clone()).unwrap().replace("\r\n", "\r").into_bytes()),
        ("nothing", Vec::new()),
        ("another boundary", String::from_utf8(body.clone()).unwrap().replace("XbX", "XbY").into()),
    ] {
        let answer = raw(&service, &body).await;
        assert_eq!(answer.brief(), "400 multipart.malformed", "{what}");
    }
    let endless = joined(&[&body, &b" ".repeat(1000)]);
    assert_eq!(raw(&service, &endless).await.brief(), "400 multipart.limit limit=64 actual=65");
    service.assert_nothing_stored();
    for (what, body) in [
        ("one line end before", joined(&[b"\r\n", &body])),
        ("no line end after", body[..body.len() - 2].to_vec()),
        ("white space after", joined(&[&body, b" \t\r\n\r\n"])),
    ] {
        let answer = raw(&service, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{what}: {}", answer.brief());
    }
}

#[tokio::test]
async fn a_truncated_body_is_told_so() {
    let service = Service::start().await;
    assert_snapshot!(raw(&service, &report().open()).await.whole(), @r#"
    400
    {
      "code": "multipart.malformed",
      "detail": "The body ended before the closing boundary.",
      "errors": [
        {
          "code": "multipart.malformed",
          "detail": "The body ended before the closing boundary.",
          "retryable": false,
          "status": 400,
          "title": "Malformed multipart body",
          "user_message": "The upload was interrupted. Please try again."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Malformed multipart body",
      "type": "/docs/errors#multipart.malformed"
    }
    "#);
    let known = b"------FormBoundary\r\nContent-Disposition: form-data; name=\"image\"; \
        filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n------FormBoundar";
    let content_type = "multipart/form-data; boundary=----FormBoundary";
    let answer = typed(&service, content_type, known.to_vec()).await;
    assert_eq!(answer.brief(), "400 multipart.malformed");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn both_parts_are_needed_once() {
    let service = Service::start().await;
    let photo = document("image/png");
    let purpose = |form: Form| form.text("purpose", "passport");
    let file = |form: Form| form.file("a.png", "image/png", &photo.bytes);
    let new = Form::default;
    for (what, form, refusal) in [
        ("only the purpose", purpose(new()), "multipart.part_missing pointer=/file"),
        ("only the file", file(new()), "multipart.part_missing pointer=/purpose"),
        ("two purposes", purpose(file(purpose(new()))), "multipart.part_repeated pointer=/purpose"),
        (
            "purposes first",
            file(purpose(purpose(new()))),
            "multipart.part_repeated pointer=/purpose",
        ),
        ("two files", file(purpose(file(new()))), "multipart.part_repeated pointer=/file"),
        (
            "other names",
            new().text("Purpose", "x").text("File", "y"),
            "multipart.part_missing pointer=/file",
        ),
    ] {
        let answer = service.upload(&form).await;
        assert_eq!(answer.brief(), format!("400 {refusal}"), "{what}");
    }
    let nothing = raw(&service, b"--XbX--\r\n").await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_part_that_is_repeated_behind_a_refused_file_is_named() {
    let service = Service::start().await;
    let photo = document("image/png");
    let refused = || form("passport", "a.png", "image/png", b"MZ\x90\0 a program, long enough");
    assert_eq!(service.upload(&refused()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (form, part) in [
        (refused().text("purpose", "passport"), "purpose"),
        (refused().file("a.png", "image/png", &photo.bytes), "file"),
    ] {
        let answer = service.upload(&form).await;
        assert_eq!(answer.brief(), format!("400 multipart.part_repeated pointer=/{part}"));
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_missing_or_repeated_part_is_named() {
    let service = Service::start().await;
    let photo = document("image/png");
    let purpose = |form: Form| form.text("purpose", "passport");
    let file = |form: Form| form.file("a.png", "image/png", &photo.bytes);
    let new = Form::default;
    assert_snapshot!(service.upload(&file(new())).await.whole(), @r#"
    400
    {
      "code": "multipart.part_missing",
      "detail": "The part `purpose` is missing.",
      "errors": [
        {
          "code": "multipart.part_missing",
          "detail": "The part `purpose` is missing.",
          "pointer": "/purpose",
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
    assert_snapshot!(service.upload(&purpose(file(purpose(new())))).await.whole(), @r#"
    400
    {
      "code": "multipart.part_repeated",
      "detail": "The part `purpose` came twice.",
      "errors": [
        {
          "code": "multipart.part_repeated",
          "detail": "The part `purpose` came twice.",
          "pointer": "/purpose",
          "retryable": false,
          "status": 400,
          "title": "Part repeated",
          "user_message": "Please choose one file only."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Part repeated",
      "type": "/docs/errors#multipart.part_repeated"
    }
    "#);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_hopeless_file_without_a_purpose_is_a_missing_part() {
    let service = Service::start().await;
    let junk = Form::default().file("a.png", "image/png", &[0x90; 20_000]);
    let answer = service.upload(&junk).await;
    assert_eq!(answer.brief(), "400 multipart.part_missing pointer=/purpose");
    let late = junk.text("purpose", "nonsense");
    let codes = service.upload(&late).await.codes();
    assert_eq!(codes, ["file.purpose.unknown", "file.type.unknown"]);
    service.assert_nothing_stored();
}

#[tokio::test]
async fn unknown_parts_are_ignored_within_their_limits() {
    let service = Service::start().await;
    let full = "x".repeat(4096);
    let form = Form::default()
        .text("_csrf", &full)
        .text("a[b][c]", "1")
        .text("purpose", "verification_report")
        .part("Content-Disposition: form-data; name=\"other\"; filename=\"a.exe\"", b"MZ")
        .file("report.json", "application/json", &json_of(30))
        .text("empty", "");
    assert_eq!(service.upload(&form).await.status, StatusCode::CREATED);
    for name in ["_csrf", "purpose"] {
        let form = report().text(name, &"x".repeat(4097));
        let answer = service.upload(&form).await;
        assert_eq!(answer.brief(), "400 multipart.limit limit=4096 actual=4097", "{name}");
    }
    service.assert_stored(1);
}

#[tokio::test]
async fn sixteen_parts_are_taken_and_seventeen_are_not() {
    let service = Service::start().await;
    let with = |more: usize| (0..more).fold(report(), |form, n| form.text(&format!("x{n}"), "y"));
    assert_eq!(service.upload(&with(14)).await.status, StatusCode::CREATED);
    let answer = service.upload(&with(15)).await;
    assert_snapshot!(answer.whole(), @r#"
    400
    {
      "code": "multipart.limit",
      "detail": "The body has too many parts.",
      "errors": [
        {
          "actual": 17,
          "code": "multipart.limit",
          "detail": "The body has too many parts.",
          "limit": 16,
          "retryable": false,
          "status": 400,
          "title": "Multipart limit crossed",
          "user_message": "Something went wrong. Please try again later."
        }
      ],
      "request_id": "test",
      "status": 400,
      "title": "Multipart limit crossed",
      "type": "/docs/errors#multipart.limit"
    }
    "#);
    service.assert_stored(1);
    let before = (0..17).fold(Form::default(), |form, _| form.text("x", "y"));
    assert_eq!(service.upload(&before).await.codes(), ["multipart.limit"]);
    service.assert_stored(1);
}

#[tokio::test]
async fn text_fields_are_utf_8() {
    let service = Service::start().await;
    let photo = document("image/png");
    let form = Form::default()
        .part("Content-Disposition: form-data; name=\"purpose\"", b"pass\xffport")
        .file("a.png", "image/png", &photo.bytes);
    let answer = service.upload(&form).await;
    assert_eq!(answer.brief(), "400 multipart.malformed pointer=/purpose");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn part_headers_keep_their_grammar() {
    let service = Service::start().await;
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"";
    let nine = "\r\nX-A: b".repeat(8);
    for (what, head, refusal) in [
        ("no disposition", "Content-Type: text/plain".into(), "malformed"),
        ("attachment", head.replace("form-data", "attachment"), "malformed"),
        ("two dispositions", format!("{head}\r\n{head}"), "malformed"),
        ("no name", "Content-Disposition: form-data; filename=\"a.json\"".into(), "malformed"),
        ("an empty name", head.replace("\"file\"", "\"\""), "malformed"),
        ("two filenames", format!("{head}; filename=\"b.exe\""), "malformed"),
        ("two names", format!("{head}; name=\"purpose\""), "malformed"),
        ("a continuation", format!("{head}; filename*0=\"b\""), "malformed"),
        ("name*", format!("{head}; name*=UTF-8''file"), "malformed"),
        ("a charset", format!("{head}; filename*=ISO-8859-1''a.json"), "malformed"),
        ("folded", format!("{head}\r\n folded"), "malformed"),
        ("folded first", format!(" {head}"), "malformed"),
        ("a bare CR", format!("{head}\rX-A: b"), "malformed"),
        ("a bare LF", format!("{head}\nX-A: b"), "malformed"),
        ("no colon", format!("{head}\r\nnonsense"), "malformed"),
        ("a control", format!("{head}\r\nX-A: \u{1}"), "malformed"),
        ("base64", format!("{head}\r\nContent-Transfer-Encoding: base64"), "malformed"),
        ("quoted", format!("{head}\r\nContent-Transfer-Encoding: quoted-printable"), "malformed"),
        ("short", format!("{head}\r\nContent-Length: 5"), "malformed"),
        ("long", format!("{head}\r\nContent-Length: 5000"), "malformed"),
        ("signed", format!("{head}\r\nContent-Length: +30"), "malformed"),
        ("a list", format!("{head}\r\nContent-Length: 30, 30"), "malformed"),
        ("nine lines", format!("{head}{nine}"), "limit limit=8 actual=9"),
        ("9 KiB", format!("{head}\r\nX-A: {}", "a".repeat(9000)), "limit limit=8192 actual=8193"),
    ] {
        let form = Form::default().text("purpose", "verification_report").part(head, &json_of(30));
        let answer = service.upload(&form).await;
        assert_eq!(answer.brief(), format!("400 multipart.{refusal}"), "{what}");
    }
    service.assert_nothing_stored();
}

#[tokio::test]
async fn a_decoy_inside_a_quoted_name_is_not_a_filename() {
    let service = Service::start().await;
    let decoy = "Content-Disposition: form-data; name=\"purpose; filename=evil.png\"";
    let form = Form::default().part(decoy, b"passport").file("a.json", "", &json_of(30));
    let answer = service.upload(&form).await;
    assert_eq!(answer.brief(), "400 multipart.part_missing pointer=/purpose");
    service.assert_nothing_stored();
}

#[tokio::test]
async fn part_headers_of_real_clients_are_taken() {
    let service = Service::start().await;
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"";
    for head in [
        head.to_owned(),
        format!("{head}\r\nContent-Type: application/json\r\nContent-Length: 30"),
        format!("{head}\r\nContent-Transfer-Encoding: binary"),
        format!("{head}\r\nContent-Transfer-Encoding: 8BIT"),
        format!("{head}\r\nContent-Transfer-Encoding: 7bit\r\nMIME-Version: 1.0"),
        format!("Content-Type: application/json\r\n{head}; filename*=utf-8''a.json"),
        "content-disposition: FORM-DATA; NAME=\"file\"; FILENAME=\"a.json\"".to_owned(),
        "Content-Disposition: form-data; name=file; filename=a.json".to_owned(),
        "Content-Disposition:form-data;name=\"file\";filename=\"a.json\"".to_owned(),
    ] {
        let form = Form::default().text("purpose", "verification_report").part(&head, &json_of(30));
        let answer = service.upload(&form).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{head}: {}", answer.brief());
    }
}
