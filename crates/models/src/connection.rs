//! The session a node works with, and whether a transaction is open in it.

use crate::context::statement_log::StatementLog;
use crate::lake::file_guard::FileGuard;
use ingot_core::error::{Error, Result};
use ingot_engine::duckdb::is_one_statement;
use ingot_engine::{Rows, Session};
use std::sync::Arc;
use std::time::Instant;

/// What is written beside every statement: `/* text */`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryComment {
    pub(crate) text: String,
    /// Behind the statement, and not in front of it.
    pub(crate) appended: bool,
}

impl QueryComment {
    /// As dbt adds it. <https://github.com/dbt-labs/dbt-adapters/blob/main/dbt-adapters/src/dbt/adapters/base/query_headers.py>
    fn added_to(&self, sql: &str) -> String {
        let text = &self.text;
        if !self.appended {
            return format!("/* {text} */\n{sql}");
        }
        let sql = sql.trim_end();
        match sql.strip_suffix(';') {
            Some(sql) => format!("{sql}\n/* {text} */;"),
            None => format!("{sql}\n/* {text} */"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Connection {
    session: Option<Box<dyn Session>>,
    /// Whether a transaction was begun here that was not ended here. As under dbt, a template's own `commit` does not
    /// change it, so that the end of the node finds that there is nothing to commit.
    in_transaction: bool,
    /// Whether a statement of a template began a transaction that none has ended since.
    left_open: bool,
    /// Whether queries need no transaction, because nothing that must be seen or undone with them comes after them.
    pub(crate) only_reads: bool,
    /// Keeps statements from reading damaged files.
    pub(crate) guard: Option<Arc<FileGuard>>,
    /// What the project's `query-comment` says.
    pub(crate) comment: Option<QueryComment>,
    /// Who hears of every statement.
    pub(crate) log: Option<StatementLog>,
    /// The statement that failed, so that its error can be shown with the lines around it.
    pub failed_sql: Option<String>,
}

impl Connection {
    /// For parsing, where nothing may be asked.
    pub(crate) fn none() -> Self {
        Self::default()
    }
    pub(crate) fn new(session: Box<dyn Session>) -> Self {
        Self { session: Some(session), ..Self::default() }
    }
    pub(crate) fn into_session(self) -> Option<Box<dyn Session>> {
        self.session
    }

    /// The session for another node that is rendered on the way. Who hears of statements, and their comment, stay with
    /// the node that lends it.
    pub(crate) fn lend(&mut self) -> Self {
        Self {
            session: self.session.take(),
            in_transaction: self.in_transaction,
            left_open: self.left_open,
            ..Self::default()
        }
    }
    /// Takes the session back.
    pub(crate) fn take_back(&mut self, lent: Self) {
        self.session = lent.session;
        self.in_transaction = lent.in_transaction;
        self.left_open = lent.left_open;
        self.failed_sql = lent.failed_sql.or_else(|| self.failed_sql.take());
    }

    fn session(&mut self) -> Result<&mut Box<dyn Session>> {
        self.session.as_mut().ok_or_else(|| Error::new("there is no database while the project is parsed"))
    }

    /// Opens a transaction, if none is open and the engine has any.
    pub(crate) fn begin(&mut self) -> Result<()> {
        if !self.in_transaction && self.session()?.dialect().has_transactions() {
            self.tell("BEGIN");
            self.session()?.execute("begin")?;
            self.in_transaction = true;
        }
        Ok(())
    }

    /// Runs statements; `begin` opens a transaction first if none is open. Gives the rows changed.
    pub(crate) fn execute(&mut self, sql: &str, begin: bool) -> Result<u64> {
        self.run(sql, begin, |session, sql| session.execute(sql))
    }
    /// The same, and gives the result of the last statement.
    pub(crate) fn query(&mut self, sql: &str, begin: bool) -> Result<Rows> {
        self.run(sql, begin, |session, sql| session.query(sql))
    }

    fn run<T>(
        &mut self,
        sql: &str,
        begin: bool,
        work: impl FnOnce(&mut Box<dyn Session>, &str) -> Result<T>,
    ) -> Result<T> {
        if begin && !(self.only_reads && is_select(sql)) {
            self.begin()?;
        }
        if let Some(guard) = &self.guard {
            guard.check(sql)?;
        }
        let commented = self.comment.as_ref().map(|comment| comment.added_to(sql));
        let sent = commented.as_deref().unwrap_or(sql);
        self.tell(sent);
        let clock = Instant::now();
        let outcome = work(self.session()?, sent);
        match &outcome {
            Ok(_) => {
                if let Some(log) = &self.log {
                    log.succeeded(clock.elapsed());
                }
                self.notice(sql);
            }
            Err(_) => self.failed_sql = Some(sent.to_owned()),
        }
        outcome
    }

    fn tell(&self, sql: &str) {
        if let Some(log) = &self.log {
            log.sent(sql);
        }
    }

    /// A template may begin a transaction by itself, and end it.
    fn notice(&mut self, sql: &str) {
        let word = sql.trim().trim_end_matches(';').trim().to_ascii_lowercase();
        match word.as_str() {
            "begin" | "begin transaction" | "start transaction" => self.left_open = true,
            "commit" | "end" | "rollback" | "abort" => self.left_open = false,
            _ => {}
        }
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.in_transaction {
            self.in_transaction = false;
            self.tell("COMMIT");
            self.session()?.execute("commit")?;
        }
        Ok(())
    }

    /// Undoes what is not committed. After a failure the engine may have done so itself.
    pub(crate) fn rollback(&mut self) {
        if self.in_transaction || self.left_open {
            (self.in_transaction, self.left_open) = (false, false);
            self.tell("ROLLBACK");
            if let Some(session) = self.session.as_mut() {
                session.execute("rollback").ok();
            }
        }
    }
}

/// Whether a text is a single SELECT. (What begins with WITH may write.)
fn is_select(sql: &str) -> bool {
    const WORD: &str = "select";
    let sql = sql.trim_ascii();
    let begins = sql.get(..WORD.len()).is_some_and(|start| start.eq_ignore_ascii_case(WORD));
    begins
        && sql[WORD.len()..].starts_with(|letter: char| letter.is_ascii_whitespace())
        && is_one_statement(sql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_select_is_one() {
        for sql in ["select 1", "\n  SELECT\n1;", "select ';' as a;"] {
            assert!(is_select(sql), "{sql}");
        }
        for sql in [
            "select 1; select 2",
            "selected",
            "with a as (select 1) delete from b",
            "create table a as select 1",
            "-- select\ndrop table a",
            "",
        ] {
            assert!(!is_select(sql), "{sql}");
        }
    }

    #[test]
    fn a_comment_is_added_as_by_dbt() {
        let comment = |appended| QueryComment { text: "who".to_owned(), appended };
        assert_eq!(comment(false).added_to("select 1;"), "/* who */\nselect 1;");
        assert_eq!(comment(true).added_to("select 1;\n"), "select 1\n/* who */;");
        assert_eq!(comment(true).added_to("select 1"), "select 1\n/* who */");
    }
}
