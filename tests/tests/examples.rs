//! The programs of docs/examples, run as their readers run them, while a reviewer decides.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use e2e::{KEY, Service, data_folder, parts, run, setting, sh, skip};
use serde_json::json;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples");
const SCAN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/cli/assets/specimen-passport.pdf");

/// Runs an example to the end: it must say whom it made, and what was decided.
fn check(command: &mut Command) {
    let folder = data_folder();
    let allow = |command: &mut Command| {
        command.env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true");
    };
    let service = Service::start_with(allow, &folder.path().join("data"));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    command.env_clear().env("PATH", setting("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command.env("DOSSIER_URL", service.url()).env("DOSSIER_KEY", KEY);
    command.env("HOOK", format!("http://{free}/hooks")).arg(SCAN);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    if let Some(id) = line.trim_end().strip_prefix("user ") {
        let path = format!("/v2/users/{id}/verification/decision");
        let decision = json!({ "decision": "approved" });
        let decided = service.client().json("POST", &path, &decision).unwrap();
        assert_eq!(decided.status, 200, "{}", decided.text());
    }
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let ended = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{line}{rest}{complaint}");
    assert_eq!(rest, line.replacen("user ", "user.verified ", 1), "{complaint}");
    let left = service.client().get("/v1/webhook_endpoints").unwrap().json();
    assert_eq!(left["data"], json!([]));
    service.stop();
}

#[test]
fn the_python_example_runs() {
    let python = parts().join("python/bin/python");
    if !python.exists() {
        return skip("the Python example", "`./test` installs its library");
    }
    check(Command::new(python).arg("-B").arg(format!("{EXAMPLES}/python/verify.py")));
}

#[test]
fn the_typescript_example_runs() {
    let installed = parts().join("node/node_modules");
    if !sh("node --version") || !installed.join("typescript").exists() {
        return skip("the TypeScript example", "`./test` installs the compiler");
    }
    let installed = std::path::absolute(installed).unwrap();
    let folder = data_folder();
    let mut compile = Command::new("node");
    compile.arg(installed.join("typescript/bin/tsc")).arg("--project");
    compile.arg(Path::new(EXAMPLES).join("typescript")).arg("--outDir").arg(folder.path());
    let compiled = run(compile.arg("--typeRoots").arg(installed.join("@types")));
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
    check(Command::new("node").arg(folder.path().join("verify.js")));
}

#[test]
fn the_go_example_runs() {
    if !sh("go version") {
        return skip("the Go example", "Go is not installed; `./test` installs it");
    }
    let folder = data_folder();
    let program = folder.path().join("verify");
    let mut build = Command::new("go");
    build.current_dir(Path::new(EXAMPLES).join("go")).args(["build", "-o"]).arg(&program).arg(".");
    // The module has no dependencies: nothing is fetched.
    build.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOTOOLCHAIN", "local");
    let cache = parts().join("go");
    let built = run(build.env("GOCACHE", std::path::absolute(cache).unwrap()));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    check(&mut Command::new(program));
}
