//! Which tables and views there are, so that not every node has to ask the database.
//!
//! Filled once at the start of a run; kept true by everything that creates, renames or drops.

use crate::relations::relation::Relation;
use crate::relations::spark_listing::{self, ListedRelation};
use ingot_core::error::Result;
use ingot_engine::{Cell, Dialect, Session};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

type Name = (String, String, String);

#[derive(Default)]
struct Inner {
    relations: HashMap<Name, Relation>,
    /// `primary_key`, `unique`, `foreign_key`, of tables that were there when the run began.
    keys: HashMap<Name, Vec<&'static str>>,
    /// Tables that had an index when the run began, or got one since.
    indexed: HashSet<Name>,
    schemas: HashSet<(String, String)>,
    /// Schemas of a server whose relations were listed, in lower case.
    listed: HashSet<String>,
    is_sail: bool,
}

#[derive(Default)]
pub(crate) struct RelationCache(Mutex<Inner>);

fn key(relation: &Relation) -> Name {
    let lower = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
    (lower(&relation.database), lower(&relation.schema), lower(&relation.identifier))
}

fn cell_text(cell: Option<&Cell>) -> String {
    match cell {
        Some(Cell::Text(text) | Cell::Other(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The relation with all parts of its name, quoted as the engine has it by default.
fn written_in_full(relation: &Relation) -> Relation {
    let default = Relation::new(relation.dialect, None, None, None);
    Relation { include: default.include, quote: default.quote, ..relation.clone() }
}

impl RelationCache {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        ingot_core::sync::lock(&self.0)
    }

    /// Everything that all attached databases hold; of a server, what is in `schemas`.
    pub(crate) fn load(session: &mut dyn Session, schemas: &BTreeSet<&str>) -> Result<Self> {
        match session.dialect() {
            Dialect::DuckDb => Self::load_databases(session),
            Dialect::Spark => Self::load_schemas(session, schemas),
        }
    }

    fn load_schemas(session: &mut dyn Session, wanted: &BTreeSet<&str>) -> Result<Self> {
        let cache = Self::default();
        for row in session.query("show databases")?.rows {
            cache.add_schema("", &cell_text(row.first()));
        }
        for schema in wanted {
            let listed = match cache.has_schema("", schema) {
                true => spark_listing::list(schema, &mut |sql| session.query(sql))?,
                false => Vec::new(),
            };
            cache.add_listed(schema, &listed);
        }
        let version = session.query("select version()")?;
        cache.inner().is_sail = spark_listing::is_sail(&cell_text(version.first()));
        Ok(cache)
    }

    fn load_databases(session: &mut dyn Session) -> Result<Self> {
        let cache = Self::default();
        let tables = session.query(
            "select table_catalog, table_schema, table_name, table_type from system.information_schema.tables",
        )?;
        let schemas =
            session.query("select catalog_name, schema_name from system.information_schema.schemata")?;
        let keys = session.query(
            "select distinct database_name, schema_name, table_name, constraint_type from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')",
        )?;
        let indexes =
            session.query("select distinct database_name, schema_name, table_name from duckdb_indexes()")?;
        let name_of = |row: &[Cell]| {
            let [database, schema, name] = [0, 1, 2].map(|index| cell_text(row.get(index)).to_lowercase());
            (database, schema, name)
        };
        let mut inner = cache.inner();
        for row in &keys.rows {
            let kind = match cell_text(row.get(3)).as_str() {
                "PRIMARY KEY" => "primary_key",
                "UNIQUE" => "unique",
                _ => "foreign_key",
            };
            inner.keys.entry(name_of(row)).or_default().push(kind);
        }
        inner.indexed.extend(indexes.rows.iter().map(|row| name_of(row)));
        for row in &tables.rows {
            let [database, schema, name, kind] = [0, 1, 2, 3].map(|index| cell_text(row.get(index)));
            let kind = Dialect::DuckDb.relation_type(&kind);
            let relation =
                Relation::new(Dialect::DuckDb, Some(&database), Some(&schema), Some(&name)).of_kind(kind);
            inner.relations.insert(key(&relation), relation);
        }
        for row in &schemas.rows {
            let pair = (cell_text(row.first()).to_lowercase(), cell_text(row.get(1)).to_lowercase());
            inner.schemas.insert(pair);
        }
        drop(inner);
        Ok(cache)
    }

    /// Whether the relations of a server's schema are known.
    pub(crate) fn is_listed(&self, schema: &str) -> bool {
        self.inner().listed.contains(&schema.to_lowercase())
    }

    /// Keeps what a schema of a server has.
    pub(crate) fn add_listed(&self, schema: &str, relations: &[ListedRelation]) {
        relations.iter().for_each(|listed| self.add(&listed.relation()));
        self.inner().listed.insert(schema.to_lowercase());
    }

    /// Whether the server is Sail, whose SQL lacks some of what Spark's has.
    pub(crate) fn is_sail(&self) -> bool {
        self.inner().is_sail
    }

    pub(crate) fn get(&self, wanted: &Relation) -> Option<Relation> {
        self.inner().relations.get(&key(wanted)).cloned()
    }
    /// The kinds of keys that a table had when the run began.
    pub(crate) fn keys(&self, table: &Relation) -> Vec<&'static str> {
        self.inner().keys.get(&key(table)).cloned().unwrap_or_default()
    }
    pub(crate) fn has_indexes(&self, table: &Relation) -> bool {
        self.inner().indexed.contains(&key(table))
    }
    /// The relations of a schema, sorted by name.
    pub(crate) fn of_schema(&self, database: &str, schema: &str) -> Vec<Relation> {
        let (database, schema) = (database.to_lowercase(), schema.to_lowercase());
        let mut found: Vec<Relation> = self
            .inner()
            .relations
            .iter()
            .filter(|((d, s, _), _)| *d == database && *s == schema)
            .map(|(_, relation)| relation.clone())
            .collect();
        found.sort_by(|a, b| a.identifier.cmp(&b.identifier));
        found
    }
    pub(crate) fn add(&self, relation: &Relation) {
        self.inner().relations.insert(key(relation), written_in_full(relation));
    }
    pub(crate) fn drop_relation(&self, relation: &Relation) {
        self.inner().relations.remove(&key(relation));
    }
    pub(crate) fn rename(&self, from: &Relation, to: &Relation) {
        let mut inner = self.inner();
        let kind = inner.relations.remove(&key(from)).and_then(|old| old.kind).or_else(|| to.kind.clone());
        inner.relations.insert(key(to), Relation { kind, ..written_in_full(to) });
    }
    pub(crate) fn drop_schema(&self, database: &str, schema: &str) {
        let (database, schema) = (database.to_lowercase(), schema.to_lowercase());
        let mut inner = self.inner();
        inner.relations.retain(|(d, s, _), _| *d != database || *s != schema);
        inner.schemas.remove(&(database, schema));
    }
    pub(crate) fn has_schema(&self, database: &str, schema: &str) -> bool {
        self.inner().schemas.contains(&(database.to_lowercase(), schema.to_lowercase()))
    }
    pub(crate) fn add_schema(&self, database: &str, schema: &str) {
        self.inner().schemas.insert((database.to_lowercase(), schema.to_lowercase()));
    }
}
