//! The database's file, further databases and extensions, brought into an instance.

use super::connection::Connection;
use super::error_text::Failure;
use super::open_error::explain_open;
use super::options::{Attach, DuckDbOptions, catalog_name};
use crate::{name_literal, text_literal};
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::fs::own_file;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long who wants to write waits for others to close the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// Attaches the file under the name that DuckDB itself would give it, and returns that name.
///
/// # Errors
/// The file cannot be opened, or is missing and may not be created.
pub(crate) fn attach_main(connection: &mut Connection, options: &DuckDbOptions) -> Result<String> {
    let path = &options.path;
    let is_new = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(Error::new("there is a folder where the database file should be").at(path));
        }
        Ok(found) => found.len() == 0,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).or_cannot_at("open the database", path),
    };
    if is_new && options.read_only {
        return Err(Error::new("there is no database to read")
            .at(path)
            .hint("build it first with `ingot run-models`, or give the path of an existing one"));
    }
    if is_new && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).or_cannot_at("create the database's folder", folder)?;
    }
    let name = catalog_name(path);
    let mut how = Vec::new();
    if options.read_only {
        how.push("READ_ONLY".to_string());
    } else {
        own_file(path)?;
    }
    if is_new {
        how.push(format!("STORAGE_VERSION {}", text_literal(&options.storage_version)));
    }
    let text = path_text(path)?;
    // Who only reads (a page, a status) is done in a moment; a run does not fail because of it.
    let patience = if options.read_only { Duration::ZERO } else { PATIENCE };
    let begun = Instant::now();
    loop {
        let Err(failure) = attach(connection, &text, &name, &how) else { return Ok(name) };
        let error = explain_open(failure, path);
        if error.kind() != &Kind::InUse || begun.elapsed() >= patience {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(40));
    }
}

/// # Errors
/// The database cannot be attached.
pub(crate) fn attach_other(connection: &mut Connection, other: &Attach) -> Result<()> {
    let name = other.alias.clone().unwrap_or_else(|| catalog_name(Path::new(&other.path)));
    let mut how = Vec::new();
    if let Some(kind) = &other.kind {
        how.push(format!("TYPE {}", name_literal(kind)));
    }
    if other.read_only {
        how.push("READ_ONLY".to_string());
    } else if other.kind.is_none() {
        own_file(Path::new(&other.path))?;
    }
    attach(connection, &other.path, &name, &how).map_err(|error| explain_open(error, Path::new(&other.path)))
}

fn attach(connection: &mut Connection, path: &str, name: &str, how: &[String]) -> Result<(), Failure> {
    let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
    let sql = format!("ATTACH {} AS {}{how}", text_literal(path), name_literal(name));
    connection.run(&sql).map(drop)
}

/// Loads an extension; installs it first where DuckDB does not have it, which needs the network once.
///
/// # Errors
/// It can be neither loaded nor installed.
pub(crate) fn load_extension(connection: &mut Connection, name: &str) -> Result<()> {
    // What is compiled in needs no loading, and icu's work is done by `time_zone`.
    if ["parquet", "json", "core_functions", "icu"].contains(&name) {
        return Ok(());
    }
    let quoted = name_literal(name);
    if connection.run(&format!("LOAD {quoted}")).is_ok() {
        return Ok(());
    }
    connection.run(&format!("INSTALL {quoted}; LOAD {quoted}")).map(drop).map_err(|failure| {
        Error::new(format!("cannot load the DuckDB extension {name}"))
            .caused_by(failure.into_sql_error())
            .hint("it is fetched from DuckDB's site once: connect to the network, or take it out of `extensions`")
    })
}

fn path_text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_string).ok_or_else(|| {
        Error::new("the database's path is not valid Unicode").at(path).hint("rename the file or its folder")
    })
}
