//! `ingot lineage`: from raw files to Power BI, without a run.

use crate::support::Sandbox;
use serde_json::Value as Json;

#[test]
fn every_column_of_the_retail_project_is_resolved() {
    let sandbox = Sandbox::project();
    let ran = sandbox.ingot(&["lineage"]).success();
    assert!(ran.stdout.contains("(100.0 %)") && !ran.stdout.contains("not resolved"), "{}", ran.stdout);
}

#[test]
fn a_trail_goes_from_the_raw_column_to_the_page_and_back() {
    let sandbox = Sandbox::project();
    let up = sandbox.ingot(&["lineage", "fct_sales.net_amount_aud"]).success().stdout;
    for part in [
        "gold.fct_sales.net_amount_aud\n",
        "silver.order_lines.net_amount  transformed",
        "bronze.orders_lines.qty  copied",
        "raw.orders_lines.qty  transformed",
        "  joins by silver.customers.customer_id",
    ] {
        assert!(up.contains(part), "'{part}' is not in\n{up}");
    }
    let down = sandbox.ingot(&["lineage", "raw.orders_lines.qty", "--down"]).success().stdout;
    for part in ["bronze.orders_lines.qty  transformed", "measure ", "page "] {
        assert!(down.contains(part), "'{part}' is not in\n{down}");
    }
}

#[test]
fn the_formats_hold_the_same_columns() {
    let sandbox = Sandbox::project();
    let printed = |format: &str| {
        sandbox.ingot(&["lineage", "gold.fct_sales.quantity", "--format", format]).success().stdout
    };
    let json: Json = serde_json::from_str(&printed("json")).unwrap();
    let names: Vec<String> = json["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{}.{}", one["table"].as_str().unwrap(), one["column"].as_str().unwrap()))
        .collect();
    assert!(names.contains(&"raw.orders_lines.qty".to_owned()), "{names:?}");
    assert_eq!(json["unresolved"], serde_json::json!([]));
    let mermaid = printed("mermaid");
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("[\"qty\"]"), "{mermaid}");
    let events: Vec<Json> =
        printed("openlineage").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fact = events.iter().find(|event| event["outputs"][0]["name"] == "gold.fct_sales").unwrap();
    let facet = &fact["outputs"][0]["facets"]["columnLineage"];
    assert!(!facet["fields"]["quantity"]["inputFields"].as_array().unwrap().is_empty(), "{facet:#}");
    assert!(!facet["dataset"].as_array().unwrap().is_empty());
}

/// A project with semantic models, metrics of every type, a saved query and an exposure.
fn semantic_layer() -> Sandbox {
    let sandbox = Sandbox::empty();
    let case =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/models/tests/it/cases/semantic_layer");
    for file in ["dbt_project.yml", "functions/double_it.sql", "models/layer.yml"] {
        sandbox.write(file, &std::fs::read_to_string(case.join(file)).unwrap());
    }
    for model in ["customers", "days", "orders", "uses_metric", "visits"] {
        let file = format!("models/{model}.sql");
        sandbox.write(&file, &std::fs::read_to_string(case.join(&file)).unwrap());
    }
    sandbox.write(
        "profiles.yml",
        "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb}\n",
    );
    sandbox
}

#[test]
fn metrics_are_made_of_the_columns_of_models_and_read_by_saved_queries_and_exposures() {
    let sandbox = semantic_layer();
    let lineage = |words: &[&str]| {
        sandbox.ingot(&[&["--project-dir", ".", "lineage"], words].concat()).success().stdout
    };
    let up = lineage(&["web_share"]);
    for part in [
        "metric web_share\n",
        "metric web_revenue  transformed",
        "metric revenue  transformed",
        "semantic_model.orders.revenue  copied",
        "main.orders.amount  aggregated",
    ] {
        assert!(up.contains(part), "'{part}' is not in\n{up}");
    }
    let filtered = lineage(&["metric.web_revenue"]);
    assert!(
        filtered.contains("rows of metric.web_revenue:\n  filters by semantic_model.orders.channel"),
        "{filtered}"
    );
    // The model comes first, where several have the name.
    let down = lineage(&["orders.amount", "--down"]);
    for part in [
        "main.orders.amount\n",
        "semantic_model.orders.revenue  aggregated",
        "metric revenue_7d  transformed",
        "saved_query.by_channel.revenue  copied",
        "exposure board  copied",
    ] {
        assert!(down.contains(part), "'{part}' is not in\n{down}");
    }
    let conversion = lineage(&["visit_to_order"]);
    assert!(conversion.contains("semantic_model.visits.visit_count  transformed"), "{conversion}");
    for part in ["joins by ", "semantic_model.visits.customer", "semantic_model.orders.customer"] {
        assert!(conversion.contains(part), "'{part}' is not in\n{conversion}");
    }
    sandbox.write(
        "models/doubled.sql",
        "select order_id, {{ function('double_it') }}(amount) as twice from {{ ref('orders') }}",
    );
    let called = lineage(&["function.double_it", "--down"]);
    assert_eq!(called, "function double_it\n└─ main.doubled.twice  transformed\n");
    std::fs::remove_file(sandbox.join("models/doubled.sql")).unwrap();
    // Neither semantic models nor metrics count as models.
    assert!(lineage(&[]).starts_with("15 of 15 columns"), "{}", lineage(&[]));
}

#[test]
fn a_metric_that_is_computed_in_another_way_is_a_change_and_reaches_what_shows_it() {
    let sandbox = semantic_layer();
    git(&sandbox, &["init", "-q"]);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "first"]);
    let layer = std::fs::read_to_string(sandbox.join("models/layer.yml")).unwrap();
    let since = |then: &str, now: &str| {
        assert!(layer.contains(then));
        sandbox.write("models/layer.yml", &layer.replace(then, now));
        let command = ["--project-dir", ".", "lineage", "--since", "HEAD", "--format", "json"];
        let json: Json = serde_json::from_str(&sandbox.ingot(&command).success().stdout).unwrap();
        let changes = json["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{}.{}", one["table"].as_str().unwrap(), one["column"].as_str().unwrap()));
        let reached: Vec<String> = json["reaches"].as_object().unwrap().keys().cloned().collect();
        (changes.collect::<Vec<_>>(), reached)
    };
    // A measure: what is made of it is reached, and other measures of its model are not.
    let (changes, reached) =
        since("{name: revenue, agg: sum, expr: amount}", "{name: revenue, agg: sum, expr: amount * 2}");
    assert_eq!(changes, ["semantic_model.orders.revenue"]);
    for one in ["metric revenue", "metric web_share", "saved_query.by_channel", "exposure board"] {
        assert!(reached.iter().any(|name| name == one), "{one} is not in {reached:?}");
    }
    assert!(!reached.iter().any(|name| name == "metric buyers"), "{reached:?}");
    // How it is aggregated, which no SQL of its rows says.
    let (changes, _) =
        since("{name: revenue, agg: sum, expr: amount}", "{name: revenue, agg: max, expr: amount}");
    // The greatest of decimals has fewer digits than their sum, and so has all that is made of it.
    assert_eq!(
        changes,
        [
            "metric.revenue.",
            "metric.revenue_7d.",
            "metric.revenue_growth.",
            "metric.revenue_mtd.",
            "metric.revenue_to_date.",
            "metric.web_revenue.",
            "saved_query.by_channel.revenue",
            "semantic_model.orders.revenue",
        ]
    );
    // The condition of a metric.
    let (changes, reached) = since("'web'", "'shop'");
    assert_eq!(changes, ["metric.web_revenue."]);
    assert_eq!(reached, ["metric web_share", "saved_query.by_channel"]);
    // Words for people.
    let (changes, _) = since("description: Money", "description: More money");
    assert!(changes.is_empty(), "{changes:?}");
    sandbox.write("models/layer.yml", &layer.replace("'web'", "'shop'"));
    let said = sandbox.ingot(&["--project-dir", ".", "lineage", "--since", "HEAD"]).success().stdout;
    for part in ["  metric.web_revenue  made differently", "they reach:", "  metric web_share"] {
        assert!(said.contains(part), "'{part}' is not in\n{said}");
    }
}

#[test]
fn a_name_that_is_not_there_is_answered_with_the_nearest() {
    let sandbox = Sandbox::project();
    sandbox
        .ingot(&["lineage", "fct_sale"])
        .fails_with(2, &["there is no table 'fct_sale'", "did you mean 'fct_sales'?"]);
    sandbox
        .ingot(&["lineage", "fct_sales.quantiti"])
        .fails_with(2, &["gold.fct_sales has no column 'quantiti'", "did you mean 'quantity'?"]);
}

/// Runs git in the sandbox.
fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = std::process::Command::new("git");
    command
        .current_dir(sandbox.path())
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments);
    assert!(command.output().unwrap().status.success(), "{arguments:?}");
}

#[test]
fn a_change_since_a_revision_is_followed_to_what_it_reaches() {
    let sandbox = Sandbox::empty();
    // The project is a folder of the repository.
    for (file, text) in [
        ("shop/dbt_project.yml", "name: shop\nprofile: shop\n"),
        (
            "shop/profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
        ),
        ("shop/models/a.sql", "select 1 as id, 2 as qty, 'x' as name"),
        ("shop/models/b.sql", "select id, qty * 2 as twice, name from {{ ref('a') }}"),
        ("shop/models/c.sql", "select sum(twice) as total, count(name) as names from {{ ref('b') }}"),
        (
            "shop/models/e.yml",
            "exposures:\n  - name: board\n    type: dashboard\n    owner: {name: Ann}\n    depends_on: [ref('c')]\n",
        ),
    ] {
        sandbox.write(file, text);
    }
    git(&sandbox, &["init", "-q"]);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "first"]);
    let since = |revision: &str| sandbox.ingot(&["--project-dir", "shop", "lineage", "--since", revision]);
    assert_eq!(since("HEAD").success().stdout, "no column differs\n");
    sandbox.write("shop/models/a.sql", "select 1 as id, cast(2 as bigint) as qty, 'x' as name, 0 as extra");
    let said = since("HEAD").success().stdout;
    assert_eq!(
        said,
        "changes:\n  main.a.extra  added\n  main.a.qty  from INTEGER to BIGINT\n  main.b.twice  from INTEGER to BIGINT\n\
         they reach:\n  exposure board\n  main.c: total\n"
    );
    since("nosuch").fails_with(2, &["'nosuch' is not a revision of this repository"]);
    since("--help").fails_with(2, &[]);
}
