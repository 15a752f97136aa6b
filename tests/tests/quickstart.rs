//! The first five minutes of a new user.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use e2e::{data_folder, dossier, run, setting, sh, skip};

const DATA: &str = "./dossier-data";

#[test]
fn quickstart_works_in_an_empty_folder() {
    let folder = data_folder();
    let mut command = dossier(DATA.as_ref());
    command.env_remove("DOSSIER_DATA_DIR").current_dir(&folder);
    let output = run(command.args(["quickstart", "--exit"]));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for part in ["export DOSSIER_KEY=dsk_", "curl ", "201 Created", "\"status\": \"ready\""] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(folder.path().join("dossier-data/root.key").exists());
}

#[test]
fn quickstart_takes_another_port_when_its_own_is_taken() {
    let folder = data_folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = dossier(folder.path());
    let output = run(command.args(["quickstart", "--exit", "--listen", &address]));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(&format!("{address} is taken")), "{text}");
    assert!(text.contains("201 Created"), "{text}");
}

#[test]
fn quickstart_beside_a_server_on_the_same_data_says_only_that() {
    let folder = data_folder();
    let mut command = dossier(folder.path());
    command.args(["quickstart", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let printed = printed_until_it_serves(&mut child);
    let url = printed.split("http://").nth(1).unwrap();
    let address = url.split_whitespace().next().unwrap();
    let mut command = dossier(folder.path());
    let output = run(command.args(["quickstart", "--exit", "--listen", address]));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{told}");
    assert!(told.contains("another server runs on this store"), "{told}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{told}");
}

#[test]
fn the_lines_that_quickstart_prints_can_be_pasted() {
    if !sh("curl --version") {
        return skip("the printed curl line", "curl is missing");
    }
    let folder = data_folder();
    let mut command = dossier(DATA.as_ref());
    command.current_dir(&folder).args(["quickstart", "--listen", "127.0.0.1:0"]);
    let mut child = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let printed = printed_until_it_serves(&mut child);
    let (told, _) = printed.split_once("curl ").unwrap();
    assert!(told.contains("In another terminal"), "{printed}");
    let script = pasted(&printed);
    let mut shell = Command::new("/bin/sh");
    // In whatever folder the other terminal is.
    shell.env_clear().env("PATH", setting("PATH").unwrap()).current_dir("/");
    let output = run(shell.args(["-ec", &script]));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{script}\n{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(answer["data"][0]["status"], "ready", "{script}\n{answer}");
    let revoke = printed.lines().map(str::trim).find(|line| line.contains(" key revoke "));
    let mut command = dossier(DATA.as_ref());
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().current_dir("/");
    let output = run(shell.args(["-ec", revoke.unwrap()]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(command.current_dir(&folder).args(["key", "list"]));
    let listed = String::from_utf8_lossy(&output.stdout);
    assert!(listed.lines().count() == 1 && listed.contains("revoked"), "{listed}");
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn printed_until_it_serves(child: &mut Running) -> String {
    let mut stdout = BufReader::new(child.0.stdout.take().unwrap());
    let mut printed = String::new();
    while !printed.contains("Serving until") {
        assert!(stdout.read_line(&mut printed).unwrap() > 0, "it ended early: {printed}");
    }
    printed
}

/// The line with the key and the upload, with its continuation lines, as a person copies them.
fn pasted(printed: &str) -> String {
    let mut script = String::new();
    let mut lines = printed.lines().map(str::trim);
    let key = lines.find(|line| line.starts_with("export ")).unwrap();
    script.push_str(key);
    script.push('\n');
    let mut line = lines.find(|line| line.starts_with("curl ")).unwrap();
    while let Some(part) = line.strip_suffix('\\') {
        script.push_str(part);
        line = lines.next().unwrap();
    }
    script.push_str(line);
    script
}
