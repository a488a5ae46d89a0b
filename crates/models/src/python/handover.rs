//! The files in which tables go to Python and come back: a database file for each database that the model reads of, and
//! one for what it returns. They are removed with the last of it.

use crate::connection::Connection;
use crate::relations::relation::{Relation, quoted};
use ingot_core::error::{Context, Result};
use ingot_engine::text_literal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files of this version are read by every Python package from duckdb 1.2 on.
const STORAGE: &str = "v1.2.0";

/// A table that the model reads, under the key by which it asks for it.
pub(crate) struct Input {
    /// `orders`, `package.orders`, `orders.v2`, `source.table`.
    pub key: String,
    pub relation: Relation,
}

/// A folder of its own, and what is in it.
pub(crate) struct Handover {
    folder: tempfile::TempDir,
    /// A name under which no other model attaches its files at the same time.
    alias: String,
    attached: bool,
}

impl Handover {
    /// A new folder below `target`, for a model of this name.
    pub(crate) fn new(target: &Path, name: &str) -> Result<Self> {
        std::fs::create_dir_all(target).or_cannot_at("create the folder", target)?;
        let folder = tempfile::Builder::new()
            .prefix(&format!("python-{name}-"))
            .tempdir_in(target)
            .or_cannot_at("create a folder in", target)?;
        let alias = format!("ingot_python_{}", uuid::Uuid::new_v4().simple());
        Ok(Self { folder, alias, attached: false })
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(super) fn result_file(&self) -> PathBuf {
        self.path("result.duckdb")
    }

    /// Copies the inputs into files; gives the databases by name, with their files. Tables that are not in a database
    /// (files that a source names) are read by Python itself.
    ///
    /// # Errors
    /// A table is not there, or the files cannot be written.
    pub(super) fn put(
        &self,
        inputs: &[&Relation],
        connection: &mut Connection,
    ) -> Result<Vec<(String, PathBuf)>> {
        let in_database: Vec<&Relation> =
            inputs.iter().copied().filter(|relation| relation.external.is_none()).collect();
        let databases: BTreeSet<&str> =
            in_database.iter().filter_map(|relation| relation.database.as_deref()).collect();
        let mut out = Vec::new();
        for (number, database) in databases.into_iter().enumerate() {
            let file = self.path(&format!("inputs_{number}.duckdb"));
            let place = quoted(&self.alias);
            let file_text = text_literal(&file.to_string_lossy());
            connection
                .execute(&format!("attach {file_text} as {place} (storage_version '{STORAGE}')"), false)?;
            let copied = copy_all(&in_database, database, &place, connection);
            connection.execute(&format!("detach {place}"), false)?;
            copied?;
            out.push((database.to_owned(), file));
        }
        Ok(out)
    }

    /// Makes what the model returned readable in the project's database; gives a query of it.
    ///
    /// # Errors
    /// The file is not a database.
    pub(super) fn take_back(&mut self, connection: &mut Connection) -> Result<String> {
        let file = text_literal(&self.result_file().to_string_lossy());
        let alias = quoted(&self.alias);
        connection.execute(&format!("attach {file} as {alias} (read_only)"), false)?;
        self.attached = true;
        Ok(format!("select * from {alias}.main.result"))
    }

    /// Lets go of the files, once nothing reads them.
    pub(crate) fn close(mut self, connection: &mut Connection) {
        if std::mem::take(&mut self.attached) {
            connection.execute(&format!("detach {}", quoted(&self.alias)), false).ok();
        }
    }
}

fn copy_all(inputs: &[&Relation], database: &str, place: &str, connection: &mut Connection) -> Result<()> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    for relation in inputs.iter().filter(|relation| relation.database.as_deref() == Some(database)) {
        let (Some(schema), Some(name)) = (&relation.schema, &relation.identifier) else { continue };
        let from = relation.render();
        if done.insert(from.to_lowercase()) {
            let schema = format!("{place}.{}", quoted(schema));
            connection.execute(&format!("create schema if not exists {schema}"), false)?;
            let copy = format!("create table {schema}.{} as select * from {from}", quoted(name));
            connection.execute(&copy, false)?;
        }
    }
    Ok(())
}
