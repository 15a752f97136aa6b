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
    UserList { client_id: fixture.client_id, filter, order, after: None, limit: 1000 }
}

async fn all_pages(fixture: &Fixture, mut list: UserList) -> Vec<UserRow> {
    let mut all = Vec::new();
    loop {
        let page = fixture.db.list_users(list.clone()).await.unwrap();
        assert!(page.len() <= list.limit);
        let Some(last) = page.last() else { return all };
        list.after = Some(last.user_id);
        all.extend(page);
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
        let found = runtime.block_on(all_pages(&fixture, list));
        prop_assert_eq!(found.iter().map(|row| row.user_id).collect::<Vec<_>>(), want);
    });
}
