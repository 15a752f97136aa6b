//! The OpenAPI document and the server, held against each other by Schemathesis: thousands of
//! requests that the document permits or forbids, each answered as it says.

use std::path::Path;
use std::process::Command;

use e2e::{KEY, Service, data_folder, dossier, parts, run, setting, skip};
use serde_json::Value;

#[test]
fn the_server_does_what_its_document_says() {
    let schemathesis = parts().join("python/bin/schemathesis");
    if !schemathesis.exists() {
        return skip("the OpenAPI document", "Schemathesis is missing; `./test` installs it");
    }
    let folder = data_folder();
    let data = folder.path().join("data");
    let allow = |command: &mut Command| {
        // No name is looked up, and what is told goes nowhere.
        command.env("DOSSIER_WEBHOOKS_ALLOW_PRIVATE", "true");
    };
    let service = Service::start_with(allow, &data);
    let client = ["client", "secret", "--client", "partner", "--scopes", "files:read", "--json"];
    let made: Value = serde_json::from_slice(&run(dossier(&data).args(client)).stdout).unwrap();

    let given = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/schemathesis"));
    let mut command = Command::new(std::path::absolute(schemathesis).unwrap());
    command.env_clear().env("PATH", setting("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command.env("ST_KEY", KEY).env("ST_CLIENT", made["client_id"].as_str().unwrap());
    command.env("ST_SECRET", made["client_secret"].as_str().unwrap());
    command.env("SCHEMATHESIS_HOOKS", given.join("dossier_checks.py"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder.path());
    command.arg("--config-file").arg(given.join("schemathesis.toml"));
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    command.args(["run", "--no-color", "--url", &service.url(), document]);
    let output = run(&mut command);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    service.stop();
}
