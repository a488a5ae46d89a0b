//! The domains: values by which the people are known, each domain a table of an engine in memory.

use ingot_core::error::Result;
use ingot_engine::{Rows, name_literal, text_literal};
use ingot_operate::Reader;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one statement.
const AT_ONCE: usize = 2_000;

/// A row of a raw file as bronze names it: the file, the number of the row, `ingestion_ts` in microseconds since 1970.
pub(super) type BronzeRow = (String, i64, i64);

/// The engine, and what is looked for in it.
pub(super) struct Values {
    pub(super) reader: Reader,
    domains: BTreeMap<String, BTreeSet<String>>,
}

/// The table of rows of bronze that are deleted, and of those that lose the person.
pub(super) const DELETED_ROWS: &str = "rows_deleted";
pub(super) const MASKED_ROWS: &str = "rows_masked";
/// The domain of texts that only these people have.
pub(super) const TEXTS: &str = "texts";

impl Values {
    pub(super) fn new() -> Result<Self> {
        let mut reader = Reader::new()?;
        reader.session.execute("set preserve_insertion_order = true")?;
        for table in [DELETED_ROWS, MASKED_ROWS] {
            reader.session.execute(&format!(
                "create temp table {table} (f varchar, n bigint, t bigint, primary key (f, n, t))"
            ))?;
        }
        Ok(Self { reader, domains: BTreeMap::new() })
    }

    pub(super) fn query(&mut self, sql: &str) -> Result<Rows> {
        self.reader.session.query(sql)
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<u64> {
        self.reader.session.execute(sql)
    }

    /// The first column of a query as texts, without nulls.
    pub(super) fn texts(&mut self, sql: &str) -> Result<BTreeSet<String>> {
        let found = self.query(sql)?;
        let rows = found.rows.iter().filter_map(|row| row.first());
        Ok(rows.filter(|cell| !cell.is_null()).map(ToString::to_string).collect())
    }

    /// Adds values to a domain, which is there from then on.
    pub(super) fn add(&mut self, domain: &str, values: impl IntoIterator<Item = String>) -> Result<()> {
        let table = table_of(domain);
        if !self.domains.contains_key(domain) {
            self.reader.session.execute(&format!("create temp table {table} (v varchar)"))?;
            self.domains.insert(domain.to_owned(), BTreeSet::new());
        }
        let known = self.domains.entry(domain.to_owned()).or_default();
        let new: Vec<String> = values.into_iter().filter(|value| known.insert(value.clone())).collect();
        for part in new.chunks(AT_ONCE) {
            let rows: Vec<String> = part.iter().map(|value| format!("({})", text_literal(value))).collect();
            self.reader.session.execute(&format!("insert into {table} values {}", rows.join(", ")))?;
        }
        Ok(())
    }

    pub(super) fn of(&self, domain: &str) -> Option<&BTreeSet<String>> {
        self.domains.get(domain).filter(|values| !values.is_empty())
    }

    pub(super) fn domains(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.domains
    }

    /// Adds rows of bronze to one of the two tables of them.
    pub(super) fn add_rows(&mut self, table: &str, rows: &BTreeSet<BronzeRow>) -> Result<()> {
        let rows: Vec<&BronzeRow> = rows.iter().collect();
        for part in rows.chunks(AT_ONCE) {
            let values: Vec<String> = part
                .iter()
                .map(|(file, number, at)| format!("({}, {number}, {at})", text_literal(file)))
                .collect();
            self.reader
                .session
                .execute(&format!("insert or ignore into {table} values {}", values.join(", ")))?;
        }
        Ok(())
    }

    /// Whether a column has a value of one of these domains, as SQL.
    pub(super) fn is_in(&self, column: &str, data_type: &str, domains: &BTreeSet<String>) -> Option<String> {
        let tables: Vec<String> = domains
            .iter()
            .filter(|domain| self.of(domain).is_some())
            .map(|domain| table_of(domain))
            .collect();
        if tables.is_empty() {
            return None;
        }
        let is_text = data_type.eq_ignore_ascii_case("VARCHAR");
        let parts: Vec<String> = tables
            .iter()
            .map(|table| {
                if is_text {
                    format!("trim({column}) in (select v from {table})")
                } else {
                    format!(
                        "{column} in (select try_cast(v as {data_type}) from {table} where try_cast(v as {data_type}) is not null)"
                    )
                }
            })
            .collect();
        Some(format!("({})", parts.join(" or ")))
    }
}

fn table_of(domain: &str) -> String {
    format!("temp.{}", name_literal(&format!("domain:{domain}")))
}
