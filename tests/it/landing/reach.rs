//! What a file reaches that lands: the nodes below its feed, if rows of it were accepted, and nothing else.

use super::watched::{Watched, orders};
use crate::database::Database;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

/// A model over what a load notes in the warehouse, and a test and a view of each feed.
fn project() -> Watched {
    let project = Watched::new();
    let sources = std::fs::read_to_string(project.sandbox.join("models/sources.yml")).unwrap();
    let noted = "  - name: noted\n    schema: main\n    tables: [{name: manifest_deliveries}]\n";
    project.sandbox.write("models/sources.yml", &format!("{sources}{noted}"));
    project.sandbox.write(
        "models/deliveries.sql",
        "select count(*) as files from {{ source('noted', 'manifest_deliveries') }}",
    );
    for feed in ["orders", "stores"] {
        project.sandbox.write(
            &format!("models/stg_{feed}.sql"),
            &format!(
                "{{{{ config(materialized='view') }}}} select * from {{{{ source('bronze', '{feed}') }}}}"
            ),
        );
        project.sandbox.write(
            &format!("tests/{feed}_have_amounts.sql"),
            &format!("select * from {{{{ ref('stg_{feed}') }}}} where amount is null"),
        );
    }
    project
}

/// The names of the nodes that a run of the models ran.
#[track_caller]
fn ran(project: &Watched) -> BTreeSet<String> {
    project.sandbox.ingot(&["run-models", "-q"]).success();
    let text = std::fs::read(project.sandbox.join("target/run_results.json")).unwrap();
    let results: Json = serde_json::from_slice(&text).unwrap();
    let results = results["results"].as_array().unwrap();
    let has_run = results.iter().filter(|result| result["message"] != "unchanged");
    has_run
        .map(|result| result["unique_id"].as_str().unwrap().rsplit('.').next().unwrap().to_owned())
        .collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// Whether the warehouse is as the seal says.
fn is_sealed(project: &Watched) -> bool {
    let text = std::fs::read(project.sandbox.join("target/warehouse_seal.json")).unwrap();
    let seal: Json = serde_json::from_slice(&text).unwrap();
    let about = std::fs::metadata(project.sandbox.join("duckdb/warehouse.duckdb")).unwrap();
    let modified = about.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let (sealed, now) = (seal["state"]["modified"].to_string(), modified.to_string());
    sealed == now
}

#[test]
fn a_load_reaches_what_is_below_feeds_that_got_rows() {
    let project = project();
    let load = || project.sandbox.ingot(&["load-bronze", "-q"]);
    project.drop_in("orders/a.jsonl", &orders(0, 3));
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 2));
    load().success();
    assert_eq!(ran(&project).len(), 7);
    assert_eq!(ran(&project), names([]));
    assert!(is_sealed(&project));

    project.drop_in("orders/b.jsonl", &orders(3, 2));
    load().success();
    // The load has written to tables of its own alone, so the others need not be read to be compared.
    assert!(is_sealed(&project));
    assert_eq!(ran(&project), names(["totals", "orders_have_amounts", "deliveries"]));
    assert_eq!(project.totals(), "5 5 5");
    assert_eq!(ran(&project), names([]));

    // No row of the file is accepted, so the table has what it had.
    project.drop_in("stores/day=1/b.jsonl", "{\"id\": 7, \"amount\": \"many\"}\n");
    load();
    assert_eq!(project.ask("select max(reject_count)::varchar from main.manifest_deliveries"), ["1"]);
    assert_eq!(ran(&project), names(["deliveries"]));

    // Nothing new at all.
    load().success();
    assert_eq!(ran(&project), names([]));
}

#[test]
fn a_load_does_not_hide_what_somebody_has_changed() {
    let project = project();
    let load = || project.sandbox.ingot(&["load-bronze", "-q"]).success();
    let by_hand = || {
        Database::open(&project.sandbox.join("duckdb/warehouse.duckdb"))
            .execute("update main.shops set amount = 9 where id = 1");
    };
    project.drop_in("orders/a.jsonl", &orders(0, 3));
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 2));
    load();
    ran(&project);
    // Before the load, and after it.
    by_hand();
    project.drop_in("orders/b.jsonl", &orders(3, 2));
    load();
    assert!(!is_sealed(&project));
    assert_eq!(ran(&project), names(["shops", "totals", "orders_have_amounts", "deliveries"]));
    project.drop_in("orders/c.jsonl", &orders(5, 2));
    load();
    by_hand();
    assert_eq!(ran(&project), names(["shops", "totals", "orders_have_amounts", "deliveries"]));
    assert_eq!(project.ask("select max(amount)::varchar from main.shops"), ["1"]);
    // A run of a part does not look at the rest, which a load between them does not change.
    by_hand();
    project.sandbox.ingot(&["run-models", "-q", "--select", "totals"]).success();
    project.drop_in("orders/d.jsonl", &orders(7, 2));
    load();
    project.sandbox.ingot(&["run-models", "-q", "--select", "totals"]).success();
    assert_eq!(ran(&project), names(["shops", "orders_have_amounts", "deliveries"]));
}
