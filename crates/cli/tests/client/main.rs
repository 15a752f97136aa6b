//! The client commands of the real binary, against a server that plays a script.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod stub;

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier_seal::Sha256;
use stub::{Play, Stub};

const ID: &str = "01980000-0000-7000-8000-000000000001";
const REFUSED: &str = r#"{"type":"/docs/errors#file.type.not_permitted","status":422,
    "code":"file.type.not_permitted","request_id":"r1","errors":[{"pointer":"/file",
    "code":"file.type.not_permitted","detail":"A PDF is needed.","permitted":["application/pdf"],
    "user_message":"Please choose a PDF."}]}"#;

fn dossier<S: AsRef<OsStr>>(stub: &Stub, folder: &Path, args: &[S]) -> Output {
    command(stub, folder, args).output().unwrap()
}

fn command<S: AsRef<OsStr>>(stub: &Stub, folder: &Path, args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dossier"));
    command.args(args).current_dir(folder).env("DOSSIER_URL", &stub.url);
    command.env("DOSSIER_KEY", "dsk_test").env("HTTP_PROXY", "http://127.0.0.1:1");
    command.stdin(Stdio::null());
    command
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(status: &'static str, body: &str) -> Play {
    Play::Answer(status, "Content-Type: application/json\r\n".to_owned(), body.into())
}

fn created(bytes: &[u8]) -> Play {
    let sum = Sha256::of(bytes);
    json("201 Created", &format!(r#"{{"data":[{{"id":"{ID}","sha256":"{sum}"}}]}}"#))
}

fn busy() -> Play {
    let headers = "Retry-After: 0\r\nContent-Type: application/problem+json\r\n".to_owned();
    let body = r#"{"code":"service.unavailable","errors":[{"code":"service.unavailable"}]}"#;
    Play::Answer("503 Service Unavailable", headers, body.into())
}

fn about(name: &str, bytes: &[u8]) -> Play {
    let (size, sum) = (bytes.len(), Sha256::of(bytes));
    let body =
        format!(r#"{{"data":{{"id":"{ID}","name":"{name}","size":{size},"sha256":"{sum}"}}}}"#);
    json("200 OK", &body)
}

fn contents(bytes: &[u8]) -> Play {
    Play::Answer("200 OK", String::new(), bytes.to_vec())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn an_upload_sends_exact_bytes_name_type_and_digest() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = "0123456789\r\n--x".repeat(40_000).into_bytes();
    std::fs::write(folder.path().join("a%22 ü.pdf"), &bytes).unwrap();
    let stub = Stub::new(vec![created(&bytes)]);
    let output = dossier(&stub, folder.path(), &["upload", "--purpose", "passport", "a%22 ü.pdf"]);
    assert_eq!((out(&output), output.status.code()), (format!("{ID}\n"), Some(0)));
    assert_eq!(err(&output), "");
    let [request] = stub.requests().try_into().unwrap();
    assert_eq!(request.line, "POST /v1/files HTTP/1.1");
    assert_eq!(request.header("authorization"), "Bearer dsk_test");
    assert_eq!(request.header("idempotency-key").len(), 32);
    let boundary = request.header("content-type").split_once("boundary=").unwrap().1;
    let digest = STANDARD.encode(Sha256::of(&bytes).0);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\npassport\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a_22 _.pdf\"; \
         filename*=UTF-8''a%2522%20%C3%BC.pdf\r\n\
         Content-Digest: sha-256=:{digest}:\r\nContent-Type: application/pdf\r\n\r\n"
    );
    let body = [head.as_bytes(), &bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    assert!(request.body == body, "{}", request.text());
}

#[test]
fn an_upload_outlives_busy_answers_and_cut_connections_under_one_idempotency_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "x".repeat(300_000)).unwrap();
    let bytes = "x".repeat(300_000).into_bytes();
    let running = r#"{"code":"idempotency.running","errors":[]}"#;
    let running = Play::Answer("409 Conflict", "Retry-After: 0\r\n".into(), running.into());
    let stub = Stub::new(vec![
        busy(),
        Play::Cut,
        running,
        Play::CutShort("201 Created", String::new(), b"{".to_vec()),
        created(&bytes),
    ]);
    let output = dossier(&stub, folder.path(), &["upload", "--purpose", "other", "f"]);
    assert_eq!(out(&output), format!("{ID}\n"));
    assert_eq!(err(&output).matches("was lost: ").count(), 2, "{}", err(&output));
    assert!(err(&output).contains("; trying again in 1 s\n"));
    let requests = stub.requests();
    assert_eq!(requests.len(), 5);
    let first = requests.first().unwrap();
    for request in &requests {
        assert_eq!(request.header("idempotency-key"), first.header("idempotency-key"));
        assert_eq!(request.body, first.body);
    }
    assert!(!first.text().contains("Content-Type"), "nothing is declared without an extension");
}

#[test]
fn a_service_that_stays_busy_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "x").unwrap();
    let stub = Stub::new((0..8).map(|_| busy()).collect());
    let output = dossier(&stub, folder.path(), &["upload", "--purpose", "other", "f"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stub.requests().len(), 6);
    assert!(err(&output).contains("refused with status 503"), "{}", err(&output));
    assert_eq!(out(&output), "");
}

#[test]
fn one_refused_file_of_several_fails_the_command_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.pdf", "b.pdf"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let script = || vec![created(b"a.pdf"), json("422 Unprocessable Content", REFUSED)];
    let words = ["upload", "--purpose", "passport", "--concurrency", "1", "a.pdf", "b.pdf", "gone"];
    let stub = Stub::new(script());
    let output = dossier(&stub, folder.path(), &words);
    assert_eq!((out(&output), output.status.code()), (format!("{ID}\ta.pdf\n"), Some(1)));
    let text = err(&output);
    for part in [
        "b.pdf: refused with status 422",
        "A PDF is needed. (/file)",
        "what to do: ",
        "permitted: application/pdf",
        "for the person: Please choose a PDF.",
        "gone: No such file",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let stub = Stub::new(script());
    let output = dossier(&stub, folder.path(), &[&words[..], &["--json"]].concat());
    let lines: Vec<serde_json::Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [stored, refused, gone] = lines.try_into().unwrap();
    assert_eq!(stored["data"]["id"], ID);
    assert_eq!(
        (&refused["path"], &refused["error"]["code"]),
        (&"b.pdf".into(), &"file.type.not_permitted".into())
    );
    assert!(gone["error"]["detail"].as_str().unwrap().contains("No such file"));
}

#[test]
fn an_upload_that_the_service_stored_wrongly_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), "x").unwrap();
    let stub = Stub::new(vec![created(b"y")]);
    let output = dossier(&stub, folder.path(), &["upload", "--purpose", "other", "f"]);
    assert_eq!((out(&output), output.status.code()), (String::new(), Some(1)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_no_unicode_is_sent_under_the_name_that_is_given() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = OsStr::from_bytes(b"f\xff");
    std::fs::write(folder.path().join(file), "x").unwrap();
    let words = ["upload", "--purpose", "other"].map(OsStr::new);
    let stub = Stub::new(vec![]);
    let output = dossier(&stub, folder.path(), &[&words[..], &[file]].concat());
    assert!(err(&output).contains("--name"), "{}", err(&output));
    let stub = Stub::new(vec![created(b"x")]);
    let named = [OsStr::new("--name"), OsStr::new("n.pdf"), file];
    let output = dossier(&stub, folder.path(), &[&words[..], &named].concat());
    assert!(output.status.success(), "{}", err(&output));
    assert!(stub.requests()[0].text().contains("filename=\"n.pdf\""));
}

#[test]
fn a_download_is_checked_and_named_and_never_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = vec![7; 300_000];
    let script = || vec![about("../my file.pdf", &bytes), contents(&bytes)];
    let stub = Stub::new(script());
    let output = dossier(&stub, folder.path(), &["download", ID]);
    assert_eq!(out(&output), "_my file.pdf\n", "{}", err(&output));
    assert_eq!(names(folder.path()), ["_my file.pdf"]);
    assert_eq!(std::fs::read(folder.path().join("_my file.pdf")).unwrap(), bytes);
    let line = format!("GET /v1/files/{ID}/contents HTTP/1.1");
    assert_eq!(stub.requests()[1].line, line);

    std::fs::write(folder.path().join("_my file.pdf"), "mine").unwrap();
    let stub = Stub::new(script());
    let output = dossier(&stub, folder.path(), &["download", ID]);
    assert!(err(&output).contains("--force"), "{}", err(&output));
    assert_eq!((output.status.code(), stub.requests().len()), (Some(1), 1));
    assert_eq!(std::fs::read(folder.path().join("_my file.pdf")).unwrap(), b"mine");
    let stub = Stub::new(script());
    assert!(dossier(&stub, folder.path(), &["download", ID, "--force"]).status.success());
    assert_eq!(std::fs::read(folder.path().join("_my file.pdf")).unwrap(), bytes);
}

#[test]
fn a_download_that_is_cut_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let cut = Play::CutShort("200 OK", String::new(), b"abc".to_vec());
    let stub = Stub::new(vec![about("f", b"abcdef"), cut, busy(), contents(b"abcdef")]);
    let output = dossier(&stub, folder.path(), &["download", ID, "-o", "g", "--json"]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).starts_with("{\"id\":"), "{}", out(&output));
    assert_eq!(names(folder.path()), ["g"]);
    assert_eq!(std::fs::read(folder.path().join("g")).unwrap(), b"abcdef");
}

#[test]
fn a_download_with_other_bytes_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let digest = "Repr-Digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\r\n";
    let disagreeing = Play::Answer("200 OK", digest.to_owned(), b"abc".to_vec());
    for play in [contents(b"abd"), disagreeing] {
        let stub = Stub::new(vec![about("f", b"abc"), play]);
        let output = dossier(&stub, folder.path(), &["download", ID]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!((out(&output), names(folder.path())), (String::new(), vec![]));
    }
}

#[test]
fn a_list_follows_its_cursor_and_stops_when_it_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let page = |id: &str, meta: &str| {
        let file = format!(r#"{{"id":"{id}","name":"a\u001b[2J","size":3}}"#);
        json("200 OK", &format!(r#"{{"data":[{file}]{meta}}}"#))
    };
    let stub = Stub::new(vec![page("1", r#","meta":{"next":"c&1"}"#), page("2", "")]);
    let words = ["list", "--all", "--purpose", "a b", "--size", "1"];
    let output = dossier(&stub, folder.path(), &words);
    let line = |id| format!("{id}\tnull\tnull\tnull\t3\ta\u{fffd}[2J\n");
    assert_eq!(out(&output), line(1) + &line(2));
    let lines: Vec<String> = stub.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/files?purpose=a+b&size=1 HTTP/1.1",
            "GET /v1/files?purpose=a+b&size=1&after=c%261 HTTP/1.1",
        ]
    );

    let stub = Stub::new(vec![page("1", r#","meta":{"next":"c"}"#)]);
    let output = dossier(&stub, folder.path(), &["list", "--json"]);
    assert_eq!(out(&output).lines().count(), 1);
    assert!(err(&output).contains("--after c"), "{}", err(&output));

    let same = || page("1", r#","meta":{"next":"c"}"#);
    let stub = Stub::new(vec![same(), same(), same()]);
    let output = dossier(&stub, folder.path(), &["list", "--all"]);
    assert_eq!((output.status.code(), stub.requests().len()), (Some(1), 2));
}

#[test]
fn users_are_shown_and_listed_by_their_filters() {
    let folder = tempfile::tempdir().unwrap();
    let user = format!(
        r#"{{"id":"{ID}","external_id":"A","verification_status":"pending","active":true,
        "registered_at":"2026-07-20T08:14:20+00:00","verification":{{"gender":"x"}}}}"#
    );
    let page = json("200 OK", &format!(r#"{{"data":[{user}],"meta":{{}}}}"#));
    let stub = Stub::new(vec![page]);
    let words = ["user", "list", "--external-id", "a", "--verified", "false", "--order", "asc"];
    let output = dossier(&stub, folder.path(), &words);
    let want = format!("{ID}\t2026-07-20T08:14:20+00:00\tpending\ttrue\tA\n");
    assert_eq!(out(&output), want, "{}", err(&output));
    let line = "GET /v2/users?external_id=a&verified=false&order=asc HTTP/1.1";
    assert_eq!(stub.requests()[0].line, line);

    let stub = Stub::new(vec![json("200 OK", &format!(r#"{{"data":{user}}}"#))]);
    let output = dossier(&stub, folder.path(), &["user", "show", ID]);
    assert!(out(&output).contains("verification: {\"gender\":\"x\"}\n"), "{}", err(&output));
    assert_eq!(stub.requests()[0].line, format!("GET /v2/users/{ID} HTTP/1.1"));
}

#[test]
fn get_and_delete_name_the_file_by_a_checked_id() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::new(vec![about("f", b"abc")]);
    let output = dossier(&stub, folder.path(), &["get", &ID.replace('-', "")]);
    assert!(out(&output).contains("name: f\n"), "{}", err(&output));
    assert_eq!(stub.requests()[0].line, format!("GET /v1/files/{ID} HTTP/1.1"));

    let gone =
        r#"{"code":"file.not_found","errors":[{"code":"file.not_found","title":"No file"}]}"#;
    let deleted = Play::Answer("204 No Content", String::new(), vec![]);
    let stub = Stub::new(vec![deleted, json("404 Not Found", gone)]);
    let output = dossier(&stub, folder.path(), &["delete", ID, &ID.replace("001", "002")]);
    assert_eq!((out(&output), output.status.code()), (format!("{ID}\n"), Some(1)));
    assert!(err(&output).contains("file.not_found: No file"), "{}", err(&output));
    assert_eq!(stub.requests()[0].line, format!("DELETE /v1/files/{ID} HTTP/1.1"));

    let stub = Stub::new(vec![]);
    let output = dossier(&stub, folder.path(), &["get", "../users"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_redirect_never_takes_the_key_along() {
    let folder = tempfile::tempdir().unwrap();
    let other = Stub::new(vec![about("f", b"abc")]);
    let location = format!("Location: {}/v1/files/{ID}\r\n", other.url);
    let stub = Stub::new(vec![Play::Answer("307 Temporary Redirect", location, vec![])]);
    let output = dossier(&stub, folder.path(), &["get", ID]);
    assert_eq!((output.status.code(), other.requests().len()), (Some(1), 0));
}

#[test]
fn a_reader_that_goes_away_makes_no_noise() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::new(vec![about("f", b"abc")]);
    let mut child = command(&stub, folder.path(), &["get", ID])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((err(&output), output.status.code()), (String::new(), Some(1)));
}

#[test]
fn an_answer_before_the_end_of_the_body_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f"), vec![0; 16 << 20]).unwrap();
    let body = r#"{"code":"auth.invalid","errors":[{"code":"auth.invalid","title":"No"}]}"#;
    let stub = Stub::new(vec![Play::Early("401 Unauthorized", body.into())]);
    let output = dossier(&stub, folder.path(), &["upload", "--purpose", "other", "f"]);
    assert!(err(&output).contains("auth.invalid: No"), "{}", err(&output));
    assert_eq!((output.status.code(), stub.requests().len()), (Some(1), 1));
}
