//! The secrets that callers hold: keys, tokens and client secrets, each 256 random bits behind
//! letters that say what it is, so that scanners for leaked secrets can find it.

use dossier_seal::Digest;
use zeroize::Zeroizing;

use crate::App;

/// How much of a secret is kept in the clear, so that its owner knows it again.
const HINT_CHARS: usize = 8;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An API key.
    ApiKey,
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
    /// A client secret.
    ClientSecret,
}

impl TokenKind {
    const ALL: [Self; 4] = [Self::ApiKey, Self::Access, Self::Refresh, Self::ClientSecret];
    /// No secret is longer, letters in front included.
    pub(crate) const BYTES_MAX: usize = 512;

    /// The letters in front.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "dsk_",
            Self::Access => "dsa_",
            Self::Refresh => "dsr_",
            Self::ClientSecret => "dss_",
        }
    }

    /// What `text` says it is, if it may be one at all.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let fits = text.len() <= Self::BYTES_MAX;
        Self::ALL.into_iter().find(|kind| fits && text.starts_with(kind.prefix()))
    }
}

impl App {
    /// A new secret.
    pub(crate) fn new_token(&self, kind: TokenKind) -> Zeroizing<String> {
        let mut random = Zeroizing::new([0; 32]);
        self.entropy.fill(random.as_mut());
        Zeroizing::new(format!("{}{}", kind.prefix(), Digest(*random)))
    }
}

/// What may be shown of a secret.
pub(crate) fn hint(secret: &str) -> String {
    secret.chars().take(HINT_CHARS).collect()
}
