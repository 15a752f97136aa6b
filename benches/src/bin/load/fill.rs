//! Filling a folder, through the API and nothing else: each row is as the service makes it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::spawn_local;

use crate::http::{Connection, send};
use crate::server::Server;
use crate::{Fault, bodies};

/// Enough for large groups of commits.
const CONNECTIONS: u64 = 64;
/// One user in so many is approved, and one in so many made inactive.
const APPROVED_EVERY: u64 = 10;
const INACTIVE_EVERY: u64 = 100;

/// What the folder is to hold.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Users with three files each.
    pub users: u64,
    /// Files of no user.
    pub free: u64,
}

/// Makes users with their files, then free files.
pub async fn fill(server: &Server, wanted: Wanted) -> Result<(), Fault> {
    let (started, next) = (Instant::now(), Rc::new(Cell::new(0)));
    let total = wanted.users + wanted.free;
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (mut connection, next) = (server.connect().await?, Rc::clone(&next));
        tasks.push(spawn_local(async move {
            loop {
                let number = next.replace(next.get() + 1);
                let made = match number {
                    user if user < wanted.users => make_user(&mut connection, user).await,
                    file if file < total => make_free_file(&mut connection, file).await,
                    _enough => return Ok::<_, String>(()),
                };
                // As text, which may go from task to task.
                made.map_err(|e| e.to_string())?;
            }
        }));
    }
    let watched = Rc::clone(&next);
    let watch = spawn_local(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            eprintln!("{} of {total} after {:.0?}", watched.get(), started.elapsed());
        }
    });
    for task in tasks {
        task.await?.map_err(Fault::from)?;
    }
    watch.abort();
    let Wanted { users, free } = wanted;
    println!("{users} users and {} files in {:.0?}", users * 3 + free, started.elapsed());
    Ok(())
}

async fn make_user(connection: &mut Connection, number: u64) -> Result<(), Fault> {
    let mut files = [const { String::new() }; 3];
    for (file, purpose) in files.iter_mut().zip(bodies::PURPOSES) {
        *file = upload(connection, purpose).await?;
    }
    let answer = connection.call(&bodies::user(number, &files)).await?.expect(201)?.json()?;
    let id = answer["data"]["id"].as_str().ok_or("a user has an id")?;
    if number.is_multiple_of(APPROVED_EVERY) {
        let path = format!("POST /v2/users/{id}/verification/decision");
        let body = br#"{"decision":"approved"}"#;
        connection.call(&send(&path, "application/json", body)).await?.expect(200)?;
    }
    if number.is_multiple_of(INACTIVE_EVERY) {
        let path = format!("PATCH /v1/users/{id}/inactivate");
        connection.call(&send(&path, "application/json", b"")).await?.expect(200)?;
    }
    Ok(())
}

/// Free files come in threes as well, so that they make users later.
async fn make_free_file(connection: &mut Connection, number: u64) -> Result<(), Fault> {
    let index = usize::try_from(number % 3)?;
    upload(connection, bodies::PURPOSES.get(index).ok_or("three purposes")?).await?;
    Ok(())
}

async fn upload(connection: &mut Connection, purpose: &str) -> Result<String, Fault> {
    let answer = connection.call(&bodies::upload(purpose)).await?.expect(201)?.json()?;
    Ok(answer["data"][0]["id"].as_str().ok_or("a file has an id")?.to_owned())
}
