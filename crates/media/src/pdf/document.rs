//! What the objects and trailers say of the whole document: its pages and its encryption.

use super::crypt::FileKey;
use super::keys::Type;
use super::record::{Encrypt, Handler, LIST_MAX, Record};
use crate::{Fault, Findings};

/// Catalogs and roots of page trees that are remembered; every incremental update may bring one
/// of each, and the newest count.
const ROOTS_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Document {
    /// Number of the catalog, and of the page tree that it names.
    catalogs: Vec<(u32, Option<u32>)>,
    /// Number of a page tree node without a parent, and its count of pages.
    trees: Vec<(u32, Option<i64>)>,
    /// There are page tree nodes with parents, or more nodes without than are remembered.
    has_other_nodes: bool,
    leaves: u64,
    root: Option<u32>,
    encrypts: Vec<Encrypt>,
    /// Encryption dictionaries, with their object numbers; those in trailers have none.
    handlers: Vec<(Option<u32>, Handler)>,
    ids: Vec<Vec<u8>>,
}

/// Whether the document can be read.
pub(super) enum Lock {
    /// It is not encrypted.
    Absent,
    /// The empty password opens it.
    Open(Box<FileKey>),
    /// It needs a password, or a program that knows its handler.
    Closed,
}

impl Document {
    /// Takes what the object `number` said.
    pub(super) fn object(&mut self, number: u32, record: Record) {
        match record.kind {
            Some(Type::Catalog) => self.catalog(number, record.pages),
            Some(Type::Pages) => self.node(number, &record),
            Some(Type::Page) => self.leaves += 1,
            None if record.pages.is_some() => self.catalog(number, record.pages),
            None if record.has_kids && record.count.is_some() => {
                self.node(number, &record);
            }
            None if record.has_parent && record.has_page_entry && !record.has_subtype => {
                self.leaves += 1;
            }
            Some(Type::ObjectStream | Type::Xref | Type::Other) | None => {}
        }
        if record.handler.revision != 0 && !record.handler.user.is_empty() {
            add(&mut self.handlers, (Some(number), record.handler));
        }
    }

    /// Takes what a trailer or the dictionary of a cross-reference stream said.
    pub(super) fn trailer(&mut self, record: Record) {
        self.root = record.root.or(self.root);
        if let Some(encrypt) = record.encrypt {
            add(&mut self.encrypts, encrypt);
            if encrypt == Encrypt::Here {
                add(&mut self.handlers, (None, record.handler));
            }
        }
        if let Some(id) = record.id {
            add(&mut self.ids, id);
        }
    }

    /// Whether the document can be read.
    pub(super) fn lock(&self) -> Lock {
        if self.encrypts.is_empty() {
            return Lock::Absent;
        }
        let named = self.handlers.iter().filter(|(number, _)| {
            self.encrypts.contains(&number.map_or(Encrypt::Here, Encrypt::At))
        });
        let no_id = Vec::new();
        let ids = if self.ids.is_empty() { std::slice::from_ref(&no_id) } else { &self.ids };
        named
            .flat_map(|(_, handler)| ids.iter().map(move |id| (handler, id)))
            .find_map(|(handler, id)| FileKey::open(handler, id))
            .map_or(Lock::Closed, |key| Lock::Open(Box::new(key)))
    }

    /// Judges the page tree and counts the pages. The kids are not followed: a wrong count says
    /// nothing of the file, and a cycle cannot be walked into.
    pub(super) fn judge_pages(&self, findings: &mut Findings) -> Result<(), Fault> {
        let rooted = self.catalogs.iter().rfind(|(number, _)| Some(*number) == self.root);
        let &(_, tree) = rooted
            .or(self.catalogs.last())
            .ok_or(Fault::Malformed("document without a catalog"))?;
        let tree = tree.ok_or(Fault::Malformed("catalog without a page tree"))?;
        let found = self.trees.iter().rfind(|(number, _)| *number == tree);
        if found.is_none() && !self.has_other_nodes {
            return Err(Fault::Malformed("catalog without a page tree"));
        }
        if self.leaves == 0 {
            return Err(Fault::Malformed("document without a page"));
        }
        let declared = found.and_then(|&(_, count)| u64::try_from(count?).ok());
        let pages = declared.filter(|&n| n > 0).unwrap_or(self.leaves).min(self.leaves);
        findings.facts.pages = Some(u32::try_from(pages).unwrap_or(u32::MAX));
        Ok(())
    }

    fn catalog(&mut self, number: u32, pages: Option<u32>) {
        if self.catalogs.len() == ROOTS_MAX {
            self.catalogs.pop();
        }
        self.catalogs.push((number, pages));
    }

    fn node(&mut self, number: u32, record: &Record) {
        if record.has_parent || self.trees.len() == ROOTS_MAX {
            self.has_other_nodes = true;
        } else {
            self.trees.push((number, record.count));
        }
    }
}

/// Adds what is not there yet, up to [`LIST_MAX`]; the trailers of one document repeat each other.
fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.len() < LIST_MAX && !list.contains(&item) {
        list.push(item);
    }
}
