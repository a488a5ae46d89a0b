//! The file of a version: the selected tables as they are in one state of the warehouse, each with its description.

use super::options::RoleOptions;
use super::publication::PublishedTable;
use super::role::{TableQuery, check_grants, granted, query_of};
use crate::column_types::narrowed;
use crate::dbt_manifest::Model;
use crate::warehouse::{WarehouseColumn, WarehouseTable, misread_columns, patterns, schemas_of, tables_of};
use ingot_core::error::{Error, Kind, Result};
use ingot_engine::duckdb::{Attach, DuckDb, DuckDbOptions, write_ahead_log};
use ingot_engine::{Engine as _, Session, name_literal, text_literal};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the warehouse is called while it is read.
const WAREHOUSE: &str = "ingot_warehouse";

/// Which tables are wanted, and what is known of them.
pub(super) struct Wanted<'w> {
    /// Patterns, as a person wrote them.
    pub select: &'w [String],
    pub exclude: &'w [String],
    /// By `schema.name`, lower case.
    pub models: &'w BTreeMap<String, Model>,
    /// Ids of models that may not be published, and why.
    pub distrust: &'w BTreeMap<String, String>,
    pub role: Option<&'w RoleOptions>,
}

/// Copies the wanted tables of the warehouse into a new file, which is closed when this returns.
///
/// # Errors
/// The warehouse is in use; no table is wanted; a table is not tested or has a column that BI tools misread; the
/// disk is full.
pub(super) fn copy_tables(warehouse: &Path, file: &Path, wanted: &Wanted<'_>) -> Result<Vec<PublishedTable>> {
    let attach = Attach {
        path: warehouse.to_string_lossy().into_owned(),
        alias: Some(WAREHOUSE.to_owned()),
        kind: None,
        read_only: true,
    };
    let database = DuckDb::open(&DuckDbOptions { attach: vec![attach], ..DuckDbOptions::new(file) })?;
    let mut session = database.session()?;
    let tables = choose(session.as_mut(), warehouse, wanted)?;
    let own_name = database_name(session.as_mut())?;
    let own = name_literal(&own_name);
    if wanted.role.is_some() {
        // Conditions of row filters name tables as models do.
        session.execute(&format!("use {}", name_literal(WAREHOUSE)))?;
    }
    let mut published = Vec::new();
    session.execute("begin transaction")?;
    for schema in tables.iter().map(|table| &table.schema).collect::<BTreeSet<_>>() {
        session.execute(&format!("create schema if not exists {own}.{}", name_literal(schema)))?;
    }
    for table in &tables {
        let model = wanted.models.get(&table.full_name().to_lowercase());
        let inside = format!("{}.{}", name_literal(&table.schema), name_literal(&table.name));
        let name = format!("{own}.{inside}");
        let narrowed = narrowed_columns(table);
        let TableQuery { sql, kept_back, narrowed: published_as } =
            query_of(WAREHOUSE, table, model, wanted.role, &narrowed)?;
        let rows = session
            .execute(&format!("create table {name} as {sql}"))
            .or_else(|error| Err(too_wide(session.as_mut(), table, &inside, &narrowed)?.unwrap_or(error)))
            .map_err(|error| error.context(format!("copying {}", table.full_name())))?;
        if let Some(model) = model {
            describe(session.as_mut(), &name, table, model, &kept_back.left_out)?;
        }
        published.push(PublishedTable {
            schema: table.schema.clone(),
            name: table.name.clone(),
            rows,
            narrowed: published_as,
            kept_back,
        });
    }
    if wanted.role.is_some() {
        // Masks have types of their own.
        refuse_misread(&tables_of(session.as_mut(), &own_name)?, |_| true)?;
    }
    session.execute("commit")?;
    session.execute(&format!("use {own}"))?;
    session.execute("checkpoint")?;
    drop(session);
    drop(database);
    if write_ahead_log(file).exists() {
        return Err(Error::defect("the published file was closed with a write-ahead log beside it").at(file));
    }
    Ok(published)
}

/// The wanted tables, or the reason why they may not be published.
fn choose(session: &mut dyn Session, warehouse: &Path, wanted: &Wanted<'_>) -> Result<Vec<WarehouseTable>> {
    let all = tables_of(session, WAREHOUSE)?;
    let schemas = schemas_of(&all);
    let (select, exclude) = (patterns(wanted.select, &schemas)?, patterns(wanted.exclude, &schemas)?);
    let is_wanted =
        |table: &WarehouseTable| select.is_match(table.full_name()) && !exclude.is_match(table.full_name());
    let tables: Vec<WarehouseTable> = all.into_iter().filter(is_wanted).collect();
    if let Some(role) = wanted.role {
        check_grants(wanted.models.values())?;
        let tables = granted(tables, wanted.models, &role.name)?;
        refuse_untested(&tables, wanted)?;
        return Ok(tables);
    }
    if tables.is_empty() {
        let schemas: Vec<&str> = schemas.iter().map(String::as_str).collect();
        return Err(Error::new("the warehouse has no such table")
            .at(warehouse)
            .hint(format!("name schemas or tables with --select; the schemas are: {}", schemas.join(", "))));
    }
    refuse_untested(&tables, wanted)?;
    refuse_misread(&tables, |column| narrowed(&column.data_type).is_none())?;
    Ok(tables)
}

fn refuse_untested(tables: &[WarehouseTable], wanted: &Wanted<'_>) -> Result<()> {
    let mut untested = Vec::new();
    for table in tables {
        match wanted.models.get(&table.full_name().to_lowercase()) {
            None => untested.push(format!("{}: no model of the project makes it", table.full_name())),
            Some(model) => {
                untested.extend(
                    wanted.distrust.get(&model.unique_id).map(|why| format!("{}: {why}", table.full_name())),
                );
            }
        }
    }
    if !untested.is_empty() {
        return Err(Error::new(format!("only tested tables are published:\n  {}", untested.join("\n  "))).of_kind(Kind::Data).hint(
            "run `ingot run-models` until everything passes; add tests; or leave tables out with --exclude",
        ));
    }
    Ok(())
}

fn refuse_misread(tables: &[WarehouseTable], is_meant: impl Fn(&WarehouseColumn) -> bool) -> Result<()> {
    let misread = misread_columns(tables, is_meant);
    if misread.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("BI tools would misread these columns:\n  {}", misread.join("\n  ")))
        .of_kind(Kind::Data)
        .hint("change the columns in their models or masks, or leave the tables out with --exclude"))
}

/// What DuckDB calls the file that is written.
fn database_name(session: &mut dyn Session) -> Result<String> {
    let found = session.query("select current_database()")?;
    let name = found.rows.first().and_then(|row| row.first()).map(ToString::to_string);
    name.ok_or_else(|| Error::defect("DuckDB does not say the name of a database"))
}

/// The columns that are published in a type that BI tools read rightly, and that type.
fn narrowed_columns(table: &WarehouseTable) -> Vec<(&WarehouseColumn, String)> {
    let columns = table.columns.iter();
    columns.filter_map(|column| Some((column, narrowed(&column.data_type)?))).collect()
}

/// Says which column has a value that its narrower type cannot hold; `None` if that is not what went wrong.
fn too_wide(
    session: &mut dyn Session,
    table: &WarehouseTable,
    name: &str,
    narrowed: &[(&WarehouseColumn, String)],
) -> Result<Option<Error>> {
    // What failed has ended the transaction.
    session.execute("rollback").ok();
    for (column, kind) in narrowed {
        let quoted = name_literal(&column.name);
        let from = format!("{}.{name}", name_literal(WAREHOUSE));
        let found = session.query(&format!(
            "select any_value({quoted}) from {from} where try_cast({quoted} as {kind}) is null and {quoted} is not null"
        ))?;
        let value = found.rows.first().and_then(|row| row.first()).filter(|cell| !cell.is_null());
        if let Some(value) = value {
            let message = format!(
                "{}.{} is {}, and its value {value} does not fit into {kind}, which BI tools read rightly",
                table.full_name(),
                column.name,
                column.data_type
            );
            let hint =
                "cast the column in its model, for example to DOUBLE, or leave the table out with --exclude";
            return Ok(Some(Error::new(message).of_kind(Kind::Data).hint(hint)));
        }
    }
    Ok(None)
}

/// The model's descriptions as comments, which ODBC clients show as remarks.
fn describe(
    session: &mut dyn Session,
    name: &str,
    table: &WarehouseTable,
    model: &Model,
    left_out: &[String],
) -> Result<()> {
    let mut comments = Vec::new();
    if !model.description.is_empty() {
        comments.push(format!("comment on table {name} is {}", text_literal(&model.description)));
    }
    for column in table.columns.iter().filter(|column| !left_out.contains(&column.name)) {
        if let Some(text) = model.columns.get(&column.name.to_lowercase()).filter(|text| !text.is_empty()) {
            comments.push(format!(
                "comment on column {name}.{} is {}",
                name_literal(&column.name),
                text_literal(text)
            ));
        }
    }
    session.execute(&comments.join(";")).map(drop)
}
