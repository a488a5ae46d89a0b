//! The materialization `delta`: a model's rows as a Delta table in a folder. New rows replace those of the same key
//! (files that hold such rows are written again, the others stay), and each run is one commit, so a reader sees the
//! version before or the version after. What merges is computed by the engine; what is committed, by the lake.

use crate::connection::Connection;
use crate::lake::column_types;
use crate::lake::column_types::{Column, path_text};
use crate::relations::relation::quoted;
use ingot_core::error::{Context as _, Error, Result};
use ingot_engine::text_literal;
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{Changes, CommitDetails, DeltaTable, LiveFile, NewFile, TableDefinition, hive_folder};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Whether there is a Delta table in a folder.
pub(crate) fn is_delta_table(location: &str) -> bool {
    DeltaTable::exists(Path::new(location))
}

/// Rows of a temporary table that become a commit of a Delta table.
pub(crate) struct DeltaWrite {
    /// The folder of the table.
    pub root: PathBuf,
    pub name: String,
    /// The temporary table with the new rows.
    pub rows: String,
    pub keys: Vec<String>,
    pub partition_by: Vec<String>,
    /// `replace`, `append` or `merge`.
    pub mode: String,
    pub on_schema_change: String,
}

impl DeltaWrite {
    /// Commits the rows; gives the query of the view over the result.
    ///
    /// # Errors
    /// The rows do not fit the table, a statement fails, or the folder cannot be written to.
    pub(crate) fn commit(&self, connection: &mut Connection) -> Result<String> {
        self.run(connection).map_err(|error| match error.place() {
            Some(_) => error,
            None => error.at(&self.root),
        })
    }

    fn run(&self, connection: &mut Connection) -> Result<String> {
        let mut columns = column_types::columns(connection, &self.rows)?;
        for name in self.keys.iter().chain(&self.partition_by) {
            if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
                return Err(Error::new(format!(
                    "the model has no column '{name}', which unique_key or partition_by names"
                )));
            }
        }
        let mut table =
            if DeltaTable::exists(&self.root) { Some(DeltaTable::open(&self.root)?) } else { None };
        let mut partition_by: Vec<String> = self.partition_by.clone();
        let mut keeps_columns = true;
        // The columns that the files already there have.
        let mut known: Vec<String> = Vec::new();
        if let Some(table) = &table {
            let partitions = table.partition_columns()?;
            if !self.partition_by.is_empty() && partitions != self.partition_by {
                return Err(Error::new(format!(
                    "the Delta table is partitioned by ({}), the model by ({})",
                    partitions.join(", "),
                    self.partition_by.join(", ")
                ))
                .hint("move the table's folder away, and run the model with --full-refresh"));
            }
            partition_by = partitions;
            if self.mode != "replace" {
                known = table.schema()?.fields().iter().map(|field| field.name().clone()).collect();
                // Without new rows there is nothing that a new column could hold.
                let is_empty =
                    connection.query(&format!("select 1 from {} limit 1", self.rows), true)?.rows.is_empty();
                (columns, keeps_columns) = self.settle_columns(table, columns)?;
                if is_empty {
                    columns.retain(|column| known.contains(&column.name));
                    keeps_columns = true;
                }
            }
        }
        let live = match (&table, self.mode.as_str()) {
            (Some(table), _) => table.files()?,
            (None, _) => Vec::new(),
        };
        if live.iter().any(LiveFile::has_deletion_vector) {
            return Err(Error::new("the Delta table has deletion vectors, which another program wrote and which are not read here")
                .hint("compact the table with that program first"));
        }
        let removed: Vec<LiveFile> = match self.mode.as_str() {
            "append" => Vec::new(),
            "replace" => live.clone(),
            _ => self.touched(connection, &live, &partition_by)?,
        };
        let staged = format!("{}_written", self.rows.trim_matches('"'));
        let staged = quoted(&staged);
        let written = self.rows_to_write(&columns, &known, &removed, &partition_by);
        connection.execute(&format!("create temporary table {staged} as {written}"), true)?;
        let outcome = self.write_files(connection, &staged, &columns, &partition_by);
        connection.execute(&format!("drop table {staged}"), true)?;
        let (added, schema) = outcome?;
        let details = |operation| CommitDetails { operation, ..CommitDetails::default() };
        let table = match table.take() {
            Some(mut table) => {
                let schema = (self.mode == "replace" || !keeps_columns).then_some(schema);
                let operation = if removed.is_empty() { "WRITE" } else { "MERGE" };
                if !(added.is_empty() && removed.is_empty()) || schema.is_some() {
                    table.commit(Changes { add: added, remove: removed, schema }, &details(operation))?;
                }
                table
            }
            None => {
                let definition = TableDefinition {
                    name: self.name.clone(),
                    schema,
                    partition_columns: partition_by.clone(),
                    properties: Vec::new(),
                    id: None,
                };
                DeltaTable::create_with(&self.root, &definition, added, &details("CREATE TABLE"))?
            }
        };
        Ok(self.view(&table.files()?, &columns, &partition_by))
    }

    /// The columns to write, in the table's order, and whether they are those of the table.
    fn settle_columns(&self, table: &DeltaTable, columns: Vec<Column>) -> Result<(Vec<Column>, bool)> {
        let schema = table.schema()?;
        let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut out = Vec::new();
        for name in &known {
            match columns.iter().find(|column| column.name == *name) {
                Some(column) => out.push(column.clone()),
                None => {
                    return Err(Error::new(format!(
                        "the Delta table has a column '{name}' that the model no longer returns"
                    ))
                    .hint("keep the column (as null, for example), or run the model with --full-refresh"));
                }
            }
        }
        let new: Vec<Column> =
            columns.into_iter().filter(|column| !known.contains(&column.name.as_str())).collect();
        match (new.first(), self.on_schema_change.as_str()) {
            (None, _) | (_, "ignore") => Ok((out, true)),
            (Some(_), "append_new_columns" | "sync_all_columns") => {
                out.extend(new);
                Ok((out, false))
            }
            (Some(column), _) => Err(Error::new(format!(
                "the model has the new column '{}', and on_schema_change is fail",
                column.name
            ))
            .hint("run it with --full-refresh, or set on_schema_change to append_new_columns")),
        }
    }

    /// The table's files that hold rows with the keys of new rows.
    fn touched(
        &self,
        connection: &mut Connection,
        live: &[LiveFile],
        partition_by: &[String],
    ) -> Result<Vec<LiveFile>> {
        let keys: Vec<String> = self.keys.iter().map(|key| quoted(key)).collect();
        let keys = keys.join(", ");
        let twice = connection.query(
            &format!("select {keys} from {} group by all having count(*) > 1 limit 1", self.rows),
            true,
        )?;
        if let Some(row) = twice.rows.first() {
            let row: Vec<String> = row.iter().map(ToString::to_string).collect();
            return Err(Error::new(format!(
                "the model gives several rows with the unique_key ({})",
                row.join(", ")
            ))
            .hint("let the model keep one row of each key, or name more columns as unique_key"));
        }
        if live.is_empty() {
            return Ok(Vec::new());
        }
        let found = connection.query(
            &format!(
                "select distinct filename from {} as old where {}",
                self.read(live, partition_by),
                self.matches("old")
            ),
            true,
        )?;
        let found: HashSet<String> =
            found.rows.iter().filter_map(|row| row.first().map(ToString::to_string)).collect();
        Ok(live.iter().filter(|file| found.contains(&path_text(&file.path))).cloned().collect())
    }

    /// Whether a row of `old` has the key of a new row.
    fn matches(&self, old: &str) -> String {
        let same: Vec<String> =
            self.keys.iter().map(|key| format!("new.{0} = {old}.{0}", quoted(key))).collect();
        format!("exists (select 1 from {} as new where {})", self.rows, same.join(" and "))
    }

    fn read(&self, files: &[LiveFile], partition_by: &[String]) -> String {
        let list: Vec<String> = files.iter().map(|file| text_literal(&path_text(&file.path))).collect();
        let types: Vec<String> =
            partition_by.iter().map(|name| format!("{}: VARCHAR", quoted(name))).collect();
        let hive = match types.is_empty() {
            true => "hive_partitioning = false".to_owned(),
            false => format!("hive_partitioning = true, hive_types = {{{}}}", types.join(", ")),
        };
        format!("read_parquet([{}], filename = true, union_by_name = true, {hive})", list.join(", "))
    }

    /// The rows that stay of the files that are replaced, and the new ones.
    fn rows_to_write(
        &self,
        columns: &[Column],
        known: &[String],
        removed: &[LiveFile],
        partition_by: &[String],
    ) -> String {
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let new = format!("select {} from {}", names.join(", "), self.rows);
        if self.mode != "merge" || removed.is_empty() {
            return new;
        }
        let there: Vec<Column> =
            columns.iter().filter(|column| known.contains(&column.name)).cloned().collect();
        let kept = typed(&there, partition_by);
        format!(
            "select {kept} from {} as old where not {} union all by name {new}",
            self.read(removed, partition_by),
            self.matches("old")
        )
    }

    fn write_files(
        &self,
        connection: &mut Connection,
        staged: &str,
        columns: &[Column],
        partition_by: &[String],
    ) -> Result<(Vec<NewFile>, Schema)> {
        std::fs::create_dir_all(&self.root).or_cannot_at("create the folder", &self.root)?;
        let is_partition = |column: &Column| partition_by.contains(&column.name);
        let in_file: Vec<String> =
            columns.iter().filter(|column| !is_partition(column)).map(Column::to_file).collect();
        let in_file = in_file.join(", ");
        let groups = match partition_by.is_empty() {
            true => connection.query(&format!("select count(*) from {staged} having count(*) > 0"), true)?,
            false => {
                let parts: Vec<String> =
                    partition_by.iter().map(|name| format!("{}::VARCHAR", quoted(name))).collect();
                connection.query(
                    &format!("select distinct {} from {staged} order by all", parts.join(", ")),
                    true,
                )?
            }
        };
        let mut added = Vec::new();
        for group in &groups.rows {
            let values: Vec<(String, Option<String>)> = partition_by
                .iter()
                .zip(group)
                .map(|(name, cell)| (name.clone(), (!cell.is_null()).then(|| cell.to_string())))
                .collect();
            let folder = hive_folder(&values);
            let name = format!("part-{}.parquet", uuid::Uuid::new_v4());
            let relative = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let path = self.root.join(&relative);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).or_cannot_at("create the folder", parent)?;
            }
            let conditions: Vec<String> = values
                .iter()
                .map(|(name, value)| match value {
                    Some(value) => format!("{}::VARCHAR = {}", quoted(name), text_literal(value)),
                    None => format!("{} is null", quoted(name)),
                })
                .collect();
            let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
            column_types::copy(
                connection,
                &format!("select {in_file} from {staged} where {condition}"),
                &path,
            )?;
            added.push(column_types::describe(&self.root, &relative, values)?.0);
        }
        // The table's types are those of a file with all columns and no rows.
        let all: Vec<String> = columns.iter().map(Column::to_file).collect();
        let sample = format!(".ingot-{}.parquet", uuid::Uuid::new_v4());
        let path = self.root.join(&sample);
        column_types::copy(connection, &format!("select {} from {staged} limit 0", all.join(", ")), &path)?;
        let described = column_types::describe(&self.root, &sample, Vec::new());
        std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
        Ok((added, described?.1))
    }

    /// The query of the view: the files of the version that was made.
    fn view(&self, files: &[LiveFile], columns: &[Column], partition_by: &[String]) -> String {
        let listed = typed(columns, partition_by);
        if files.is_empty() {
            let empty: Vec<String> = columns
                .iter()
                .map(|column| format!("null::{} as {}", column.kind, quoted(&column.name)))
                .collect();
            return format!("select {} where false", empty.join(", "));
        }
        format!("select {listed} from {}", self.read(files, partition_by))
    }
}

/// The columns as the model has them, from those of files; values of partitions are text there.
fn typed(columns: &[Column], partition_by: &[String]) -> String {
    let listed: Vec<String> = columns
        .iter()
        .map(|column| match partition_by.contains(&column.name) {
            true => format!("{0}::{1} as {0}", quoted(&column.name), column.kind),
            false => column.read_back(),
        })
        .collect();
    listed.join(", ")
}
