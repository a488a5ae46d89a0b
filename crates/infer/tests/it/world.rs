//! A folder with raw files, the contracts that are inferred from them, and the lake that they are loaded into.

use ingot_bronze::{LoadOptions, LoadSummary, load};
use ingot_core::report::Silent;
use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine as _};
use ingot_infer::{Ask, Feed, InferOptions, Inferred, Nobody, contract_text, infer};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["raw", "schemas"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let world = Self::new();
        for (name, bytes) in files {
            world.write(name, bytes);
        }
        world
    }

    pub(crate) fn raw(&self) -> PathBuf {
        self.folder.path().join("raw")
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.raw().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn infer(&self) -> Inferred {
        self.infer_with(&mut Nobody)
    }

    pub(crate) fn infer_with(&self, ask: &mut dyn Ask) -> Inferred {
        let options = InferOptions { paths: vec![self.raw()], ..InferOptions::default() };
        infer(&options, ask).unwrap()
    }

    /// The only feed.
    pub(crate) fn feed(&self) -> Feed {
        let mut found = self.infer();
        let names: Vec<_> = found.feeds.iter().map(|feed| (&feed.name, &feed.form.path)).collect();
        assert_eq!(found.feeds.len(), 1, "{names:?} {:?}", found.passed_over);
        found.feeds.remove(0)
    }

    /// Writes the contracts, and loads the files with them.
    pub(crate) fn load(&self, feeds: &[Feed]) -> LoadSummary {
        let folder = self.folder.path();
        for feed in feeds {
            let file = folder.join("schemas").join(format!("{}.odcs.yaml", feed.name));
            std::fs::write(file, contract_text(feed)).unwrap();
        }
        let options = LoadOptions {
            jobs: 1,
            ..LoadOptions::new(
                folder.join("raw"),
                folder.join("lake"),
                self.database(),
                folder.join("schemas"),
            )
        };
        match load(&options, &Silent) {
            Ok(summary) => summary,
            Err(error) => panic!("{error}\n{}", contract_text(&feeds[0])),
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("warehouse.duckdb")
    }

    /// The cells of a table as text, in the order of the files' rows; null is `None`.
    pub(crate) fn rows(&self, feed: &Feed) -> Vec<Vec<Option<String>>> {
        let columns: Vec<String> =
            feed.columns.iter().map(|decision| format!("\"{}\"::varchar", decision.column.name)).collect();
        let lake = self.folder.path().join("lake/bronze/parquet").join(&feed.name);
        let sql = format!(
            "select {} from read_parquet('{}/**/*.parquet', union_by_name = true) order by src_filename, src_row_number",
            columns.join(", "),
            lake.display()
        );
        ask(&self.database(), &sql)
    }
}

fn ask(database: &Path, sql: &str) -> Vec<Vec<Option<String>>> {
    let engine = DuckDb::open(&DuckDbOptions::new(database)).unwrap();
    let rows = engine.session().unwrap().query(sql).unwrap();
    let text = |cell: &Cell| match cell {
        Cell::Null => None,
        Cell::Text(text) => Some(text.clone()),
        other => panic!("{other:?}"),
    };
    rows.rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

/// All rows of all files are in the lake: none is rejected, and no file failed.
pub(crate) fn assert_all_loaded(summary: &LoadSummary, feed: &Feed, what: &str) {
    for table in &summary.tables {
        for file in &table.files {
            let contract = || contract_text(feed);
            assert!(file.error.is_none(), "{what}: {file:?}\n{}", contract());
            assert_eq!(file.rejected, 0, "{what}: {file:?}\n{}", contract());
        }
    }
}
