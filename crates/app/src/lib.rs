//! Use cases and jobs of Dossier.
