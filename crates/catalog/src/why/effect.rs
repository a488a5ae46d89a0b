//! Which of the rows that were loaded in a period have an effect on the rows that are asked for.
//!
//! Following back names every row that a value may depend on. Those that it is made of are named in any case: a late row that
//! says what was known already is part of the figure. But a window, for example, gives each row the day of the next one; if a
//! condition then only asks whether that day is later than another, most rows that come next change nothing. So it is tried:
//! the models on the way are run again, by their own SQL, over the rows that were found, each time without some of
//! the rows that were loaded. Each such trial is a *world*. All worlds are one query, of which the models are a part that is
//! joined sideways (`LATERAL`) to the table of worlds, so that DuckDB plans the models once and runs them for all of them.
//!
//! 1. Rows without one of which the answer is another one are named.
//! 2. If these alone do not give the answer (one of two equal rows would do), as many others are named as it takes, and those
//!    that would do in the place of one of these.
//!
//! Rows that were loaded after the period are in no world.

use super::follow::{Follower, rows_table};
use super::names::{full_name, node_of, table_path};
use super::read::ID;
use super::row_id::{files_condition, files_of, of_files};
use crate::lineage::text;
use ingot_core::error::{Error, Result};
use ingot_engine::{Cell, name_literal};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Rows that the worlds of one query have together, at most.
const ROWS_AT_ONCE: u64 = 2_000_000;
/// Rows that all worlds of an answer may have together: about a minute's work.
const ROWS_IN_ALL: u64 = 100_000_000;
/// Feeds that are read as a whole, because the rows that were found do not give the answer again, have so many rows at most.
const MOST_WHOLE: u64 = 500_000;
/// Into so many parts a group of rows is divided that has an effect.
const PARTS: usize = 8;

/// The table of worlds, and the column with the number of one.
const WORLDS: &str = "__why_worlds";
/// When a row was loaded: before the period, in it, or after it.
const WHEN: &str = "__why_when";

/// A row of a feed that may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    node: usize,
    id: String,
    /// Whether a row that is asked for is made of it, and not only of another one that is like it or beside it.
    is_part: bool,
}

/// What is read of feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The rows that were found.
    Found,
    /// All rows: a window may look at rows that the answer itself does not depend on.
    Whole,
}

/// The trials of one answer.
struct Trials {
    candidates: Vec<Candidate>,
    /// SQL of the models on the way: the CTEs, and the query of the rows that are asked for.
    query: String,
    /// Rows of all feeds together.
    rows: u64,
    /// Rows that worlds had until now.
    done: u64,
    /// What the models give if nothing is left out.
    expected: Vec<String>,
}

impl Follower<'_> {
    /// Of the rows of feeds that were found and were loaded after the first moment and not after the second, keeps those that
    /// have an effect on the rows of `start` that meet the condition.
    ///
    /// # Errors
    /// The models on the way cannot be run again in this way, or there is too much to try. Then nothing is left out.
    pub(super) fn keep_effective(
        &mut self,
        start: usize,
        condition: &str,
        period: (Timestamp, Timestamp),
    ) -> Result<()> {
        let Some(mut trials) = self.trials(start, condition, period)? else { return Ok(()) };
        let (parts, everything): (Vec<usize>, Vec<usize>) =
            (0..trials.candidates.len()).partition(|at| trials.candidates[*at].is_part);
        let mut named = self.singled_out(&mut trials, &everything, false, |group| group.to_vec())?;
        let rest: Vec<usize> = everything.into_iter().filter(|at| !named.contains(at)).collect();
        let filling = self.filling(&mut trials, &rest)?;
        let others: Vec<usize> = rest.iter().copied().filter(|at| !filling.contains(at)).collect();
        for one in &filling {
            let all_but = |group: &[usize]| -> Vec<usize> {
                let is_out = |at: &usize| at == one || !(filling.contains(at) || group.contains(at));
                rest.iter().copied().filter(is_out).collect()
            };
            named.extend(self.singled_out(&mut trials, &others, true, all_but)?);
        }
        named.extend(filling);
        named.extend(parts);
        self.keep_only(&trials.candidates, &named)
    }

    /// Lists, of all candidates, those that are named.
    fn keep_only(&mut self, candidates: &[Candidate], named: &BTreeSet<usize>) -> Result<()> {
        let mut of_nodes: BTreeMap<usize, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let (with, without) = of_nodes.entry(candidate.node).or_default();
            let to = if named.contains(&at) { with } else { without };
            to.push(&candidate.id);
        }
        for (node, (with, without)) in of_nodes {
            let rows = rows_table(node);
            for part in without.chunks(1_000) {
                self.session.execute(&format!("delete from {rows} where id in ({})", part.join(", ")))?;
            }
            // One of those that any other would do for may not have been among the rows that were found.
            for part in with.chunks(1_000) {
                self.session.execute(&format!(
                    "insert into {rows} select {node}, id, false, false from (select cast(unnest([{}]) as hugeint) as id) \
                     where id not in (select id from {rows})",
                    part.join(", ")
                ))?;
            }
        }
        Ok(())
    }

    /// The candidates each of which, as a group of one, gives the same answer as expected, or another one. `without` says what a
    /// group leaves out. Groups that give what is wanted are divided until each has one candidate.
    fn singled_out(
        &mut self,
        trials: &mut Trials,
        candidates: &[usize],
        wants_same: bool,
        without: impl Fn(&[usize]) -> Vec<usize>,
    ) -> Result<BTreeSet<usize>> {
        let singles = trials.rows.saturating_mul(candidates.len() as u64) <= ROWS_AT_ONCE;
        let size = if singles { 1 } else { candidates.len().div_ceil(PARTS * PARTS).max(1) };
        let mut groups: Vec<Vec<usize>> = candidates.chunks(size).map(<[usize]>::to_vec).collect();
        let mut found = BTreeSet::new();
        while !groups.is_empty() {
            let worlds: Vec<Vec<usize>> = groups.iter().map(|group| without(group)).collect();
            let same = self.same(trials, &worlds)?;
            let mut smaller = Vec::new();
            for (group, _) in groups.into_iter().zip(same).filter(|(_, same)| *same == wants_same) {
                match group.as_slice() {
                    [one] => drop(found.insert(*one)),
                    several => {
                        smaller.extend(several.chunks(several.len().div_ceil(PARTS)).map(<[usize]>::to_vec))
                    }
                }
            }
            groups = smaller;
        }
        Ok(found)
    }

    /// As many of the candidates as give the answer, with all others that are not in `rest`. Again and again, the shortest
    /// beginning of the rest is looked for that gives it: its last candidate is needed.
    fn filling(&mut self, trials: &mut Trials, rest: &[usize]) -> Result<BTreeSet<usize>> {
        let mut filling = BTreeSet::new();
        // With all of them the answer is the expected one.
        let mut enough = rest.len();
        loop {
            let mut without = |length: usize| {
                let out = rest[length..].iter().copied().filter(|at| !filling.contains(at)).collect();
                self.same(trials, &[out]).map(|same| same == [true])
            };
            if without(0)? {
                return Ok(filling);
            }
            let mut too_few = 0;
            while enough - too_few > 1 {
                let middle = too_few.midpoint(enough);
                match without(middle)? {
                    true => enough = middle,
                    false => too_few = middle,
                }
            }
            enough -= 1;
            filling.insert(rest[enough]);
        }
    }

    /// Whether the answer is the same in worlds without these candidates.
    fn same(&mut self, trials: &mut Trials, worlds: &[Vec<usize>]) -> Result<Vec<bool>> {
        let at_once = usize::try_from(ROWS_AT_ONCE / trials.rows.max(1)).unwrap_or(1).max(1);
        let mut same = Vec::with_capacity(worlds.len());
        for part in worlds.chunks(at_once) {
            trials.done = trials.done.saturating_add(trials.rows.saturating_mul(part.len() as u64));
            if trials.done > ROWS_IN_ALL {
                return Err(Error::new(format!(
                    "it depends on {} rows, of which {} were loaded in between: too many to try each",
                    trials.rows,
                    trials.candidates.len()
                )));
            }
            let found = self.worlds(trials, part)?;
            same.extend((0..part.len()).map(|world| found.get(&world) == Some(&trials.expected)));
        }
        Ok(same)
    }

    /// The rows that the models give in each world, by its place; a world without rows is not there.
    fn worlds(&mut self, trials: &Trials, worlds: &[Vec<usize>]) -> Result<BTreeMap<usize, Vec<String>>> {
        self.session
            .execute("create or replace temp table why_out (world integer, node integer, id hugeint)")?;
        self.session.execute(&format!(
            "create or replace temp table why_worlds as select cast(range as integer) as world from range({})",
            worlds.len()
        ))?;
        let out: Vec<String> = worlds
            .iter()
            .enumerate()
            .flat_map(|(world, without)| without.iter().map(move |at| (world, *at)))
            .map(|(world, at)| {
                let Candidate { node, id, .. } = &trials.candidates[at];
                format!("({world}, {node}, {id})")
            })
            .collect();
        for part in out.chunks(5_000) {
            self.session.execute(&format!("insert into why_out values {}", part.join(", ")))?;
        }
        let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for row in self.session.query(&trials.query)?.rows {
            let [world, cells] = row.as_slice() else { continue };
            if let Some(world) = world.as_i64().and_then(|world| usize::try_from(world).ok()) {
                found.entry(world).or_default().push(cells.to_string());
            }
        }
        Ok(found)
    }

    /// Prepares the trials; `None` if there is nothing to be tried.
    fn trials(
        &mut self,
        start: usize,
        condition: &str,
        period: (Timestamp, Timestamp),
    ) -> Result<Option<Trials>> {
        let reached: Vec<usize> = self.reached.keys().copied().collect();
        let mut feeds: Vec<usize> = Vec::new();
        for node in reached.iter().copied() {
            // One of which no row was found is read as it is.
            if self.is_feed(node) && self.count(node)? > 0 {
                feeds.push(node);
            }
        }
        let bases: BTreeSet<usize> = feeds.iter().copied().collect();
        let mut candidates = Vec::new();
        for node in &feeds {
            self.base(*node, period, Extent::Found)?;
            let found = self.session.query(&format!(
                "select b.{ID}, r.weak from temp.why_base_{node} as b inner join {} as r on r.id = b.{ID} where b.{WHEN} = 1 \
                 order by r.any_of, 1",
                self.with_spare(*node)
            ))?;
            candidates.extend(found.rows.iter().filter_map(|row| match row.as_slice() {
                [id, weak] => {
                    Some(Candidate { node: *node, id: id.to_string(), is_part: *weak == Cell::Bool(false) })
                }
                _ => None,
            }));
        }
        if candidates.iter().all(|candidate| candidate.is_part) {
            return Ok(None);
        }
        let stored = self.stored(start, condition)?;
        let mut trials = Trials { candidates, query: String::new(), rows: 0, done: 0, expected: Vec::new() };
        let nothing = [Vec::new()];
        let mut extent = Extent::Found;
        loop {
            let (mut rows, mut later) = (0, 0);
            for node in &feeds {
                rows += self.number(&format!("select count(*) from temp.why_base_{node}"))?;
                later +=
                    self.number(&format!("select count(*) from temp.why_base_{node} where {WHEN} = 2"))?;
            }
            trials.rows = rows;
            trials.query = self.query_of_worlds(start, condition, &reached, &bases, true)?;
            trials.expected = self.worlds(&trials, &nothing)?.remove(&0).unwrap_or_default();
            let is_same = trials.expected == stored;
            if is_same && later > 0 {
                trials.query = self.query_of_worlds(start, condition, &reached, &bases, false)?;
                trials.expected = self.worlds(&trials, &nothing)?.remove(&0).unwrap_or_default();
            }
            // What was found is what the rows are made of now. Without what came later, they may need others.
            if is_same && !trials.expected.is_empty() {
                break;
            }
            if extent == Extent::Whole {
                return Err(Error::new(match is_same {
                    true => "it is made of rows that were loaded later",
                    false => "the models give other rows now when they are run again",
                }));
            }
            extent = Extent::Whole;
            for node in &feeds {
                self.base(*node, period, extent)?;
            }
        }
        Ok(Some(trials))
    }

    fn is_feed(&self, node: usize) -> bool {
        matches!(self.nodes[node].resource_type, "source" | "seed")
    }

    /// The rows that are asked for, as they are.
    fn stored(&mut self, start: usize, condition: &str) -> Result<Vec<String>> {
        let relation = self.nodes[start].relation.clone().ok_or_else(|| Error::new("it has no table"))?;
        let rows = self.session.query(&format!(
            "select cast(q as varchar) from (select {} from {} where (\n{condition}\n)) as q order by 1",
            self.compared(start),
            full_name(&relation)
        ))?;
        Ok(rows.rows.iter().filter_map(|row| row.first()).map(ToString::to_string).collect())
    }

    /// The columns of a node, as they are compared: the last digits of a floating-point number depend on the order in which
    /// others were added.
    fn compared(&self, node: usize) -> String {
        let columns = self.nodes[node].columns.iter().map(|column| {
            let name = name_literal(&column.name);
            match column.data_type.as_str() {
                "DOUBLE" | "FLOAT" => format!("format('{{:.10g}}', {name}) as {name}"),
                _ => name,
            }
        });
        let columns: Vec<String> = columns.collect();
        if columns.is_empty() { "*".to_owned() } else { columns.join(", ") }
    }

    /// Makes the table with the rows of a feed.
    fn base(&mut self, node: usize, (after, until): (Timestamp, Timestamp), extent: Extent) -> Result<()> {
        let rows = self.with_spare(node);
        let is_dated =
            self.nodes[node].columns.iter().any(|column| column.name.eq_ignore_ascii_case("ingestion_ts"));
        let when = match is_dated {
            true => format!(
                "case when epoch_us(ingestion_ts) > {} then 2 when epoch_us(ingestion_ts) > {} then 1 else 0 end",
                until.as_microsecond(),
                after.as_microsecond()
            ),
            false => "0".to_owned(),
        };
        let sql = match (self.external(node), self.nodes[node].relation.clone(), extent) {
            (Some(external), _, Extent::Found) => {
                let found = self.session.query(&format!("select id from {rows} order by id"))?;
                let ids: Vec<String> =
                    found.rows.iter().filter_map(|row| row.first()).map(ToString::to_string).collect();
                let ids = ids.join(", ");
                let narrow = self.of_hashes(node, &external, &files_of(&ids))?;
                let id = of_files(&external, 0);
                // As much as can be is looked up in the files' footers; of other files the row's number is not known before.
                let condition = match external.to_ascii_lowercase().contains("read_parquet(") {
                    true => files_condition(&external, &id, &ids),
                    false => "true".to_owned(),
                };
                format!(
                    "select *, {when} as {WHEN} from (select *, {id} as {ID} from {narrow} where {condition}) \
                     where {ID} in ({ids})"
                )
            }
            (Some(external), _, Extent::Whole) => {
                format!("select *, {} as {ID}, {when} as {WHEN} from {external}", of_files(&external, 0))
            }
            (None, Some(relation), extent) => {
                let only = match extent {
                    Extent::Found => format!("where rowid in (select cast(id as bigint) from {rows})"),
                    Extent::Whole => String::new(),
                };
                format!(
                    "select *, cast(rowid as hugeint) as {ID}, {when} as {WHEN} from {} {only}",
                    full_name(&relation)
                )
            }
            (None, None, _) => return Err(Error::new("a source has no rows")),
        };
        if extent == Extent::Whole {
            let rows = self.number(&format!("select count(*) from ({sql})"))?;
            if rows > MOST_WHOLE {
                return Err(Error::new(format!(
                    "it is not made of the rows that were found alone, and {} has {rows} rows",
                    self.label(node)
                )));
            }
        }
        self.session.execute(&format!("create or replace temp table why_base_{node} as {sql}")).map(drop)
    }

    /// The query of all worlds: the number of a world, and a row that is asked for, as text.
    fn query_of_worlds(
        &mut self,
        start: usize,
        condition: &str,
        reached: &[usize],
        bases: &BTreeSet<usize>,
        with_later: bool,
    ) -> Result<String> {
        let later = if with_later { String::new() } else { format!(" and b.{WHEN} < 2") };
        let mut ctes: Vec<String> = Vec::new();
        let mut made = BTreeSet::new();
        // What is read comes before what reads it.
        for node in reached.iter().copied() {
            let sql = match self.is_feed(node) {
                true if bases.contains(&node) => format!(
                    "select b.* exclude ({ID}, {WHEN}) from temp.main.why_base_{node} as b where not exists \
                     (select 1 from temp.main.why_out as o where o.world = {WORLDS}.world and o.node = {node} and o.id = b.{ID}){later}"
                ),
                true => continue,
                false => self.over_worlds(node, &mut made, &mut ctes)?,
            };
            ctes.push(format!("{} as (\n{sql}\n)", cte(node)));
            made.insert(node);
            if node == start {
                return Ok(format!(
                    "select {WORLDS}.world, cast(q as varchar) from temp.main.why_worlds as {WORLDS}, lateral (\n\
                     with {}\nselect {} from {} where (\n{condition}\n)) as q order by 1, 2",
                    ctes.join(",\n"),
                    self.compared(start),
                    cte(start)
                ));
            }
        }
        Err(Error::defect("the table that is asked for is not among those on the way"))
    }

    /// The SQL of a model over what was made of the tables that it reads.
    fn over_worlds(
        &mut self,
        node: usize,
        made: &mut BTreeSet<usize>,
        ctes: &mut Vec<String>,
    ) -> Result<String> {
        let found = &self.nodes[node];
        if found.resource_type != "model" {
            return Err(Error::new(format!(
                "'{}' is a {}, which is not made of rows alone",
                found.name, found.resource_type
            )));
        }
        let sql = found
            .compiled
            .clone()
            .ok_or_else(|| Error::new(format!("the SQL of '{}' is not known", found.name)))?;
        let mut tree = self.parser.tree(&sql)?;
        let mut named = BTreeSet::new();
        self.tables_in(&tree, &mut named);
        let others: Vec<usize> = named.difference(made).copied().collect();
        for source in others {
            if let Some(external) = self.external(source) {
                ctes.push(format!("{} as (select * from {external})", cte(source)));
                made.insert(source);
            }
        }
        let mut others = BTreeMap::new();
        for table in named.intersection(made) {
            let other = self.parser.tree(&format!("select 1 from {}", cte(*table)))?;
            others.insert(*table, other["from_table"].clone());
        }
        self.rename(&mut tree, &others);
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

    /// Puts others in the place of tables, under the same names.
    fn rename(&self, tree: &mut Json, others: &BTreeMap<usize, Json>) {
        let other = match text(tree, "type") == "BASE_TABLE" {
            true => node_of(&self.by_relation, &table_path(tree)).and_then(|node| others.get(&node)),
            false => None,
        };
        if let Some(other) = other {
            let mut other = other.clone();
            for kept in ["alias", "sample", "column_name_alias"] {
                other[kept] = tree[kept].clone();
            }
            if text(&other, "alias").is_empty() {
                other["alias"] = tree["table_name"].clone();
            }
            *tree = other;
            return;
        }
        match tree {
            Json::Object(members) => members.values_mut().for_each(|part| self.rename(part, others)),
            Json::Array(items) => items.iter_mut().for_each(|item| self.rename(item, others)),
            _ => {}
        }
    }
}

/// The name of a table on the way in the query of the worlds.
fn cte(node: usize) -> String {
    format!("__why_{node}")
}
