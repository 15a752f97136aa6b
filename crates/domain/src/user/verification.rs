//! What a client gives to prove a person's identity: files by their ids, and what they say.

use super::document_type::DocumentType;
use super::field::Field;
use super::members::{Member, take_table, user_object, wrong};
use super::references::{Place, Reference};
use crate::object::{MemberFault, Object};
use crate::{FileId, Json, Members, Pointer, Timestamp, Violation, Violations};

/// The most files of one list, and of one verification.
const FILES_MAX: usize = 100;

const fn member(name: &'static str, field: Field) -> Member {
    Member { name, field }
}

/// The members of a verification beside `report`, `files` and `address`.
const VERIFICATION: [Member; 14] = [
    member("provider", Field::Line(255)),
    member("token", Field::Line(4096)),
    member("document_type", Field::DocumentType),
    member("issuing_date", Field::Date),
    member("issuing_authority", Field::Line(255)),
    member("issuing_country", Field::Country),
    member("expiration_date", Field::Date),
    member("verification_date", Field::Date),
    member("gender", Field::Line(50)),
    member("birth_date", Field::PastDate),
    member("birth_place", Field::Line(255)),
    member("national_id", Field::Line(255)),
    member("mrz_code", Field::Lines(255)),
    member("language", Field::Language),
];

const ADDRESS: [Member; 4] = [
    member("street", Field::Line(255)),
    member("city", Field::Line(255)),
    member("zip_code", Field::Line(32)),
    member("country_of_residence", Field::Country),
];

/// What a patch does to something that a user has or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// The patch does not speak of it.
    Keep,
    /// It goes.
    Remove,
    /// This takes its place as a whole.
    Replace(T),
}

/// The verification of a user.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The finished report of an identity check.
    pub report: Option<FileId>,
    /// The other files, in the order they were given; an empty list may be given too.
    files: Option<Vec<FileId>>,
    members: Members,
}

/// A list of file ids as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The ids, those that are none left out.
    pub ids: Vec<FileId>,
    /// Every id with its place; none when the list is too long to look at.
    pub references: Vec<Reference>,
    /// Every broken rule so far.
    pub violations: Vec<Violation>,
}

/// Reads the body of an append: `{"files": [...]}` with at least one id.
#[must_use]
pub fn read_files(body: Members) -> Files {
    let mut object = user_object("", body);
    let mut files = Files::default();
    match object.take_given("files") {
        None => object.wrong("files", MemberFault::new("is missing")),
        Some(Json::List(items)) if items.is_empty() => {
            object.wrong("files", MemberFault::new("must name at least one file"));
        }
        Some(list) => files = read_list(&object.pointer("files"), list),
    }
    let mut violations = object.finish();
    files.violations.append(&mut violations);
    files
}

fn read_list(pointer: &Pointer, list: Json) -> Files {
    let mut files = Files::default();
    let Some(items) = list.into_items() else {
        let fault = MemberFault::new("must be a list of file ids");
        files.violations.push(wrong(pointer.clone(), fault));
        return files;
    };
    if items.len() > FILES_MAX {
        files.violations.push(too_many(pointer.clone(), items.len()));
        return files;
    }
    for (index, item) in items.into_iter().enumerate() {
        let pointer = Pointer::member(pointer.as_str(), &index.to_string());
        match read_id(pointer, Place::File(index), &item) {
            Ok(reference) => {
                files.ids.extend(reference.id);
                files.references.push(reference);
            }
            Err(violations) => files.violations.extend(violations.iter().cloned()),
        }
    }
    files
}

fn too_many(pointer: Pointer, count: usize) -> Violation {
    let rule = format!("must name at most {FILES_MAX} files");
    wrong(pointer, MemberFault { rule, bound: Some((FILES_MAX, count)) })
}

fn read_id(pointer: Pointer, place: Place, value: &Json) -> Result<Reference, Violations> {
    match value.as_text() {
        Some(text) => Ok(Reference { pointer, place, id: text.parse().ok() }),
        None => Err(wrong(pointer, MemberFault::new("must be a file id")).into()),
    }
}

impl Verification {
    /// Reads the member `verification`, which is an object: the verification, and what its
    /// references and its broken rules are.
    pub(super) fn read(members: Members, now: Timestamp) -> (Self, Vec<Reference>, Vec<Violation>) {
        let mut object = user_object("/verification", members);
        let mut references = Vec::new();
        if let Some(value) = object.take_given("report") {
            match read_id(object.pointer("report"), Place::Report, &value) {
                Ok(reference) => references.push(reference),
                Err(violations) => object.note(violations.iter().cloned().collect()),
            }
        }
        let report = references.iter().find_map(|reference| reference.id);
        let mut files = None;
        if let Some(list) = object.take_given("files") {
            let read = read_list(&object.pointer("files"), list);
            object.note(read.violations);
            references.extend(read.references);
            files = Some(read.ids);
        }
        let mut members = take_table(&mut object, &VERIFICATION, now);
        members.extend(read_address(&mut object, now));
        members.retain(|(_, value)| *value != Json::Null);
        (Self { report, files, members }, references, object.finish())
    }

    /// The verification with further files at its end; `None` when all of them are there already.
    ///
    /// # Errors
    /// The list would be too long.
    pub fn appended(&self, ids: &[FileId]) -> Result<Option<Self>, Violations> {
        let new: Vec<_> = ids.iter().copied().filter(|id| !self.files().contains(id)).collect();
        let count = self.files().len() + new.len();
        if count > FILES_MAX {
            return Err(too_many(Pointer::member("", "files"), count).into());
        }
        let mut all = self.clone();
        all.files.get_or_insert_default().extend(&new);
        Ok((!new.is_empty()).then_some(all))
    }

    /// The files beside the report, in the order they were given.
    #[must_use]
    pub fn files(&self) -> &[FileId] {
        self.files.as_deref().unwrap_or_default()
    }

    /// Every file it names, the report first.
    pub fn file_ids(&self) -> impl Iterator<Item = FileId> {
        self.report.into_iter().chain(self.files().iter().copied())
    }

    /// The document by which the person is identified, if it is said.
    #[must_use]
    pub fn document_type(&self) -> Option<DocumentType> {
        let mut members = self.members.iter();
        members.find(|(name, _)| name == "document_type")?.1.as_text()?.parse().ok()
    }

    /// Every member that was given.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let id = |id: &FileId| Json::Text(id.to_string());
        let mut members = Members::new();
        members.extend(self.report.iter().map(|report| ("report".to_owned(), id(report))));
        let files = self.files.iter().map(|ids| Json::List(ids.iter().map(id).collect()));
        members.extend(files.map(|list| ("files".to_owned(), list)));
        members.extend(self.members.iter().cloned());
        Json::Object(members)
    }

    /// What [`Self::to_json`] made; `None` when it did not.
    #[must_use]
    pub fn from_json(json: Json) -> Option<Self> {
        let mut verification = Self::default();
        for (name, value) in json.into_members()? {
            match name.as_str() {
                "report" => verification.report = Some(value.as_text()?.parse().ok()?),
                "files" => {
                    let ids = value.into_items()?.into_iter().map(|id| id.as_text()?.parse().ok());
                    verification.files = Some(ids.collect::<Option<_>>()?);
                }
                _ => verification.members.push((name, value)),
            }
        }
        Some(verification)
    }
}

fn read_address(object: &mut Object<'_>, now: Timestamp) -> Option<(String, Json)> {
    let value = object.take_given("address")?;
    let Some(members) = value.into_members() else {
        object.wrong("address", MemberFault::new("must be an object"));
        return None;
    };
    let mut address = user_object("/verification/address", members);
    let mut members = take_table(&mut address, &ADDRESS, now);
    members.retain(|(_, value)| *value != Json::Null);
    object.note(address.finish());
    Some(("address".to_owned(), Json::Object(members)))
}
