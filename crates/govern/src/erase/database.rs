//! DuckDB files without the people. A file is never changed in its place, because pages that are free would keep what was in
//! them: the rows that stay are written into a new file, which then takes its name.

use super::changes::{RowNumbers, TableChanges};
use super::files::path_literal;
use super::outcome::ErasedPlace;
use super::relations::RelationRule;
use super::rules::{TableWork, action};
use super::values::Values;
use ingot_bronze::DeliveryChanges;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{make_durable, own_file, put_in_place};
use ingot_engine::duckdb::{catalog_name, explain_attach, write_ahead_log};
use ingot_engine::{name_literal, text_literal};
use ingot_lake::FileStamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The new file while it is written.
const NEXT: &str = "ingot_next";
/// What DuckDB tells rows of a table by.
const ROW_IDS: RowNumbers<'static> = RowNumbers { file: "null", row: "rowid" };
/// The schema into which dbt writes rows that fail tests: evidence, which a row of nobody else is lost with.
const FAILURES: &str = "dbt_test__audit";

/// Whether a file begins as those of DuckDB do.
pub(super) fn is_database(first: &[u8]) -> bool {
    first.get(8..12) == Some(b"DUCK")
}

struct Table {
    schema: String,
    name: String,
    columns: Vec<(String, String)>,
}

impl Table {
    fn label(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// An attached file. It is detached when it is dropped by [`Attached::end`].
struct Attached {
    name: String,
}

impl Attached {
    fn begin(values: &mut Values, file: &Path) -> Result<Self> {
        // Views of the file name it as DuckDB does.
        let name = catalog_name(file);
        values
            .execute(&format!("attach {} as {} (read_only)", path_literal(file), name_literal(&name)))
            .map_err(|error| explain_attach(error, file))?;
        Ok(Self { name })
    }

    fn end(self, values: &mut Values) -> Result<()> {
        values.execute(&format!("detach {}", name_literal(&self.name))).map(drop)
    }

    fn tables(&self, values: &mut Values) -> Result<Vec<Table>> {
        let found = values.query(&format!(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() \
             where database_name = {} and (schema_name, table_name) in \
             (select (schema_name, table_name) from duckdb_tables() where database_name = {}) \
             order by schema_name, table_name, column_index",
            text_literal(&self.name),
            text_literal(&self.name)
        ))?;
        let mut tables: Vec<Table> = Vec::new();
        for row in &found.rows {
            let [schema, name, column, kind] = row.as_slice() else { continue };
            let (schema, name) = (schema.to_string(), name.to_string());
            let is_same = tables.last().is_some_and(|last| last.schema == schema && last.name == name);
            if !is_same {
                tables.push(Table { schema, name, columns: Vec::new() });
            }
            if let Some(last) = tables.last_mut() {
                last.columns.push((column.to_string(), kind.to_string()));
            }
        }
        Ok(tables)
    }

    fn relation(&self, table: &Table) -> String {
        format!("{}.{}.{}", name_literal(&self.name), name_literal(&table.schema), name_literal(&table.name))
    }
}

/// What is done to a table of a database.
fn work(table: &Table, rules: &[RelationRule], values: &Values) -> TableWork {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let rule = rules.iter().find(|rule| same(&rule.schema, &table.schema) && same(&rule.name, &table.name));
    // A published file may have the tables under another schema.
    let rule = rule.or_else(|| {
        let mut named = rules.iter().filter(|rule| same(&rule.name, &table.name));
        named.next().filter(|_| named.next().is_none())
    });
    if rule.is_some() || !table.schema.ends_with(FAILURES) {
        return TableWork::of(rule, &table.columns, values);
    }
    let mut columns: BTreeMap<String, super::relations::ColumnRule> = BTreeMap::new();
    for (name, known) in
        rules.iter().flat_map(|rule| &rule.columns).filter(|(_, known)| !known.names.is_empty())
    {
        columns.entry(name.clone()).or_default().names.extend(known.names.iter().cloned());
    }
    let evidence = RelationRule { columns, deletes: true, ..RelationRule::default() };
    TableWork::of(Some(&evidence), &table.columns, values)
}

/// Has models' keys as domains: for each column that is made of keys, the values that it has in rows of the people and in no
/// others.
///
/// # Errors
/// The file cannot be opened or read.
pub(super) fn gather_made_values(file: &Path, rules: &[RelationRule], values: &mut Values) -> Result<()> {
    let attached = Attached::begin(values, file)?;
    let tables = attached.tables(values)?;
    for rule in rules {
        let is_it = |table: &&Table| {
            table.schema.eq_ignore_ascii_case(&rule.schema) && table.name.eq_ignore_ascii_case(&rule.name)
        };
        let Some(table) = tables.iter().find(is_it) else { continue };
        gather(rule, &attached.relation(table), &table.columns, values)?;
    }
    attached.end(values)
}

/// The same for a relation of any kind.
///
/// # Errors
/// It cannot be read.
pub(super) fn gather(
    rule: &RelationRule,
    relation: &str,
    columns: &[(String, String)],
    values: &mut Values,
) -> Result<()> {
    let made: Vec<(&str, &str)> = columns
        .iter()
        .filter_map(|(name, _)| {
            let domain = rule.columns.get(&name.to_lowercase())?.makes.as_deref()?;
            Some((name.as_str(), domain))
        })
        .collect();
    if made.is_empty() {
        return Ok(());
    }
    let Some(theirs) = TableWork::of(Some(rule), columns, values).theirs else { return Ok(()) };
    let theirs = format!("coalesce({theirs}, false)");
    for (name, domain) in made {
        let text = format!("cast({} as varchar)", name_literal(name));
        let found = values.texts_of_theirs_alone(&text, relation, &theirs)?;
        values.add(domain, found)?;
    }
    Ok(())
}

/// What was seen in a database.
#[derive(Debug, Clone)]
pub(super) struct LookedDatabase {
    /// Its tables with rows of the people.
    pub(super) places: Vec<ErasedPlace>,
    /// By the labels of those tables.
    changes: BTreeMap<String, TableChanges>,
    /// It as it was, and the log beside it.
    stamps: [Option<FileStamp>; 2],
}

fn stamps(file: &Path) -> [Option<FileStamp>; 2] {
    [FileStamp::of(file), FileStamp::of(&write_ahead_log(file))]
}

/// The tables of a database with rows of the people.
///
/// # Errors
/// The file cannot be opened or read.
pub(super) fn look(
    file: &Path,
    kind: &str,
    rules: &[RelationRule],
    values: &mut Values,
) -> Result<LookedDatabase> {
    let stamps = stamps(file);
    let attached = Attached::begin(values, file)?;
    let (mut found, mut changes) = (Vec::new(), BTreeMap::new());
    for table in attached.tables(values)? {
        let work = work(&table, rules, values);
        let relation = attached.relation(&table);
        let name = format!("{relation} of {}", file.display());
        let columns = (relation.as_str(), table.columns.as_slice());
        let Some(changed) = TableChanges::find(&name, columns, ROW_IDS, &work, values)? else { continue };
        let counted = changed.counts(values)?;
        let count = |at: usize| {
            let cell = counted.rows.first().and_then(|row| row.get(at));
            cell.and_then(ingot_engine::Cell::as_i64).unwrap_or_default().unsigned_abs()
        };
        let (rows, gone) = (count(1), count(2));
        if rows > 0 {
            changes.insert(table.label(), changed);
            found.push(ErasedPlace {
                kind: kind.to_owned(),
                place: table.label(),
                rows,
                files: 1,
                action: action(rows, gone).to_owned(),
                ..ErasedPlace::default()
            });
        }
    }
    attached.end(values)?;
    Ok(LookedDatabase { places: found, changes, stamps })
}

/// Writes a database again without the people, and puts it in its place in one step. If it is as it was when it was `looked`
/// at, it is not looked through again.
///
/// # Errors
/// Another process has the file open, or the disk is full. The file is as it was then.
pub(super) fn erase(
    file: &Path,
    rules: &[RelationRule],
    looked: Option<&LookedDatabase>,
    deliveries: &BTreeMap<String, DeliveryChanges>,
    values: &mut Values,
) -> Result<()> {
    let looked = looked.filter(|looked| looked.stamps == stamps(file));
    // Rows may have other numbers once the log is in the file.
    let looked = if merge_log(file, values)? { None } else { looked };
    let next = next_file(file);
    for left in [next.clone(), write_ahead_log(&next)] {
        if left.exists() {
            std::fs::remove_file(&left).or_cannot_at("remove what a killed run left", &left)?;
        }
    }
    let attached = Attached::begin(values, file)?;
    values.execute(&format!(
        "attach {} as {NEXT} (storage_version {})",
        path_literal(&next),
        text_literal(ingot_engine::duckdb::DEFAULT_STORAGE_VERSION)
    ))?;
    values.execute(&format!("copy from database {} to {NEXT} (schema)", name_literal(&attached.name)))?;
    for table in attached.tables(values)? {
        let name = format!("{NEXT}.{}.{}", name_literal(&table.schema), name_literal(&table.name));
        let relation = attached.relation(&table);
        let columns = (relation.as_str(), table.columns.as_slice());
        let query = match looked.map(|looked| looked.changes.get(&table.label())) {
            Some(None) => Some(format!("from {relation}")),
            Some(Some(changes)) => changes.rows(columns, ROW_IDS.row, None, values)?,
            None => None,
        };
        let query = query.unwrap_or_else(|| without_people(&relation, &work(&table, rules, values)));
        values.execute(&format!("insert into {name} {query}")).map_err(|error| {
            error.context(format!("erasing rows of {}.{}", table.schema, table.name)).hint(
                "if a column must have a value, let the YAML of its model say which one stands for nobody: `meta: {erased: -1}`",
            )
        })?;
    }
    follow_deliveries(deliveries, &attached.tables(values)?, values)?;
    values.execute(&format!("checkpoint {NEXT}"))?;
    values.execute(&format!("detach {NEXT}"))?;
    attached.end(values)?;
    if write_ahead_log(&next).exists() {
        return Err(Error::defect("the new database was closed with a write-ahead log beside it").at(next));
    }
    if let Ok(about) = std::fs::metadata(file) {
        let _ = std::fs::set_permissions(&next, about.permissions());
    }
    let folder = file.parent().unwrap_or(file);
    put_in_place(&next, file, folder)?;
    make_durable(&[file.to_path_buf()], folder)
}

/// The rows of a table that stay, as they are to be, if it has not been looked through.
fn without_people(relation: &str, work: &TableWork) -> String {
    if work.is_nothing() {
        return format!("from {relation}");
    }
    work.query(&format!("(select *, null as __ingot_none from {relation})"), "__ingot_none")
}

/// What a run has left in the log beside a database goes into it, so that nothing of it is read later. Gives whether there was
/// a log.
fn merge_log(file: &Path, values: &mut Values) -> Result<bool> {
    if !write_ahead_log(file).exists() {
        return Ok(false);
    }
    own_file(file)?;
    let name = name_literal(&catalog_name(file));
    // Opening it for writing also finds out whether somebody else has it open.
    values
        .execute(&format!("attach {} as {name}", path_literal(file)))
        .map_err(|error| explain_attach(error, file))?;
    values.execute(&format!("checkpoint {name}"))?;
    values.execute(&format!("detach {name}"))?;
    Ok(true)
}

/// Beside the file, under a name that ends as its own.
fn next_file(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.erased.inprogress"))
}

/// The manifest of loads has the hashes and counts that the log has.
fn follow_deliveries(
    deliveries: &BTreeMap<String, DeliveryChanges>,
    tables: &[Table],
    values: &mut Values,
) -> Result<()> {
    for manifest in ["manifest_processed_files", "manifest_deliveries"] {
        if !tables.iter().any(|table| table.schema == "main" && table.name == manifest) {
            continue;
        }
        for (feed, changes) in deliveries {
            let of_feed = format!("update {NEXT}.main.{manifest} set ");
            let is_of = |path: &str| {
                format!("where table_name = {} and src_path = {}", text_literal(feed), text_literal(path))
            };
            for content in &changes.contents {
                values.execute(&format!(
                    "{of_feed} content_hash = {}, size = {}, bytes = {} {} and content_hash = {}",
                    text_literal(&content.new_hash),
                    content.new_bytes,
                    content.new_bytes,
                    is_of(&content.path),
                    text_literal(&content.hash)
                ))?;
            }
            for (path, at, rows) in &changes.accepted {
                values.execute(&format!(
                    "{of_feed} row_count = greatest(row_count - {rows}, 0), rows_read = greatest(rows_read - {rows}, 0) {} \
                     and epoch_us(processed_at) = {at}",
                    is_of(path)
                ))?;
            }
            for (path, run, rows) in &changes.rejected {
                values.execute(&format!(
                    "{of_feed} reject_count = greatest(reject_count - {rows}, 0), rows_read = greatest(rows_read - {rows}, 0) {} \
                     and run_id = {}",
                    is_of(path),
                    text_literal(run)
                ))?;
            }
        }
    }
    Ok(())
}
