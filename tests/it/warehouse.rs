//! The retail project, end to end: windows that are delivered one after the other give the warehouse that a build from
//! nothing gives, and the history that the generator knows to be true.

use crate::database::Database;
use crate::support::Sandbox;
use ingot_lake::DeltaTable;
use std::collections::BTreeMap;

/// Tables that remember what bronze or its manifest forgets, with the column that tells the runs apart and how many runs
/// leave rows there: each, or the one that meets the new column of returns.
const MEMORIES: [(&str, &str, usize); 3] = [
    ("gold.fct_ingestion_audit", "run_id", WINDOWS.len()),
    ("gold.data_quality_metrics", "loaded_at", WINDOWS.len()),
    ("gold.fct_schema_changes", "run_id", 1),
];

/// First day and number of days of each window. The first is long, so that there is something to correct; the last too, so
/// that prices change and people move.
const WINDOWS: [(&str, &str); 4] =
    [("2024-06-10", "24"), ("2024-07-04", "2"), ("2024-07-06", "2"), ("2024-07-08", "14")];

/// Delivers a window, with orders that come up to two days late, loads it and builds on top of what is there.
fn deliver(project: &Sandbox, start: &str, days: &str) {
    let window = ["generate", "--quiet", "--scale", "0.01", "--start-date", start, "--days", days];
    project.ingot(&[&window[..], &["--late-days", "2"]].concat()).success();
    load(project);
    project.ingot(&["run-models", "--quiet"]).success();
}

/// Loads what is new. A late file may have a single row, and that one a planted defect: then the exit code is 1.
fn load(project: &Sandbox) {
    let loaded = project.ingot(&["load-bronze", "--quiet"]);
    let errors: Vec<&str> = loaded.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert!(errors.iter().all(|line| line.contains("every row is rejected (1 of 1)")), "{}", loaded.stderr);
    assert_eq!(loaded.code, Some(i32::from(!errors.is_empty())), "{}", loaded.stderr);
}

/// The version of each table's copy in the lake.
fn versions_in_the_lake(project: &Sandbox) -> BTreeMap<String, u64> {
    let mut versions = BTreeMap::new();
    for schema in ["silver", "gold"] {
        for entry in std::fs::read_dir(project.join(&format!("lake/{schema}/delta"))).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{schema}.{}", path.file_name().unwrap().to_string_lossy());
            versions.insert(name, DeltaTable::open(&path).unwrap().version());
        }
    }
    versions
}

/// Both warehouses in one connection, as `chain` and `fresh`.
fn both(project: &Sandbox) -> Database {
    let database = Database::in_memory();
    for name in ["chain", "fresh"] {
        let file = project.join(&format!("duckdb/{name}.duckdb"));
        let file = file.to_string_lossy().replace('\'', "''");
        database.execute(&format!("attach '{file}' as {name} (read_only)"));
    }
    database
}

/// How many rows of a table only one of the two has.
fn rows_of_one_only(database: &Database, table: &str, one: &str, other: &str) -> i64 {
    database.int(&format!("select count(*) from (from {one}.{table} except all from {other}.{table})"))
}

#[test]
fn windows_one_after_the_other_equal_a_build_from_nothing() {
    let project = Sandbox::project();
    for (start, days) in WINDOWS {
        deliver(&project, start, days);
    }

    // From nothing: another database over the same bronze. It has no manifest, which is said, and is not a failure.
    let (warehouse, chain, fresh) = (
        project.join("duckdb/warehouse.duckdb"),
        project.join("duckdb/chain.duckdb"),
        project.join("duckdb/fresh.duckdb"),
    );
    std::fs::rename(&warehouse, &chain).unwrap();
    let copies = versions_in_the_lake(&project);
    assert!(copies.len() >= 29, "{copies:?}");
    assert_eq!(copies["gold.fct_sales"], WINDOWS.len() as u64 - 1, "a version for each window");
    assert_eq!(copies["silver.holidays"], 0, "the holidays are always the same");
    // What remembers would be lost unseen, so it takes a word.
    project.ingot(&["run-models"]).fails_with(1, &["ingot lake recover", "--full-refresh"]);
    let ran = project.ingot(&["run-models", "--full-refresh"]).success();
    let printed = format!("{}{}", ran.stdout, ran.stderr);
    assert!(printed.contains("fct_ingestion_audit has no rows"), "{printed}");
    std::fs::rename(&warehouse, &fresh).unwrap();
    // The same rows again: nothing is written to the lake but what the chain alone can know.
    for (table, version) in versions_in_the_lake(&project) {
        let is_memory = MEMORIES.iter().any(|(memory, ..)| *memory == table);
        assert_eq!(
            version == copies[&table],
            !is_memory,
            "{table} was at version {}, is at {version}",
            copies[&table]
        );
    }

    let database = both(&project);
    let tables = |catalog: &str| {
        database.texts(&format!(
                "select schema_name || '.' || table_name from duckdb_tables()
                 where database_name = '{catalog}' and schema_name in ('silver', 'snapshots', 'gold') order by 1"
            ),
        )
    };
    assert_eq!(tables("chain"), tables("fresh"));
    assert!(tables("chain").len() >= 30, "{:?}", tables("chain"));
    for table in tables("chain").iter().filter(|table| MEMORIES.iter().all(|(memory, ..)| memory != table)) {
        assert_eq!(
            rows_of_one_only(&database, table, "chain", "fresh"),
            0,
            "rows of {table} only in the chain"
        );
        assert_eq!(
            rows_of_one_only(&database, table, "fresh", "chain"),
            0,
            "rows of {table} only in the fresh build"
        );
        let rows = database.int(&format!("select count(*) from chain.{table}"));
        assert!(rows > 0, "{table} is empty, so it proves nothing");
    }

    // What only the chain can know: each of the runs left its rows.
    for (memory, run, with_rows) in MEMORIES {
        let runs = database.int(&format!("select count(distinct {run}) from chain.{memory}"));
        assert_eq!(runs, with_rows as i64, "{memory}");
    }
    for forgotten in ["fct_ingestion_audit", "fct_schema_changes"] {
        assert_eq!(database.int(&format!("select count(*) from fresh.gold.{forgotten}")), 0, "{forgotten}");
    }
    assert_eq!(rows_of_one_only(&database, "gold.data_quality_metrics", "fresh", "chain"), 0);

    // The chain had something to do.
    for (what, sql) in [
        ("readings that came twice", "select count(*) from chain.silver.sensors where delivered_rows > 1"),
        ("parcels that came twice", "select count(*) from chain.silver.shipments where delivered_rows > 1"),
        ("late files", "select count(*) from chain.silver.orders where src_filename like '%part-001%'"),
    ] {
        assert!(database.int(sql) > 0, "no {what}");
    }

    every_late_order_has_come(&project, &database);
    the_history_is_true(&project, &database, &PRODUCTS);
    the_history_is_true(&project, &database, &ADDRESSES);
}

/// The text of a query over the ledger's tables of all deliveries.
fn ledger(project: &Sandbox, table: &str) -> String {
    let files = project.join(&format!("data_raw/_ledger/{table}*.parquet"));
    format!("read_parquet('{}')", files.to_string_lossy().replace('\'', "''"))
}

/// Orders that were held back and released since are sold, unless bronze rejected their header.
fn every_late_order_has_come(project: &Sandbox, database: &Database) {
    let late = format!(
        "select cast(row_key as bigint) as order_id from {} where feed = 'orders_header' and released_on <= date '2024-07-21'
         and row_key not in (select row_key from {} where feed = 'orders_header' and caught_at = 'bronze')",
        ledger(project, "late"),
        ledger(project, "ledger")
    );
    assert!(database.int(&format!("select count(*) from ({late})")) >= 10);
    let missing = format!("from ({late}) anti join chain.silver.orders using (order_id)");
    assert_eq!(database.int(&format!("select count(*) {missing}")), 0, "late orders are not there");
}

/// A table of the ledger with true versions, and the table of the warehouse that must have found them.
struct History {
    truth: &'static str,
    key: &'static str,
    /// What a file shows of a version, given the defect that its row bears.
    shown: &'static str,
    found: &'static str,
    attributes: &'static str,
    /// Versions after the first that these windows have at least.
    changes: i64,
}

const PRODUCTS: History = History {
    truth: "history_products",
    key: "product_id",
    shown: "sku, name, category, subcategory, case when defect_code is distinct from 'missing_price' then current_price end,
            currency, is_discontinued or coalesce(defect_code = 'discontinued_without_date', false), introduced_dt,
            case when defect_code is distinct from 'discontinued_without_date' then discontinued_dt end",
    found: "gold.dim_product_scd",
    attributes: "sku, product_name, category, subcategory, list_price, currency, is_discontinued = 1, introduced_date,
                 discontinued_date",
    changes: 5,
};

const ADDRESSES: History = History {
    truth: "history_customers",
    key: "customer_id",
    shown:
        "case when defect_code is distinct from 'missing_address' then address_line1 end, address_line2, city,
            state_region, postcode, country_code, latitude, longitude",
    found: "silver.customer_address_history",
    attributes: "address_line1, address_line2, city, state_region, postcode, country_code, latitude, longitude",
    changes: 1,
};

/// Versions are those of the ledger that a file has shown: the same, in the same order, each from the first day of the window
/// that it came with, in which it truly began. docs/concepts/ledger.md says how to read the ledger.
fn the_history_is_true(project: &Sandbox, database: &Database, history: &History) {
    let History { key, shown, found, attributes, .. } = history;
    let windows: Vec<String> = WINDOWS
        .iter()
        .zip(1..)
        .map(|((start, days), number)| format!("({number}, date '{start}', date '{start}' + {days} - 1)"))
        .collect();
    let compared = format!(
        "with shown as (
             select {key}, delivery, valid_from as began, row({shown}) as attributes,
                    lag(attributes) over (partition by {key} order by began) as previous
             from {truth}
             where delivery is not null and defect_code is distinct from 'price_not_a_number'
         ),
         truth as (
             select {key}, row_number() over (partition by {key} order by began) as version, delivery, began, attributes
             from shown
             where previous is null or attributes is distinct from previous
         ),
         windows (delivery, first_day, last_day) as (values {windows}),
         found as (
             select {key}, version_number as version, valid_from, row({attributes}) as attributes
             from chain.{found} where {key} > 0
         )
         select version, truth.attributes is distinct from found.attributes as differs,
                case when version = 1 then valid_from <> date '1900-01-01'
                     else valid_from <> first_day or began not between first_day and last_day end as is_of_another_day
         from truth full join found using ({key}, version) left join windows using (delivery)",
        truth = ledger(project, history.truth),
        windows = windows.join(", ")
    );
    let wrong =
        format!("select count(*) from ({compared}) where differs or coalesce(is_of_another_day, true)");
    assert_eq!(database.int(&wrong), 0, "versions in {found} that are not the ledger's, or of another day");
    let changes = database.int(&format!("select count(*) from ({compared}) where version > 1"));
    assert!(changes >= history.changes, "only {changes} changes in {found}");
}
