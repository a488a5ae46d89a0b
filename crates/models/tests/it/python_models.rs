//! Python models, run by the Python that there is: with the package duckdb where it has it, and with a clear error of
//! that node alone where it does not.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{Status, Verb};
use std::process::Command;

/// Whether the Python that ingot finds can run models here.
fn has_python() -> bool {
    let python = std::env::var("INGOT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    Command::new(python).args(["-c", "import duckdb"]).output().is_ok_and(|ran| ran.status.success())
}

const NUMBERS: &str = "{{ config(materialized='table') }}\nselect i::int as id, (i * 1.5)::decimal(9, 2) as price, i::hugeint as big from range(3) t(i)";

#[test]
fn a_model_reads_its_inputs_and_its_rows_keep_their_types() {
    if !has_python() {
        return;
    }
    let case = Case::new(&[
        ("models/numbers.sql", NUMBERS),
        (
            "models/py.py",
            "def model(dbt, session):\n    dbt.config(materialized='table', tags=['a'])\n    rows = dbt.ref('numbers')\n    print('rows:', dbt.config.get('materialized'), dbt.this, dbt.is_incremental)\n    return rows.filter('id > 0').project('id, price, big, price * 2 as twice')\n",
        ),
        ("models/after.sql", "select sum(twice) as twice from {{ ref('py') }}"),
        (
            "models/all.yml",
            "models:\n  - name: py\n    columns: [{name: id, data_tests: [not_null, unique]}]\n",
        ),
    ]);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(case.query("select twice from after"), [[Cell::Decimal("9.00".into())]]);
    let types =
        case.query("select string_agg(typeof(columns(*)), ',') from (select price, big from py limit 1)");
    assert_eq!(types, [[Cell::Text("DECIMAL(9,2)".into()), Cell::Text("HUGEINT".into())]]);
    assert!(case.said().contains("rows: table \"shop\".\"main\".\"py\" False"), "{}", case.said());
    // Nothing is left of the files that went back and forth.
    let target = std::fs::read_dir(case.folder.path().join("target")).unwrap();
    let left: Vec<_> = target
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("python-"))
        .collect();
    assert!(left.is_empty());
}

#[test]
fn an_incremental_model_asks_its_own_table() {
    if !has_python() {
        return;
    }
    let case = Case::new(&[
        ("models/numbers.sql", "select 1 as id, 'a' as v"),
        (
            "models/py.py",
            "def model(dbt, session):\n    dbt.config(materialized='incremental', unique_key='id')\n    rows = dbt.ref('numbers')\n    if dbt.is_incremental:\n        last = session.execute(f'select max(id) from {dbt.this}').fetchone()[0]\n        rows = rows.filter(f'id >= {last}')\n    return rows\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    case.write(
        "models/numbers.sql",
        "select 0 as id, 'x' as v union all select 1, 'b' union all select 2, 'c'",
    );
    all_well(&case, &case.go(Verb::Run));
    let rows = case.query("select string_agg(id || v, ',' order by id) from py");
    assert_eq!(rows, [[Cell::Text("1b,2c".into())]]);
}

#[test]
fn a_model_that_fails_says_where_and_the_rest_is_built() {
    if !has_python() {
        return;
    }
    let case = Case::new(&[
        ("models/numbers.sql", "select 1 as id"),
        (
            "models/py.py",
            "def model(dbt, session):\n    rows = dbt.ref('numbers')\n    raise ValueError('no such luck')\n",
        ),
        (
            "models/view.py",
            "def model(dbt, session):\n    dbt.config(materialized='view')\n    return dbt.ref('numbers')\n",
        ),
        ("models/after.sql", "select * from {{ ref('py') }}"),
    ]);
    let summary = case.go(Verb::Run);
    let of = |name| status(&summary, name);
    assert_eq!(
        (of("numbers"), of("py"), of("after"), of("view")),
        (Status::Success, Status::Error, Status::Skipped, Status::Error)
    );
    assert!(
        case.said().contains("models/py.py\", line 3") && case.said().contains("no such luck"),
        "{}",
        case.said()
    );
    assert!(case.said().contains("cannot have the materialization 'view'"), "{}", case.said());
}
