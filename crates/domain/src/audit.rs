//! Entries of the audit: who did what to which object, and the bytes their chains are hashed over.

use crate::id::{ActorId, AuditEntryId, ObjectId};
use crate::{
    ClientId, ClientSecretId, Credential, EndpointId, FileId, GrantId, KeyId, Timestamp,
    TokenPairId, UserId,
};

macro_rules! actions {
    ($($variant:ident = $name:literal, $what:literal;)+) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $(#[doc = $what] $variant,)+
        }

        impl AuditAction {
            /// Every action, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name in entries. It never changes: entries are hashed with it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it says, in one line.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }
        }
    };
}

actions! {
    FileCreated = "file.created", "A file was uploaded.";
    FileContentsRead = "file.contents_read", "Bytes of a file were handed out.";
    FileDeleted = "file.deleted", "A file and its key were deleted.";
    FileErased = "file.erased", "The bytes of a deleted file were erased.";
    UserCreated = "user.created", "A user was made.";
    UserUpdated = "user.updated", "What is said of a user was changed.";
    UserFilesAppended = "user.files_appended", "Files were added to the verification of a user.";
    UserDocumentsRequested = "user.documents_requested", "A user was asked for documents.";
    UserApproved = "user.approved", "The verification of a user was approved.";
    UserRejected = "user.rejected", "The verification of a user was rejected.";
    UserInactivated = "user.inactivated", "A user was made inactive.";
    ClientCreated = "client.created", "A client was made.";
    ClientPolicyChanged = "client.policy_changed", "What a client asks of its users was changed.";
    KeyCreated = "key.created", "An API key was made.";
    KeyRevoked = "key.revoked", "An API key was revoked.";
    ClientSecretCreated = "client_secret.created", "A client secret was made.";
    ClientSecretRotated = "client_secret.rotated", "A client secret took the place of another.";
    ClientSecretRevoked = "client_secret.revoked", "A client secret was revoked.";
    GrantCreated = "grant.created", "Tokens were issued for a client secret.";
    GrantRefreshed = "grant.refreshed", "Tokens were issued for a refresh token.";
    GrantRevoked = "grant.revoked", "All tokens of a grant were revoked.";
    TokenRevoked = "token.revoked", "An access token was revoked.";
    EndpointCreated = "webhook_endpoint.created", "A webhook endpoint was made.";
    EndpointUpdated = "webhook_endpoint.updated", "A webhook endpoint was changed.";
    EndpointSecretRotated = "webhook_endpoint.secret_rotated", "An endpoint got a new secret.";
    EndpointDeleted = "webhook_endpoint.deleted", "A webhook endpoint was deleted.";
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditActor {
    /// The client, by an API key.
    Key(KeyId),
    /// The client, by the access token of this pair.
    Token(TokenPairId),
    /// The client, by a client secret.
    ClientSecret(ClientSecretId),
    /// The operator, by a tool on the store or by the configuration.
    Operator,
    /// The service itself.
    Job,
}

impl AuditActor {
    /// The word for its kind. It never changes.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Token(_) => "token",
            Self::ClientSecret(_) => "client_secret",
            Self::Operator => "operator",
            Self::Job => "job",
        }
    }

    /// Which one, where there are several.
    #[must_use]
    pub const fn id(self) -> Option<ActorId> {
        match self {
            Self::Key(id) => Some(ActorId::from_bytes(id.to_bytes())),
            Self::Token(id) => Some(ActorId::from_bytes(id.to_bytes())),
            Self::ClientSecret(id) => Some(ActorId::from_bytes(id.to_bytes())),
            Self::Operator | Self::Job => None,
        }
    }

    /// The key or token that may be revoked while he is at work.
    #[must_use]
    pub const fn credential(self) -> Option<Credential> {
        match self {
            Self::Key(id) => Some(Credential::Key(id)),
            Self::Token(id) => Some(Credential::Token(id)),
            Self::ClientSecret(_) | Self::Operator | Self::Job => None,
        }
    }
}

impl From<Credential> for AuditActor {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Key(id) => Self::Key(id),
            Credential::Token(id) => Self::Token(id),
        }
    }
}

/// What it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditObject {
    /// A file.
    File(FileId),
    /// A user.
    User(UserId),
    /// A client itself.
    Client(ClientId),
    /// An API key.
    Key(KeyId),
    /// A client secret.
    ClientSecret(ClientSecretId),
    /// All tokens that follow from one request.
    Grant(GrantId),
    /// The access token of this pair.
    Token(TokenPairId),
    /// A webhook endpoint.
    Endpoint(EndpointId),
}

impl AuditObject {
    /// The word for its kind. It never changes.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::User(_) => "user",
            Self::Client(_) => "client",
            Self::Key(_) => "key",
            Self::ClientSecret(_) => "client_secret",
            Self::Grant(_) => "grant",
            Self::Token(_) => "token",
            Self::Endpoint(_) => "webhook_endpoint",
        }
    }

    /// Which one.
    #[must_use]
    pub const fn id(self) -> ObjectId {
        match self {
            Self::File(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::User(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::Client(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::Key(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::ClientSecret(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::Grant(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::Token(id) => ObjectId::from_bytes(id.to_bytes()),
            Self::Endpoint(id) => ObjectId::from_bytes(id.to_bytes()),
        }
    }
}

/// An entry in the words in which it is kept. Kinds and actions are any words: a verifier need
/// not know what a later version calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its id: a UUID of version 7, so that ids follow time.
    pub entry_id: AuditEntryId,
    /// When it happened.
    pub at: Timestamp,
    /// Whose data it was done to.
    pub client_id: ClientId,
    /// The kind of who did it.
    pub actor_kind: String,
    /// Which of its kind.
    pub actor_id: Option<ActorId>,
    /// What was done.
    pub action: String,
    /// The kind of what it was done to.
    pub object_kind: String,
    /// Which of its kind.
    pub object_id: ObjectId,
    /// The request in which it was done.
    pub request_id: Option<String>,
}

impl AuditRecord {
    /// The bytes that stand for the entry in its chain: ten lines, each with its line feed. They
    /// are written down in `docs/audit.md` and never change.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let actor_id = self.actor_id.map(|id| id.to_string()).unwrap_or_default();
        let lines = format!(
            "dossier-audit-v1\n{}\n{}\n{}\n{}\n{actor_id}\n{}\n{}\n{}\n{}\n",
            self.entry_id,
            self.at.micros(),
            self.client_id,
            self.actor_kind,
            self.action,
            self.object_kind,
            self.object_id,
            self.request_id.as_deref().unwrap_or_default(),
        );
        lines.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of `docs/audit.md`.
    #[test]
    fn the_canonical_bytes_are_ten_lines() {
        let actor = AuditActor::Key(KeyId::from_bytes([0x11; 16]));
        let object = AuditObject::File(FileId::from_bytes([0x22; 16]));
        let record = AuditRecord {
            entry_id: AuditEntryId::from_bytes([0x33; 16]),
            at: Timestamp::from_micros(1_784_535_260_000_001),
            client_id: ClientId::from_bytes([0x44; 16]),
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id(),
            action: AuditAction::FileCreated.name().to_owned(),
            object_kind: object.kind().to_owned(),
            object_id: object.id(),
            request_id: Some("req-1".to_owned()),
        };
        let lines = "dossier-audit-v1\n\
            33333333-3333-3333-3333-333333333333\n\
            1784535260000001\n\
            44444444-4444-4444-4444-444444444444\n\
            key\n\
            11111111-1111-1111-1111-111111111111\n\
            file.created\n\
            file\n\
            22222222-2222-2222-2222-222222222222\n\
            req-1\n";
        assert_eq!(record.canonical(), lines.as_bytes());
        let alone = AuditRecord {
            actor_kind: AuditActor::Job.kind().to_owned(),
            actor_id: None,
            request_id: None,
            ..record
        };
        let alone = String::from_utf8(alone.canonical()).unwrap();
        assert!(alone.contains("\njob\n\nfile.created\n") && alone.ends_with("2222\n\n"));
    }

    #[test]
    fn the_page_on_the_audit_names_every_action() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/audit.md");
        let page = std::fs::read_to_string(page).unwrap();
        for action in AuditAction::ALL {
            assert!(page.contains(&format!("`{}`", action.name())), "{}", action.name());
        }
    }

    #[test]
    fn names_of_actions_differ_and_name_their_object() {
        for action in AuditAction::ALL {
            let same = AuditAction::ALL.iter().filter(|other| other.name() == action.name());
            assert_eq!(same.count(), 1);
            assert!(action.name().contains('.') && action.what().ends_with('.'));
        }
    }
}
