//! Ephemeral models and rows of unit tests as CTEs in front of a query.

use crate::final_semicolon::without_final_semicolon;
use serde_json::{Value as Json, json};

/// An ephemeral model, or the rows of a unit test in its place, in front of a query.
#[derive(Debug, Clone)]
pub(crate) struct Cte {
    /// The unique id of the node.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) sql: String,
}

impl Cte {
    fn written(&self) -> String {
        format!(" {} as (\n{}\n)", self.name, without_final_semicolon(&self.sql))
    }
    /// As one of the `extra_ctes` of dbt's manifest.
    pub(crate) fn to_json(&self) -> Json {
        json!({"id": self.id, "sql": self.written()})
    }
}

/// How ephemeral models took part in a node.
#[derive(Debug, Clone)]
pub(crate) struct Injected {
    /// The compiled SQL of a node that is ephemeral itself.
    pub(crate) code: Option<String>,
    /// Those that were put in front of it, the innermost first.
    pub(crate) ctes: Vec<Cte>,
}

/// Puts CTEs in front of a query, joined to a `with` that it has; with dbt's white space, to the last blank.
pub(crate) fn with_ctes(sql: &str, ctes: &[Cte]) -> String {
    if ctes.is_empty() {
        return sql.to_owned();
    }
    let written: Vec<String> = ctes.iter().map(Cte::written).collect();
    let written = written.join(", ");
    let start = after_comments(sql);
    let rest = &sql[start..];
    let word = |text: &str, word: &str| {
        text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && text[word.len()..].starts_with(|c: char| c.is_whitespace() || c == '-' || c == '/')
    };
    if !word(rest, "with") {
        // In front of the comments that a query begins with, as under dbt.
        let first = sql.len() - sql.trim_start().len();
        return format!("{}with{written} {}", &sql[..first], &sql[first..]);
    }
    let mut at = start + "with".len();
    let after = at + after_comments(&sql[at..]);
    if word(&sql[after..], "recursive") {
        at = after + "recursive".len();
    }
    let rest = sql[at..].trim_start();
    format!("{}{written}, {rest}", &sql[..sql.len() - rest.len()])
}

/// The position of the first thing that is neither white space nor a comment.
fn after_comments(sql: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &sql[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("--") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctes_join_what_is_there() {
        let [id, name, sql] = ["model.p.a", "__dbt__cte__a", "select 1"].map(str::to_owned);
        let ctes = [Cte { id, name, sql }];
        assert!(with_ctes("-- x\nselect 2", &ctes).starts_with("with __dbt__cte__a"));
        assert_eq!(with_ctes("select 2", &ctes), "with __dbt__cte__a as (\nselect 1\n) select 2");
        assert_eq!(
            with_ctes("-- with love\nWITH b as (select 1) select 2", &ctes),
            "-- with love\nWITH  __dbt__cte__a as (\nselect 1\n), b as (select 1) select 2"
        );
        assert_eq!(
            with_ctes("with recursive b as (x)", &ctes),
            "with recursive  __dbt__cte__a as (\nselect 1\n), b as (x)"
        );
        assert!(with_ctes("withdrawals", &ctes).starts_with("with __dbt__cte__a"));
    }
}
