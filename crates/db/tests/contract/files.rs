use std::time::Duration;

use dossier_db::{FileFilter, FileList, FileRow, ListOrder, NewFile};
use dossier_domain::{ClientId, FileId, UserId};
use proptest::prelude::*;

use crate::fixture::{Fixture, at, by, client, entry, file, key};

const PURPOSES: [&str; 2] = ["passport", "other"];
const STATUSES: [&str; 3] = ["ready", "processing", "rejected"];
const FILES: u8 = 48;

/// 48 files of every mixture, a third of them with one of two users, and some of another client.
async fn fill(fixture: &Fixture) -> Vec<FileRow> {
    fixture.db.insert_client_and_key(client(2, "Second"), key(2), entry(at(0))).await.unwrap();
    for number in 0..FILES {
        let pick = usize::from(number);
        let new = NewFile {
            purpose: PURPOSES[pick % 2].to_owned(),
            status: STATUSES[pick / 2 % 3].to_owned(),
            // An id holds the time to the millisecond, the row to the microsecond.
            created_at: at(number.into()).plus(Duration::from_micros(20 * u64::from(number))),
            ..file(fixture.client_id, number)
        };
        fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
        let theirs = file(ClientId::from_bytes([2; 16]), 100 + number);
        fixture.db.finish_upload(theirs, None, None, by(fixture.credential)).await.unwrap();
    }
    let stranger = fixture.stranger();
    for (number, user) in (0..FILES).step_by(3).zip([1_u8, 2].into_iter().cycle()) {
        let id = file(fixture.client_id, number).file_id;
        let sql = "update files set user_id = ?1 where file_id = ?2";
        stranger.execute(sql, (&[user; 16][..], &id.to_bytes()[..])).unwrap();
    }
    fixture.all_files().await
}

fn accepts(filter: &FileFilter, row: &FileRow) -> bool {
    filter.purpose.as_ref().is_none_or(|purpose| *purpose == row.purpose)
        && filter.status.as_ref().is_none_or(|status| *status == row.status)
        && filter.user_id.is_none_or(|user_id| Some(user_id) == row.user_id)
        && filter.created_after.is_none_or(|time| row.created_at > time)
        && filter.created_before.is_none_or(|time| row.created_at < time)
}

fn filters() -> impl Strategy<Value = FileFilter> {
    let time = || proptest::option::of((-10_i64..60).prop_map(at));
    let purpose = proptest::option::of(proptest::sample::select(&PURPOSES[..]));
    let status = proptest::option::of(proptest::sample::select(&STATUSES[..]));
    let user = proptest::option::of(1_u8..4);
    (purpose, status, user, time(), time()).prop_map(|(purpose, status, user, after, before)| {
        FileFilter {
            purpose: purpose.map(str::to_owned),
            status: status.map(str::to_owned),
            user_id: user.map(|user| UserId::from_bytes([user; 16])),
            created_after: after,
            created_before: before,
        }
    })
}

/// All pages of a list, one after the other.
async fn all_pages(fixture: &Fixture, mut list: FileList) -> Vec<FileRow> {
    let mut all = Vec::new();
    loop {
        let page = fixture.db.list_files(list.clone()).await.unwrap();
        assert!(page.len() <= list.limit);
        let Some(last) = page.last() else { return all };
        list.after = Some(last.file_id);
        all.extend(page);
    }
}

#[test]
fn every_filter_order_and_page_size_lists_what_it_should() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let newest_first = runtime.block_on(fill(&fixture));
    assert_eq!(newest_first.len(), usize::from(FILES));
    assert!(newest_first.is_sorted_by(|a, b| a.file_id > b.file_id));
    proptest!(|(filter in filters(), limit in 1_usize..60, oldest in any::<bool>())| {
        let order = if oldest { ListOrder::OldestFirst } else { ListOrder::NewestFirst };
        let list =
            FileList { client_id: fixture.client_id, filter, order, after: None, limit };
        let mut want: Vec<_> =
            newest_first.iter().filter(|row| accepts(&list.filter, row)).cloned().collect();
        if oldest {
            want.reverse();
        }
        prop_assert_eq!(runtime.block_on(all_pages(&fixture, list)), want);
    });
}

#[tokio::test]
async fn the_name_of_a_file_does_not_show_in_debug_output() {
    let fixture = Fixture::new().await;
    let new = NewFile { name: "Qanary-name".to_owned(), ..file(fixture.client_id, 1) };
    let id = new.file_id;
    assert_eq!(format!("{new:?}"), format!("NewFile({id}, {})", new.status));
    fixture.db.finish_upload(new, None, None, by(fixture.credential)).await.unwrap();
    let row = fixture.db.find_file(fixture.client_id, id).await.unwrap().unwrap();
    assert_eq!(format!("{row:?}"), format!("FileRow({id}, {})", row.status));
    assert_eq!(row.name, "Qanary-name");
}

#[tokio::test]
async fn a_cursor_far_outside_the_times_gives_an_empty_page() {
    let fixture = Fixture::new().await;
    fill(&fixture).await;
    for (order, after) in [
        (ListOrder::OldestFirst, FileId::from_bytes([0xff; 16])),
        (ListOrder::NewestFirst, FileId::from_bytes([0; 16])),
    ] {
        let filter = FileFilter { created_after: Some(at(1)), ..FileFilter::default() };
        let list =
            FileList { client_id: fixture.client_id, filter, order, after: Some(after), limit: 9 };
        assert_eq!(fixture.db.list_files(list).await, Ok(Vec::new()));
    }
}
