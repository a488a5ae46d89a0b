//! The table as it would be after a commit, as a view in an empty database.

use crate::write::IS_DELETED;
use ingot_contract::{Contract, Format};
use ingot_core::error::Result;
use ingot_engine::{Cell, Engine, EngineOptions, Rows, Session, name_literal, text_literal};
use ingot_lake::arrow::datatypes::DataType as ArrowType;
use std::path::PathBuf;

/// A database whose only content is the table, under the names that queries may use.
pub(super) struct NextTable {
    session: Box<dyn Session>,
    _engine: Box<dyn Engine>,
    /// The view's name, quoted.
    pub(super) name: String,
}

impl NextTable {
    /// `files` are all data files that the table would have.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn open(contract: &Contract, files: &[PathBuf]) -> Result<Self> {
        let engine = EngineOptions::in_memory().open()?;
        let mut session = engine.session()?;
        let temporary = text_literal(&std::env::temp_dir().to_string_lossy());
        session.execute(&format!("SET temp_directory = {temporary}"))?;
        let select = select(contract, files, session.as_mut())?;
        let mut names = contract.query_names.iter().map(|name| name_literal(name));
        let name = names.next().unwrap_or_else(|| name_literal(&contract.name));
        session.execute(&format!("CREATE VIEW {name} AS {select}"))?;
        for other in names {
            session.execute(&format!("CREATE OR REPLACE VIEW {other} AS FROM {name}"))?;
        }
        Ok(Self { session, _engine: engine, name })
    }

    pub(super) fn query(&mut self, sql: &str) -> Result<Rows> {
        self.session.query(sql)
    }
}

/// All columns of the contract, those that no file has as nulls, and their names in the raw files beside them.
fn select(contract: &Contract, files: &[PathBuf], session: &mut dyn Session) -> Result<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut from = String::new();
    let mut deleted = false;
    let mut present: Vec<String> = Vec::new();
    if !files.is_empty() {
        from = format!(" FROM {}", reader(contract, files));
        let described = session.query(&format!("DESCRIBE SELECT *{from}"))?;
        for row in described.rows {
            if let Some(Cell::Text(name)) = row.into_iter().next() {
                present.push(name);
            }
        }
        deleted = contract.raw.format == Format::Delta && present.iter().any(|name| name == IS_DELETED);
        columns.push("*".to_owned());
    }
    let schema = contract.lake_schema();
    for field in schema.fields() {
        if !present.iter().any(|name| name.eq_ignore_ascii_case(field.name())) {
            columns.push(format!("NULL::{} AS {}", sql_type(field.data_type()), name_literal(field.name())));
            present.push(field.name().clone());
        }
    }
    for column in &contract.columns {
        if let Some(physical) = &column.physical_name
            && !present.iter().any(|name| name.eq_ignore_ascii_case(physical))
        {
            columns.push(format!("{} AS {}", name_literal(&column.name), name_literal(physical)));
            present.push(physical.clone());
        }
    }
    let filter = match (files.is_empty(), deleted) {
        (true, _) => " WHERE false".to_owned(),
        (false, true) => format!(" WHERE NOT coalesce({}, false)", name_literal(IS_DELETED)),
        (false, false) => String::new(),
    };
    Ok(format!("SELECT {}{from}{filter}", columns.join(", ")))
}

fn reader(contract: &Contract, files: &[PathBuf]) -> String {
    let list: Vec<String> = files.iter().map(|file| text_literal(&file.to_string_lossy())).collect();
    let partitioning = if contract.partitions.is_empty() {
        "hive_partitioning = false".to_owned()
    } else {
        let types: Vec<String> = contract
            .partitions
            .iter()
            .map(|partition| {
                format!("{}: {}", text_literal(&partition.name), sql_type(&partition.data_type.arrow()))
            })
            .collect();
        format!("hive_partitioning = true, hive_types = {{{}}}", types.join(", "))
    };
    format!("read_parquet([{}], union_by_name = true, {partitioning})", list.join(", "))
}

/// DuckDB's type for a column that has no values; those that are not simple are text.
fn sql_type(data_type: &ArrowType) -> String {
    match data_type {
        ArrowType::Int32 => "INTEGER".to_owned(),
        ArrowType::Int64 => "BIGINT".to_owned(),
        ArrowType::Float64 => "DOUBLE".to_owned(),
        ArrowType::Boolean => "BOOLEAN".to_owned(),
        ArrowType::Date32 => "DATE".to_owned(),
        ArrowType::Timestamp(..) => "TIMESTAMP WITH TIME ZONE".to_owned(),
        ArrowType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        _ => "VARCHAR".to_owned(),
    }
}
