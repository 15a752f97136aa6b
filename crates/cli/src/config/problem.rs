//! What is wrong with the configuration: which setting, where it came from, what to do.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong with the configuration. It never holds a secret value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable, flag or key in question.
    pub setting: String,
    /// Where it was given.
    pub origin: Origin,
    /// What is wrong, as a clause without its full stop.
    pub what: String,
    /// What to do about it, as a clause without its full stop.
    pub fix: String,
}

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// On the command line.
    Flag,
    /// In an environment variable.
    Environment,
    /// In the configuration file.
    File {
        /// Its path.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Nowhere: the value is the default, or several settings do not go together.
    Together,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str(" (command line)"),
            Self::Environment => f.write_str(" (environment)"),
            Self::File { path, line } => write!(f, " ({}, line {line})", path.display()),
            Self::Together => Ok(()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, origin, what, fix } = self;
        write!(f, "{setting}{origin}: {what}. {fix}.")
    }
}

/// Everything wrong with the configuration, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used")?;
        for problem in &self.0 {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}
