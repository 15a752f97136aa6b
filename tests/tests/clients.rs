//! Real clients upload unchanged, and what they sent is what they get back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Document, KEY, Service, data_folder, dossier, parts, run, setting, sh, skip};
use serde_json::Value;
use tempfile::TempDir;

/// File names that come back exactly, from every client.
const NAMES: [&str; 5] = [
    "report.json",
    "Führerschein, Größe ß.json",
    "pass 😀 ✅ 日本語.json",
    "the \"final\" report.json",
    "50% & 100 %; a=b.json",
];
/// More than any client sends without asking first, if it ever asks.
const LARGE: usize = 3_000_000;

/// A server and the files that the clients upload to it.
struct Bench {
    folder: TempDir,
    service: Service,
}

impl Bench {
    fn new() -> Self {
        let folder = data_folder();
        let service = Service::start(&folder.path().join("data"));
        Self { folder, service }
    }

    /// One upload a line: purpose, media type, path, name.
    fn cases(&self) -> PathBuf {
        let sizes = [1_000, 20_000, 65_456, 70_000, LARGE];
        let mut lines = String::new();
        for (seed, (name, size)) in (1..).zip(NAMES.iter().zip(sizes)) {
            let Document { purpose, kind, content, .. } = Document::report(seed, size);
            let path = self.folder.path().join(seed.to_string());
            fs::write(&path, content).unwrap();
            lines.push_str(&format!("{purpose}\t{kind}\t{}\t{name}\n", path.display()));
        }
        let path = self.folder.path().join("cases");
        fs::write(&path, lines).unwrap();
        path
    }

    /// Runs a program of `clients/README.md`; each of its libraries must do every upload.
    fn check(&self, command: &mut Command, libraries: &[&str]) {
        let path = setting("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("DOSSIER_KEY", KEY).env("LC_ALL", "C.UTF-8");
        let output = run(command.arg(self.service.url()).arg(self.cases()));
        let printed = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{printed}\n{errors}");
        for library in libraries {
            let lines: Vec<Vec<&str>> = printed.lines().map(|l| l.split('\t').collect()).collect();
            let own: Vec<_> = lines.iter().filter(|l| l.first() == Some(library)).collect();
            assert_eq!(own.len(), NAMES.len(), "{library}: {printed}");
            for (line, name) in own.iter().zip(NAMES) {
                let [_, status, read_back, body] = line[..] else { panic!("{line:?}") };
                assert_eq!((status, read_back), ("201", "same"), "{library}, {name}: {body}");
                let answer: Value = serde_json::from_str(body).unwrap();
                let (file, warnings) = (&answer["data"][0], Vec::<Value>::new());
                assert_eq!(file["name"], name, "{library}");
                assert_eq!(file["warnings"], Value::Array(warnings), "{library}, {name}");
            }
        }
    }
}

fn clients() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
}

#[test]
fn python_clients_upload_unchanged() {
    let python = parts().join("python/bin/python");
    if !python.exists() {
        return skip("the Python clients", "they are not installed; `./test` installs them");
    }
    let mut command = Command::new(python);
    command.arg(clients().join("python/upload.py"));
    Bench::new().check(&mut command, &["requests", "httpx", "urllib3", "aiohttp"]);
}

#[test]
fn node_clients_upload_unchanged() {
    let installed = parts().join("node");
    if !sh("node --version") || !installed.join("node_modules").exists() {
        return skip("the Node clients", "they are not installed; `./test` installs them");
    }
    let mut command = Command::new("node");
    command.arg(clients().join("node/upload.js")).current_dir(installed);
    let libraries = ["fetch", "axios", "axios with form-data", "form-data"];
    Bench::new().check(&mut command, &libraries);
}

#[test]
fn go_clients_upload_unchanged() {
    if !sh("go version") {
        return skip("the Go clients", "Go is not installed; `./test` installs it");
    }
    let folder = data_folder();
    let program = folder.path().join("upload");
    let mut build = Command::new("go");
    build.current_dir(clients().join("go")).args(["build", "-o"]).arg(&program).arg(".");
    // The module has no dependencies: nothing is fetched.
    build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    let cache = parts().join("go");
    let built = run(build.env("GOCACHE", std::path::absolute(cache).unwrap()));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let libraries = ["go", "go, streamed, file first"];
    Bench::new().check(&mut Command::new(program), &libraries);
}

#[test]
fn java_clients_upload_unchanged() {
    if !sh("javac -version") {
        return skip("the Java clients", "no JDK is installed; `./test` installs one");
    }
    let mut command = Command::new("java");
    command.arg("-XX:TieredStopAtLevel=1").arg(clients().join("java/Upload.java"));
    Bench::new().check(&mut command, &["java", "java, chunked"]);
}

#[test]
fn curl_uploads_unchanged() {
    if !sh("curl --version") {
        return skip("curl", "it is not installed; `./test` installs it");
    }
    let bench = Bench::new();
    let cases = fs::read_to_string(bench.cases()).unwrap();
    for line in cases.lines() {
        let [purpose, kind, path, name] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        // A quotation mark inside a quoted name of curl's own syntax has a backslash.
        let typed = name.replace('"', "\\\"");
        let file = format!("file=@{path};type={kind};filename=\"{typed}\"");
        let variants: [&[&str]; 3] =
            [&[], &["--form-escape"], &["-H", "Expect: 100-continue", "-H", "Connection: close"]];
        for variant in variants {
            let mut curl = Command::new("curl");
            curl.args(["-sS", "-q", "--noproxy", "*", "-H"]);
            curl.arg(format!("Authorization: Bearer {KEY}")).args(variant);
            curl.args(["-F", &format!("purpose={purpose}"), "-F", &file]);
            let output = run(curl.arg(format!("{}/v1/files", bench.service.url())));
            let text = String::from_utf8_lossy(&output.stdout);
            let answer: Value = serde_json::from_str(&text)
                .unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)));
            assert_eq!(answer["data"][0]["name"], name, "{variant:?}: {answer}");
            let id = answer["data"][0]["id"].as_str().unwrap();
            let contents = bench.service.client().contents(id).unwrap();
            assert!(contents.body == fs::read(path).unwrap(), "{variant:?}");
        }
    }
}

#[test]
fn our_own_client_goes_the_whole_way() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let client = |words: &[&str]| {
        let mut command = dossier(&folder.join("data"));
        command.env_remove("DOSSIER_DATA_DIR").current_dir(folder).args(words);
        command.env("DOSSIER_URL", bench.service.url()).env("DOSSIER_KEY", KEY);
        let output = run(&mut command);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap().trim_end().to_owned(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let done = |words: &[&str]| {
        let (code, out, err) = client(words);
        assert_eq!(code, Some(0), "{words:?}: {err}");
        out
    };
    for (seed, name) in (1..).zip(NAMES) {
        let document = Document::report(seed, 100_000);
        fs::write(folder.join(name), &document.content).unwrap();
        let id = done(&["upload", "--purpose", document.purpose, name]);
        assert!(done(&["get", &id]).contains(&format!("name: {name}\n")), "{name}");
        assert!(done(&["list", "--all"]).contains(&id));
        fs::remove_file(folder.join(name)).unwrap();
        assert_eq!(done(&["download", &id]), name);
        assert!(fs::read(folder.join(name)).unwrap() == document.content);
        assert_eq!(done(&["delete", &id]), id);
        let (code, _, complaint) = client(&["get", &id]);
        assert_eq!(code, Some(1));
        assert!(complaint.contains("file.not_found"), "{complaint}");
    }
    assert_eq!(bench.service.client().list().len(), 0);
}
