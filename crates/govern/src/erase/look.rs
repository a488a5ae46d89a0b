//! Finds the people in everything that a project holds, and what they had. Nothing is changed.

use super::database;
use super::delta;
use super::feeds::Feed;
use super::files::Scan;
use super::ground::{Ground, copies, is_copy_of, rule_of, table_of};
use super::journal::Journal;
use super::leftovers;
use super::options::{EraseOptions, ErasedPlaces};
use super::outcome::{ErasedPlace, Erasure};
use super::raw;
use super::relations::ROW_COLUMNS;
use super::rules::TableWork;
use super::values::{BronzeRow, DELETED_ROWS, MASKED_ROWS, TEXTS, Values};
use ingot_contract::Erasure as Action;
use ingot_core::error::Result;
use ingot_engine::{Cell, name_literal};
use ingot_lake::LakeTable;
use std::collections::{BTreeMap, BTreeSet};

/// Shorter texts are found everywhere.
const SHORTEST_TEXT: usize = 6;

/// Looks everywhere. What comes is all that the steps of the erasure need.
///
/// # Errors
/// A file cannot be read.
pub(super) fn look(
    options: &EraseOptions,
    places: &ErasedPlaces,
    ground: &Ground,
    values: &mut Values,
) -> Result<Journal> {
    let mut journal = Journal {
        lake: places.lake.clone(),
        contract: options.contract.clone(),
        column: options.column.clone(),
        keys: options.keys.clone(),
        outcome: Erasure {
            id: uuid::Uuid::new_v4().simple().to_string(),
            environment: places.environment.clone(),
            contract: options.contract.clone(),
            people: options.keys.len(),
            reason: options.reason.clone(),
            started: jiff::Timestamp::now().to_string(),
            ..Erasure::default()
        },
        ..Journal::default()
    };
    let mut in_bronze = BTreeMap::new();
    for (at, feed) in ground.feeds.iter().enumerate() {
        let found = look_in_bronze(feed, at == 0, places, &mut journal, values)?;
        in_bronze.insert(feed.contract.name.clone(), found);
    }
    values.add_rows(DELETED_ROWS, &journal.deleted_rows)?;
    values.add_rows(MASKED_ROWS, &journal.masked_rows)?;
    for feed in &ground.feeds {
        let name = &feed.contract.name;
        let Some(bronze) = in_bronze.get(name) else { continue };
        let found = raw::look(feed, &places.raw, &places.lake, bronze.has_rows, values)?;
        journal.outcome.places.extend(found.places);
        journal.outcome.left.extend(found.left);
        journal.deliveries.entry(name.clone()).or_default().rejected = found.rejected;
        if !found.files.is_empty() {
            journal.raw.insert(name.clone(), found.files);
        }
    }
    journal.outcome.places.extend(in_bronze.into_values().filter_map(|found| found.place));
    look_in_relations(places, ground, &mut journal, values)?;
    journal.keep(values);
    Ok(journal)
}

/// What was found of a feed in bronze.
#[derive(Debug, Default)]
struct InBronze {
    place: Option<ErasedPlace>,
    /// Whether it has rows of the people.
    has_rows: bool,
}

fn look_in_bronze(
    feed: &Feed,
    is_root: bool,
    places: &ErasedPlaces,
    journal: &mut Journal,
    values: &mut Values,
) -> Result<InBronze> {
    let name = &feed.contract.name;
    let scan = Scan::of_bronze(&places.lake, name, values)?;
    let mut found = InBronze::default();
    if scan.is_empty() {
        return Ok(found);
    }
    let Some(condition) = feed.condition(values, &scan) else { return Ok(found) };
    let rows = values.query(&format!(
        "select distinct src_filename, src_row_number, epoch_us(ingestion_ts) from {} where {condition}",
        scan.relation()
    ))?;
    let rows: BTreeSet<BronzeRow> = rows.rows.iter().filter_map(|row| bronze_row(row)).collect();
    found.has_rows = !rows.is_empty();
    if is_root {
        find_identities(feed, &scan, &condition, values)?;
    }
    find_texts(feed, &scan, &condition, values)?;
    if feed.action == Action::Delete {
        let mut counts: BTreeMap<(String, i64), u64> = BTreeMap::new();
        for (file, _, at) in &rows {
            *counts.entry((file.clone(), *at)).or_default() += 1;
        }
        let accepted = counts.into_iter().map(|((file, at), rows)| (file, at, rows)).collect();
        journal.deliveries.entry(name.clone()).or_default().accepted = accepted;
        journal.deleted_rows.extend(rows);
    } else {
        journal.masked_rows.extend(rows);
    }
    let table = table_of(&places.lake, name);
    let work = TableWork { delete: Some(condition), ..TableWork::default() };
    let looked = delta::look(&table, &scan, &work, values)?;
    if !looked.files.is_empty() {
        journal.tables.insert(table.label());
        found.place = Some(ErasedPlace {
            kind: "bronze".to_owned(),
            place: table.label(),
            rows: looked.rows,
            files: looked.files.len() as u64,
            action: if feed.action == Action::Delete { "deleted" } else { "masked" }.to_owned(),
            before: Some(looked.version),
            after: Some(looked.version + 1),
        });
    }
    journal.looked_tables.insert(table.label(), looked);
    Ok(found)
}

fn bronze_row(row: &[Cell]) -> Option<BronzeRow> {
    let [file, number, at] = row else { return None };
    Some((file.to_string(), number.as_i64()?, at.as_i64()?))
}

/// Other columns by which the people of the first feed are known, without values that somebody else has too.
fn find_identities(feed: &Feed, scan: &Scan, condition: &str, values: &mut Values) -> Result<()> {
    let all = scan.relation();
    for column in &feed.contract.columns {
        let is_key = feed.keys.iter().any(|key| key.column == column.name);
        if is_key
            || !(column.natural_key || column.primary_key.is_some())
            || scan.type_of(&column.name).is_none()
        {
            continue;
        }
        let text = format!("cast({} as varchar)", name_literal(&column.name));
        let found = values.texts_of_theirs_alone(&text, &all, condition)?;
        values.add(&format!("{}.{}", feed.contract.name, column.name), found)?;
    }
    Ok(())
}

/// Texts that only these people have: they are looked for in files of which nothing is known.
fn find_texts(feed: &Feed, scan: &Scan, condition: &str, values: &mut Values) -> Result<()> {
    let texts = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        scan.columns()
            .iter()
            .filter(|(name, kind)| kind == "VARCHAR" && !ROW_COLUMNS.contains(&name.as_str()) && wanted(name))
            .map(|(name, _)| name_literal(name))
            .collect()
    };
    let theirs = texts(&|name| {
        feed.contract.column(name).is_some_and(|(_, column)| column.personal || column.natural_key)
    });
    if theirs.is_empty() {
        return Ok(());
    }
    let all = scan.relation();
    let found = values.texts(&format!(
        "with theirs as (\
             select distinct trim(unnest([{}])) as v from {all} where {condition}\
         ), wanted as (select v from theirs where length(v) >= {SHORTEST_TEXT}), \
         others as (select trim(unnest([{}])) as v from {all} where not {condition}) \
         select v from wanted where v not in (select v from others where v in (select v from wanted))",
        theirs.join(", "),
        texts(&|_| true).join(", ")
    ))?;
    let mut spelled = BTreeSet::new();
    for text in found {
        spelled.extend([text.to_lowercase(), text.to_uppercase(), text]);
    }
    values.add(TEXTS, spelled)
}

/// Silver, gold, snapshots and seeds: in the warehouse, in the copies of the lake, in published files; then all other files.
fn look_in_relations(
    places: &ErasedPlaces,
    ground: &Ground,
    journal: &mut Journal,
    values: &mut Values,
) -> Result<()> {
    let copies: Vec<LakeTable> = copies(&places.lake)?;
    let warehouse = places.warehouse.as_ref().filter(|file| file.is_file());
    // In the order in which models are made of each other: what one makes of a key, the next has.
    let scans = scans(&copies, values)?;
    for rule in &ground.rules {
        if let Some((_, scan)) = scans.iter().find(|(table, _)| is_copy_of(table, rule)) {
            database::gather(rule, &scan.relation(), scan.columns(), values)?;
        }
    }
    if let Some(file) = warehouse {
        database::gather_made_values(file, &ground.rules, values)?;
        let looked = database::look(file, "warehouse", &ground.rules, values)?;
        journal.outcome.places.extend(looked.places.clone());
        journal.looked.insert(file.clone(), looked);
        // Its free pages may have rows that are in no table any more, and its manifest names raw files.
        journal.databases.insert(file.clone());
    }
    for (table, scan) in &scans {
        let work = TableWork::of(rule_of(table, &ground.rules), scan.columns(), values);
        let looked = delta::look(table, scan, &work, values)?;
        if !looked.files.is_empty() {
            journal.tables.insert(table.label());
            journal.outcome.places.push(ErasedPlace {
                kind: "lake copy".to_owned(),
                place: table.label(),
                rows: looked.rows,
                files: looked.files.len() as u64,
                action: looked.action.to_owned(),
                before: Some(looked.version),
                after: Some(looked.version + 1),
            });
        }
        journal.looked_tables.insert(table.label(), looked);
    }
    // A table is published in several versions.
    let mut published: BTreeMap<String, ErasedPlace> = BTreeMap::new();
    let files = leftovers::databases(places)?;
    for names in leftovers::names_of_databases(&files) {
        let looked = database::look(&names[0], "published", &ground.rules, values)?;
        if looked.places.is_empty() {
            continue;
        }
        for place in names.iter().flat_map(|_| &looked.places) {
            match published.get_mut(&place.place) {
                Some(known) => {
                    known.rows += place.rows;
                    known.files += 1;
                }
                None => drop(published.insert(place.place.clone(), place.clone())),
            }
        }
        journal.looked.insert(names[0].clone(), looked);
        journal.databases.extend(names);
    }
    journal.outcome.places.extend(published.into_values());
    let (found, left) = leftovers::sweep(places, ground, values, true)?;
    journal.outcome.places.extend(found);
    journal.outcome.left.extend(left);
    Ok(())
}

fn scans(tables: &[LakeTable], values: &mut Values) -> Result<Vec<(LakeTable, Scan)>> {
    let mut scans = Vec::new();
    for table in tables {
        scans.push((table.clone(), Scan::of_table(&table.delta(), values)?));
    }
    Ok(scans)
}
