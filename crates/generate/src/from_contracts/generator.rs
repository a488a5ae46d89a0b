//! Makes the files of a plan: rows of values, the planted defects among them, and what the ledger says about both.

use super::column::Source;
use super::defects::{self, How};
use super::feed::{Extent, Feed};
use super::file_defects::{FileHow, MOST_DAYS_LATE};
use super::files::{RawWriter, delta_schema};
use super::paths::Period;
use super::value::Value;
use super::world::{World, lasting};
use crate::anomalies::{Anomaly, CaughtAt, Rates};
use crate::calendar::{DAY_SECONDS, Day, iso};
use crate::ledger::{Consequence, Defect, Delivered, Delivery, HeldBack, Rows};
use crate::output::{Findings, Outcome};
use crate::plan::{PlannedFile, Task, Window};
use crate::producer::Producer;
use crate::random::{hash, label, unit};
use crate::write::delta::{DeltaCommits, Version};
use crate::write::{Finished, OutputFile};
use ingot_contract::{Column, Contract, Format, SameContent};
use ingot_core::error::{Context as _, Error, Result};
use std::iter::once;
use std::ops::Range;
use std::path::Path;

/// Rows in a file that is one of another feed.
const ROWS_OF_ANOTHER_FEED: u64 = 20;
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
    /// Of each feed: the kinds of its rows, with their rates.
    kinds: Vec<Vec<(&'static Anomaly, f64, How)>>,
    /// Of each feed: the kinds of its files, with their rates.
    file_kinds: Vec<Vec<(&'static Anomaly, f64, FileHow)>>,
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
        let (mut kinds, mut file_kinds) = (Vec::new(), Vec::new());
        for feed in &world.feeds {
            let (mut of_rows, mut of_files) = (Vec::new(), Vec::new());
            for (anomaly, rate) in
                rates.iter().filter(|(anomaly, rate)| anomaly.feed == feed.name && *rate > 0.0)
            {
                let Some(place) = catalogue.table.iter().position(|other| other == anomaly) else { continue };
                match &catalogue.hows[place] {
                    How::File(how) => of_files.push((anomaly, rate, *how)),
                    how => of_rows.push((anomaly, rate, how.clone())),
                }
            }
            kinds.push(of_rows);
            file_kinds.push(of_files);
        }
        let consequence_codes =
            world.feeds.iter().map(|feed| lasting(&format!("{}_rejected", feed.name))).collect();
        let window = windows.last().copied().unwrap_or(Window { start: 0, days: 1, late_days: 0 });
        Ok(Self { world, delivery, window, kinds, file_kinds, consequence_codes })
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
                    let bytes = rows * feed.contract.columns.len() as u64 * BYTES_OF_A_VALUE;
                    let part = (i64::from(days.start), (index * 1_000_000 + combination) as i64);
                    let file = |end: &str, rows: u64, bytes: u64| {
                        let relative = path(feed, days.start, combination, end);
                        PlannedFile { feed: feed.name, relative, rows, bytes }
                    };
                    let defect = self.file_defect_of(index, days.start, combination).map(|(_, how)| how);
                    let mut files = Vec::new();
                    if self.is_delivered(index, days.start, combination) {
                        files.push(file("", rows, bytes));
                        files.extend(defect.and_then(FileHow::second_file).map(|end| file(end, 0, 0)));
                    }
                    // A file that is held back is only told of.
                    if !files.is_empty() || self.window.contains(days.start) {
                        tasks.push(Task { feed: feed.name, part, files });
                    }
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
        let mut periods = feed.layout.periods(self.world.origin, self.window);
        if feed.layout.period == Period::Day {
            // What was late in earlier windows comes now.
            let first = (self.window.start - MOST_DAYS_LATE).max(self.world.origin);
            let earlier = (first..self.window.start).map(|day| day..day + 1);
            periods = earlier.chain(periods).collect();
        }
        periods
    }

    /// The defect of a file, if it has one.
    fn file_defect_of(
        &self,
        index: usize,
        first: Day,
        combination: usize,
    ) -> Option<(&'static Anomaly, FileHow)> {
        let purpose = label(self.world.feeds[index].name) ^ label("file defect");
        let number = i64::from(first) * 10_000 + combination as i64;
        let mut left = unit(hash(self.world.seed, purpose, number));
        let found = self.file_kinds[index].iter().find(|(_, rate, _)| {
            let is_it = left < *rate;
            left -= rate;
            is_it
        });
        found.map(|(anomaly, _, how)| (*anomaly, *how))
    }

    /// The day on which a file is delivered.
    fn delivered_on(&self, index: usize, first: Day, combination: usize) -> Day {
        match self.file_defect_of(index, first, combination) {
            Some((_, FileHow::Late)) => {
                let purpose = label(self.world.feeds[index].name) ^ label("days late");
                let number = i64::from(first) * 10_000 + combination as i64;
                let days = hash(self.world.seed, purpose, number) % MOST_DAYS_LATE.unsigned_abs() as u64;
                first + 1 + days as Day
            }
            _ => first,
        }
    }

    /// Whether a file is delivered in this window.
    fn is_delivered(&self, index: usize, first: Day, combination: usize) -> bool {
        self.world.feeds[index].layout.period != Period::Day
            || self.window.contains(self.delivered_on(index, first, combination))
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
        let file_defect = self.file_defect_of(index, days.start, combination);
        let rows: Vec<u64> = self.rows(feed, &days, combination).collect();
        for (place, row) in rows.iter().copied().enumerate() {
            if let Some((anomaly, FileHow::RepeatedHeader)) = file_defect
                && place == rows.len() / 2
            {
                writer.write_header_again()?;
                let line = writer.rows() + header_lines(contract);
                findings.defect(anomaly, writer.rows(), format!("line:{line}"), String::new());
            }
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
        if let Some((anomaly, FileHow::CutRow)) = file_defect
            && let Some(last) = rows.last()
        {
            let values: Vec<Value> =
                written.iter().map(|column| self.world.value(index, *column, *last)).collect();
            writer.write_cut_off(&values)?;
            let line = writer.rows() + header_lines(contract);
            findings.defect(anomaly, writer.rows(), format!("line:{line}"), String::new());
        }
        if !is_delta {
            let finished = writer.finish()?;
            let is_copied = matches!(file_defect, Some((_, FileHow::Copy)));
            let of_rows = is_copied.then(|| findings.copied());
            let mut outcome = Outcome::of_file(feed.name, finished, findings);
            if let Some((anomaly, how)) = file_defect
                && let Some(end) = how.second_file()
            {
                let relative = self::path(feed, days.start, combination, end);
                let place = Place { index, rows: &rows, written: &written, first: &path };
                outcome.extend(self.make_second(&place, anomaly, how, &relative, out, of_rows)?);
            }
            return Ok(outcome);
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

    /// Makes the second file of a defect. `of_rows` are the findings of the first one, if it is a copy.
    fn make_second(
        &self,
        place: &Place<'_>,
        anomaly: &'static Anomaly,
        how: FileHow,
        relative: &str,
        out: &Path,
        of_rows: Option<Findings>,
    ) -> Result<Outcome> {
        let (feed, path) = (&self.world.feeds[place.index], out.join(relative));
        let contract = &feed.contract;
        let mut findings = Findings::new(relative);
        let write = |contract: &Contract, index: usize, written: &[usize], rows: &[u64]| {
            let columns: Vec<&Column> = written.iter().map(|column| &contract.columns[*column]).collect();
            let mut writer = RawWriter::create(contract, &path, &columns)?;
            for row in rows {
                let value = |column: &usize| self.world.value(index, *column, *row);
                writer.write(written.iter().map(value).collect())?;
            }
            writer.finish()
        };
        let copy = |share: usize| {
            let bytes = std::fs::read(place.first).or_cannot_at("read the file", place.first)?;
            let mut file = OutputFile::create(&path)?;
            file.write(&bytes[..bytes.len() / share])?;
            file.finish()
        };
        let finished = match how {
            FileHow::EmptyCopy => OutputFile::create(&path)?.finish()?,
            FileHow::CutCopy => copy(2)?,
            FileHow::Copy => copy(1)?,
            FileHow::OtherDelimiter => {
                let mut other = contract.clone();
                let is_semicolon = other.raw.wide_csv.is_none() && other.raw.csv.delimiter == b';';
                other.raw.csv.delimiter = if is_semicolon { b'|' } else { b';' };
                other.raw.wide_csv = None;
                write(&other, place.index, place.written, place.rows)?
            }
            FileHow::WithoutColumn(gone) => {
                let kept: Vec<usize> =
                    place.written.iter().copied().filter(|column| *column != gone).collect();
                write(contract, place.index, &kept, place.rows)?
            }
            FileHow::OtherFeed(other) => {
                let foreign = &self.world.feeds[other];
                let written: Vec<usize> = (0..foreign.makers.len())
                    .filter(|column| !matches!(foreign.makers[*column].source, Source::Path(_)))
                    .collect();
                let rows: Vec<u64> = (0..foreign.extent.rows().min(ROWS_OF_ANOTHER_FEED)).collect();
                write(&foreign.contract, other, &written, &rows)?
            }
            FileHow::CutRow | FileHow::RepeatedHeader | FileHow::Late => {
                return Err(Error::defect("this defect has no second file"));
            }
        };
        // Where the same content is loaded, its rows have the same defects.
        let is_loaded =
            how == FileHow::Copy && matches!(contract.same_content, SameContent::Warn | SameContent::Load);
        if let Some(of_rows) = of_rows.filter(|_| is_loaded) {
            let file = findings.file.clone();
            let renamed = |one: Defect| Defect { file: file.clone(), ..one };
            findings.defects.extend(of_rows.defects.into_iter().map(renamed));
            let renamed = |one: Consequence| Consequence { file: file.clone(), ..one };
            findings.consequences.extend(of_rows.consequences.into_iter().map(renamed));
        }
        findings.defect(anomaly, 0, String::new(), String::new());
        let rows = if is_loaded { place.rows.len() as u64 } else { 0 };
        Ok(Outcome::of_file(feed.name, Finished { rows, ..finished }, findings))
    }

    /// The rows of a file that is late, which the delivery tells that has its day.
    fn held_back(&self, index: usize, first: Day, combination: usize) -> Vec<HeldBack> {
        let feed = &self.world.feeds[index];
        let (key, file) = (feed.key_places(), path(feed, first, combination, ""));
        let file: std::sync::Arc<str> = file.into();
        let released = self.delivered_on(index, first, combination);
        self.rows(feed, &(first..first + 1), combination)
            .enumerate()
            .map(|(place, row)| {
                let parts: Vec<String> =
                    key.iter().map(|column| self.world.value(index, *column, row).text()).collect();
                let line = || format!("line:{}", place as u64 + 1 + header_lines(&feed.contract));
                let row_key = if parts.is_empty() { line() } else { parts.join("|") };
                HeldBack { feed: feed.name, row_key, day: first, released, file: file.clone() }
            })
            .collect()
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
            How::File(_) => None,
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
        let held_back = match self.file_defect_of(index, days.start, combination) {
            Some((_, FileHow::Late)) if self.window.contains(days.start) => {
                self.held_back(index, days.start, combination)
            }
            _ => Vec::new(),
        };
        let mut outcome = match task.files.first() {
            Some(file) => self.make_file(index, days, combination, &file.relative, out)?,
            None => Outcome::default(),
        };
        outcome.ledger.held_back.extend(held_back);
        Ok(outcome)
    }

    fn feeds(&self) -> Vec<&'static str> {
        self.world.feeds.iter().map(|feed| feed.name).collect()
    }
}

/// A file that has a second one.
struct Place<'a> {
    /// Its feed.
    index: usize,
    rows: &'a [u64],
    /// The columns that are in it.
    written: &'a [usize],
    /// Where the first file is.
    first: &'a Path,
}

/// The path of a file relative to the raw folder.
fn path(feed: &Feed, first: Day, combination: usize, end: &str) -> String {
    feed.layout.path(&feed.contract, first, combination, end).trim_end_matches('/').to_owned()
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
