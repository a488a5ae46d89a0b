//! A project under random edits, of its files, its target, its database and by kills: a run that leaves out what has not
//! changed always leaves what a run of everything in an empty database does.
//!
//! Each run is a process of its own, so that it can be killed and has its own environment. `INGOT_SEED` and `INGOT_EDITS`
//! choose the edits and how many there are.

use crate::case::Case;
use ingot_engine::Cell;
use ingot_models::{RunOptions, Verb, run};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The project whose nodes a process is to build.
const PROJECT: &str = "INGOT_TEST_PROJECT";
/// `skip`, or `all`.
const HOW: &str = "INGOT_TEST_HOW";
/// Nodes between spaces.
const SELECT: &str = "INGOT_TEST_SELECT";
/// Read by a model.
const WORD: &str = "INGOT_TEST_WORD";
/// A flag that a model reads.
const FAIL_FAST: &str = "INGOT_TEST_FAIL_FAST";
/// A kind of inputs that is not compared. With it, random edits must find a difference.
const OVERLOOKED: &str = "INGOT_OVERLOOKED";

/// Not a test of its own: what the processes of the other one do.
#[test]
fn a_process_that_builds() {
    let Ok(folder) = std::env::var(PROJECT) else { return };
    let mut options = RunOptions::new(Verb::Build, &folder);
    options.profiles_dir = Some(folder.into());
    options.skip_unchanged = std::env::var(HOW).is_ok_and(|how| how == "skip");
    options.fail_fast = std::env::var(FAIL_FAST).is_ok_and(|flag| flag == "yes");
    options.overlooked = std::env::var(OVERLOOKED).into_iter().collect();
    if let Ok(select) = std::env::var(SELECT) {
        options.select = select.split(' ').map(str::to_owned).collect();
    }
    let summary = run(&options, &ingot_core::report::Silent).unwrap();
    assert!(summary.results.len() + 1 > 0);
}

/// Numbers that look random and are the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's MMIX generator; the low bits are its weak ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// What edits change.
struct Project {
    /// A number in each place of the SQL that can be edited.
    numbers: BTreeMap<&'static str, u64>,
    rows: Vec<(u64, u64)>,
    countries: Vec<(u64, u64)>,
    /// How many files of events there are.
    events: u64,
    target: &'static str,
    materialized: &'static str,
    has_extra: bool,
    word: u64,
    /// Whether the properties of t6 make it a view.
    shows_t6: bool,
    /// Whether the files of events have a third column.
    has_more_columns: bool,
    fails_fast: bool,
    zone: &'static str,
    /// A kind of inputs that is not compared.
    overlooked: Option<String>,
}

impl Project {
    fn new() -> Self {
        let places = ["stg", "t1", "t3", "v5", "eph", "m1", "m2", "var", "version", "test", "limit"];
        Self {
            numbers: places.map(|place| (place, 1)).into(),
            rows: vec![(1, 10), (2, 20), (3, 30)],
            countries: vec![(1, 1), (2, 2)],
            events: 1,
            target: "dev",
            materialized: "table",
            has_extra: true,
            word: 1,
            shows_t6: false,
            has_more_columns: false,
            fails_fast: false,
            zone: "UTC",
            overlooked: std::env::var(OVERLOOKED).ok(),
        }
    }

    /// Writes only what differs, so that files keep their times.
    fn write(&self, folder: &Path) {
        let put = |file: &str, text: String| {
            let path = folder.join(file);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
                return;
            }
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let n = |place: &str| self.numbers[place];
        let csv = |head: &str, rows: &[(u64, u64)]| {
            let rows: String = rows.iter().map(|(id, n)| format!("{id},{n}\n")).collect();
            format!("{head}\n{rows}")
        };
        put(
            "dbt_project.yml",
            format!("name: shop\nprofile: shop\nversion: 1.{}\nvars: {{v: {}}}\n", n("version"), n("var")),
        );
        put(
            "profiles.yml",
            format!(
                "shop:\n  target: {0}\n  outputs:\n    {0}: {{type: duckdb, path: {1}/shop.duckdb, schema: main, threads: 3}}\n",
                self.target,
                folder.display()
            ),
        );
        put("data/a.csv", csv("id,n", &self.rows));
        for event in 0..self.events {
            let rows = [(2 * event, event), (2 * event + 1, 7)];
            let text = match self.has_more_columns {
                true => {
                    rows.iter().fold("id,n,more\n".to_owned(), |text, (id, n)| format!("{text}{id},{n},1\n"))
                }
                false => csv("id,n", &rows),
            };
            put(&format!("data/events/{event}.csv"), text);
        }
        put(
            "models/sources.yml",
            format!(
                "sources:\n  - name: raw\n    tables:\n      - {{name: a, meta: {{external_location: \"read_csv('{0}/data/a.csv')\"}}}}\n      - {{name: events, meta: {{external_location: \"read_csv('{0}/data/events/*.csv')\"}}}}\n",
                folder.display()
            ),
        );
        put("seeds/countries.csv", csv("id,rate", &self.countries));
        put(
            "macros/m1.sql",
            format!("{{% macro m1(x) %}}{{{{ x }}}} + {} + {{{{ m2() }}}}{{% endmacro %}}", n("m1")),
        );
        put("macros/m2.sql", format!("{{% macro m2() %}}{}{{% endmacro %}}", n("m2")));
        put(
            "models/stg_a.sql",
            format!("select id, n + {} as n from {{{{ source('raw', 'a') }}}}", n("stg")),
        );
        put("models/stg_e.sql", "select id, n from {{ source('raw', 'events') }}".to_owned());
        let table = "{{ config(materialized='table') }}";
        put(
            "models/t1.sql",
            format!("{table} select id, {{{{ m1('n') }}}} + {} as n from {{{{ ref('stg_a') }}}}", n("t1")),
        );
        put(
            "models/t2.sql",
            format!(
                "{table} select id, n * {{{{ var('v') }}}} * coalesce(rate, 1) as n from {{{{ ref('t1') }}}} left join {{{{ ref('countries') }}}} using (id)"
            ),
        );
        put(
            "models/t3.sql",
            format!(
                "{{{{ config(materialized='{}') }}}} select id, n % {} as n from {{{{ ref('t2') }}}}",
                self.materialized,
                n("t3") + 1
            ),
        );
        put(
            "models/eph.sql",
            format!(
                "{{{{ config(materialized='ephemeral') }}}} select id, n - {} as n from {{{{ ref('t2') }}}}",
                n("eph")
            ),
        );
        put(
            "models/t4.sql",
            format!("{table} select id, n, '{{{{ env_var('{WORD}') }}}}' as word from {{{{ ref('eph') }}}}"),
        );
        put("models/v5.sql", format!("select id, n + {} as n from {{{{ ref('t3') }}}}", n("v5")));
        put("models/t6.sql", "select id, n, '{{ target.name }}' as target from {{ ref('v5') }}".to_owned());
        put(
            "models/inc.sql",
            "{{ config(materialized='incremental') }} select id, n from {{ ref('stg_e') }} {% if is_incremental() %} where id > (select coalesce(max(id), -1) from {{ this }}) {% endif %}".to_owned(),
        );
        put(
            "models/agg.sql",
            format!("{table} select n as id, count(*) as n from {{{{ ref('inc') }}}} group by all"),
        );
        // Its columns are in its SQL by way of a question to the database.
        put(
            "models/asked.sql",
            format!(
                "{table} -- depends_on: {{{{ ref('t1') }}}}\n{{% set top = run_query('select max(n) from ' ~ ref('t1')).rows[0][0] if execute else 0 %}} select 1 as id, {{{{ top }}}} as n"
            ),
        );
        // Each depends on something else that a run is made of.
        put("models/star.sql", "select * from {{ source('raw', 'events') }}".to_owned());
        put("models/direct.sql", format!("{table} select id, n from {{{{ source('raw', 'a') }}}}"));
        put(
            "models/by_itself.sql",
            format!("{table} select id, n from read_csv('{}/data/a.csv')", folder.display()),
        );
        put(
            "models/about_all.sql",
            format!("{table} select 1 as id, {{{{ graph.nodes.values() | list | length }}}} as n"),
        );
        put(
            "models/configured.sql",
            format!("{table} select 1 as id, '{{{{ adapter.config.version }}}}' as word, 1 as n"),
        );
        put(
            "models/flagged.sql",
            format!("{table} select 1 as id, {{{{ 1 if flags.FAIL_FAST else 0 }}}} as n"),
        );
        put(
            "models/zoned.sql",
            format!("{table} select 1 as id, hour(timestamptz '2024-01-01 00:00:00+00') as n"),
        );
        let extra = folder.join("models/extra.sql");
        if self.has_extra {
            put("models/extra.sql", format!("{table} select id, n + 1 as n from {{{{ ref('t2') }}}}"));
        } else {
            std::fs::remove_file(extra).ok();
        }
        put(
            "models/all.yml",
            format!(
                "models:\n  - name: t1\n    columns: [{{name: id, data_tests: [unique]}}]\n  - name: agg\n    columns: [{{name: n, data_tests: [{{accepted_values: {{values: [{}], quote: false, config: {{severity: warn}}}}}}]}}]\n  - name: t6\n    config: {{materialized: {}}}\n",
                n("test"),
                if self.shows_t6 { "view" } else { "table" }
            ),
        );
        put(
            "tests/small.sql",
            format!(
                "{{{{ config(severity='warn') }}}} select * from {{{{ ref('t4') }}}} where n > {}",
                20 * n("limit")
            ),
        );
        put(
            "snapshots/kept.sql",
            "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select id, n from {{ ref('t2') }}{% endsnapshot %}".to_owned(),
        );
    }

    fn start(&self, folder: &Path, how: &str, select: Option<&str>) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "unchanged_edits::a_process_that_builds"]);
        command.env(PROJECT, folder).env(HOW, how).env(WORD, self.word.to_string()).env("TZ", self.zone);
        command.env(FAIL_FAST, if self.fails_fast { "yes" } else { "no" }).env_remove(OVERLOOKED);
        if let Some(overlooked) = &self.overlooked {
            command.env(OVERLOOKED, overlooked);
        }
        if let Some(select) = select {
            command.env(SELECT, select);
        }
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn build(&self, folder: &Path, how: &str, select: Option<&str>) {
        let ended = self.start(folder, how, select).wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

const TABLES: [&str; 12] = [
    "t1",
    "t2",
    "t4",
    "agg",
    "inc",
    "asked",
    "direct",
    "by_itself",
    "about_all",
    "configured",
    "flagged",
    "zoned",
];

/// Makes one edit, and says which.
fn edit(project: &mut Project, case: &Case, dice: &mut Dice) -> String {
    let folder = case.folder.path();
    match dice.below(18) {
        0..=2 => {
            let places: Vec<&'static str> = project.numbers.keys().copied().collect();
            let place = dice.of(&places);
            let number = 1 + dice.below(4);
            project.numbers.insert(place, number);
            format!("the number of {place} is {number}")
        }
        3 => {
            let at = dice.below(project.countries.len() as u64) as usize;
            project.countries[at].1 = 1 + dice.below(5);
            "a row of the seed".to_owned()
        }
        4 => {
            let at = dice.below(project.rows.len() as u64) as usize;
            project.rows[at].1 = dice.below(50);
            "a row of a source".to_owned()
        }
        5 => {
            project.events += 1;
            "a file of events more".to_owned()
        }
        6 => {
            let table = dice.of(&["t1", "t2", "t4", "agg", "inc", "countries", "v5"]);
            let kind = if table == "v5" { "view" } else { "table" };
            case.query(&format!("drop {kind} if exists {table} cascade"));
            format!("{table} is dropped")
        }
        7 | 8 => {
            let table = dice.of(&TABLES);
            case.query(&format!("update {table} set n = n + 1 where id = (select min(id) from {table})"));
            format!("a row of {table} is changed by hand")
        }
        9 => {
            let statement = dice.of(&[
                "alter table countries add column if not exists more integer",
                "update countries set rate = 9 where id = 1",
                "delete from inc where id = 0",
                "insert into inc values (-1, 5)",
                "create or replace view stg_a as select 5 as id, 5 as n",
                "insert into t2 select * from t2",
            ]);
            case.query(statement);
            statement.to_owned()
        }
        10 => {
            project.target = if project.target == "dev" { "prod" } else { "dev" };
            format!("the target is {}", project.target)
        }
        11 => {
            project.has_extra = !project.has_extra;
            format!("a node is there: {}", project.has_extra)
        }
        12 => {
            project.word = dice.below(3);
            "an environment variable".to_owned()
        }
        13 => {
            project.materialized = if project.materialized == "table" { "view" } else { "table" };
            format!("t3 is a {}", project.materialized)
        }
        14 => match dice.below(4) {
            0 => {
                project.shows_t6 = !project.shows_t6;
                format!("t6 is a view: {}", project.shows_t6)
            }
            1 => {
                project.has_more_columns = !project.has_more_columns;
                format!("events have more columns: {}", project.has_more_columns)
            }
            2 => {
                project.fails_fast = !project.fails_fast;
                "a flag".to_owned()
            }
            _ => {
                project.zone = dice.of(&["UTC", "Asia/Tokyo", "America/Lima"]);
                format!("the time zone is {}", project.zone)
            }
        },
        15 | 16 => {
            let places: Vec<&'static str> = project.numbers.keys().copied().collect();
            project.numbers.insert(dice.of(&places), 1 + dice.below(4));
            project.write(folder);
            let (how, select) =
                (dice.of(&["skip", "all"]), dice.of(&["t2", "t1+", "stg_a t3", "+agg", "inc"]));
            project.build(folder, how, Some(select));
            format!("a run ({how}) of {select} after an edit")
        }
        _ => {
            project.numbers.insert("m2", 1 + dice.below(4));
            project.events += 1;
            project.write(folder);
            let mut child = project.start(folder, "skip", None);
            let wait = dice.below(400);
            std::thread::sleep(Duration::from_millis(wait));
            child.kill().unwrap();
            child.wait().unwrap();
            format!("a kill after {wait} ms")
        }
    }
}

/// What is in each relation, or why it cannot be read.
type Relations = BTreeMap<String, Result<Vec<Vec<Cell>>, String>>;

fn relations(case: &Case, project: &Project) -> Relations {
    let mut names = vec!["stg_a", "stg_e", "star", "t3", "v5", "t6", "countries"];
    names.extend(TABLES);
    names.extend(project.has_extra.then_some("extra"));
    let ask = |sql: &str| case.try_query(sql).map_err(|error| error.to_string());
    let mut all = Relations::new();
    for name in names {
        all.insert(name.to_owned(), ask(&format!("select * from {name} order by all")));
    }
    let kept = "select id, n from kept where dbt_valid_to is null and id in (select id from t2) order by all";
    all.insert("kept".to_owned(), ask(kept));
    let kinds = "select table_name, table_type from information_schema.tables where table_schema = 'main' and table_name not like 'manifest%' and table_name <> 'extra' order by all";
    all.insert("kinds".to_owned(), ask(kinds));
    // A view that is not made again shows a new column, and does not say so.
    let columns = "select table_name, column_name, data_type from information_schema.columns where table_schema = 'main' and table_name not like 'manifest%' and table_name not in ('extra', 'kept') order by all";
    all.insert("columns".to_owned(), ask(columns));
    all
}

/// The same after a run of everything in an empty database.
fn relations_from_nothing(project: &Project) -> (Relations, Case) {
    let fresh = Case::new(&[]);
    project.write(fresh.folder.path());
    project.build(fresh.folder.path(), "all", None);
    let relations = relations(&fresh, project);
    assert!(relations.values().all(Result::is_ok), "{relations:#?}");
    (relations, fresh)
}

/// How all nodes ended.
fn statuses(folder: &Path) -> BTreeMap<String, (String, serde_json::Value)> {
    let text = std::fs::read(folder.join("target/run_results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let one = |result: &serde_json::Value| {
        let id = result["unique_id"].as_str().unwrap().to_owned();
        (id, (result["status"].as_str().unwrap().to_owned(), result["failures"].clone()))
    };
    results["results"].as_array().unwrap().iter().map(one).collect()
}

/// How many nodes did not run.
fn unchanged(folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("target/run_results.json")).unwrap();
    text.matches("\"message\":\"unchanged\"").count()
}

#[test]
fn after_random_edits_everything_is_as_if_it_were_built_from_nothing() {
    let from_clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("INGOT_SEED").unwrap_or_else(from_clock);
    let edits = number("INGOT_EDITS").unwrap_or(30);
    writeln!(std::io::stderr(), "INGOT_SEED={seed} INGOT_EDITS={edits}").unwrap();
    let mut dice = Dice(seed);
    let mut project = Project::new();
    let case = Case::new(&[]);
    project.write(case.folder.path());
    project.build(case.folder.path(), "skip", None);
    let mut done = Vec::new();
    let mut left_out = 0;
    for number in 1..=edits {
        done.push(edit(&mut project, &case, &mut dice));
        let folder = case.folder.path();
        project.write(folder);
        project.build(folder, "skip", None);
        left_out += unchanged(folder);
        let (wanted, fresh) = relations_from_nothing(&project);
        let story = || format!("INGOT_SEED={seed}, after edit {number}: {done:#?}");
        let found = relations(&case, &project);
        for (name, rows) in &wanted {
            assert_eq!(found[name], *rows, "{name}: {}", story());
        }
        assert_eq!(statuses(folder), statuses(fresh.folder.path()), "{}", story());
        project.build(folder, "skip", None);
        let results = statuses(folder).len();
        // Warnings say what they found.
        let warned = statuses(folder).values().filter(|(status, _)| status == "warn").count();
        // And one reads a file by itself.
        assert_eq!(unchanged(folder) + warned + 1, results, "a run after a run: {}", story());
    }
    assert!(left_out > 0);
}

/// What a kind of inputs is for: an edit of it, after which a run that does not compare it leaves something else than a run of
/// everything.
struct Kind {
    name: &'static str,
    edit: fn(&mut Project, &Case),
}

fn number(place: &'static str) -> impl Fn(&mut Project, &Case) {
    move |project, _| {
        *project.numbers.entry(place).or_default() += 1;
    }
}

const KINDS: [Kind; 18] = [
    Kind { name: "code", edit: |project, case| number("t1")(project, case) },
    Kind { name: "config", edit: |project, _| project.shows_t6 = true },
    Kind { name: "ingot", edit: |project, _| project.zone = "Asia/Tokyo" },
    Kind { name: "target", edit: |project, _| project.target = "prod" },
    Kind { name: "project", edit: |project, case| number("version")(project, case) },
    Kind { name: "graph", edit: |project, _| project.has_extra = false },
    Kind { name: "macro", edit: |project, case| number("m2")(project, case) },
    Kind { name: "variable", edit: |project, case| number("var")(project, case) },
    Kind { name: "environment variable", edit: |project, _| project.word = 2 },
    Kind { name: "flag", edit: |project, _| project.fails_fast = true },
    Kind { name: "source", edit: |project, _| project.rows[0].1 = 44 },
    Kind { name: "view", edit: |project, _| project.rows[0].1 = 45 },
    Kind { name: "table", edit: |project, case| number("t1")(project, case) },
    Kind { name: "seed", edit: |project, _| project.countries[0].1 = 5 },
    Kind { name: "ephemeral", edit: |project, case| number("eph")(project, case) },
    Kind { name: "columns", edit: |project, _| project.has_more_columns = true },
    Kind { name: "always", edit: |project, _| project.rows[0].1 = 46 },
    Kind {
        name: "relation",
        edit: |_, case| {
            case.query("update t4 set n = n + 1");
        },
    },
];

/// A run that overlooks the kind of an edit leaves something else than one that compares all, which is right after random edits,
/// as the other test shows. So no kind is compared for nothing, and that test would notice if one were forgotten.
#[test]
fn each_kind_of_input_is_compared_because_something_depends_on_it() {
    let (case, mut project) = (Case::new(&[]), Project::new());
    let folder = case.folder.path();
    project.write(folder);
    project.build(folder, "skip", None);
    for kind in KINDS {
        (kind.edit)(&mut project, &case);
        project.write(folder);
        project.overlooked = Some(kind.name.to_owned());
        project.build(folder, "skip", None);
        let overlooking = relations(&case, &project);
        project.overlooked = None;
        if kind.name == "relation" {
            // The run that overlooked it has sealed what was left, so somebody changes it once more.
            (kind.edit)(&mut project, &case);
        }
        project.build(folder, "skip", None);
        assert_ne!(overlooking, relations(&case, &project), "{} is compared for nothing", kind.name);
    }
    let (wanted, _fresh) = relations_from_nothing(&project);
    assert_eq!(relations(&case, &project), wanted);
}
