//! The box for SQL: one SELECT over the warehouse and the lake, that cannot write, attach, read other files, or run for ever.
//!
//! DuckDB's own parser says whether the text is one SELECT. It then runs in a database of its own with the warehouse attached
//! for reading only, which may open files of the lake and the raw folder only, and whose settings are locked. A timer stops
//! it, also when a run begins, which wants the warehouse for itself.

use super::live_runs::is_any_running;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_engine::duckdb::{DuckDbOptions, confined_to, one_select};
use ingot_engine::{Cell, EngineOptions};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Rows that are answered, at most.
pub(super) const ROWS: usize = 1000;
/// Characters of a value that are answered.
const CHARACTERS: usize = 2000;

/// Where queries may look, and for how long.
pub struct SqlBox {
    warehouse: Option<PathBuf>,
    /// Folders whose files may be read.
    folders: Vec<PathBuf>,
    /// Where runs tell what they do.
    live: PathBuf,
    patience: Duration,
    /// One query at a time: who waits is refused, and no thread is kept.
    busy: Mutex<()>,
}

impl SqlBox {
    pub fn new(warehouse: Option<PathBuf>, folders: Vec<PathBuf>, live: PathBuf, patience: Duration) -> Self {
        Self { warehouse, folders, live, patience, busy: Mutex::new(()) }
    }

    /// Columns and at most `most` rows as JSON; never more than a thousand.
    ///
    /// # Errors
    /// It is not one SELECT, it fails, it takes too long, a run has the warehouse, or another query is being answered.
    pub fn ask(&self, sql: &str, most: usize) -> Result<Json> {
        let most = most.min(ROWS);
        let Ok(_busy) = self.busy.try_lock() else {
            return Err(Error::new("another query is being answered").hint("wait until it is done"));
        };
        let query = one_select(sql)?.sql;
        if is_any_running(&self.live) {
            return Err(Error::new("a run has the warehouse").hint("ask again when it is done"));
        }
        let spill = tempfile::tempdir()
            .map_err(|error| Error::new("no folder for temporary files").caused_by(error))?;
        let file = self.warehouse.as_ref().filter(|file| file.is_file());
        let options = DuckDbOptions {
            read_only: file.is_some(),
            threads: Some(2),
            memory_limit: Some("1GB".to_owned()),
            temp_directory: Some(spill.path().join("spill")),
            ..DuckDbOptions::new(file.cloned().unwrap_or_else(|| PathBuf::from(":memory:")))
        };
        let engine = EngineOptions::DuckDb(options).open()?;
        let mut session = engine.session()?;
        session.execute("set max_temp_directory_size = '2GB'")?;
        session.execute(&confined_to(&self.folders))?;
        let stop = session.interrupter();
        let (done, is_done) = channel::<()>();
        let why = Mutex::new("");
        let begun = Instant::now();
        let (reason_told, stop) = (&why, &stop);
        let found = std::thread::scope(|scope| {
            scope.spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(Duration::from_millis(50)) {
                    let reason = match (begun.elapsed() >= self.patience, is_any_running(&self.live)) {
                        (true, _) => "the query took too long and was stopped",
                        (_, true) => "a run has begun, which wants the warehouse: the query was stopped",
                        _ => continue,
                    };
                    *lock(reason_told) = reason;
                    stop();
                }
            });
            let found = session.query(&format!("select * from (\n{query}\n) as answer limit {}", most + 1));
            drop(done);
            found
        });
        let found = found.map_err(|error| match *lock(&why) {
            "" => error,
            reason => Error::new(reason),
        })?;
        let cut = found.rows.len() > most;
        let rows: Vec<Vec<Json>> =
            found.rows.iter().take(most).map(|row| row.iter().map(shown).collect()).collect();
        let columns: Vec<Json> =
            found.columns.iter().map(|column| json!([column.name, column.type_name])).collect();
        Ok(json!({"columns": columns, "rows": rows, "cut": cut, "seconds": begun.elapsed().as_secs_f64()}))
    }
}

fn shown(cell: &Cell) -> Json {
    if *cell == Cell::Null {
        return Json::Null;
    }
    let text = cell.to_string();
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_engine::text_literal;
    use std::path::Path;

    #[test]
    fn a_query_reads_only_its_folders_and_ends() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("lake"), folder.path().join("other"));
        for one in [&inside, &outside] {
            std::fs::create_dir_all(one).unwrap();
            std::fs::write(one.join("a.csv"), "x\n1\n").unwrap();
        }
        let sql =
            SqlBox::new(None, vec![inside.clone()], folder.path().join("live"), Duration::from_millis(300));
        let read = |path: &Path| {
            sql.ask(&format!("select * from read_csv({})", text_literal(&path.to_string_lossy())), ROWS)
        };
        assert_eq!(read(&inside.join("a.csv")).unwrap()["rows"], json!([["1"]]));
        for path in [outside.join("a.csv"), inside.join("../other/a.csv"), PathBuf::from("/etc/passwd")] {
            assert!(read(&path).is_err(), "{}", path.display());
        }
        for attack in [
            "from '/etc/passwd'",
            "from read_text('/etc/passwd')",
            "from glob('/etc/*')",
            "select getenv('HOME')",
            "from query('drop table x')",
            "from sniff_csv('/etc/passwd')",
            "select * from read_blob('/proc/self/environ')",
        ] {
            assert!(sql.ask(attack, ROWS).is_err(), "{attack}");
        }
        let error = sql.ask("select count(*) from range(1000000000000) a, range(1000) b", ROWS).unwrap_err();
        assert!(error.message().contains("too long"), "{error}");
        let many = sql.ask("from range(5000)", ROWS).unwrap();
        assert_eq!(sql.ask("from range(5000)", 2).unwrap()["rows"], json!([["0"], ["1"]]));
        assert_eq!((many["rows"].as_array().unwrap().len(), &many["cut"]), (ROWS, &true.into()));
    }
}
