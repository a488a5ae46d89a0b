//! The order of the steps of an erasure.
//!
//! 1. Everything is looked at, and the **journal** is written. (A dry run ends before.)
//! 2. The people are **kept out** of later loads.
//! 3. **Raw files and rejects**, from which everything could be made again.
//! 4. **Bronze**, and what its log remembers of raw files.
//! 5. **Databases**, and the **copies** of models in the lake.
//! 6. **All other files.**
//! 7. The journal goes. What was done is in the audit trail.
//!
//! Environments of the project are looked through with it before anything changes, because they may share its raw files. Then
//! the steps are done for one after the other.
//!
//! Each step done again finds its work done, so a run that was killed is completed by doing all steps again.

use super::database;
use super::delta::{self, FoundInTable};
use super::feeds::Feed;
use super::files::Scan;
use super::ground::{Ground, copies, inside, rule_of, table_of};
use super::journal::{Journal, Journals};
use super::leftovers;
use super::look::look;
use super::options::{EraseOptions, ErasedPlaces, ErasedProject};
use super::outcome::Erasure;
use super::raw;
use super::rules::TableWork;
use super::values::{MASKED_ROWS, SCHEMA, Values};
use ingot_bronze::{KeptOut, Suppression, change_record, delivered_rows};
use ingot_contract::{Erasure as Action, ROW_HASH};
use ingot_core::error::{Error, Result};
use ingot_core::report::Reporter;
use ingot_engine::{name_literal, text_literal};
use ingot_lake::LakeTable;
use ingot_operate::lock_all_tables;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// Erases people from a project and its environments, or says what would be erased. An erasure that was not completed is
/// completed first; without keys, that is all that is done.
///
/// # Errors
/// There is no such contract or column; a feed is under a legal hold; something else works on a lake; a file cannot be read
/// or written. What was begun is completed by the next call.
pub fn erase(
    options: &EraseOptions,
    projects: &[ErasedProject],
    reporter: &dyn Reporter,
) -> Result<Vec<Erasure>> {
    let mut done = Vec::new();
    let mut journals = Journals::load(&options.journal)?;
    if !options.dry_run && !journals.open.is_empty() {
        for journal in journals.open.clone() {
            reporter.info(format!("completing the erasure that was begun at {}", journal.outcome.started));
            let project = projects.iter().find(|one| one.places.lake == journal.lake).ok_or_else(|| {
                Error::new("an erasure is not complete whose lake is not among those of the project")
                    .at(&journal.lake)
                    .hint("run `ingot erase` with the folders that it was begun with")
            })?;
            let mut values = Values::new()?;
            journal.give(&mut values)?;
            let names = (journal.contract.as_str(), journal.column.as_str());
            let ground = Ground::of(project, names, &journal.keys, &mut values)?;
            let _held = lock_all_tables(&project.places.lake)?;
            let mut begun = Begun { places: &project.places, ground, values };
            done.push(begun.carry_out(&options.journal, &mut journals, reporter)?);
        }
    }
    if options.keys.is_empty() {
        return Ok(done);
    }
    let (mut journals, mut begun, mut held) = (Journals::default(), Vec::new(), Vec::new());
    for project in projects {
        let places = &project.places;
        // What is found must still be there when it is erased. A dry run stops nobody.
        if !options.dry_run {
            held.push(lock_all_tables(&places.lake)?);
        }
        let mut values = Values::new()?;
        let names = (options.contract.as_str(), options.column.as_str());
        let ground = Ground::of(project, names, &options.keys, &mut values)?;
        journals.open.push(look(options, places, &ground, &mut values)?);
        begun.push(Begun { places, ground, values });
    }
    if options.dry_run {
        done.extend(journals.open.into_iter().map(|journal| journal.outcome));
        return Ok(done);
    }
    journals.save(&options.journal)?;
    for mut begun in begun {
        done.push(begun.carry_out(&options.journal, &mut journals, reporter)?);
    }
    Ok(done)
}

/// A project or an environment that is looked through. Its lake is held.
struct Begun<'p> {
    places: &'p ErasedPlaces,
    ground: Ground,
    values: Values,
}

impl Begun<'_> {
    /// Does all steps after the first. `kept` is the lake with the journals.
    fn carry_out(
        &mut self,
        kept: &Path,
        journals: &mut Journals,
        reporter: &dyn Reporter,
    ) -> Result<Erasure> {
        let Self { places, ground, values } = self;
        let lake = &places.lake;
        let mut journal =
            journals.of_mut(lake).cloned().ok_or_else(|| Error::defect("the erasure has no journal"))?;
        let within = places.environment.as_ref().map_or_else(String::new, |name| format!("{name}: "));
        keep_out(ground, lake, values)?;
        for feed in &ground.feeds {
            reporter.info(format!("{within}{}: raw files and rejects", feed.contract.name));
            raw::erase(feed, &places.raw, lake, &mut journal, values)?;
        }
        for feed in &ground.feeds {
            reporter.info(format!("{within}{}: bronze", feed.contract.name));
            erase_bronze(feed, places, &journal, values)?;
        }
        for names in leftovers::names_of_databases(&journal.databases) {
            for file in &names {
                reporter.info(format!("{within}{}: written again", inside(&places.root, file)));
            }
            leftovers::erase_database(&names, &mut |file| {
                let looked = journal.looked.get(file);
                database::erase(file, &ground.rules, looked, &journal.deliveries, values)
            })?;
            // Once is enough, also for a run that goes on after this one.
            if let Some(kept) = journals.of_mut(lake) {
                kept.databases.retain(|file| !names.contains(file));
            }
            journals.save(kept)?;
        }
        for table in copies(lake)? {
            erase_copy(&table, ground, &journal, values)?;
        }
        leftovers::sweep(places, ground, values, false)?;
        journals.end(lake, kept)?;
        Ok(journal.outcome)
    }
}

/// Adds the people to the list that a load asks.
fn keep_out(ground: &Ground, lake: &Path, values: &Values) -> Result<()> {
    let mut list = Suppression::of(lake)?.unwrap_or_default();
    let before = list.clone();
    for feed in &ground.feeds {
        for key in &feed.keys {
            let keys = values.of(&key.domain).into_iter().flatten().map(String::as_str);
            let rows = match (feed.action, key.is_lost) {
                (Action::Delete, _) => KeptOut::Rejected,
                (Action::Mask, true) => KeptOut::WithoutKey,
                (Action::Mask, false) => KeptOut::WithKey,
            };
            list.add(&feed.contract.name, (key.column.as_str(), key.member.as_deref()), rows, keys);
        }
    }
    if list == before { Ok(()) } else { list.save(lake) }
}

fn erase_bronze(feed: &Feed, places: &ErasedPlaces, journal: &Journal, values: &mut Values) -> Result<()> {
    let table = table_of(&places.lake, &feed.contract.name);
    if !table.has_log() {
        return Ok(());
    }
    let work = |scan: &Scan, values: &Values| TableWork {
        delete: feed.condition(values, scan),
        ..TableWork::default()
    };
    let files = looked(&table, journal, &work, values)?.files;
    let none = ingot_bronze::DeliveryChanges::default();
    let changes = journal.deliveries.get(&feed.contract.name).unwrap_or(&none);
    if files.is_empty() && changes.is_empty() && !journal.tables.contains(&table.label()) {
        return Ok(());
    }
    if feed.action == Action::Mask {
        know_new_hashes(feed, places, journal, values)?;
    }
    let rows_of = |file: &Scan, values: &mut Values| Ok(rows_of_bronze(feed, file, values));
    let change = |metadata: &mut Map<String, Value>| change_record(metadata, changes);
    delta::erase(&table, &files, &journal.outcome.id, &change, &rows_of, values)
}

/// The rows that a data file of bronze is to have.
fn rows_of_bronze(feed: &Feed, scan: &Scan, values: &Values) -> String {
    let (file, relation) = (name_literal(super::files::FILE), scan.relation());
    let condition = feed.condition(values, scan).unwrap_or_else(|| "false".to_owned());
    if feed.action == Action::Delete {
        return format!("select * exclude ({file}) from {relation} where not {condition}");
    }
    let mut replaced: Vec<String> = feed
        .masked
        .iter()
        .filter_map(|name| {
            let kind = scan.type_of(name)?;
            let column = name_literal(name);
            Some(format!("case when {condition} then cast(null as {kind}) else {column} end as {column}"))
        })
        .collect();
    for key in feed.keys.iter().filter(|key| scan.type_of(&key.column).is_some()) {
        let Some(member) = &key.member else { continue };
        let column = name_literal(&key.column);
        let without = text_literal(&serde_json::json!({ member: null }).to_string());
        replaced.push(format!(
            "case when {condition} then cast(json_merge_patch({column}, {without}) as varchar) else {column} end as {column}"
        ));
    }
    if scan.type_of(ROW_HASH).is_some() {
        // The hash of a row whose other values are known tells who was in it to whoever tries all keys.
        let hash = name_literal(ROW_HASH);
        replaced.push(format!(
            "case when {condition} then (select h from {SCHEMA}.row_hashes where f = src_filename and n = src_row_number) \
             else {hash} end as {hash}"
        ));
    }
    let replaced =
        if replaced.is_empty() { String::new() } else { format!(" replace ({})", replaced.join(", ")) };
    format!("select * exclude ({file}){replaced} from {relation}")
}

/// The hashes that the rows have which lost the person, as raw files have them now.
fn know_new_hashes(feed: &Feed, places: &ErasedPlaces, journal: &Journal, values: &mut Values) -> Result<()> {
    values.execute(&format!(
        "create or replace table {SCHEMA}.row_hashes (f varchar, n bigint, h bigint, primary key (f, n))"
    ))?;
    let Some(files) = journal.raw.get(&feed.contract.name) else { return Ok(()) };
    for path in files.keys() {
        let numbers = values.texts(&format!(
            "select distinct n from {SCHEMA}.{MASKED_ROWS} where f = {}",
            text_literal(path)
        ))?;
        let numbers: BTreeSet<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
        let rows = delivered_rows(&feed.contract, &places.raw, path, &numbers)?;
        let rows: Vec<String> = rows
            .iter()
            .map(|(number, row)| format!("({}, {number}, {})", text_literal(path), row.hash))
            .collect();
        for part in rows.chunks(1_000) {
            values
                .execute(&format!("insert or ignore into {SCHEMA}.row_hashes values {}", part.join(", ")))?;
        }
    }
    Ok(())
}

/// What was found in a table of the lake, or is found now if another run has looked.
fn looked(
    table: &LakeTable,
    journal: &Journal,
    work: &dyn Fn(&Scan, &Values) -> TableWork,
    values: &mut Values,
) -> Result<FoundInTable> {
    if let Some(found) = journal.looked_tables.get(&table.label()) {
        return Ok(found.clone());
    }
    let scan = Scan::of_table(&table.delta(), values)?;
    let work = work(&scan, values);
    delta::look(table, &scan, &work, values)
}

fn erase_copy(table: &LakeTable, ground: &Ground, journal: &Journal, values: &mut Values) -> Result<()> {
    let rule = rule_of(table, &ground.rules);
    let work = |scan: &Scan, values: &Values| TableWork::of(rule, scan.columns(), values);
    let FoundInTable { files, changes, .. } = looked(table, journal, &work, values)?;
    if files.is_empty() && !journal.tables.contains(&table.label()) {
        return Ok(());
    }
    let rows_of = |file: &Scan, values: &mut Values| {
        let numbered = file.numbered();
        let path = file.files.first().map(|path| path.to_string_lossy());
        let of = (numbered.as_str(), file.columns());
        let changed = match &changes {
            Some(changes) => changes.rows(of, super::files::ROW, path.as_deref(), values)?,
            None => None,
        };
        Ok(changed.unwrap_or_else(|| work(file, values).query(&file.relation(), super::files::FILE)))
    };
    delta::erase(table, &files, &journal.outcome.id, &|_| {}, &rows_of, values)
}
