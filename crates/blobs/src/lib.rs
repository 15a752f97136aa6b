//! Every stored byte of Dossier.
