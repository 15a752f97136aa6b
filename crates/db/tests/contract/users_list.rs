use dossier_db::{ListOrder, UserFilter, UserList, UserRow};
use dossier_domain::{ClientId, UserId};
use proptest::prelude::*;

use crate::fixture::{Fixture, at, client, entry, happened, key, user};

const USERS: u8 = 40;

/// 40 users, some of them verified, some inactive, and as many of another client.
async fn fill(fixture: &Fixture) -> Vec<UserRow> {
    fixture.db.insert_client_and_key(client(2, "Second"), key(2), entry(at(0))).await.unwrap();
    for number in 0..USERS {
        let mut new = user(fixture.client_id, number);
        if number % 3 == 0 {
            new.state.verification_status = "approved".to_owned();
            new.state.verified = true;
        }
        let id = new.user_id;
        fixture.db.insert_user(new).await.unwrap();
        if number % 4 == 0 {
            let event = happened(fixture.client_id, id, "user.inactivated");
            fixture.db.inactivate_user(fixture.client_id, id, event, entry(at(0))).await.unwrap();
        }
        let theirs = user(ClientId::from_bytes([2; 16]), 100 + number);
        fixture.db.insert_user(theirs).await.unwrap();
    }
    all_pages(fixture, list(fixture, UserFilter::default(), ListOrder::NewestFirst)).await
}

fn list(fixture: &Fixture, filter: UserFilter, order: ListOrder) -> UserList {
    let (client_id, bytes_max) = (fixture.client_id, 1 << 20);
    UserList { client_id, filter, order, after: None, limit: 1000, bytes_max }
}

async fn all_pages(fixture: &Fixture, mut list: UserList) -> Vec<UserRow> {
    let mut all = Vec::new();
    loop {
        let page = fixture.db.list_users(list.clone()).await.unwrap();
        assert!(page.users.len() <= list.limit);
        list.after = page.users.last().map(|last| last.user_id);
        all.extend(page.users);
        if !page.more {
            return all;
        }
    }
}

fn accepts(filter: &UserFilter, row: &UserRow) -> bool {
    let folded = |id: &String| row.profile.to_lowercase().contains(&format!("\"{id}\""));
    filter.external_id_folded.as_ref().is_none_or(folded)
        && filter.verified.is_none_or(|v| v == (row.verification_status == "approved"))
        && filter.active.is_none_or(|active| active == row.active)
        && filter.registered_after.is_none_or(|time| row.registered_at > time)
        && filter.registered_before.is_none_or(|time| row.registered_at < time)
}

fn filters() -> impl Strategy<Value = UserFilter> {
    let time = || proptest::option::of((-10_i64..50).prop_map(at));
    let flag = || proptest::option::of(any::<bool>());
    let external_id = proptest::option::weighted(0.2, 0_u8..50);
    (external_id, flag(), flag(), time(), time()).prop_map(
        |(external_id, verified, active, registered_after, registered_before)| UserFilter {
            external_id_folded: external_id.map(|number| format!("user {number}")),
            verified,
            active,
            registered_after,
            registered_before,
        },
    )
}

#[test]
fn every_filter_order_and_page_size_lists_the_users_it_should() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let newest_first = runtime.block_on(fill(&fixture));
    assert_eq!(newest_first.len(), usize::from(USERS));
    assert!(newest_first.is_sorted_by(|a, b| a.user_id > b.user_id));
    proptest!(|(filter in filters(), limit in 1_usize..50, oldest in any::<bool>())| {
        let order = if oldest { ListOrder::OldestFirst } else { ListOrder::NewestFirst };
        let list = UserList { limit, ..list(&fixture, filter, order) };
        let mut want: Vec<UserId> = newest_first
            .iter()
            .filter(|row| accepts(&list.filter, row))
            .map(|row| row.user_id)
            .collect();
        if oldest {
            want.reverse();
        }
        for bytes_max in [list.bytes_max, 200] {
            let list = UserList { bytes_max, ..list.clone() };
            let found = runtime.block_on(all_pages(&fixture, list));
            let found: Vec<UserId> = found.iter().map(|row| row.user_id).collect();
            prop_assert_eq!(&found, &want);
        }
    });
}

#[tokio::test]
async fn a_page_ends_with_the_row_that_brings_it_above_its_bytes() {
    let fixture = Fixture::new().await;
    for (number, bytes) in [(1, 10), (2, 5_000), (3, 10), (4, 5_000)] {
        let mut new = user(fixture.client_id, number);
        new.state.profile = format!("{{\"terms\":\"{}\"}}", "x".repeat(bytes));
        fixture.db.insert_user(new).await.unwrap();
    }
    for (bytes_max, users, more) in
        [(0, 1, true), (4_000, 2, true), (9_000, 4, false), (20_000, 4, false)]
    {
        let all = list(&fixture, UserFilter::default(), ListOrder::OldestFirst);
        let page = fixture.db.list_users(UserList { bytes_max, ..all }).await.unwrap();
        assert_eq!((page.users.len(), page.more), (users, more), "{bytes_max}");
    }
}
