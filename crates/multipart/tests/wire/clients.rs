//! What clients in the field put on the wire, byte for byte. All of it must be understood.

use crate::support::{Outcome, Part, run_chunks};

/// Runs a body whole, by single bytes and in odd pieces, which must agree.
#[track_caller]
fn parts(content_type: &str, body: impl AsRef<[u8]>) -> Vec<Part> {
    let run = |length: usize| -> Outcome { run_chunks(content_type, body.as_ref().chunks(length)) };
    let whole = run(usize::MAX);
    assert_eq!(whole, run(1));
    assert_eq!(whole, run(13));
    whole.sound()
}

/// The two parts of an upload: `purpose` is `other`, `file` is as given.
#[track_caller]
fn assert_upload(
    (content_type, body): (&str, &[u8]),
    filename: &str,
    file_type: Option<&str>,
    content: &[u8],
) {
    let parts = parts(content_type, body);
    let [purpose, file] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!(purpose.head.name, "purpose");
    assert_eq!(purpose.head.filename, None);
    assert_eq!(purpose.content, b"other");
    assert_eq!(file.row(), ("file", Some(filename), file_type, content));
}

#[test]
fn curl() {
    let body = "--------------------------d74496d66958873e\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --------------------------d74496d66958873e\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a%22b.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n\
        %PDF-1.4\r\n\
        --------------------------d74496d66958873e--\r\n";
    let content_type = "multipart/form-data; boundary=------------------------d74496d66958873e";
    assert_upload(
        (content_type, body.as_bytes()),
        "a\"b.pdf",
        Some("application/pdf"),
        b"%PDF-1.4",
    );
}

#[test]
fn curl_with_form_escape() {
    let body = "--------------------------d74496d66958873e\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --------------------------d74496d66958873e\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a\\\"b\\\\c.pdf\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\
        %PDF-1.4\n\r\n\
        --------------------------d74496d66958873e--\r\n";
    let content_type = "multipart/form-data; boundary=------------------------d74496d66958873e";
    assert_upload(
        (content_type, body.as_bytes()),
        "a\"b\\c.pdf",
        Some("application/octet-stream"),
        b"%PDF-1.4\n",
    );
}

#[test]
fn curl_with_a_field_header_and_encoder() {
    let body = "--------------------------0123456789abcdef\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Type: text/plain\r\n\
        Content-Transfer-Encoding: 8bit\r\n\r\n\
        other\r\n\
        --------------------------0123456789abcdef\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"scan.png\"\r\n\
        Content-Type: image/png\r\n\
        Content-Transfer-Encoding: binary\r\n\
        X-Scan: 1\r\n\r\n\
        \u{89}PNG\r\n\
        --------------------------0123456789abcdef--\r\n";
    let content_type = "multipart/form-data; boundary=------------------------0123456789abcdef";
    assert_upload(
        (content_type, body.as_bytes()),
        "scan.png",
        Some("image/png"),
        "\u{89}PNG".as_bytes(),
    );
}

#[test]
fn python_requests() {
    let body = "--2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"führerschein.jpg\"\r\n\r\n\
        \u{0}\u{1}\r\n\
        --2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4--\r\n";
    let content_type = "multipart/form-data; boundary=2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4";
    assert_upload((content_type, body.as_bytes()), "führerschein.jpg", None, b"\0\x01");
}

#[test]
fn python_requests_over_an_old_urllib3() {
    let body = "--2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4\r\n\
        Content-Disposition: form-data; name=\"file\"; \
        filename*=utf-8''f%C3%BChrerschein.jpg\r\n\
        Content-Type: image/jpeg\r\n\r\n\
        x\r\n\
        --2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4--\r\n";
    let content_type = "multipart/form-data; boundary=2f5d1e9c0e6e4d0c9b7bb2f6a0a1f3c4";
    assert_upload((content_type, body.as_bytes()), "führerschein.jpg", Some("image/jpeg"), b"x");
}

#[test]
fn python_httpx() {
    let body = "--a1b2c3d4e5f60718293a4b5c6d7e8f90\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --a1b2c3d4e5f60718293a4b5c6d7e8f90\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a %22b%22.json\"\r\n\
        Content-Type: application/json\r\n\r\n\
        {}\r\n\
        --a1b2c3d4e5f60718293a4b5c6d7e8f90--\r\n";
    let content_type = "multipart/form-data; boundary=a1b2c3d4e5f60718293a4b5c6d7e8f90";
    assert_upload((content_type, body.as_bytes()), "a \"b\".json", Some("application/json"), b"{}");
}

#[test]
fn python_aiohttp() {
    let body = "--94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e\r\n\
        Content-Type: image/png\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"scan%20%281%29.png\"\r\n\r\n\
        x\r\n\
        --94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e--\r\n";
    let content_type = "multipart/form-data; boundary=94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e";
    assert_upload((content_type, body.as_bytes()), "scan%20%281%29.png", Some("image/png"), b"x");
}

#[test]
fn python_aiohttp_with_part_lengths() {
    let body = "--94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Length: 5\r\n\r\n\
        other\r\n\
        --94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e\r\n\
        Content-Type: application/octet-stream\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"; \
        filename*=utf-8''a.png\r\n\
        Content-Length: 1\r\n\r\n\
        x\r\n\
        --94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e--\r\n";
    let content_type = "multipart/form-data; boundary=94eb5c7bd3cf4a5f9e0c6b4dd08a1f7e";
    assert_upload((content_type, body.as_bytes()), "a.png", Some("application/octet-stream"), b"x");
}

#[test]
fn python_email() {
    let body = "--===============7330845974216740156==\r\n\
        Content-Type: text/plain; charset=\"us-ascii\"\r\n\
        MIME-Version: 1.0\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --===============7330845974216740156==\r\n\
        Content-Type: application/pdf\r\n\
        MIME-Version: 1.0\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".pdf\"\r\n\r\n\
        x\r\n\
        --===============7330845974216740156==--\r\n";
    let content_type = "multipart/form-data; boundary=\"===============7330845974216740156==\"";
    assert_upload((content_type, body.as_bytes()), "a \"b\".pdf", Some("application/pdf"), b"x");
}

#[test]
fn dotnet_http_client() {
    let body = "--0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Disposition: form-data; name=purpose\r\n\r\n\
        other\r\n\
        --0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\r\n\
        Content-Type: application/pdf\r\n\
        Content-Disposition: form-data; name=file; filename=statement.pdf; \
        filename*=utf-8''statement.pdf\r\n\r\n\
        x\r\n\
        --0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11--\r\n";
    let content_type = "multipart/form-data; boundary=\"0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\"";
    assert_upload((content_type, body.as_bytes()), "statement.pdf", Some("application/pdf"), b"x");
}

#[test]
fn dotnet_http_client_beyond_ascii() {
    let body = "--0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Disposition: form-data; name=purpose\r\n\r\n\
        other\r\n\
        --0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\r\n\
        Content-Disposition: form-data; name=file; \
        filename=\"=?utf-8?B?6Lq35YiG6KGoLnBkZg==?=\"; \
        filename*=utf-8''%E8%BA%AB%E5%88%86%E8%AD%89.pdf\r\n\r\n\
        x\r\n\
        --0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11--\r\n";
    let content_type = "multipart/form-data; boundary=\"0f3b7d0e-7f65-4a49-9a39-2f6f6a1b0c11\"";
    assert_upload((content_type, body.as_bytes()), "身分證.pdf", None, b"x");
}

#[test]
fn okhttp() {
    let body = "--4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Length: 5\r\n\r\n\
        other\r\n\
        --4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"IMG_0001.HEIC\"\r\n\
        Content-Type: image/heic\r\n\
        Content-Length: 9\r\n\r\n\
        \r\n\r\nxx\r\n-\r\n\
        --4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b--\r\n";
    let content_type = "multipart/form-data; boundary=4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b";
    assert_upload(
        (content_type, body.as_bytes()),
        "IMG_0001.HEIC",
        Some("image/heic"),
        b"\r\n\r\nxx\r\n-",
    );
}

#[test]
fn retrofit_with_text_bodies() {
    let body = "--4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Transfer-Encoding: binary\r\n\
        Content-Type: text/plain; charset=UTF-8\r\n\
        Content-Length: 5\r\n\r\n\
        other\r\n\
        --4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\
        Content-Type: video/mp4\r\n\
        Content-Length: 1\r\n\r\n\
        x\r\n\
        --4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b--\r\n";
    let content_type = "multipart/form-data; boundary=4c0f52f9-3d8d-4a14-9c1a-2a6d7c1a9a5b";
    assert_upload((content_type, body.as_bytes()), "a.mp4", Some("video/mp4"), b"x");
}

#[test]
fn apache_http_client() {
    let body = "--dQp7cZ3zSxUK1bV5fPAXo6xtLDOJ0_e\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Type: text/plain; charset=ISO-8859-1\r\n\
        Content-Transfer-Encoding: 8bit\r\n\r\n\
        other\r\n\
        --dQp7cZ3zSxUK1bV5fPAXo6xtLDOJ0_e\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"bill.pdf\"\r\n\
        Content-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: binary\r\n\r\n\
        x\r\n\
        --dQp7cZ3zSxUK1bV5fPAXo6xtLDOJ0_e--\r\n";
    let content_type =
        "multipart/form-data; boundary=dQp7cZ3zSxUK1bV5fPAXo6xtLDOJ0_e; charset=ISO-8859-1";
    assert_upload(
        (content_type, body.as_bytes()),
        "bill.pdf",
        Some("application/octet-stream"),
        b"x",
    );
}

#[test]
fn spring_rest_template() {
    let body = "--v1Bt8yI3Xv_G1dQx-m5oT0aPzK7rWq2H\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Type: text/plain;charset=UTF-8\r\n\
        Content-Length: 5\r\n\r\n\
        other\r\n\
        --v1Bt8yI3Xv_G1dQx-m5oT0aPzK7rWq2H\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\
        Content-Length: 1\r\n\r\n\
        x\r\n\
        --v1Bt8yI3Xv_G1dQx-m5oT0aPzK7rWq2H--\r\n";
    let content_type =
        "multipart/form-data;boundary=v1Bt8yI3Xv_G1dQx-m5oT0aPzK7rWq2H;charset=UTF-8";
    assert_upload((content_type, body.as_bytes()), "a.png", Some("image/png"), b"x");
}

#[test]
fn go_mime_multipart() {
    let boundary = "8f2b6c8d7a4e0f1b3c5d7e9fa1b3c5d7e9f0a2b4c6d8e0f2a4b6c8d0e2f4";
    let body = format!(
        "--{boundary}\r\n\
         Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
         other\r\n\
         --{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a\\\\b\\\"c.pdf\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n\
         x\r\n\
         --{boundary}--\r\n"
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    assert_upload(
        (&content_type, body.as_bytes()),
        "a\\b\"c.pdf",
        Some("application/octet-stream"),
        b"x",
    );
}

#[test]
fn node_fetch_of_undici() {
    let body = "------formdata-undici-037294827364\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        ------formdata-undici-037294827364\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"blob\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\
        x\r\n\
        ------formdata-undici-037294827364--\r\n";
    let content_type = "multipart/form-data; boundary=----formdata-undici-037294827364";
    assert_upload((content_type, body.as_bytes()), "blob", Some("application/octet-stream"), b"x");
}

#[test]
fn node_form_data() {
    let body = "----------------------------515890814546601021194782\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        ----------------------------515890814546601021194782\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"паспорт.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n\
        x\r\n\
        ----------------------------515890814546601021194782--\r\n";
    let content_type =
        "multipart/form-data; boundary=--------------------------515890814546601021194782";
    assert_upload((content_type, body.as_bytes()), "паспорт.pdf", Some("application/pdf"), b"x");
}

#[test]
fn php_curl_and_guzzle() {
    let body = "--5e8ff9bf55ba3508199d22e984129be6e5b3c0a1\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\
        Content-Length: 5\r\n\r\n\
        other\r\n\
        --5e8ff9bf55ba3508199d22e984129be6e5b3c0a1\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
        Content-Length: 1\r\n\
        Content-Type: image/jpeg\r\n\r\n\
        x\r\n\
        --5e8ff9bf55ba3508199d22e984129be6e5b3c0a1--\r\n";
    let content_type = "multipart/form-data; boundary=5e8ff9bf55ba3508199d22e984129be6e5b3c0a1";
    assert_upload((content_type, body.as_bytes()), "a.jpg", Some("image/jpeg"), b"x");
}

#[test]
fn php_symfony() {
    let body = "--_=_symfony_1700000000_0123456789abcdef_=_\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --_=_symfony_1700000000_0123456789abcdef_=_\r\n\
        Content-Type: application/pdf\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n\
        x\r\n\
        --_=_symfony_1700000000_0123456789abcdef_=_--\r\n";
    let content_type =
        "multipart/form-data; boundary=\"_=_symfony_1700000000_0123456789abcdef_=_\"";
    assert_upload((content_type, body.as_bytes()), "a.pdf", Some("application/pdf"), b"x");
}

#[test]
fn ruby_net_http() {
    let body = "--k9r3T0mZb1eYw8lUu2hJqQ\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --k9r3T0mZb1eYw8lUu2hJqQ\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\
        x\r\n\
        --k9r3T0mZb1eYw8lUu2hJqQ--\r\n";
    let content_type = "multipart/form-data; boundary=k9r3T0mZb1eYw8lUu2hJqQ";
    assert_upload((content_type, body.as_bytes()), "a.png", Some("application/octet-stream"), b"x");
}

#[test]
fn ruby_faraday_multipart() {
    let body = "-------------RubyMultipartPost-2c1f4f0b7a8de4f3\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        -------------RubyMultipartPost-2c1f4f0b7a8de4f3\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Length: 1\r\n\
        Content-Type: image/png\r\n\
        Content-Transfer-Encoding: binary\r\n\r\n\
        x\r\n\
        -------------RubyMultipartPost-2c1f4f0b7a8de4f3--\r\n\r\n";
    let content_type =
        "multipart/form-data; boundary=-----------RubyMultipartPost-2c1f4f0b7a8de4f3";
    assert_upload((content_type, body.as_bytes()), "a.png", Some("image/png"), b"x");
}

#[test]
fn chrome_and_safari() {
    let body = "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        ------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A%25.png\"\r\n\
        Content-Type: image/png\r\n\r\n\
        x\r\n\
        ------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n";
    let content_type = "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW";
    assert_upload((content_type, body.as_bytes()), "a\"b\r\n%25.png", Some("image/png"), b"x");
}

#[test]
fn firefox() {
    let body = "-----------------------------9051914041544843365972754266\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        -----------------------------9051914041544843365972754266\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"صورة.png\"\r\n\
        Content-Type: image/png\r\n\r\n\
        x\r\n\
        -----------------------------9051914041544843365972754266--\r\n";
    let content_type =
        "multipart/form-data; boundary=---------------------------9051914041544843365972754266";
    assert_upload((content_type, body.as_bytes()), "صورة.png", Some("image/png"), b"x");
}

#[test]
fn a_browser_without_a_chosen_file() {
    let body = "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        ------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n\
        \r\n\
        ------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n";
    let content_type = "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW";
    assert_upload((content_type, body.as_bytes()), "", Some("application/octet-stream"), b"");
}

#[test]
fn react_native_on_ios() {
    let body = "--8QkW7jT2hVxLr0ZsA9yN1bMcEdFgHuIoPq3R\r\n\
        content-disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --8QkW7jT2hVxLr0ZsA9yN1bMcEdFgHuIoPq3R\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"photo.jpg\"; \
        filename*=utf-8''photo.jpg\r\n\
        content-type: image/jpeg\r\n\r\n\
        x\r\n\
        --8QkW7jT2hVxLr0ZsA9yN1bMcEdFgHuIoPq3R--\r\n";
    let content_type = "multipart/form-data; boundary=\"8QkW7jT2hVxLr0ZsA9yN1bMcEdFgHuIoPq3R\"";
    assert_upload((content_type, body.as_bytes()), "photo.jpg", Some("image/jpeg"), b"x");
}

#[test]
fn dart_http() {
    let boundary = "dart-http-boundary-5Kx.R_3qV-ZtW0YgN2jE8uMhLbOaPcDfSiTkUwXyz1G4rQ6";
    let body = format!(
        "--{boundary}\r\n\
         content-disposition: form-data; name=\"purpose\"\r\n\r\n\
         other\r\n\
         --{boundary}\r\n\
         content-type: application/octet-stream\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n\
         x\r\n\
         --{boundary}--\r\n"
    );
    let content_type = format!("multipart/form-data; boundary={boundary}");
    assert_upload(
        (&content_type, body.as_bytes()),
        "a.pdf",
        Some("application/octet-stream"),
        b"x",
    );
}

#[test]
fn alamofire() {
    let body = "--alamofire.boundary.9b2c4d6e8f0a1b3c\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --alamofire.boundary.9b2c4d6e8f0a1b3c\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.mov\"\r\n\
        Content-Type: video/quicktime\r\n\r\n\
        x\r\n\
        --alamofire.boundary.9b2c4d6e8f0a1b3c--\r\n";
    let content_type = "multipart/form-data; boundary=alamofire.boundary.9b2c4d6e8f0a1b3c";
    assert_upload((content_type, body.as_bytes()), "a.mov", Some("video/quicktime"), b"x");
}

#[test]
fn rust_reqwest() {
    let body = "--a3c5e7090b1d2f31-4355667788990011-2233445566778899-aabbccddeeff0011\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --a3c5e7090b1d2f31-4355667788990011-2233445566778899-aabbccddeeff0011\r\n\
        Content-Disposition: form-data; name=\"file\"; \
        filename*=utf-8''%E8%BA%AB%20%E5%88%86.png\r\n\
        Content-Type: image/png\r\n\r\n\
        x\r\n\
        --a3c5e7090b1d2f31-4355667788990011-2233445566778899-aabbccddeeff0011--\r\n";
    let content_type = "multipart/form-data; \
        boundary=a3c5e7090b1d2f31-4355667788990011-2233445566778899-aabbccddeeff0011";
    assert_upload((content_type, body.as_bytes()), "身 分.png", Some("image/png"), b"x");
}

#[test]
fn perl_lwp() {
    let body = "--xYzZY\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --xYzZY\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Length: 1\r\n\
        Content-Type: image/png\r\n\r\n\
        x\r\n\
        --xYzZY--\r\n";
    assert_upload(
        ("multipart/form-data; boundary=xYzZY", body.as_bytes()),
        "a.png",
        Some("image/png"),
        b"x",
    );
}

#[test]
fn a_client_that_starts_with_a_crlf() {
    let body = "\r\n--XbX\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        other\r\n\
        --XbX\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\
        x\r\n\
        --XbX--";
    assert_upload(("multipart/form-data; boundary=XbX", body.as_bytes()), "a.png", None, b"x");
}

#[test]
fn a_client_that_states_digests() {
    let body = "--XbX\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\
        Content-Digest: sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:\r\n\r\n\
        {\"hello\": \"world\"}\n\r\n\
        --XbX--\r\n";
    let parts = parts("multipart/form-data; boundary=XbX", body);
    let digest = parts[0].head.content_digest.unwrap();
    assert_eq!(digest[..4], [0x44, 0xaf, 0xf4, 0xab]);
}
