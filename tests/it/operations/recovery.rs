//! Accidents and the way back, each by the command that the error names: rows are those of the undisturbed project.

use crate::database::Database;
use crate::support::Sandbox;
use std::path::PathBuf;

/// Feeds and models that show what is lost: a model that only adds, one that merges, a snapshot, a table.
pub(super) fn project() -> Sandbox {
    let project = Sandbox::empty();
    project.write(
        "schemas/things.odcs.yaml",
        "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
         servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
         schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
         \x20     - {name: id, logicalType: integer, physicalType: i64, required: true}\n\
         \x20     - {name: name, logicalType: string, physicalType: str}\n\
         \x20     - {name: qty, logicalType: integer, physicalType: i32}\n",
    );
    project.write(
        "dbt_project.yml",
        "name: back\nprofile: back\nmodels:\n  back:\n    +materialized: table\n    +meta: {lake_folder: lake/gold}\n",
    );
    project.write(
        "profiles.yml",
        "back:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb}\n",
    );
    let source = "read_parquet('lake/bronze/parquet/things/*.parquet', union_by_name = true)";
    project.write(
        "models/added.sql",
        &format!("{{{{ config(materialized='incremental') }}}} select id, name, qty, ingestion_ts from {source} {{% if is_incremental() %}} where ingestion_ts > (select max(ingestion_ts) from {{{{ this }}}}) {{% endif %}}"),
    );
    project.write(
        "models/merged.sql",
        "{{ config(materialized='incremental', unique_key='name') }} select name, sum(qty) as qty, count(*) as things from {{ ref('added') }} group by 1",
    );
    project.write("models/newest.sql", "select max(id) as id, count(*) as things from {{ ref('added') }}");
    project.write(
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='name', strategy='check', check_cols=['things'], meta={'lake_folder': 'lake/gold'}) }} select name, things from {{ ref('merged') }}{% endsnapshot %}",
    );
    project.write(
        "models/all.yml",
        "models:\n  - name: added\n    columns:\n      - {name: id, data_tests: [unique, not_null]}\n",
    );
    project
}

/// A file with rows of its own. Every file has the same few names.
pub(super) fn deliver(project: &Sandbox, part: u32) {
    let mut text = "id,name,qty\n".to_owned();
    for row in 0..50 {
        text.push_str(&format!("{},n{},{part}\n", part * 1_000 + row, row % 7));
    }
    project.write(&format!("data_raw/things/part-{part:03}.csv"), &text);
}

pub(super) fn step(project: &Sandbox, part: u32) {
    deliver(project, part);
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
}

/// What the tables of the warehouse hold, without the times of loads and runs, which differ from project to project.
pub(super) fn content(project: &Sandbox) -> Vec<String> {
    let database = Database::in_memory();
    let file = project.join("duckdb/warehouse.duckdb");
    database.execute(&format!("attach '{}' as w (read_only)", file.to_string_lossy().replace('\'', "''")));
    let tables = [
        ("added", "id, name, qty"),
        ("merged", "name, qty, things"),
        ("newest", "id, things"),
        ("kept", "name, things, dbt_valid_to is null"),
        ("manifest_processed_files", "src_path, row_count, reject_count, status"),
    ];
    let hash = |(table, columns): &(&str, &str)| {
        let hash = database.int(&format!(
            "select (count(*) * 31 + coalesce(bit_xor(hash({columns})), 0) % 1000000007)::bigint from w.main.{table}"
        ));
        format!("{table} {hash}")
    };
    tables.iter().map(hash).collect()
}

/// The same project after the same deliveries, without any accident.
fn undisturbed(parts: u32) -> Vec<String> {
    let project = project();
    (0..parts).for_each(|part| step(&project, part));
    content(&project)
}

fn first(project: &Sandbox, folder: &str) -> PathBuf {
    let mut files: Vec<PathBuf> = std::fs::read_dir(project.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files.remove(0)
}

fn flip(file: &PathBuf, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    let at = at % bytes.len();
    bytes[at] ^= 4;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn every_accident_ends_where_the_undisturbed_project_is() {
    let project = project();
    (0..3).for_each(|part| step(&project, part));
    let three = content(&project);
    a_lost_warehouse(&project);
    assert_eq!(content(&project), three, "lost warehouse");
    a_damaged_warehouse(&project);
    assert_eq!(content(&project), three, "damaged warehouse");
    a_dropped_table(&project);
    assert_eq!(content(&project), three, "dropped table");
    a_damaged_log(&project);
    assert_eq!(content(&project), three, "damaged log");
    // Afterwards the project goes on as if nothing had been.
    step(&project, 3);
    step(&project, 4);
    assert_eq!(content(&project), undisturbed(5));
    project.ingot(&["lake", "check", "--quiet"]).success();
}

fn a_lost_warehouse(project: &Sandbox) {
    std::fs::remove_file(project.join("duckdb/warehouse.duckdb")).unwrap();
    project.ingot(&["run-models"]).fails_with(1, &["main.added", "ingot lake recover"]);
    let said = project.ingot(&["lake", "recover"]).success();
    assert!(
        said.stderr.contains("manifest: 3 raw files") || said.stdout.contains("manifest: 3 raw files"),
        "{said:?}"
    );
    project.ingot(&["run-models", "--quiet"]).success();
}

fn a_damaged_warehouse(project: &Sandbox) {
    let file = project.join("duckdb/warehouse.duckdb");
    let length = std::fs::metadata(&file).unwrap().len();
    // Its beginning, then all of its blocks, then its length.
    let header = std::fs::read(&file).unwrap();
    for damage in 0..3 {
        let mut bytes = header.clone();
        match damage {
            0 => bytes[..4096].fill(b'x'),
            1 => (12_288..bytes.len()).step_by(512).for_each(|at| bytes[at] ^= 1),
            _ => bytes.truncate(usize::try_from(length / 2).unwrap()),
        }
        std::fs::write(&file, bytes).unwrap();
        let run = project.ingot(&["run-models"]);
        assert!(run.code != Some(0), "damage {damage}: {run:?}");
        assert!(
            format!("{}{}", run.stdout, run.stderr).contains("`ingot lake recover`"),
            "damage {damage}: {run:?}"
        );
        project.ingot(&["lake", "recover", "--quiet"]).success();
        project.ingot(&["run-models", "--quiet"]).success();
    }
}

fn a_dropped_table(project: &Sandbox) {
    let database = Database::in_memory();
    let file = project.join("duckdb/warehouse.duckdb");
    database.execute(&format!(
        "attach '{}' as w; drop table w.main.kept; detach w",
        file.to_string_lossy().replace('\'', "''")
    ));
    drop(database);
    project
        .ingot(&["run-models"])
        .fails_with(1, &["does not have main.kept", "ingot lake recover main.kept"]);
    project.ingot(&["lake", "recover", "main.kept", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
}

#[test]
fn a_table_of_bronze_that_is_gone_comes_back() {
    let project = project();
    (0..3).for_each(|part| step(&project, part));
    let before = content(&project);
    std::fs::remove_dir_all(project.join("lake/bronze/delta/things")).unwrap();
    // It is not loaded a second time as if it had never been there.
    project.ingot(&["load-bronze"]).fails_with(1, &["ingot lake check bronze.things --repair"]);
    // The Parquet side is whole, but without the log nobody knows what its files should be.
    project.ingot(&["run-models"]).fails_with(1, &["ingot lake check bronze.things --repair"]);
    project.ingot(&["lake", "check"]).fails_with(1, &["ingot lake check bronze.things --repair"]);
    project.ingot(&["lake", "check", "bronze.things", "--repair"]);
    let check = project.ingot(&["lake", "check", "bronze.things"]);
    if check.code != Some(0) {
        check.fails_with(1, &["ingot bronze reload --table things"]);
        project.ingot(&["bronze", "reload", "--table", "things", "--quiet"]).success();
    }
    project.ingot(&["lake", "check", "--quiet"]).success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
    assert_eq!(content(&project), before);
}

fn a_damaged_log(project: &Sandbox) {
    // Models read the Parquet side of bronze; who adds to its log is the load.
    let gold = ["run-models", "--full-refresh"];
    for (table, command) in [("bronze/delta/things", &["load-bronze"][..]), ("gold/delta/added", &gold[..])] {
        let (layer, name) = (table.split('/').next().unwrap(), table.rsplit('/').next().unwrap());
        flip(&first(project, &format!("lake/{table}/_delta_log")), 77);
        let repair = format!("ingot lake check {layer}.{name} --repair");
        project.ingot(command).fails_with(1, &[&repair]);
        project.ingot(&["lake", "check", &format!("{layer}.{name}"), "--repair", "--quiet"]).success();
    }
    project.ingot(&["run-models", "--quiet"]).success();
}

#[test]
fn a_breaking_change_of_a_feed_is_refused_reported_and_mended() {
    let project = project();
    (0..2).for_each(|part| step(&project, part));
    let before = content(&project);
    // The supplier renames a required column.
    project.write("data_raw/things/part-002.csv", "ident,name,qty\n2000,n1,2\n");
    project.ingot(&["load-bronze"]).fails_with(1, &["part-002.csv", "id"]);
    project.ingot(&["status"]).fails_with(1, &["1 file of things was not loaded"]);
    project.ingot(&["run-models", "--quiet"]).success();
    let unchanged = |content: Vec<String>| content.into_iter().take(4).collect::<Vec<_>>();
    assert_eq!(unchanged(content(&project)), unchanged(before));
    // Delivered again as agreed, it is loaded by the next run.
    step(&project, 2);
    assert_eq!(content(&project), undisturbed(3));
}

#[test]
fn a_killed_run_and_a_delivery_taken_back_leave_what_the_undisturbed_project_has() {
    let project = project();
    (0..2).for_each(|part| step(&project, part));
    // A bad delivery: loaded, taken back, and delivered again corrected.
    project.write("data_raw/things/part-002.csv", "id,name,qty\n9001,bad,99\n9002,bad,99\n");
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["bronze", "undo", "--file", "things/part-002.csv", "--quiet"]).success();
    deliver(&project, 2);
    project.ingot(&["load-bronze", "--quiet"]).success();
    for after in [5, 40, 80, 120, 160, 220] {
        let mut child = project
            .command(&["run-models", "--quiet"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(after));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    project.ingot(&["run-models", "--quiet"]).success();
    let other = undisturbed(3);
    // The manifest keeps that there was another delivery; the rows are the same.
    assert_eq!(content(&project)[..4], other[..4]);
    project.ingot(&["lake", "check", "--quiet"]).success();
}
