//! Follows rows of a table back, model by model, in a database that is only read.
//!
//! The rows of each table on the way are in a temporary table. A model is asked with its changed query
//! ([`super::annotator`]) for those of its rows that are looked for, and the rows that these list are added to the
//! tables that it reads. Models are taken from the last to the first, so that each is asked once.

use super::annotator::{Annotated, Annotator};
use super::condition::{unclear_condition, unreadable_condition};
use super::feed_files::FeedFiles;
use super::filter::VALUE;
use super::names::{by_relation, full_name, is_view};
use super::reach::{Reach, one_in, one_of};
use super::read::{ID, Read};
use super::row_id::{ANY_OF, BESIDE, ROWS, file_of, of_files, row_of, table_of};
use super::scope::{Need, needs};
use super::values::Values;
use crate::lineage::{Parser, items, text};
use ingot_core::error::{Error, Result};
use ingot_core::report::verb;
use ingot_engine::{Cell, Rows, Session, name_literal, text_literal};
use ingot_models::{RelationName, TypedColumn, TypedNode};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// As many values are put into a query as text; more are joined.
const LITERALS: usize = 200;

/// As many rows of which any would do are kept.
const SPARE: usize = 10_000;

/// A table on the way.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) need: Need,
    pub(super) notes: BTreeSet<String>,
    /// What it is read from.
    pub(super) from: BTreeSet<usize>,
}

pub(super) struct Follower<'a> {
    pub(super) nodes: &'a [TypedNode],
    pub(super) by_relation: HashMap<RelationName, usize>,
    pub(super) session: Box<dyn Session>,
    pub(super) parser: Parser,
    pub(super) reached: BTreeMap<usize, Reached>,
    /// The nodes that have a table of rows.
    made: BTreeSet<usize>,
    /// The nodes that have a table of rows of which any would do, and that are not named beside others that are needed.
    spare: BTreeSet<usize>,
    /// The files of the feeds that have been asked for, by the source's node.
    pub(super) feeds: BTreeMap<usize, FeedFiles>,
}

/// The table with the rows of a node: for a view, the rows of the tables that it reads.
pub(super) fn rows_table(node: usize) -> String {
    format!("temp.why_rows_{node}")
}

impl<'a> Follower<'a> {
    pub(super) fn new(nodes: &'a [TypedNode], session: Box<dyn Session>, parser: Parser) -> Self {
        Self {
            nodes,
            by_relation: by_relation(nodes),
            session,
            parser,
            reached: BTreeMap::new(),
            made: BTreeSet::new(),
            spare: BTreeSet::new(),
            feeds: BTreeMap::new(),
        }
    }

    /// Only one condition, and nothing else, is run.
    pub(super) fn check_condition(&mut self, start: usize, condition: &str) -> Result<()> {
        let tree = self.parser.tree(&format!("select 1 from one_table where (\n{condition}\n)"));
        let tree =
            tree.map_err(|error| unreadable_condition(&self.label(start), condition, error.message()))?;
        let is_condition = text(&tree, "type") == "SELECT_NODE"
            && !tree["where_clause"].is_null()
            && items(&tree, "modifiers").is_empty()
            && items(&tree, "group_expressions").is_empty();
        match is_condition {
            true => Ok(()),
            false => Err(Error::new(format!("'{condition}' is not a condition"))
                .hint("write what would stand after WHERE, such as order_id = 5")),
        }
    }

    /// The error of a statement with the condition in it, if it is one of the condition: what it names is not a column, or it
    /// is not SQL.
    fn unclear(&self, start: usize, condition: &str, error: Error) -> Error {
        let columns = self.nodes[start].columns.iter().map(|column| column.name.as_str());
        unclear_condition(&self.label(start), columns, condition, error)
    }

    /// Follows the rows of `start` that meet the condition to where they come from.
    pub(super) fn follow(&mut self, start: usize, condition: &str, need: &Need) -> Result<()> {
        self.reached.insert(start, Reached { need: need.clone(), ..Reached::default() });
        let mut left: BTreeSet<usize> = BTreeSet::from([start]);
        let first =
            match (self.external(start), is_view(&self.nodes[start]), self.nodes[start].relation.clone()) {
                (Some(external), ..) => Some(format!(
                    "select {} as id from {external} where (\n{condition}\n)",
                    of_files(&external, 0)
                )),
                (None, true, _) => None,
                (None, false, Some(relation)) => Some(format!(
                    "select cast(rowid as hugeint) as id from {} where (\n{condition}\n)",
                    full_name(&relation)
                )),
                (None, false, None) => return Err(Error::new("it has no rows")),
            };
        match first {
            Some(sql) => {
                self.make(start)?;
                let insert = format!(
                    "insert into {} select {start}, id, false, false from ({sql})",
                    rows_table(start)
                );
                let inserted = self.session.execute(&insert);
                inserted.map_err(|error| self.unclear(start, condition, error))?;
                if self.count(start)? == 0 {
                    return Err(no_rows(&self.label(start), condition));
                }
            }
            None => {
                self.make(start)?;
                left.remove(&start);
                let annotated = self.annotated(start, need)?;
                let sql = format!(
                    "select {ROWS}, false as any_of, false as weak from ({}) as q where (\n{condition}\n)",
                    annotated.sql
                );
                let found = self.session.execute(&format!("create or replace temp table why_found as {sql}"));
                found.map_err(|error| self.unclear(start, condition, error))?;
                if self.number("select count(*) from temp.why_found")? == 0 {
                    return Err(no_rows(&self.label(start), condition));
                }
                self.distribute(start, &annotated, &mut left, true)?;
            }
        }
        while let Some(node) = left.pop_last() {
            self.settle(node)?;
            let is_source =
                self.nodes[node].resource_type == "source" || self.nodes[node].resource_type == "seed";
            if !is_source && let Err(error) = self.step(node, &mut left) {
                self.note(node, format!("it cannot be followed further: {}", error.message()));
            }
        }
        Ok(())
    }

    pub(super) fn external(&self, node: usize) -> Option<String> {
        self.nodes[node].source.as_ref()?.external.clone()
    }

    /// `gold.fct_sales`, `bronze.customers`.
    pub(super) fn label(&self, node: usize) -> String {
        label(&self.nodes[node])
    }

    fn note(&mut self, node: usize, text: String) {
        self.reached.entry(node).or_default().notes.insert(text);
    }

    pub(super) fn annotated(&mut self, node: usize, need: &Need) -> Result<Annotated> {
        Annotator::new(&mut self.parser, self.nodes, &self.by_relation).annotate(node, need)
    }

    /// The query of a view that reads only the rows of tables that were found below it.
    pub(super) fn restricted(&mut self, node: usize, need: &Need, inputs: &[usize]) -> Result<String> {
        let rows = rows_table(node);
        let mut reads = BTreeMap::new();
        for input in inputs {
            let ids = format!("select id from {rows} where input = {input}");
            let read = match (self.external(*input), &self.nodes[*input].relation) {
                (Some(external), _) => {
                    let files =
                        self.of_hashes(*input, &external, &format!("select {} from ({ids})", file_of("id")))?;
                    let table = format!("why_feed_{input}");
                    let condition = format!("{ID} in ({ids})");
                    self.session.execute(&Read::keep(
                        &table,
                        "*",
                        &of_files(&external, 0),
                        &files,
                        Some(&condition),
                    ))?;
                    Read::Kept { table, columns: None }
                }
                (None, Some(relation)) => Read::Where {
                    table: full_name(relation),
                    condition: format!("rowid in (select cast(id as bigint) from ({ids}))"),
                },
                (None, None) => continue,
            };
            reads.insert(*input, read);
        }
        let annotator = Annotator::new(&mut self.parser, self.nodes, &self.by_relation);
        Ok(annotator.reading(reads).annotate(node, need)?.sql)
    }

    pub(super) fn number(&mut self, sql: &str) -> Result<u64> {
        let rows = self.session.query(sql)?;
        Ok(rows
            .first()
            .and_then(Cell::as_i64)
            .and_then(|number| u64::try_from(number).ok())
            .unwrap_or_default())
    }

    pub(super) fn count(&mut self, node: usize) -> Result<u64> {
        if !self.made.contains(&node) {
            return Ok(0);
        }
        self.number(&format!("select count(*) from {}", rows_table(node)))
    }

    fn make(&mut self, node: usize) -> Result<()> {
        if self.made.insert(node) {
            let table = rows_table(node);
            self.session.execute(&format!(
                "create or replace temp table {} (input integer, id hugeint, any_of boolean, weak boolean)",
                table.trim_start_matches("temp.")
            ))?;
        }
        Ok(())
    }

    /// Each row once. A row of which any other would do is not needed where one of them is needed anyway.
    pub(super) fn settle(&mut self, node: usize) -> Result<()> {
        if !self.made.contains(&node) {
            return Ok(());
        }
        let table = rows_table(node);
        let both = format!(
            "select 1 from {table} group by input, id having bool_or(any_of) and not bool_and(any_of) limit 1"
        );
        let is_covered = !self.session.query(&both)?.rows.is_empty();
        if is_covered {
            self.spare.insert(node);
            self.session.execute(&format!(
                "create or replace temp table why_spare_{node} as select id from {table} group by id having bool_and(any_of) limit {SPARE}"
            ))?;
        }
        let only = if is_covered { "having not bool_and(any_of)" } else { "" };
        let name = table.trim_start_matches("temp.");
        self.session.execute(&format!(
            "create or replace temp table {name} as select input, id, bool_and(any_of) as any_of, bool_and(weak) as weak from {table} group by input, id {only}"
        ))?;
        Ok(())
    }

    /// Asks a model for what its rows are made of.
    fn step(&mut self, node: usize, left: &mut BTreeSet<usize>) -> Result<()> {
        if self.count(node)? == 0 {
            return Ok(());
        }
        let need = self.reached.get(&node).map(|reached| reached.need.clone()).unwrap_or_default();
        let keys = self.identify(node)?;
        let mut tests = Vec::new();
        for key in &keys {
            let values = self.session.query(&format!(
                "select distinct {} from temp.why_keys limit {}",
                name_literal(&key.name),
                LITERALS + 1
            ))?;
            let test = match values.rows.len() <= LITERALS {
                true => in_list(&key.data_type, &values),
                false => one_in("temp.why_keys", &key.name),
            };
            tests.push((key.name.clone(), test));
        }
        let reads = self.reads(node, &need, &tests)?;
        let annotator = Annotator::new(&mut self.parser, self.nodes, &self.by_relation);
        let annotated = annotator.reading(reads).annotate(node, &need)?;
        let conditions: Vec<String> = tests
            .iter()
            .map(|(name, test)| format!("({})", test.replace(VALUE, &name_literal(name))))
            .collect();
        let names: Vec<String> = keys.iter().map(|key| name_literal(&key.name)).collect();
        let same: Vec<String> =
            names.iter().map(|name| format!("q.{name} is not distinct from k.{name}")).collect();
        let filter =
            if conditions.is_empty() { String::new() } else { format!("where {}", conditions.join(" and ")) };
        let (listed, same) = (names.join(", "), same.join(" and "));
        self.session.execute(&format!(
            "create or replace temp table why_found as \
             with q as (select {listed}, {ROWS} from (\n{}\n) as q {filter}) \
             select q.*, k.any_of, k.weak from q inner join temp.why_keys as k on {same}",
            annotated.sql
        ))?;
        let asked = self.number("select count(*) from temp.why_keys")?;
        let given =
            self.number(&format!("select count(*) from (select distinct {listed} from temp.why_found)"))?;
        if given < asked {
            let what = match (asked, given) {
                (1, _) => "this row is".to_owned(),
                (asked, 0) => format!("these {asked} rows are"),
                (asked, given) => {
                    format!("{} of these {asked} rows {}", asked - given, verb(asked - given, "is", "are"))
                }
            };
            self.note(
                node,
                format!(
                    "{what} not what the model's SQL gives now: it was built from other rows, or by other SQL"
                ),
            );
        }
        self.distribute(node, &annotated, left, false)
    }

    /// What is read in the place of tables when a model is asked for some columns of rows that pass these tests of others: only
    /// what can matter, and files once.
    fn reads(
        &mut self,
        node: usize,
        need: &Need,
        tests: &[(String, String)],
    ) -> Result<BTreeMap<usize, Read>> {
        let reach = Reach::new(&mut self.parser, self.nodes, &self.by_relation).of(node, tests)?;
        let reads_whole = reach.iter().any(|(table, reading)| {
            reading.condition.is_none()
                && self.nodes[*table].source.as_ref().is_some_and(|one| one.external.is_some())
        });
        let mut values = BTreeMap::new();
        if reads_whole {
            let asked = tests.iter().map(|(name, _)| name.to_lowercase());
            let need = need.clone().map(|need| need.into_iter().chain(asked).collect());
            values = Values::new(&mut self.parser, self.nodes, &self.by_relation).of(node, &need)?;
        }
        let mut out = BTreeMap::new();
        for (table, reading) in reach {
            let found = &self.nodes[table];
            let read = match (self.external(table), &found.relation, reading.condition) {
                (Some(external), _, condition) => {
                    // All columns of few rows cost nothing.
                    let kept = match condition {
                        Some(_) => Columns::default(),
                        None => columns_of(&found.columns, &reading.columns, values.get(&table)),
                    };
                    let files = self.with_values(table, &external, &reading.wanted)?;
                    let table = format!("why_feed_{table}");
                    let id = of_files(&external, 0);
                    let read = kept.read.as_deref().unwrap_or("*");
                    self.session.execute(&Read::keep(&table, read, &id, &files, condition.as_deref()))?;
                    Read::Kept { table, columns: kept.shown }
                }
                (None, Some(relation), Some(condition)) => {
                    Read::Where { table: full_name(relation), condition }
                }
                (None, ..) => continue,
            };
            out.insert(table, read);
        }
        Ok(out)
    }

    /// Adds the rows that were listed to the tables that they are rows of.
    fn distribute(
        &mut self,
        node: usize,
        annotated: &Annotated,
        left: &mut BTreeSet<usize>,
        is_start: bool,
    ) -> Result<()> {
        self.session.execute(&format!(
            "create or replace temp table why_ids as \
             select distinct {} as input, {} as id, any_of or (why_id & {ANY_OF}) <> 0 as any_of, \
             weak or (why_id & {}) <> 0 as weak \
             from (select unnest({ROWS}) as why_id, any_of, weak from temp.why_found)",
            table_of("why_id"),
            row_of("why_id"),
            ANY_OF | BESIDE
        ))?;
        for (at, input) in annotated.inputs.iter().enumerate() {
            let target = input.node;
            let of_views = input.through.iter().copied().chain(is_start.then_some(node));
            for table in std::iter::once(target).chain(of_views) {
                self.make(table)?;
                self.session.execute(&format!(
                    "insert into {} select {target}, id, any_of, weak from temp.why_ids where input = {at}",
                    rows_table(table)
                ))?;
            }
            let path: Vec<usize> =
                std::iter::once(node).chain(input.through.iter().copied()).chain([target]).collect();
            for pair in path.windows(2) {
                self.reached.entry(pair[0]).or_default().from.insert(pair[1]);
                self.reached
                    .entry(pair[1])
                    .or_insert_with(|| Reached { need: Some(BTreeSet::new()), ..Reached::default() });
            }
            left.insert(target);
        }
        for (other, need) in &annotated.needs {
            let reached = self
                .reached
                .entry(*other)
                .or_insert_with(|| Reached { need: Some(BTreeSet::new()), ..Reached::default() });
            match (&mut reached.need, need) {
                (Some(known), Some(need)) => known.extend(need.iter().cloned()),
                (known, _) => *known = None,
            }
        }
        for note in &annotated.notes {
            self.note(node, note.clone());
        }
        Ok(())
    }

    /// These columns, after those that tell rows of the node apart.
    pub(super) fn with_keys(&self, node: usize, columns: Vec<String>) -> Vec<String> {
        let found = &self.nodes[node];
        let tests = self.nodes.iter().filter_map(|node| node.test.as_ref());
        let mut keys: Vec<String> = tests
            .filter(|test| test.test == "unique" && test.node.as_ref() == Some(&found.unique_id))
            .filter_map(|test| test.column.clone())
            .collect();
        if found.materialized == "incremental" && keys.is_empty() {
            keys.clone_from(&found.watched);
        }
        keys.retain(|key| found.columns.iter().any(|column| column.name.eq_ignore_ascii_case(key)));
        let rest = columns.into_iter().filter(|name| !keys.iter().any(|key| key.eq_ignore_ascii_case(name)));
        let rest: Vec<String> = rest.collect();
        keys.into_iter().chain(rest).collect()
    }

    /// The rows of a node that were found, with those of which any would do, as SQL.
    pub(super) fn with_spare(&self, node: usize) -> String {
        let rows = rows_table(node);
        match self.spare.contains(&node) {
            true => format!(
                "(select id, any_of, weak from {rows} union all select id, true, true from temp.why_spare_{node} where id not in (select id from {rows}))"
            ),
            false => format!("(select id, any_of, weak from {rows})"),
        }
    }

    /// The columns that tell the rows apart, with their values in `why_keys`.
    fn identify(&mut self, node: usize) -> Result<Vec<TypedColumn>> {
        let found = &self.nodes[node];
        let relation = found.relation.as_ref().ok_or_else(|| Error::new("it has no table"))?;
        let table = full_name(relation);
        let of =
            |name: &str| found.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).cloned();
        // When a row of a snapshot was valid is not of its query.
        let is_own =
            |column: &TypedColumn| found.resource_type != "snapshot" || !column.name.starts_with("dbt_");
        let mut candidates: Vec<Vec<TypedColumn>> = Vec::new();
        if found.materialized == "incremental" && !found.watched.is_empty() {
            candidates.extend(found.watched.iter().map(|name| of(name)).collect::<Option<Vec<_>>>());
        }
        let tests = self.nodes.iter().filter_map(|node| node.test.as_ref());
        for test in tests.filter(|test| test.test == "unique" && test.node.as_ref() == Some(&found.unique_id))
        {
            let column = test.column.as_deref().and_then(of).filter(|column| is_own(column));
            candidates.extend(column.map(|column| vec![column]));
        }
        let own = found
            .columns
            .iter()
            .filter(|column| found.resource_type != "snapshot" || !column.name.starts_with("dbt_"));
        candidates.push(own.filter(|column| is_comparable(&column.data_type)).cloned().collect());
        let last = candidates.len() - 1;
        let rows = self.count(node)?;
        let ids = rows_table(node);
        for (at, keys) in candidates.into_iter().enumerate() {
            if keys.is_empty() {
                continue;
            }
            let names: Vec<String> = keys.iter().map(|key| name_literal(&key.name)).collect();
            let names = names.join(", ");
            let picked = self.picked(node, rows)?;
            self.session.execute(&format!(
                "create or replace temp table why_keys as select {names}, bool_and(why_any_of) as any_of, bool_and(why_weak) as weak \
                 from (select t.*, r.any_of as why_any_of, r.weak as why_weak from {table} as t inner join {ids} as r on t.rowid = cast(r.id as bigint) {picked}) group by {names}"
            ))?;
            let is_key = self.number("select count(*) from temp.why_keys")? == rows
                && self.number(&format!(
                    "select count(*) from {table} where ({names}) in (select ({names}) from temp.why_keys)"
                ))? == rows;
            if is_key || at == last {
                return Ok(keys);
            }
        }
        Err(Error::new("none of its columns can be compared"))
    }

    /// A condition on the rows of a table `t`, which lets few of them be found without reading all.
    pub(super) fn picked(&mut self, node: usize, rows: u64) -> Result<String> {
        if rows > LITERALS as u64 {
            return Ok(String::new());
        }
        let ids = self.session.query(&format!("select cast(id as bigint) from {}", rows_table(node)))?;
        let ids: Vec<String> = ids.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        Ok(if ids.is_empty() { String::new() } else { format!("where t.rowid in ({})", ids.join(", ")) })
    }
}

/// SQL for the columns of a file that are read, and for those that a query sees of what was read; `None` for all.
#[derive(Default)]
struct Columns {
    read: Option<String>,
    shown: Option<String>,
}

/// The columns that a query names, of which those are read whose values can matter. The others are NULL.
fn columns_of(columns: &[TypedColumn], named: &Need, values: Option<&Need>) -> Columns {
    let nothing = Some(BTreeSet::new());
    let values = values.unwrap_or(&nothing);
    let (mut read, mut shown) = (Vec::new(), Vec::new());
    for column in columns.iter().filter(|column| needs(named, &column.name)) {
        let name = name_literal(&column.name);
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "(), _".contains(letter);
        if needs(values, &column.name) || !column.data_type.chars().all(is_plain) {
            read.push(name.clone());
            shown.push(name);
        } else {
            shown.push(format!("CAST(NULL AS {}) AS {name}", column.data_type));
        }
    }
    match read.is_empty() {
        true => Columns::default(),
        false => Columns { read: Some(read.join(", ")), shown: Some(shown.join(", ")) },
    }
}

/// `gold.fct_sales`, `bronze.customers`.
pub(super) fn label(node: &TypedNode) -> String {
    match (&node.source, &node.relation) {
        (Some(source), _) => format!("{}.{}", source.source_name, node.name),
        (None, Some(relation)) => format!("{}.{}", relation.schema, relation.identifier),
        (None, None) => node.name.clone(),
    }
}

fn no_rows(table: &str, condition: &str) -> Error {
    Error::new(format!("no row of {table} has {condition}"))
        .hint("check the condition; a run may have changed the table since")
}

/// Whether equal values of a type are equal again when they are computed again.
fn is_comparable(data_type: &str) -> bool {
    let upper = data_type.to_uppercase();
    !["DOUBLE", "FLOAT", "REAL", "STRUCT", "MAP", "UNION", "JSON", "BLOB", "VARIANT"]
        .iter()
        .any(|kind| upper.starts_with(kind))
        && !upper.ends_with(']')
}

/// A test of a value: that it is one of these.
fn in_list(data_type: &str, values: &Rows) -> String {
    let cells: Vec<&Cell> = values.rows.iter().filter_map(|row| row.first()).collect();
    let literals: Vec<String> = cells
        .iter()
        .filter(|cell| !cell.is_null())
        .map(|cell| match cell {
            Cell::Int(number) => number.to_string(),
            other => format!("cast({} as {data_type})", text_literal(&other.to_string())),
        })
        .collect();
    one_of(&literals, cells.iter().any(|cell| cell.is_null()))
}
