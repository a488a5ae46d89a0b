//! Queries: SELECT, set operations, CTEs.

use super::parser::Parser;
use super::scope::Scope;
use super::sources::{
    Column, How, Influence, Influences, InputColumn, Relation, Sources, Use, influence, merge,
};
use super::tracer::{Input, Tracer};
use super::tree::{columns_star, items, names, text};
use ingot_core::error::Result;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What a query's columns are made of.
pub(crate) struct Traced {
    /// In the order of the query: how each source reaches the column.
    pub(crate) columns: Vec<TracedColumn>,
    /// Which columns decide which rows there are.
    pub(crate) influences: BTreeMap<InputColumn, BTreeSet<Influence>>,
    /// What could not be resolved, in words.
    pub(crate) problems: Vec<String>,
}

pub(crate) struct TracedColumn {
    pub(crate) sources: BTreeMap<InputColumn, Use>,
    /// Whether all of its sources are known.
    pub(crate) is_resolved: bool,
}

/// Traces a query over `inputs`. `expected` are its columns as DuckDB binds them.
///
/// # Errors
/// The SQL cannot be read.
pub(crate) fn trace(parser: &mut Parser, sql: &str, inputs: &[Input], expected: &[&str]) -> Result<Traced> {
    let tree = parser.tree(sql)?;
    let mut tracer = Tracer { inputs, problems: Vec::new() };
    let relation = tracer.query(&tree, None);
    let columns = fit(&relation, expected, &mut tracer.problems);
    Ok(Traced { columns, influences: relation.influences, problems: tracer.problems })
}

/// The columns of `inputs` that the result of a query depends on, in its values or in its rows, and whether these are all.
/// With `counts_rows`, only the number of rows is the result: then a `select *` shows columns that decide nothing.
///
/// # Errors
/// The SQL cannot be read.
pub(crate) fn reads(
    parser: &mut Parser,
    sql: &str,
    inputs: &[Input],
    counts_rows: bool,
) -> Result<(BTreeSet<InputColumn>, bool)> {
    let tree = parser.tree(sql)?;
    let mut tracer = Tracer { inputs, problems: Vec::new() };
    let relation = tracer.query(&tree, None);
    let values = relation.columns.iter().map(|column| &column.sources);
    let is_resolved = tracer.problems.is_empty()
        && relation.open.is_none()
        && values.clone().all(|sources| !sources.unknown);
    let shows_all = text(&tree, "type") == "SELECT_NODE"
        && items(&tree, "select_list").iter().all(|item| text(item, "class") == "STAR");
    let of_values = values.filter(|_| !(counts_rows && shows_all)).flat_map(|sources| sources.of.keys());
    Ok((of_values.chain(relation.influences.keys()).cloned().collect(), is_resolved))
}

/// The traced columns under the names that DuckDB gives them. Where the two do not agree, nothing is guessed.
fn fit(relation: &Relation, expected: &[&str], problems: &mut Vec<String>) -> Vec<TracedColumn> {
    let agrees = relation.open.is_none()
        && relation.columns.len() == expected.len()
        && relation.columns.iter().zip(expected).all(|(column, name)| {
            // A name that stands twice gets a number.
            column.name.is_empty() || name.to_lowercase().starts_with(&column.name.to_lowercase())
        });
    let of = |index: usize, name: &str| -> Option<&Sources> {
        if agrees {
            return relation.columns.get(index).map(|column| &column.sources);
        }
        relation.column(name).map(|column| &column.sources).or(relation.open.as_ref())
    };
    if !agrees && relation.open.is_none() {
        problems.push(format!(
            "{} columns were traced, and the query has {}",
            relation.columns.len(),
            expected.len()
        ));
    }
    expected
        .iter()
        .enumerate()
        .map(|(index, name)| match of(index, name) {
            Some(sources) => TracedColumn { sources: sources.of.clone(), is_resolved: !sources.unknown },
            None => TracedColumn { sources: BTreeMap::new(), is_resolved: false },
        })
        .collect()
}

impl Tracer<'_> {
    /// The columns of a query.
    pub(super) fn query(&mut self, tree: &Json, outer: Option<&Scope>) -> Relation {
        let mut scope = Scope { outer, ..Scope::default() };
        if let Some(outer) = outer {
            scope.ctes = outer.ctes.clone();
        }
        for entry in items(&tree["cte_map"], "map") {
            let name = text(entry, "key");
            // An ephemeral model is an input of its own.
            let is_input = name.starts_with("__dbt__cte__") && self.input(&[name.to_owned()]).is_some();
            if is_input {
                continue;
            }
            let body = match &entry["value"]["query_node"] {
                Json::Null => &entry["value"]["query"]["node"],
                node => node,
            };
            let relation = self.query(body, Some(&scope)).renamed(&names(&entry["value"], "aliases"));
            with_cte(&mut scope, name, relation);
        }
        let mut relation = match text(tree, "type") {
            "SELECT_NODE" => self.select(tree, &mut scope),
            "SET_OPERATION_NODE" => self.set_operation(tree, &scope),
            "RECURSIVE_CTE_NODE" => self.recursive(tree, &mut scope),
            "CTE_NODE" => {
                let inner = self.query(&tree["query"], Some(&scope)).renamed(&names(tree, "aliases"));
                with_cte(&mut scope, text(tree, "cte_name"), inner);
                self.query(&tree["child"], Some(&scope))
            }
            other => {
                self.problem(format!("a query of the kind {other} cannot be traced"));
                Relation { open: Some(Sources::unknown()), ..Relation::default() }
            }
        };
        self.modifiers(tree, &scope, &mut relation);
        relation
    }

    fn select(&mut self, tree: &Json, scope: &mut Scope) -> Relation {
        let mut influences = Influences::default();
        self.from(&tree["from_table"], scope, &mut influences);
        for table in &scope.tables {
            merge(&mut influences, &table.relation.influences);
        }
        let mut out = Relation::default();
        let mut keys = Sources::default();
        for item in items(tree, "select_list") {
            for column in self.select_item(item, scope, &mut out) {
                if !column.name.is_empty() {
                    scope.aliases.entry(column.name.to_lowercase()).or_insert_with(|| column.sources.clone());
                }
                if column.sources.of.values().all(|used| used.how != How::Aggregated) {
                    keys.add(&column.sources);
                }
                out.columns.push(column);
            }
        }
        for (key, kind) in [
            ("where_clause", Influence::Filters),
            ("having", Influence::Filters),
            ("qualify", Influence::Filters),
            ("group_expressions", Influence::Groups),
        ] {
            let sources = self.positions_or_expressions(&tree[key], scope, &out);
            influence(&mut influences, &sources, kind);
        }
        if text(tree, "aggregate_handling") == "FORCE_AGGREGATES" {
            influence(&mut influences, &keys, Influence::Groups);
        }
        out.influences = influences;
        out
    }

    /// Expressions of GROUP BY and ORDER BY, in which a number means a column of the result.
    fn positions_or_expressions(&mut self, tree: &Json, scope: &Scope, out: &Relation) -> Sources {
        let position = |item: &Json| -> Option<usize> {
            let literal = &item["literal"]["text"];
            literal.as_str().or_else(|| item["value"]["value"].as_str())?.parse().ok()
        };
        match tree {
            Json::Array(list) => {
                let mut sources = Sources::default();
                for item in list {
                    let column =
                        position(item).and_then(|number: usize| out.columns.get(number.checked_sub(1)?));
                    match column {
                        Some(column) => sources.add(&column.sources),
                        None => sources.add(&self.within(item, scope)),
                    }
                }
                sources
            }
            other => self.within(other, scope),
        }
    }

    /// The columns of one entry of a SELECT list: several for `*`.
    fn select_item(&mut self, item: &Json, scope: &mut Scope, out: &mut Relation) -> Vec<Column> {
        let alias = text(item, "alias");
        if text(item, "class") == "STAR" {
            let star = self.star(item, scope);
            if let Some(open) = star.open {
                out.open.get_or_insert_with(Sources::default).add(&open);
            }
            return star.columns;
        }
        if let Some(star) = columns_star(item) {
            let columns = self.star(star, scope).columns;
            let each = columns.into_iter().map(|column| {
                scope.star = Some(column.sources);
                let sources = self.expression(item, scope);
                scope.star = None;
                Column { name: if alias.is_empty() { String::new() } else { alias.to_owned() }, sources }
            });
            return each.collect();
        }
        let sources = self.expression(item, scope);
        // `unnest(x, recursive := true)` is a column for each field, whose names only the types know.
        if text(item, "function_name") == "unnest" && items(item, "arguments").len() > 1 {
            out.open.get_or_insert_with(Sources::default).add(&sources);
            return Vec::new();
        }
        let own = match text(item, "class") {
            "COLUMN_REF" => names(item, "column_names").pop().unwrap_or_default(),
            _ => String::new(),
        };
        vec![Column { name: if alias.is_empty() { own } else { alias.to_owned() }, sources }]
    }

    /// The columns that `*`, `t.*` or `COLUMNS('…')` stands for.
    pub(super) fn star(&mut self, tree: &Json, scope: &Scope) -> Relation {
        let wanted = text(tree, "relation_name");
        let mut out = Relation::default();
        let mut merged: Vec<String> = Vec::new();
        let tables =
            scope.tables.iter().filter(|table| wanted.is_empty() || table.name.eq_ignore_ascii_case(wanted));
        for table in tables {
            for column in &table.relation.columns {
                let lower = column.name.to_lowercase();
                let mut column = column.clone();
                if wanted.is_empty()
                    && let Some(sources) = scope.merged.get(&lower)
                {
                    if merged.contains(&lower) {
                        continue;
                    }
                    merged.push(lower);
                    column.sources = sources.clone();
                }
                out.columns.push(column);
            }
            if let Some(open) = &table.relation.open {
                out.open.get_or_insert_with(Sources::default).add(open);
            }
        }
        self.change_star(tree, scope, &mut out);
        out
    }

    /// EXCLUDE, REPLACE, RENAME, and the pattern of COLUMNS.
    fn change_star(&mut self, tree: &Json, scope: &Scope, out: &mut Relation) {
        let mut excluded = names(tree, "exclude_list");
        excluded
            .extend(items(tree, "qualified_exclude_list").iter().map(|one| text(one, "column").to_owned()));
        out.columns.retain(|column| !excluded.iter().any(|name| name.eq_ignore_ascii_case(&column.name)));
        for entry in items(tree, "replace_list") {
            let sources = self.expression(&entry["value"], scope);
            let name = text(entry, "key");
            for column in out.columns.iter_mut().filter(|column| column.name.eq_ignore_ascii_case(name)) {
                column.sources = sources.clone();
            }
        }
        for entry in items(tree, "rename_list") {
            let name = match &entry["key"] {
                Json::String(name) => name.as_str(),
                key => text(key, "column"),
            };
            for column in out.columns.iter_mut().filter(|column| column.name.eq_ignore_ascii_case(name)) {
                column.name = entry["value"].as_str().unwrap_or_default().to_owned();
            }
        }
        let pattern = &tree["expr"];
        if text(pattern, "class") == "CONSTANT" {
            match pattern["literal"]["text"].as_str().and_then(|text| Regex::new(text).ok()) {
                Some(pattern) => out.columns.retain(|column| pattern.is_match(&column.name)),
                None => out.open = Some(Sources::unknown()),
            }
        } else if !pattern.is_null() {
            // A lambda over the names, or a list of them: any column may be meant.
            let mut all = Sources::default();
            out.columns.drain(..).for_each(|column| all.add(&column.sources));
            out.open = Some(all);
        }
    }

    fn set_operation(&mut self, tree: &Json, scope: &Scope) -> Relation {
        let kind = text(tree, "setop_type");
        let mut sides: Vec<&Json> = items(tree, "children").iter().collect();
        sides.extend([&tree["left"], &tree["right"]].into_iter().filter(|side| !side.is_null()));
        let mut out: Option<Relation> = None;
        for side in sides {
            let next = self.query(side, Some(scope));
            let Some(all) = out.as_mut() else {
                out = Some(next);
                continue;
            };
            merge(&mut all.influences, &next.influences);
            if let Some(open) = &next.open {
                all.open.get_or_insert_with(Sources::default).add(open);
            }
            for (index, column) in next.columns.into_iter().enumerate() {
                if kind.starts_with("EXCEPT") || kind.starts_with("INTERSECT") {
                    influence(&mut all.influences, &column.sources, Influence::Filters);
                    continue;
                }
                let place = match kind.ends_with("BY_NAME") {
                    true => {
                        all.columns.iter().position(|known| known.name.eq_ignore_ascii_case(&column.name))
                    }
                    false => (index < all.columns.len()).then_some(index),
                };
                match place {
                    Some(place) => all.columns[place].sources.add(&column.sources),
                    None => all.columns.push(column),
                }
            }
        }
        let mut out = out.unwrap_or_default();
        if tree["setop_all"] != true {
            let kind = if kind.starts_with("UNION") { Influence::Groups } else { Influence::Filters };
            for column in &out.columns {
                influence(&mut out.influences, &column.sources, kind);
            }
        }
        out
    }

    /// What the CTE is made of at first, and then what of itself it adds: until nothing is new.
    fn recursive(&mut self, tree: &Json, scope: &mut Scope) -> Relation {
        let mut out = self.query(&tree["left"], Some(scope)).renamed(&names(tree, "aliases"));
        for _ in 0..3 {
            with_cte(scope, text(tree, "cte_name"), out.clone());
            let next = self.query(&tree["right"], Some(scope));
            merge(&mut out.influences, &next.influences);
            for (column, more) in out.columns.iter_mut().zip(&next.columns) {
                column.sources.add(&more.sources);
            }
        }
        out
    }

    /// DISTINCT, and an order that decides which rows are left.
    fn modifiers(&mut self, tree: &Json, scope: &Scope, relation: &mut Relation) {
        let kinds: Vec<&str> = items(tree, "modifiers").iter().map(|one| text(one, "type")).collect();
        let cuts = kinds.iter().any(|kind| *kind != "ORDER_MODIFIER");
        for modifier in items(tree, "modifiers") {
            match text(modifier, "type") {
                "DISTINCT_MODIFIER" => {
                    let targets = items(modifier, "distinct_on_targets");
                    let sources = match targets {
                        [] => {
                            let mut all = Sources::default();
                            relation.columns.iter().for_each(|column| all.add(&column.sources));
                            all
                        }
                        _ => self.positions_or_expressions(&modifier["distinct_on_targets"], scope, relation),
                    };
                    influence(&mut relation.influences, &sources, Influence::Groups);
                }
                "ORDER_MODIFIER" if cuts => {
                    let expressions: Vec<Json> =
                        items(modifier, "orders").iter().map(|order| order["expression"].clone()).collect();
                    let sources = self.positions_or_expressions(&Json::Array(expressions), scope, relation);
                    influence(&mut relation.influences, &sources, Influence::Orders);
                }
                _ => {}
            }
        }
    }
}

fn with_cte(scope: &mut Scope, name: &str, relation: Relation) {
    let mut ctes: HashMap<String, Rc<Relation>> = scope.ctes.as_ref().clone();
    ctes.insert(name.to_lowercase(), Rc::new(relation));
    scope.ctes = Rc::new(ctes);
}
