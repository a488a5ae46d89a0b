//! One small feed with a contract of the test's own.

use crate::ask::ask;
use ingot_bronze::{LoadOptions, LoadSummary, load};
use ingot_core::report::{Event, Level, Reporter, Silent};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A folder with `schemas/things.odcs.yaml`, and room for `raw/`, `lake/` and `warehouse.duckdb`.
pub struct Things {
    pub folder: tempfile::TempDir,
}

/// What a contract says; the defaults are those of [`Things::new`].
pub struct Terms<'t> {
    pub path: &'t str,
    pub format: &'t str,
    pub evolution: &'t str,
    /// Its name, and its type if that is not date: `day`, `region str`.
    pub partition: Option<&'t str>,
    /// Name, physical and logical type, required.
    pub columns: &'t [(&'t str, &'t str, &'t str, bool)],
    pub version: &'t str,
    /// More custom properties of the table: `rowHash: none`.
    pub settings: &'t [&'t str],
}

impl Default for Terms<'_> {
    fn default() -> Self {
        Self {
            path: "things/part-*.csv",
            format: "csv",
            evolution: "evolve",
            partition: None,
            columns: &[
                ("id", "i64", "integer", true),
                ("name", "str", "string", false),
                ("qty", "i32", "integer", false),
            ],
            version: "1.0.0",
            settings: &[],
        }
    }
}

/// Keeps what is said.
#[derive(Default)]
pub struct Listener {
    said: Mutex<Vec<String>>,
}

impl Reporter for Listener {
    fn report(&self, event: Event) {
        if let Event::Message { level: Level::Warning | Level::Error, text } | Event::Error { text, .. } =
            event
        {
            self.said.lock().unwrap().push(text);
        }
    }
}

impl Listener {
    pub fn heard(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

impl Things {
    pub fn new(terms: &Terms<'_>) -> Self {
        let feed = Self { folder: tempfile::tempdir().unwrap() };
        feed.agree(terms);
        feed
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn lake(&self) -> PathBuf {
        self.path().join("lake")
    }

    pub fn warehouse(&self) -> PathBuf {
        self.path().join("warehouse.duckdb")
    }

    /// Writes the contract anew.
    pub fn agree(&self, terms: &Terms<'_>) {
        let mut text = format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: test\nname: things\nversion: {}\nstatus: active\n\
             servers:\n  - server: raw\n    type: local\n    path: {}\n    format: {}\n\
             schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    customProperties:\n      \
             - property: evolution\n        value: {}\n",
            terms.version, terms.path, terms.format, terms.evolution
        );
        if let Some(partition) = terms.partition {
            let (partition, word) = partition.split_once(' ').unwrap_or((partition, "date"));
            text.push_str(&format!(
                "      - property: partitions\n        value:\n          - name: {partition}\n            type: {word}\n"
            ));
        }
        for setting in terms.settings {
            let (name, value) = setting.split_once(": ").unwrap();
            text.push_str(&format!("      - {{property: {name}, value: {value}}}\n"));
        }
        text.push_str("    properties:\n");
        for (name, physical, logical, required) in terms.columns {
            text.push_str(&format!(
                "      - name: {name}\n        logicalType: {logical}\n        physicalType: {physical}\n        required: {required}\n"
            ));
            if *name == "id" {
                text.push_str("        primaryKey: true\n        primaryKeyPosition: 1\n");
            }
        }
        text.push_str(
            "slaProperties:\n  - property: freshness_warning\n    value: 12\n    unit: h\n  \
             - property: freshness\n    value: 24\n    unit: h\n",
        );
        self.write("schemas/things.odcs.yaml", &text);
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path().join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn options(&self) -> LoadOptions {
        LoadOptions {
            jobs: 2,
            ..LoadOptions::new(
                self.path().join("raw"),
                self.lake(),
                self.warehouse(),
                self.path().join("schemas"),
            )
        }
    }

    pub fn load(&self) -> LoadSummary {
        load(&self.options(), &Silent).unwrap()
    }

    /// Loads, and gives what was warned of.
    pub fn load_heard(&self) -> (LoadSummary, Vec<String>) {
        let listener = Listener::default();
        let summary = load(&self.options(), &listener).unwrap();
        (summary, listener.heard())
    }

    /// A query over the Parquet side, which `{t}` stands for, as dbt's sources read it; the Delta side must say the same.
    #[track_caller]
    pub fn bronze(&self, sql: &str) -> String {
        let plain = format!(
            "read_parquet('{}/bronze/parquet/things/**/*.parquet', hive_partitioning = true, hive_types_autocast = false, \
             union_by_name = true)",
            self.lake().display()
        );
        let answer = ask(Path::new(":memory:"), &sql.replace("{t}", &plain));
        let table = ingot_lake::DeltaTable::open(&self.lake().join("bronze/delta/things")).unwrap();
        let files: Vec<String> =
            table.files().unwrap().iter().map(|file| format!("'{}'", file.path.display())).collect();
        let delta = format!(
            "read_parquet([{}], hive_partitioning = true, hive_types_autocast = false, union_by_name = true)",
            files.join(", ")
        );
        assert_eq!(answer, ask(Path::new(":memory:"), &sql.replace("{t}", &delta)), "the two sides differ");
        answer
    }

    /// A query over the manifest.
    pub fn manifest(&self, sql: &str) -> String {
        ask(&self.warehouse(), sql)
    }

    /// The names and types of the Delta table's columns.
    pub fn columns(&self) -> Vec<String> {
        let table = ingot_lake::DeltaTable::open(&self.lake().join("bronze/delta/things")).unwrap();
        table
            .schema()
            .unwrap()
            .fields()
            .iter()
            .filter(|field| !field.name().starts_with("src_") && field.name() != "ingestion_ts")
            .map(|field| {
                format!(
                    "{} {}{}",
                    field.name(),
                    field.data_type(),
                    if field.is_nullable() { "" } else { "!" }
                )
            })
            .collect()
    }
}
