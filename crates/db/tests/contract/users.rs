use dossier_db::{
    BeginErasure, ClaimFile, EventPosition, InactivateUser, NewUser, NewVerificationChange,
    UserKey, UserOutcome, UserRow, UserUpdate, WriteUser,
};
use dossier_domain::{ClientId, FileId};

use crate::fixture::{Fixture, at, by, client, entry, file, happened, key, user};

const STRANGER: ClientId = ClientId::from_bytes([2; 16]);

fn claim(number: u8) -> ClaimFile {
    let file = file(STRANGER, number);
    ClaimFile {
        file_id: file.file_id,
        wrapped_key_before: file.wrapped_key,
        wrapped_key: vec![0xaa; 61],
        key_holder: "user:1".to_owned(),
    }
}

fn key_of_user() -> Option<UserKey> {
    Some(UserKey { wrapped_key: vec![9; 61], key_holder: "client:1".to_owned() })
}

fn change(step: &str, seconds: i64) -> NewVerificationChange {
    NewVerificationChange {
        changed_at: at(seconds),
        actor: "key:1".to_owned(),
        step: step.to_owned(),
        status: "pending".to_owned(),
        details: Some("{}".to_owned()),
    }
}

/// User `number` with these files.
fn with_files(client_id: ClientId, number: u8, files: &[u8]) -> NewUser {
    let mut new = user(client_id, number);
    new.state.verification_status = "pending".to_owned();
    new.state.verification = Some("{\"files\":[]}".to_owned());
    new.state.key = key_of_user();
    new.claims = files.iter().map(|number| claim(*number)).collect();
    new.change = Some(change("submitted", 1));
    new
}

fn update(row: &UserRow, new: &NewUser) -> UserUpdate {
    UserUpdate {
        client_id: row.client_id,
        user_id: row.user_id,
        revision: row.revision,
        external_id_folded_before: new.state.external_id_folded.clone(),
        state: new.state.clone(),
        claims: Vec::new(),
        change: None,
        event: None,
        entry: new.entry.clone(),
    }
}

async fn uploaded(fixture: &Fixture, numbers: &[u8]) {
    for number in numbers {
        let new = file(fixture.client_id, *number);
        fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    }
}

async fn found(fixture: &Fixture, new: &NewUser) -> UserRow {
    fixture.db.find_user(new.client_id, new.user_id).await.unwrap().unwrap()
}

fn file_ids(numbers: &[u8]) -> Vec<FileId> {
    numbers.iter().map(|number| file(STRANGER, *number).file_id).collect()
}

#[tokio::test]
async fn a_user_is_made_with_its_files_their_keys_and_its_history_in_one_commit() {
    let fixture = Fixture::new().await;
    uploaded(&fixture, &[1, 2, 3]).await;
    let new = with_files(fixture.client_id, 1, &[3, 1]);
    assert_eq!(fixture.db.insert_user(new.clone()).await, Ok(WriteUser::Written));
    let row = found(&fixture, &new).await;
    assert_eq!((row.revision, row.active, row.registered_at), (1, true, at(1)));
    assert_eq!((&row.profile, &row.verification), (&new.state.profile, &new.state.verification));
    assert_eq!((row.verification_status.as_str(), row.request), ("pending", None));
    assert_eq!(row.key, key_of_user());
    assert_eq!(fixture.db.find_user_key(new.client_id, new.user_id).await, Ok(key_of_user()));

    let asked = file_ids(&[1, 2, 3, 9]);
    let files = fixture.db.find_files(fixture.client_id, &asked).await.unwrap();
    let owners: Vec<_> = files.iter().map(|file| file.user_id).collect();
    assert_eq!(owners, [Some(new.user_id), None, Some(new.user_id)]);
    assert_eq!((files[0].wrapped_key.clone(), &*files[0].key_holder), (vec![0xaa; 61], "user:1"));
    assert_eq!(fixture.db.find_files(STRANGER, &asked).await, Ok(Vec::new()));
    let refused = fixture.db.begin_erasure(fixture.client_id, asked[0], None, entry(at(5))).await;
    assert_eq!(refused, Ok(BeginErasure::Stale));

    let history = fixture.db.list_verification_changes(new.user_id, None, 9).await.unwrap();
    let [only] = history.as_slice() else { panic!("one change") };
    assert_eq!((only.revision, &only.change), (1, &change("submitted", 1)));
    let outcome = fixture.db.find_user_outcome(new.client_id, new.user_id).await;
    assert_eq!(outcome, Ok(UserOutcome::Committed));
}

#[tokio::test]
async fn one_file_that_cannot_be_attached_leaves_nothing_of_the_user() {
    let fixture = Fixture::new().await;
    fixture.db.insert_client_and_key(client(2, "Second"), key(2), entry(at(0))).await.unwrap();
    uploaded(&fixture, &[1, 2, 3, 4]).await;
    let theirs = file(STRANGER, 5);
    fixture.db.finish_upload(theirs, None, None, by(fixture.credential)).await.unwrap();
    let other = with_files(fixture.client_id, 9, &[2]);
    fixture.db.insert_user(other).await.unwrap();
    let rejected = "update files set status = 'rejected' where file_id = ?1";
    fixture.stranger().execute(rejected, [file_ids(&[3])[0].to_bytes()]).unwrap();
    let rewrapped = "update files set wrapped_key = x'00' where file_id = ?1";
    fixture.stranger().execute(rewrapped, [file_ids(&[4])[0].to_bytes()]).unwrap();
    for wrong in [2, 3, 4, 5, 77] {
        let new = with_files(fixture.client_id, 1, &[1, wrong]);
        assert_eq!(fixture.db.insert_user(new.clone()).await, Ok(WriteUser::Stale), "{wrong}");
        assert_eq!(fixture.db.find_user(new.client_id, new.user_id).await, Ok(None));
        assert_eq!(fixture.db.find_user_key(new.client_id, new.user_id).await, Ok(None));
        let outcome = fixture.db.find_user_outcome(new.client_id, new.user_id).await;
        assert_eq!(outcome, Ok(UserOutcome::NotCommitted));
        let history = fixture.db.list_verification_changes(new.user_id, None, 9).await;
        assert_eq!(history, Ok(Vec::new()));
        let first = fixture.db.find_file(fixture.client_id, file_ids(&[1])[0]).await.unwrap();
        assert_eq!(first.unwrap().user_id, None);
    }
    let new = with_files(fixture.client_id, 1, &[1]);
    assert_eq!(fixture.db.insert_user(new).await, Ok(WriteUser::Written));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_users_made_at_once_with_one_file_one_is() {
    let fixture = Fixture::new().await;
    uploaded(&fixture, &[1]).await;
    let tasks: Vec<_> = (1..=10)
        .map(|number| {
            let (db, new) = (fixture.db.clone(), with_files(fixture.client_id, number, &[1]));
            tokio::spawn(async move { db.insert_user(new).await.unwrap() })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += usize::from(task.await.unwrap() == WriteUser::Written);
    }
    assert_eq!(written, 1);
}

#[tokio::test]
async fn an_external_id_is_one_users_until_he_gives_it_up() {
    let fixture = Fixture::new().await;
    fixture.db.insert_client_and_key(client(2, "Second"), key(2), entry(at(0))).await.unwrap();
    let first = user(fixture.client_id, 1);
    fixture.db.insert_user(first.clone()).await.unwrap();
    let mut second = user(fixture.client_id, 2);
    second.state.external_id_folded.clone_from(&first.state.external_id_folded);
    let refused = fixture.db.insert_user(second.clone()).await;
    assert_eq!(refused, Ok(WriteUser::ExternalIdTaken));
    assert_eq!(fixture.db.find_user(second.client_id, second.user_id).await, Ok(None));
    let theirs = NewUser { client_id: STRANGER, ..second.clone() };
    assert_eq!(fixture.db.insert_user(theirs).await, Ok(WriteUser::Written));

    let mut nameless = user(fixture.client_id, 3);
    nameless.state.external_id_folded = None;
    fixture.db.insert_user(nameless.clone()).await.unwrap();
    let mut named = update(&found(&fixture, &nameless).await, &nameless);
    named.state.external_id_folded.clone_from(&first.state.external_id_folded);
    let taken = fixture.db.update_user(named.clone()).await;
    assert_eq!(taken, Ok(WriteUser::ExternalIdTaken));
    assert_eq!(found(&fixture, &nameless).await.revision, 1);

    let mut gives_up = update(&found(&fixture, &first).await, &first);
    gives_up.state.external_id_folded = Some("another".to_owned());
    assert_eq!(fixture.db.update_user(gives_up).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.update_user(named).await, Ok(WriteUser::Written));
    assert_eq!(found(&fixture, &nameless).await.revision, 2);
}

#[tokio::test]
async fn a_change_names_the_revision_it_has_read_and_keeps_the_first_key() {
    let fixture = Fixture::new().await;
    uploaded(&fixture, &[1, 2]).await;
    let new = user(fixture.client_id, 1);
    fixture.db.insert_user(new.clone()).await.unwrap();
    let read = found(&fixture, &new).await;
    assert_eq!(read.key, None);
    let mut first = update(&read, &new);
    first.state.key = key_of_user();
    first.state.profile = "{}".to_owned();
    first.state.verification_status = "approved".to_owned();
    first.state.verified = true;
    first.state.request = Some("[]".to_owned());
    first.claims = vec![claim(1)];
    first.change = Some(change("appended", 2));
    assert_eq!(fixture.db.update_user(first.clone()).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.update_user(first.clone()).await, Ok(WriteUser::Stale));
    let row = found(&fixture, &new).await;
    assert_eq!((row.revision, &*row.profile, row.request.as_deref()), (2, "{}", Some("[]")));
    assert_eq!(row.verification_status, "approved");

    let mut second = UserUpdate { revision: 2, claims: vec![claim(2)], ..first };
    second.state.key = Some(UserKey { wrapped_key: vec![1], key_holder: "client:2".to_owned() });
    second.change = Some(change("submitted", 3));
    assert_eq!(fixture.db.update_user(second).await, Ok(WriteUser::Written));
    assert_eq!(found(&fixture, &new).await.key, key_of_user());
    let history = fixture.db.list_verification_changes(new.user_id, None, 1).await.unwrap();
    assert_eq!((history.len(), history[0].revision), (1, 3));
    let history = fixture.db.list_verification_changes(new.user_id, Some(3), 9).await.unwrap();
    assert_eq!((history.len(), &*history[0].change.step), (1, "appended"));
}

/// The kinds of the events, in their order.
async fn announced(fixture: &Fixture) -> Vec<String> {
    let rows = fixture.db.list_events(fixture.client_id, EventPosition(0), 9).await.unwrap();
    rows.into_iter().map(|row| row.kind).collect()
}

#[tokio::test]
async fn what_happens_to_a_user_is_announced_in_its_commit() {
    let fixture = Fixture::new().await;
    let new = user(fixture.client_id, 1);
    let event = |kind| Some(happened(fixture.client_id, new.user_id, kind));
    let made = NewUser { event: event("user.verification.updated"), ..new.clone() };
    assert_eq!(fixture.db.insert_user(made.clone()).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.insert_user(made).await, Ok(WriteUser::ExternalIdTaken));
    let read = found(&fixture, &new).await;
    let verified = UserUpdate { event: event("user.verified"), ..update(&read, &new) };
    assert_eq!(fixture.db.update_user(verified.clone()).await, Ok(WriteUser::Written));
    assert_eq!(fixture.db.update_user(verified).await, Ok(WriteUser::Stale));
    assert_eq!(announced(&fixture).await, ["user.verification.updated", "user.verified"]);
}

#[tokio::test]
async fn an_inactive_user_is_changed_no_more() {
    let fixture = Fixture::new().await;
    let new = user(fixture.client_id, 1);
    fixture.db.insert_user(new.clone()).await.unwrap();
    let inactivate = |client_id| {
        let event = happened(client_id, new.user_id, "user.inactivated");
        fixture.db.inactivate_user(client_id, new.user_id, event, entry(at(0)))
    };
    assert_eq!(inactivate(STRANGER).await, Ok(InactivateUser::NotFound));
    assert_eq!(inactivate(fixture.client_id).await, Ok(InactivateUser::Inactivated));
    assert_eq!(inactivate(fixture.client_id).await, Ok(InactivateUser::AlreadyInactive));
    let row = found(&fixture, &new).await;
    assert_eq!((row.active, row.revision), (false, 2));
    assert_eq!(announced(&fixture).await, ["user.inactivated"]);
    assert_eq!(fixture.db.update_user(update(&row, &new)).await, Ok(WriteUser::Stale));
    assert_eq!(format!("{row:?}"), format!("UserRow({}, revision 2)", new.user_id));
}

#[tokio::test]
async fn a_client_has_one_policy_the_last_it_gave() {
    let fixture = Fixture::new().await;
    let client_id = fixture.client_id;
    assert_eq!(fixture.db.find_client_policy(client_id).await, Ok(None));
    for added in ["selfie_video", ""] {
        fixture.db.put_client_policy(client_id, added.to_owned(), entry(at(1))).await.unwrap();
        assert_eq!(fixture.db.find_client_policy(client_id).await, Ok(Some(added.to_owned())));
    }
    assert_eq!(fixture.db.find_client_policy(STRANGER).await, Ok(None));
}
