//! One thing is not several: what commands print of a project in which there is one of everything.

use crate::support::Sandbox;
use regex::Regex;

/// Words that end in `s` and may well come after a 1.
const ALLOWED: [&str; 8] = ["as", "has", "is", "less", "pass", "success", "this", "was"];

const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
    schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true, primaryKey: true}\n\
    \x20     - {name: name, logicalType: string, physicalType: str, unique: true}\n";

/// One feed with one file of one good row and one bad one, one model with one row, one test.
fn one_of_each() -> Sandbox {
    let project = Sandbox::empty();
    project.write("schemas/things.odcs.yaml", CONTRACT);
    project.write("data_raw/things/part-1.csv", "id,name\n1,a\nx,b\n");
    project.write(
        "dbt_project.yml",
        "name: t\nprofile: t\nmodels:\n  t: {+materialized: table, +schema: gold, +meta: {lake_folder: lake/gold}}\n",
    );
    project.write(
        "macros/names.sql",
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
    );
    project.write(
        "profiles.yml",
        "t:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 1}\n",
    );
    project.write(
        "models/sources.yml",
        "version: 2\nsources:\n  - name: bronze\n    meta: {external_location: \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}\n\
         \x20   tables: [{name: things}]\nmodels:\n  - name: dim_thing\n    columns: [{name: id, data_tests: [not_null]}]\n",
    );
    project.write("models/dim_thing.sql", "select id, name from {{ source('bronze', 'things') }}");
    project
}

/// What is printed in the singular is right wherever it comes from, so the commands are many.
const COMMANDS: &[&str] = &[
    "contract check",
    "load-bronze --dry-run",
    "load-bronze",
    "bronze status",
    "bronze rejects",
    "run-models",
    "check",
    "status",
    "query|select id from gold.dim_thing|--limit|1",
    "query|select id from gold.dim_thing|--format|parquet|--output|one.parquet",
    "why|gold.dim_thing|--where|id = 1",
    "lineage",
    "lake history bronze.things",
    "lake check",
    "lake optimize --dry-run",
    "lake vacuum --dry-run",
    "runs",
    "runs parts",
    "quality",
    "docs",
    "publish",
    "audit",
    "audit verify",
    "doctor",
    "replay --table things",
    "lake recover gold.dim_thing",
    "bronze undo --file things/part-1.csv --dry-run",
    "erase --contract things --key id=1 --dry-run",
    "erase --contract things --key id=1",
    "lake diff gold.dim_thing",
    "audit",
];

#[test]
fn one_thing_is_not_called_several() {
    let project = one_of_each();
    let several = Regex::new(r"\b1 (?:more )?([a-z]+s)\b").unwrap();
    let mut found = Vec::new();
    for command in COMMANDS {
        let separator = if command.contains('|') { '|' } else { ' ' };
        let arguments: Vec<&str> = command.split(separator).collect();
        let ran = project.ingot(&arguments);
        for line in ran.stdout.lines().chain(ran.stderr.lines()) {
            // How long a node took and how many rows it has are columns rather than words.
            if line.contains("[1 rows, ") {
                continue;
            }
            let words = several.captures_iter(line).map(|word| word.get(1).unwrap().as_str());
            if words.into_iter().any(|word| !ALLOWED.contains(&word)) {
                found.push(format!("ingot {command}: {line}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
