//! Makes the files of a plan: rows of values, the planted defects among them, and what the ledger says about both.

use super::column::Source;
use super::defects::{self, How};
use super::feed::{Extent, Feed};
use super::files::{RawWriter, delta_schema};
use super::value::Value;
use super::world::{World, lasting};
use crate::anomalies::{Anomaly, CaughtAt, Rates};
use crate::calendar::{DAY_SECONDS, Day, iso};
use crate::ledger::{Consequence, Delivered, Delivery, Rows};
use crate::output::{Findings, Outcome};
use crate::plan::{PlannedFile, Task, Window};
use crate::producer::Producer;
use crate::random::{hash, label, unit};
use crate::write::delta::{DeltaCommits, Version};
use ingot_contract::{Column, Contract, Format};
use ingot_core::error::{Error, Result};
use std::iter::once;
use std::ops::Range;
use std::path::Path;

/// Bytes of one value in a file, about: for the plan's estimate.
const BYTES_OF_A_VALUE: u64 = 9;

/// The kinds of defects that the contracts of a project offer, and how each is planted.
pub(crate) struct Catalogue {
    pub(crate) table: &'static [Anomaly],
    hows: Vec<How>,
}

impl Catalogue {
    /// Which kinds there are does not depend on the window.
    ///
    /// # Errors
    /// Those of [`World::new`].
    pub(crate) fn of(seed: u64, window: Window, contracts: &[Contract]) -> Result<Self> {
        let world = World::new(seed, 1.0, &[window], contracts.to_vec())?;
        let (mut table, mut hows) = (Vec::new(), Vec::new());
        for index in 0..world.feeds.len() {
            for breakage in defects::of_feed(&world, index)? {
                table.push(breakage.anomaly);
                hows.push(breakage.how);
            }
        }
        // As long as the program runs, like the names in it: see `lasting`.
        Ok(Self { table: Box::leak(table.into_boxed_slice()), hows })
    }
}

/// The generator for the contracts of a project.
pub(crate) struct FromContracts {
    world: World,
    delivery: Delivery,
    window: Window,
    /// Of each feed: its kinds with their rates.
    kinds: Vec<Vec<(&'static Anomaly, f64, How)>>,
    /// The code of the consequences of a feed's rejected rows.
    consequence_codes: Vec<&'static str>,
}

impl FromContracts {
    /// `windows` are those delivered so far; the last one is to be made.
    ///
    /// # Errors
    /// Those of [`World::new`].
    pub(crate) fn new(
        seed: u64,
        scale: f64,
        windows: &[Window],
        delivery: Delivery,
        rates: &Rates,
        catalogue: &Catalogue,
        contracts: Vec<Contract>,
    ) -> Result<Self> {
        let world = World::new(seed, scale, windows, contracts)?;
        let of_feed = |feed: &Feed| {
            rates
                .iter()
                .filter(|(anomaly, rate)| anomaly.feed == feed.name && *rate > 0.0)
                .filter_map(|(anomaly, rate)| {
                    let place = catalogue.table.iter().position(|other| other == anomaly)?;
                    Some((anomaly, rate, catalogue.hows[place].clone()))
                })
                .collect()
        };
        let kinds = world.feeds.iter().map(of_feed).collect();
        let consequence_codes =
            world.feeds.iter().map(|feed| lasting(&format!("{}_rejected", feed.name))).collect();
        let window = windows.last().copied().unwrap_or(Window { start: 0, days: 1, late_days: 0 });
        Ok(Self { world, delivery, window, kinds, consequence_codes })
    }

    /// The first name under the raw folder of each feed: what a run replaces.
    pub(crate) fn roots(contracts: &[Contract]) -> Vec<String> {
        let first = |contract: &Contract| {
            let name = contract.raw.path.split('/').next().unwrap_or_default();
            (!name.contains(['*', '{'])).then(|| name.to_owned())
        };
        let mut roots: Vec<String> = contracts.iter().filter_map(first).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// A task for each file.
    pub(crate) fn plan(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (index, feed) in self.world.feeds.iter().enumerate() {
            let is_fixed = matches!(feed.extent, Extent::Fixed(_));
            // A Delta table that does not change has one version.
            if feed.contract.raw.format == Format::Delta && is_fixed && self.delivery.number > 1 {
                continue;
            }
            for days in self.periods(feed) {
                for combination in 0..feed.layout.combinations.len() {
                    let rows = self.rows(feed, &days, combination).count() as u64;
                    if rows == 0 {
                        continue;
                    }
                    let relative = feed.layout.path(&feed.contract, days.start, combination);
                    let relative = relative.trim_end_matches('/').to_owned();
                    let bytes = rows * feed.contract.columns.len() as u64 * BYTES_OF_A_VALUE;
                    let part = (i64::from(days.start), (index * 1_000_000 + combination) as i64);
                    let files = vec![PlannedFile { feed: feed.name, relative, rows, bytes }];
                    tasks.push(Task { feed: feed.name, part, files });
                }
            }
        }
        tasks
    }

    /// The days of the files that this window delivers.
    fn periods(&self, feed: &Feed) -> Vec<Range<Day>> {
        if feed.contract.raw.format == Format::Delta {
            return once(self.window.start..self.window.end()).collect();
        }
        feed.layout.periods(self.world.origin, self.window)
    }

    /// The numbers of the rows in a file.
    fn rows(&self, feed: &Feed, days: &Range<Day>, combination: usize) -> impl Iterator<Item = u64> + use<> {
        let rows = match &feed.extent {
            Extent::Fixed(rows) => 0..*rows,
            Extent::Daily(timing) => timing.rows_of(days.clone()),
        };
        let count = feed.layout.combinations.len().max(1) as u64;
        let first = rows.start + (combination as u64 + count - rows.start % count) % count;
        (first..rows.end).step_by(count as usize)
    }

    /// The defect of a row, if it has one.
    fn defect_of(&self, index: usize, row: u64) -> Option<&(&'static Anomaly, f64, How)> {
        let purpose = label(self.world.feeds[index].name) ^ label("defect");
        let mut left = unit(hash(self.world.seed, purpose, row as i64));
        self.kinds[index].iter().find(|(_, rate, _)| {
            let is_it = left < *rate;
            left -= rate;
            is_it
        })
    }

    fn make_file(
        &self,
        index: usize,
        days: Range<Day>,
        combination: usize,
        relative: &str,
        out: &Path,
    ) -> Result<Outcome> {
        let feed = &self.world.feeds[index];
        let contract = &feed.contract;
        let written: Vec<usize> = (0..contract.columns.len())
            .filter(|column| !matches!(feed.makers[*column].source, Source::Path(_)))
            .collect();
        let columns: Vec<&Column> = written.iter().map(|column| &contract.columns[*column]).collect();
        let is_delta = contract.raw.format == Format::Delta;
        let path = if is_delta { out.join(relative).join(data_file(days.start)) } else { out.join(relative) };
        let mut writer = RawWriter::create(contract, &path, &columns)?;
        // Bronze counts the rows of each data file of a Delta table.
        let file =
            if is_delta { format!("{relative}/{}", data_file(days.start)) } else { relative.to_owned() };
        let mut findings = Findings::new(&file);
        let key = feed.key_places();
        let mut whole_before: Option<u64> = None;
        for row in self.rows(feed, &days, combination) {
            let mut values: Vec<Value> =
                (0..contract.columns.len()).map(|column| self.world.value(index, column, row)).collect();
            let defect = self.defect_of(index, row);
            let planted = defect.and_then(|(anomaly, _, how)| {
                let value = self.plant(index, row, how, &key, whole_before, &mut values)?;
                Some((*anomaly, how, value))
            });
            let row_key = || {
                let parts: Vec<String> = key.iter().map(|column| values[*column].text()).collect();
                parts.join("|")
            };
            let is_readable = !key.is_empty()
                && key.iter().all(|column| !matches!(values[*column], Value::Null | Value::Broken(_)));
            let line = writer.rows() + 1 + header_lines(contract);
            match &planted {
                Some((anomaly, how, text)) => {
                    let is_broken = matches!(how, How::BrokenRow);
                    let name = if is_readable && !is_broken { row_key() } else { format!("line:{line}") };
                    findings.defect(anomaly, writer.rows() + 1, name, text.clone());
                }
                None => {
                    self.note_consequences(
                        index,
                        row,
                        &values,
                        || {
                            if is_readable { row_key() } else { format!("line:{line}") }
                        },
                        writer.rows() + 1,
                        &mut findings,
                    );
                    whole_before = Some(row);
                }
            }
            let shown: Vec<Value> =
                written.iter().map(|column| std::mem::replace(&mut values[*column], Value::Null)).collect();
            if matches!(planted, Some((_, How::BrokenRow, _))) {
                writer.write_broken(&shown)?;
            } else {
                writer.write(shown)?;
            }
        }
        if !is_delta {
            return Ok(Outcome::of_file(feed.name, writer.finish()?, findings));
        }
        let rows = writer.rows();
        let file = writer.finish_delta()?;
        let delivered =
            Delivered { feed: feed.name, file: relative.into(), rows, bytes: file.bytes, content_hash: None };
        let moment = i64::from(self.window.end()) * DAY_SECONDS * 1000;
        let version = Version {
            operation: "WRITE",
            add: vec![ingot_lake::NewFile { modified: Some(moment), ..file }],
            remove: Vec::new(),
            schema: delta_schema(contract),
            timestamp: moment,
        };
        let commits = DeltaCommits {
            table: out.join(relative),
            name: contract.name.clone(),
            id: table_id(self.world.seed, feed.name),
            first_version: u64::try_from(self.delivery.number - 1).unwrap_or(0),
            versions: vec![version],
        };
        let ledger = Rows {
            defects: findings.defects,
            consequences: findings.consequences,
            delivered: vec![delivered],
            ..Rows::default()
        };
        Ok(Outcome { ledger, commits: Some(commits) })
    }

    /// Changes the values of a row; what is written in the place of the defect comes back. `None` if it cannot be
    /// planted in this row.
    fn plant(
        &self,
        index: usize,
        row: u64,
        how: &How,
        key: &[usize],
        whole_before: Option<u64>,
        values: &mut [Value],
    ) -> Option<String> {
        match how {
            How::Value { column, value } => {
                let before = std::mem::replace(&mut values[*column], value.clone());
                // A row without any value is not a row.
                if values.iter().all(Value::is_null) {
                    values[*column] = before;
                    return None;
                }
                Some(value.text())
            }
            How::Orphan { column } => {
                let value = defects::orphan(&self.world, index, *column, row)?;
                let text = value.text();
                values[*column] = value;
                Some(text)
            }
            How::DuplicateKey => {
                let other = whole_before?;
                for column in key {
                    values[*column] = self.world.value(index, *column, other);
                }
                Some(key.iter().map(|column| values[*column].text()).collect::<Vec<_>>().join("|"))
            }
            How::BrokenRow => Some(String::new()),
        }
    }

    /// Notes what a valid row refers to that bronze rejects.
    fn note_consequences(
        &self,
        index: usize,
        row: u64,
        values: &[Value],
        row_key: impl Fn() -> String,
        row_number: u64,
        findings: &mut Findings,
    ) {
        let feed = &self.world.feeds[index];
        for (column, maker) in feed.makers.iter().enumerate() {
            let Source::Reference { feed: parent, exponent, .. } = maker.source else { continue };
            if values[column].is_null() {
                continue;
            }
            let Some(target) = self.world.target(index, column, parent, row, exponent) else { continue };
            let is_rejected = self
                .defect_of(parent, target)
                .is_some_and(|(anomaly, _, _)| anomaly.caught_at == CaughtAt::Bronze);
            if is_rejected {
                findings.consequences.push(Consequence {
                    feed: feed.name,
                    file: findings.file.clone(),
                    row_number: Some(row_number),
                    row_key: row_key(),
                    column: lasting_once(&maker.name, feed),
                    code: self.consequence_codes[parent],
                    cause_feed: self.world.feeds[parent].name,
                    cause_key: values[column].text(),
                });
            }
        }
    }
}

/// The name of a column as the ledger keeps it: one copy for each feed.
fn lasting_once(name: &str, feed: &Feed) -> &'static str {
    feed.column_names.iter().find(|known| **known == name).copied().unwrap_or_default()
}

impl Producer for FromContracts {
    fn produce(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (first, place) = task.part;
        let (index, combination) = ((place / 1_000_000) as usize, (place % 1_000_000) as usize);
        let feed = &self.world.feeds[index];
        let days = self
            .periods(feed)
            .into_iter()
            .find(|days| i64::from(days.start) == first)
            .ok_or_else(|| Error::defect("a task is for days that no file has"))?;
        let relative = task.files.first().map(|file| file.relative.as_str()).unwrap_or_default();
        self.make_file(index, days, combination, relative, out)
    }

    fn feeds(&self) -> Vec<&'static str> {
        self.world.feeds.iter().map(|feed| feed.name).collect()
    }
}

/// Lines of a file above its first row.
fn header_lines(contract: &Contract) -> u64 {
    let place = &contract.raw.place;
    if contract.raw.format == Format::Csv { place.skip_rows + place.header_rows as u64 } else { 0 }
}

fn data_file(first: Day) -> String {
    format!("part-{}-c000.parquet", iso(first))
}

/// Always the same, so that the table is.
fn table_id(seed: u64, feed: &str) -> String {
    let (high, low) = (hash(seed, label(feed), 1), hash(seed, label(feed), 2));
    let bits = (u128::from(high) << 64) | u128::from(low);
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
}
