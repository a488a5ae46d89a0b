//! What loads and tests measure is kept, shown, and wakes somebody.

use crate::support::Sandbox;
use serde_json::Value;

const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
    schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true}\n\
    \x20     - {name: shop, logicalType: integer, physicalType: i64}\n\
    slaProperties:\n  - property: freshness\n    value: 24\n    unit: h\n";

fn project() -> Sandbox {
    let project = Sandbox::empty();
    project.write("schemas/things.odcs.yaml", CONTRACT);
    project.write("dbt_project.yml", "name: q\nprofile: q\n");
    project.write(
        "profiles.yml",
        "q:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb}\n",
    );
    project.write("models/things.sql", "select * from read_parquet('lake/bronze/parquet/things/*.parquet')");
    project.write("models/shops.sql", "select unnest([1, 2]) as shop");
    project.write(
        "models/all.yml",
        "models:\n  - name: things\n    columns:\n      - name: id\n        data_tests: [unique]\n      - name: shop\n        data_tests:\n\
         \x20         - not_null: {config: {severity: warn}}\n\
         \x20         - relationships: {arguments: {to: ref('shops'), field: shop}, config: {severity: warn}}\n",
    );
    project.write("tests/every_shop_sells.sql", "select * from {{ ref('shops') }} where shop not in (select shop from {{ ref('things') }} where shop is not null)");
    project
}

/// 100 rows, of which some have no shop and some one that nobody knows.
fn deliver(project: &Sandbox, part: usize, without: usize, unknown: usize) {
    let mut text = "id,shop\n".to_owned();
    for row in 0..100 {
        let shop = match row {
            row if row < without => "",
            row if row < without + unknown => "9",
            row if row % 2 == 0 => "1",
            _ => "2",
        };
        text.push_str(&format!("{},{shop}\n", part * 1_000 + row));
    }
    project.write(&format!("data_raw/things/part-{part}.csv"), &text);
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
}

#[test]
fn the_quality_of_tables_is_kept_shown_and_tells_somebody() {
    let project = project();
    project
        .ingot(&["quality"])
        .fails_with(2, &["the quality of no table was measured yet", "ingot load-bronze"]);
    deliver(&project, 1, 0, 0);
    let shown = project.ingot(&["quality"]).success().stdout;
    assert!(shown.contains("main.things") && shown.contains("bronze.things"), "{shown}");

    deliver(&project, 2, 4, 30);
    project.write("data_raw/things/part-3.csv", "id,shop\nx,1\n9001,1\n");
    project.ingot(&["load-bronze", "--quiet"]).success();
    let told = project.ingot(&["quality", "--on-alert", "cat > told.json"]);
    let told_code = told.code;
    let told: Value =
        serde_json::from_str(&std::fs::read_to_string(project.join("told.json")).unwrap()).unwrap();
    assert_eq!(told_code, Some(1));
    let whats: Vec<&str> =
        told["alerts"].as_array().unwrap().iter().map(|alert| alert["what"].as_str().unwrap()).collect();
    let expected = [
        "NOT_A_NUMBER of id of bronze.things passes 50.00 % (1 of 2 rows), below 95.00 %",
        "accepted of bronze.things passes 50.00 % (1 of 2 rows), below 95.00 %",
        "relationships_things_shop__shop__ref_shops_ of main.things passes 85.00 % (30 of 200 rows), below 95.00 %",
    ];
    assert_eq!(whats, expected);

    let found = project.ingot(&["quality", "--table", "main.things", "--format", "json"]);
    let found: Value = serde_json::from_str(&found.fails_with(1, &[]).stdout).unwrap();
    let checks = found["checks"].as_array().unwrap();
    let nulls = checks.iter().find(|check| check["kind"] == "null").unwrap();
    assert_eq!(
        (&nulls["rows"], &nulls["failures"], &nulls["status"]),
        (&200.into(), &4.into(), &"WARNING".into())
    );
    // A test of two tables counts for the one that is not made into the other; here both are on a level.
    assert_eq!(checks.iter().filter(|check| check["check"] == "every_shop_sells").count(), 1);
    assert_eq!(found["tables"][0]["checks"], 4);

    // A command that fails is an error, and what it was told about is still there.
    project.ingot(&["quality", "--on-alert", "exit 3"]).fails_with(2, &["the command `exit 3` ended with"]);
    project.ingot(&["quality", "--alert-below", "10%", "--table", "things"]).success();
    // Any tool can ask the files.
    let database = crate::database::Database::in_memory();
    let files = project.join("lake/_quality/*.parquet");
    let count = database.int(&format!(
        "select count(*) from read_parquet('{}') where status = 'ALERT' and kind = 'foreign_key'",
        files.to_string_lossy().replace('\'', "''")
    ));
    assert_eq!(count, 1);
}
