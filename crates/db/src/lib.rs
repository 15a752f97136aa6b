//! Every SQL statement of Dossier.
