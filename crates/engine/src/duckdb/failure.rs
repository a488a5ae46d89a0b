//! DuckDB's error messages, taken apart and turned into ours: what, at which line of the SQL, and what next.

use ingot_core::error::{Error, Kind};
use std::fmt;

/// DuckDB's own text for what failed, as it came.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// The same failure in a text that has `lines` more lines in front.
    pub(crate) fn moved_down(self, lines: usize) -> Self {
        let moved = || {
            let (head, tail) = self.0.split_once("\nLINE ")?;
            let (number, rest) = tail.split_once(':')?;
            let number = number.parse::<usize>().ok()? + lines;
            Some(format!("{head}\nLINE {number}:{rest}"))
        };
        match moved().filter(|_| lines > 0) {
            Some(text) => Self(text),
            None => self,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        to_error(&failure.0)
    }
}

/// An error of the engine, in parts; [`SqlError::of`] finds it in an [`Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// `Binder`, `Catalog`, `Parser`, `Conversion`, …; empty where DuckDB names none.
    pub kind: String,
    /// The message without its kind and without the excerpt.
    pub message: String,
    /// Line of the SQL that was run, 1-based.
    pub line: Option<usize>,
    /// Column in that line, 1-based, in characters.
    pub column: Option<usize>,
    /// That line as DuckDB shows it (it shortens long ones), without the caret.
    pub excerpt: Option<String>,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{} Error: {}", self.kind, self.message)
        }
    }
}

impl std::error::Error for SqlError {}

impl SqlError {
    /// The parts of an error that a session returned for `sql`; `None` for an error that is not of the engine.
    /// Context put in front of the message does not hide them.
    pub fn of(error: &Error, sql: &str) -> Option<Self> {
        let mut parts = Self::parse(error.message());
        if let Some((_, kind)) = parts.kind.rsplit_once(": ") {
            parts.kind = kind.to_string();
        }
        parts.locate(sql);
        (!parts.kind.is_empty()).then_some(parts)
    }

    /// Takes DuckDB's text apart: `Kind Error: message`, a blank line, `LINE 3: sql`, a line with a caret.
    pub fn parse(text: &str) -> Self {
        let (head, excerpt) = match text.find("\nLINE ") {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let (kind, message) = match head.split_once(" Error: ") {
            Some((kind, message)) if !kind.is_empty() && !kind.contains('\n') => (kind.to_string(), message),
            _ => (String::new(), head),
        };
        let mut error =
            Self { kind, message: message.trim().to_string(), line: None, column: None, excerpt: None };
        if let Some(excerpt) = excerpt {
            error.take_excerpt(excerpt);
        }
        error
    }

    fn take_excerpt(&mut self, excerpt: &str) {
        let mut lines = excerpt.lines();
        let Some(first) = lines.next() else { return };
        let Some((number, sql)) = first["LINE ".len().min(first.len())..].split_once(':') else { return };
        let Ok(number) = number.trim().parse::<usize>() else { return };
        self.line = Some(number);
        let shown = sql.strip_prefix(' ').unwrap_or(sql);
        self.excerpt = Some(shown.to_string());
        // The caret stands under the shown text, whose start is behind `LINE n: `.
        let start = first.chars().count() - shown.chars().count();
        let marks = lines.next().and_then(|line| line.chars().position(|c| c == '^'));
        self.column = marks.and_then(|caret| (caret + 1).checked_sub(start)).filter(|column| *column > 0);
        // What DuckDB adds behind the caret (candidates, hints) belongs to the message.
        let rest: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
        if !rest.is_empty() {
            self.message = format!("{}\n{}", self.message, rest.join("\n"));
        }
    }

    /// Makes the column one of the whole line: DuckDB shows a part of a long line, and a statement that
    /// begins within a line without what stands before it.
    fn locate(&mut self, sql: &str) {
        let (Some(line), Some(column), Some(excerpt)) = (self.line, self.column, &self.excerpt) else {
            return;
        };
        let Some(full) = line.checked_sub(1).and_then(|index| sql.lines().nth(index)) else { return };
        let place_of = |part: &str| full.find(part).map(|at| full[..at].chars().count());
        self.column = match place_of(excerpt.trim_end()) {
            Some(at) => Some(at + column),
            None => {
                let inner = excerpt.trim_start_matches("...");
                let dots = excerpt.len() - inner.len();
                place_of(inner.trim_end_matches("...")).map(|at| (at + column).saturating_sub(dots))
            }
        };
    }
}

/// DuckDB's text as an error, with the hint that fits it. The text keeps its `LINE n:` excerpt, which the
/// caller may replace by the place in the file that the SQL came from ([`SqlError::of`]).
pub(crate) fn to_error(text: &str) -> Error {
    let out = Error::new(text.trim_end()).of_kind(Kind::Sql);
    match hint_for(&SqlError::parse(text)) {
        Some(hint) => out.hint(hint),
        None => out,
    }
}

fn hint_for(error: &SqlError) -> Option<String> {
    // Functions that only icu has over times with a zone are simply not found.
    let over_zones = error.message.starts_with("No function matches")
        && error.message.lines().next().is_some_and(|line| line.contains("TIMESTAMP WITH TIME ZONE"));
    let extension = if over_zones { Some("icu") } else { missing_extension(&error.message) };
    if let Some(extension) = extension {
        return Some(if extension == "icu" {
            "DuckDB's icu extension is not part of this program, which has the common time zone functions built in; \
             docs/reference/duckdb-without-icu.md lists what is there and what to write instead"
                .to_string()
        } else {
            format!(
                "name the extension in the profile (`extensions: [{extension}]`), so that it is installed and loaded; \
                 this needs the network once"
            )
        });
    }
    if error.kind == "Out of Memory" {
        return Some("set `memory_limit` under `settings` of the profile, or run with fewer threads".into());
    }
    if error.kind == "INTERRUPT" || error.message.starts_with("Interrupted") {
        return Some("the statement was stopped from outside; nothing of it was kept".into());
    }
    None
}

/// The extension that DuckDB says it would need: `… in the icu extension`, `Extension "x.duckdb_extension" not found`.
fn missing_extension(message: &str) -> Option<&str> {
    let named = |before: &str, after: &str| -> Option<&str> {
        let start = message.find(before)? + before.len();
        let end = start + message[start..].find(after)?;
        let name = &message[start..end];
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain.then_some(name)
    };
    // `Extension "icu" is an existing extension.`, behind a path that is quoted too.
    if let Some((before, _)) = message.split_once("\" is an existing extension") {
        return before.rsplit('"').next();
    }
    named("exists in the ", " extension")
        .or_else(|| named("in the \"", "\" extension"))
        .or_else(|| named("requires the extension ", " to be loaded"))
        .or_else(|| named("the ", " extension needs to be loaded"))
        .or_else(|| named("install and load the ", " extension"))
        .or_else(|| named("LOAD ", ";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_message_apart() {
        let error = SqlError::parse(
            "Binder Error: Referenced column \"b\" not found in FROM clause!\nCandidate bindings: \"a\"\n\nLINE 2:  b from (select 1 a)\n         ^",
        );
        assert_eq!(error.kind, "Binder");
        assert_eq!(error.line, Some(2));
        assert_eq!(error.column, Some(2));
        assert_eq!(error.excerpt.as_deref(), Some(" b from (select 1 a)"));
        assert!(error.message.ends_with("Candidate bindings: \"a\""));
    }

    #[test]
    fn text_that_is_no_error_of_duckdb_stays_whole() {
        let error = SqlError::parse("something");
        assert_eq!((error.kind.as_str(), error.message.as_str(), error.line), ("", "something", None));
    }

    #[test]
    fn names_the_missing_extension() {
        let message = "Scalar Function with name \"st_area\" is not in the catalog, but it exists in the spatial extension.";
        assert_eq!(missing_extension(message), Some("spatial"));
    }
}
