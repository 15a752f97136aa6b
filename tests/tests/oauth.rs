//! OAuth with a library that nobody here wrote, and with credentials that are made and rotated
//! beside the running server.

use std::path::Path;
use std::process::Command;

use e2e::{Service, data_folder, dossier, eventually, parts, run, setting, skip};
use serde_json::Value;

/// OAuth credentials.
struct Credentials {
    client_id: String,
    client_secret: String,
}

/// Runs a tool beside the server.
fn tool(data: &Path, words: &[&str]) -> String {
    let output = run(dossier(data).args(words));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn credentials(data: &Path, words: &[&str]) -> Credentials {
    let made: Value = serde_json::from_str(&tool(data, words)).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    Credentials { client_id: text("client_id"), client_secret: text("client_secret") }
}

/// Status of a request for tokens, and the access token.
fn ask(service: &Service, credentials: &Credentials) -> (u16, String) {
    let Credentials { client_id, client_secret } = credentials;
    let form = format!(
        "grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}"
    );
    let kind = "application/x-www-form-urlencoded";
    let answer = service.client().post("/oauth/token", kind, form.as_bytes()).unwrap();
    let token = answer.json()["access_token"].as_str().unwrap_or_default().to_owned();
    (answer.status, token)
}

#[test]
fn an_oauth_library_gets_refreshes_and_revokes_tokens() {
    let python = parts().join("python/bin/python");
    let installed = python.exists()
        && run(Command::new(&python).args(["-c", "import requests_oauthlib"])).status.success();
    if !installed {
        return skip("the OAuth library", "it is not installed; `./test` installs it");
    }
    let folder = data_folder();
    let data = folder.path().join("data");
    let service = Service::start(&data);
    let made = ["client", "secret", "--client", "partner", "--scopes"];
    let made = credentials(&data, &[&made[..], &["files:read,files:write", "--json"]].concat());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/python/oauth.py");
    let mut command = Command::new(python);
    command.env_clear().env("PATH", setting("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command.env("CLIENT_ID", made.client_id).env("CLIENT_SECRET", made.client_secret);
    let output = run(command.arg(script).arg(service.url()));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    let want = "\
issuer\tTrue
header\tBearer 600 ['files:write', 'files:read']
use\t200
body\t['files:read']
refresh\tTrue
old access\t200
new access\t200
revoke access\t200
after revoke access\t401
replay\t400 invalid_grant
after replay\t401
family\t400 invalid_grant
other family\t200
revoke refresh\t200
after revoke refresh\t401
wrong secret\t401 invalid_client
wrong scope\t400 invalid_scope
";
    assert_eq!(printed, want, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn credentials_are_made_and_rotated_beside_a_running_server() {
    let folder = data_folder();
    let data = folder.path().join("data");
    let service = Service::start(&data);
    let id = tool(&data, &["client", "create", "--client", "partner"]);
    let secret = ["client", "secret", "--client", "PARTNER", "--scopes", "files:read", "--json"];
    let first = credentials(&data, &secret);
    assert_eq!(first.client_id, id.trim_end());
    let (status, by_first) = ask(&service, &first);
    assert_eq!(status, 200);

    let second = credentials(&data, &["client", "rotate", "--client", "partner", "--json"]);
    assert_eq!(second.client_id, first.client_id);
    assert_eq!((ask(&service, &first).0, ask(&service, &second).0), (200, 200));
    tool(&data, &["client", "rotate", "--client", "partner", "--end-old"]);
    assert_eq!((ask(&service, &first).0, ask(&service, &second).0), (401, 200));
    let works = |token: &str| service.client().with_key(token).get("/v1/files").unwrap().status;
    eventually("the tokens of the old secret are dead", || works(&by_first) == 401);

    let listed = tool(&data, &["client", "list", "--json"]);
    let partner = listed.lines().find(|line| line.contains("\"partner\"")).unwrap();
    let partner: Value = serde_json::from_str(partner).unwrap();
    let ends: Vec<_> = partner["secrets"].as_array().unwrap().iter().collect();
    assert_eq!(ends.iter().map(|s| s["ends_at"].is_null()).collect::<Vec<_>>(), [false, true]);
    assert!(!listed.contains(&second.client_secret));

    let live = ends[1]["id"].as_str().unwrap();
    let (_, by_second) = ask(&service, &second);
    assert_eq!(works(&by_second), 200);
    tool(&data, &["client", "revoke", live]);
    assert_eq!(ask(&service, &second).0, 401);
    eventually("the tokens of the revoked secret are dead", || works(&by_second) == 401);
}

#[test]
fn an_address_that_guesses_is_stopped_and_a_client_known_there_is_not() {
    let folder = data_folder();
    let data = folder.path().join("data");
    let service = Service::start(&data);
    let secret = ["client", "secret", "--client", "partner", "--scopes", "files:read", "--json"];
    let known = credentials(&data, &secret);
    assert_eq!(ask(&service, &known).0, 200);
    let secret = ["client", "secret", "--client", "other", "--scopes", "files:read", "--json"];
    let unknown = credentials(&data, &secret);
    let statuses: Vec<u16> = (0..101)
        .map(|number| {
            let client_id = format!("0198c0de-1111-7222-8333-{number:012}");
            let client_secret = format!("dss_{number:064}");
            ask(&service, &Credentials { client_id, client_secret }).0
        })
        .collect();
    assert_eq!(statuses.first(), Some(&401));
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(ask(&service, &known).0, 200);
    eventually("a new client is let in again", || ask(&service, &unknown).0 == 200);
}
