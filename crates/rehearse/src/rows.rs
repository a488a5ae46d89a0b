//! The rows of a table that defects are planted in: those that bronze accepted in the first run, by the file that they
//! came from.

use ingot_contract::{Contract, DataType};
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_engine::{Cell, EngineOptions, name_literal, text_literal};
use ingot_generate::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many rows are taken, from whole files, the newest first; a single file may have more.
const ENOUGH_ROWS: usize = 4_000;

/// Rows of a table, in the order of their files.
pub(crate) struct TableRows {
    pub(crate) contract: Contract,
    pub(crate) files: BTreeMap<String, Vec<SourceRow>>,
}

/// One row of a raw file.
#[derive(Debug, Clone)]
pub(crate) struct SourceRow {
    /// For each column of the contract.
    pub(crate) values: Vec<Value>,
    /// Nothing was found in it without defects.
    pub(crate) is_clean: bool,
}

impl TableRows {
    /// Reads the newest files of a table from the lake of the copy. `found` are the rows, by file and number, in which the
    /// models found something without defects.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub(crate) fn read(
        project: &Project,
        contract: &Contract,
        found: &BTreeSet<(String, i64)>,
    ) -> Result<Self> {
        let mut rows = Self { contract: contract.clone(), files: BTreeMap::new() };
        let folder = project.lake().join("bronze/parquet").join(&contract.name);
        if !folder.is_dir() {
            return Ok(rows);
        }
        let database = EngineOptions::in_memory().open()?;
        let mut session = database.session()?;
        let pattern = folder.join("**/*.parquet");
        let from = format!(
            "read_parquet({}, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)",
            text_literal(&pattern.to_string_lossy())
        );
        let counts = session.query(&format!(
            "select src_filename, count(*) from {from} group by all order by src_filename desc"
        ))?;
        let (mut wanted, mut total) = (Vec::new(), 0);
        for row in &counts.rows {
            if total >= ENOUGH_ROWS {
                break;
            }
            total += row[1].as_i64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
            wanted.push(text_literal(&row[0].to_string()));
        }
        if wanted.is_empty() {
            return Ok(rows);
        }
        let columns: Vec<String> = contract
            .columns
            .iter()
            .map(|column| {
                let name = name_literal(&column.name);
                match column.data_type {
                    DataType::Binary => format!("base64({name})"),
                    _ if column.data_type.is_nested() => format!("to_json({name})::varchar"),
                    _ => format!("{name}::varchar"),
                }
            })
            .collect();
        let read = session.query(&format!(
            "select src_filename, src_row_number, {} from {from} where src_filename in ({}) order by 1, 2",
            columns.join(", "),
            wanted.join(", ")
        ))?;
        for row in read.rows {
            let mut cells = row.into_iter();
            let file = cells.next().map(|cell| cell.to_string()).unwrap_or_default();
            let number = cells.next().and_then(|cell| cell.as_i64()).unwrap_or(0);
            let values = contract
                .columns
                .iter()
                .zip(cells)
                .map(|(column, cell)| value(&column.data_type, &cell))
                .collect();
            let is_clean = !found.contains(&(file.clone(), number));
            rows.files.entry(file).or_default().push(SourceRow { values, is_clean });
        }
        Ok(rows)
    }

    pub(crate) fn count(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// The values of a column that are not null.
    pub(crate) fn values(&self, column: usize) -> impl Iterator<Item = &Value> {
        self.files.values().flatten().map(move |row| &row.values[column]).filter(|value| !value.is_null())
    }
}

fn value(data_type: &DataType, cell: &Cell) -> Value {
    if cell.is_null() {
        return Value::Null;
    }
    let text = cell.to_string();
    if data_type.is_nested() {
        return serde_json::from_str(&text).map_or(Value::Null, |json| Value::of_json(data_type, &json));
    }
    Value::parse(data_type, &text).unwrap_or(Value::Null)
}
