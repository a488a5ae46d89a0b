//! The ledger against what was caught: all of it at first, and then each way of being wrong shows.

use crate::database::Database;
use crate::support::Sandbox;
use std::path::Path;

/// A project with two months of a small shop, loaded and built.
fn built() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.ingot(&["generate", "--scale", "0.05", "--days", "60", "--quiet"]).success();
    sandbox.ingot(&["load-bronze", "--quiet"]).success();
    sandbox.ingot(&["run-models", "--quiet"]).success();
    sandbox
}

fn change(warehouse: &Path, sql: &str) {
    let changed = Database::open(warehouse).execute(sql);
    assert!(changed > 0, "nothing was changed by {sql}");
}

#[test]
fn all_is_caught_and_a_tampered_pipeline_is_not() {
    let sandbox = built();
    let ran = sandbox.ingot(&["verify"]).success();
    assert!(ran.stdout.contains("no false alarm"), "{}", ran.stdout);
    for code in
        ["unparseable_timestamp", "not_json", "malformed_email", "unknown_product_id", "missing_phone"]
    {
        assert!(ran.stdout.contains(code), "{code} is not in {}", ran.stdout);
    }
    let warehouse = sandbox.join("duckdb/warehouse.duckdb");

    // Silver forgets one finding.
    change(
        &warehouse,
        "delete from silver.data_quality_log
         where code = 'negative_qty'
           and row_key = (select min(row_key) from silver.data_quality_log where code = 'negative_qty')",
    );
    sandbox.ingot(&["verify"]).fails_with(1, &["missed", "negative_qty", "no false alarm"]);

    // Silver sees what is not there.
    change(
        &warehouse,
        "insert into silver.data_quality_log
         select * replace ('discount_out_of_range' as code) from silver.data_quality_log where code = 'malformed_email'",
    );
    sandbox
        .ingot(&["verify", "--show", "3"])
        .fails_with(1, &["false alarm", "discount_out_of_range", "The first 3 of"]);

    // Bronze loses a file of rejects.
    let rejects = sandbox.join("lake/_rejects/events");
    std::fs::remove_dir_all(&rejects).unwrap();
    sandbox
        .ingot(&["verify", "--show", "100"])
        .fails_with(1, &["missed", "not_json", "missing_envelope_field"]);
}

/// People who were erased are kept out of later deliveries. Their rows are not defects, and what was planted in them cannot be
/// caught any more.
#[test]
fn erased_people_are_neither_missed_nor_false_alarms() {
    let sandbox = built();
    let sql = "select min(row_key::int) from silver.data_quality_log where code = 'missing_phone'";
    let found = sandbox.ingot(&["query", sql, "--format", "csv"]).success().stdout;
    let key = format!("customer_id={}", found.lines().nth(1).unwrap());
    sandbox.ingot(&["erase", "--contract", "customers", "--key", &key, "--quiet"]).success();
    sandbox
        .ingot(&["generate", "--scale", "0.05", "--start-date", "2023-03-02", "--days", "7", "--quiet"])
        .success();
    sandbox.ingot(&["load-bronze", "--quiet"]).success();
    assert!(
        sandbox.ingot(&["bronze", "rejects", "--reason", "ERASED"]).success().stdout.contains("customers"),
        "the person was delivered again"
    );
    sandbox.ingot(&["run-models", "--quiet"]).success();
    let ran = sandbox.ingot(&["verify"]).success();
    assert!(ran.stdout.contains("no false alarm"), "{}", ran.stdout);
}

/// Another seed plants other defects in other rows. `INGOT_TEST_SEEDS="1 7 4242" INGOT_TEST_SCALE=1` takes more of them, and
/// a shop of full size.
#[test]
fn all_is_caught_whatever_the_seed() {
    let told = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let (seeds, scale) = (told("INGOT_TEST_SEEDS", "7 4242"), told("INGOT_TEST_SCALE", "0.02"));
    for seed in seeds.split_whitespace() {
        let sandbox = Sandbox::project();
        sandbox.ingot(&["generate", "--quiet", "--scale", &scale, "--seed", seed]).success();
        sandbox.ingot(&["load-bronze", "--quiet"]).success();
        sandbox.ingot(&["run-models", "--quiet"]).success();
        let ran = sandbox.ingot(&["verify"]);
        assert_eq!(ran.code, Some(0), "seed {seed}: {}{}", ran.stdout, ran.stderr);
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        let line = printed.lines().find(|line| line.contains("planted defects caught")).unwrap_or_default();
        let numbers: Vec<&str> = line
            .split(|c: char| !c.is_ascii_digit() && c != ',')
            .filter(|n| n.chars().any(|c| c.is_ascii_digit()))
            .collect();
        assert!(
            numbers.len() >= 2 && numbers[0] == numbers[1] && numbers[0].len() >= 3,
            "seed {seed}: {line}"
        );
        assert!(line.contains("no false alarm"), "seed {seed}: {line}");
    }
}

#[test]
fn what_is_not_there_yet_is_said() {
    let sandbox = Sandbox::project();
    sandbox.ingot(&["verify"]).fails_with(2, &["no ledger", "ingot generate"]);
    sandbox.ingot(&["generate", "--scale", "0.002", "--days", "3", "--quiet"]).success();
    sandbox.ingot(&["verify"]).fails_with(2, &["no warehouse", "load-bronze"]);
    sandbox.ingot(&["load-bronze", "--quiet"]).success();
    sandbox.ingot(&["verify"]).fails_with(2, &["silver.data_quality_log", "run-models"]);
}

#[test]
fn later_windows_with_late_orders_are_judged_delivery_by_delivery() {
    let sandbox = Sandbox::project();
    let deliver = |start: &str, days: &str| {
        let window = ["--start-date", start, "--days", days, "--late-days", "2"];
        sandbox.ingot(&[&["generate", "--scale", "0.02", "--quiet"][..], &window].concat()).success();
        sandbox.ingot(&["load-bronze", "--quiet"]).success();
        sandbox.ingot(&["run-models", "--quiet"]).success();
        sandbox.ingot(&["verify", "--log-format", "json"]).success().stdout
    };
    let first = deliver("2023-01-01", "20");
    let second = deliver("2023-01-21", "2");
    // The dimensions came twice, and so did their defects.
    assert!(first.contains("no false alarm") && second.contains("no false alarm"), "{first}\n{second}");
    let planted = |told: &str| -> u64 {
        let count = told.split(" planted defects").next().unwrap().rsplit(' ').next().unwrap();
        count.replace(',', "").parse().unwrap()
    };
    assert!(planted(&second) > planted(&first) + 20, "{first}\n{second}");
}
