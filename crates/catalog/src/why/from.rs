//! The tables of FROM, each with a column that lists its rows.

use super::annotator::{Annotator, InputTable};
use super::names::{full_name, is_view, table_path};
use super::pieces::{column, derived};
use super::row_id::{ROWS, first_of, of_files, of_table, replace_column};
use super::scope::{Item, Kind, Need, Role, Scope, Used, Visible};
use crate::lineage::{items, text};
use ingot_core::error::Result;
use ingot_engine::name_literal;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What the tables of one FROM need to know of their SELECT, and what they add to it.
pub(super) struct FromPlan<'p> {
    pub(super) scope: &'p Scope,
    pub(super) used: &'p Used,
    pub(super) matters: &'p [bool],
    pub(super) visible: &'p Visible,
    /// The lists of rows.
    pub(super) lists: &'p mut Vec<Json>,
    /// The columns of these lists, by the name of their table.
    pub(super) hidden: &'p mut Vec<(String, String)>,
    pub(super) keeps_out: &'p mut bool,
}

impl Annotator<'_> {
    pub(super) fn from(&mut self, tree: &Json, leaf: &mut usize, plan: &mut FromPlan) -> Result<Json> {
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
        let found = &self.known.nodes[node];
        let known = self.result.needs.entry(node).or_insert_with(|| Some(BTreeSet::new()));
        match (known, need) {
            (Some(known), Some(need)) => known.extend(need.iter().cloned()),
            (known, _) => *known = None,
        }
        if self.reads.contains_key(&node) {
            let first = self.first_of(node)?;
            return Ok(self.reads.get(&node).map(|read| read.with_rows(first)));
        }
        let external = found.source.as_ref().and_then(|source| source.external.clone());
        if let Some(external) = external {
            let id = of_files(&external, self.first_of(node)?);
            return Ok(Some(format!("SELECT *, [{id}] AS {ROWS} FROM {external}")));
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
        Ok(Some(format!("SELECT *, [{id}] AS {ROWS} FROM {name}")))
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

    /// What is read in the place of a table; `None` for the table itself.
    fn plain_read(&mut self, node: usize) -> Option<String> {
        if let Some(read) = self.reads.get(&node) {
            return Some(read.plain());
        }
        let found = &self.known.nodes[node];
        if let Some(external) = found.source.as_ref().and_then(|source| source.external.as_ref()) {
            return Some(format!("SELECT * FROM {external}"));
        }
        if self.reads.is_empty() || !is_view(found) {
            return None;
        }
        // The database's own view would read all files.
        if let Some(known) = self.views.get(&node) {
            return Some(known.clone());
        }
        let mut tree = self.parser.tree(found.compiled.as_ref()?).ok()?;
        self.plain(&mut tree);
        let sql = self.parser.sql(tree).ok()?;
        self.views.insert(node, sql.clone());
        Some(sql)
    }

    /// A part of a query that stays as it is, but for what is read in the place of tables.
    pub(super) fn plain(&mut self, tree: &mut Json) {
        if text(tree, "type") == "BASE_TABLE" {
            let path = table_path(tree);
            let node = self.known.node_of(&path);
            if let (Some(sql), Some(name)) = (node.and_then(|node| self.plain_read(node)), path.last()) {
                let alias = text(tree, "alias");
                let alias = if alias.is_empty() { name.clone() } else { alias.to_owned() };
                *tree = self.text_table(format!("({sql})"), &alias, tree);
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
