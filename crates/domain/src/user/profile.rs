//! What is said of a person, and patches of it.

use super::field::Field;
use super::members::{Member, take_table, user_object, wrong};
use super::references::Reference;
use super::verification::{Change, Verification};
use crate::object::MemberFault;
use crate::{Json, JsonMembers, Members, Pointer, Timestamp, Violation, Violations};

const fn member(name: &'static str, field: Field) -> Member {
    Member { name, field }
}

/// The members of a user beside `verification`, in the order of the documents.
const USER: [Member; 14] = [
    member("external_id", Field::Line(255)),
    member("email", Field::Email),
    member("phone", Field::Phone),
    member("first_name", Field::Line(255)),
    member("last_name", Field::Line(255)),
    member("language", Field::Language),
    member("country", Field::Country),
    member("metadata", Field::Metadata),
    member("terms", Field::Kept),
    member("aml", Field::Kept),
    member("appropriateness", Field::Kept),
    member("tax", Field::Kept),
    member("ext_compliance", Field::Kept),
    member("account_level_id", Field::Kept),
];

/// What a client calls the user: unique for the client, whatever the case.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// The form in which external ids are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// Any text, for looking one up: what cannot be an external id is nobody's.
impl From<&str> for ExternalId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// What is said of a person, the verification left out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile(Members);

/// A change of a user, or a new user: the change of one of whom nothing is said.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPatch {
    /// Null removes.
    members: Members,
    /// What becomes of the verification.
    pub verification: Change<Verification>,
    /// The files that the verification names, each with its place.
    pub references: Vec<Reference>,
    /// Every broken rule so far; the members that break one are left out.
    pub violations: Vec<Violation>,
}

impl UserPatch {
    /// Reads the body of a request. The files it names have still to be judged.
    #[must_use]
    pub fn read(body: Members, now: Timestamp) -> Self {
        let mut object = user_object("", body);
        let members = take_table(&mut object, &USER, now);
        let (mut verification, mut references) = (Change::Keep, Vec::new());
        match object.take("verification") {
            None => {}
            Some(Json::Null) => verification = Change::Remove,
            Some(Json::Object(members)) => {
                let (read, named, violations) = Verification::read(members, now);
                object.note(violations);
                references = named;
                verification = Change::Replace(read);
            }
            Some(Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_)) => {
                object.wrong("verification", MemberFault::new("must be an object"));
            }
        }
        Self { members, verification, references, violations: object.finish() }
    }
}

impl Profile {
    /// The most bytes of its text. What is kept as it is given has no bound but this one.
    pub const BYTES_MAX: usize = 1 << 20;

    /// The profile after a patch.
    ///
    /// # Errors
    /// Nothing would be left by which the client knows the person, or too much would be said.
    pub fn patched(&self, patch: &UserPatch) -> Result<Self, Violations> {
        let mut members = self.0.clone();
        members.retain(|(name, _)| !patch.members.iter().any(|(other, _)| other == name));
        let given = patch.members.iter().filter(|(_, value)| *value != Json::Null);
        members.extend(given.cloned());
        members.sort_by_key(|(name, _)| USER.iter().position(|member| member.name == name));
        let names_person = |name: &str| name == "external_id" || name == "email";
        let known = members.iter().any(|(name, _)| names_person(name));
        // A wrong one was given: that it is wrong has been said.
        let wrong_one = patch.violations.iter().any(|violation| {
            violation.pointer.as_str().strip_prefix('/').is_some_and(names_person)
        });
        if !known && !wrong_one {
            let fault = MemberFault::new("or `email` must be there");
            return Err(wrong(Pointer::member("", "external_id"), fault).into());
        }
        let profile = Self(members);
        profile.check_bounds(patch)?;
        Ok(profile)
    }

    /// Whether it is not too much to be read back.
    fn check_bounds(&self, patch: &UserPatch) -> Result<(), Violations> {
        let most = |size: fn(&Json) -> usize| {
            let largest = patch.members.iter().max_by_key(|(_, value)| size(value));
            Pointer::member("", largest.map_or("", |(name, _)| name))
        };
        let refused = |pointer, rule: &str, bound| {
            Err(wrong(pointer, MemberFault { rule: rule.to_owned(), bound: Some(bound) }).into())
        };
        let (bytes, values) = (self.to_text().len(), JsonMembers(&self.0).value_count());
        if bytes > Self::BYTES_MAX {
            let rule = "makes too much of what is said of one user";
            return refused(most(|value| value.to_string().len()), rule, (Self::BYTES_MAX, bytes));
        }
        if values > Json::VALUES_MAX {
            let rule = "makes too many values of what is said of one user";
            return refused(most(Json::value_count), rule, (Json::VALUES_MAX, values));
        }
        Ok(())
    }

    /// The text in which it is stored.
    #[must_use]
    pub fn to_text(&self) -> String {
        JsonMembers(&self.0).to_string()
    }

    /// What [`Self::to_text`] made; `None` when it did not.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Json::parse(text.as_bytes()).ok()?.into_members().map(Self)
    }

    /// What the client calls the user.
    #[must_use]
    pub fn external_id(&self) -> Option<ExternalId> {
        let mut members = self.0.iter();
        let (_, value) = members.find(|(name, _)| name == "external_id")?;
        value.as_text().map(ExternalId::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    fn read(text: &str) -> UserPatch {
        let body = Json::parse(text.as_bytes()).unwrap().into_members().unwrap();
        UserPatch::read(body, Timestamp::parse_rfc3339("2026-07-20T08:00:00Z").unwrap())
    }

    fn broken(text: &str) -> Vec<String> {
        let patch = read(text);
        let mut all = patch.violations.clone();
        all.extend(Profile::default().patched(&patch).err().iter().flat_map(|v| v.iter().cloned()));
        all.iter().map(|v| format!("{} {}", v.pointer.as_str(), v.code)).collect()
    }

    fn written(profile: &Profile) -> String {
        let text = profile.to_text();
        assert_eq!(Profile::from_text(&text).as_ref(), Some(profile));
        text
    }

    const ID: &str = "0198c0de-1111-7222-8333-444455556666";

    #[test]
    fn everything_that_may_be_said_is_kept_as_it_was_given() {
        let text = [
            r#"{"external_id":"A-1","email":"a@b.de","phone":"+4917012345","first_name":"Zoë","#,
            r#""last_name":"Ö","language":"de","country":"DE","metadata":{"b":1.50,"a":null},"#,
            r#""terms":{"v":[1,{"x":1e3}]},"aml":"x","appropriateness":[],"tax":false,"#,
            r#""ext_compliance":0,"account_level_id":12345678901234567890}"#,
        ]
        .concat();
        let patch = read(&text);
        assert_eq!(patch.violations, []);
        assert_eq!(written(&Profile::default().patched(&patch).unwrap()), text);
    }

    #[test]
    fn a_verification_reads_back_with_its_files_in_order() {
        let text = [
            format!(r#"{{"report":"{ID}","files":["{ID}"],"provider":"p","token":"t","#).as_str(),
            r#""document_type":"id_card","issuing_date":"2020-02-29","issuing_authority":"a","#,
            r#""issuing_country":"DE","expiration_date":"2030-01-01","#,
            r#""verification_date":"2026-01-01","gender":"x","birth_date":"1990-01-01","#,
            r#""birth_place":"b","national_id":"n","mrz_code":"A<\nB<","language":"en","#,
            r#""address":{"street":"s","city":"c","zip_code":"1","country_of_residence":"FR"}}"#,
        ]
        .concat();
        let patch = read(&format!(r#"{{"email":"a@b.de","verification":{text}}}"#));
        assert_eq!(patch.violations, []);
        assert_eq!(patch.references.len(), 2);
        let Change::Replace(verification) = patch.verification else { panic!("it was given") };
        assert_eq!(verification.to_json().to_string(), text);
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(Verification::from_json(json), Some(verification.clone()));
        assert_eq!(verification.document_type(), Some(super::super::DocumentType::IdCard));
        assert_eq!(verification.file_ids().count(), 2);
        for text in ["{}", r#"{"files":[]}"#] {
            let patch = read(&format!(r#"{{"email":"a@b.de","verification":{text}}}"#));
            let Change::Replace(verification) = patch.verification else { panic!("it was given") };
            assert_eq!(verification.to_json().to_string(), text);
        }
    }

    #[test]
    fn every_broken_member_is_named_at_once() {
        let text = format!(
            r#"{{"verifed":1,"external_id":"","phone":"0170","language":"deu","country":"de",
            "metadata":[],"verification":{{"report":7,"files":["{ID}",null,"x"],"a/b":1,
            "birth_date":"2023-02-29",
            "address":{{"city":1,"town":2}},"document_type":"visa","gender":null}}}}"#
        );
        assert_eq!(
            broken(&text),
            [
                "/external_id user.member.invalid",
                "/phone user.member.invalid",
                "/language user.member.invalid",
                "/country user.member.invalid",
                "/metadata user.member.invalid",
                "/verification/report user.member.invalid",
                "/verification/files/1 user.member.invalid",
                "/verification/document_type user.member.invalid",
                "/verification/birth_date user.member.invalid",
                "/verification/address/city user.member.invalid",
                "/verification/address/town user.member.unknown",
                "/verification/a~1b user.member.unknown",
                "/verifed user.member.unknown",
            ]
        );
        for (text, pointer) in [
            ("{}", "/external_id"),
            (r#"{"first_name":"a"}"#, "/external_id"),
            (r#"{"external_id":null,"email":null}"#, "/external_id"),
            (r#"{"email":"a"}"#, "/email"),
            (r#"{"email":"a@b.de","verification":[]}"#, "/verification"),
        ] {
            assert_eq!(broken(text), [format!("{pointer} user.member.invalid")], "{text}");
        }
    }

    #[test]
    fn a_list_of_ten_thousand_ids_is_refused_by_its_length_alone() {
        let ids = vec![format!("\"{ID}\""); 10_000].join(",");
        let patch = read(&format!(r#"{{"email":"a@b.de","verification":{{"files":[{ids}]}}}}"#));
        assert_eq!(patch.references, []);
        let [violation] = patch.violations.as_slice() else { panic!("one rule is broken") };
        assert_eq!(violation.pointer.as_str(), "/verification/files");
        assert_eq!(violation.bound.map(|b| (b.limit, b.actual)), Some((100, 10_000)));
    }

    #[test]
    fn a_patch_replaces_what_it_gives_removes_what_it_nulls_and_keeps_the_rest() {
        let patched = |profile: &Profile, text: &str| profile.patched(&read(text));
        let first =
            r#"{"external_id":"A","email":"a@b.de","first_name":"Z","terms":{"a":1,"b":2}}"#;
        let user = patched(&Profile::default(), first).unwrap();
        let second = r#"{"terms":{"c":3},"first_name":null,"last_name":"Y","phone":null}"#;
        let user = patched(&user, second).unwrap();
        let want = r#"{"external_id":"A","email":"a@b.de","last_name":"Y","terms":{"c":3}}"#;
        assert_eq!(written(&user), want);
        let user = patched(&user, r#"{"email":null}"#).unwrap();
        let violations = patched(&user, r#"{"external_id":null}"#).unwrap_err();
        assert_eq!(violations.split_first().0.pointer.as_str(), "/external_id");
        assert_eq!(patched(&user, "{}"), Ok(user.clone()));
        assert_eq!(user.external_id().unwrap().folded(), "a");
        assert_eq!(read(r#"{"verification":null}"#).verification, Change::Remove);
    }

    #[test]
    fn what_is_said_of_one_user_has_a_bound() {
        let large =
            |name: &str| format!(r#"{{"email":"a@b.de","{name}":"{}"}}"#, "x".repeat(600_000));
        let user = Profile::default().patched(&read(&large("terms"))).unwrap();
        let violations = user.patched(&read(&large("aml"))).unwrap_err();
        let (first, _) = violations.split_first();
        assert_eq!(first.pointer.as_str(), "/aml");
        assert_eq!(first.bound.map(|bound| bound.limit), Some(1 << 20));
    }

    #[test]
    fn what_is_said_of_one_user_can_be_read_back_after_any_patch() {
        let list = |name: &str, items: usize| {
            let zeros = "0,".repeat(items - 1);
            format!(r#"{{"email":"a@b.de","{name}":[{zeros}0]}}"#)
        };
        let user = Profile::default().patched(&read(&list("terms", 60_000))).unwrap();
        let violations = user.patched(&read(&list("aml", 60_000))).unwrap_err();
        let (first, others) = violations.split_first();
        assert_eq!((first.pointer.as_str(), others.len()), ("/aml", 0));
        // The object, its e-mail address, and two lists.
        let bound = first.bound.map(|bound| (bound.limit, bound.actual));
        assert_eq!(bound, Some((100_000, 120_004)));
        let full = user.patched(&read(&list("aml", 100_000 - 60_004))).unwrap();
        written(&full);
        assert!(full.patched(&read(r#"{"first_name":"A"}"#)).is_err());
        written(&full.patched(&read(r#"{"first_name":"A","aml":null}"#)).unwrap());
    }

    #[test]
    fn the_deepest_body_reads_back() {
        let deep = format!("{}{}", "[".repeat(63), "]".repeat(63));
        let patch = read(&format!(r#"{{"email":"a@b.de","terms":{deep}}}"#));
        written(&Profile::default().patched(&patch).unwrap());
    }

    #[test]
    fn files_are_appended_once_and_up_to_a_hundred() {
        let id = |n: usize| FileId::from_bytes([u8::try_from(n).unwrap(); 16]);
        let ids: Vec<_> = (0..100).map(id).collect();
        let (some, rest) = ids.split_at(60);
        let verification = Verification::default().appended(some).unwrap().unwrap();
        assert_eq!(verification.appended(some), Ok(None));
        let whole = verification.appended(&ids).unwrap().unwrap();
        assert_eq!(whole.files(), ids);
        assert_eq!(verification.appended(rest), Ok(Some(whole.clone())));
        let violations = whole.appended(&[id(200)]).unwrap_err();
        let (first, _) = violations.split_first();
        assert_eq!(first.bound.map(|b| (b.limit, b.actual)), Some((100, 101)));
    }

    #[test]
    fn an_append_names_at_least_one_file_and_nothing_else() {
        use super::super::read_files;
        let body = |text: &str| Json::parse(text.as_bytes()).unwrap().into_members().unwrap();
        let files = read_files(body(&format!(r#"{{"files":["{ID}","x"]}}"#)));
        assert_eq!((files.ids.len(), files.references.len()), (1, 2));
        assert_eq!(files.violations, []);
        for bad in ["{}", r#"{"files":[]}"#, r#"{"files":null}"#, r#"{"files":"x"}"#] {
            let files = read_files(body(bad));
            assert_eq!(files.violations.len(), 1, "{bad}");
            assert_eq!(files.violations[0].pointer.as_str(), "/files", "{bad}");
        }
        assert_eq!(read_files(body(r#"{"files":[7],"file":1}"#)).violations.len(), 2);
    }
}
