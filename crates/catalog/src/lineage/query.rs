//! Queries: SELECT, set operations, CTEs.

use super::expressions::{columns_star, items, names, text};
use super::parser::Parser;
use super::scope::{Scope, Visible};
use super::sources::{Column, How, Influence, Influences, InputColumn, Relation, Sources, influence, merge};
use ingot_core::error::Result;
use regex::Regex;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// A table that a query reads.
pub(crate) struct Input<'a> {
    pub(crate) database: &'a str,
    pub(crate) schema: &'a str,
    pub(crate) name: &'a str,
    pub(crate) columns: Vec<&'a str>,
}

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
    pub(crate) sources: BTreeMap<InputColumn, How>,
    /// Whether all of its sources are known.
    pub(crate) is_resolved: bool,
}

pub(super) struct Tracer<'a> {
    inputs: &'a [Input<'a>],
    pub(super) parser_aggregates: &'a HashSet<String>,
    problems: Vec<String>,
}

/// Traces a query over `inputs`. `expected` are its columns as DuckDB binds them.
///
/// # Errors
/// The SQL cannot be read.
pub(crate) fn trace(parser: &mut Parser, sql: &str, inputs: &[Input], expected: &[&str]) -> Result<Traced> {
    let tree = parser.tree(sql)?;
    let mut tracer = Tracer { inputs, parser_aggregates: &parser.aggregates, problems: Vec::new() };
    let relation = tracer.query(&tree, None);
    let columns = fit(&relation, expected, &mut tracer.problems);
    Ok(Traced { columns, influences: relation.influences, problems: tracer.problems })
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
        problems.push(format!("{} columns were traced, and the query has {}", relation.columns.len(), expected.len()));
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
    pub(super) fn problem(&mut self, text: String) {
        if !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }

    /// The input that a table's name means.
    pub(super) fn input(&self, path: &[String]) -> Option<Relation> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let index = self.inputs.iter().position(|input| match path {
            [name] => same(name, input.name),
            [schema, name] => same(name, input.name) && (same(schema, input.schema) || same(schema, input.database)),
            [database, schema, name] => {
                same(name, input.name) && same(schema, input.schema) && same(database, input.database)
            }
            _ => false,
        })?;
        let columns = self.inputs[index].columns.iter();
        let columns = columns.map(|name| Column { name: (*name).to_owned(), sources: Sources::column(index, name) });
        Some(Relation { columns: columns.collect(), ..Relation::default() })
    }

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
                if column.sources.of.values().all(|how| *how != How::Aggregated) {
                    keys.add(&column.sources);
                }
                out.columns.push(column);
            }
        }
        for (key, kind) in
            [("where_clause", Influence::Filters), ("having", Influence::Filters), ("qualify", Influence::Filters), ("group_expressions", Influence::Groups)]
        {
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
                    let column = position(item).and_then(|number: usize| out.columns.get(number.checked_sub(1)?));
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
        let tables = scope.tables.iter().filter(|table| wanted.is_empty() || table.name.eq_ignore_ascii_case(wanted));
        for table in tables {
            for column in &table.relation.columns {
                let lower = column.name.to_lowercase();
                let mut column = column.clone();
                if wanted.is_empty() && let Some(sources) = scope.merged.get(&lower) {
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
        excluded.extend(items(tree, "qualified_exclude_list").iter().map(|one| text(one, "column").to_owned()));
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
                    true => all.columns.iter().position(|known| known.name.eq_ignore_ascii_case(&column.name)),
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

/// A table under a name.
pub(super) fn visible(name: &str, path: Vec<String>, relation: Relation) -> Visible {
    Visible { name: name.to_owned(), path, relation }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each column as `name=sources`, and the rows as `kind column`, of a query over t(a, b, s) and u(a, c).
    fn traced(sql: &str, expected: &[&str]) -> (Vec<String>, Vec<String>) {
        let inputs = [
            Input { database: "db", schema: "main", name: "t", columns: vec!["a", "b", "s"] },
            Input { database: "db", schema: "main", name: "u", columns: vec!["a", "c"] },
        ];
        let mut parser = Parser::new().unwrap();
        let traced = trace(&mut parser, sql, &inputs, expected).unwrap();
        let label = |source: &InputColumn| format!("{}.{}", inputs[source.input].name, source.column);
        let column = |(column, name): (&TracedColumn, &&str)| {
            let sources = column.sources.iter().map(|(source, how)| {
                let sign = match how {
                    How::Copied => "",
                    How::Transformed => "~",
                    How::Aggregated => "+",
                };
                format!("{sign}{}", label(source))
            });
            let sources: Vec<String> = sources.collect();
            format!("{name}={}{}", sources.join(","), if column.is_resolved { "" } else { "?" })
        };
        let columns = traced.columns.iter().zip(expected).map(column).collect();
        let rows = traced.influences.iter().flat_map(|(source, kinds)| {
            kinds.iter().map(|kind| format!("{} {}", kind.word(), label(source))).collect::<Vec<_>>()
        });
        (columns, rows.collect())
    }

    #[track_caller]
    fn is(sql: &str, expected: &[&str]) {
        let names: Vec<&str> = expected.iter().map(|one| one.split('=').next().unwrap()).collect();
        assert_eq!(traced(sql, &names).0, expected, "{sql}");
    }

    #[test]
    fn columns_are_copied_transformed_and_aggregated() {
        is("select a, b as x, a + 1, upper(s) as s from t", &["a=t.a", "x=t.b", "(a + 1)=~t.a", "s=~t.s"]);
        is("select a, sum(b) as n, count(*) as k from t group by a", &["a=t.a", "n=+t.b", "k="]);
        is("select case when a = 1 then b end as x, 1 as one from t", &["x=~t.a,~t.b", "one="]);
        is("select sum(b) over (partition by a order by s) as w from t", &["w=~t.a,+t.b,~t.s"]);
        is("select row_number() over (order by s) as w from t", &["w=~t.s"]);
        is("select s.x.y as f, t.s.z as g, t from t", &["f=~t.s", "g=~t.s", "t=~t.a,~t.b,~t.s"]);
        is("select list_transform([b], lambda x: x + a) as l from t", &["l=~t.a,~t.b"]);
        is("select a + 1 as x, x * 2 as y from t", &["x=~t.a", "y=~t.a"]);
    }

    #[test]
    fn stars_ctes_and_subqueries_are_followed() {
        is("with x as (select *, a + b as d from t) select * exclude (s), d as e from x", &["a=t.a", "b=t.b", "d=~t.a,~t.b", "e=~t.a,~t.b"]);
        is("with t as (select a from t) select * from t", &["a=t.a"]);
        is("select * replace (b as a) rename (s as z) from db.main.t", &["a=t.b", "b=t.b", "z=t.s"]);
        is("select columns('^[ab]$') from t", &["a=t.a", "b=t.b"]);
        is("select max(columns(* exclude (s))) from t", &["max(a)=+t.a", "max(b)=+t.b"]);
        is("select (select max(c) from u where u.a = t.a) as m from t", &["m=~t.a,~u.a,+u.c"]);
        is("select x from (select b from t) as q(x)", &["x=t.b"]);
        is("select v.p, t.b from t, (values (1, 2)) as v(p, q)", &["p=", "b=t.b"]);
        is("select n.e from t, unnest([t.a, t.b]) as n(e)", &["e=~t.a,~t.b"]);
        is("with recursive r as (select a, b from t union all select r.a, c from r join u on r.a = u.a) select * from r", &["a=t.a", "b=t.b,u.c"]);
        is("from t select b", &["b=t.b"]);
        is("select m, x from t unpivot (x for m in (a, b))", &["m=", "x=~t.a,~t.b"]);
    }

    #[test]
    fn joins_and_unions_bring_columns_together() {
        is("select * from t join u using (a)", &["a=t.a", "b=t.b", "s=t.s", "c=u.c"]);
        is("select a, c from t full join u using (a)", &["a=t.a,u.a", "c=u.c"]);
        is("select a, c from t natural join u", &["a=t.a", "c=u.c"]);
        is("select a, b from t union all select c, a from u", &["a=t.a,u.c", "b=t.b,u.a"]);
        is("select b, a from t union all by name select a, c from u", &["b=t.b", "a=t.a,u.a", "c=u.c"]);
        is("select * from t semi join u using (a)", &["a=t.a", "b=t.b", "s=t.s"]);
    }

    #[test]
    fn what_decides_which_rows_there_are_is_told_apart() {
        let rows = |sql: &str, names: &[&str]| traced(sql, names).1;
        assert_eq!(rows("select a from t where b > 1", &["a"]), ["filters by t.b"]);
        assert_eq!(rows("select t.a from t join u on t.a = u.a", &["a"]), ["joins by t.a", "joins by u.a"]);
        assert_eq!(rows("select count(*) as n from t group by s", &["n"]), ["groups by t.s"]);
        assert_eq!(rows("select s, count(*) as n from t group by all", &["s", "n"]), ["groups by t.s"]);
        assert_eq!(rows("select s, count(*) as n from t group by 1", &["s", "n"]), ["groups by t.s"]);
        assert_eq!(rows("select a from t qualify row_number() over (partition by b order by s) = 1", &["a"]), ["filters by t.b", "filters by t.s"]);
        assert_eq!(rows("select a from t order by b", &["a"]), [""; 0]);
        assert_eq!(rows("select a from t order by b limit 1", &["a"]), ["orders by t.b"]);
        assert_eq!(rows("select distinct a, b from t", &["a", "b"]), ["groups by t.a", "groups by t.b"]);
        assert_eq!(rows("select a from t where a in (select a from u where c > 1)", &["a"]), ["filters by t.a", "filters by u.a", "filters by u.c"]);
        let used = "with f as (select a from t where b > 1), g as (select a from u where c > 1) select a from f";
        assert_eq!(rows(used, &["a"]), ["filters by t.b"], "a CTE that nobody reads decides nothing");
    }

    #[test]
    fn what_cannot_be_resolved_is_said_and_not_guessed() {
        is("select nosuch, a from t", &["nosuch=?", "a=t.a"]);
        is("select x from elsewhere", &["x=?"]);
        is("select a, b from t", &["a=t.a", "b=t.b", "one_more=?"]);
        let mut parser = Parser::new().unwrap();
        assert!(trace(&mut parser, "pivot t on a using sum(b)", &[], &[]).is_err());
    }
}
