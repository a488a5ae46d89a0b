//! From followed rows to an answer: samples of the rows, their raw text, the expressions that made the values.

use super::expression::made_by;
use super::follow::{Follower, WhyQuestion, label, rows_table};
use super::found::{RawRow, RejectedRow, Why, WhyExpression, WhyTable};
use super::names::{full_name, is_view};
use super::row_id::{ROWS, files_condition, of_files, row_of, table_of};
use super::scope::Need;
use crate::source_types::SourceTypes;
use ingot_bronze::{delivered_rows, rejected_rows};
use ingot_contract::{Contract, Format};
use ingot_core::error::{Error, Result};
use ingot_engine::duckdb::confined_to;
use ingot_engine::{Cell, EngineOptions, name_literal};
use ingot_models::{TypedNode, TypedProject};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Characters of a value that are given.
const CHARACTERS: usize = 2000;
/// Columns of a key that are looked at for rejected rows.
const KEY_VALUES: usize = 20;

/// Where the rows are.
#[derive(Debug, Clone)]
pub struct WhyPlaces {
    /// The warehouse, opened for reading.
    pub warehouse: EngineOptions,
    /// The folder of raw files.
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// Whether the condition comes from somebody who may read nothing but the warehouse, the lake and raw files.
    pub confined: bool,
    /// How long it may take.
    pub patience: Option<Duration>,
}

/// Follows the rows that are asked for back to raw files.
///
/// # Errors
/// There is no such table or column, the condition is not SQL or no row meets it, or the warehouse cannot be read.
pub fn why(
    project: &TypedProject,
    sources: &SourceTypes,
    places: &WhyPlaces,
    question: &WhyQuestion,
) -> Result<Why> {
    let start = find(&project.nodes, &question.table)?;
    let node = &project.nodes[start];
    let need: Need = match &question.column {
        None => None,
        Some(name) => {
            let column = node.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            let column = column.ok_or_else(|| {
                let names = node.columns.iter().map(|column| column.name.as_str());
                Error::new(format!("{} has no column '{name}'", label(node))).did_you_mean(name, names)
            })?;
            Some(BTreeSet::from([column.name.to_lowercase()]))
        }
    };
    let engine = places.warehouse.open()?;
    let mut session = engine.session()?;
    let stop = session.interrupter();
    if places.confined {
        session.execute(&confined_to(&[places.lake.clone(), places.raw.clone()]))?;
    }
    let mut follower = Follower::new(&project.nodes, session)?;
    follower.check_condition(&question.condition)?;
    let mut answer = Answer { follower, sources, places, question, start, bronze: BTreeMap::new() };
    let mut ask = || {
        answer.follower.follow(start, &question.condition, &need)?;
        answer.tables()
    };
    let tables = match places.patience {
        None => ask()?,
        Some(patience) => within(patience, stop.as_ref(), ask)?,
    };
    Ok(Why { condition: question.condition.clone(), column: question.column.clone(), tables })
}

/// Stops DuckDB when it takes longer than this.
fn within<T>(
    patience: Duration,
    stop: &(dyn Fn() + Send + Sync),
    ask: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let (done, is_done) = channel::<()>();
    let begun = Instant::now();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut left = patience;
            while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(left) {
                stop();
                left = Duration::from_millis(50);
            }
        });
        let answer = ask();
        drop(done);
        answer
    });
    match answer {
        Err(_) if begun.elapsed() >= patience => Err(Error::new("it took too long and was stopped")),
        answer => answer,
    }
}

fn find(nodes: &[TypedNode], name: &str) -> Result<usize> {
    let has_rows = |node: &TypedNode| matches!(node.resource_type, "model" | "source" | "seed" | "snapshot");
    let by = |test: &dyn Fn(&TypedNode) -> bool| -> Vec<usize> {
        (0..nodes.len()).filter(|at| has_rows(&nodes[*at]) && test(&nodes[*at])).collect()
    };
    let same = |text: &str| text.eq_ignore_ascii_case(name);
    let exact = by(&|node| same(&node.unique_id) || same(&label(node)));
    let found = if exact.is_empty() { by(&|node| same(&node.name)) } else { exact };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let labels: Vec<String> = nodes.iter().filter(|node| has_rows(node)).map(label).collect();
            let names = nodes.iter().filter(|node| has_rows(node)).map(|node| node.name.as_str());
            let candidates: Vec<&str> = labels.iter().map(String::as_str).chain(names).collect();
            Err(Error::new(format!("there is no table '{name}'")).did_you_mean(name, candidates))
        }
        several => {
            let labels: Vec<String> = several.iter().map(|at| label(&nodes[*at])).collect();
            Err(Error::new(format!("'{name}' may be {}", labels.join(" or "))).hint("name the schema too"))
        }
    }
}

/// The values of the rows of a feed that were found, by column; and whether they were all looked at.
type FeedValues = BTreeMap<String, BTreeSet<String>>;

struct Answer<'a> {
    follower: Follower<'a>,
    sources: &'a SourceTypes,
    places: &'a WhyPlaces,
    question: &'a WhyQuestion,
    start: usize,
    /// What the rows of each feed have in their keys, by the source's node.
    bronze: BTreeMap<usize, FeedValues>,
}

impl Answer<'_> {
    fn tables(&mut self) -> Result<Vec<WhyTable>> {
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
                tables[at].notes.push(format!("{more} more rejected rows have the same key"));
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
            shown: columns,
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
    fn first_ids(&mut self, node: usize) -> Result<String> {
        let sql =
            format!("select id from {} order by any_of, id limit {}", rows_table(node), self.question.limit);
        let rows = self.follower.session.query(&sql)?;
        let ids: Vec<String> = rows.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        Ok(ids.join(", "))
    }

    /// Rows of files of the lake, with their places in raw files.
    fn files(&mut self, node: usize, external: &str, table: &mut WhyTable) -> Result<()> {
        let ids = self.first_ids(node)?;
        let id = of_files(external, 0);
        let condition = files_condition(external, &id, &ids);
        let contract = self.sources.contract_read_by(external);
        let audit = ["src_filename", "src_row_number", "ingestion_ts", "src_row_hash"];
        let has = |name: &str| {
            self.follower.nodes[node].columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
        };
        let audit: Vec<String> = audit
            .iter()
            .map(|name| if has(name) { format!("cast({name} as varchar)") } else { "null".to_owned() })
            .collect();
        let shown = table.shown.clone();
        let own = if shown.is_empty() { String::new() } else { format!(", {}", listed(&shown)) };
        let sql = format!("select {}{own} from {external} where {condition} order by {id}", audit.join(", "));
        let rows = self.follower.session.query(&sql)?;
        for row in rows.rows {
            let (audit, values) = row.split_at(4);
            table.sample.push(values.iter().map(shown_cell).collect());
            if let [file, number, at, hash] = audit
                && let (false, Ok(number)) = (file.is_null(), number.to_string().parse())
            {
                table.raw.push(RawRow {
                    file: file.to_string(),
                    row_number: number,
                    line: None,
                    ingestion_ts: at.to_string(),
                    text: Some(hash.to_string()),
                });
            }
        }
        let Some(contract) = contract else {
            table.raw.iter_mut().for_each(|row| row.text = None);
            return Ok(());
        };
        add_texts(contract, &self.places.raw, &mut table.raw);
        self.keys(node, external, contract, &id)
    }

    /// What the rows of a feed have in the columns of keys, where that is the same or little.
    fn keys(&mut self, node: usize, external: &str, contract: &Contract, id: &str) -> Result<()> {
        let referring = contract.relationships.iter().filter_map(|one| match one.columns.as_slice() {
            [column] => Some(column.as_str()),
            _ => None,
        });
        let key: Vec<&str> =
            contract.primary_key().iter().map(|column| column.name.as_str()).chain(referring).collect();
        let all = self.follower.session.query(&format!(
            "select id from {} limit {}",
            rows_table(node),
            KEY_VALUES * 10 + 1
        ))?;
        if key.is_empty() || all.rows.len() > KEY_VALUES * 10 {
            return Ok(());
        }
        let ids: Vec<String> = all.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        let condition = files_condition(external, id, &ids.join(", "));
        let listed: Vec<String> = key
            .iter()
            .map(|name| format!("list(distinct cast({} as varchar))", name_literal(name)))
            .collect();
        let rows = self
            .follower
            .session
            .query(&format!("select {} from {external} where {condition}", listed.join(", ")))?;
        let Some(row) = rows.rows.first() else { return Ok(()) };
        let values = self.bronze.entry(node).or_default();
        for (name, cell) in key.iter().zip(row) {
            if let Cell::Nested(nested) = cell
                && let ingot_engine::NestedValue::List(cells) = &nested.value
            {
                let texts = cells.iter().filter(|cell| !cell.is_null()).map(Cell::to_string).collect();
                values.insert((*name).to_owned(), texts);
            }
        }
        Ok(())
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
        let few = self.follower.session.query(&format!("select input, id from {below} limit 201"))?;
        let mut sql = annotated.sql;
        if annotated.row_by_row && few.rows.len() <= 200 && !is_start {
            // Only these rows of the files need to be read.
            let mut by_input: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            for row in &few.rows {
                if let [input, id] = row.as_slice()
                    && let Some(input) = input.as_i64().and_then(|input| usize::try_from(input).ok())
                {
                    by_input.entry(input).or_default().push(id.to_string());
                }
            }
            sql = self.follower.restricted(node, need, &by_input)?;
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

    /// Rejected rows that belong to the rows that were found: those of the same key, and where a table has no row, those to
    /// which found rows refer.
    fn rejected(
        &self,
        node: usize,
        table: &WhyTable,
        order: &[usize],
        tables: &[WhyTable],
    ) -> Result<(Vec<RejectedRow>, u64)> {
        let mut out = (Vec::new(), 0);
        if table.rows == 0 {
            for source in self.sources_of(node) {
                let Some(contract) = self.contract(source) else { continue };
                for (name, values) in self.missing(contract, order, tables) {
                    self.add_rejected(contract, &[(name, values)], &mut out)?;
                }
            }
            return Ok(out);
        }
        let (Some(contract), Some(values)) = (self.contract(node), self.bronze.get(&node)) else {
            return Ok(out);
        };
        // Of one row its key, of several what they have in common.
        let key: Vec<&str> = contract.primary_key().iter().map(|column| column.name.as_str()).collect();
        let wanted: Vec<(String, BTreeSet<String>)> = values
            .iter()
            .filter(|(name, values)| values.len() == 1 && (table.rows > 1 || key.contains(&name.as_str())))
            .map(|(name, values)| (name.clone(), values.clone()))
            .collect();
        if !wanted.is_empty() {
            self.add_rejected(contract, &wanted, &mut out)?;
        }
        Ok(out)
    }

    fn add_rejected(
        &self,
        contract: &Contract,
        wanted: &[(String, BTreeSet<String>)],
        out: &mut (Vec<RejectedRow>, u64),
    ) -> Result<()> {
        let in_file = |name: &str| contract.column(name).map(|(_, column)| column.name_in_files().to_owned());
        let wanted: Option<Vec<_>> =
            wanted.iter().map(|(name, values)| Some((in_file(name)?, values.clone()))).collect();
        let Some(wanted) = wanted else { return Ok(()) };
        let (rows, all) = rejected_rows(contract, &self.places.lake, &wanted, self.question.limit)?;
        out.1 += all;
        out.0.extend(rows.into_iter().map(|row| RejectedRow {
            file: row.file,
            row_number: row.position.row,
            line: row.position.line,
            reasons: row.reasons.iter().map(|reason| reason.code.clone()).collect(),
            text: row.text,
        }));
        Ok(())
    }

    /// The contract of a source that is read from bronze.
    fn contract(&self, node: usize) -> Option<&Contract> {
        self.sources.contract_read_by(self.follower.external(node)?.as_str())
    }

    /// The sources that a node is made of; a source is its own.
    fn sources_of(&self, node: usize) -> BTreeSet<usize> {
        let nodes = self.follower.nodes;
        let (mut found, mut left, mut seen) = (BTreeSet::new(), vec![node], BTreeSet::new());
        while let Some(one) = left.pop() {
            if !seen.insert(one) {
                continue;
            }
            if nodes[one].resource_type == "source" {
                found.insert(one);
            }
            let parents = &nodes[one].depends_on;
            left.extend((0..nodes.len()).filter(|at| parents.contains(&nodes[*at].unique_id)));
        }
        found
    }

    /// The keys of a feed to which rows of other feeds refer.
    fn missing(&self, contract: &Contract, order: &[usize], tables: &[WhyTable]) -> FeedValues {
        let mut out = FeedValues::new();
        for (at, node) in order.iter().enumerate() {
            let other = self.contract(*node).filter(|_| tables[at].rows > 0);
            let (Some(other), Some(values)) = (other, self.bronze.get(node)) else { continue };
            for relationship in other.relationships.iter().filter(|one| one.table == contract.name) {
                if let ([column], [target]) = (relationship.columns.as_slice(), relationship.to.as_slice())
                    && let Some(found) = values.get(column)
                {
                    out.entry(target.clone()).or_default().extend(found.iter().cloned());
                }
            }
        }
        out
    }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| name_literal(name)).collect::<Vec<_>>().join(", ")
}

fn shown_cell(cell: &Cell) -> Option<String> {
    if cell.is_null() {
        return None;
    }
    let text = cell.to_string();
    Some(match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// Reads the rows' text from the raw files. A row whose file has gone or has other content now stays without.
fn add_texts(contract: &Contract, raw_folder: &Path, rows: &mut [RawRow]) {
    let mut by_file: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for row in rows.iter() {
        by_file.entry(row.file.clone()).or_default().insert(row.row_number);
    }
    let has_text = !matches!(contract.raw.format, Format::Parquet | Format::Delta);
    let mut found = BTreeMap::new();
    for (file, numbers) in by_file.iter().filter(|_| has_text) {
        if let Ok(rows) = delivered_rows(contract, raw_folder, file, numbers) {
            found.insert(file.clone(), rows);
        }
    }
    for row in rows {
        let expected = row.text.take().and_then(|hash| hash.parse::<i64>().ok());
        let delivered = found.get(&row.file).and_then(|rows| rows.get(&row.row_number));
        if let Some(delivered) =
            delivered.filter(|delivered| expected.is_none_or(|hash| hash == delivered.hash))
        {
            row.line = delivered.position.line;
            row.text = Some(delivered.text.clone());
        }
    }
}
