//! One connection as a [`Session`]: runs SQL, explains failures, and follows `SET TimeZone`.

use super::cells;
use super::connection::Connection;
use super::error_text::Failure;
use super::time_zone::{SharedZone, Zone};
use crate::{Cell, Dialect, Rows, Session, text_literal};
use ingot_core::error::{Error, Kind, Result};

/// A connection, and the zone that it shares with the casts of its database.
pub(crate) struct DuckDbSession {
    connection: Connection,
    zone: SharedZone,
}

impl DuckDbSession {
    pub(crate) fn new(connection: Connection, zone: SharedZone) -> Self {
        Self { connection, zone }
    }

    fn rows_of(&mut self, sql: &str) -> Result<Rows, Failure> {
        self.connection.run(sql)?.map_or_else(|| Ok(Rows::default()), cells::collect)
    }

    /// Tells the casts of the database when this session may have set its time zone.
    fn follow_time_zone(&mut self, sql: &str) -> Result<()> {
        const NAMES: [&str; 2] = ["timezone", "time zone"];
        let is_named = NAMES.into_iter().any(|word| contains_ignoring_case(sql, word));
        if !is_named || !may_set(sql) {
            return Ok(());
        }
        let rows = self.rows_of("SELECT current_setting('TimeZone')")?;
        let Some(name) = rows.first().and_then(Cell::as_str) else { return Ok(()) };
        if name == self.zone.get().name() {
            return Ok(());
        }
        match Zone::named(name) {
            Ok(zone) => {
                self.zone.set(zone);
                Ok(())
            }
            Err(problem) => {
                let known = text_literal(self.zone.get().name());
                self.connection.run(&format!("SET TimeZone = {known}"))?;
                Err(Error::new(problem)
                    .of_kind(Kind::Sql)
                    .hint("name a zone of the IANA database, such as Europe/London"))
            }
        }
    }
}

impl Session for DuckDbSession {
    fn dialect(&self) -> Dialect {
        Dialect::DuckDb
    }
    fn execute(&mut self, sql: &str) -> Result<u64> {
        let outcome = self.connection.run(sql).map_err(|failure| failure.explained(sql))?;
        let changed = outcome.map_or(0, |mut outcome| outcome.rows_changed());
        self.follow_time_zone(sql)?;
        Ok(changed)
    }

    fn query(&mut self, sql: &str) -> Result<Rows> {
        let rows = self.rows_of(sql).map_err(|failure| failure.explained(sql))?;
        self.follow_time_zone(sql)?;
        Ok(rows)
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let handle = self.connection.handle();
        Box::new(move || handle.interrupt())
    }
}

/// Whether a statement in the text may give a setting another value. Functions have the time zone in their names too.
fn may_set(sql: &str) -> bool {
    const VERBS: [&str; 3] = ["set", "reset", "pragma"];
    let mut words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.any(|word| VERBS.into_iter().any(|verb| verb.eq_ignore_ascii_case(word)))
}

fn contains_ignoring_case(text: &str, lower_word: &str) -> bool {
    let word = lower_word.as_bytes();
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
