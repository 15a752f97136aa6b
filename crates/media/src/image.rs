//! Still images.

pub(crate) mod bmp;
pub(crate) mod heif;
pub(crate) mod jpeg;
pub(crate) mod png;

#[cfg(test)]
pub(crate) mod testing;
