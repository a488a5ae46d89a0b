//! `ingot query` and `ingot restated`: tables as they are, as they were, and what has changed them since.

use super::{deliver, shop};
use crate::database::Database;
use crate::support::Sandbox;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

fn load_and_run(shop: &Sandbox) {
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
}

/// A moment between what was done and what will be.
fn moment() -> String {
    std::thread::sleep(Duration::from_millis(20));
    let now = Timestamp::now().to_string();
    std::thread::sleep(Duration::from_millis(20));
    now
}

fn asked(shop: &Sandbox, sql: &str, more: &[&str]) -> Value {
    let arguments = [&["query", sql, "--format", "json"], more].concat();
    serde_json::from_str(&shop.ingot(&arguments).success().stdout).unwrap()
}

#[test]
fn every_table_is_asked_as_it_is_and_as_it_was() {
    let shop = shop();
    let before = moment();
    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50")]);
    load_and_run(&shop);
    let monday = moment();
    deliver(&shop, 2, &[(3, "ann", "7.00")]);
    load_and_run(&shop);
    let all = "select (select count(*) from bronze.orders) as b, (select count(*) from silver.stg_orders) as s, \
               (select sum(amount)::double from gold.customers) as g";
    assert_eq!(asked(&shop, all, &[]), json!([{"b": 3, "s": 3, "g": 22.5}]));
    assert_eq!(asked(&shop, all, &["--as-of", &monday]), json!([{"b": 2, "s": 2, "g": 15.5}]));
    // The layer may be left out where only one has such a table, and case does not matter.
    assert_eq!(asked(&shop, "select count(*) as n from Customers", &["--as-of", &monday]), json!([{"n": 2}]));
    // It is from the lake: the warehouse need not be there, and one that is tells nothing of the past.
    std::fs::rename(shop.join("duckdb"), shop.join("aside")).unwrap();
    assert_eq!(asked(&shop, all, &["--as-of", &monday]), json!([{"b": 2, "s": 2, "g": 15.5}]));
    shop.ingot(&["query", all, "--as-of", &before])
        .fails_with(2, &["bronze.orders", "no version of", "oldest known version"]);
    shop.ingot(&["query", all, "--as-of", "7"]).fails_with(2, &["must be a day or a time"]);
}

#[test]
fn a_warehouse_that_is_held_is_said_to_be() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00")]);
    load_and_run(&shop);
    // This process writes to the file, as a run does.
    let _held = Database::open(&shop.join("duckdb/warehouse.duckdb"));
    let commands: [&[&str]; 5] = [
        &["query", "from gold.customers"],
        &["why", "gold.customers", "--where", "customer = 'ann'"],
        &["run-models"],
        &["erase", "--contract", "orders", "--key", "id=1"],
        &["publish"],
    ];
    for command in commands {
        let said = shop.ingot(command).fails_with(2, &["the database is in use by another process", "hint"]);
        assert!(!said.stderr.contains("Could not set lock"), "{command:?}: {}", said.stderr);
    }
}

#[test]
fn rows_come_in_every_form() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "\"bo, b\"", "5.50")]);
    load_and_run(&shop);
    let sql = "from gold.customers order by customer";
    let printed = |form: &str| shop.ingot(&["query", sql, "--format", form]).success().stdout;
    assert_eq!(printed("csv"), "customer,orders,amount\nann,1,10.00\n\"bo, b\",1,5.50\n");
    assert!(printed("table").contains("\n  ann            1   10.00\n"), "{}", printed("table"));
    let ran = shop.ingot(&["query", sql, "--format", "parquet", "--output", "out.parquet"]).success();
    assert!(ran.stdout.contains("2 rows"), "{}", ran.stdout);
    assert_eq!(
        asked(&shop, "select 1 as one from range(5)", &["--limit", "2"]),
        json!([{"one": 1}, {"one": 1}])
    );
    let file = std::fs::File::open(shop.join("out.parquet")).unwrap();
    let reader = parquet::file::serialized_reader::SerializedFileReader::new(file).unwrap();
    assert_eq!(parquet::file::reader::FileReader::metadata(&reader).file_metadata().num_rows(), 2);
    assert!(!shop.join(".out.parquet.inprogress").exists());
    shop.ingot(&["query", sql, "--format", "parquet"]).fails_with(2, &["cannot be printed", "--output"]);
    shop.ingot(&["query", sql, "--output", "out.txt"]).fails_with(2, &["add --format"]);
}

#[test]
fn a_query_only_reads_and_only_the_projects_data() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00")]);
    load_and_run(&shop);
    shop.write("secret.csv", "x\n1\n");
    for attack in [
        "drop table gold.customers",
        "insert into gold.customers values ('x', 1, 1)",
        "copy (select 1) to 'x.csv'",
        "attach 'x.db'",
        "select 1; select 2",
        "from 'secret.csv'",
        "from read_text('/etc/passwd')",
        "select getenv('HOME')",
        "",
    ] {
        let ran = shop.ingot(&["query", attack]);
        assert!(matches!(ran.code, Some(1 | 2)), "{attack}: {ran:?}");
    }
    assert!(!shop.join("x.csv").exists() && !shop.join("x.db").exists());
    // Raw files are data of the project.
    assert_eq!(
        asked(&shop, "select count(*) as n from 'data_raw/orders/day-01.csv'", &[]),
        json!([{"n": 1}])
    );
    shop.ingot(&["query", "from gold.custmers"])
        .fails_with(1, &["custmers", "neither the warehouse nor the lake"]);
}

#[test]
fn what_was_restated_names_the_rows_that_changed_it() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50"), (9, "cid", "many")]);
    load_and_run(&shop);
    let monday = moment();
    // A late row of Ann, and a customer who is new.
    deliver(&shop, 2, &[(3, "ann", "7.00"), (4, "dan", "1.00")]);
    load_and_run(&shop);
    let tuesday = moment();
    let arguments = [
        "restated",
        "--table",
        "gold.customers",
        "--between",
        &monday,
        "--and",
        &tuesday,
        "--key",
        "customer",
    ];
    let answer = shop.ingot(&[&arguments[..], &["--format", "json"]].concat()).success().stdout;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&answer["changed"], &answer["added"], &answer["removed"]), (&json!(1), &json!(1), &json!(0)));
    let changed = &answer["rows"][0];
    assert_eq!((&changed["change"], &changed["key"]), (&json!("changed"), &json!({"customer": "ann"})));
    assert_eq!(changed["cells"]["orders"], json!({"before": 1, "after": 2}));
    assert_eq!(changed["by"].as_array().unwrap().len(), 1);
    let by = changed["by"][0]["rows"].as_array().unwrap();
    let rows: Vec<_> =
        by.iter().map(|row| (row["file"].as_str().unwrap(), row["row_number"].as_u64().unwrap())).collect();
    assert_eq!(rows, [("orders/day-02.csv", 1)], "the row of the first day is not what changed it");
    assert_eq!(by[0]["text"], "3,ann,7.00");
    assert_eq!(answer["rows"][1]["by"][0]["rows"][0]["row_number"], 2);
    let text = shop.ingot(&arguments).success().stdout;
    assert!(text.contains("changed customer ann") && text.contains("orders 1 → 2"), "{text}");
    assert!(text.contains("data_raw/orders/day-02.csv:2") && text.contains("3,ann,7.00"), "{text}");
    // Nothing happened since.
    let now = moment();
    let still =
        ["restated", "--table", "customers", "--between", &tuesday, "--and", &now, "--format", "json"];
    let still: Value = serde_json::from_str(&shop.ingot(&still).success().stdout).unwrap();
    assert_eq!(still["rows"], json!([]));
    let backwards = ["restated", "--table", "customers", "--between", &now, "--and", &monday];
    shop.ingot(&backwards).fails_with(2, &["--between must be before --and"]);
}
