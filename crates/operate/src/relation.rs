//! A version of a table as SQL: its data files with the columns, types and partition values that the log gives them.

use ingot_core::error::{Context as _, Error, Result};
use ingot_engine::{Engine, EngineOptions, Session, name_literal, text_literal};
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::{DeltaTable, LakeTable, LiveFile};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The name of the helper column that says which file a row is in.
const FILE: &str = "__ingot_file";

/// An engine of its own for reading tables, with a folder for what does not fit into memory.
pub struct Reader {
    pub session: Box<dyn Session>,
    _engine: Box<dyn Engine>,
    folder: tempfile::TempDir,
}

impl Reader {
    /// # Errors
    /// The folder for temporary files cannot be made.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir().or_cannot("make a folder for temporary files")?;
        let engine = EngineOptions::in_memory().open()?;
        let mut session = engine.session()?;
        session.execute(&format!(
            "set temp_directory = {}; set timezone = 'UTC'",
            text_literal(&folder.path().join("spill").to_string_lossy())
        ))?;
        Ok(Self { session, _engine: engine, folder })
    }

    /// A path for a file that is gone with the reader.
    pub fn temporary(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a version of a table the view `layer.name`, with these columns (a list of SQL, `*` for all as they are stored).
    ///
    /// # Errors
    /// As a query, or one of its files is gone.
    pub fn show(&mut self, table: &LakeTable, version: &DeltaTable, columns: &str) -> Result<()> {
        let files = version.files()?;
        refuse_lost(table, version, &files)?;
        let query = self.query(version, &files)?;
        let (layer, name) = (name_literal(&table.layer), name_literal(&table.name));
        self.session.execute(&format!(
            "create schema if not exists {layer}; create view {layer}.{name} as select {columns} from ({query})"
        ))?;
        Ok(())
    }

    /// A query that gives the rows of these files of a version, in the table's columns and types.
    ///
    /// # Errors
    /// The version has features of Delta that ingot does not write: deletion vectors, or mapped columns.
    pub(crate) fn query(&mut self, table: &DeltaTable, files: &[LiveFile]) -> Result<String> {
        refuse_foreign(table, files)?;
        let schema = table.schema()?;
        let sample = self.temporary(&format!("columns-{}.parquet", uuid::Uuid::new_v4().simple()));
        write_columns(&schema, &sample)?;
        let described =
            self.session.query(&format!("describe select * from read_parquet({})", path_literal(&sample)))?;
        let partitions = table.partition_columns()?;
        let columns: Vec<String> = described
            .rows
            .iter()
            .filter_map(|row| {
                let (name, kind) = (row.first()?.to_string(), row.get(1)?.to_string());
                let quoted = name_literal(&name);
                let from = if partitions.contains(&name) { "parts" } else { "files" };
                Some(format!("cast({from}.{quoted} as {kind}) as {quoted}"))
            })
            .collect();
        let list: Vec<String> = std::iter::once(&sample)
            .chain(files.iter().map(|file| &file.path))
            .map(|path| path_literal(path))
            .collect();
        let read = format!(
            "read_parquet([{}], filename = {}, hive_partitioning = false, union_by_name = true)",
            list.join(", "),
            text_literal(FILE)
        );
        let columns = columns.join(", ");
        if partitions.is_empty() {
            return Ok(format!("select {columns} from {read} as files"));
        }
        let names: Vec<String> = partitions.iter().map(|name| name_literal(name)).collect();
        let mut values: Vec<String> = Vec::new();
        for file in files {
            let of_file = partitions.iter().map(|name| {
                let value = file.partition_values.get(name).and_then(Option::as_deref);
                value.map_or_else(|| "null".to_owned(), text_literal)
            });
            let of_file: Vec<String> = of_file.collect();
            values.push(format!("({}, {})", path_literal(&file.path), of_file.join(", ")));
        }
        // A table without files has no partitions to join with.
        if values.is_empty() {
            let nulls: Vec<String> = partitions.iter().map(|_| "null::varchar".to_owned()).collect();
            values.push(format!("(null::varchar, {})", nulls.join(", ")));
        }
        let stored: Vec<String> = partitions.iter().map(|name| name_literal(name)).collect();
        Ok(format!(
            "select {columns} from (select * exclude ({}) from {read}) as files \
             inner join (values {}) as parts({FILE}, {}) using ({FILE})",
            stored.join(", "),
            values.join(", "),
            names.join(", ")
        ))
    }
}

/// An old version whose files a vacuum removed is refused by name, instead of by an error of the engine.
pub(crate) fn refuse_lost(table: &LakeTable, version: &DeltaTable, files: &[LiveFile]) -> Result<()> {
    let Some(lost) = files.iter().find(|file| !file.path.is_file()) else { return Ok(()) };
    let is_newest = table.open()?.version() == version.version();
    let hint = match is_newest {
        true => format!("run `{}`, then `ingot lake check {}`", table.repair_command(), table.label()),
        false => "choose a newer version: vacuum has removed files that only this one needs".to_owned(),
    };
    Err(Error::new(format!("a file of version {} of {} is not there", version.version(), table.label()))
        .at(&lost.path)
        .hint(hint))
}

/// What ingot does not write, it does not read either: rows would be wrong.
pub(crate) fn refuse_foreign(table: &DeltaTable, files: &[LiveFile]) -> Result<()> {
    let mapped = table.properties()?.get("delta.columnMapping.mode").is_some_and(|mode| mode != "none");
    let feature = match (files.iter().any(LiveFile::has_deletion_vector), mapped) {
        (true, _) => "deletion vectors",
        (_, true) => "mapped columns",
        _ => return Ok(()),
    };
    Err(Error::new(format!(
        "the table has {feature}, which another program wrote and which are not read here"
    ))
    .at(table.root())
    .hint("read it with that program, or restore a version of before: `ingot lake history` lists them"))
}

/// A Parquet file with the table's columns and no rows: through it the engine names their types.
fn write_columns(schema: &Schema, path: &Path) -> Result<()> {
    let fields: Vec<_> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    let file = File::create(path).or_cannot_at("create the file", path)?;
    ArrowWriter::try_new(file, Schema::new(fields).into(), None)
        .and_then(ArrowWriter::close)
        .map(drop)
        .or_cannot_at("write the file", path)
}

pub(crate) fn path_literal(path: &Path) -> String {
    text_literal(&path.to_string_lossy())
}
