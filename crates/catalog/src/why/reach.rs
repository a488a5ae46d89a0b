//! Which rows of tables can have to do with some rows of a model.
//!
//! A condition on a column of the model is one on the column of which it is made, as long as rows that do not meet it have
//! no part in rows that do: through copies and expressions, joins on equal columns, groups by the column, windows over
//! partitions of it. What cannot be decided so is read whole. Files are then opened once for each model, for few rows.

use super::feed_files::Wanted;
use super::filter::{Filter, Test, VALUE, columns_in, equalities, is_numbering, same};
use super::known::Known;
use super::names::{is_view, table_path};
use super::pieces::{column, has, has_star, is_star_of, is_unstable, named};
use super::row_id::replace_column;
use super::scope::{Item, Kind, Reader, Role, Scope, Tables, Visible, output_name};
use crate::lineage::{Parser, is_aggregate, items, names, text};
use ingot_core::error::Result;
use ingot_engine::name_literal;
use ingot_models::{RelationName, TypedNode};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) struct Reach<'a> {
    parser: &'a mut Parser,
    known: Known<'a, ()>,
    /// What has been looked at: CTEs, by their place, and views.
    seen: Vec<(bool, usize, Vec<Filter>)>,
    /// For each table, the conditions of every place where it is read.
    read: BTreeMap<usize, Vec<Vec<Filter>>>,
    /// Names that expressions use, in lower case, and those that are alone: of columns, or of tables for all of their columns.
    named: BTreeSet<String>,
    alone: BTreeSet<String>,
    /// Tables of which `*` takes all columns.
    starred: BTreeSet<usize>,
}

/// What a model reads of a table.
pub(super) struct Reading {
    /// SQL that all rows meet which matter; `None` if that may be any.
    pub(super) condition: Option<String>,
    /// The columns that it names; `None` for all.
    pub(super) columns: Option<BTreeSet<String>>,
    /// Of files, for each place where they are read, values that columns of all rows must have which matter.
    pub(super) wanted: Vec<Vec<Wanted>>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(
        parser: &'a mut Parser,
        nodes: &'a [TypedNode],
        by_relation: &'a HashMap<RelationName, usize>,
    ) -> Self {
        Self {
            parser,
            known: Known::new(nodes, by_relation),
            seen: Vec::new(),
            read: BTreeMap::new(),
            named: BTreeSet::new(),
            alone: BTreeSet::new(),
            starred: BTreeSet::new(),
        }
    }

    /// What a model reads for its rows that meet all conditions, each an SQL expression over [`VALUE`] for a column.
    ///
    /// # Errors
    /// Its SQL cannot be read as a tree.
    pub(super) fn of(
        mut self,
        node: usize,
        conditions: &[(String, String)],
    ) -> Result<BTreeMap<usize, Reading>> {
        let mut filters = Vec::new();
        for (column, condition) in conditions {
            let test = self.parser.tree(&format!("select {condition}"))?["select_list"][0].take();
            filters.push(Filter::new(column, Test::Holds(test)));
        }
        self.model(node, &filters)?;
        let read = std::mem::take(&mut self.read);
        let mut out = BTreeMap::new();
        for (table, places) in read {
            let columns = (!self.starred.contains(&table)).then(|| self.named.clone());
            let is_feed =
                self.known.nodes[table].source.as_ref().is_some_and(|source| source.external.is_some());
            let wanted = match is_feed {
                true => places.iter().map(|filters| self.wanted(filters)).collect::<Result<_>>()?,
                false => Vec::new(),
            };
            out.insert(table, Reading { condition: self.condition(&places)?, columns, wanted });
        }
        Ok(out)
    }

    /// The rows that one of the places where a table is read lets through.
    fn condition(&mut self, places: &[Vec<Filter>]) -> Result<Option<String>> {
        let mut either: Vec<String> = Vec::new();
        for filters in places {
            let mut all = Vec::new();
            for filter in filters {
                let Test::Holds(test) = &filter.test else { continue };
                let mut test = test.clone();
                replace_column(&mut test, VALUE, &column(&filter.column));
                all.push(format!("({})", self.parser.expression_sql(test)?));
            }
            if all.is_empty() {
                return Ok(None);
            }
            let all = all.join(" and ");
            if !either.contains(&all) {
                either.push(all);
            }
        }
        Ok((!either.is_empty()).then(|| either.join(" or ")))
    }

    /// The conditions that want a column to be one of some values.
    fn wanted(&mut self, filters: &[Filter]) -> Result<Vec<Wanted>> {
        let mut out = Vec::new();
        for filter in filters {
            let Some(values) = values_of(filter) else { continue };
            let mut row = self.parser.tree("select 1")?;
            let values = values.into_iter().enumerate();
            row["select_list"] =
                values.map(|(at, value)| named(value.clone(), &format!("value_{at}"))).collect();
            out.push(Wanted { column: filter.column.clone(), values: self.parser.sql(row)? });
        }
        Ok(out)
    }

    /// Follows a model's, or a view's, query.
    fn model(&mut self, node: usize, filters: &[Filter]) -> Result<()> {
        if let Some(sql) = &self.known.nodes[node].compiled {
            let tree = self.parser.tree(sql)?;
            self.query(&tree, filters, &Visible::default())?;
        }
        Ok(())
    }

    fn query(&mut self, tree: &Json, filters: &[Filter], visible: &Visible) -> Result<()> {
        let visible = self.define(tree, visible);
        let modifiers = items(tree, "modifiers");
        let cuts = modifiers
            .iter()
            .any(|one| text(one, "type").contains("LIMIT") || !items(one, "distinct_on_targets").is_empty());
        let filters: &[Filter] = if cuts { &[] } else { filters };
        self.parts(&tree["modifiers"], &visible)?;
        match text(tree, "type") {
            "SELECT_NODE" => self.select(tree, filters, &visible),
            "SET_OPERATION_NODE" => self.union(tree, filters, &visible),
            _ => ["left", "right", "query", "child"]
                .iter()
                .try_for_each(|key| self.parts(&tree[*key], &visible)),
        }
    }

    /// Takes in the CTEs of a query, and says what it sees.
    fn define(&mut self, tree: &Json, visible: &Visible) -> Visible {
        let entries = items(&tree["cte_map"], "map").iter();
        entries.fold(visible.clone(), |visible, entry| self.known.define(entry, &visible, ()))
    }

    /// Whatever is read in a part of a tree, without conditions.
    fn parts(&mut self, tree: &Json, visible: &Visible) -> Result<()> {
        match tree {
            Json::Array(list) => list.iter().try_for_each(|part| self.parts(part, visible)),
            Json::Object(members) => {
                let path = names(tree, "column_names");
                if let [name] = path.as_slice() {
                    self.alone.insert(name.to_lowercase());
                }
                self.named.extend(path.iter().map(|name| name.to_lowercase()));
                match text(tree, "type") {
                    kind if kind.ends_with("_NODE") => self.query(tree, &[], visible),
                    "BASE_TABLE" => self.table(tree, &[], visible),
                    _ => members.values().try_for_each(|part| self.parts(part, visible)),
                }
            }
            _ => Ok(()),
        }
    }

    fn union(&mut self, tree: &Json, filters: &[Filter], visible: &Visible) -> Result<()> {
        let mut sides: Vec<&Json> = items(tree, "children").iter().collect();
        sides.extend([&tree["left"], &tree["right"]].into_iter().filter(|side| !side.is_null()));
        let is_union = text(tree, "setop_type").starts_with("UNION");
        let by_name = text(tree, "setop_type").ends_with("BY_NAME");
        let first = sides.first().and_then(|side| self.known.of_query(side, visible));
        for side in sides {
            let own = self.known.of_query(side, visible);
            let filters: Vec<Filter> = match (is_union, by_name, &first, own) {
                (false, ..) => Vec::new(),
                // A side without the column is read without the condition.
                (true, true, _, _) => filters.to_vec(),
                (true, false, Some(first), Some(own)) => filters
                    .iter()
                    .filter_map(|filter| {
                        let at = first.iter().position(|name| name.eq_ignore_ascii_case(&filter.column))?;
                        Some(Filter::new(own.get(at)?, filter.test.clone()))
                    })
                    .collect(),
                (true, false, _, _) => Vec::new(),
            };
            self.query(side, &filters, visible)?;
        }
        Ok(())
    }

    fn select(&mut self, tree: &Json, filters: &[Filter], visible: &Visible) -> Result<()> {
        let scope = Scope::of(&tree["from_table"], visible, &self.known);
        let list = items(tree, "select_list");
        let reader = Reader { scope: &scope, list, is_aggregate: &is_aggregate };
        let select = Select::new(tree, &reader);
        let mut found: Vec<Vec<Filter>> = vec![Vec::new(); scope.items.len()];
        if !scope.is_by_order && tree["sample"].is_null() {
            for (item, filter) in filters.iter().flat_map(|filter| select.sources(filter)) {
                found[item].extend(self.meant(&scope.items[item].kind, filter));
            }
            self.spread(&tree["where_clause"], &reader, &mut found);
        }
        for key in ["select_list", "where_clause", "group_expressions", "having", "qualify"] {
            self.parts(&tree[key], visible)?;
        }
        for condition in &scope.conditions {
            self.named.extend(condition.using.iter().map(|name| name.to_lowercase()));
        }
        for item in &scope.items {
            if let Kind::Node(node) = item.kind
                && (list.iter().any(|one| takes_all(one, &item.name))
                    || self.alone.contains(&item.name.to_lowercase()))
            {
                self.starred.insert(node);
            }
        }
        let mut at = 0;
        self.from(&tree["from_table"], &found, &mut at, visible)
    }

    /// The tables of FROM, in the order of the scope.
    fn from(
        &mut self,
        tree: &Json,
        filters: &[Vec<Filter>],
        at: &mut usize,
        visible: &Visible,
    ) -> Result<()> {
        match text(tree, "type") {
            "" | "EMPTY" => Ok(()),
            "JOIN" => {
                self.from(&tree["left"], filters, at, visible)?;
                self.from(&tree["right"], filters, at, visible)?;
                self.parts(&tree["condition"], visible)
            }
            kind => {
                let is_renamed = !items(tree, "column_name_alias").is_empty();
                let own: &[Filter] =
                    if is_renamed || !tree["sample"].is_null() { &[] } else { &filters[*at] };
                *at += 1;
                match kind {
                    "BASE_TABLE" => self.table(tree, own, visible),
                    "SUBQUERY" => self.query(&tree["subquery"]["node"], own, visible),
                    _ => self.parts(tree, visible),
                }
            }
        }
    }

    fn table(&mut self, tree: &Json, filters: &[Filter], visible: &Visible) -> Result<()> {
        let path = table_path(tree);
        if let [name] = &path[..]
            && let Some(cte) = visible.get(&name.to_lowercase())
        {
            return self.cte(*cte, filters);
        }
        let Some(node) = self.known.node_of(&path) else { return Ok(()) };
        if !is_view(&self.known.nodes[node]) {
            let places = self.read.entry(node).or_default();
            if !places.iter().any(|known| known == filters) {
                places.push(filters.to_vec());
            }
            return Ok(());
        }
        if self.is_new(true, node, filters) { self.model(node, filters) } else { Ok(()) }
    }

    fn cte(&mut self, at: usize, filters: &[Filter]) -> Result<()> {
        let Some(cte) = self.known.ctes.get(at) else { return Ok(()) };
        let own = if cte.aliases.is_empty() { filters.to_vec() } else { Vec::new() };
        if !self.is_new(false, at, &own) {
            return Ok(());
        }
        let (body, visible) = (self.known.ctes[at].body.clone(), self.known.ctes[at].visible.clone());
        self.query(&body, &own, &visible)
    }

    fn is_new(&mut self, is_view: bool, at: usize, filters: &[Filter]) -> bool {
        let one = (is_view, at, filters.to_vec());
        let is_new = !self.seen.contains(&one);
        if is_new {
            self.seen.push(one);
        }
        is_new
    }

    /// A condition on a table of FROM. That a CTE's own number is one of those of some of its rows means these rows.
    fn meant(&self, kind: &Kind, filter: Filter) -> Vec<Filter> {
        match (kind, &filter.test) {
            (Kind::Cte(at), Test::Numbered { cte, filters })
                if cte == at && self.numbering(*at).as_ref() == Some(&filter.column) =>
            {
                filters.clone()
            }
            _ => vec![filter],
        }
    }

    /// The column in which a CTE numbers its rows.
    fn numbering(&self, cte: usize) -> Option<String> {
        let body = &self.known.ctes.get(cte)?.body;
        let item = items(body, "select_list").iter().find(|item| is_numbering(item))?;
        (text(body, "type") == "SELECT_NODE" && !text(item, "alias").is_empty())
            .then(|| text(item, "alias").to_lowercase())
    }

    /// Takes conditions over to columns that are equal in each joined row.
    fn spread(&self, filter: &Json, reader: &Reader, found: &mut [Vec<Filter>]) {
        let scope = reader.scope;
        // From the first of a pair to the second.
        let mut pairs: Vec<[(usize, String); 2]> = Vec::new();
        for equal in equalities(reader, filter) {
            // Rows of the side that is kept whole are there in any case.
            let (to_right, to_left) = match equal.join.as_str() {
                "INNER" => (true, true),
                "LEFT" | "SEMI" | "ANTI" => (true, false),
                "RIGHT" => (false, true),
                _ => (false, false),
            };
            if to_right {
                pairs.push([equal.left.clone(), equal.right.clone()]);
            }
            if to_left {
                pairs.push([equal.right, equal.left]);
            }
        }
        loop {
            let mut more: Vec<(usize, Filter)> = Vec::new();
            for [from, to] in &pairs {
                let known = found[from.0].iter().filter(|filter| filter.column == from.1);
                for filter in known {
                    let filter = Filter::new(&to.1, filter.test.clone());
                    more.extend(
                        self.meant(&scope.items[to.0].kind, filter).into_iter().map(|one| (to.0, one)),
                    );
                }
                if let Kind::Cte(cte) = scope.items[from.0].kind
                    && self.numbering(cte).as_ref() == Some(&from.1)
                {
                    let filters: Vec<Filter> = found[from.0]
                        .iter()
                        .filter(|one| matches!(one.test, Test::Holds(_)))
                        .cloned()
                        .collect();
                    if !filters.is_empty() {
                        let filter = Filter::new(&to.1, Test::Numbered { cte, filters });
                        more.extend(
                            self.meant(&scope.items[to.0].kind, filter).into_iter().map(|one| (to.0, one)),
                        );
                    }
                }
            }
            more.retain(|(item, filter)| !found[*item].contains(filter));
            // Equal columns only hand on what there is, so that this ends; a chain of numbers might not.
            if more.is_empty() || found.iter().map(Vec::len).sum::<usize>() > 200 {
                return;
            }
            for (item, filter) in more {
                if !found[item].contains(&filter) {
                    found[item].push(filter);
                }
            }
        }
    }
}

/// One SELECT, as far as conditions can be taken through it.
struct Select<'s> {
    reader: &'s Reader<'s>,
    /// The keys of groups; `None` if there are no groups.
    keys: Option<Vec<&'s Json>>,
    /// Whether all that is not an aggregate is a key.
    all_keys: bool,
    windows: Vec<&'s Json>,
    /// No condition goes through it.
    is_closed: bool,
}

impl<'s> Select<'s> {
    fn new(tree: &'s Json, reader: &'s Reader<'s>) -> Self {
        let list = reader.list;
        let calls_aggregate = |part: &Json| {
            has(part, &|one| {
                text(one, "class") == "FUNCTION"
                    && (reader.is_aggregate)(&text(one, "function_name").to_lowercase())
            })
        };
        let all_keys = text(tree, "aggregate_handling") == "FORCE_AGGREGATES";
        let groups = items(tree, "group_expressions");
        let is_grouped = !groups.is_empty()
            || all_keys
            || calls_aggregate(&tree["select_list"])
            || calls_aggregate(&tree["having"]);
        let keys = groups.iter().map(|key| {
            let position = text(&key["literal"], "text").parse::<usize>().ok();
            let named = names(key, "column_names");
            let alias = match named.as_slice() {
                [name] if reader.owners(&named).is_empty() => {
                    list.iter().find(|item| text(item, "alias").eq_ignore_ascii_case(name))
                }
                _ => None,
            };
            position.and_then(|number| list.get(number.checked_sub(1)?)).or(alias).unwrap_or(key)
        });
        let mut windows = Vec::new();
        for key in ["select_list", "qualify"] {
            windows_in(&tree[key], &mut windows);
        }
        // Which number a row gets does not matter: fewer rows get other ones.
        windows.retain(|window| !is_numbering(window));
        Self {
            reader,
            keys: is_grouped.then(|| keys.collect()),
            all_keys,
            windows,
            is_closed: items(tree, "group_sets").len() > 1
                || is_random(&tree["where_clause"])
                || is_random(&tree["select_list"]),
        }
    }

    /// The condition on a column of the result as one on a column of a table of FROM, or on several that are the same.
    fn sources(&self, filter: &Filter) -> Vec<(usize, Filter)> {
        if self.is_closed {
            return Vec::new();
        }
        let mut found: Vec<Json> = Vec::new();
        for item in self.reader.list {
            if text(item, "class") != "STAR" {
                if output_name(item).eq_ignore_ascii_case(&filter.column) {
                    found.push(item.clone());
                }
                continue;
            }
            if item["columns"] == true
                || !item["expr"].is_null()
                || self.reader.scope.items.iter().any(|one| one.columns.is_none())
            {
                return Vec::new();
            }
            let is_changed = ["rename_list", "replace_list"].iter().any(|list| {
                let changed = item[*list].to_string().to_lowercase();
                changed.contains(&format!("\"{}\"", filter.column))
            });
            if is_changed {
                return Vec::new();
            }
            let all = self.reader.expanded(item);
            if let Some((at, name)) = all.iter().find(|(_, name)| name.eq_ignore_ascii_case(&filter.column)) {
                let table = &self.reader.scope.items[*at].name;
                let mut path = column(name);
                if !table.is_empty() {
                    path["column_names"] = serde_json::json!([table, name]);
                }
                found.push(path);
            }
        }
        let [expression] = found.as_slice() else { return Vec::new() };
        self.through(filter, expression)
    }

    fn through(&self, filter: &Filter, expression: &Json) -> Vec<(usize, Filter)> {
        let is_plain = !has(expression, &|part| {
            matches!(
                text(part, "class"),
                "SUBQUERY" | "WINDOW" | "STAR" | "LAMBDA" | "LAMBDA_REF" | "PARAMETER"
            ) || text(part, "class") == "FUNCTION"
                && (self.reader.is_aggregate)(&text(part, "function_name").to_lowercase())
        });
        if !is_plain || is_unstable(expression) {
            return Vec::new();
        }
        let is_key = match &self.keys {
            None => true,
            Some(keys) => self.all_keys || keys.iter().any(|key| self.means_same(key, expression)),
        };
        let in_partitions = self
            .windows
            .iter()
            .all(|window| items(window, "partitions").iter().any(|part| self.means_same(part, expression)));
        if !is_key || !in_partitions {
            return Vec::new();
        }
        let mut columns = Vec::new();
        columns_in(expression, &mut columns);
        let [one] = columns.as_slice() else { return Vec::new() };
        let path = names(one, "column_names");
        let mut put = expression.clone();
        put["alias"] = "".into();
        replace_path(&mut put, one);
        let free = |item: &Item| item.outer.is_empty() && matches!(item.role, Role::Joined);
        let owners =
            self.reader.owners(&path).into_iter().filter(|(item, _)| free(&self.reader.scope.items[*item]));
        owners.filter_map(|(item, name)| Some((item, filter.through(&put, &name)?))).collect()
    }

    /// Whether two expressions are the same, or the same column of the same table.
    fn means_same(&self, a: &Json, b: &Json) -> bool {
        let owner = |one: &Json| match text(one, "class") {
            "COLUMN_REF" => self
                .reader
                .owners(&names(one, "column_names"))
                .into_iter()
                .map(|(item, name)| (item, name.to_lowercase()))
                .collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let (a_owners, b_owners) = (owner(a), owner(b));
        same(a, b) || a_owners.iter().any(|one| b_owners.contains(one))
    }
}

/// Puts [`VALUE`] in the place of a column.
fn replace_path(tree: &mut Json, path: &Json) {
    if text(tree, "class") == "COLUMN_REF" && same(tree, path) {
        let alias = tree["alias"].take();
        *tree = column(VALUE);
        tree["alias"] = alias;
        return;
    }
    match tree {
        Json::Object(members) => members.values_mut().for_each(|part| replace_path(part, path)),
        Json::Array(list) => list.iter_mut().for_each(|part| replace_path(part, path)),
        _ => {}
    }
}

/// The windows of expressions, outside of queries in them.
fn windows_in<'t>(tree: &'t Json, out: &mut Vec<&'t Json>) {
    match tree {
        Json::Object(members) => match text(tree, "class") {
            "WINDOW" => out.push(tree),
            "SUBQUERY" => {}
            _ => members.values().for_each(|part| windows_in(part, out)),
        },
        Json::Array(list) => list.iter().for_each(|part| windows_in(part, out)),
        _ => {}
    }
}

/// The values of which a condition wants the column to be one, if that is what it wants and they are written there.
fn values_of(filter: &Filter) -> Option<Vec<&Json>> {
    let Test::Holds(test) = &filter.test else { return None };
    let is_value = |tree: &Json| same(tree, &column(VALUE));
    let values = match text(test, "type") {
        "COMPARE_EQUAL" if is_value(&test["left"]) => vec![&test["right"]],
        "COMPARE_EQUAL" if is_value(&test["right"]) => vec![&test["left"]],
        "COMPARE_IN" => {
            let (first, rest) = items(test, "children").split_first()?;
            is_value(first).then(|| rest.iter().collect())?
        }
        _ => return None,
    };
    values.iter().all(|value| is_constant(value)).then_some(values)
}

/// Whether an expression is a value as it is written, or the cast of one.
fn is_constant(tree: &Json) -> bool {
    match text(tree, "class") {
        "CONSTANT" => true,
        "CAST" => is_constant(&tree["child"]),
        _ => false,
    }
}

/// Whether an entry of a SELECT list may take all columns of a table.
fn takes_all(item: &Json, table: &str) -> bool {
    let is_plain = text(item, "class") == "STAR" && item["columns"] != true && item["expr"].is_null();
    if is_plain { is_star_of(item, table) } else { has_star(item) }
}

/// Whether it is another one each time, apart from numbers of rows.
fn is_random(tree: &Json) -> bool {
    has(tree, &|part| text(part, "class") == "FUNCTION" && is_unstable(part))
}

/// SQL for a condition on [`VALUE`]: that it is in a list of literals, or NULL where that is asked for.
pub(super) fn one_of(literals: &[String], or_null: bool) -> String {
    let mut parts = Vec::new();
    match literals {
        [] => {}
        [one] => parts.push(format!("{VALUE} = {one}")),
        many => parts.push(format!("{VALUE} in ({})", many.join(", "))),
    }
    if or_null || parts.is_empty() {
        parts.push(format!("{VALUE} is null"));
    }
    parts.join(" or ")
}

/// SQL for a condition on [`VALUE`]: that a temporary table has it.
pub(super) fn one_in(table: &str, key: &str) -> String {
    let key = name_literal(key);
    format!("{VALUE} in (select {key} from {table}) or {VALUE} is null")
}
