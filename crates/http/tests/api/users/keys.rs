//! The key of a file moves under the key of its user; the bytes stay as they are.

use serde_json::json;

use super::{created, post, uploaded};
use crate::support::Service;

fn holders(service: &Service) -> Vec<String> {
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let mut statement =
        connection.prepare("select key_holder from files order by file_id").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn an_attached_file_is_read_under_the_key_of_its_user_and_its_bytes_are_not_rewritten() {
    let service = Service::start().await;
    let first = uploaded(&service, "passport").await;
    service.clock.advance(std::time::Duration::from_millis(1));
    let second = uploaded(&service, "passport").await;
    let contents = |id: &str| format!("/v1/files/{id}/contents");
    let text = service.get(&contents(&first)).await.body;
    let sealed: Vec<_> = service.stored().iter().map(|path| std::fs::read(path).unwrap()).collect();
    let body = json!({"email": "a@b.de", "verification": {"files": [first]}});
    let path = created(&service, &body).await;
    assert_eq!(holders(&service), ["user:1", "client:1"]);
    assert_eq!(service.rows("users where key_holder = 'client:1'"), 1);
    post(&service, &format!("{path}/verification"), &json!({"files": [second]})).await;
    assert_eq!(holders(&service), ["user:1", "user:1"]);
    for id in [&first, &second] {
        assert_eq!(service.get(&contents(id)).await.body, text);
    }
    let after: Vec<_> = service.stored().iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(sealed, after);
    let operator = dossier_app::Operator;
    let report = service.app.fsck(operator, dossier_app::Depth::Contents).await.unwrap();
    assert_eq!((report.files, report.findings_total), (2, 0));
}

#[tokio::test]
async fn a_key_of_one_user_opens_no_file_of_another() {
    let service = Service::start().await;
    let (first, second) =
        (uploaded(&service, "passport").await, uploaded(&service, "passport").await);
    for file in [&first, &second] {
        let body = json!({"email": "a@b.de", "verification": {"files": [file]}});
        created(&service, &body).await;
    }
    let connection = rusqlite::Connection::open(service.database()).unwrap();
    let moved = "update files set user_id = (select max(user_id) from users) \
                 where user_id = (select min(user_id) from users)";
    assert_eq!(connection.execute(moved, []).unwrap(), 1);
    let mut answers = Vec::new();
    for file in [first, second] {
        answers.push(service.get(&format!("/v1/files/{file}/contents")).await.brief());
    }
    answers.sort();
    assert_eq!(answers[1], "500 file.integrity");
    assert!(answers[0].starts_with("200 "), "{answers:?}");
}
