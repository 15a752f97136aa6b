//! The JSON API of Dossier.
