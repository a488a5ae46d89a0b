//! People leave every file of a project, and stay out of it.

use super::{entries, shop};
use crate::support::{Ran, Sandbox};
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;

const PEOPLE: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: people\nname: people\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - {server: raw, type: local, path: 'people/*.csv', format: csv}\n\
    schema:\n  - name: people\n    customProperties: [{property: ingot.hold, value: HOLD}]\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}\n\
    \x20     - {name: name, logicalType: string, physicalType: str, classification: personal}\n\
    \x20     - {name: email, logicalType: string, physicalType: str, unique: true, classification: personal}\n\
    \x20     - {name: joined, logicalType: date, physicalType: date, required: true}\n";

const SALES: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: sales\nname: sales\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - {server: raw, type: local, path: 'sales/*.csv', format: csv}\n\
    schema:\n  - name: sales\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}\n\
    \x20     - name: person\n        logicalType: integer\n        physicalType: i64\n        relationships: [{to: people.id}]\n\
    \x20     - {name: ship_to, logicalType: string, physicalType: str, classification: personal}\n\
    \x20     - {name: amount, logicalType: number, physicalType: 'decimal(10,2)', required: true}\n";

const VISITS: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: visits\nname: visits\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - {server: raw, type: local, path: 'visits/*.jsonl', format: jsonl}\n\
    schema:\n  - name: visits\n    customProperties:\n      - {property: ingot.erasure, value: delete}\n\
    \x20     - {property: ingot.person, value: {column: json, member: who, to: people.id}}\n    properties:\n\
    \x20     - name: json\n        logicalType: string\n        physicalType: str\n        required: true\n\
    \x20       quality:\n          - type: custom\n            engine: ingot\n            name: NO_VISIT\n\
    \x20           severity: error\n            implementation: {jsonMembers: [page]}\n";

const FIRST: &str = "id,name,email,joined\n1,Ann Anderson,ann@anderson.example,2024-01-01\n2,\"Bob \"\"B\"\" Barker\",bob@barker.example,2024-01-02\n3,Cid Chester,cid@chester.example,2024-01-03\n2,Bob Barker,broken@barker.example,never\n";

/// People, their sales and visits, and what models make of them. Bob has the number 2.
fn market(hold: bool) -> Sandbox {
    let market = shop();
    market.write("schemas/people.odcs.yaml", &PEOPLE.replace("HOLD", if hold { "true" } else { "false" }));
    market.write("schemas/sales.odcs.yaml", SALES);
    market.write("schemas/visits.odcs.yaml", VISITS);
    std::fs::remove_file(market.join("schemas/orders.odcs.yaml")).unwrap();
    market.write(
        "models/sources.yml",
        "version: 2\nsources:\n  - name: bronze\n    meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}\n    tables: [{name: people}, {name: sales}, {name: visits}]\n",
    );
    std::fs::remove_file(market.join("models/silver/stg_orders.sql")).unwrap();
    std::fs::remove_file(market.join("models/gold/customers.sql")).unwrap();
    market.write(
        "models/silver/people.sql",
        "select id, hash(email) % 1000000007 as person_key, name, lower(email) as email from {{ source('bronze', 'people') }} qualify row_number() over (partition by id order by ingestion_ts desc) = 1",
    );
    market.write(
        "models/gold/fct_sales.sql",
        "select sales.id, coalesce(people.person_key, 0) as person_key, sales.ship_to, sales.amount from {{ source('bronze', 'sales') }} as sales left join {{ ref('people') }} as people on sales.person = people.id",
    );
    market.write(
        "models/gold/dim_person.sql",
        "select person_key, id as person_id, name, email from {{ ref('people') }}",
    );
    market.write(
        "models/gold/gold.yml",
        "version: 2\nmodels:\n  - name: dim_person\n    columns: [{name: person_key, data_tests: [not_null, unique]}]\n  - name: fct_sales\n    columns: [{name: person_key, config: {meta: {erased: 0}}, data_tests: [not_null]}]\n",
    );
    market.write("data_raw/people/a.csv", FIRST);
    market.write(
        "data_raw/sales/a.csv",
        "id,person,ship_to,amount\n10,1,12 Apple Street,1.50\n11,2,99 Barker Street,2.50\n12,2,99 Barker Street,4.00\n",
    );
    market.write(
        "data_raw/visits/a.jsonl",
        "{\"who\": 1, \"page\": \"apples\"}\n{\"who\": 2, \"page\": \"barker-search-term\"}\n{\"who\": null, \"page\": \"home\"}\n",
    );
    market.ingot(&["load-bronze", "--quiet"]);
    market.ingot(&["run-models", "--quiet"]).success();
    market.write("data_raw/sales/b.csv", "id,person,ship_to,amount\n13,3,5 Chester Road,8.00\n");
    market.ingot(&["load-bronze", "--quiet"]).success();
    market.ingot(&["run-models", "--quiet"]).success();
    market.ingot(&["publish", "--quiet"]).success();
    market
}

const OF_BOB: &str = "Barker\nbarker\n99 Barker Street\nbroken@barker.example\nbarker-search-term\n";

fn searched(market: &Sandbox) -> Ran {
    let mut child = market
        .command(&["erase", "--verify"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(OF_BOB.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn asked(market: &Sandbox, query: &str) -> Value {
    let ran = market.ingot(&["query", query, "--format", "json"]).success();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn total(market: &Sandbox) -> String {
    asked(market, "select count(*) as n, sum(amount) as total from gold.fct_sales").to_string()
}

#[test]
fn a_person_leaves_every_file_and_totals_stay() {
    let market = market(false);
    searched(&market)
        .fails_with(1, &["data_raw/people/a.csv", "duckdb/warehouse.duckdb", "lake/_rejects/people"]);
    let before = total(&market);
    let planned = market.ingot(&["erase", "--contract", "people", "--key", "id=2", "--dry-run"]).success();
    let plan = |key: &str| market.ingot(&["erase", "--contract", "people", "--key", key, "--dry-run"]);
    plan("id=999999").fails_with(2, &["nobody in people has id = 999999", "ingot query"]);
    plan("id=abc").fails_with(2, &["'abc' is not a whole number", "schemas/people.odcs.yaml"]);
    for place in [
        "bronze.people",
        "bronze.sales",
        "bronze.visits",
        "gold.dim_person",
        "gold.fct_sales",
        "silver.people",
        "_rejects/people",
    ] {
        assert!(planned.stdout.contains(place), "'{place}' is not in:\n{}", planned.stdout);
    }
    searched(&market).fails_with(1, &[]);
    let erased =
        market.ingot(&["erase", "--contract", "people", "--key", "id=2", "--reason", "request 7"]).success();
    let found = searched(&market);
    assert_eq!(found.code, Some(0), "{}\n{}", found.stdout, erased.stdout);
    assert_eq!(total(&market), before);
    let raw = std::fs::read_to_string(market.join("data_raw/people/a.csv")).unwrap();
    assert_eq!(raw.len(), FIRST.len(), "rows that go leave as much room");
    assert!(raw.contains("3,Cid Chester,cid@chester.example,2024-01-03"), "{raw}");
    assert_eq!(
        std::fs::read_to_string(market.join("data_raw/sales/a.csv")).unwrap(),
        "id,person,ship_to,amount\n10,1,12 Apple Street,1.50\n11,,,2.50\n12,,,4.00\n"
    );
    assert_eq!(asked(&market, "select count(*) as n from gold.dim_person")[0]["n"], 2);
    assert_eq!(asked(&market, "select count(*) as n from gold.fct_sales where person_key = 0")[0]["n"], 2);
    // Older versions stay, without him.
    assert_eq!(asked(&market, "select count(*) as n from bronze.sales")[0]["n"], 4, "sales stay");
    let older = market.ingot(&["lake", "show", "bronze.sales", "--as-of", "0", "--format", "json"]).success();
    let older: Value = serde_json::from_str(&older.stdout).unwrap();
    assert_eq!(older.as_array().map(Vec::len), Some(3), "{older}");
    for check in [vec!["lake", "check"], vec!["doctor"], vec!["audit", "verify"]] {
        market.ingot(&check).success();
    }
    // Nothing is new, and models build.
    let loaded = market.ingot(&["load-bronze", "--format", "json"]).success();
    assert!(!loaded.stdout.contains("\"status\": \"loaded\""), "{}", loaded.stdout);
    market.ingot(&["run-models", "--quiet"]).success();
    assert_eq!(total(&market), before);
    assert_eq!(searched(&market).code, Some(0));
    let certificate = entries(&market).into_iter().find(|entry| entry["command"] == "erase").unwrap();
    assert_eq!(certificate["details"]["erasures"][0]["reason"], "request 7");
    assert_eq!(certificate["arguments"][4], "id=*****");
}

#[cfg(unix)]
#[test]
fn a_person_leaves_the_environments_of_a_project_too() {
    let market = market(false);
    for arguments in [
        &["env", "add", "test"][..],
        &["load-bronze", "--quiet", "--target", "test"],
        &["run-models", "--quiet", "--target", "test"],
        &["env", "add", "prod"],
        &["promote", "test", "prod", "--quiet"],
    ] {
        market.ingot(arguments).success();
    }
    searched(&market).fails_with(1, &["environments/prod/lake/gold", "environments/test/duckdb"]);
    // Whichever of them it is asked in.
    market.ingot(&["erase", "--contract", "people", "--key", "id=2", "--target", "prod"]).success();
    let found = searched(&market);
    assert_eq!(found.code, Some(0), "{}", found.stdout);
    for target in [None, Some("test"), Some("prod")] {
        let within = |command: &[&str]| {
            let target = target.iter().flat_map(|name| ["--target", name]);
            market.ingot(&command.iter().copied().chain(target).collect::<Vec<_>>()).success()
        };
        // They share raw files, and each knows what became of these.
        let loaded = within(&["load-bronze", "--format", "json"]);
        assert!(!loaded.stdout.contains("\"status\": \"loaded\""), "{target:?}: {}", loaded.stdout);
        within(&["lake", "check"]);
        within(&["run-models", "--quiet"]);
        let sales = within(&["query", "select count(*) as n from gold.fct_sales", "--format", "csv"]);
        assert_eq!(sales.stdout.trim(), "n\n4", "{target:?}");
    }
    assert_eq!(searched(&market).code, Some(0));
}

#[test]
fn a_count_or_a_flag_is_not_the_person_of_the_same_number() {
    let market = market(false);
    // Ann has the number 1, as most flags and many counts have it.
    market.write(
        "models/silver/flags.sql",
        "select sales.id, sales.person is null as is_nobody, (sales.person is not null)::int as has_person, sales.person % 2 as odd, count(*) over (partition by sales.person) as sales from {{ source('bronze', 'sales') }} as sales",
    );
    market.write(
        "models/gold/fct_rates.sql",
        "select count(*) filter (where person is null) as without, count(person) / count(*) as rate, max(person) as newest from {{ source('bronze', 'sales') }} where id < 11",
    );
    market.ingot(&["run-models", "--quiet"]).success();
    let others = || asked(&market, "select * from silver.flags where id <> 10 order by id").to_string();
    let before = others();
    let rates = "select without, rate, newest from gold.fct_rates";
    assert_eq!(asked(&market, rates).to_string(), r#"[{"without":0,"rate":1.0,"newest":1}]"#);
    market.ingot(&["erase", "--contract", "people", "--key", "id=1"]).success();
    assert_eq!(others(), before);
    // What holds her number loses it, and nothing else.
    assert_eq!(asked(&market, rates).to_string(), r#"[{"without":0,"rate":1.0,"newest":null}]"#);
}

#[test]
fn rows_that_stay_keep_their_order_whatever_columns_are_called() {
    let market = market(false);
    // More rows than DuckDB gives to one thread at once, some hundred of them Bob's; and a column by the name of DuckDB's own.
    market.write(
        "models/gold/fct_many.sql",
        "select numbers.range as n, people.person_key, people.name from range(400000) as numbers left join {{ ref('people') }} as people on numbers.range % 1000 = people.id order by n",
    );
    market.write(
        "models/gold/fct_hidden.sql",
        "select sales.person as rowid, sales.ship_to, sales.amount from {{ source('bronze', 'sales') }} as sales order by amount",
    );
    market.ingot(&["run-models", "--quiet"]).success();
    let many = "select count(*) as n, count(name) as named, count(*) filter (name like 'Bob%') as bobs, \
                count(*) filter (n < last) as moved from (select *, lag(n) over () as last from gold.fct_many)";
    assert_eq!(asked(&market, many).to_string(), r#"[{"n":400000,"named":1200,"bobs":400,"moved":0}]"#);
    market.ingot(&["erase", "--contract", "people", "--key", "id=2"]).success();
    assert_eq!(asked(&market, many).to_string(), r#"[{"n":399600,"named":800,"bobs":0,"moved":0}]"#);
    assert_eq!(
        asked(&market, "select rowid, ship_to, amount from gold.fct_hidden").to_string(),
        r#"[{"rowid":1,"ship_to":"12 Apple Street","amount":1.5},{"rowid":null,"ship_to":null,"amount":2.5},{"rowid":null,"ship_to":null,"amount":4.0},{"rowid":3,"ship_to":"5 Chester Road","amount":8.0}]"#
    );
    assert_eq!(searched(&market).code, Some(0));
    market.ingot(&["lake", "check"]).success();
}

#[test]
fn who_was_erased_does_not_come_back() {
    let market = market(false);
    market.ingot(&["erase", "--contract", "people", "--key", "id=2", "--quiet"]).success();
    market.write("data_raw/people/again.csv", FIRST);
    market.write("data_raw/sales/again.csv", "id,person,ship_to,amount\n14,2,99 Barker Street,3.00\n");
    market.write(
        "data_raw/visits/again.jsonl",
        "{\"who\": 2, \"page\": \"barker-search-term\"}\n{\"who\": 3, \"page\": \"x\"}\n",
    );
    market.ingot(&["load-bronze", "--quiet"]);
    market.ingot(&["run-models", "--quiet"]).success();
    let rejects = market.ingot(&["bronze", "rejects", "--format", "json"]).success();
    assert!(rejects.stdout.matches("ERASED").count() >= 3, "{}", rejects.stdout);
    let people = asked(&market, "select count(*) as n from bronze.people where id = 2");
    assert_eq!(people[0]["n"], 0);
    // A sale is a sale, whoever it was.
    let sale =
        asked(&market, "select person, ship_to, amount::varchar as amount from bronze.sales where id = 14");
    assert_eq!(
        (&sale[0]["person"], &sale[0]["ship_to"], sale[0]["amount"].as_str()),
        (&Value::Null, &Value::Null, Some("3.00"))
    );
    let found = searched(&market).fails_with(1, &["again"]);
    assert!(!found.stdout.contains("lake/") && !found.stdout.contains("duckdb/"), "{}", found.stdout);
    market.ingot(&["erase", "--contract", "people", "--key", "id=2", "--quiet"]).success();
    assert_eq!(searched(&market).code, Some(0));
}

#[test]
fn what_must_not_be_erased_is_refused_before_anything_changes() {
    let held = market(true);
    held.ingot(&["erase", "--contract", "people", "--key", "id=2"])
        .fails_with(2, &["'people' is under a legal hold"]);
    searched(&held).fails_with(1, &["data_raw/people/a.csv"]);
    let market = market(false);
    market.ingot(&["erase", "--contract", "people", "--key", "name=Bob"]).fails_with(
        2,
        &["'name' does not tell one person from another", "name the person by one of: id, email"],
    );
    market
        .ingot(&["erase", "--contract", "peple", "--key", "id=2"])
        .fails_with(2, &["did you mean 'people'?"]);
    market.ingot(&["erase"]).fails_with(2, &["no erasure is unfinished"]);
    market
        .ingot(&["erase", "--contract", "people", "--key", "2"])
        .fails_with(2, &["a key must be COLUMN=VALUE"]);
    // By another column that tells people apart.
    market
        .ingot(&["erase", "--contract", "people", "--key", "email=bob@barker.example", "--quiet"])
        .success();
    assert_eq!(asked(&market, "select count(*) as n from bronze.people where id = 2")[0]["n"], 0);
}
