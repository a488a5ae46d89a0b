//! A small dbt project in a folder of its own: written, run, and looked at through DuckDB.

use ingot_core::error::Result;
use ingot_core::report::{Event, Reporter};
use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine};
use ingot_models::{RunOptions, RunSummary, Status, Verb, run};
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

/// Keeps what is said.
#[derive(Default)]
pub struct Ears(Mutex<Vec<String>>);

impl Reporter for Ears {
    fn report(&self, event: Event) {
        let said = match event {
            Event::Message { text, .. } | Event::Named { text, .. } | Event::Result { line: text } => text,
            Event::Error { text, hint, .. } => [text, hint.unwrap_or_default()].join("\n"),
            _ => return,
        };
        self.0.lock().unwrap().push(said);
    }
}

pub struct Case {
    pub folder: TempDir,
    ears: Ears,
}

const PROFILES: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: main, threads: 3}\n";

impl Case {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap(), ears: Ears::default() };
        case.write("dbt_project.yml", "name: shop\nprofile: shop\nversion: '1.0'\n");
        case.write("profiles.yml", PROFILES);
        for (file, text) in files {
            case.write(file, text);
        }
        case
    }
    pub fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    /// Copies a folder over the project.
    pub fn lay(&self, source: &Path) {
        for entry in walkdir::WalkDir::new(source).into_iter().map(Result::unwrap) {
            if entry.file_type().is_file() {
                let inside = entry.path().strip_prefix(source).unwrap();
                self.write(inside.to_str().unwrap(), &std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    pub fn options(&self, verb: Verb) -> RunOptions {
        let mut options = RunOptions::new(verb, self.folder.path());
        options.profiles_dir = Some(self.folder.path().to_path_buf());
        options
    }
    pub fn go(&self, verb: Verb) -> RunSummary {
        self.with(self.options(verb)).unwrap()
    }
    pub fn with(&self, options: RunOptions) -> Result<RunSummary> {
        run(&options, &self.ears)
    }
    pub fn ears(&self) -> &Ears {
        &self.ears
    }
    pub fn said(&self) -> String {
        self.ears.0.lock().unwrap().join("\n")
    }
    /// The one database file that there is.
    pub fn database(&self) -> std::path::PathBuf {
        let mut files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|ending| ending == "duckdb")).unwrap()
    }
    pub fn query(&self, sql: &str) -> Vec<Vec<Cell>> {
        self.try_query(sql).unwrap()
    }
    pub fn try_query(&self, sql: &str) -> Result<Vec<Vec<Cell>>> {
        let engine = DuckDb::open(&DuckDbOptions::new(self.database())).unwrap();
        Ok(engine.session().unwrap().query(sql)?.rows)
    }
    pub fn number(&self, sql: &str) -> i128 {
        match self.query(sql)[0][0] {
            Cell::Int(number) => number,
            ref other => panic!("{other:?} is not a number"),
        }
    }
}

pub fn status(summary: &RunSummary, name: &str) -> Status {
    summary.results.iter().find(|result| result.name == name).unwrap_or_else(|| panic!("no {name}")).status
}

pub fn all_well(case: &Case, summary: &RunSummary) {
    assert_eq!(summary.exit_code(), 0, "{}\n{}", summary.line(), case.said());
}

/// A table, a view of it, and an ephemeral model.
pub fn chain() -> Case {
    Case::new(&[
        (
            "models/a.sql",
            "{{ config(materialized='table') }}\nselect * from (values (1, 'x'), (2, null)) t(id, name)",
        ),
        ("models/b.sql", "select id, name from {{ ref('a') }} where id > {{ var('above', 0) }}"),
        ("models/e.sql", "{{ config(materialized='ephemeral') }}select 7 as seven"),
    ])
}
