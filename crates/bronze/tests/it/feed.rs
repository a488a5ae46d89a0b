//! A feed of one table, its contract written for the test, in a folder of its own.

use ingot_bronze::{FileSummary, LoadOptions, LoadSummary, TableSummary, load};
use ingot_core::report::Silent;
use ingot_lake::arrow::array::{Array, RecordBatch};
use ingot_lake::arrow::util::display::{ArrayFormatter, FormatOptions};
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub struct Feed {
    folder: TempDir,
}

/// A row by its columns; a null cell is not there.
pub type Row = BTreeMap<String, String>;

/// One rejected row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejected {
    pub row: u64,
    pub line: Option<u64>,
    pub byte_offset: Option<u64>,
    pub codes: String,
    pub raw: String,
}

impl Feed {
    /// The feed `t`, of which columns that the contract does not know are left out. `server` holds custom properties of the raw server as `name: value` lines; `columns` are
    /// `name type` lines, with whatever else a property may say behind them in braces: `a i64 {required: true}`.
    pub fn new(format: &str, path: &str, server: &str, columns: &str) -> Self {
        Self::with_evolution(format, path, server, columns, "discard")
    }

    pub fn with_evolution(format: &str, path: &str, server: &str, columns: &str, evolution: &str) -> Self {
        let mut text = format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\n\
             servers:\n  - server: raw\n    type: local\n    path: \"{path}\"\n    format: {format}\n"
        );
        if !server.trim().is_empty() {
            text.push_str("    customProperties:\n");
        }
        for line in server.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) = line.trim().split_once(": ").unwrap();
            text.push_str(&format!("      - {{property: {name}, value: {value}}}\n"));
        }
        text.push_str(&format!(
            "schema:\n  - name: t\n    customProperties: [{{property: evolution, value: {evolution}}}]\n    properties:\n"
        ));
        for line in columns.lines().filter(|line| !line.trim().is_empty()) {
            let (plain, more) = line.trim().split_once(" {").unwrap_or((line.trim(), ""));
            let (name, data_type) = plain.split_once(' ').unwrap();
            let more =
                if more.is_empty() { String::new() } else { format!(", {}", more.trim_end_matches('}')) };
            let closing = if line.trim().ends_with("}}") { "}" } else { "" };
            text.push_str(&format!(
                "      - {{name: \"{name}\", physicalType: \"{data_type}\"{more}{closing}}}\n"
            ));
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("schemas")).unwrap();
        std::fs::create_dir_all(folder.path().join("raw")).unwrap();
        std::fs::write(folder.path().join("schemas/t.odcs.yaml"), text).unwrap();
        Self { folder }
    }

    pub fn raw(&self, name: &str) -> PathBuf {
        self.folder.path().join("raw").join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.raw(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    pub fn try_load(&self) -> ingot_core::error::Result<LoadSummary> {
        let folder = self.folder.path();
        let options = LoadOptions {
            jobs: 1,
            ..LoadOptions::new(
                folder.join("raw"),
                folder.join("lake"),
                folder.join("warehouse.duckdb"),
                folder.join("schemas"),
            )
        };
        load(&options, &Silent)
    }

    pub fn load(&self) -> TableSummary {
        let mut summary = self.try_load().unwrap();
        let table = summary.tables.remove(0);
        assert_eq!(table.error, None);
        table
    }

    /// Loads, and says of the only file why it was not loaded: the code.
    pub fn failure(&self) -> String {
        let table = self.load();
        let [FileSummary { error: Some(error), .. }] = table.files.as_slice() else {
            panic!("loaded: {table:?}")
        };
        assert_eq!(self.rows(), Vec::<Row>::new(), "a failed file left rows");
        assert_eq!(self.rejects(), Vec::new(), "a failed file left rejects");
        error.split(':').next().unwrap().to_owned()
    }

    /// The accepted rows, by file and row number, with their audit columns.
    pub fn full_rows(&self) -> Vec<Row> {
        let mut rows = read_rows(&self.folder.path().join("lake/bronze/parquet/t"));
        rows.sort_by_key(|row| (row["src_filename"].clone(), row["src_row_number"].parse::<u64>().unwrap()));
        rows
    }

    /// The accepted rows without audit columns.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = self.full_rows();
        for row in &mut rows {
            for (name, _) in ingot_contract::AUDIT_COLUMNS {
                row.remove(name);
            }
        }
        rows
    }

    /// The accepted rows as `name=value` texts.
    pub fn shown(&self) -> Vec<String> {
        let show = |row: &Row| -> String {
            row.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        self.rows().iter().map(show).collect()
    }

    /// What DuckDB finds in the rows, `{t}` of the query; a line a row. Nothing if no row was accepted.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        let folder = self.folder.path().join("lake/bronze/parquet/t");
        if self.full_rows().is_empty() {
            return Vec::new();
        }
        let rows = format!("read_parquet('{}/**/*.parquet', union_by_name = true)", folder.display());
        let answer = crate::ask::ask(Path::new(":memory:"), &sql.replace("{t}", &rows));
        answer.lines().map(str::to_owned).collect()
    }

    /// The rejected rows, by file and row number.
    pub fn rejects(&self) -> Vec<Rejected> {
        let mut rows = read_rows(&self.folder.path().join("lake/_rejects/t"));
        rows.sort_by_key(|row| (row["file"].clone(), row["row_number"].parse::<u64>().unwrap()));
        rows.iter()
            .map(|row| {
                let number = |name: &str| row.get(name).map(|text| text.parse().unwrap());
                Rejected {
                    row: number("row_number").unwrap(),
                    line: number("line"),
                    byte_offset: number("byte_offset"),
                    codes: row["reason_codes"].clone(),
                    raw: row["raw_text"].clone(),
                }
            })
            .collect()
    }

    /// Row number and codes of each reject.
    pub fn codes(&self) -> Vec<(u64, String)> {
        self.rejects().into_iter().map(|reject| (reject.row, reject.codes)).collect()
    }

    /// The rejects' files as they are.
    pub fn full_rejects(&self) -> Vec<Row> {
        read_rows(&self.folder.path().join("lake/_rejects/t"))
    }
}

/// Every row of the Parquet files under a folder.
pub fn read_rows(folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten() {
        if !entry.file_name().to_string_lossy().ends_with(".parquet") {
            continue;
        }
        let file = std::fs::File::open(entry.path()).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            rows.extend(rows_of(&batch.unwrap()));
        }
    }
    rows
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let options = FormatOptions::default();
    let mut rows = vec![Row::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let formatter = ArrayFormatter::try_new(column, &options).unwrap();
        for (index, row) in rows.iter_mut().enumerate() {
            if column.is_valid(index) {
                row.insert(field.name().clone(), formatter.value(index).to_string());
            }
        }
    }
    rows
}
