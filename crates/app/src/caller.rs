//! Who asks, and the proof that he may.

use std::marker::PhantomData;

use dossier_domain::{ClientId, Credential, RequestId, Scope, Scopes};

/// A client, by one of its keys or tokens; [`App::authenticate`](crate::App::authenticate)
/// finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The key or token.
    pub credential: Credential,
    /// The client that owns it: nothing of another client exists for this caller.
    pub client_id: ClientId,
    /// What it permits.
    pub scopes: Scopes,
}

/// The caller lacks this scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key or token lacks the scope {}", .0.name())]
pub struct MissingScope(pub Scope);

/// The service itself or a tool of its operator: holds the store's settings and needs no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator;

/// Proof that a caller has the scope of `S`; [`Caller::permit`] alone makes one.
///
/// A use case that works for a client takes the permit of its scope as its first parameter and
/// learns from it whose work it does, so nobody can call it without the check, and a door can
/// make the check long before the call: `POST /v1/files` refuses a key without the scope before
/// it looks at a header. To add a use case:
///
/// 1. name its scope in the list of permissions below, unless it is there;
/// 2. write `pub async fn read_user(&self, permit: Permit<UsersRead>, …)` in `impl App` and take
///    the client from [`Permit::client_id`];
/// 3. in `http`, let the handler's first parameter after the state be
///    `Signed(permit): Signed<UsersRead>`;
/// 4. when it writes, name its action in `domain/src/audit.rs` and hand the entry, made from the
///    permit, to the method of `db` that commits the write.
///
/// Work that no client asks for takes an [`Operator`] instead. A test of the sources refuses a
/// use case that takes neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit<S> {
    caller: Caller,
    request_id: Option<RequestId>,
    scope: PhantomData<S>,
}

/// What a [`Permit`] is for.
pub trait Permission: Copy + Send + Sync + 'static {
    /// The scope that is asked for; `None` when any valid key will do.
    const SCOPE: Option<Scope>;
}

macro_rules! permissions {
    ($($name:ident = $scope:expr, $what:literal;)+) => {
        $(
            #[doc = $what]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl Permission for $name {
                const SCOPE: Option<Scope> = $scope;
            }
        )+
    };
}

permissions! {
    AnyKey = None, "What every valid key permits.";
    FilesWrite = Some(Scope::FilesWrite), "To upload and check files.";
    FilesRead = Some(Scope::FilesRead), "To read files and their contents.";
    FilesDelete = Some(Scope::FilesDelete), "To delete files.";
    UsersWrite = Some(Scope::UsersWrite), "To create and change users.";
    UsersRead = Some(Scope::UsersRead), "To read users.";
    ReviewsWrite = Some(Scope::ReviewsWrite), "To decide verifications.";
    AuditRead = Some(Scope::AuditRead), "To read the audit.";
    WebhooksWrite = Some(Scope::WebhooksWrite), "To read events and have them sent.";
    Administer = Some(Scope::Admin), "To say how a client works.";
}

impl Caller {
    /// Checks a permission.
    ///
    /// # Errors
    /// The scope that is missing.
    pub fn permit<S: Permission>(self) -> Result<Permit<S>, MissingScope> {
        match S::SCOPE {
            Some(scope) if !self.scopes.has(scope) => Err(MissingScope(scope)),
            Some(_) | None => Ok(Permit { caller: self, request_id: None, scope: PhantomData }),
        }
    }
}

impl<S> Permit<S> {
    /// The client that the work is done for.
    #[must_use]
    pub const fn client_id(&self) -> ClientId {
        self.caller.client_id
    }

    /// The key or token that the client used.
    #[must_use]
    pub const fn credential(&self) -> Credential {
        self.caller.credential
    }

    /// The same permit, for the work of one request, which the audit will name.
    #[must_use]
    pub fn in_request(self, request_id: RequestId) -> Self {
        Self { request_id: Some(request_id), ..self }
    }

    /// The request that the work is done in.
    #[must_use]
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use dossier_domain::KeyId;

    use super::*;

    #[test]
    fn a_key_gets_the_permits_of_its_scopes_and_no_other() {
        let caller = Caller {
            credential: Credential::Key(KeyId::from_bytes([1; 16])),
            client_id: ClientId::from_bytes([2; 16]),
            scopes: [Scope::FilesRead].into_iter().collect(),
        };
        let permit = caller.permit::<FilesRead>().unwrap();
        assert_eq!(
            (permit.client_id(), permit.credential()),
            (caller.client_id, caller.credential)
        );
        assert!(caller.permit::<AnyKey>().is_ok());
        assert_eq!(caller.permit::<FilesWrite>(), Err(MissingScope(Scope::FilesWrite)));
        assert_eq!(caller.permit::<FilesDelete>(), Err(MissingScope(Scope::FilesDelete)));
    }
}
