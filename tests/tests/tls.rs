//! `serve` with a certificate, and curl as a client over HTTP/2.

use std::fs;
use std::path::Path;
use std::process::Command;

use e2e::{Document, KEY, Service, data_folder, fsck, run, setting, sh, skip};
use serde_json::Value;

/// What the server takes at most here.
const SIZE_MAX: usize = 1_000_000;
/// More than any buffer on the way holds.
const HOPELESS: usize = 64_000_000;

/// A server with a certificate for `localhost`, which is its own authority.
fn serve(folder: &Path) -> Service {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let with_tls = |command: &mut Command| {
        command.env("DOSSIER_TLS_CERT_FILE", cert).env("DOSSIER_TLS_KEY_FILE", key);
        command.env("DOSSIER_SIZE_MAX", SIZE_MAX.to_string());
    };
    Service::start_with(with_tls, &folder.join("data"))
}

/// The version of HTTP, the status and the body that curl got for an upload.
fn upload(service: &Service, folder: &Path, (size, key): (usize, &str)) -> (String, String, Value) {
    let Document { purpose, name, kind, content } = Document::report(1, size);
    let (file, body) = (folder.join(&name), folder.join("answer"));
    fs::write(&file, content).unwrap();
    let mut curl = Command::new("curl");
    curl.env_clear().env("PATH", setting("PATH").unwrap_or_default());
    curl.args(["--silent", "--show-error", "--max-time", "60", "--http2"]);
    curl.args(["--write-out", "%{http_version} %{http_code}", "--output"]).arg(&body);
    curl.arg("--cacert").arg(folder.join("cert.pem"));
    curl.args(["--header", &format!("Authorization: Bearer {key}")]);
    curl.args(["--form", &format!("purpose={purpose}")]);
    curl.args(["--form", &format!("file=@{};type={kind}", file.display())]);
    let port = service.address().port();
    let output = run(curl.arg(format!("https://localhost:{port}/v1/files")));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let (version, status) = printed.split_once(' ').unwrap();
    let answer = serde_json::from_slice(&fs::read(body).unwrap()).unwrap();
    (version.to_owned(), status.to_owned(), answer)
}

#[test]
fn an_upload_over_http_2_is_taken_in_and_a_hopeless_one_is_refused_early() {
    if !sh("curl --version | grep -q HTTP2") {
        return skip("uploads over HTTP/2", "curl is missing, or was built without it");
    }
    let folder = data_folder();
    let service = serve(folder.path());
    for (case, status, code) in [
        ((1_000, KEY), "201", None),
        ((SIZE_MAX, KEY), "201", None),
        ((SIZE_MAX + 1, KEY), "413", Some("file.size.too_large")),
        ((HOPELESS, KEY), "413", Some("file.size.too_large")),
        ((HOPELESS, "dsk_unknown"), "401", Some("auth.invalid")),
    ] {
        let (version, got, answer) = upload(&service, folder.path(), case);
        assert_eq!((&*version, &*got), ("2", status), "{case:?}: {answer}");
        assert_eq!(answer["code"].as_str(), code, "{case:?}: {answer}");
    }
    assert!(service.client().get("/healthz").is_err(), "nothing is said without TLS");
    service.stop();
    let found = fsck(&folder.path().join("data"));
    assert!(found.sound && found.files == 2, "{found:?}");
}
