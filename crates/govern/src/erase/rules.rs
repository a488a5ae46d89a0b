//! A rule as SQL over a table that has some of its columns: which rows go, and which cells get another value.

use super::relations::{ColumnRule, ROW_COLUMNS, RelationRule};
use super::values::{DELETED_ROWS, MASKED_ROWS, TEXTS, Values};
use ingot_engine::name_literal;
use std::collections::BTreeSet;

/// What is to be done to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TableWork {
    /// Which rows go.
    pub(super) delete: Option<String>,
    /// Columns, which of their cells change, and their new value.
    pub(super) replace: Vec<(String, String, String)>,
    /// Which rows are the people's, whatever becomes of them.
    pub(super) theirs: Option<String>,
}

impl TableWork {
    /// `columns` are those of the table, with DuckDB's names of their types. Without a rule, only texts are looked for.
    pub(super) fn of(rule: Option<&RelationRule>, columns: &[(String, String)], values: &Values) -> Self {
        let none = ColumnRule::default();
        let of = |name: &str| rule.and_then(|rule| rule.columns.get(&name.to_lowercase()));
        let named: Vec<String> = columns
            .iter()
            .filter_map(|(name, kind)| values.is_in(&name_literal(name), kind, &of(name)?.names))
            .collect();
        let named = any(&named);
        let (deleted_rows, masked_rows) =
            (tracked(DELETED_ROWS, columns, values), tracked(MASKED_ROWS, columns, values));
        let deletes = rule.is_some_and(|rule| rule.deletes);
        let delete =
            any(&[if deletes { named.clone() } else { None }, deleted_rows.filter(|_| rule.is_some())]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>());
        let masked = if deletes { None } else { named.clone() };
        let theirs = any(&[named, masked_rows.clone()].into_iter().flatten().collect::<Vec<_>>());
        let texts = BTreeSet::from([TEXTS.to_owned()]);
        let mut replace = Vec::new();
        for (name, kind) in columns {
            let column = name_literal(name);
            let rule_of = of(name).unwrap_or(&none);
            let mut conditions = Vec::new();
            // What is made of keys and is the same for others, as a flag is, tells nobody from them.
            let tells = rule_of.names.iter().any(|domain| values.of(domain).is_some());
            if rule_of.is_theirs || tells {
                conditions.extend(masked.clone());
            }
            conditions.extend(values.is_in(&column, kind, &rule_of.mentions));
            if let (Some(tracked), Some(mixed)) = (&masked_rows, values.is_in(&column, kind, &rule_of.mixes))
            {
                conditions.push(format!("({tracked} and {mixed})"));
            }
            let may_have_texts = rule.is_none() || rule_of.is_theirs || !rule_of.mixes.is_empty();
            if kind.eq_ignore_ascii_case("VARCHAR") && may_have_texts {
                conditions.extend(values.is_in(&column, kind, &texts));
            }
            if let Some(condition) = any(&conditions) {
                let nobody = rule_of.nobody.clone().unwrap_or_else(|| "null".to_owned());
                let nobody = format!("cast({nobody} as {kind})");
                // What stands for nobody already does not change.
                let differs = format!("({condition} and {column} is distinct from {nobody})");
                replace.push((name.clone(), differs, nobody));
            }
        }
        Self { delete, replace, theirs }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.delete.is_none() && self.replace.is_empty()
    }

    /// Whether a row changes or goes.
    pub(super) fn touches(&self) -> Option<String> {
        let conditions: Vec<String> = self
            .delete
            .iter()
            .chain(self.replace.iter().map(|(_, condition, _)| condition))
            .cloned()
            .collect();
        any(&conditions)
    }

    /// The rows of a relation that stay, as they are to be. `extra` is a column that is left out.
    pub(super) fn query(&self, relation: &str, without: &str) -> String {
        let replaced: Vec<String> = self
            .replace
            .iter()
            .map(|(name, condition, value)| {
                let column = name_literal(name);
                format!("case when coalesce({condition}, false) then {value} else {column} end as {column}")
            })
            .collect();
        let replaced =
            if replaced.is_empty() { String::new() } else { format!(" replace ({})", replaced.join(", ")) };
        let stays = match &self.delete {
            Some(delete) => format!(" where not coalesce({delete}, false)"),
            None => String::new(),
        };
        format!("select * exclude ({}){replaced} from {relation}{stays}", name_literal(without))
    }
}

/// What is done to rows of which some go.
pub(super) fn action(rows: u64, gone: u64) -> &'static str {
    match gone {
        0 => "masked",
        gone if gone == rows => "deleted",
        _ => "deleted and masked",
    }
}

fn any(conditions: &[String]) -> Option<String> {
    match conditions {
        [] => None,
        conditions => Some(format!("({})", conditions.join(" or "))),
    }
}

/// The condition that a row keeps track of one of these rows of bronze, if the table has the columns for it.
fn tracked(table: &str, columns: &[(String, String)], values: &Values) -> Option<String> {
    let named = |wanted: &str| columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let [file, number, at] = ROW_COLUMNS.map(named);
    let (file, number, at) = (file?, number?, at?);
    if !at.1.to_uppercase().starts_with("TIMESTAMP") {
        return None;
    }
    let number = format!("cast({} as bigint)", name_literal(&number.0));
    Some(
        values
            .is_row(table, [&name_literal(&file.0), &number, &format!("epoch_us({})", name_literal(&at.0))]),
    )
}
