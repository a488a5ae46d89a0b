//! `ingot audit`: what commands leave in the trail, and what it is good for.

use super::{deliver, entries, shop};
use crate::database::Database;
use crate::support::Sandbox;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;

fn loaded_and_run(shop: &Sandbox) {
    deliver(shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50"), (3, "ann", "many")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
}

fn table<'e>(entry: &'e Value, name: &str) -> &'e Value {
    entry["tables"].as_array().unwrap().iter().find(|table| table["table"] == name).unwrap()
}

#[test]
fn entries_say_who_did_what_to_which_tables() {
    let shop = shop();
    loaded_and_run(&shop);
    let found = entries(&shop);
    let commands: Vec<&str> = found.iter().map(|entry| entry["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["load-bronze", "run-models"]);
    let load = &found[0];
    assert_eq!(
        table(load, "bronze.orders"),
        &json!({"table": "bronze.orders", "before": null, "after": 0, "rows": 2, "rejected": 1})
    );
    assert_eq!((&load["arguments"], &load["result"]), (&json!(["load-bronze", "--quiet"]), &json!("ok")));
    assert!(!load["user"].as_str().unwrap().is_empty() && !load["host"].as_str().unwrap().is_empty());
    assert_eq!(load["commit"], Value::Null, "the project is in no repository");
    assert_eq!(table(&found[1], "gold.customers")["rows"], 2);
    assert_eq!(table(&found[1], "gold.customers")["before"], Value::Null);
    assert!(table(&found[1], "silver.stg_orders")["after"].is_u64());
    assert_eq!(found[1]["details"]["nodes"], json!({"success": 2, "pass": 2}));
    // A load that finds nothing new has changed nothing.
    shop.ingot(&["load-bronze", "--quiet"]).success();
    assert_eq!(entries(&shop).len(), 2);
    // No value of a row is in it, not even of a rejected one.
    let text = std::fs::read_to_string(shop.join("audit/.last-line")).unwrap();
    assert!(!text.contains("bob") && !text.contains("many"), "{text}");

    let shown = shop.ingot(&["audit"]).success().stdout;
    assert!(
        shown.contains("load-bronze") && shown.contains("bronze.orders none to 0 (2 rows, 1 rejected)"),
        "{shown}"
    );
    let shown = shop.ingot(&["audit", "--table", "customers", "--format", "json"]).success().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!(shown[0]["number"], 2);
    assert_eq!(shop.ingot(&["audit", "--since", "2100-01-01"]).success().stdout.trim(), "no such entries");
    shop.ingot(&["audit", "--since", "yesterday"]).fails_with(2, &["must be a day or a time"]);
}

#[test]
fn a_trail_that_was_changed_is_found() {
    let shop = shop();
    shop.ingot(&["audit", "verify"]).fails_with(2, &["there is no audit trail yet", "load-bronze"]);
    loaded_and_run(&shop);
    let verified = shop.ingot(&["audit", "verify"]).success().stdout;
    assert!(verified.contains("2 entries are as they were written"), "{verified}");
    let head = verified.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();
    shop.ingot(&["audit", "verify", "--head", &head]).success();
    let folder = std::fs::read_dir(shop.join("audit")).unwrap();
    let file = folder
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .unwrap();
    let intact = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, intact.replacen("\"rows\":2", "\"rows\":9", 1)).unwrap();
    shop.ingot(&["audit", "verify"]).fails_with(1, &["entry 1", "not as it was"]);
    // Without its end, and without all that the trail itself knows of it: the history of runs names the entry.
    let first = intact.lines().next().unwrap();
    std::fs::write(&file, format!("{first}\n")).unwrap();
    std::fs::remove_file(shop.join("audit/.last-line")).unwrap();
    shop.ingot(&["audit", "verify"]).fails_with(1, &["its end was cut"]);
    std::fs::remove_file(shop.join("target/audit-head.json")).unwrap();
    shop.ingot(&["audit", "verify"]).fails_with(1, &["is not in the trail", "run-models"]);
    let found = shop.ingot(&["audit", "verify", "--format", "json"]);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!((&found["intact"], &found["entries"]), (&json!(false), &json!(1)));
}

#[test]
fn a_command_that_cannot_be_recorded_does_not_begin() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00")]);
    shop.write("audit", "a file in the place of the folder");
    shop.ingot(&["load-bronze"]).fails_with(2, &["cannot write to the audit trail", "does not begin"]);
    assert!(!shop.join("lake").exists());
    // Reading goes on.
    shop.ingot(&["contract", "check"]).success();
}

#[test]
fn secrets_are_not_in_the_trail() {
    let shop = shop();
    loaded_and_run(&shop);
    shop.ingot(&["dbt", "run", "--quiet", "--vars", "{db_password: hunter22, day: 2024-01-31}"]).success();
    let last = entries(&shop).pop().unwrap();
    assert_eq!(last["command"], "dbt run");
    assert_eq!(last["arguments"][4], "{db_password: *****, day: 2024-01-31}");
    for file in walkdir::WalkDir::new(shop.join("audit")).into_iter().map(Result::unwrap) {
        if file.file_type().is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned();
            assert!(!text.contains("hunter22"), "{}", file.path().display());
        }
    }
}

#[test]
fn a_project_of_dbt_alone_gets_a_trail_only_if_it_has_the_folder() {
    let shop = shop();
    std::fs::remove_dir_all(shop.join("schemas")).unwrap();
    std::fs::remove_file(shop.join("models/sources.yml")).unwrap();
    shop.write("models/silver/stg_orders.sql", "select 1 as id, 'ann' as customer, 2.5 as amount");
    shop.ingot(&["dbt", "build", "--quiet"]).success();
    assert!(!shop.join("audit").exists());
    std::fs::create_dir(shop.join("audit")).unwrap();
    shop.ingot(&["dbt", "build", "--quiet"]).success();
    let found = entries(&shop);
    assert_eq!((found.len(), &found[0]["command"]), (1, &json!("dbt build")));
}

#[test]
fn loads_that_are_killed_at_any_moment_leave_an_intact_trail() {
    let shop = shop();
    let mut killed = 0;
    for round in 0..25u32 {
        let rows: Vec<(u32, String)> =
            (0..3_000).map(|row| (round * 10_000 + row, format!("c{row}"))).collect();
        let rows: Vec<(u32, &str, &str)> =
            rows.iter().map(|(id, name)| (*id, name.as_str(), "1.00")).collect();
        deliver(&shop, round, &rows);
        let mut child = shop
            .command(&["load-bronze", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(round) * 12));
        // It may have ended already.
        killed += u32::from(child.kill().is_ok() && child.wait().unwrap().code().is_none());
    }
    assert!(killed > 0, "no load was killed: nothing was tested");
    shop.ingot(&["load-bronze", "--quiet"]).success();
    let verified = shop.ingot(&["audit", "verify"]).success().stdout;
    assert!(verified.contains("as they were written"), "{verified}");
    // Each version of the table is in the trail: the entries follow one another without a gap.
    let mut version = Value::Null;
    for entry in entries(&shop) {
        let changed =
            entry["tables"].as_array().unwrap().iter().find(|table| table["table"] == "bronze.orders");
        if let Some(changed) = changed {
            assert_eq!(changed["before"], version, "{entry}");
            version = changed["after"].clone();
        }
    }
    let table = ingot_lake::DeltaTable::open(&shop.join("lake/bronze/delta/orders")).unwrap();
    assert_eq!(version, json!(table.version()));
}

#[test]
fn two_processes_at_once_have_an_entry_each() {
    let shop = shop();
    shop.write("files/a.csv", "x,y\n1,2\n");
    let children: Vec<_> = (0..8)
        .map(|number| {
            let out = format!("out-{number}");
            let mut command = shop.command(&["contract", "infer", "files/a.csv", "--out", &out]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    shop.ingot(&["audit", "verify"]).success();
    assert_eq!(entries(&shop).len(), 8);
}

#[test]
fn events_of_open_lineage_have_schema_lineage_rows_and_tests() {
    let shop = shop();
    loaded_and_run(&shop);
    let printed = shop.ingot(&["audit", "--format", "openlineage"]).success().stdout;
    let events: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "COMPLETE", "START", "COMPLETE"]);
    assert_eq!(events[2]["run"]["runId"], events[3]["run"]["runId"]);
    let run = &events[3];
    let output =
        |name: &str| run["outputs"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let gold = output("gold.customers");
    let columns: Vec<_> = gold["facets"]["schema"]["fields"].as_array().unwrap().iter().collect();
    assert_eq!(columns[0], &json!({"name": "customer", "type": "string"}));
    assert_eq!(gold["outputFacets"]["outputStatistics"]["rowCount"], 2);
    let from = &gold["facets"]["columnLineage"]["fields"]["amount"]["inputFields"][0];
    assert_eq!((&from["name"], &from["field"]), (&json!("silver.stg_orders"), &json!("amount")));
    let input = run["inputs"].as_array().unwrap().iter().find(|one| one["name"] == "gold.customers").unwrap();
    let assertions = input["inputFacets"]["dataQualityAssertions"]["assertions"].as_array().unwrap();
    assert_eq!(assertions.len(), 2);
    assert!(
        assertions.iter().all(|one| one["success"] == true && one["column"] == "customer"),
        "{assertions:?}"
    );
}

#[test]
fn a_run_in_the_history_names_an_entry_only_if_there_is_one() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "5.00")]);
    shop.ingot(&["load-bronze"]).success();
    shop.ingot(&["run-models"]).success();
    // Nothing is new: a run that has changed nothing. A feed that is not there was typed wrongly, and is no run.
    shop.ingot(&["load-bronze"]).success();
    shop.ingot(&["load-bronze", "--table", "nosuch"]).fails_with(2, &["nosuch"]);
    let database = Database::in_memory();
    let named = database.texts(&format!(
        "select command || ' ' || coalesce(audit, '') from read_parquet('{}/*.parquet') where kind is null order by started",
        shop.join("lake/_runs").display()
    ));
    let known: Vec<String> =
        entries(&shop).iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
    let entry = |command: &str, id: Option<&String>| {
        format!("{command} {}", id.map(String::as_str).unwrap_or_default())
    };
    assert_eq!(
        named,
        [entry("load-bronze", known.first()), entry("run-models", known.get(1)), entry("load-bronze", None),],
        "{known:?}"
    );
    assert_eq!(known.len(), 2);
}
