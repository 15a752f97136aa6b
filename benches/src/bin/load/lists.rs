//! Lists: each filter from its first page and from pages deep within it.

use std::rc::Rc;

use serde_json::Value;

use crate::Fault;
use crate::bodies::external_id;
use crate::http::{Connection, get};
use crate::measure::{Case, Table};

/// How deep the deep pages lie: up to so many pages of a hundred.
const DEEP_PAGES: usize = 1000;

/// Walks a list, page by page, until `take` has enough or there is no more. Answers the cursors.
pub async fn walk(
    connection: &mut Connection,
    list: &str,
    pages_max: usize,
    mut take: impl FnMut(&Value) -> bool,
) -> Result<Vec<String>, Fault> {
    let first = format!("{list}{}size=100", if list.contains('?') { '&' } else { '?' });
    let (mut path, mut cursors) = (first.clone(), Vec::new());
    while cursors.len() < pages_max {
        let page = connection.call(&get(&path)).await?.expect(200)?.json()?;
        let enough = page["data"].as_array().into_iter().flatten().any(|item| !take(item));
        let Some(next) = page["meta"]["next"].as_str().filter(|_| !enough) else { break };
        path = format!("{first}&after={next}");
        cursors.push(next.to_owned());
    }
    Ok(cursors)
}

/// Every list with every filter.
pub async fn all(table: &Table<'_>) -> Result<(), Fault> {
    let mut connection = table.server.connect().await?;
    let mut newest = async |list: &str| -> Result<Value, Fault> {
        let page = connection.call(&get(list)).await?.expect(200)?.json()?;
        Ok(page["data"][0].clone())
    };
    let user = newest("/v2/users?order=asc&size=1").await?;
    let (user_id, then) = (text(&user["id"]), text(&user["registered_at"]).replace('+', "%2B"));
    let file = newest("/v1/files?size=1").await?;
    let now = text(&file["created_at"]).replace('+', "%2B");
    let entry = newest("/v1/audit?size=1").await?;
    let actor = text(&entry["actor"]["id"]);
    let known = external_id(1000);
    let lists = [
        "/v2/users".to_owned(),
        "/v2/users?order=asc".to_owned(),
        "/v2/users?verified=true".to_owned(),
        "/v2/users?verified=false".to_owned(),
        "/v2/users?active=true".to_owned(),
        "/v2/users?active=false".to_owned(),
        "/v2/users?verified=true&active=true".to_owned(),
        "/v2/users?verified=true&active=false".to_owned(),
        format!("/v2/users?external_id={known}"),
        format!("/v2/users?registered_after={then}&registered_before={now}"),
        "/v1/files".to_owned(),
        "/v1/files?order=asc".to_owned(),
        "/v1/files?purpose=passport".to_owned(),
        "/v1/files?purpose=selfie_video".to_owned(),
        "/v1/files?status=ready".to_owned(),
        "/v1/files?status=rejected".to_owned(),
        "/v1/files?purpose=passport&status=ready".to_owned(),
        "/v1/files?purpose=passport&status=rejected".to_owned(),
        format!("/v1/files?user_id={user_id}"),
        format!("/v1/files?created_after={then}&created_before={now}"),
        "/v1/events".to_owned(),
        "/v1/audit".to_owned(),
        "/v1/audit?order=asc".to_owned(),
        format!("/v1/audit?object_id={user_id}"),
        format!("/v1/audit?actor_id={actor}"),
        "/v1/audit?action=user.approved".to_owned(),
        "/v1/audit?action=user.rejected".to_owned(),
        format!("/v1/audit?created_after={then}&created_before={now}"),
        format!("/v2/users/{user_id}/verification/history"),
    ];
    for list in lists.into_iter().filter(|list| table.wants(&shown(list))) {
        measure(table, &list).await?;
    }
    Ok(())
}

/// A list from its first page, and from where its cursors lead.
async fn measure(table: &Table<'_>, list: &str) -> Result<(), Fault> {
    let first = get(list);
    let requests = Rc::new(move |_| Some(first.clone()));
    table.measure(Case { name: shown(list), status: 200, requests }).await?;
    let mut connection = table.server.connect().await?;
    let cursors = walk(&mut connection, list, DEEP_PAGES, |_| true).await?;
    if cursors.len() < 2 {
        return Ok(());
    }
    let name = format!("{}, page 2 to {}", shown(list), cursors.len() * 2);
    let sign = if list.contains('?') { '&' } else { '?' };
    let paths: Vec<_> =
        cursors.iter().map(|next| get(&format!("{list}{sign}after={next}"))).collect();
    let requests = Rc::new(move |index: usize| {
        paths.get(index.wrapping_mul(7919) % paths.len().max(1)).cloned()
    });
    table.measure(Case { name, status: 200, requests }).await
}

/// The path with the values that differ from folder to folder left out.
fn shown(list: &str) -> String {
    let hide = |part: &str| match part.split_once('=') {
        Some((name, value)) if value.len() > 15 => format!("{name}=…"),
        _short => part.to_owned(),
    };
    let (path, query) = list.split_once('?').unwrap_or((list, ""));
    let path = path.split('/').map(|part| if part.len() > 30 { "{id}" } else { part });
    let path = path.collect::<Vec<_>>().join("/");
    if query.is_empty() {
        return format!("`{path}`");
    }
    format!("`{path}?{}`", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
