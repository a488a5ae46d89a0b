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
//! Each step done again finds its work done, so a run that was killed is completed by doing all steps again.

use super::database;
use super::delta;
use super::feeds::Feed;
use super::files::Scan;
use super::ground::{Ground, copies, inside, rule_of, table_of};
use super::journal::Journal;
use super::leftovers;
use super::look::look;
use super::options::EraseOptions;
use super::outcome::Erasure;
use super::raw;
use super::rules::TableWork;
use super::values::{MASKED_ROWS, Values};
use ingot_bronze::{KeptOut, Suppression, change_record, delivered_rows};
use ingot_catalog::SourceTypes;
use ingot_contract::{Erasure as Action, ROW_HASH};
use ingot_core::error::Result;
use ingot_core::report::Reporter;
use ingot_engine::{name_literal, text_literal};
use ingot_lake::LakeTable;
use ingot_models::TypedProject;
use ingot_operate::lock_all_tables;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Erases people from a project, or says what would be erased. An erasure that was not completed is completed first; without
/// keys, that is all that is done.
///
/// # Errors
/// There is no such contract or column; a feed is under a legal hold; something else works on the lake; a file cannot be read
/// or written. What was begun is completed by the next call.
pub fn erase(
    options: &EraseOptions,
    project: &TypedProject,
    sources: &SourceTypes,
    reporter: &dyn Reporter,
) -> Result<Vec<Erasure>> {
    let mut done = Vec::new();
    if !options.dry_run
        && let Some(journal) = Journal::load(&options.lake)?
    {
        reporter.info(format!("completing the erasure that was begun at {}", journal.outcome.started));
        let options = journal.options(options);
        let mut values = Values::new()?;
        journal.give(&mut values)?;
        let ground = Ground::of(&options, project, sources, &mut values)?;
        let _held = lock_all_tables(&options.lake)?;
        done.push(carry_out(&options, &ground, journal, &mut values, reporter)?);
    }
    if options.keys.is_empty() {
        return Ok(done);
    }
    let mut values = Values::new()?;
    let ground = Ground::of(options, project, sources, &mut values)?;
    let journal = look(options, &ground, &mut values)?;
    if options.dry_run {
        done.push(journal.outcome);
        return Ok(done);
    }
    // Nothing has changed until now, and nobody else may be at work from now on.
    let _held = lock_all_tables(&options.lake)?;
    journal.save(&options.lake)?;
    done.push(carry_out(options, &ground, journal, &mut values, reporter)?);
    Ok(done)
}

/// Does all steps after the first. The lake must be held.
fn carry_out(
    options: &EraseOptions,
    ground: &Ground,
    mut journal: Journal,
    values: &mut Values,
    reporter: &dyn Reporter,
) -> Result<Erasure> {
    let lake = &options.lake;
    keep_out(ground, lake, values)?;
    for feed in &ground.feeds {
        reporter.info(format!("{}: raw files and rejects", feed.contract.name));
        raw::erase(feed, &options.raw, lake, &mut journal, values)?;
    }
    for feed in &ground.feeds {
        reporter.info(format!("{}: bronze", feed.contract.name));
        erase_bronze(feed, options, &journal, values)?;
    }
    let databases: Vec<_> = journal.databases.iter().cloned().collect();
    let mut renewed = BTreeMap::new();
    for file in databases.iter().filter(|file| file.is_file()) {
        reporter.info(format!("{}: written again", inside(&options.root, file)));
        leftovers::erase_database(file, &mut renewed, &mut |file| {
            database::erase(file, &ground.rules, &journal.deliveries, values)
        })?;
        // Once is enough, also for a run that goes on after this one.
        journal.databases.remove(file);
        journal.save(lake)?;
    }
    for table in copies(lake)? {
        erase_copy(&table, ground, &journal, values)?;
    }
    leftovers::sweep(options, ground, values, false)?;
    Journal::remove(lake)?;
    Ok(journal.outcome)
}

/// Adds the people to the list that a load asks.
fn keep_out(ground: &Ground, lake: &std::path::Path, values: &Values) -> Result<()> {
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

fn erase_bronze(feed: &Feed, options: &EraseOptions, journal: &Journal, values: &mut Values) -> Result<()> {
    let table = table_of(&options.lake, &feed.contract.name);
    if !table.has_log() {
        return Ok(());
    }
    let scan = Scan::of_bronze(&options.lake, &feed.contract.name, values)?;
    let condition = feed.condition(values, &scan);
    let files = match &condition {
        Some(condition) => {
            let work = TableWork { delete: Some(condition.clone()), ..TableWork::default() };
            delta::look(&table, &scan, &work, values)?.files
        }
        None => Vec::new(),
    };
    let none = ingot_bronze::DeliveryChanges::default();
    let changes = journal.deliveries.get(&feed.contract.name).unwrap_or(&none);
    if files.is_empty() && changes.is_empty() && !journal.tables.contains(&table.label()) {
        return Ok(());
    }
    if feed.action == Action::Mask {
        know_new_hashes(feed, options, journal, values)?;
    }
    let rows_of = |file: &Scan, values: &Values| rows_of_bronze(feed, file, values);
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
            "case when {condition} then (select h from temp.row_hashes where f = src_filename and n = src_row_number) \
             else {hash} end as {hash}"
        ));
    }
    let replaced =
        if replaced.is_empty() { String::new() } else { format!(" replace ({})", replaced.join(", ")) };
    format!("select * exclude ({file}){replaced} from {relation}")
}

/// The hashes that the rows have which lost the person, as raw files have them now.
fn know_new_hashes(
    feed: &Feed,
    options: &EraseOptions,
    journal: &Journal,
    values: &mut Values,
) -> Result<()> {
    values.execute(
        "create or replace temp table row_hashes (f varchar, n bigint, h bigint, primary key (f, n))",
    )?;
    let Some(files) = journal.raw.get(&feed.contract.name) else { return Ok(()) };
    for path in files.keys() {
        let numbers = values
            .texts(&format!("select distinct n from temp.{MASKED_ROWS} where f = {}", text_literal(path)))?;
        let numbers: BTreeSet<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
        let rows = delivered_rows(&feed.contract, &options.raw, path, &numbers)?;
        let rows: Vec<String> = rows
            .iter()
            .map(|(number, row)| format!("({}, {number}, {})", text_literal(path), row.hash))
            .collect();
        for part in rows.chunks(1_000) {
            values.execute(&format!("insert or ignore into temp.row_hashes values {}", part.join(", ")))?;
        }
    }
    Ok(())
}

fn erase_copy(table: &LakeTable, ground: &Ground, journal: &Journal, values: &mut Values) -> Result<()> {
    let scan = Scan::of_table(&table.delta(), values)?;
    let work = TableWork::of(rule_of(table, &ground.rules), scan.columns(), values);
    let files = delta::look(table, &scan, &work, values)?.files;
    if files.is_empty() && !journal.tables.contains(&table.label()) {
        return Ok(());
    }
    let rule = rule_of(table, &ground.rules);
    let rows_of = |file: &Scan, values: &Values| {
        TableWork::of(rule, file.columns(), values).query(&file.relation(), super::files::FILE)
    };
    delta::erase(table, &files, &journal.outcome.id, &|_| {}, &rows_of, values)
}
