//! What a server promised, and whether it keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::document::Document;
use crate::eventually;
use crate::http::Client;
use crate::random::Random;
use crate::store::blob_files;

/// The promises of a server, as its clients remember them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// Acknowledged files by id, with their names.
    stored: BTreeMap<String, String>,
    /// Files whose deletion was acknowledged.
    deleted: BTreeSet<String>,
    /// Files whose deletion was asked for, without an answer.
    unsure: BTreeSet<String>,
    /// Uploads that were stored although no answer came.
    unanswered: usize,
}

impl Journal {
    /// Uploads, and remembers the file when it is acknowledged. Says whether an answer came.
    ///
    /// # Panics
    /// When the answer is neither 201 nor an error of the server.
    pub fn upload(&mut self, client: &mut Client, document: &Document) -> Option<u16> {
        let answer = client.upload(document).ok()?;
        if answer.status < 500 {
            self.stored.insert(answer.created_id(), document.name.clone());
        }
        Some(answer.status)
    }

    /// Deletes a file, and remembers what the server said. Says whether an answer came.
    ///
    /// # Panics
    /// When the answer is neither 204 nor an error of the server.
    pub fn delete(&mut self, client: &mut Client, id: &str) -> Option<u16> {
        self.unsure.insert(id.to_owned());
        let answer = client.delete(id).ok()?;
        if answer.status < 500 {
            assert_eq!(answer.status, 204, "{id}: {}", answer.text());
            self.unsure.remove(id);
            self.stored.remove(id);
            self.deleted.insert(id.to_owned());
        }
        Some(answer.status)
    }

    /// Adds the promises that another client remembers.
    pub fn merge(&mut self, other: Self) {
        self.stored.extend(other.stored);
        self.stored.retain(|id, _| !other.deleted.contains(id));
        self.deleted.extend(other.deleted);
        self.unsure.extend(other.unsure);
    }

    /// Checks, on a server that was just started, that every promise is kept and that nothing else
    /// is there: acknowledged files are whole, others whole or absent, deleted ones gone, and no
    /// bytes lie about that belong to no file.
    ///
    /// # Panics
    /// When a promise is broken.
    pub fn verify(&mut self, client: &mut Client, data: &Path) {
        let mut seen = BTreeSet::new();
        for file in client.list() {
            let text = |member: &str| file[member].as_str().expect("a file has it").to_owned();
            let (id, name) = (text("id"), text("name"));
            let document = Document::of_name(&name).expect("only reports were uploaded");
            assert_eq!(file["size"], document.content.len(), "{file}");
            assert!(!self.deleted.contains(&id), "{id} was deleted and is back");
            let answer = client.contents(&id).expect("a file that is listed can be read");
            assert_eq!(answer.status, 200, "{id}: {}", answer.text());
            assert!(answer.body == document.content, "{id}: the bytes are not those of {name}");
            match self.stored.get(&id) {
                Some(known) => assert_eq!(*known, name, "{id}"),
                None => {
                    self.unanswered += 1;
                    self.stored.insert(id.clone(), name);
                }
            }
            seen.insert(id);
        }
        let unsure = std::mem::take(&mut self.unsure);
        for id in unsure.difference(&seen) {
            self.stored.remove(id);
            self.deleted.insert(id.clone());
        }
        let lost: Vec<_> = self.stored.keys().filter(|id| !seen.contains(*id)).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let belong = "every blob belongs to a file and every file has a blob";
        eventually(belong, || blob_files(data).len() == seen.len());
    }

    /// The ids of files that are there, at random, so many that `keep` are left.
    #[must_use]
    pub fn surplus(&self, keep: usize, random: &mut Random) -> Vec<String> {
        let mut ids: Vec<_> = self.stored.keys().cloned().collect();
        for at in 1..ids.len() {
            ids.swap(at, random.within(0..at + 1));
        }
        ids.split_off(keep.min(ids.len()))
    }

    /// The id of any file that is there.
    #[must_use]
    pub fn any(&self) -> Option<&str> {
        self.stored.keys().next().map(String::as_str)
    }

    /// The ids of all files that are there.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<String> {
        self.stored.keys().cloned().collect()
    }

    /// How many files are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// Whether no file is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }
}

impl std::fmt::Display for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (stored, deleted) = (self.stored.len(), self.deleted.len());
        let unanswered = self.unanswered;
        write!(f, "{stored} stored, {deleted} deleted, {unanswered} stored without an answer")
    }
}
