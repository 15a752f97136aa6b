//! Creating users, and reading them.

use std::rc::Rc;

use crate::bodies::{self, PURPOSES};
use crate::http::get as get_request;
use crate::lists::walk;
use crate::measure::{Case, Table};
use crate::{Fault, http};

/// More than any machine of today creates in a second.
const CREATED_PER_SECOND: u64 = 8000;
/// Pages of a hundred users, spread over all of them, of which users are read.
const PAGES: usize = 2000;

/// `POST /v2/users` with three files that are nobody's yet.
pub async fn create(table: &Table<'_>) -> Result<(), Fault> {
    const NAME: &str = "create user with three files";
    if !table.wants(NAME) {
        return Ok(());
    }
    let triples = free_files(table, usize::try_from(table.seconds * CREATED_PER_SECOND)?).await?;
    // Numbers that no run before has used.
    let first = std::time::UNIX_EPOCH.elapsed()?.as_secs() << 32;
    let requests = move |index: usize| {
        let number = first + u64::try_from(index).unwrap_or_default();
        triples.get(index).map(|files| bodies::user(number, files))
    };
    let case = Case { name: NAME.to_owned(), status: 201, requests: Rc::new(requests) };
    table.measure(case).await
}

/// `GET /v2/users/{id}` of users that lie anywhere.
pub async fn get(table: &Table<'_>) -> Result<(), Fault> {
    const NAME: &str = "get user";
    if !table.wants(NAME) {
        return Ok(());
    }
    let mut ids = Vec::new();
    let mut connection = table.server.connect().await?;
    walk(&mut connection, "/v2/users", PAGES, |user| {
        ids.extend(user["id"].as_str().map(str::to_owned));
        true
    })
    .await?;
    let requests = move |index: usize| {
        // A stride that shares no factor with their number meets each of them once.
        let id = ids.get(index.wrapping_mul(1_000_003) % ids.len().max(1))?;
        Some(get_request(&format!("/v2/users/{id}")))
    };
    table.measure(Case { name: NAME.to_owned(), status: 200, requests: Rc::new(requests) }).await
}

/// So many triples of free files, the newest first; those of a triple were made together.
async fn free_files(table: &Table<'_>, wanted: usize) -> Result<Vec<[String; 3]>, Fault> {
    let mut kinds = PURPOSES.map(|_| Vec::new());
    let mut connection: http::Connection = table.server.connect().await?;
    walk(&mut connection, "/v1/files", usize::MAX, |file| {
        let place = PURPOSES.iter().position(|purpose| file["purpose"] == *purpose);
        let kind = place.and_then(|place| kinds.get_mut(place));
        if let (Some(kind), None, Some(id)) = (kind, file.get("user_id"), file["id"].as_str()) {
            kind.push(id.to_owned());
        }
        kinds.iter().any(|kind| kind.len() < wanted)
    })
    .await?;
    let [reports, passports, proofs] = kinds;
    let triples = reports.into_iter().zip(passports).zip(proofs);
    Ok(triples.map(|((report, passport), proof)| [report, passport, proof]).collect())
}
