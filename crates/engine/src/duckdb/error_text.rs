//! DuckDB's error messages, taken apart: what, at which line of the SQL, and what to do next.

use crate::{SqlError, SqlErrorKind};
use ingot_core::error::{Error, Kind};

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

    /// In parts, as far as the text says them.
    pub(crate) fn into_sql_error(self) -> SqlError {
        parse(&self.0)
    }

    /// As an error of the statements `sql`, with the hint that fits it. The message keeps DuckDB's `LINE n:`
    /// excerpt, which a caller may replace by the place in the file that the SQL came from ([`SqlError::of`]).
    pub(crate) fn explained(self, sql: &str) -> Error {
        let mut parts = self.into_sql_error();
        locate(&mut parts, sql);
        to_error(parts)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        to_error(failure.into_sql_error())
    }
}

fn to_error(parts: SqlError) -> Error {
    let hint = hint_for(&parts);
    let kind = if parts.kind == SqlErrorKind::Interrupt { Kind::Interrupted } else { Kind::Sql };
    let error = Error::new(&parts).of_kind(kind).caused_by(parts);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Takes DuckDB's text apart: `Kind Error: message`, a blank line, `LINE 3: sql`, a line with a caret.
fn parse(text: &str) -> SqlError {
    let text = text.trim_end();
    let (head, excerpt) = match text.find("\nLINE ") {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (kind, message) = match head.split_once(" Error: ") {
        Some((kind, message)) if !kind.is_empty() && !kind.contains('\n') => (kind, message),
        _ => ("", head),
    };
    let kind = SqlErrorKind::named(kind);
    let mut error = SqlError {
        missing_relation: missing_relation(&kind, message),
        kind,
        message: message.trim().to_string(),
        line: None,
        column: None,
        excerpt: None,
        text: text.to_string(),
    };
    if let Some(excerpt) = excerpt {
        take_excerpt(&mut error, excerpt);
    }
    error
}

/// From `Table with name x does not exist!` and what DuckDB says of schemas and databases.
fn missing_relation(kind: &SqlErrorKind, message: &str) -> Option<String> {
    let starts: &[&str] = match kind {
        SqlErrorKind::Catalog => &["Table with name ", "View with name ", "Schema with name "],
        SqlErrorKind::Binder => &["Catalog "],
        _ => return None,
    };
    let named = starts.iter().find_map(|start| message.strip_prefix(start))?;
    named.split_once(" does not exist").map(|(name, _)| name.trim_matches('"').to_string())
}

fn take_excerpt(error: &mut SqlError, excerpt: &str) {
    let mut lines = excerpt.lines();
    let Some(first) = lines.next() else { return };
    let Some((number, sql)) = first["LINE ".len().min(first.len())..].split_once(':') else { return };
    let Ok(number) = number.trim().parse::<usize>() else { return };
    error.line = Some(number);
    let shown = sql.strip_prefix(' ').unwrap_or(sql);
    error.excerpt = Some(shown.to_string());
    // The caret stands under the shown text, whose start is behind `LINE n: `.
    let start = first.chars().count() - shown.chars().count();
    let marks = lines.next().and_then(|line| line.chars().position(|c| c == '^'));
    error.column = marks.and_then(|caret| (caret + 1).checked_sub(start)).filter(|column| *column > 0);
    // What DuckDB adds behind the caret (candidates, hints) belongs to the message.
    let rest: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    if !rest.is_empty() {
        error.message = format!("{}\n{}", error.message, rest.join("\n"));
    }
}

/// Makes the column one of the whole line: DuckDB shows a part of a long line, and a statement that
/// begins within a line without what stands before it.
fn locate(error: &mut SqlError, sql: &str) {
    let (Some(line), Some(column), Some(excerpt)) = (error.line, error.column, &error.excerpt) else {
        return;
    };
    let Some(full) = line.checked_sub(1).and_then(|index| sql.lines().nth(index)) else { return };
    let place_of = |part: &str| full.find(part).map(|at| full[..at].chars().count());
    error.column = match place_of(excerpt.trim_end()) {
        Some(at) => Some(at + column),
        None => {
            let inner = excerpt.trim_start_matches("...");
            let dots = excerpt.len() - inner.len();
            place_of(inner.trim_end_matches("...")).map(|at| (at + column).saturating_sub(dots))
        }
    };
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
    if tells_of_damage(&error.text) {
        return Some(RECOVER.to_owned());
    }
    if let Some(table) = bronze_table_without_files(&error.message) {
        return Some(format!(
            "nothing of {table} is loaded yet: run `ingot load-bronze`, then see \
             `ingot bronze status` and `ingot bronze rejects --table {table}`"
        ));
    }
    if error.kind == SqlErrorKind::OutOfMemory {
        return Some("set `memory_limit` under `settings` of the profile, or run with fewer threads".into());
    }
    if error.kind == SqlErrorKind::Interrupt || error.message.starts_with("Interrupted") {
        return Some("the statement was stopped from outside; nothing of it was kept".into());
    }
    None
}

/// The table of bronze that a pattern without files names: a load makes a table of every feed, also where it has nothing to put
/// into it, so none has run yet.
fn bronze_table_without_files(message: &str) -> Option<&str> {
    let (_, pattern) = message.split_once("No files found that match the pattern \"")?;
    let inside = ["bronze/parquet/", "bronze/delta/"].iter().find_map(|side| pattern.split_once(side))?.1;
    inside.split(['/', '"']).next().filter(|name| !name.is_empty() && !name.contains(['*', '?']))
}

/// What to do about a damaged database.
pub(crate) const RECOVER: &str = "run `ingot lake recover`, which keeps this file under another name and makes the database anew from the lake";

/// Whether a text of DuckDB's says that the database file is not as it was written.
pub(crate) fn tells_of_damage(text: &str) -> bool {
    ["Corrupt database file", "does not match stored checksum", "not a valid DuckDB database file"]
        .iter()
        .any(|sign| text.contains(sign))
        // The file was cut. The same is said of files that are read, which have names of their own.
        || (text.contains("Could not read enough bytes from file") && text.contains(".duckdb"))
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
        let error = parse(
            "Binder Error: Referenced column \"b\" not found in FROM clause!\nCandidate bindings: \"a\"\n\nLINE 2:  b from (select 1 a)\n         ^",
        );
        assert_eq!(error.kind, SqlErrorKind::Binder);
        assert_eq!(error.line, Some(2));
        assert_eq!(error.column, Some(2));
        assert_eq!(error.excerpt.as_deref(), Some(" b from (select 1 a)"));
        assert!(error.message.ends_with("Candidate bindings: \"a\""));
    }

    #[test]
    fn text_that_is_not_an_error_of_duckdb_stays_whole() {
        let error = parse("something");
        assert_eq!((error.kind.name(), error.message.as_str(), error.line), ("", "something", None));
    }

    #[test]
    fn a_table_of_bronze_without_files_is_not_loaded_yet() {
        let said = |pattern: &str| {
            let text = format!("IO Error: No files found that match the pattern \"{pattern}\"");
            hint_for(&parse(&text))
        };
        for pattern in ["lake/bronze/parquet/orders/**/*.parquet", "/x/lake/bronze/delta/orders"] {
            let hint = said(pattern).unwrap();
            assert!(hint.contains("nothing of orders is loaded yet"), "{hint}");
            assert!(hint.contains("`ingot bronze rejects --table orders`"), "{hint}");
        }
        assert_eq!(said("data/none.csv"), None);
        assert_eq!(said("lake/bronze/parquet/**/*.parquet"), None, "no table is named");
    }

    #[test]
    fn names_the_missing_extension() {
        let message = "Scalar Function with name \"st_area\" is not in the catalog, but it exists in the spatial extension.";
        assert_eq!(missing_extension(message), Some("spatial"));
    }

    #[test]
    fn knows_a_missing_relation_from_other_missing_things() {
        let of = |text| parse(text).missing_relation;
        let table = "Catalog Error: Table with name gone does not exist!\nDid you mean \"gown\"?";
        assert_eq!(of(table).as_deref(), Some("gone"));
        assert_eq!(of("Binder Error: Catalog \"no\" does not exist!").as_deref(), Some("no"));
        assert_eq!(of("Catalog Error: Scalar Function with name gone does not exist!"), None);
        assert_eq!(of("Invalid Input Error: Table with name gone does not exist!"), None);
    }

    #[test]
    fn the_error_carries_its_parts_below_any_context() {
        let failure =
            Failure("Parser Error: syntax error at or near \"selec\"\n\nLINE 1: selec 1\n        ^\n".into());
        let error = failure.explained("selec 1").context("building a model");
        let parts = SqlError::of(&error).unwrap();
        assert_eq!((&parts.kind, parts.line, parts.column), (&SqlErrorKind::Parser, Some(1), Some(1)));
        // Said once, though message and cause both say it.
        assert_eq!(error.to_string().matches("syntax error").count(), 1, "{error}");
        assert!(SqlError::of(&Error::new("another")).is_none());
    }
}
