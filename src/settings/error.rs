//! What can be wrong with settings, in sentences for a person: where, why, and what to do.

/// What is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("The {what} {origin} cannot be read: {source}. {advice}")]
    Read {
        /// What the file is.
        what: &'static str,
        /// File.
        origin: String,
        /// Why.
        source: std::io::Error,
        /// What to do.
        advice: &'static str,
    },
    /// No regular file, or a file that is too large.
    #[error("The {what} {origin} is not a text file of at most 64 KiB. Name another.")]
    NotAFile {
        /// What the file is.
        what: &'static str,
        /// File.
        origin: String,
    },
    /// Something in a file is wrong.
    #[error("{origin}, line {line}, column {column}: {why}{shown}")]
    At {
        /// File.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// Column in letters, from 1.
        column: usize,
        /// What is wrong, and what to do.
        why: String,
        /// The line itself, and a mark under the column.
        shown: String,
    },
    /// The settings file cannot be written.
    #[error(
        "The settings file {origin} cannot be written: {source}. Nothing was changed. Free disk space or give yourself \
         the right to write there, or name another file with --config."
    )]
    Write {
        /// File.
        origin: String,
        /// Why.
        source: std::io::Error,
    },
    /// A variable of the environment has a wrong value.
    #[error("The environment variable {name} cannot be used: {why} Correct it, or unset it.")]
    Variable {
        /// Variable.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// A cloud that is not known.
    #[error("There is no cloud \"{word}\". The clouds are {known}.")]
    NoSuchCloud {
        /// What was named.
        word: String,
        /// What could be named.
        known: String,
    },
    /// A built-in cloud of which not everything is known.
    #[error("{0}")]
    Incomplete(String),
    /// There is a settings file already.
    #[error("The settings file {origin} is there already. Nothing was changed.")]
    IsThere {
        /// File.
        origin: String,
    },
    /// There is no directory for the settings.
    #[error("There is no directory for the settings: {0}. Name a file with --config.")]
    NoDirectory(etcetera::HomeDirError),
}

impl SettingsError {
    /// The same without anything that stands in a file or a variable: for what is handed to others.
    pub fn without_values(&self) -> String {
        match self {
            Self::At { origin, line, column, .. } => {
                format!("{origin}, line {line}, column {column} cannot be used; dualwrite config show says why.")
            }
            Self::Variable { name, .. } => {
                format!("The environment variable {name} cannot be used; dualwrite config show says why.")
            }
            other => other.to_string(),
        }
    }
}
