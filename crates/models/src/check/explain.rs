//! An error of the engine or of a template as a finding: in plain words, at the line of the file as it is written.

use super::input_types::described;
use super::plan::{Plan, relation};
use super::typed_project::{CheckFinding, CheckSeverity};
use crate::build::compile::Compiled;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use ingot_core::error::{Error, nearest};
use ingot_core::sync::lock;
use ingot_engine::{SqlError, SqlErrorKind};
use ingot_jinja::WrittenPlace;
use regex::Regex;
use std::sync::LazyLock;

/// What an error of the engine says of a node.
pub(super) enum Explained {
    Finding(Box<CheckFinding>),
    /// It says nothing about the node: something is not there that may be there in a run.
    NotChecked(String),
}

/// A finding at the beginning of the node, for which there is no better place.
pub(super) fn finding(node: &Node, code: &str, message: impl Into<String>) -> CheckFinding {
    CheckFinding {
        code: code.to_owned(),
        severity: CheckSeverity::Error,
        node: node.unique_id.clone(),
        message: message.into(),
        hint: None,
        file: shown_file(node),
        line: Some(node.line),
        column: None,
    }
}

/// The file of a node relative to the project, as it is written in messages.
fn shown_file(node: &Node) -> String {
    node.original_file_path.trim_start_matches("./").replace('\\', "/")
}

/// An error that a template raised.
pub(super) fn of_template(plan: &Plan, node: &Node, error: &Error) -> CheckFinding {
    let mut out = finding(node, "template", error.message());
    out.hint = error.hint_text().map(str::to_owned);
    if let Some(place) = error.place() {
        let root = &plan.invocation.project.root.root;
        let file = place.file.strip_prefix(root).unwrap_or(&place.file);
        out.file = file.to_string_lossy().replace('\\', "/");
        // Without a line it is the node's file.
        if place.line.is_some() {
            (out.line, out.column) = (place.line, place.column);
        }
    }
    out
}

/// What the engine said of `statement`, in which the compiled SQL begins at the byte `before`.
pub(super) fn explain(
    plan: &Plan,
    index: usize,
    compiled: &Compiled,
    statement: &str,
    before: usize,
    error: &Error,
) -> Explained {
    let node = plan.node(index);
    let mut out = match explain_words(plan, index, error) {
        Explained::Finding(finding) => finding,
        not_checked => return not_checked,
    };
    let has_own_text = node.generic_test().is_none() && node.resource_type() != ResourceType::UnitTest;
    if has_own_text
        && let Some(place) =
            SqlError::of(error).and_then(|sql| written_place(compiled, statement, before, sql))
    {
        (out.line, out.column) = (Some(place.line), place.column);
    }
    Explained::Finding(out)
}

/// What the engine said, at the beginning of the node.
pub(super) fn explain_words(plan: &Plan, index: usize, error: &Error) -> Explained {
    let Some(sql) = SqlError::of(error) else {
        return Explained::NotChecked(error.message().to_owned());
    };
    if let Some(why) = says_nothing_of_the_node(plan, sql) {
        return Explained::NotChecked(why);
    }
    let words = Words::of(plan, index, sql);
    let mut out = finding(plan.node(index), words.code, words.message);
    out.hint = words.hint;
    Explained::Finding(Box::new(out))
}

/// Why the error may not arise in a run.
fn says_nothing_of_the_node(plan: &Plan, sql: &SqlError) -> Option<String> {
    let first = sql.message.lines().next().unwrap_or_default();
    match sql.kind {
        SqlErrorKind::Io => return Some(format!("it reads files that are not there: {first}")),
        SqlErrorKind::Interrupt | SqlErrorKind::OutOfMemory | SqlErrorKind::Internal => {
            return Some(format!("DuckDB cannot bind it: {first}"));
        }
        _ => {}
    }
    if sql.message.contains("extension") {
        return Some(format!("it needs an extension of DuckDB: {first}"));
    }
    let missing = sql.missing_relation.as_ref()?;
    // A name that is nearly that of a node is a mistake; any other table may be made by somebody else.
    near_relation(plan, missing)
        .is_none()
        .then(|| format!("it reads '{missing}', which no model makes and no source declares"))
}

fn near_relation(plan: &Plan, missing: &str) -> Option<String> {
    let nodes = &plan.execution.manifest.nodes;
    let names = nodes.iter().filter(|node| node.is_relational()).map(|node| node.alias.as_str());
    let bare = missing.rsplit('.').next().unwrap_or(missing).trim_matches('"');
    nearest(bare, names).map(str::to_owned)
}

/// Where the engine points at in the file of the node.
fn written_place(
    compiled: &Compiled,
    statement: &str,
    before: usize,
    sql: &SqlError,
) -> Option<WrittenPlace> {
    let text = compiled.sql.as_str();
    let at = match sql.line {
        Some(line) => offset(statement, line, sql.column.unwrap_or(1))?.checked_sub(before)?,
        None => likely_place(text, &sql.message)?,
    };
    // What is missing at the end is pointed at behind it.
    let last = text.trim_end().len().saturating_sub(1);
    let at = if at > last { last } else { at };
    let mut at = at;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    compiled.written_place(at)
}

/// The byte at which a line (from 1) and a column (in characters, from 1) begin.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line {
        0 | 1 => 0,
        _ => text.match_indices('\n').nth(line - 2)?.0 + 1,
    };
    let rest = &text[start..];
    Some(start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at))
}

/// Some messages name no place, but a word that is there.
fn likely_place(sql: &str, message: &str) -> Option<usize> {
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"["']([\w$]+)["']"#).unwrap());
    let lower = sql.to_ascii_lowercase();
    let word_at = |word: &str| {
        let word = word.to_ascii_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        lower
            .match_indices(&word)
            .map(|(at, _)| at)
            .find(|at| !lower[..*at].ends_with(is_part) && !lower[at + word.len()..].starts_with(is_part))
    };
    if message.starts_with("Set operations") {
        return ["union", "except", "intersect"].into_iter().find_map(word_at);
    }
    if message.starts_with("GROUP BY term") {
        return word_at("group by");
    }
    QUOTED.captures_iter(message).filter_map(|found| found.get(1)).find_map(|name| word_at(name.as_str()))
}

/// A finding in words.
struct Words {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// How DuckDB begins its messages about a column that is not there; the name comes first among the captured ones, the
/// table (if it names one) second.
static COLUMN: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r#"^Referenced column "?(?P<column>[^"]+?)"? (?:not found|was not found)"#,
        // The column of the same SELECT is what makes it; FROM has none.
        r#"^[Cc]olumn "(?P<column>[^"]+)" referenced that exists in the SELECT clause"#,
        // A table whose name is also a column is taken for a struct.
        r#"^Cannot extract field '(?P<column>[^']+)' from expression "(?P<table>[^"]+)""#,
        r#"^(?:Table|Values list) "(?P<table>[^"]+)" does not have a column named "(?P<column>[^"]+)""#,
        r#"^Column "(?P<column>[^"]+)" in (?:EXCLUDE|REPLACE|RENAME) list not found"#,
        r#"^Column "(?P<column>[^"]+)" does not exist on (?:left|right) side of join"#,
    ];
    #[expect(clippy::unwrap_used, reason = "constant patterns, tried by the tests")]
    patterns.iter().map(|pattern| Regex::new(pattern).unwrap()).collect()
});

static MISSING: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"^(?:(?P<sort>[\w ]+) )?(?:with name|"(?P<table>[^"]+)" not found)(?: (?P<name>\S+) does not exist)?"#;
    #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
    Regex::new(pattern).unwrap()
});

/// Beginnings of messages about types that do not go together.
const OF_TYPES: [&str; 6] = [
    "No function matches",
    "Could not choose a best candidate",
    "Cannot compare values",
    "Cannot mix values",
    "UNNEST()",
    "Unimplemented type for cast",
];

impl Words {
    fn of(plan: &Plan, index: usize, sql: &SqlError) -> Self {
        let message = sql.message.as_str();
        let name =
            |found: &regex::Captures, group: &str| found.name(group).map(|part| part.as_str().to_owned());
        if let Some(found) = COLUMN.iter().find_map(|pattern| pattern.captures(message)) {
            let column = name(&found, "column").unwrap_or_default();
            return Self::of_column(plan, index, &column, name(&found, "table").as_deref(), message);
        }
        if let Some(missing) = &sql.missing_relation {
            let near = near_relation(plan, missing);
            return Self {
                code: "unknown-table",
                message: format!("there is no table '{missing}'"),
                hint: near.map(|near| format!("did you mean {{{{ ref('{near}') }}}}?")),
            };
        }
        if let Some(found) = MISSING.captures(message) {
            let did_you_mean =
                quoted_after(message, "Did you mean ").or(quoted_after(message, "Candidate tables: "));
            let hint = did_you_mean.map(|near| format!("did you mean '{near}'?"));
            if let Some(table) = name(&found, "table") {
                let message = format!("nothing in FROM is called '{table}'");
                return Self { code: "unknown-table", message, hint };
            }
            let (sort, name) =
                (name(&found, "sort").unwrap_or_default(), name(&found, "name").unwrap_or_default());
            let code = if sort == "Type" { "unknown-type" } else { "unknown-function" };
            let sort = if sort == "Type" { "type" } else { "function" };
            return Self { code, message: format!("there is no {sort} '{name}'"), hint };
        }
        let first = message.lines().next().unwrap_or_default().trim_end_matches(['!', '.']);
        if let Some((_, call)) = first.split_once("argument types '")
            && let Some((call, _)) = call.split_once('\'')
        {
            let message = format!("no function takes these types: {call}");
            let hint = Some("cast the arguments to the types that it takes".to_owned());
            return Self { code: "type-mismatch", message, hint };
        }
        let code = match sql.kind {
            SqlErrorKind::Parser => "syntax",
            SqlErrorKind::Conversion => "type-mismatch",
            _ if OF_TYPES.iter().any(|start| first.starts_with(start)) => "type-mismatch",
            _ if first.starts_with("Ambiguous reference") => "ambiguous-name",
            _ if first.contains("must appear in the GROUP BY") => "not-grouped",
            _ => "sql",
        };
        let mut letters = first.chars();
        let lowered: String =
            letters.next().map(|letter| letter.to_lowercase().collect()).unwrap_or_default();
        let is_word =
            first.split(' ').next().is_some_and(|word| word.chars().skip(1).any(char::is_uppercase));
        let message = if is_word { first.to_owned() } else { lowered + letters.as_str() };
        Self { code, message, hint: None }
    }

    fn of_column(plan: &Plan, index: usize, column: &str, table: Option<&str>, message: &str) -> Self {
        let parents = &plan.execution.manifest.graph.parents[index];
        let of_parents = parents.iter().filter_map(|parent| plan.columns(*parent)).flatten();
        let mut known: Vec<&str> = of_parents.map(|column| column.name.as_str()).collect();
        known.extend(candidates(message));
        known.retain(|name| !name.eq_ignore_ascii_case(column));
        let hint = nearest(column, known.iter().copied()).map(|near| format!("did you mean '{near}'?"));
        let had_it = parents.iter().map(|parent| plan.node(*parent)).find(|parent| {
            let now = plan.execution.manifest.index_of(&parent.unique_id).and_then(|at| plan.columns(at));
            !has(now.unwrap_or_default().iter().map(|one| one.name.as_str()), column)
                && had_earlier(plan, parent, column)
        });
        let message = match (had_it, table) {
            (Some(parent), _) => {
                let user = &plan.node(index).name;
                format!("'{user}' uses '{column}', which '{}' no longer has", parent.name)
            }
            (None, Some(table)) => format!("'{table}' has no column '{column}'"),
            (None, None) => format!("there is no column '{column}'"),
        };
        Self { code: "unknown-column", message, hint }
    }
}

fn has<'a>(mut names: impl Iterator<Item = &'a str>, wanted: &str) -> bool {
    names.any(|name| name.eq_ignore_ascii_case(wanted))
}

/// Whether a node had a column at the last check, or has it in the warehouse.
fn had_earlier(plan: &Plan, node: &Node, column: &str) -> bool {
    if has(plan.kept.earlier_columns(&node.unique_id).iter().map(|one| one.name.as_str()), column) {
        return true;
    }
    let Some(warehouse) = &plan.warehouse else { return false };
    let there = described(lock(warehouse).as_mut(), &format!("describe {}", relation(node).render()));
    there.is_ok_and(|columns| has(columns.iter().map(|one| one.name.as_str()), column))
}

/// The names that DuckDB proposes.
fn candidates(message: &str) -> impl Iterator<Item = &str> {
    let listed = message.lines().find(|line| line.contains("Candidate bindings"));
    listed
        .into_iter()
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(|name| name.rsplit('.').next().unwrap_or(name))
}

/// The first quoted name behind some words.
fn quoted_after<'m>(message: &'m str, words: &str) -> Option<&'m str> {
    message.split_once(words)?.1.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_place_is_looked_for_by_the_word_it_names() {
        let sql = "select a\nfrom t\njoin u using (zz)\nunion\nselect 1";
        assert_eq!(likely_place(sql, "Column \"zz\" does not exist on left side of join!"), sql.find("zz"));
        assert_eq!(likely_place(sql, "Set operations can only apply to …"), sql.find("union"));
        assert_eq!(likely_place(sql, "something else"), None);
    }

    #[test]
    fn lines_and_columns_become_bytes() {
        let text = "é\nsélect x";
        assert_eq!(offset(text, 2, 8), text.find('x'));
        assert_eq!(offset(text, 1, 1), Some(0));
        assert_eq!(offset(text, 9, 1), None);
    }

    #[test]
    fn the_names_that_duckdb_proposes_are_read() {
        let message =
            "Table \"t\" does not have a column named \"qty\"\n\nCandidate bindings: : \"a\", \"t.b\"";
        assert_eq!(candidates(message).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(quoted_after("x\nDid you mean \"now\"?", "Did you mean "), Some("now"));
    }
}
