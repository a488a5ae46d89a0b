//! The domains: values by which the people are known, each domain a table of an engine in memory.

use ingot_core::error::Result;
use ingot_engine::{Cell, Rows, name_literal, text_literal};
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
    /// The rows of bronze that are in each of the two tables, if they are few.
    rows: BTreeMap<String, BTreeSet<BronzeRow>>,
}

/// Where the tables of the domains and rows are. Their names are whole, because files are attached beside them.
pub(super) const SCHEMA: &str = "memory.people";
/// So many values of a domain are written into a condition; more are read from its table. With values in it, DuckDB
/// passes over row groups that cannot have one of them, and joins nothing.
const WRITTEN: usize = 40;
/// The table of rows of bronze that are deleted, and of those that lose the person.
pub(super) const DELETED_ROWS: &str = "rows_deleted";
pub(super) const MASKED_ROWS: &str = "rows_masked";
/// The domain of texts that only these people have.
pub(super) const TEXTS: &str = "texts";

impl Values {
    pub(super) fn new() -> Result<Self> {
        let mut reader = Reader::new()?;
        reader.session.execute(&format!("set preserve_insertion_order = true; create schema {SCHEMA}"))?;
        for table in [DELETED_ROWS, MASKED_ROWS] {
            reader.session.execute(&format!(
                "create table {SCHEMA}.{table} (f varchar, n bigint, t bigint, primary key (f, n, t))"
            ))?;
        }
        Ok(Self { reader, domains: BTreeMap::new(), rows: BTreeMap::new() })
    }

    pub(super) fn query(&mut self, sql: &str) -> Result<Rows> {
        self.reader.session.query(sql)
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<u64> {
        self.reader.session.execute(sql)
    }

    /// The first cell of a query as a number; 0 without one.
    pub(super) fn number(&mut self, sql: &str) -> Result<i64> {
        Ok(self.query(sql)?.first().and_then(Cell::as_i64).unwrap_or_default())
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
            self.reader.session.execute(&format!("create table {table} (v varchar)"))?;
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
        let known = self.rows.entry(table.to_owned()).or_default();
        known.extend(rows.iter().take(WRITTEN + 1).cloned());
        let rows: Vec<&BronzeRow> = rows.iter().collect();
        for part in rows.chunks(AT_ONCE) {
            let values: Vec<String> = part
                .iter()
                .map(|(file, number, at)| format!("({}, {number}, {at})", text_literal(file)))
                .collect();
            self.reader
                .session
                .execute(&format!("insert or ignore into {SCHEMA}.{table} values {}", values.join(", ")))?;
        }
        Ok(())
    }

    /// The texts that rows of a relation have for which a condition is true, and no other row has. `text` is an expression.
    pub(super) fn texts_of_theirs_alone(
        &mut self,
        text: &str,
        relation: &str,
        theirs: &str,
    ) -> Result<BTreeSet<String>> {
        let rows = format!("select distinct {text} from {relation} where {theirs}");
        let mut found = self.texts(&rows)?;
        if found.is_empty() {
            return Ok(found);
        }
        let wanted = match found.len() {
            ..=WRITTEN => found.iter().map(|text| text_literal(text)).collect::<Vec<_>>().join(", "),
            _ => rows,
        };
        let others = self.texts(&format!(
            "select distinct {text} from {relation} where {text} in ({wanted}) and not {theirs}"
        ))?;
        found.retain(|text| !others.contains(text));
        Ok(found)
    }

    /// The condition that three expressions (a file, a number, microseconds) name one of the rows in `table`, as SQL.
    pub(super) fn is_row(&self, table: &str, [file, number, at]: [&str; 3]) -> String {
        let written = self.rows.get(table).filter(|rows| rows.len() <= WRITTEN);
        let Some(rows) = written else {
            return format!("(({file}, {number}, {at}) in (select (f, n, t) from {SCHEMA}.{table}))");
        };
        let list = |one: &dyn Fn(&BronzeRow) -> String| {
            let all: BTreeSet<String> = rows.iter().map(one).collect();
            all.into_iter().collect::<Vec<_>>().join(", ")
        };
        if rows.is_empty() {
            return "false".to_owned();
        }
        // Most rows are told apart by their number alone.
        format!(
            "({number} in ({}) and {at} in ({}) and {file} in ({}) and ({file}, {number}, {at}) in ({}))",
            list(&|row| row.1.to_string()),
            list(&|row| row.2.to_string()),
            list(&|row| text_literal(&row.0)),
            list(&|row| format!("({}, {}, {})", text_literal(&row.0), row.1, row.2)),
        )
    }

    /// Whether a column has a value of one of these domains, as SQL.
    pub(super) fn is_in(&self, column: &str, data_type: &str, domains: &BTreeSet<String>) -> Option<String> {
        let domains: Vec<(&String, &BTreeSet<String>)> =
            domains.iter().filter_map(|domain| Some((domain, self.of(domain)?))).collect();
        // Every number can be read as a boolean, which says nothing of anybody.
        if domains.is_empty() || data_type.eq_ignore_ascii_case("BOOLEAN") {
            return None;
        }
        let is_text = data_type.eq_ignore_ascii_case("VARCHAR");
        let parts: Vec<String> = domains
            .iter()
            .map(|(domain, values)| {
                let is_few = values.len() <= WRITTEN;
                let table = table_of(domain);
                let written = |one: &dyn Fn(&String) -> String| values.iter().map(one).collect::<Vec<_>>().join(", ");
                match (is_text, is_few) {
                    (true, true) => format!("trim({column}) in ({})", written(&|value| text_literal(value))),
                    (true, false) => format!("trim({column}) in (select v from {table})"),
                    // A value that is not of the type becomes null, of which nothing is known.
                    (false, true) => format!(
                        "coalesce({column} in ({}), false)",
                        written(&|value| format!("try_cast({} as {data_type})", text_literal(value)))
                    ),
                    (false, false) => format!(
                        "{column} in (select try_cast(v as {data_type}) from {table} where try_cast(v as {data_type}) is not null)"
                    ),
                }
            })
            .collect();
        Some(format!("({})", parts.join(" or ")))
    }
}

fn table_of(domain: &str) -> String {
    format!("{SCHEMA}.{}", name_literal(&format!("domain:{domain}")))
}
