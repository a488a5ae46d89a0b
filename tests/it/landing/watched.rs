//! A project that is watched, in a folder that goes away.

use crate::database::Database;
use crate::support::Sandbox;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Two feeds, with a table of sums over one and a list of the other.
pub struct Watched {
    pub sandbox: Sandbox,
}

/// A process that does not outlive the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Code, standard output and standard error of a process that ends.
    pub fn ended(mut self) -> (Option<i32>, String, String) {
        use std::io::Read as _;
        let begun = Instant::now();
        let status = loop {
            match self.0.try_wait().unwrap() {
                Some(status) => break status,
                None if begun.elapsed() > PATIENCE => panic!("it does not end"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let (mut out, mut err) = (String::new(), String::new());
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.0.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (status.code(), out, err)
    }
}

/// Waits until it is true.
#[track_caller]
pub fn until(what: &str, is_true: impl FnMut() -> bool) {
    assert!(within(PATIENCE, is_true), "{what} did not happen");
}

/// Whether it becomes true in time.
pub fn within(time: Duration, mut is_true: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < time {
        if is_true() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn contract(name: &str, path: &str, frequency: Option<&str>) -> String {
    let level = match frequency {
        Some(word) => format!("slaProperties:\n  - {{property: frequency, value: {word}}}\n"),
        None => String::new(),
    };
    format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: active\n\
         servers: [{{server: raw, type: local, path: '{path}', format: jsonl}}]\n\
         schema:\n  - name: {name}\n    logicalType: object\n    properties:\n      \
         - {{name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true, unique: true}}\n      \
         - {{name: amount, logicalType: integer, physicalType: i64, required: true}}\n{level}"
    )
}

impl Watched {
    pub fn new() -> Self {
        let sandbox = Sandbox::empty();
        sandbox.write(
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodels:\n  shop:\n    +materialized: table\n",
        );
        sandbox.write(
            "profiles.yml",
            "shop:\n  target: local\n  outputs:\n    local: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 2}\n",
        );
        sandbox.write("schemas/orders.odcs.yaml", &contract("orders", "orders/*.jsonl", None));
        sandbox.write("schemas/stores.odcs.yaml", &contract("stores", "stores/day=*/*.jsonl", None));
        sandbox.write(
            "models/sources.yml",
            "sources:\n  - name: bronze\n    config:\n      meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet', union_by_name = true)\"}\n    tables: [{name: orders}, {name: stores}]\n",
        );
        sandbox.write(
            "models/totals.sql",
            "select count(*) as orders, count(distinct id) as ids, sum(amount) as amount from {{ source('bronze', 'orders') }}",
        );
        sandbox.write("models/shops.sql", "select id, amount from {{ source('bronze', 'stores') }}");
        std::fs::create_dir_all(sandbox.join("data_raw")).unwrap();
        Self { sandbox }
    }

    /// Feeds that are taken once in a period.
    pub fn set_frequency(&self, feed: &str, path: &str, word: &str) {
        self.sandbox.write(&format!("schemas/{feed}.odcs.yaml"), &contract(feed, path, Some(word)));
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let gather: &[&str] = if arguments.contains(&"--gather") { &[] } else { &["--gather", "100ms"] };
        self.sandbox.command(&[&["watch", "--quiet-for", "500ms"], gather, arguments].concat())
    }

    pub fn watch(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// Writes a file beside the feed and renames it into its place.
    pub fn drop_in(&self, path: &str, text: &str) {
        self.sandbox.write(".beside", text);
        let to = self.sandbox.join("data_raw").join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.sandbox.join(".beside"), to).unwrap();
    }

    pub fn raw(&self, path: &str) -> PathBuf {
        self.sandbox.join("data_raw").join(path)
    }

    pub fn state(&self) -> Json {
        let text = std::fs::read_to_string(self.sandbox.join("target/watch/state.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The rounds of the log.
    pub fn rounds(&self) -> Vec<Json> {
        let text = std::fs::read_to_string(self.sandbox.join("target/watch/log.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn rows(&self, feed: &str) -> u64 {
        self.state()["feeds"][feed]["rows"].as_u64().unwrap_or(0)
    }

    /// What a query over the warehouse gives, once nothing else has it open.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        Database::open(&self.sandbox.join("duckdb/warehouse.duckdb")).texts(sql)
    }

    /// Orders, their different ids and the sum of their amounts, as the model has them.
    pub fn totals(&self) -> String {
        self.ask("select orders || ' ' || ids || ' ' || amount from main.totals").concat()
    }
}

/// So many lines of orders, of the amount 1.
pub fn orders(from: u64, count: u64) -> String {
    (from..from + count).map(|id| format!("{{\"id\": {id}, \"amount\": 1}}\n")).collect()
}
