//! A model's query, changed so that each of its rows lists the rows of tables that it is made of.
//!
//! Each table in FROM gets a column with a list of one number, which names the row. A join puts the lists of its tables
//! one behind the other, a group those of its rows, a window those of the rows that it looks at. Tables that do not
//! matter for the columns that are asked for are left as they are: those on the empty side of an outer join of which
//! no column is used. The query is changed in the tree of DuckDB's own parser.

use super::names::{columns_of, node_of, table_path};
use super::pieces::{
    Frame, call, column, derived, has, is_unstable, list_over, named, table, without_columns,
};
use super::row_id::{
    ANY_OF, ROWS, extreme, files_condition, first_of, joined, of_files, of_group, of_table, replace_column,
};
use super::scope::{Item, Kind, Need, Reader, Role, Scope, Tables, Used, Visible};
use crate::lineage::{Parser, items, names, text};
use ingot_core::error::{Error, Result};
use ingot_engine::name_literal;
use ingot_models::{RelationName, TypedNode};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A model's query with the list of rows.
pub(super) struct Annotated {
    /// The query's columns, and [`ROWS`].
    pub(super) sql: String,
    /// The tables whose rows the numbers name, by their tag: a node, and the views through which it is read.
    pub(super) inputs: Vec<InputTable>,
    /// The columns of tables and views that matter, by node.
    pub(super) needs: BTreeMap<usize, Need>,
    /// What is not followed.
    pub(super) notes: BTreeSet<String>,
    /// Whether each row is made of one row of each table, so that it is the same if other rows are not there.
    pub(super) row_by_row: bool,
}

/// A table with rows of its own, as a model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InputTable {
    pub(super) node: usize,
    /// The views between the model and the table, from the model on.
    pub(super) through: Vec<usize>,
}

struct Cte {
    name: String,
    body: Json,
    materialized: Json,
    aliases: Vec<String>,
    columns: Option<Vec<String>>,
    visible: Visible,
    /// Whether it gives other rows each time, so that it may be computed only once.
    unstable: bool,
    versions: Vec<Version>,
}

/// A CTE with the list of rows.
struct Version {
    need: Need,
    name: String,
    body: Json,
    keeps_out: bool,
}

/// A query with the list of rows, as a tree.
struct Query {
    tree: Json,
    /// Whether rows were kept out of it by rows that are not named.
    keeps_out: bool,
}

pub(super) struct Annotator<'a> {
    parser: &'a mut Parser,
    nodes: &'a [TypedNode],
    by_relation: &'a HashMap<RelationName, usize>,
    ctes: Vec<Cte>,
    /// The SQL of tables that the tree names by a number.
    texts: Vec<String>,
    counter: usize,
    through: Vec<usize>,
    /// The only rows of tables that are read, by node; all where there is none.
    only: BTreeMap<usize, Vec<String>>,
    result: Annotated,
}

impl<'a> Annotator<'a> {
    pub(super) fn new(
        parser: &'a mut Parser,
        nodes: &'a [TypedNode],
        by_relation: &'a HashMap<RelationName, usize>,
    ) -> Self {
        let result = Annotated {
            sql: String::new(),
            inputs: Vec::new(),
            needs: BTreeMap::new(),
            notes: BTreeSet::new(),
            row_by_row: true,
        };
        Self {
            parser,
            nodes,
            by_relation,
            ctes: Vec::new(),
            texts: Vec::new(),
            counter: 0,
            through: Vec::new(),
            only: BTreeMap::new(),
            result,
        }
    }

    /// Lets the query read these rows only.
    pub(super) fn reading_only(mut self, rows: &BTreeMap<usize, Vec<String>>) -> Self {
        self.only.clone_from(rows);
        self
    }

    /// The query of a node with the list of rows, for the columns in `need`.
    ///
    /// # Errors
    /// The node was not compiled, or its SQL cannot be read as a tree.
    pub(super) fn annotate(mut self, node: usize, need: &Need) -> Result<Annotated> {
        let sql = self.model(node, need)?;
        self.result.sql = self.with_texts(&sql);
        Ok(self.result)
    }

    fn model(&mut self, node: usize, need: &Need) -> Result<String> {
        let Some(sql) = &self.nodes[node].compiled else {
            return Err(Error::new("it was not compiled"));
        };
        let tree = self.parser.tree(sql)?;
        let query = self.query(&tree, need, &Visible::default())?;
        self.parser.sql(query.tree)
    }

    /// Puts the SQL of tables in the place of their numbers.
    fn with_texts(&self, sql: &str) -> String {
        const MARK: &str = "__why_table_";
        let mut out = String::with_capacity(sql.len() * 2);
        let mut rest = sql;
        while let Some(at) = rest.find(MARK) {
            out.push_str(&rest[..at]);
            let after = &rest[at + MARK.len()..];
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let text = after[..digits].parse::<usize>().ok().and_then(|number| self.texts.get(number));
            out.push_str(&self.with_texts(text.map(String::as_str).unwrap_or_default()));
            rest = &after[digits..];
        }
        out.push_str(rest);
        out
    }

    fn note(&mut self, text: impl Into<String>) {
        self.result.notes.insert(text.into());
    }

    /// A table in FROM whose SQL is `sql`.
    fn text_table(&mut self, sql: String, alias: &str, of: &Json) -> Json {
        self.texts.push(sql);
        table(&format!("__why_table_{}", self.texts.len() - 1), alias, of)
    }

    fn next(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    fn query(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let modifiers: Vec<&str> = items(tree, "modifiers").iter().map(|one| text(one, "type")).collect();
        let is_distinct = modifiers.contains(&"DISTINCT_MODIFIER");
        // Equal rows are one, so that each column decides what a row is.
        let need = if is_distinct { &None } else { need };
        let (first, visible) = self.define(tree, visible)?;
        let mut query = match text(tree, "type") {
            "SELECT_NODE" => self.select(tree, need, &visible)?,
            "SET_OPERATION_NODE" if text(tree, "setop_type").starts_with("UNION") => {
                self.union(tree, need, &visible)?
            }
            other => {
                let what = match other {
                    "RECURSIVE_CTE_NODE" => "a recursive query".to_owned(),
                    "SET_OPERATION_NODE" => format!("the rows of {}", text(tree, "setop_type")),
                    other => format!("a query of the kind {other}"),
                };
                self.note(format!("{what} cannot be followed to the rows that it read"));
                let mut body = tree.clone();
                self.plain(&mut body);
                return self.with_ctes(first, Query { tree: self.opaque(body)?, keeps_out: false });
            }
        };
        self.modify(tree, &modifiers, &mut query)?;
        self.with_ctes(first, query)
    }

    /// ORDER BY alone changes no row. DISTINCT makes one row of equal ones, each of which would do.
    fn modify(&mut self, tree: &Json, modifiers: &[&str], query: &mut Query) -> Result<()> {
        let cuts = modifiers.iter().any(|kind| kind.contains("LIMIT"));
        let on = items(tree, "modifiers").iter().find(|one| text(one, "type") == "DISTINCT_MODIFIER");
        let is_on = on.is_some_and(|one| !items(one, "distinct_on_targets").is_empty());
        if cuts {
            self.note("LIMIT cuts rows off: those before a row are not named");
        }
        if is_on {
            self.note("DISTINCT ON keeps one row of several: those that it drops are not named");
        }
        let keep = |kind: &str| cuts || is_on || kind != "ORDER_MODIFIER";
        let kept: Vec<Json> = items(tree, "modifiers")
            .iter()
            .filter(|one| keep(text(one, "type")) && (is_on || text(one, "type") != "DISTINCT_MODIFIER"))
            .cloned()
            .collect();
        query.tree["modifiers"] = Json::Array(kept);
        if on.is_some() && !is_on {
            query.tree = self.once(query.tree.take())?;
        }
        Ok(())
    }

    /// Equal rows of a query as one.
    fn once(&mut self, tree: Json) -> Result<Json> {
        self.result.row_by_row = false;
        let any = format!("list_transform(flatten(list({ROWS})), lambda row_id: row_id | {ANY_OF})");
        let sql = format!("select * exclude ({ROWS}), {any} as {ROWS} from one_row as why_rows group by all");
        let mut wrapper = self.parser.tree(&sql)?;
        wrapper["from_table"] = derived(tree, "why_rows", &Json::Null);
        Ok(wrapper)
    }

    /// A query whose rows are not followed.
    fn opaque(&mut self, tree: Json) -> Result<Json> {
        self.result.row_by_row = false;
        let sql = format!("select *, cast([] as hugeint[]) as {ROWS} from one_row as why_rows");
        let mut wrapper = self.parser.tree(&sql)?;
        wrapper["from_table"] = derived(tree, "why_rows", &Json::Null);
        Ok(wrapper)
    }

    /// Takes in the CTEs of a query. Returns the place of the first, and what the query sees.
    fn define(&mut self, tree: &Json, visible: &Visible) -> Result<(usize, Visible)> {
        let first = self.ctes.len();
        let mut visible = visible.clone();
        for entry in items(&tree["cte_map"], "map") {
            let name = text(entry, "key");
            let body = match &entry["value"]["query_node"] {
                Json::Null => &entry["value"]["query"]["node"],
                node => node,
            };
            let mut seen = visible.clone();
            if text(body, "type") == "RECURSIVE_CTE_NODE" {
                // It sees itself, and is not followed.
                let mut with_own = visible.as_ref().clone();
                with_own.insert(name.to_lowercase(), self.ctes.len());
                seen = Visible::new(with_own);
            }
            let aliases = names(&entry["value"], "aliases");
            let columns = self.of_query(body, &seen).map(|mut columns| {
                for (column, alias) in columns.iter_mut().zip(&aliases) {
                    column.clone_from(alias);
                }
                columns
            });
            let unstable = is_unstable(body);
            let materialized = match (unstable, text(&entry["value"], "materialized")) {
                (true, _) => "CTE_MATERIALIZE_ALWAYS",
                // So that a filter on what it gives reaches what it reads.
                (false, _) => "CTE_MATERIALIZE_NEVER",
            };
            self.ctes.push(Cte {
                name: name.to_owned(),
                body: body.clone(),
                materialized: materialized.into(),
                aliases,
                columns,
                visible: seen,
                unstable,
                versions: Vec::new(),
            });
            let mut next = visible.as_ref().clone();
            next.insert(name.to_lowercase(), self.ctes.len() - 1);
            visible = Visible::new(next);
        }
        Ok((first, visible))
    }

    /// Puts the CTEs from `first` on before a query: as they are, and with the lists of rows as far as they were asked for.
    fn with_ctes(&mut self, first: usize, mut query: Query) -> Result<Query> {
        let mut map = Vec::new();
        let ctes: Vec<Cte> = self.ctes.drain(first..).collect();
        for cte in ctes {
            let entry = |name: &str, body: Json, aliases: &[String]| {
                json!({"key": name, "value": {
                    "aliases": aliases, "query_node": body, "materialized": cte.materialized, "key_targets": [],
                }})
            };
            // Aliases may be of the first columns only; the list of rows is the last column.
            let is_full = cte.columns.as_ref().is_some_and(|columns| columns.len() == cte.aliases.len());
            let mut aliases = cte.aliases.clone();
            if is_full && !aliases.is_empty() {
                aliases.push(ROWS.to_owned());
            }
            let only = cte.versions.first().filter(|_| cte.unstable).map(|version| version.name.clone());
            for version in &cte.versions {
                map.push(entry(&version.name, version.body.clone(), &aliases));
            }
            let body = match only {
                // Both must have the same rows.
                Some(name) => self.parser.tree(&format!("select * exclude ({ROWS}) from {name}"))?,
                None => {
                    let mut body = cte.body.clone();
                    self.plain(&mut body);
                    body
                }
            };
            map.push(entry(&cte.name, body, &cte.aliases));
        }
        query.tree["cte_map"] = json!({ "map": map });
        Ok(query)
    }

    /// The name of a CTE with the list of rows.
    fn version(&mut self, at: usize, need: &Need) -> Result<(String, bool)> {
        let need = if self.ctes[at].unstable { &None } else { need };
        let known = self.ctes[at].versions.iter().find(|version| version.need == *need);
        if let Some(known) = known {
            return Ok((known.name.clone(), known.keeps_out));
        }
        let (body, visible) = (self.ctes[at].body.clone(), self.ctes[at].visible.clone());
        let inner = match (need, self.ctes[at].aliases.is_empty()) {
            (Some(names), false) => {
                let own = self.of_query(&body, &visible).unwrap_or_default();
                let aliases = &self.ctes[at].aliases;
                let renamed = |index: usize, name: &String| aliases.get(index).unwrap_or(name).to_lowercase();
                Some(
                    own.iter()
                        .enumerate()
                        .filter(|(index, name)| names.contains(&renamed(*index, name)))
                        .map(|(_, name)| name.to_lowercase())
                        .collect(),
                )
            }
            _ => need.clone(),
        };
        let query = self.query(&body, &inner, &visible)?;
        let name = format!(
            "__why_{}_{}",
            self.next(),
            self.ctes[at].name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_").to_lowercase()
        );
        self.ctes[at].versions.push(Version {
            need: need.clone(),
            name: name.clone(),
            body: query.tree,
            keeps_out: query.keeps_out,
        });
        Ok((name, query.keeps_out))
    }

    fn union(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let by_name = text(tree, "setop_type").ends_with("BY_NAME");
        let is_distinct = tree["setop_all"] != true;
        let need = if is_distinct { &None } else { need };
        let key = if tree["children"].is_array() { "children" } else { "left" };
        let sides: Vec<Json> = match key {
            "children" => items(tree, "children").to_vec(),
            _ => vec![tree["left"].clone(), tree["right"].clone()],
        };
        let first = sides.first().and_then(|side| self.of_query(side, visible));
        let mut keeps_out = false;
        let mut done = Vec::new();
        for side in sides {
            let own = match (need, by_name, &first, self.of_query(&side, visible)) {
                (Some(names), false, Some(first), Some(own)) => Some(
                    first
                        .iter()
                        .zip(own)
                        .filter(|(name, _)| names.contains(&name.to_lowercase()))
                        .map(|(_, own)| own.to_lowercase())
                        .collect(),
                ),
                (Some(_), false, _, _) => None,
                _ => need.clone(),
            };
            let query = self.query(&side, &own, visible)?;
            keeps_out |= query.keeps_out;
            done.push(query.tree);
        }
        let mut out = tree.clone();
        match key {
            "children" => out["children"] = Json::Array(done),
            _ => {
                out["right"] = done.pop().unwrap_or_default();
                out["left"] = done.pop().unwrap_or_default();
            }
        }
        out["setop_all"] = true.into();
        out["modifiers"] = json!([]);
        if is_distinct {
            out["cte_map"] = json!({"map": []});
            out = self.once(out)?;
        }
        Ok(Query { tree: out, keeps_out })
    }

    fn select(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let scope = Scope::of(&tree["from_table"], visible, self);
        if let Some(problem) = &scope.problem {
            self.note(problem.clone());
        }
        let list = items(tree, "select_list");
        let aggregates = self.parser.aggregates.clone();
        let is_aggregate = |name: &str| aggregates.contains(name);
        let calls_aggregate = |part: &Json| {
            has(part, &|one| {
                text(one, "class") == "FUNCTION" && is_aggregate(&text(one, "function_name").to_lowercase())
            })
        };
        let is_grouped = !items(tree, "group_expressions").is_empty()
            || text(tree, "aggregate_handling") == "FORCE_AGGREGATES"
            || calls_aggregate(&tree["select_list"])
            || calls_aggregate(&tree["having"]);
        let reader = Reader { scope: &scope, list, is_aggregate: &is_aggregate };
        let mut used = reader.start();
        for item in list {
            // What it is grouped by decides what a row is.
            let is_key = text(tree, "aggregate_handling") == "FORCE_AGGREGATES" && !calls_aggregate(item);
            reader.read_item(item, if is_key { &None } else { need }, &mut used);
        }
        for key in items(tree, "group_expressions") {
            let position = text(&key["literal"], "text").parse::<usize>().ok();
            reader
                .read(position.and_then(|number| list.get(number.checked_sub(1)?)).unwrap_or(key), &mut used);
        }
        for key in ["where_clause", "having", "qualify"] {
            reader.read(&tree[key], &mut used);
        }
        for item in &scope.items {
            if let Role::Semi { condition, .. } = &item.role {
                reader.read(condition, &mut used);
            }
        }
        let matters = reader.close(&mut used);

        let mut keeps_out = false;
        let mut lists: Vec<Json> = Vec::new();
        let mut hidden: Vec<(String, String)> = Vec::new();
        let mut leaf = 0;
        let mut plan = FromPlan {
            scope: &scope,
            used: &used,
            matters: &matters,
            lists: &mut lists,
            hidden: &mut hidden,
            keeps_out: &mut keeps_out,
            visible,
        };
        let from = self.from(&tree["from_table"], &mut leaf, &mut plan)?;
        for (subquery, negated) in &used.subqueries {
            match negated {
                true => keeps_out = true,
                false => lists.extend(self.subquery(subquery, visible, &mut keeps_out)?),
            }
        }
        let row = match lists.is_empty() {
            true => self.expression("cast([] as hugeint[])")?,
            false => joined(lists),
        };
        if keeps_out && (is_grouped || !used.windows.is_empty()) {
            self.note(
                "rows that NOT IN, NOT EXISTS or an anti join keeps out of a group or window are not named",
            );
        }
        self.result.row_by_row &= !is_grouped && used.windows.is_empty() && used.subqueries.is_empty();
        let mut whole = row.clone();
        if is_grouped {
            whole = self.group(tree, row, &used)?;
        }
        let mut all = vec![whole.clone()];
        for window in &used.windows {
            all.extend(self.window(window, &whole));
        }
        let whole = joined(all);

        let mut out = tree.clone();
        self.plain(&mut out["where_clause"]);
        for key in ["having", "qualify", "select_list"] {
            self.plain(&mut out[key]);
        }
        out["from_table"] = from;
        out["modifiers"] = json!([]);
        let of = |name: &str| -> Vec<String> {
            hidden
                .iter()
                .filter(|(item, _)| name.is_empty() || item.eq_ignore_ascii_case(name))
                .map(|(_, column)| column.clone())
                .collect()
        };
        without_columns(&mut out["select_list"], &of);
        if let Some(list) = out["select_list"].as_array_mut() {
            list.push(named(whole, ROWS));
        }
        out["cte_map"] = json!({"map": []});
        Ok(Query { tree: out, keeps_out })
    }

    /// An expression as a tree.
    fn expression(&mut self, sql: &str) -> Result<Json> {
        Ok(self.parser.tree(&format!("select {sql}"))?["select_list"][0].take())
    }

    /// The rows of a group. Where only its keys are asked for, each of them would do; where only a smallest or largest value
    /// is, only those that have it count.
    fn group(&mut self, tree: &Json, row: Json, used: &Used) -> Result<Json> {
        let has_keys = !items(tree, "group_expressions").is_empty()
            || text(tree, "aggregate_handling") == "FORCE_AGGREGATES";
        if used.aggregates.is_empty() && has_keys {
            let mut any =
                self.expression(&format!("list_transform(why_rows, lambda row_id: row_id | {ANY_OF})"))?;
            replace_column(&mut any, "why_rows", &of_group(row));
            return Ok(any);
        }
        let extremes: Option<Vec<&Json>> = used.aggregates.iter().map(extreme).collect();
        let Some(extremes) = extremes.filter(|list| !list.is_empty() && tree["having"].is_null()) else {
            return Ok(of_group(row));
        };
        let mut parts = Vec::new();
        for (aggregate, value) in used.aggregates.iter().zip(extremes) {
            let mut rows = self.expression(
                "flatten(list_transform(list_filter(list(struct_pack(v := why_value, r := why_row)), \
                 lambda why_one: why_one.v is not distinct from why_extreme), lambda why_one: why_one.r))",
            )?;
            replace_column(&mut rows, "why_value", value);
            replace_column(&mut rows, "why_row", &row);
            replace_column(&mut rows, "why_extreme", &named(aggregate.clone(), ""));
            parts.push(rows);
        }
        Ok(joined(parts))
    }

    /// The rows that a window looks at.
    fn window(&mut self, window: &Json, row: &Json) -> Option<Json> {
        let function = text(window, "function_name").to_lowercase();
        let has_partition = !items(window, "partitions").is_empty();
        let has_order = !items(window, "orders").is_empty();
        let is_own = self.parser.aggregates.contains(&function)
            || matches!(function.as_str(), "first_value" | "last_value" | "nth_value");
        let bounded =
            text(window, "start") != "UNBOUNDED_PRECEDING" && text(window, "end") != "UNBOUNDED_FOLLOWING";
        if !has_partition && !(is_own && bounded) {
            self.note(format!("{function}() looks at all rows: only the row itself is followed"));
            return None;
        }
        let frame = match function.as_str() {
            _ if is_own => Frame::Own,
            "row_number" | "rank" | "dense_rank" | "lag" if has_order => Frame::Before,
            "lead" if has_order => Frame::After,
            _ => Frame::Partition,
        };
        Some(call("flatten", vec![list_over(window, row.clone(), &frame)]))
    }

    /// The rows of a query as a value that this row has to do with.
    fn subquery(&mut self, tree: &Json, visible: &Visible, keeps_out: &mut bool) -> Result<Option<Json>> {
        let kind = text(tree, "subquery_type");
        let query = self.query(&tree["subquery"]["node"], &None, visible)?;
        *keeps_out |= query.keeps_out;
        let is_in = kind == "ANY";
        if is_in
            && (text(&tree["child"], "class") == "FUNCTION" && text(&tree["child"], "function_name") == "row")
        {
            self.note("IN with several columns is not followed to the rows of its query");
            return Ok(None);
        }
        let sql = match is_in {
            true => format!(
                "(select flatten(list(why_q.{ROWS})) from one_row as why_q where why_child = why_q.why_value)"
            ),
            false => format!("(select flatten(list(why_q.{ROWS})) from one_row as why_q)"),
        };
        let mut expression = self.expression(&sql)?;
        let inner = &mut expression["subquery"]["node"];
        let renamed = match is_in {
            true => json!({"column_name_alias": ["why_value", ROWS]}),
            false => json!({"column_name_alias": []}),
        };
        inner["from_table"] = derived(query.tree, "why_q", &renamed);
        if is_in {
            let comparison = text(tree, "comparison_type");
            if !comparison.is_empty() && comparison != "INVALID" {
                inner["where_clause"]["type"] = comparison.into();
            }
            let mut child = tree["child"].clone();
            self.plain(&mut child);
            replace_column(&mut inner["where_clause"], "why_child", &child);
        }
        Ok(Some(expression))
    }

    fn from(&mut self, tree: &Json, leaf: &mut usize, plan: &mut FromPlan) -> Result<Json> {
        let scope = plan.scope;
        match text(tree, "type") {
            "" | "EMPTY" => Ok(tree.clone()),
            "JOIN" => {
                let mut out = tree.clone();
                out["left"] = self.from(&tree["left"], leaf, plan)?;
                self.plain(&mut out["condition"]);
                let at = *leaf;
                let is_single = text(&tree["right"], "type") != "JOIN";
                match scope.items.get(at).map(|item| &item.role) {
                    Some(Role::Semi { using, .. }) if is_single && plan.matters[at] => {
                        *leaf += 1;
                        self.semi(tree, at, using, plan, &mut out)?;
                    }
                    _ => out["right"] = self.from(&tree["right"], leaf, plan)?,
                }
                Ok(out)
            }
            _ => {
                let at = *leaf;
                *leaf += 1;
                let item = &scope.items[at];
                *plan.keeps_out |= matches!(item.role, Role::Anti);
                if plan.matters[at]
                    && matches!(item.role, Role::Joined)
                    && let Some((found, rows)) = self.leaf(tree, at, plan)?
                {
                    plan.hidden.push((item.name.clone(), rows.clone()));
                    plan.lists.push(column(&rows));
                    return Ok(found);
                }
                let mut out = tree.clone();
                self.plain(&mut out);
                Ok(out)
            }
        }
    }

    /// A row that is let through by others: these are looked up by the same condition.
    fn semi(
        &mut self,
        tree: &Json,
        at: usize,
        using: &[String],
        plan: &mut FromPlan,
        out: &mut Json,
    ) -> Result<()> {
        let item: &Item = &plan.scope.items[at];
        let mut plain = tree["right"].clone();
        self.plain(&mut plain);
        let Some((found, rows)) = self.leaf(&tree["right"], at, plan)? else {
            out["right"] = plain;
            return Ok(());
        };
        if using.is_empty() {
            out["right"] = plain;
            let mut expression =
                self.expression(&format!("(select flatten(list({rows})) from one_row where why_condition)"))?;
            expression["subquery"]["node"]["from_table"] = found;
            replace_column(
                &mut expression["subquery"]["node"]["where_clause"],
                "why_condition",
                &out["condition"],
            );
            plan.lists.push(expression);
            return Ok(());
        }
        let keys: Vec<String> = using.iter().map(|name| name_literal(name)).collect();
        let keys = keys.join(", ");
        let mut grouped = self
            .parser
            .tree(&format!("select {keys}, flatten(list({rows})) as {rows} from one_row group by {keys}"))?;
        grouped["from_table"] = found;
        let alias = if item.name.is_empty() { format!("why_semi_{rows}") } else { item.name.clone() };
        out["right"] = derived(grouped, &alias, &Json::Null);
        out["join_type"] = "INNER".into();
        plan.hidden.push((item.name.clone(), rows.clone()));
        plan.lists.push(column(&rows));
        Ok(())
    }

    /// A table in FROM with the list of its rows, and the name of that column. `None` if its rows have no names.
    fn leaf(&mut self, tree: &Json, at: usize, plan: &mut FromPlan) -> Result<Option<(Json, String)>> {
        let item: &Item = &plan.scope.items[at];
        // Under other names: all of them.
        let is_renamed = !items(tree, "column_name_alias").is_empty();
        let need: Need = if is_renamed { None } else { plan.used.columns[at].clone() };
        let rows = format!("__why_rows_{}", self.next());
        let renamed = format!("* exclude ({ROWS}), {ROWS} as {rows}");
        let alias = item.name.as_str();
        match item.kind {
            Kind::Cte(cte) => {
                let (name, keeps_out) = self.version(cte, &need)?;
                *plan.keeps_out |= keeps_out;
                let found = self.text_table(format!("(SELECT {renamed} FROM {name})"), alias, tree);
                Ok(Some((found, rows)))
            }
            Kind::Node(node) => {
                let Some(sql) = self.rows_of(node, &need)? else { return Ok(None) };
                let found =
                    self.text_table(format!("(SELECT {renamed} FROM ({sql}) AS why_leaf)"), alias, tree);
                Ok(Some((found, rows)))
            }
            Kind::Query => {
                let query = self.query(&tree["subquery"]["node"], &need, plan.visible)?;
                *plan.keeps_out |= query.keeps_out;
                let mut wrapper = self.parser.tree(&format!("select {renamed} from one_row as why_leaf"))?;
                wrapper["from_table"] = derived(query.tree, "why_leaf", &Json::Null);
                Ok(Some((derived(wrapper, alias, tree), rows)))
            }
            Kind::Other => Ok(None),
        }
    }

    /// The rows of a node's table, or of the query of a view, each with its list.
    fn rows_of(&mut self, node: usize, need: &Need) -> Result<Option<String>> {
        let found = &self.nodes[node];
        let known = self.result.needs.entry(node).or_insert_with(|| Some(BTreeSet::new()));
        match (known, need) {
            (Some(known), Some(need)) => known.extend(need.iter().cloned()),
            (known, _) => *known = None,
        }
        let external = found.source.as_ref().and_then(|source| source.external.clone());
        if let Some(external) = external {
            let id = of_files(&external, self.first_of(node)?);
            let only = match self.only.get(&node) {
                Some(ids) => {
                    format!(" WHERE {}", files_condition(&external, &of_files(&external, 0), &ids.join(", ")))
                }
                None => String::new(),
            };
            return Ok(Some(format!("SELECT *, [{id}] AS {ROWS} FROM {external}{only}")));
        }
        if is_view(found) {
            self.through.push(node);
            let sql = self.model(node, need);
            self.through.pop();
            return sql.map(Some);
        }
        let Some(relation) = &found.relation else { return Ok(None) };
        let name = full_name(relation);
        let id = of_table(self.first_of(node)?);
        let only = self.only.get(&node).map(|ids| format!(" WHERE rowid IN ({})", ids.join(", ")));
        Ok(Some(format!("SELECT *, [{id}] AS {ROWS} FROM {name}{}", only.unwrap_or_default())))
    }

    /// The first number of the rows of a table, as the model reads it here.
    fn first_of(&mut self, node: usize) -> Result<i128> {
        let input = InputTable { node, through: self.through.clone() };
        let at = self.result.inputs.iter().position(|known| *known == input).unwrap_or_else(|| {
            self.result.inputs.push(input);
            self.result.inputs.len() - 1
        });
        first_of(at)
    }

    /// A part of a query that stays as it is: sources outside the database are read from their files.
    fn plain(&mut self, tree: &mut Json) {
        if text(tree, "type") == "BASE_TABLE" {
            let path = table_path(tree);
            let source = self.node(&path).and_then(|(node, _)| self.nodes[node].source.as_ref());
            let external = source.and_then(|source| source.external.clone());
            if let (Some(external), Some(name)) = (external, path.last()) {
                let alias = text(tree, "alias");
                let alias = if alias.is_empty() { name.clone() } else { alias.to_owned() };
                *tree = self.text_table(format!("(SELECT * FROM {external})"), &alias, tree);
            }
            return;
        }
        match tree {
            Json::Array(list) => list.iter_mut().for_each(|item| self.plain(item)),
            Json::Object(members) => members.values_mut().for_each(|part| self.plain(part)),
            _ => {}
        }
    }
}

impl Tables for Annotator<'_> {
    fn of_cte(&self, cte: usize) -> Option<Vec<String>> {
        self.ctes.get(cte)?.columns.clone()
    }

    fn node(&self, path: &[String]) -> Option<(usize, Vec<String>)> {
        let node = node_of(self.by_relation, path)?;
        Some((node, self.nodes[node].columns.iter().map(|column| column.name.clone()).collect()))
    }

    fn of_query(&self, tree: &Json, visible: &Visible) -> Option<Vec<String>> {
        columns_of(tree, visible, self)
    }
}

/// What the tables of one FROM need to know of their SELECT, and what they add to it.
struct FromPlan<'p> {
    scope: &'p Scope,
    used: &'p Used,
    matters: &'p [bool],
    visible: &'p Visible,
    /// The lists of rows.
    lists: &'p mut Vec<Json>,
    /// The columns of these lists, by the name of their table.
    hidden: &'p mut Vec<(String, String)>,
    keeps_out: &'p mut bool,
}

/// Whether a node has no rows of its own.
pub(super) fn is_view(node: &TypedNode) -> bool {
    node.resource_type == "model" && matches!(node.materialized.as_str(), "view" | "ephemeral")
}

/// `"database"."schema"."table"`
pub(super) fn full_name(relation: &RelationName) -> String {
    [&relation.database, &relation.schema, &relation.identifier].map(|part| name_literal(part)).join(".")
}
