//! How much of a list is read at once.

/// How many entries a page has at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u8);

impl PageSize {
    /// The fewest.
    pub const MIN: u8 = 1;
    /// The most.
    pub const MAX: u8 = 100;

    /// Takes a size from [`PageSize::MIN`] to [`PageSize::MAX`].
    #[must_use]
    pub fn new(entries: u8) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&entries).then_some(Self(entries))
    }

    /// The number of entries.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.into()
    }
}

/// What a request gets that does not say.
impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}
