//! The one error type: what went wrong, where, and what to do next.
//!
//! Every stage returns [`Error`], so that a person always reads the same three things. It is built
//! by hand at the place that knows most (`Error::new("...").at(file).hint("...")`) and gains context
//! on its way up (`.context("reading customers.csv")`). How the process ends is not the error's to say:
//! the command that gets it decides (`src/cli/mod.rs`).

use std::fmt;
use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong. Code that must tell errors apart asks for this, never for the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// What a person wrote or asked for cannot be done: arguments, a contract, a model, a setting.
    Invalid,
    /// Something was named that does not exist.
    NotFound {
        /// The sort of thing: `macro`, `relation`, `file`.
        what: &'static str,
        name: String,
    },
    /// Another process is using it.
    InUse,
    /// The operating system refused.
    Io(std::io::ErrorKind),
    /// The query engine refused or failed a statement.
    Sql,
    /// Rows break a limit that was set for them.
    Data,
    /// Somebody pressed Ctrl-C, or the process was asked to end.
    Interrupted,
    /// ingot contradicts itself.
    Defect,
}

impl Kind {
    /// The name that machines read, in snake case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound { .. } => "not_found",
            Self::InUse => "in_use",
            Self::Io(_) => "io",
            Self::Sql => "sql",
            Self::Data => "data",
            Self::Interrupted => "interrupted",
            Self::Defect => "defect",
        }
    }
}

/// A place in a file that a person can open: `models/a.sql:12:5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    /// 1-based; `None` when the whole file is meant.
    pub line: Option<usize>,
    /// 1-based, in characters.
    pub column: Option<usize>,
    /// The lines around the place, already numbered and marked.
    pub excerpt: Option<String>,
}

#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    what: String,
    place: Option<Place>,
    hint: Option<String>,
    dbts_words: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of the kind [`Kind::Invalid`], which most are; [`Error::of_kind`] says otherwise.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(Box::new(Inner {
            kind: Kind::Invalid,
            what: what.to_string(),
            place: None,
            hint: None,
            dbts_words: None,
            source: None,
        }))
    }

    /// Something that cannot happen unless ingot itself is wrong.
    pub fn defect(what: impl fmt::Display) -> Self {
        Self::new(format!("{what}; this is a defect of ingot")).of_kind(Kind::Defect)
    }

    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    #[must_use]
    pub fn at(mut self, file: impl Into<PathBuf>) -> Self {
        self.0.place = Some(Place { file: file.into(), line: None, column: None, excerpt: None });
        self
    }

    #[must_use]
    pub fn at_line(mut self, file: impl Into<PathBuf>, line: usize) -> Self {
        self.0.place = Some(Place { file: file.into(), line: Some(line), column: None, excerpt: None });
        self
    }

    /// Points at a line of a text and shows the lines around it.
    #[must_use]
    pub fn in_text(
        mut self,
        file: impl Into<PathBuf>,
        text: &str,
        line: usize,
        column: Option<usize>,
    ) -> Self {
        self.0.place = Some(Place {
            file: file.into(),
            line: Some(line),
            column,
            excerpt: Some(excerpt(text, line, column)),
        });
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.0.hint = Some(hint.to_string());
        self
    }

    /// What dbt says of the same, where it says it in a fixed sentence: people search for it, and programs look for it
    /// in logs and results. It is shown on a line of its own.
    #[must_use]
    pub fn in_dbts_words(mut self, words: impl fmt::Display) -> Self {
        self.0.dbts_words = Some(words.to_string());
        self
    }

    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let source = source.into();
        if self.0.kind == Kind::Invalid {
            self.0.kind = kind_of(source.as_ref());
        }
        self.0.source = Some(source);
        self
    }

    /// Suggests the candidate that is nearest to a name, if one is near enough; a hint that is there stays.
    #[must_use]
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, candidates) {
            Some(near) if self.0.hint.is_none() => self.hint(format!("did you mean '{near}'?")),
            _ => self,
        }
    }

    /// Puts `doing` in front of the message; kind, place and hint stay.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.0.what = format!("{doing}: {}", self.0.what);
        self
    }

    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }
    pub fn message(&self) -> &str {
        &self.0.what
    }
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
    /// See [`Error::in_dbts_words`].
    pub fn dbts_words(&self) -> Option<&str> {
        self.0.dbts_words.as_deref()
    }

    /// Everything a person is shown: the error, and its hint on a line of its own.
    pub fn with_hint(&self) -> impl fmt::Display + '_ {
        WithHint(self)
    }
}

/// What, where (with the lines around it), why, and dbt's words; the hint is left to the caller, who sets it apart.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        if let Some(place) = &self.0.place {
            write!(f, "\n  --> {}", place.file.display())?;
            if let Some(line) = place.line {
                write!(f, ":{line}")?;
                if let Some(column) = place.column {
                    write!(f, ":{column}")?;
                }
            }
            if let Some(excerpt) = &place.excerpt {
                write!(f, "\n{excerpt}")?;
            }
        }
        let mut source = self.0.source.as_deref().map(|s| s as &dyn std::error::Error);
        // A message that is its cause's text (with context in front) does not say it again.
        if let Some(cause) = source
            && self.0.what.ends_with(&cause.to_string())
        {
            source = cause.source();
        }
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        match &self.0.dbts_words {
            Some(words) => write!(f, "\n  in dbt's words: {words}"),
            None => Ok(()),
        }
    }
}

struct WithHint<'e>(&'e Error);

impl fmt::Display for WithHint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        match self.0.hint_text() {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    /// The cause. [`Error`]'s own text names it already, so a printer that walks the chain shows it twice.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// The kind of an error of another crate: what the operating system said, if it was that.
fn kind_of(source: &(dyn std::error::Error + 'static)) -> Kind {
    match source.downcast_ref::<std::io::Error>() {
        Some(error) => Kind::Io(error.kind()),
        None => Kind::Invalid,
    }
}

/// Says what could not be done, and to which file, when a call into another crate fails.
pub trait Context<T> {
    /// `task` completes "cannot …": `open the database`.
    fn or_cannot(self, task: impl fmt::Display) -> Result<T>;
    /// The same with the file or folder that the task concerned.
    fn or_cannot_at(self, task: impl fmt::Display, file: &Path) -> Result<T>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> Context<T> for std::result::Result<T, E> {
    fn or_cannot(self, task: impl fmt::Display) -> Result<T> {
        self.map_err(|source| Error::new(format!("cannot {task}")).caused_by(source))
    }
    fn or_cannot_at(self, task: impl fmt::Display, file: &Path) -> Result<T> {
        self.map_err(|source| Error::new(format!("cannot {task}")).at(file).caused_by(source))
    }
}

/// The line with one before and one after it, numbered, a caret under the column.
pub fn excerpt(text: &str, line: usize, column: Option<usize>) -> String {
    let first = line.saturating_sub(1).max(1);
    let width = (line + 1).to_string().len();
    let mut out = Vec::new();
    for (number, content) in
        text.lines().enumerate().map(|(i, l)| (i + 1, l)).skip(first - 1).take(line + 2 - first)
    {
        out.push(format!("   {number:>width$} | {content}"));
        if number == line
            && let Some(column) = column
        {
            out.push(format!("   {:>width$} | {}^", "", " ".repeat(column.saturating_sub(1))));
        }
    }
    out.join("\n")
}

/// The candidate nearest to `name`, if any is near enough to be worth suggesting.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (name.len().max(candidate.len()) / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_where_and_the_lines_around() {
        let error = Error::new("unknown column").in_text("models/a.sql", "one\ntwo\nthree\nfour", 2, Some(3));
        assert_eq!(
            error.to_string(),
            "unknown column\n  --> models/a.sql:2:3\n   1 | one\n   2 | two\n     |   ^\n   3 | three"
        );
    }

    #[test]
    fn the_kind_comes_from_the_cause_unless_it_was_said() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::new("cannot open").caused_by(missing()).hint("create it");
        assert_eq!(*error.kind(), Kind::Io(std::io::ErrorKind::NotFound));
        assert!(std::error::Error::source(&error).is_some());
        assert!(error.with_hint().to_string().ends_with("\n  hint: create it"));
        let error = Error::new("held").of_kind(Kind::InUse).caused_by(missing());
        assert_eq!(*error.kind(), Kind::InUse);
    }

    #[test]
    fn dbts_words_stand_on_a_line_of_their_own() {
        let error =
            Error::new("models need each other").in_dbts_words("Found a cycle: a --> b").hint("cut it");
        assert_eq!(
            error.with_hint().to_string(),
            "models need each other\n  in dbt's words: Found a cycle: a --> b\n  hint: cut it"
        );
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest("dim_custmer", ["dim_customer", "dim_date"]), Some("dim_customer"));
        assert_eq!(nearest("zebra", ["dim_customer", "dim_date"]), None);
    }
}
