//! How far a deployment looks into files.

/// How much of the content is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentCheck {
    /// The whole structure.
    #[default]
    Structure,
    /// The first bytes only.
    Signature,
    /// Nothing: the declared type, else the extension, is believed.
    Declared,
}

impl ContentCheck {
    /// Every level, the strictest first.
    pub const ALL: [Self; 3] = [Self::Structure, Self::Signature, Self::Declared];

    /// The level with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The name in settings and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Signature => "signature",
            Self::Declared => "declared",
        }
    }
}
