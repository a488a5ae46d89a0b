//! What a server says of a statement, taken apart: what, at which line of the SQL, and what to do next.

use crate::{SqlError, SqlErrorKind};
use ingot_core::error::{Error, Kind};
use ingot_spark::{Failure, StatementFailure};

/// Conditions of Spark that mean that a relation, or its schema, is not there.
const MISSING: [&str; 3] = ["TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "VIEW_NOT_FOUND"];
/// The words with which Sail says the same, or says it of what has no condition.
const MISSING_WORDS: [&str; 5] = [
    "[TABLE_OR_VIEW_NOT_FOUND]",
    "[SCHEMA_NOT_FOUND]",
    "Table or view not found",
    "Table not found: ",
    "Database not found: ",
];

/// The error of a statement that has `lines_before` lines before it in the text that was run.
pub(super) fn to_error(failure: Failure, address: &str, statement: &str, lines_before: usize) -> Error {
    let at_server = |what: &str| Error::new(format!("Spark at {address}: {what}"));
    match failure {
        Failure::Statement(failure) => of_statement(failure, statement, lines_before),
        Failure::Interrupted => {
            let message = "the statement was stopped".to_owned();
            let parts = SqlError {
                kind: SqlErrorKind::Interrupt,
                text: message.clone(),
                message,
                line: None,
                column: None,
                excerpt: None,
                missing_relation: None,
            };
            Error::new(&parts)
                .of_kind(Kind::Interrupted)
                .caused_by(parts)
                .hint("the server was asked to stop it; look at its table, which may have been written")
        }
        Failure::Denied(why) => at_server(&format!("access is denied ({why})"))
            .hint("check `token` in the `url` of the profile, or in the profile itself"),
        Failure::Unreachable(why) => at_server(&format!("the server cannot be reached ({why})"))
            .of_kind(Kind::Io(std::io::ErrorKind::NotConnected))
            .hint("start a Spark Connect server there, or correct `url` in the profile"),
        Failure::Lost(why) => at_server(&format!("the connection was lost under a statement ({why})"))
            .of_kind(Kind::Io(std::io::ErrorKind::ConnectionAborted))
            .hint("it is not known whether the statement has run: look at its table before running it again"),
        Failure::Protocol(what) => {
            at_server(&what).hint("check that a Spark Connect server, 3.4 or later, listens there")
        }
    }
}

fn of_statement(failure: StatementFailure, statement: &str, lines_before: usize) -> Error {
    let text = failure.message.trim_end().to_owned();
    // Spark shows the statement again, with a caret; the caller shows it with its lines.
    let message = ["\n\n== SQL", "\n== SQL"]
        .iter()
        .filter_map(|sign| text.find(sign))
        .min()
        .map_or(text.as_str(), |at| &text[..at])
        .trim_end_matches(';')
        .to_owned();
    let place = place(&text).or_else(|| sails_place(&text, statement));
    let excerpt = place.and_then(|(line, _)| statement.lines().nth(line - 1).map(str::to_owned));
    let parts = SqlError {
        kind: SqlErrorKind::Other(String::new()),
        missing_relation: missing_relation(&failure),
        message,
        line: place.map(|(line, _)| line + lines_before),
        column: place.map(|(_, column)| column),
        excerpt,
        text,
    };
    Error::new(&parts).of_kind(Kind::Sql).caused_by(parts)
}

/// The name of a relation that is not there, or of its schema, as the message has it.
fn missing_relation(failure: &StatementFailure) -> Option<String> {
    let by_condition = failure.condition.as_deref().is_some_and(|condition| MISSING.contains(&condition));
    if !by_condition && !MISSING_WORDS.iter().any(|words| failure.message.contains(words)) {
        return None;
    }
    // In backticks under Spark; at the end of the line under Sail.
    let first_line = failure.message.lines().next().unwrap_or_default();
    let quoted = first_line.find('`').and_then(|start| {
        let rest = &first_line[start..];
        rest.split_whitespace().next().map(|name| name.trim_end_matches(['.', ',']).replace('`', ""))
    });
    let last = || first_line.rsplit(' ').next().unwrap_or_default().to_owned();
    Some(quoted.unwrap_or_else(last))
}

/// Line and column, both 1-based: from `(line 1, pos 7)`, which counts columns from 0, or from
/// `== SQL (line 2, position 3) ==`, which counts them from 1.
fn place(text: &str) -> Option<(usize, usize)> {
    let mut rest = text;
    while let Some(at) = rest.find("line ") {
        rest = &rest[at + "line ".len()..];
        let Some((line, after)) = number(rest) else { continue };
        let after = after.trim_start_matches(',').trim_start();
        let found = match after.strip_prefix("position ") {
            Some(column) => number(column).map(|(column, _)| column),
            None => after.strip_prefix("pos ").and_then(number).map(|(column, _)| column + 1),
        };
        if let Some(column) = found
            && line > 0
        {
            return Some((line, column));
        }
    }
    None
}

/// Sail's place of a mistake in the grammar: `found x at 9:13 expected`, in characters from the start of the statement.
fn sails_place(text: &str, statement: &str) -> Option<(usize, usize)> {
    let (before, _) = text.split_once(" expected ")?;
    let (start, _) = before.rsplit_once(" at ")?.1.split_once(':')?;
    let start: usize = start.parse().ok()?;
    let read: String = statement.chars().take(start).collect();
    let column = read.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some((read.matches('\n').count() + 1, column))
}

/// The number at the start of a text, and what follows it; `None` if there is none.
fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(message: &str, condition: Option<&str>, statement: &str) -> SqlError {
        let failure = StatementFailure {
            message: message.to_owned(),
            condition: condition.map(str::to_owned),
            ..StatementFailure::default()
        };
        let error = to_error(Failure::Statement(failure), "sc://h:1", statement, 3);
        assert_eq!(error.kind(), &Kind::Sql);
        SqlError::of(&error).unwrap().clone()
    }

    #[test]
    fn a_mistake_is_shown_at_its_line() {
        let sparks = "[PARSE_SYNTAX_ERROR] Syntax error at or near 'selec'. SQLSTATE: 42601 (line 2, pos 1)\n\n== SQL ==\n\n selec 1\n-^^^";
        let error = parts(sparks, Some("PARSE_SYNTAX_ERROR"), "\n selec 1");
        assert_eq!(
            (error.line, error.column, error.excerpt.as_deref()),
            (Some(5), Some(2), Some(" selec 1"))
        );
        assert!(error.message.ends_with("(line 2, pos 1)"), "{}", error.message);
        let context =
            "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012\n== SQL (line 1, position 8) ==\nselect 1/0";
        let error = parts(context, Some("DIVIDE_BY_ZERO"), "select 1/0");
        assert_eq!((error.line, error.column), (Some(4), Some(8)));
        let sails = "invalid argument: found selec at 1:6 expected 'SELECT', or query";
        let error = parts(sails, None, "\nselec 1");
        assert_eq!((error.line, error.column), (Some(5), Some(1)));
    }

    #[test]
    fn a_relation_that_is_not_there_is_known() {
        let sparks =
            "[TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b` cannot be found. Verify the spelling.";
        let error = parts(sparks, Some("TABLE_OR_VIEW_NOT_FOUND"), "select 1");
        assert_eq!(error.missing_relation.as_deref(), Some("a.b"));
        let error = parts("Database not found: nowhere", None, "show tables in nowhere");
        assert_eq!(error.missing_relation.as_deref(), Some("nowhere"));
        assert_eq!(parts("[DIVIDE_BY_ZERO] no", Some("DIVIDE_BY_ZERO"), "").missing_relation, None);
    }

    #[test]
    fn what_is_not_a_mistake_of_the_statement_says_what_to_do() {
        let hint = |failure| to_error(failure, "sc://h:1", "", 0).hint_text().unwrap_or_default().to_owned();
        assert!(hint(Failure::Denied("no".to_owned())).contains("token"));
        assert!(hint(Failure::Unreachable("no".to_owned())).contains("url"));
        assert!(hint(Failure::Lost("no".to_owned())).contains("not known"));
        let stopped = to_error(Failure::Interrupted, "sc://h:1", "", 0);
        assert_eq!(stopped.kind(), &Kind::Interrupted);
    }
}
