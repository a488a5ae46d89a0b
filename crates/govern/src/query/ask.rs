//! Where the tables of a query are, and what it may do.
//!
//! The query runs in a database of its own, in which each table that it names is a view: of the warehouse, of a Delta table
//! of the lake, or, as of a moment, of the version that the Delta table had then. It can read files of the project's data,
//! and nothing else; it cannot write.

use ingot_core::error::{Error, Kind, Result};
use ingot_engine::duckdb::{NamedTable, catalog_name, confined_to, explain_attach, one_select};
use ingot_engine::{Rows, name_literal, text_literal};
use ingot_lake::LakeTable;
use ingot_models::as_of_the_model;
use ingot_operate::{AsOf, Listing, Reader};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is asked, and where.
#[derive(Debug, Clone, Default)]
pub struct QueryOptions {
    pub sql: String,
    /// Every table as it was at this moment; as it is now if not given.
    pub as_of: Option<Timestamp>,
    pub lake: PathBuf,
    /// The DuckDB file with the models, if there is one.
    pub warehouse: Option<PathBuf>,
    /// Folders whose files the query may read, besides the lake.
    pub folders: Vec<PathBuf>,
}

/// A query whose tables are found.
pub struct Query {
    pub(super) reader: Reader,
    pub(super) sql: String,
    as_of: Option<Timestamp>,
    /// Tables that it names and that are nowhere.
    missing: Vec<NamedTable>,
}

impl Query {
    /// Finds the tables that the query names.
    ///
    /// # Errors
    /// It is not one SELECT, or a table of it has no version of that moment.
    pub fn prepare(options: &QueryOptions) -> Result<Self> {
        let select = one_select(&options.sql)?;
        let mut query =
            Self { reader: Reader::new()?, sql: select.sql, as_of: options.as_of, missing: Vec::new() };
        let mut place = Tables::find(&mut query.reader, options)?;
        for named in &select.tables {
            match place.resolve(named)? {
                Some(found) => place.show(&mut query.reader, &found, named, options.as_of)?,
                None => query.missing.push(named.clone()),
            }
        }
        let mut folders = options.folders.clone();
        folders.extend([options.lake.clone(), query.reader.temporary("")]);
        // The folder of temporary files has no name of its own at its end.
        let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.components().collect()).collect();
        query.reader.session.execute(&confined_to(&folders))?;
        Ok(query)
    }

    /// The same with at most so many rows.
    #[must_use]
    pub fn limited(mut self, limit: Option<usize>) -> Self {
        if let Some(limit) = limit {
            self.sql = format!("select * from (\n{}\n) as answer limit {limit}", self.sql);
        }
        self
    }

    /// All rows.
    ///
    /// # Errors
    /// The query fails.
    pub fn rows(&mut self) -> Result<Listing> {
        let found = self.reader.session.query(&self.sql);
        let rows: Rows = found.map_err(|error| self.explained(error))?;
        let title = self.as_of.map_or_else(String::new, |moment| format!("as of {moment}"));
        Ok(Listing { title, rows })
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<u64> {
        self.reader.session.execute(sql).map_err(|error| self.explained(error))
    }

    /// An error of the engine about a table that is not there, with what is known of it.
    fn explained(&self, error: Error) -> Error {
        let name = |table: &NamedTable| match &table.schema {
            Some(schema) => format!("{schema}.{}", table.name),
            None => table.name.clone(),
        };
        let Some(missing) = self.missing.iter().find(|table| error.message().contains(&table.name)) else {
            return error;
        };
        match self.as_of {
            Some(_) => error.hint(format!(
                "the lake has no table '{}': views of the warehouse have no versions; `ingot lake check` lists tables",
                name(missing)
            )),
            None => error.hint(format!("neither the warehouse nor the lake has a table '{}'", name(missing))),
        }
    }
}

/// A table, by schema and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Warehouse { schema: String, name: String },
    Lake(LakeTable),
}

impl Place {
    fn schema(&self) -> &str {
        match self {
            Self::Warehouse { schema, .. } => schema,
            Self::Lake(table) => &table.layer,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Warehouse { name, .. } => name,
            Self::Lake(table) => &table.name,
        }
    }
}

/// What a query can name.
struct Tables {
    /// The name of the warehouse among the databases.
    warehouse: Option<String>,
    places: Vec<Place>,
    /// Views that are there already, by schema and name.
    shown: BTreeSet<(String, String)>,
}

impl Tables {
    fn find(reader: &mut Reader, options: &QueryOptions) -> Result<Self> {
        let lake = ingot_operate::all_tables(&options.lake)?;
        let mut found = Self { warehouse: None, places: Vec::new(), shown: BTreeSet::new() };
        let file = options.warehouse.as_ref().filter(|file| options.as_of.is_none() && file.is_file());
        if let Some(file) = file {
            // Views of the warehouse name it as they were made.
            let name = catalog_name(file);
            let attach = format!(
                "attach {} as {} (read_only)",
                text_literal(&file.to_string_lossy()),
                name_literal(&name)
            );
            reader.session.execute(&attach).map_err(|error| explain_attach(error, file))?;
            let tables = reader.session.query(&format!(
                "select table_schema, table_name from information_schema.tables where table_catalog = {} order by all",
                text_literal(&name)
            ))?;
            found.places.extend(tables.rows.iter().filter_map(|row| {
                let [schema, name] = row.as_slice() else { return None };
                Some(Place::Warehouse { schema: schema.to_string(), name: name.to_string() })
            }));
            found.warehouse = Some(name);
        }
        // What the warehouse has itself is newer than its copy.
        let is_new = |table: &LakeTable, places: &[Place]| {
            !places.iter().any(|place| same(place.schema(), &table.layer) && same(place.name(), &table.name))
        };
        for table in lake {
            if is_new(&table, &found.places) {
                found.places.push(Place::Lake(table));
            }
        }
        Ok(found)
    }

    /// The table that is meant; its schema may be left out where only one has such a table.
    fn resolve(&self, named: &NamedTable) -> Result<Option<Place>> {
        let fits = |place: &&Place| {
            same(place.name(), &named.name)
                && named.schema.as_ref().is_none_or(|schema| same(place.schema(), schema))
        };
        let found: Vec<&Place> = self.places.iter().filter(fits).collect();
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one).clone())),
            several => match several.iter().find(|place| same(place.schema(), "main")) {
                Some(place) => Ok(Some((*place).clone())),
                None => {
                    let names: Vec<String> =
                        several.iter().map(|place| format!("{}.{}", place.schema(), place.name())).collect();
                    Err(Error::new(format!("'{}' is in several schemas: {}", named.name, names.join(", ")))
                        .hint(format!("name one of them: {}", names[0])))
                }
            },
        }
    }

    /// Makes the table a view that has its name, and the name that the query has for it.
    fn show(
        &mut self,
        reader: &mut Reader,
        place: &Place,
        named: &NamedTable,
        as_of: Option<Timestamp>,
    ) -> Result<()> {
        let (schema, name) = (name_literal(place.schema()), name_literal(place.name()));
        if self.shown.insert((place.schema().to_owned(), place.name().to_owned())) {
            match place {
                Place::Warehouse { .. } => {
                    let warehouse = self.warehouse.as_deref().map(name_literal).unwrap_or_default();
                    reader.session.execute(&format!(
                        "create schema if not exists {schema}; \
                         create view {schema}.{name} as from {warehouse}.{schema}.{name}"
                    ))?;
                }
                Place::Lake(table) => {
                    let newest = table.open()?;
                    let version = match as_of {
                        Some(moment) => AsOf::Moment(moment).open(&newest).map_err(|error| {
                            error
                                .of_kind(Kind::NotFound { what: "version", name: table.label() })
                                .context(table.label())
                        })?,
                        None => newest,
                    };
                    let columns = as_of_the_model(&version)?;
                    reader.show(table, &version, columns.as_deref().unwrap_or("*"))?;
                }
            }
        }
        if named.schema.is_none() && !same(place.schema(), "main") {
            reader.session.execute(&format!("create or replace view main.{name} as from {schema}.{name}"))?;
        }
        Ok(())
    }
}

/// As SQL compares names.
fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
