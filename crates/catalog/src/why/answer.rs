//! From followed rows to an answer: samples of the rows, their raw text, the expressions that made the values.

use super::expression::made_by;
use super::follow::{Follower, label, rows_table};
use super::found::{WhyExpression, WhyTable};
use super::names::{full_name, is_view};
use super::question::{WhyPlaces, WhyQuestion};
use super::row_id::{ROWS, row_of, table_of};
use super::scope::Need;
use crate::source_types::SourceTypes;
use ingot_core::error::Result;
use ingot_core::report::{counted, verb};
use ingot_engine::{Cell, name_literal};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a value that are given.
const CHARACTERS: usize = 2000;

/// The values that rows of a feed have in columns of keys.
pub(super) type FeedValues = BTreeMap<String, BTreeSet<String>>;

/// What the answer is made of.
pub(super) struct Answer<'a> {
    pub(super) follower: Follower<'a>,
    pub(super) sources: &'a SourceTypes,
    pub(super) places: &'a WhyPlaces,
    pub(super) question: &'a WhyQuestion,
    start: usize,
    /// What the rows of each feed have in their keys, by the source's node.
    pub(super) bronze: BTreeMap<usize, FeedValues>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        follower: Follower<'a>,
        sources: &'a SourceTypes,
        places: &'a WhyPlaces,
        question: &'a WhyQuestion,
        start: usize,
    ) -> Self {
        Self { follower, sources, places, question, start, bronze: BTreeMap::new() }
    }

    /// The tables on the way, the one that was asked for first.
    pub(super) fn tables(&mut self) -> Result<Vec<WhyTable>> {
        let order: Vec<usize> = self.follower.reached.keys().rev().copied().collect();
        let place: BTreeMap<usize, usize> = order.iter().enumerate().map(|(at, node)| (*node, at)).collect();
        for node in &order {
            if is_view(&self.follower.nodes[*node]) {
                self.follower.settle(*node)?;
            }
        }
        let mut tables = Vec::new();
        for node in &order {
            let mut table = self.table(*node)?;
            let from =
                self.follower.reached.get(node).map(|reached| reached.from.clone()).unwrap_or_default();
            // In the order in which the model depends on them, the newest first.
            table.from = from.iter().rev().filter_map(|other| place.get(other).copied()).collect();
            tables.push(table);
        }
        for (at, node) in order.iter().enumerate() {
            let rejected = self.rejected(*node, &tables[at], &order, &tables)?;
            tables[at].rejected = rejected.0;
            if rejected.1 > tables[at].rejected.len() as u64 {
                let more = rejected.1 - tables[at].rejected.len() as u64;
                tables[at].notes.push(format!(
                    "{} {} the same key",
                    counted(more, "more rejected row"),
                    verb(more, "has", "have")
                ));
            }
        }
        Ok(tables)
    }

    fn table(&mut self, node: usize) -> Result<WhyTable> {
        let found = &self.follower.nodes[node];
        let reached = self.follower.reached.get(&node);
        let need = reached.map(|reached| reached.need.clone()).unwrap_or_default();
        let notes = reached.map(|reached| reached.notes.iter().cloned().collect()).unwrap_or_default();
        let is_asked = |name: &str| need.as_ref().is_none_or(|names| names.contains(&name.to_lowercase()));
        let columns: Vec<String> =
            found.columns.iter().map(|column| column.name.clone()).filter(|name| is_asked(name)).collect();
        let mut table = WhyTable {
            node: found.unique_id.clone(),
            table: label(found),
            kind: found.resource_type,
            rows: 0,
            any_of: false,
            columns: columns.clone(),
            expressions: Vec::new(),
            sample: Vec::new(),
            shown: self.follower.with_keys(node, columns),
            raw: Vec::new(),
            rejected: Vec::new(),
            notes,
            from: Vec::new(),
        };
        if let Some(sql) = &found.compiled
            && found.resource_type != "source"
        {
            let tree = self.follower.parser.tree(sql);
            for column in table.columns.iter().filter(|_| self.question.column.is_some()) {
                let made = tree.as_ref().ok().and_then(|tree| made_by(tree, column));
                if let Some(expression) = made {
                    let sql = self.follower.parser.expression_sql(expression)?;
                    table.expressions.push(WhyExpression { column: column.clone(), sql });
                }
            }
        }
        if is_view(found) {
            self.view(node, &need, &mut table)?;
        } else {
            table.rows = self.follower.count(node)?;
            let weak = format!("select count(*) from {} where not any_of", rows_table(node));
            table.any_of = table.rows > 1 && self.follower.number(&weak)? == 0;
            if table.rows > 0 {
                match self.follower.external(node) {
                    Some(external) => self.files(node, &external, &mut table)?,
                    None => self.stored(node, &mut table)?,
                }
            }
        }
        Ok(table)
    }

    /// Rows of a table in the warehouse.
    fn stored(&mut self, node: usize, table: &mut WhyTable) -> Result<()> {
        let Some(relation) = &self.follower.nodes[node].relation else { return Ok(()) };
        let ids = self.first_ids(node)?;
        if table.shown.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "select {} from {} as t where t.rowid in ({ids}) order by t.rowid",
            listed(&table.shown),
            full_name(relation)
        );
        table.sample = self.sample(&sql)?;
        Ok(())
    }

    /// The first rows of a node by their number, as SQL.
    pub(super) fn first_ids(&mut self, node: usize) -> Result<String> {
        let sql =
            format!("select id from {} order by any_of, id limit {}", rows_table(node), self.question.limit);
        let rows = self.follower.session.query(&sql)?;
        let ids: Vec<String> = rows.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        Ok(ids.join(", "))
    }

    /// All rows of a node by their number, as SQL.
    pub(super) fn all_ids(&mut self, node: usize) -> Result<String> {
        let rows =
            self.follower.session.query(&format!("select id from {} order by id", rows_table(node)))?;
        let ids: Vec<String> = rows.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        Ok(ids.join(", "))
    }

    /// Rows of a view: those that are made of the rows that were found below it.
    fn view(&mut self, node: usize, need: &Need, table: &mut WhyTable) -> Result<()> {
        let annotated = self.follower.annotated(node, need)?;
        let below = rows_table(node);
        let inputs: Vec<String> = annotated
            .inputs
            .iter()
            .enumerate()
            .map(|(at, input)| format!("when {at} then {}", input.node))
            .collect();
        if inputs.is_empty() || self.follower.count(node)? == 0 {
            return Ok(());
        }
        let is_start = node == self.start;
        let condition = if is_start { format!("({})", self.question.condition) } else { "true".to_owned() };
        let mut sql = annotated.sql;
        if annotated.row_by_row && !is_start {
            let mut tables: Vec<usize> = annotated.inputs.iter().map(|input| input.node).collect();
            tables.sort_unstable();
            tables.dedup();
            sql = self.follower.restricted(node, need, &tables)?;
        }
        let tag = table_of("why_id");
        self.follower.session.execute(&format!(
            "create or replace temp table why_view as \
             with q as (select row_number() over () as why_row, * from (\n{sql}\n) as q where {condition}), \
             pairs as (select why_row, case cast({tag} as integer) {} end as input, {} as id from (select why_row, unnest({ROWS}) as why_id from q)) \
             select * exclude ({ROWS}) from q where why_row in (select why_row from pairs where (input, id) in (select (input, id) from {below}))",
            inputs.join(" "),
            row_of("why_id"),
        ))?;
        table.rows = self.follower.number("select count(*) from temp.why_view")?;
        if !table.shown.is_empty() {
            let sql = format!(
                "select {} from temp.why_view order by why_row limit {}",
                listed(&table.shown),
                self.question.limit
            );
            table.sample = self.sample(&sql)?;
        }
        Ok(())
    }

    fn sample(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let rows = self.follower.session.query(sql)?;
        Ok(rows.rows.iter().map(|row| row.iter().map(shown_cell).collect()).collect())
    }
}

pub(super) fn listed(names: &[String]) -> String {
    names.iter().map(|name| name_literal(name)).collect::<Vec<_>>().join(", ")
}

pub(super) fn shown_cell(cell: &Cell) -> Option<String> {
    if cell.is_null() {
        return None;
    }
    let text = cell.to_string();
    Some(match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}
