//! The files around the models: what dbt wants, and what a person reads first.

use crate::feed::Feed;
use crate::words::damaged;
use std::fmt::Write;

/// `dbt_project.yml`.
pub(crate) fn dbt_project(name: &str, has_gold: bool) -> String {
    let gold = if has_gold { "    gold:\n      +schema: gold\n      +materialized: table\n" } else { "" };
    format!(
        "# It runs under `ingot run-models` and, unchanged, under dbt with dbt-duckdb.
name: {name}
version: \"1.0.0\"
config-version: 2
profile: {name}

model-paths: [\"models\"]
macro-paths: [\"macros\"]
test-paths: [\"tests\"]

models:
  {name}:
    staging:
      +schema: staging
      +materialized: view
{gold}"
    )
}

/// `profiles.yml`.
pub(crate) fn profiles(name: &str) -> String {
    format!(
        "{name}:
  target: local
  outputs:
    local:
      type: duckdb
      path: duckdb/warehouse.duckdb
      threads: 2
"
    )
}

/// `.gitignore`.
pub(crate) fn gitignore() -> &'static str {
    "# What running ingot leaves behind, and the data.\n/data_raw\n/lake/\n/duckdb/\n/target/\n/logs/\n/audit/\n"
}

/// `README.md`: the feeds, what was assumed, and what to do next.
pub(crate) fn readme(name: &str, feeds: &[Feed], passed_over: &[String]) -> String {
    let mut text = format!(
        "# {name}

```sh
ingot load-bronze     # data_raw → lake/bronze, checked against schemas/
ingot run-models      # models → duckdb/warehouse.duckdb, with all tests
```

| feed | files | rows | columns | key |
|---|---|---:|---:|---|
"
    );
    for feed in feeds {
        let key = feed.key_text();
        let _ = writeln!(
            text,
            "| [{0}](schemas/{0}.odcs.yaml) | `{1}` | {2} | {3} | {key} |",
            feed.name,
            feed.form.path,
            feed.rows,
            feed.columns.len()
        );
    }
    let mut assumed = String::new();
    for feed in feeds {
        for note in &feed.notes {
            let _ = writeln!(assumed, "- `{}`: {note}", feed.name);
        }
        for decision in &feed.columns {
            for assumption in &decision.assumptions {
                let _ = writeln!(assumed, "- `{}.{}`: {assumption}", feed.name, decision.column.name);
            }
        }
        if feed.bad_rows > 0 {
            let _ = writeln!(assumed, "- `{}`: {}", feed.name, damaged(feed.bad_rows, &feed.bad));
        }
    }
    if !assumed.is_empty() {
        let _ = write!(text, "\n## Look at these\n\n{assumed}");
    }
    if !passed_over.is_empty() {
        let _ = writeln!(text, "\n## Not loaded\n\n{}", passed_over.join("\n"));
    }
    let _ = write!(
        text,
        "
## Go on

- Each contract in `schemas` says in its descriptions why it is as it is. Edit it; `ingot contract check` reads it.
- Staging models are in `models/staging`. Write your own models beside that folder.
- `data_raw` is where new deliveries go. Files that fit the `path` of a contract are found by the next load.
"
    );
    text
}
