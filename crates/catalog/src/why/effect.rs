//! Which of the rows that were loaded in a period have an effect on the rows that are asked for.
//!
//! Following back names every row that a value may depend on. A window, for example, gives each row the day of the next one;
//! if a condition then only asks whether that day is later than another, most rows that come next change nothing. So it is
//! tried: the models on the way are run again, by their own SQL, over the rows that were found, without some of the rows that were
//! loaded. Rows without which everything stays as it is are not named. Halves of halves are tried, so that many rows without an
//! effect cost few tries.
//!
//! All of it is in temporary views over temporary tables, of which one lists the rows that are left out.

use super::follow::{Follower, rows_table};
use super::found::WhyTable;
use super::names::{full_name, node_of, table_path};
use super::read::ID;
use super::row_id::{files_condition, files_of, of_files};
use crate::lineage::text;
use ingot_core::error::{Error, Result};
use ingot_engine::{name_literal, text_literal};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A row of a feed that may be left out: the node, the file, and the row's number in it.
type Candidate = (usize, String, u64);

impl Follower<'_> {
    /// Leaves in `tables`, which are of the nodes in `order`, only raw rows that have an effect on the rows of `start` that meet
    /// the condition.
    ///
    /// # Errors
    /// The models on the way cannot be run again in this way. Then nothing is left out.
    pub(super) fn keep_effective(
        &mut self,
        start: usize,
        condition: &str,
        order: &[usize],
        tables: &mut [WhyTable],
    ) -> Result<()> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for (node, table) in order.iter().zip(tables.iter()).filter(|(_, table)| table.kind == "source") {
            candidates.extend(table.raw.iter().map(|row| (*node, row.file.clone(), row.row_number)));
        }
        if candidates.is_empty() {
            return Ok(());
        }
        let query = self.trial(start, condition, order)?;
        let actual = self.actual(start, condition)?;
        if self.try_without(&query, &[])? != actual {
            return Err(Error::new(
                "the models give other rows now when they are run again over the rows that were found",
            ));
        }
        let mut without = Vec::new();
        self.reduce(&query, &actual, &candidates, &mut without)?;
        let without: BTreeSet<Candidate> = without.into_iter().collect();
        for (node, table) in order.iter().zip(tables) {
            table.raw.retain(|row| !without.contains(&(*node, row.file.clone(), row.row_number)));
        }
        Ok(())
    }

    /// Adds to `without` those of the candidates without which the rows stay as they are.
    fn reduce(
        &mut self,
        query: &str,
        actual: &[String],
        candidates: &[Candidate],
        without: &mut Vec<Candidate>,
    ) -> Result<()> {
        let all: Vec<Candidate> = without.iter().chain(candidates).cloned().collect();
        if self.try_without(query, &all)? == actual {
            *without = all;
            return Ok(());
        }
        if let [_] = candidates {
            return Ok(());
        }
        let (first, second) = candidates.split_at(candidates.len() / 2);
        self.reduce(query, actual, first, without)?;
        self.reduce(query, actual, second, without)
    }

    /// The rows that are asked for, as the query gives them without these rows of feeds.
    fn try_without(&mut self, query: &str, without: &[Candidate]) -> Result<Vec<String>> {
        self.session.execute("delete from temp.effect_out")?;
        if !without.is_empty() {
            let rows: Vec<String> = without
                .iter()
                .map(|(node, file, row)| format!("({node}, {}, {row})", text_literal(file)))
                .collect();
            self.session.execute(&format!("insert into temp.effect_out values {}", rows.join(", ")))?;
        }
        self.rows_as_text(query)
    }

    fn actual(&mut self, start: usize, condition: &str) -> Result<Vec<String>> {
        let relation = self.nodes[start].relation.clone().ok_or_else(|| Error::new("it has no table"))?;
        self.rows_as_text(&format!(
            "select {} from {} where (\n{condition}\n)",
            self.own_columns(start),
            full_name(&relation)
        ))
    }

    fn own_columns(&self, node: usize) -> String {
        let names: Vec<String> =
            self.nodes[node].columns.iter().map(|column| name_literal(&column.name)).collect();
        if names.is_empty() { "*".to_owned() } else { names.join(", ") }
    }

    fn rows_as_text(&mut self, query: &str) -> Result<Vec<String>> {
        let found =
            self.session.query(&format!("select cast(q as varchar) from ({query}) as q order by 1"))?;
        Ok(found.rows.iter().filter_map(|row| row.first()).map(ToString::to_string).collect())
    }

    /// Makes the views, and gives the query of the rows that are asked for.
    fn trial(&mut self, start: usize, condition: &str, order: &[usize]) -> Result<String> {
        self.session.execute(
            "create or replace temp table effect_out (node integer, file varchar, row_number ubigint)",
        )?;
        let mut made = BTreeSet::new();
        // What is read comes before what reads it.
        let mut nodes = order.to_vec();
        nodes.sort_unstable();
        for node in nodes {
            if matches!(self.nodes[node].resource_type, "source" | "seed") {
                // One of which no row was found is read as it is.
                if self.count(node)? > 0 {
                    self.base(node)?;
                    made.insert(node);
                }
                continue;
            }
            let sql = self.retold(node, &mut made)?;
            if node == start {
                return Ok(format!(
                    "select {} from (\n{sql}\n) as q where (\n{condition}\n)",
                    self.own_columns(node)
                ));
            }
            self.session.execute(&format!(
                "create or replace temp view effect_{node} as select * from (\n{sql}\n) as q"
            ))?;
            made.insert(node);
        }
        Err(Error::defect("the table that is asked for is not among those on the way"))
    }

    /// The rows of a feed that were found, without those that are left out.
    fn base(&mut self, node: usize) -> Result<()> {
        let rows = rows_table(node);
        let sql = match (self.external(node), self.nodes[node].relation.clone()) {
            (Some(external), _) => {
                let found = self.session.query(&format!("select id from {rows} order by id"))?;
                let ids: Vec<String> =
                    found.rows.iter().filter_map(|row| row.first()).map(ToString::to_string).collect();
                let ids = ids.join(", ");
                let narrow = self.narrowed(node, &external, &files_of(&ids))?;
                let id = of_files(&external, 0);
                // As much as can be is looked up in the files' footers; of other files the row's number is not known before.
                let condition = match external.to_ascii_lowercase().contains("read_parquet(") {
                    true => files_condition(&external, &id, &ids),
                    false => "true".to_owned(),
                };
                format!(
                    "select * exclude ({ID}) from (select *, {id} as {ID} from {narrow} where {condition}) as f where {ID} in ({ids})"
                )
            }
            (None, Some(relation)) => format!(
                "select * from {} where rowid in (select cast(id as bigint) from {rows})",
                full_name(&relation)
            ),
            (None, None) => return Err(Error::new("a source has no rows")),
        };
        self.session.execute(&format!("create or replace temp table effect_base_{node} as {sql}"))?;
        let names: Vec<String> =
            self.nodes[node].columns.iter().map(|column| column.name.to_lowercase()).collect();
        let has = |name: &str| names.iter().any(|column| column == name);
        let filter = match has("src_filename") && has("src_row_number") {
            true => format!(
                "where not exists (select 1 from temp.effect_out as o where o.node = {node} and o.file = f.src_filename and o.row_number = f.src_row_number)"
            ),
            false => String::new(),
        };
        self.session.execute(&format!(
            "create or replace temp view effect_{node} as select f.* from temp.effect_base_{node} as f {filter}"
        ))?;
        Ok(())
    }

    /// The SQL of a model over these views.
    fn retold(&mut self, node: usize, made: &mut BTreeSet<usize>) -> Result<String> {
        let found = &self.nodes[node];
        if found.resource_type != "model" {
            return Err(Error::new(format!(
                "'{}' is a {}, which is not made of rows alone",
                found.name, found.resource_type
            )));
        }
        let sql = found
            .compiled
            .as_ref()
            .ok_or_else(|| Error::new(format!("the SQL of '{}' is not known", found.name)))?;
        let sql = sql.clone();
        let mut tree = self.parser.tree(&sql)?;
        let mut named = BTreeSet::new();
        self.tables_in(&tree, &mut named);
        for source in named.difference(&made.clone()) {
            // A feed of which no row was found is read as it is.
            if let Some(external) = self.external(*source) {
                self.session.execute(&format!(
                    "create or replace temp view effect_{source} as select * from {external}"
                ))?;
                made.insert(*source);
            }
        }
        let mut views = BTreeMap::new();
        for table in named.intersection(made) {
            let view = self.parser.tree(&format!("select 1 from temp.main.effect_{table}"))?;
            views.insert(*table, view["from_table"].clone());
        }
        self.rename(&mut tree, &views);
        self.parser.sql(tree)
    }

    /// The nodes whose tables a query names.
    fn tables_in(&self, tree: &Json, found: &mut BTreeSet<usize>) {
        if text(tree, "type") == "BASE_TABLE" {
            found.extend(node_of(&self.by_relation, &table_path(tree)));
        }
        match tree {
            Json::Object(members) => members.values().for_each(|part| self.tables_in(part, found)),
            Json::Array(items) => items.iter().for_each(|item| self.tables_in(item, found)),
            _ => {}
        }
    }

    /// Puts the views in the place of their tables, under the same names.
    fn rename(&self, tree: &mut Json, views: &BTreeMap<usize, Json>) {
        let view = match text(tree, "type") == "BASE_TABLE" {
            true => node_of(&self.by_relation, &table_path(tree)).and_then(|node| views.get(&node)),
            false => None,
        };
        if let Some(view) = view {
            let mut view = view.clone();
            for kept in ["alias", "sample", "column_name_alias"] {
                view[kept] = tree[kept].clone();
            }
            if text(&view, "alias").is_empty() {
                view["alias"] = tree["table_name"].clone();
            }
            *tree = view;
            return;
        }
        match tree {
            Json::Object(members) => members.values_mut().for_each(|part| self.rename(part, views)),
            Json::Array(items) => items.iter_mut().for_each(|item| self.rename(item, views)),
            _ => {}
        }
    }
}
