//! `ingot publish`: readers see whole versions of tested tables, whatever happens to the process that writes them.

use crate::database::Database;
use crate::support::Sandbox;
use ingot_engine::EngineOptions;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const WAREHOUSE: &str = "duckdb/warehouse.duckdb";

/// A project of a fact and a view on it, both tested and described, and a table that nobody tests.
fn shop() -> Sandbox {
    let project = Sandbox::empty();
    project.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\nmodels:\n  shop:\n    +materialized: table\n    +schema: gold\n");
    project.write(
        "profiles.yml",
        &format!("shop:\n  target: local\n  outputs:\n    local: {{type: duckdb, path: {WAREHOUSE}}}\n"),
    );
    project.write(
        "macros/schema.sql",
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
    );
    project.write(
        "models/fct_sales.sql",
        "select i as sale_id, 1 as round, 'it''s ' || i as note from range(20000) as t(i)",
    );
    project
        .write("models/sales.sql", "{{ config(materialized='view') }}select * from {{ ref('fct_sales') }}");
    project.write("models/dim_untested.sql", "{{ config(schema='other') }}select 1 as one");
    project.write(
        "models/models.yml",
        "version: 2\nmodels:\n  - name: fct_sales\n    description: One row a sale; it's all.\n    columns:\n      \
         - {name: sale_id, description: Number of the sale., data_tests: [unique, not_null]}\n  \
         - {name: sales, columns: [{name: sale_id, data_tests: [not_null]}]}\n",
    );
    project.ingot(&["run-models"]).success();
    project
}

/// What a reader finds in the published file: `rounds` of the fact, how many rows it and the view have.
fn read(file: &Path) -> Option<(i64, i64, i64, i64)> {
    let mut session = EngineOptions::existing_file(file).open().ok()?.session().ok()?;
    let found = session
        .query(
            "select min(round), max(round), count(*), (select count(*) from gold.sales where round = (select max(round) from gold.fct_sales))
             from gold.fct_sales",
        )
        .unwrap();
    let number = |column: usize| found.rows[0][column].as_i64().unwrap();
    Some((number(0), number(1), number(2), number(3)))
}

fn versions(project: &Sandbox, extension: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(project.join("duckdb/published/versions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(extension))
        .collect();
    names.sort();
    names
}

/// Gives the fact another round, as a build would.
fn next_round(project: &Sandbox, round: u32) {
    Database::open(&project.join(WAREHOUSE)).execute(&format!("update gold.fct_sales set round = {round}"));
}

#[test]
fn tested_tables_are_published_with_their_descriptions_and_a_manifest() {
    let project = shop();
    let ran = project.ingot(&["publish"]).success();
    assert!(ran.stdout.contains("2 tables, 40,000 rows"), "{}", ran.stdout);
    let file = project.join("duckdb/published/shop.duckdb");
    assert_eq!(read(&file), Some((1, 1, 20_000, 20_000)));
    assert!(!project.join("duckdb/published/shop.duckdb.wal").exists());

    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.join("duckdb/published/shop.json")).unwrap()).unwrap();
    assert_eq!(
        manifest["tables"][0],
        serde_json::json!({"schema": "gold", "name": "fct_sales", "rows": 20000})
    );
    assert_eq!(manifest["bytes"], std::fs::metadata(&file).unwrap().len());
    let results: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.join("target/run_results.json")).unwrap()).unwrap();
    assert_eq!(manifest["run_id"], results["metadata"]["invocation_id"]);

    let database = Database::in_memory();
    let quoted = file.to_string_lossy().replace('\'', "''");
    database.execute(&format!("attach '{quoted}' as bi (read_only)"));
    assert_eq!(
        database.texts(
            "select comment from duckdb_tables() where database_name = 'bi' and table_name = 'fct_sales'"
        ),
        ["One row a sale; it's all."]
    );
    assert_eq!(database.texts("select comment from duckdb_columns() where database_name = 'bi' and table_name = 'fct_sales' and column_name = 'sale_id'"), ["Number of the sale."]);
    assert_eq!(
        database.texts("select tags['storage_version'] from duckdb_databases() where database_name = 'bi'"),
        ["v1.2.0+"]
    );
}

#[test]
fn what_is_not_tested_or_would_be_misread_is_refused_and_readers_keep_the_old_version() {
    let project = shop();
    project.ingot(&["publish"]).success();
    let file = project.join("duckdb/published/shop.duckdb");
    let before = std::fs::read(&file).unwrap();

    project
        .ingot(&["publish", "--select", "gold,other"])
        .fails_with(1, &["other.dim_untested", "it has no test"]);
    project.ingot(&["publish", "--select", "silver"]).fails_with(2, &["no such table", "gold", "other"]);
    project.ingot(&["publish", "--select", "gold", "--exclude", "gold.*"]).fails_with(2, &["no such table"]);

    // A test that fails, then one that was not run.
    project.write("models/fct_sales.sql", "select i % 5 as sale_id, 2 as round from range(20000) as t(i)");
    project.ingot(&["run-models"]).fails_with(1, &[]);
    project.ingot(&["publish"]).fails_with(1, &["gold.fct_sales", "unique_fct_sales_sale_id", "'fail'"]);
    project.write("models/fct_sales.sql", "select i as sale_id, 2 as round from range(20000) as t(i)");
    project.ingot(&["dbt", "run"]).success();
    project.ingot(&["publish"]).fails_with(1, &["gold.fct_sales", "the last run did not run its test"]);

    project.write(
        "models/fct_sales.sql",
        "select i as sale_id, 2 as round, true as is_paid, sum(i) over () as total, [i] as list from range(20000) as t(i)",
    );
    project.ingot(&["run-models"]).success();
    project.ingot(&["publish"]).fails_with(
        1,
        &["gold.fct_sales.is_paid is BOOLEAN", "gold.fct_sales.list is BIGINT[]", "gold.sales.is_paid"],
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(versions(&project, "").len(), 2, "nothing is left of what was refused");
}

#[test]
fn wide_numbers_are_published_narrower_as_long_as_every_value_fits() {
    let project = shop();
    let file = project.join("duckdb/published/shop.duckdb");
    let model = |total: &str| {
        format!(
            "select i as sale_id, 1 as round, {total} as total, cast(sum(i) over () as decimal(38, 2)) as amount, uuid() as token from range(20000) as t(i)"
        )
    };
    project.write("models/fct_sales.sql", &model("sum(i) over ()"));
    project.ingot(&["run-models"]).success();
    let ran = project.ingot(&["publish"]).success();
    assert!(
        ran.stdout.contains("gold.fct_sales.total is published as BIGINT, with the same values"),
        "{}",
        ran.stdout
    );
    let database = Database::in_memory();
    let quoted = file.to_string_lossy().replace('\'', "''");
    database.execute(&format!("attach '{quoted}' as bi (read_only)"));
    assert_eq!(
        database.texts("select distinct typeof(total) || ' ' || typeof(amount) || ' ' || typeof(token) || ' ' || total || ' ' || amount from bi.gold.fct_sales"),
        ["BIGINT DECIMAL(18,2) VARCHAR 199990000 199990000.00"]
    );
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(project.join("duckdb/published/shop.json")).unwrap()).unwrap();
    assert_eq!(manifest["tables"][0]["narrowed"]["amount"], "DECIMAL(18,2)");

    // A value that does not fit is named, and readers keep what they have.
    drop(database);
    let before = std::fs::read(&file).unwrap();
    project.write("models/fct_sales.sql", &model("170141183460469231731687303715884105727"));
    project.ingot(&["run-models"]).success();
    project.ingot(&["publish"]).fails_with(
        1,
        &[
            "gold.fct_sales.total is HUGEINT",
            "170141183460469231731687303715884105727 does not fit into BIGINT",
        ],
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn the_last_versions_are_kept_and_one_command_goes_back() {
    let project = shop();
    let file = project.join("duckdb/published/shop.duckdb");
    project.ingot(&["publish", "--rollback"]).fails_with(2, &["nothing has been published"]);
    for round in 1..=4 {
        next_round(&project, round);
        project.ingot(&["publish", "--keep", "2"]).success();
        assert_eq!(read(&file).unwrap().1, i64::from(round));
    }
    let kept = versions(&project, ".duckdb");
    assert_eq!(kept.len(), 2);
    project.ingot(&["publish", "--rollback"]).success();
    assert_eq!(read(&file).unwrap().1, 3);
    project.ingot(&["publish", "--rollback"]).fails_with(2, &["no version before"]);
    project
        .ingot(&["publish", "--rollback", "nonsense"])
        .fails_with(2, &["nonsense", kept[1].trim_end_matches(".duckdb")]);
    project.ingot(&["publish", "--rollback", kept[1].trim_end_matches(".duckdb")]).success();
    assert_eq!(read(&file).unwrap().1, 4);
}

/// A reader in a loop sees one whole version each time, and a kill at any moment leaves the old one or the new one.
#[test]
fn killed_at_any_moment_readers_see_one_whole_version() {
    let project = shop();
    let file = project.join("duckdb/published/shop.duckdb");
    let begun = Instant::now();
    project.ingot(&["publish"]).success();
    let whole = begun.elapsed();
    let kills = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(50_u32);
    let (stop, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut ended_early = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut newest = 0;
            while !stop.load(Ordering::Relaxed) {
                let (first, last, rows, of_view) =
                    read(&file).expect("the file is there and can be read at any moment");
                assert_eq!((first, rows, of_view), (last, 20_000, 20_000), "half a version");
                assert!(last >= newest, "went back from round {newest} to {last}");
                newest = last;
                reads.fetch_add(1, Ordering::Relaxed);
            }
        });
        for kill in 1..=kills {
            next_round(&project, kill + 1);
            let mut run = project.command(&["publish", "--quiet"]).spawn().unwrap();
            // Spread over the whole run by the golden ratio, so that no moment of it is left out.
            let share = f64::from(kill) * 0.618_033_988_75 % 1.0;
            std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
            run.kill().unwrap();
            ended_early += u32::from(!run.wait().unwrap().success());
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(ended_early > kills / 4, "only {ended_early} of {kills} runs were killed before their end");
    assert!(reads.load(Ordering::Relaxed) > u64::from(kills), "{reads:?} reads");
    next_round(&project, kills + 2);
    project.ingot(&["publish"]).success();
    assert_eq!(read(&file).unwrap().1, i64::from(kills) + 2);
    assert!(versions(&project, ".inprogress").is_empty());
    assert_eq!(versions(&project, ".duckdb").len(), versions(&project, ".json").len());
    assert!(versions(&project, ".duckdb").len() <= 3);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let project = shop();
    let ran = project.ingot(&["doctor"]).success();
    let printed = format!("{}{}", ran.stdout, ran.stderr);
    for text in [
        "ok: project: shop: all 6 nodes of the last run succeeded",
        "storage version v1.2.0+: DuckDB and its ODBC driver open it from 1.2.0 on",
        "ok: warehouse: BI tools read all 6 columns of the 2 tables in gold rightly",
        "published: nothing has been published",
        "lake: there are no tables",
    ] {
        assert!(printed.contains(text), "'{text}' is not in:\n{printed}");
    }
    project.ingot(&["publish"]).success();
    let ran = project.ingot(&["doctor"]).success();
    assert!(
        ran.stdout.contains("shop.duckdb is version") && ran.stdout.contains("as its manifest says"),
        "{}",
        ran.stdout
    );

    // Somebody writes to the published file; a model gets a type that BI misreads; a test fails.
    Database::open(&project.join("duckdb/published/shop.duckdb"))
        .execute("create table gold.mine as select 1 as one");
    project.write("models/fct_sales.sql", "select i % 5 as sale_id, true as is_paid from range(20) as t(i)");
    project.ingot(&["run-models"]).fails_with(1, &[]);
    project.ingot(&["doctor"]).fails_with(
        1,
        &[
            "nodes of the last run did not succeed",
            "test.shop.unique_fct_sales_sale_id",
            "gold.fct_sales.is_paid is BOOLEAN",
            "is not what its manifest says",
            "what to do: change the column in its model",
        ],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_doctor_names_the_process_that_holds_the_warehouse() {
    let project = shop();
    let warehouse = project.join(WAREHOUSE);
    let mut holder = std::process::Command::new("sleep")
        .arg("600")
        .stdin(std::fs::File::options().read(true).append(true).open(&warehouse).unwrap())
        .spawn()
        .unwrap();
    let ran = project.ingot(&["doctor"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let ran = ran.success();
    let text = format!("process {} of ", holder.id());
    assert!(ran.stderr.contains(&text) && ran.stderr.contains("(sleep 600) writes to"), "{}", ran.stderr);
}
