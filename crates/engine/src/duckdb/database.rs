//! An open DuckDB database.
//!
//! The instance itself is in memory and the file is attached to it, because only `ATTACH` can ask for
//! an older storage version, which the drivers people already have can read.

use super::attach::{attach_main, attach_other, load_extension};
use super::connection::{Connection, Instance};
use super::options::DuckDbOptions;
use super::session::DuckDbSession;
use super::time_zone::{self, SharedZone, Zone};
use crate::{Dialect, Engine, Session, name_literal, text_literal};
use ingot_core::error::Result;
use std::sync::{Arc, Mutex};

/// An open database.
pub struct DuckDb {
    instance: Arc<Instance>,
    /// Keeps the instance's state (attached files) as it is while no session is open.
    _first: Mutex<Connection>,
    name: String,
    /// What every session runs first.
    preamble: Vec<String>,
    zone: SharedZone,
}

impl DuckDb {
    /// Opens the file (creating it and its folder where they are missing), loads the extensions and attaches
    /// the other databases that the options name.
    ///
    /// # Errors
    /// The file is held by another process (the message says which one), is not a database, was written by a
    /// newer DuckDB, or its folder cannot be written; a setting or an extension is unknown.
    pub fn open(options: &DuckDbOptions) -> Result<Self> {
        let opening = || format!("opening {}", options.path.display());
        let instance =
            Instance::in_memory(&options.of_instance()).map_err(|error| error.context(opening()))?;
        let mut first = instance.connect()?;
        let zone = SharedZone::new(Zone::of_this_machine());
        time_zone::register(first.raw(), &zone)?;
        let name = if options.in_memory() { "memory".to_string() } else { attach_main(&mut first, options)? };
        for extension in &options.extensions {
            load_extension(&mut first, extension)?;
        }
        for other in &options.attach {
            attach_other(&mut first, other)?;
        }
        let mut preamble = vec![format!("USE {}", name_literal(&name))];
        let settings = options.settings.iter();
        preamble.extend(
            settings.map(|(name, value)| format!("SET {} = {}", name_literal(name), text_literal(value))),
        );
        let duckdb = Self { instance, _first: Mutex::new(first), name, preamble, zone };
        // A wrong setting is reported now, not by the first of many sessions.
        duckdb.session()?;
        Ok(duckdb)
    }

    /// The catalog's name, which dbt calls `database`: the file's stem, or `memory`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Engine for DuckDb {
    fn session(&self) -> Result<Box<dyn Session>> {
        let mut session = DuckDbSession::new(self.instance.connect()?, self.zone.clone());
        for statement in &self.preamble {
            session.execute(statement).map_err(|error| error.context(statement))?;
        }
        Ok(Box::new(session))
    }

    fn dialect(&self) -> Dialect {
        Dialect::DuckDb
    }
}
