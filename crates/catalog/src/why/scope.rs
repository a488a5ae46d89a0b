//! What one SELECT reads, and which of it matters for the columns that are asked for.

use crate::lineage::{items, names, text};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

/// The columns of a query or table that are asked for, in lower case; `None` for all.
pub(super) type Need = Option<BTreeSet<String>>;

pub(super) fn needs(need: &Need, column: &str) -> bool {
    need.as_ref().is_none_or(|names| names.contains(&column.to_lowercase()))
}

/// The CTEs that a query sees: their place among all of the model, by name in lower case.
pub(super) type Visible = Rc<HashMap<String, usize>>;

/// What is in FROM at one place.
pub(super) enum Kind {
    Cte(usize),
    /// A table of the project, by its node.
    Node(usize),
    Query,
    /// A function, a list of values, or a table that the project does not know.
    Other,
}

/// How the rows of a table in FROM count.
pub(super) enum Role {
    /// Its columns can be named.
    Joined,
    /// A row of it lets a row through; the columns of USING, or the condition.
    Semi { using: Vec<String>, condition: Json },
    /// A row of it keeps a row out.
    Anti,
}

/// A table in FROM.
pub(super) struct Item {
    pub(super) name: String,
    path: Vec<String>,
    /// `None` if they are not known.
    pub(super) columns: Option<Vec<String>>,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// The outer joins on whose empty side it is.
    pub(super) outer: Vec<usize>,
}

impl Item {
    /// Whether it is known to have a column of this name.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns
            .as_ref()
            .is_some_and(|columns| columns.iter().any(|name| name.eq_ignore_ascii_case(column)))
    }
}

/// A join's condition, which matters if the outer joins around it do.
pub(super) struct Condition {
    pub(super) expression: Json,
    pub(super) using: Vec<String>,
    pub(super) outer: Vec<usize>,
    /// `INNER`, `LEFT`, …
    pub(super) join: String,
    /// The tables on its left and on its right, by their places among all.
    pub(super) sides: [Range<usize>; 2],
}

/// The tables of FROM, in the order of the tree.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) items: Vec<Item>,
    pub(super) conditions: Vec<Condition>,
    outer_joins: usize,
    /// Whether rows are joined to those at the same place, or to the nearest ones: without a row, others are joined.
    pub(super) is_by_order: bool,
    /// What cannot be followed in it.
    pub(super) problem: Option<String>,
}

/// What resolving the tables of FROM needs to know.
pub(super) trait Tables {
    /// The columns of a CTE.
    fn of_cte(&self, cte: usize) -> Option<Vec<String>>;
    /// The node of a table by its path, and its columns.
    fn node(&self, path: &[String]) -> Option<(usize, Vec<String>)>;
    /// The columns of a query.
    fn of_query(&self, tree: &Json, visible: &Visible) -> Option<Vec<String>>;
}

impl Scope {
    pub(super) fn of(tree: &Json, visible: &Visible, tables: &dyn Tables) -> Self {
        let mut scope = Self::default();
        scope.add(tree, visible, tables, &[]);
        scope
    }

    fn add(&mut self, tree: &Json, visible: &Visible, tables: &dyn Tables, outer: &[usize]) {
        match text(tree, "type") {
            "" | "EMPTY" => {}
            "JOIN" => self.add_join(tree, visible, tables, outer),
            _ => {
                let item = self.item(tree, visible, tables, outer);
                self.items.push(item);
            }
        }
    }

    fn item(&mut self, tree: &Json, visible: &Visible, tables: &dyn Tables, outer: &[usize]) -> Item {
        let alias = text(tree, "alias").to_owned();
        let (name, path, columns, kind) = match text(tree, "type") {
            "BASE_TABLE" => {
                let mut path: Vec<String> = ["catalog_name", "schema_name", "table_name"]
                    .iter()
                    .map(|key| text(tree, key).to_owned())
                    .filter(|part| !part.is_empty())
                    .collect();
                let (kind, columns) = match (&path[..], tables.node(&path)) {
                    ([name], _) if visible.contains_key(&name.to_lowercase()) => {
                        let cte = visible[&name.to_lowercase()];
                        (Kind::Cte(cte), tables.of_cte(cte))
                    }
                    (_, Some((node, columns))) => (Kind::Node(node), Some(columns)),
                    _ => {
                        self.problem = Some(format!("{} is not a table of the project", path.join(".")));
                        (Kind::Other, None)
                    }
                };
                let name = path.pop().unwrap_or_default();
                match alias.is_empty() {
                    true => (name, path, columns, kind),
                    false => (alias, Vec::new(), columns, kind),
                }
            }
            "SUBQUERY" => {
                let columns = tables.of_query(&tree["subquery"]["node"], visible);
                (alias, Vec::new(), columns, Kind::Query)
            }
            "TABLE_FUNCTION" => {
                let own = text(&tree["function"], "function_name").to_owned();
                (if alias.is_empty() { own } else { alias }, Vec::new(), None, Kind::Other)
            }
            "EXPRESSION_LIST" => (alias, Vec::new(), None, Kind::Other),
            other => {
                self.problem = Some(format!("a {other} in FROM is not followed"));
                (alias, Vec::new(), None, Kind::Other)
            }
        };
        let renamed = names(tree, "column_name_alias");
        let columns = match (columns, renamed.is_empty()) {
            (Some(mut columns), false) => {
                for (column, name) in columns.iter_mut().zip(renamed) {
                    *column = name;
                }
                Some(columns)
            }
            (None, false) => Some(renamed),
            (columns, true) => columns,
        };
        Item { name, path, columns, kind, role: Role::Joined, outer: outer.to_vec() }
    }

    fn add_join(&mut self, tree: &Json, visible: &Visible, tables: &dyn Tables, outer: &[usize]) {
        let kind = text(tree, "join_type");
        let mut sides = [outer.to_vec(), outer.to_vec()];
        let optional: &[usize] = match kind {
            "LEFT" => &[1],
            "RIGHT" => &[0],
            "OUTER" | "FULL" => &[0, 1],
            _ => &[],
        };
        for side in optional {
            sides[*side].push(self.outer_joins);
            self.outer_joins += 1;
        }
        self.is_by_order |= !matches!(text(tree, "ref_type"), "REGULAR" | "CROSS" | "NATURAL");
        let begin = self.items.len();
        self.add(&tree["left"], visible, tables, &sides[0]);
        let middle = self.items.len();
        self.add(&tree["right"], visible, tables, &sides[1]);
        let mut using = names(tree, "using_columns");
        if text(tree, "ref_type") == "NATURAL" {
            let of = |items: &[Item]| -> Vec<String> {
                items.iter().filter_map(|item| item.columns.clone()).flatten().collect()
            };
            let (left, right) = (of(&self.items[..middle]), of(&self.items[middle..]));
            using = left
                .into_iter()
                .filter(|name| right.iter().any(|other| other.eq_ignore_ascii_case(name)))
                .collect();
        }
        if matches!(kind, "SEMI" | "ANTI") {
            if self.items.len() != middle + 1 {
                self.problem =
                    Some("a semi or anti join with several tables on its right is not followed".to_owned());
            }
            if let Some(item) = self.items.last_mut() {
                item.role = match kind {
                    "SEMI" => Role::Semi { using: using.clone(), condition: tree["condition"].clone() },
                    _ => Role::Anti,
                };
            }
        }
        // The condition of an outer join matters when its optional side does.
        let within = match optional {
            [] => outer.to_vec(),
            [side] => sides[*side].clone(),
            _ => outer.to_vec(),
        };
        self.conditions.push(Condition {
            expression: tree["condition"].clone(),
            using,
            outer: within,
            join: kind.to_owned(),
            sides: [begin..middle, middle..self.items.len()],
        });
    }
}

/// What an expression uses.
#[derive(Default)]
pub(super) struct Used {
    /// For each table of FROM the columns, in lower case; `None` for all.
    pub(super) columns: Vec<Option<BTreeSet<String>>>,
    touched: BTreeSet<usize>,
    pub(super) windows: Vec<Json>,
    pub(super) aggregates: Vec<Json>,
    /// Queries as values that can be followed, and whether each is one under NOT.
    pub(super) subqueries: Vec<(Json, bool)>,
    /// Names of the SELECT list that have been looked at.
    followed: BTreeSet<String>,
}

/// Finds out what expressions of one SELECT use.
pub(super) struct Reader<'a> {
    pub(super) scope: &'a Scope,
    /// The SELECT list, whose names other expressions may use.
    pub(super) list: &'a [Json],
    pub(super) is_aggregate: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    pub(super) fn start(&self) -> Used {
        Used { columns: vec![Some(BTreeSet::new()); self.scope.items.len()], ..Used::default() }
    }

    /// Adds what an expression uses.
    pub(super) fn read(&self, tree: &Json, used: &mut Used) {
        self.walk(tree, used, false, false);
    }

    fn walk(&self, tree: &Json, used: &mut Used, negated: bool, inside: bool) {
        match tree {
            Json::Array(list) => list.iter().for_each(|item| self.walk(item, used, negated, inside)),
            Json::Object(members) => {
                let mut negated = negated;
                let mut inside = inside;
                match text(tree, "class") {
                    "COLUMN_REF" => return self.resolve(&names(tree, "column_names"), used, inside),
                    "STAR" if !inside => return self.star(tree, used),
                    "WINDOW" if !inside => used.windows.push(tree.clone()),
                    "FUNCTION"
                        if !inside && (self.is_aggregate)(&text(tree, "function_name").to_lowercase()) =>
                    {
                        used.aggregates.push(tree.clone());
                    }
                    "OPERATOR" if text(tree, "type") == "OPERATOR_NOT" => negated = !negated,
                    "SUBQUERY" => {
                        if !inside {
                            used.subqueries
                                .push((tree.clone(), negated || text(tree, "subquery_type") == "NOT_EXISTS"));
                        }
                        self.walk(&tree["child"], used, negated, inside);
                        inside = true;
                        return self.walk(&tree["subquery"], used, negated, inside);
                    }
                    _ => {}
                }
                members.values().for_each(|part| self.walk(part, used, negated, inside));
            }
            _ => {}
        }
    }

    fn mark(&self, item: usize, column: &str, used: &mut Used) {
        used.touched.insert(item);
        if let Some(columns) = &mut used.columns[item] {
            columns.insert(column.to_lowercase());
        }
    }

    fn mark_all(&self, item: usize, used: &mut Used) {
        used.touched.insert(item);
        used.columns[item] = None;
    }

    /// The tables that a column may be of, with its name there: several where USING makes one column of theirs.
    pub(super) fn owners(&self, path: &[String]) -> Vec<(usize, String)> {
        let Some(first) = path.first() else { return Vec::new() };
        for before in (1..path.len().min(4)).rev() {
            let (table, rest) = path.split_at(before);
            let Some((name, schema)) = table.split_last() else { continue };
            let found = self.scope.items.iter().position(|item| {
                item.name.eq_ignore_ascii_case(name)
                    && item.path.len() >= schema.len()
                    && item.path.iter().rev().zip(schema.iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
            });
            if let Some(item) = found {
                return vec![(item, rest[0].clone())];
            }
        }
        let found = (0..self.scope.items.len()).filter(|at| self.scope.items[*at].has(first));
        found.map(|at| (at, first.clone())).collect()
    }

    fn resolve(&self, path: &[String], used: &mut Used, inside: bool) {
        let Some(first) = path.first() else { return };
        let owners = self.owners(path);
        if !owners.is_empty() {
            return owners.into_iter().for_each(|(item, column)| self.mark(item, &column, used));
        }
        if inside {
            return;
        }
        // A name of the SELECT list.
        let alias = self.list.iter().find(|item| text(item, "alias").eq_ignore_ascii_case(first));
        if let Some(expression) = alias {
            if used.followed.insert(first.to_lowercase()) {
                self.read(expression, used);
            }
            return;
        }
        if let Some(item) = self.scope.items.iter().position(|item| item.name.eq_ignore_ascii_case(first)) {
            return self.mark_all(item, used);
        }
        for (at, item) in self.scope.items.iter().enumerate() {
            if item.columns.is_none() {
                self.mark(at, first, used);
            }
        }
    }

    /// The tables and columns that a `*` stands for, under the names that it gives them.
    pub(super) fn expanded(&self, star: &Json) -> Vec<(usize, String)> {
        let wanted = text(star, "relation_name");
        let excluded = names(star, "exclude_list");
        let mut out = Vec::new();
        for (at, item) in self.scope.items.iter().enumerate() {
            if !matches!(item.role, Role::Joined)
                || !(wanted.is_empty() || item.name.eq_ignore_ascii_case(wanted))
            {
                continue;
            }
            let columns = item.columns.iter().flatten();
            out.extend(
                columns
                    .filter(|name| !excluded.iter().any(|other| other.eq_ignore_ascii_case(name)))
                    .map(|name| (at, name.clone())),
            );
        }
        out
    }

    fn star(&self, star: &Json, used: &mut Used) {
        for (item, column) in self.expanded(star) {
            self.mark(item, &column, used);
        }
        let wanted = text(star, "relation_name");
        for (at, item) in self.scope.items.iter().enumerate() {
            if item.columns.is_none() && (wanted.is_empty() || item.name.eq_ignore_ascii_case(wanted)) {
                self.mark_all(at, used);
            }
        }
        self.read(&star["replace_list"], used);
    }

    /// Adds one entry of the SELECT list, as far as its columns are asked for.
    pub(super) fn read_item(&self, item: &Json, need: &Need, used: &mut Used) {
        if text(item, "class") != "STAR" || item["columns"] == true {
            let name = output_name(item);
            if name.is_empty() || needs(need, &name) {
                self.read(item, used);
            }
            return;
        }
        if need.is_none() {
            return self.star(item, used);
        }
        let renamed: Vec<(String, String)> = items(item, "rename_list")
            .iter()
            .filter_map(|entry| {
                let key = entry["key"].as_str().or_else(|| entry["key"]["column"].as_str())?;
                Some((key.to_lowercase(), entry["value"].as_str()?.to_owned()))
            })
            .collect();
        for (table, column) in self.expanded(item) {
            let name = renamed.iter().find(|(key, _)| *key == column.to_lowercase()).map(|(_, name)| name);
            if !needs(need, name.unwrap_or(&column)) {
                continue;
            }
            let replaced = items(item, "replace_list")
                .iter()
                .find(|entry| text(entry, "key").eq_ignore_ascii_case(&column));
            match replaced {
                Some(entry) => self.read(&entry["value"], used),
                None => self.mark(table, &column, used),
            }
        }
        for (at, table) in self.scope.items.iter().enumerate() {
            if table.columns.is_none() && !matches!(table.kind, Kind::Other) {
                self.mark_all(at, used);
            }
        }
    }

    /// Adds the conditions of the joins that matter, and says which tables do.
    pub(super) fn close(&self, used: &mut Used) -> Vec<bool> {
        let mut read = vec![false; self.scope.conditions.len()];
        loop {
            let active: BTreeSet<usize> =
                used.touched.iter().flat_map(|item| self.scope.items[*item].outer.iter().copied()).collect();
            let matters = |outer: &[usize]| outer.iter().all(|join| active.contains(join));
            let next = (0..read.len()).find(|at| !read[*at] && matters(&self.scope.conditions[*at].outer));
            let Some(next) = next else {
                return self.scope.items.iter().map(|item| matters(&item.outer)).collect();
            };
            read[next] = true;
            let condition = &self.scope.conditions[next];
            self.read(&condition.expression, used);
            for name in &condition.using {
                self.resolve(std::slice::from_ref(name), used, true);
            }
        }
    }
}

/// The name that an entry of a SELECT list gives its column; empty if DuckDB makes one up.
pub(super) fn output_name(item: &Json) -> String {
    match (text(item, "alias"), text(item, "class")) {
        ("", "COLUMN_REF") => names(item, "column_names").pop().unwrap_or_default(),
        (alias, _) => alias.to_owned(),
    }
}
