//! What is in FROM: tables, joins, functions, lists of values, pivots.

use super::scope::{Scope, visible};
use super::sources::{Column, How, Influence, Influences, Relation, Sources, influence, merge};
use super::tracer::Tracer;
use super::tree::{column_names, items, names, text};
use serde_json::Value as Json;

impl Tracer<'_> {
    /// Brings the tables of FROM into the scope.
    pub(super) fn from(&mut self, tree: &Json, scope: &mut Scope, influences: &mut Influences) {
        let alias = text(tree, "alias");
        let renamed = names(tree, "column_name_alias");
        match text(tree, "type") {
            "" | "EMPTY" => {}
            "BASE_TABLE" => {
                let path: Vec<String> = ["catalog_name", "schema_name", "table_name"]
                    .iter()
                    .map(|key| text(tree, key).to_owned())
                    .filter(|part| !part.is_empty())
                    .collect();
                let relation = self.table(&path, scope).renamed(&renamed);
                let name = path.last().map(String::as_str).unwrap_or_default();
                let before = path[..path.len().saturating_sub(1)].to_vec();
                match alias {
                    "" => scope.tables.push(visible(name, before, relation)),
                    alias => scope.tables.push(visible(alias, Vec::new(), relation)),
                }
            }
            "SUBQUERY" => {
                let relation = self.query(&tree["subquery"]["node"], Some(scope)).renamed(&renamed);
                scope.tables.push(visible(alias, Vec::new(), relation));
            }
            "JOIN" => self.join(tree, scope, influences),
            "TABLE_FUNCTION" => {
                let relation = self.table_function(&tree["function"], scope).renamed(&renamed);
                let name = if alias.is_empty() { text(&tree["function"], "function_name") } else { alias };
                scope.tables.push(visible(name, Vec::new(), relation));
            }
            "EXPRESSION_LIST" => {
                let mut relation = Relation::default();
                for row in items(tree, "values") {
                    for (index, value) in row.as_array().into_iter().flatten().enumerate() {
                        let sources = self.within(value, scope);
                        match relation.columns.get_mut(index) {
                            Some(column) => column.sources.add(&sources),
                            None => relation.columns.push(Column { name: format!("col{index}"), sources }),
                        }
                    }
                }
                let mut given = names(tree, "expected_names");
                given.extend(renamed);
                scope.tables.push(visible(alias, Vec::new(), relation.renamed(&given)));
            }
            "PIVOT" => {
                let relation = self.pivot(tree, scope).renamed(&renamed);
                scope.tables.push(visible(alias, Vec::new(), relation));
            }
            other => {
                self.problem(format!("a {other} in FROM cannot be traced"));
                let relation = Relation { open: Some(Sources::unknown()), ..Relation::default() };
                scope.tables.push(visible(alias, Vec::new(), relation));
            }
        }
    }

    fn table(&mut self, path: &[String], scope: &Scope) -> Relation {
        if let [name] = path
            && let Some(cte) = scope.ctes.get(&name.to_lowercase())
        {
            return cte.as_ref().clone();
        }
        self.input(path).unwrap_or_else(|| {
            self.problem(format!("{} is not an input that is known", path.join(".")));
            Relation { open: Some(Sources::unknown()), ..Relation::default() }
        })
    }

    fn join(&mut self, tree: &Json, scope: &mut Scope, influences: &mut Influences) {
        let before = scope.tables.len();
        self.from(&tree["left"], scope, influences);
        let middle = scope.tables.len();
        self.from(&tree["right"], scope, influences);
        let mut using = names(tree, "using_columns");
        if text(tree, "ref_type") == "NATURAL" {
            let left: Vec<String> = scope.tables[before..middle]
                .iter()
                .flat_map(|table| table.relation.columns.iter().map(|column| column.name.clone()))
                .collect();
            using = left
                .into_iter()
                .filter(|name| {
                    scope.tables[middle..].iter().any(|table| table.relation.column(name).is_some())
                })
                .collect();
        }
        let kind = text(tree, "join_type");
        let keeps_right = !matches!(kind, "SEMI" | "ANTI");
        for name in &using {
            let lower = name.to_lowercase();
            let mut sources = Sources::default();
            let of = |tables: &[super::scope::Visible]| {
                tables
                    .iter()
                    .find_map(|table| table.relation.column(name))
                    .map(|column| column.sources.clone())
            };
            let left = scope.merged.get(&lower).cloned().or_else(|| of(&scope.tables[before..middle]));
            let right = of(&scope.tables[middle..]);
            for side in left.iter().chain(&right) {
                influence(influences, side, Influence::Joins);
            }
            // The value is that of the side whose rows all stay.
            match kind {
                "RIGHT" => sources.add(&right.clone().unwrap_or_default()),
                "OUTER" | "FULL" => left.iter().chain(&right).for_each(|side| sources.add(side)),
                _ => sources.add(&left.clone().or(right).unwrap_or_default()),
            }
            if keeps_right {
                scope.merged.insert(lower, sources);
            }
        }
        for key in ["condition", "ranking_expression"] {
            let sources = self.within(&tree[key], scope);
            influence(influences, &sources, Influence::Joins);
        }
        if !keeps_right {
            for table in scope.tables.drain(middle..) {
                merge(influences, &table.relation.influences);
            }
        }
    }

    /// The rows of a function: their columns are made of its arguments.
    fn table_function(&mut self, function: &Json, scope: &Scope) -> Relation {
        let name = text(function, "function_name").to_lowercase();
        let made = |sources: Sources| match name.as_str() {
            "unnest" | "repeat" => sources.held(How::Transformed),
            _ => sources.used(How::Transformed),
        };
        let sources = made(self.within(&function["arguments"], scope));
        let sources = if function["children"].is_array() {
            let mut more = made(self.within(&function["children"], scope));
            more.add(&sources);
            more
        } else {
            sources
        };
        let known = ["unnest", "range", "generate_series", "glob", "repeat"];
        let columns = match known.contains(&name.as_str()) {
            true => vec![Column { name, sources: sources.clone() }],
            false => Vec::new(),
        };
        let open = columns.is_empty().then_some(sources);
        Relation { columns, open, ..Relation::default() }
    }

    fn pivot(&mut self, tree: &Json, scope: &Scope) -> Relation {
        let mut inner = Scope::within(scope);
        let mut influences = Influences::default();
        self.from(&tree["source"], &mut inner, &mut influences);
        let mut used = Sources::default();
        let mut listed: Vec<String> = Vec::new();
        for pivot in items(tree, "pivots") {
            for part in ["pivot_expressions", "entries"] {
                used.add(&self.within(&pivot[part], &inner));
                column_names(&pivot[part], &mut listed);
            }
        }
        let values = names(tree, "unpivot_names");
        let aggregated = self.within(&tree["aggregates"], &inner);
        column_names(&tree["aggregates"], &mut listed);
        let mut out = Relation { influences, ..Relation::default() };
        for table in inner.tables {
            merge(&mut out.influences, &table.relation.influences);
            for column in table.relation.columns {
                if !listed.iter().any(|name| name.eq_ignore_ascii_case(&column.name)) {
                    out.columns.push(column);
                }
            }
        }
        if values.is_empty() {
            influence(&mut out.influences, &used, Influence::Groups);
            let mut sources = aggregated;
            sources.add(&used);
            out.open = Some(sources.used(How::Aggregated));
            return out;
        }
        for pivot in items(tree, "pivots") {
            let names = names(pivot, "unpivot_names").into_iter();
            out.columns.extend(names.map(|name| Column { name, sources: Sources::default() }));
        }
        let sources = used.held(How::Transformed);
        out.columns.extend(values.into_iter().map(|name| Column { name, sources: sources.clone() }));
        out
    }
}
