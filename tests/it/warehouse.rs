//! The retail project, end to end: windows that are delivered one after the other give the warehouse that a build from
//! nothing gives.

use crate::support::Sandbox;
use duckdb::Connection;

/// Tables that remember what bronze or its manifest forgets, with the column that tells the runs apart.
const MEMORIES: [(&str, &str); 2] =
    [("gold.fct_ingestion_audit", "run_id"), ("gold.data_quality_metrics", "loaded_at")];

/// Delivers a window, loads it and builds on top of what is there.
fn deliver(project: &Sandbox, start: &str, days: &str) {
    let window = ["generate", "--quiet", "--scale", "0.01", "--start-date", start, "--days", days];
    project.ingot(&window).success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
}

/// The first column of what a query finds, as text.
fn found(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect()
}

fn number(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{error}\n{sql}"))
}

/// Both warehouses in one connection, as `chain` and `fresh`.
fn both(project: &Sandbox) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for name in ["chain", "fresh"] {
        let file = project.join(&format!("duckdb/{name}.duckdb"));
        connection
            .execute_batch(&format!(
                "attach '{}' as {name} (read_only)",
                file.to_string_lossy().replace('\'', "''")
            ))
            .unwrap();
    }
    connection
}

/// How many rows of a table only one of the two has.
fn rows_of_one_only(connection: &Connection, table: &str, one: &str, other: &str) -> i64 {
    number(connection, &format!("select count(*) from (from {one}.{table} except all from {other}.{table})"))
}

#[test]
fn three_windows_one_after_the_other_equal_a_build_from_nothing() {
    let project = Sandbox::project();
    deliver(&project, "2024-06-10", "24");
    deliver(&project, "2024-07-04", "2");
    deliver(&project, "2024-07-06", "2");

    // From nothing: another database over the same bronze. It has no manifest, which is said, and is no failure.
    let (warehouse, chain, fresh) = (
        project.join("duckdb/warehouse.duckdb"),
        project.join("duckdb/chain.duckdb"),
        project.join("duckdb/fresh.duckdb"),
    );
    std::fs::rename(&warehouse, &chain).unwrap();
    let ran = project.ingot(&["run-models"]).success();
    let printed = format!("{}{}", ran.stdout, ran.stderr);
    assert!(printed.contains("fct_ingestion_audit has no rows"), "{printed}");
    std::fs::rename(&warehouse, &fresh).unwrap();

    let connection = both(&project);
    let tables = |database: &str| {
        found(
            &connection,
            &format!(
                "select schema_name || '.' || table_name from duckdb_tables()
                 where database_name = '{database}' and schema_name in ('silver', 'snapshots', 'gold') order by 1"
            ),
        )
    };
    assert_eq!(tables("chain"), tables("fresh"));
    assert!(tables("chain").len() >= 30, "{:?}", tables("chain"));
    for table in tables("chain").iter().filter(|table| MEMORIES.iter().all(|(memory, _)| memory != table)) {
        assert_eq!(
            rows_of_one_only(&connection, table, "chain", "fresh"),
            0,
            "rows of {table} only in the chain"
        );
        assert_eq!(
            rows_of_one_only(&connection, table, "fresh", "chain"),
            0,
            "rows of {table} only in the fresh build"
        );
        let rows = number(&connection, &format!("select count(*) from chain.{table}"));
        assert!(rows > 0, "{table} is empty, so it proves nothing");
    }

    // What only the chain can know: each of the three runs left its rows.
    for (memory, run) in MEMORIES {
        assert_eq!(
            number(&connection, &format!("select count(distinct {run}) from chain.{memory}")),
            3,
            "{memory}"
        );
    }
    assert_eq!(number(&connection, "select count(*) from fresh.gold.fct_ingestion_audit"), 0);
    assert_eq!(rows_of_one_only(&connection, "gold.data_quality_metrics", "fresh", "chain"), 0);

    // The chain had something to do.
    let late = "select count(*) from chain.gold.fct_sales where order_date >= '2024-07-06'";
    assert!(number(&connection, late) > 0, "no orders of the last window");
}
