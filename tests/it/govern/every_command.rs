//! Each command that changes something of a project has an entry in the audit trail. The commands are those of the command
//! line itself, so that a new one without a case here fails, and one that says falsely that it only reads is found.

use super::{deliver, entries, shop};
use crate::support::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The arguments with which a command is tried, so that it does what it is for.
const CASES: &[&str] = &[
    "init other",
    "demo nowhere-else --scale 0.001",
    "generate --days 3 --out made",
    "contract infer files/a.csv --out inferred",
    "contract infer files/a.csv --out -",
    "contract check",
    "contract diff schemas schemas",
    "load-bronze",
    "load-bronze --dry-run",
    "replay --table orders",
    "watch --until-idle",
    "bronze status",
    "bronze rejects",
    "bronze reload --table orders",
    "bronze undo --file orders/day-02.csv",
    "lake history bronze.orders",
    "lake show bronze.orders",
    "lake diff bronze.orders",
    "lake restore bronze.orders --as-of 1",
    "lake optimize",
    "lake vacuum",
    "lake check",
    "lake check --repair",
    "lake recover gold.customers",
    "runs",
    "runs parts",
    "quality",
    "status",
    "check",
    "lineage",
    "lineage gold.customers",
    "why gold.customers --where 1=1",
    "docs",
    "run-models --force",
    "publish",
    "publish --role nobody",
    "env add side",
    "promote local side",
    "domain add sales --dry-run",
    "domain add sales",
    "dbt build",
    "dbt run",
    "dbt test",
    "dbt seed",
    "dbt snapshot",
    "dbt compile",
    "dbt parse",
    "dbt list",
    "dbt show --select customers",
    "dbt run-operation touch",
    "dbt source freshness",
    "dbt docs generate",
    "dbt retry",
    "dbt clone --state state",
    "dbt deps",
    "dbt debug",
    "dbt clean",
    "dbt init another",
    "powerbi init",
    "powerbi",
    "powerbi preview",
    "query values(1)",
    "restated --table gold.customers --between 0 --and 0",
    "audit",
    "audit verify",
    "erase --contract orders --key id=1",
    "erase --contract orders --key id=2 --dry-run",
    "erase --verify",
    "retain --dry-run",
    "retain",
    "verify",
    "rehearse --rate 50",
    "doctor",
    "schema",
    "completions bash",
    "man man",
    // From here on there are two of each, and the project cannot be read.
    "contract sources orders",
    "contract staging orders",
];

/// Commands that do not end by themselves, and what they answer to: they are tried elsewhere, or change nothing but what
/// other commands of theirs do.
const GO_ON: &[&str] =
    &["ui", "mcp", "dbt docs serve", "metrics list", "metrics query", "listen", "runs show"];

/// All commands that have no commands below them, or that work without one.
fn commands(parent: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
    for command in parent.get_subcommands().filter(|one| one.get_name() != "help" && !one.is_hide_set()) {
        let name = format!("{before} {}", command.get_name()).trim().to_owned();
        if command.has_subcommands() {
            commands(command, &name, found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn each_command_has_a_case() {
    let mut all = BTreeSet::new();
    commands(&ingot::cli::command(), "", &mut all);
    assert!(all.len() > 50, "{all:?}");
    let is_tried = |name: &String| {
        GO_ON.contains(&name.as_str())
            || CASES.iter().any(|case| *case == name || case.starts_with(&format!("{name} ")))
    };
    let missing: Vec<&String> = all.iter().filter(|name| !is_tried(name)).collect();
    assert!(missing.is_empty(), "give these a case in tests/it/govern/every_command.rs: {missing:?}");
}

/// What data is made of, and data: the content of each file, but for what runs leave for people and themselves.
fn content(root: &Path) -> BTreeMap<String, u64> {
    const LEFT_OUT: &[&str] = &[
        "target",
        "logs",
        "audit",
        "lake/_runs",
        "lake/_quality",
        // Each environment has a trail of its own (environments.rs).
        "environments",
        ".ingot",
        "man",
        "other",
        "another",
        "nowhere-else",
    ];
    let mut found = BTreeMap::new();
    for file in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap) {
        let name = file.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let is_left_out = LEFT_OUT.iter().any(|one| name == *one || name.starts_with(&format!("{one}/")));
        // Locks have the process in them; that a file is shared with an environment is in the trail of that one.
        let is_note = name.contains(".lock") || name.ends_with(".shared");
        if file.file_type().is_file() && !is_left_out && !is_note {
            found.insert(name, xxhash_rust::xxh3::xxh3_64(&std::fs::read(file.path()).unwrap()));
        }
    }
    found
}

fn prepared() -> Sandbox {
    let shop = shop();
    shop.write("macros/touch.sql", "{% macro touch() %}{% do run_query('create or replace table touched as select 1 as a') %}{% endmacro %}");
    shop.write("files/a.csv", "x,y\n1,2\n");
    shop.write("seeds/colours.csv", "colour\nred\n");
    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50"), (3, "ann", "many")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    deliver(&shop, 2, &[(4, "cid", "1.00")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
    std::fs::create_dir(shop.join("state")).unwrap();
    std::fs::copy(shop.join("target/manifest.json"), shop.join("state/manifest.json")).unwrap();
    shop
}

#[test]
fn what_changes_a_project_is_in_its_trail() {
    let mut changing = Vec::new();
    let shop = prepared();
    for (number, case) in CASES.iter().enumerate() {
        // There is always something to load and to correct.
        if case.starts_with("load-bronze") || case.starts_with("watch") {
            let id = 100 + u32::try_from(number).unwrap();
            deliver(&shop, id, &[(id, "dan", "2.00"), (id + 100, "eve", "none")]);
        }
        let (before, known) = (content(shop.path()), entries(&shop).len());
        let words: Vec<&str> = case.split(' ').collect();
        let ran = shop.ingot(&words);
        let (after, now) = (content(shop.path()), entries(&shop).len());
        let changed: Vec<&String> =
            before.keys().chain(after.keys()).filter(|name| before.get(*name) != after.get(*name)).collect();
        assert!(
            changed.is_empty() || now == known + 1,
            "`ingot {case}` changed {changed:?} and added {} entries\n{}{}",
            now - known,
            ran.stdout,
            ran.stderr
        );
        if !changed.is_empty() {
            changing.push(*case);
        }
    }
    // Were nothing changed, nothing would be tested.
    for case in [
        "generate --days 3 --out made",
        "load-bronze",
        "run-models --force",
        "publish",
        "dbt run-operation touch",
        "lake restore bronze.orders --as-of 1",
    ] {
        assert!(changing.contains(&case), "`ingot {case}` changed nothing; {changing:?} did");
    }
    shop.ingot(&["audit", "verify"]).success();
}

#[test]
fn what_listens_until_it_is_stopped_has_an_entry_too() {
    let shop = prepared();
    shop.write(
        "schemas/clicks.odcs.yaml",
        "apiVersion: v3.1.0\nkind: DataContract\nid: clicks\nname: clicks\nversion: 1.0.0\nstatus: active\n\
        servers:\n  - server: raw\n    type: local\n    path: clicks/part-*.jsonl\n    format: jsonl\n\
        schema:\n  - name: clicks\n    logicalType: object\n    physicalType: table\n    properties:\n\
        \x20     - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}\n",
    );
    let known = entries(&shop).len();
    let mut listening = shop
        .command(&["listen", "http://127.0.0.1:0", "--table", "clicks"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It has begun when its beginning is in the trail, complete.
    let has_begun = || {
        let begun = std::fs::read_dir(shop.join("audit/.open")).unwrap().flatten();
        begun.map(|entry| std::fs::read(entry.path()).unwrap_or_default()).any(|text| text.ends_with(b"}"))
    };
    let waited = Instant::now();
    while !has_begun() {
        assert!(waited.elapsed() < Duration::from_secs(20), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    listening.kill().unwrap();
    listening.wait().unwrap();
    // The next command that changes something finds that it was killed.
    shop.ingot(&["dbt", "run", "--quiet"]).success();
    let found = entries(&shop);
    assert_eq!(found.len(), known + 2);
    assert_eq!(
        (found[known]["command"].as_str(), found[known]["result"].as_str()),
        (Some("listen"), Some("killed"))
    );
}
