//! From a folder of files to a tested warehouse, through the command line.

use crate::support::Sandbox;

/// Three feeds: two dialects of CSV, and JSON lines in folders of days.
fn exports() -> Sandbox {
    let sandbox = Sandbox::empty();
    let mut customers = "customer_id,First Name,plz,since\n".to_owned();
    let mut orders = "order_id;customer_id;amount;order\r\n".to_owned();
    for row in 1..=30 {
        customers.push_str(&format!("{row},Ann,0{row:04},{:02}/03/2020\n", row % 28 + 1));
        orders.push_str(&format!("{};{};1.{row:03},50;first\r\n", 1000 + row, row % 9 + 1));
    }
    sandbox.write("exports/customers.csv", &customers);
    sandbox.write("exports/orders_2025-01.csv", &orders);
    sandbox.write(
        "exports/visits/day=2025-01-03/part-0.jsonl",
        "{\"id\": 1, \"at\": \"2025-01-03T10:00:00Z\"}\n",
    );
    sandbox.write(
        "exports/visits/day=2025-01-04/part-0.jsonl",
        "{\"id\": 2, \"at\": \"2025-01-04T10:00:00Z\"}\n",
    );
    sandbox
}

#[test]
fn a_folder_becomes_a_project_that_loads_and_passes_at_once() {
    let sandbox = exports();
    sandbox.ingot(&["init", "shop", "--from", "exports"]).success();
    let contract = std::fs::read_to_string(sandbox.join("shop/schemas/orders.odcs.yaml")).unwrap();
    assert!(
        contract.contains("to: customers.customer_id") && contract.contains("thousandsSign"),
        "{contract}"
    );
    sandbox.ingot(&["load-bronze", "--project-dir", "shop"]).success();
    sandbox.ingot(&["run-models", "--project-dir", "shop"]).success();
    sandbox.ingot(&["contract", "check", "--project-dir", "shop"]).success();
}

#[test]
fn what_is_there_is_kept() {
    let sandbox = exports();
    sandbox.ingot(&["init", "shop", "--from", "exports"]).success();
    sandbox.ingot(&["init", "shop", "--from", "exports"]).fails_with(2, &["already has a project"]);
    sandbox.write("shop/schemas/customers.odcs.yaml", "mine");
    let data = ["contract", "infer", "shop/data_raw", "--project-dir", "shop"];
    sandbox.ingot(&data).success();
    assert_eq!(std::fs::read_to_string(sandbox.join("shop/schemas/customers.odcs.yaml")).unwrap(), "mine");
}

#[test]
fn what_was_guessed_is_printed_and_listed() {
    let sandbox = Sandbox::empty();
    let rows: String = (1..=30).map(|row| format!("{row},n{row},{row}\n")).collect();
    sandbox.write("exports/sales.csv", &format!("id,name,n\n{rows}Total,,465\n"));
    sandbox.write("exports/cut.csv", &format!("id,name,n\n{rows}31,n3"));
    sandbox.write("exports/plain.csv", &rows);
    sandbox.write("exports/[br]*{x}.csv", &format!("id,name,n\n{rows}"));
    sandbox.write("exports/sec.csv", &format!("id,name,n\n{rows}"));
    sandbox.write("exports/sec2.csv", &format!("id,name,n\n{rows}"));
    sandbox.write("exports/sec3.csv", &format!("id,name,n\n{}", rows.replace(",n", ",m")));
    let printed = sandbox.ingot(&["init", "shop", "--from", "exports"]).success();
    let readme = std::fs::read_to_string(sandbox.join("shop/README.md")).unwrap();
    let looked_at = readme.split("## Look at these").nth(1).unwrap();
    for text in ["sales.csv:32 'Total,,465'", "No row names the columns: line 1 is data (1, n1, 1)"] {
        assert!(printed.stderr.contains(text) || printed.stdout.contains(text), "{}", printed.stderr);
        assert!(looked_at.contains(text), "{readme}");
    }
    assert!(looked_at.contains("1 row is damaged and will be rejected: cut.csv:32 RAGGED_ROW"), "{readme}");
    let loaded = sandbox.ingot(&["load-bronze", "--project-dir", "shop"]).success();
    assert!(loaded.stdout.contains("211 rows read = 210 accepted + 1 rejected"), "{}", loaded.stdout);
    sandbox.ingot(&["run-models", "--project-dir", "shop"]).success();
    // A later delivery without its footer: its last row is not lost.
    sandbox.write("exports/sales.csv", "id,name,n\n41,n,1\n42,n,2\n");
    let loaded = sandbox.ingot(&["load-bronze", "--project-dir", "shop"]).success();
    assert!(loaded.stdout.contains("2 rows read = 1 accepted + 1 rejected"), "{}", loaded.stdout);
}

#[test]
fn without_data_nothing_is_left_behind() {
    let sandbox = Sandbox::empty();
    sandbox.write("notes/readme.md", "no data");
    sandbox
        .ingot(&["init", "shop", "--from", "notes"])
        .fails_with(2, &["no data", "not that of a data file"]);
    sandbox.ingot(&["init", "shop", "--from", "nowhere"]).fails_with(2, &["no such file or folder"]);
    assert!(!sandbox.join("shop").exists());
}

/// The worked example that docs/guide/own-data.md walks through.
#[test]
fn the_example_becomes_a_star_as_the_guide_shows_it() {
    let sandbox = Sandbox::empty();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let exports = root.join("examples/own-data/exports").display().to_string();
    let printed = sandbox.ingot(&["init", "shop", "--star", "--from", &exports]).success().stdout;
    // The guide has narrower columns, because its lines are wrapped.
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let guide = squeezed(&std::fs::read_to_string(root.join("docs/guide/own-data.md")).unwrap());
    let feeds =
        printed.lines().skip_while(|line| *line != "feeds").take_while(|line| !line.starts_with("Next"));
    for line in feeds.filter(|line| !line.trim().is_empty() && !line.starts_with("Wrote")) {
        assert!(guide.contains(&squeezed(line)), "the guide does not show: {line}\n{printed}");
    }
    let loaded = sandbox.ingot(&["load-bronze", "--project-dir", "shop"]).success();
    assert!(loaded.stdout.contains(" + 0 rejected"), "{}", loaded.stdout);
    sandbox.ingot(&["run-models", "--project-dir", "shop"]).success();
    sandbox.ingot(&["contract", "check", "--project-dir", "shop"]).success();
    for file in [
        "models/gold/fct_orders.sql",
        "models/gold/dim_date.sql",
        "tests/fct_orders_has_the_totals_of_bronze.sql",
    ] {
        assert!(sandbox.join("shop").join(file).exists(), "{file}");
    }
    // The way ends in Power BI: `gold` is the schema `main_gold`, as dbt names it.
    let published = sandbox.ingot(&["publish", "--project-dir", "shop"]).success();
    assert!(published.stdout.contains("9 tables"), "{}", published.stdout);
    sandbox.ingot(&["powerbi", "init", "--project-dir", "shop"]).success();
    sandbox.ingot(&["powerbi", "--project-dir", "shop"]).success();
    sandbox
        .ingot(&["powerbi", "init", "other", "--schema", "golden", "--project-dir", "shop"])
        .fails_with(2, &["the schema 'golden' has no tables", "there are: main, main_gold, main_staging"]);
    // A fact whose rows are doubled has other totals.
    let fact = std::fs::read_to_string(sandbox.join("shop/models/gold/fct_returns.sql")).unwrap();
    sandbox.write(
        "shop/models/gold/fct_returns.sql",
        &format!("select * from (\n{fact}\n) union all select * from (\n{fact}\n)"),
    );
    sandbox
        .ingot(&["run-models", "--project-dir", "shop"])
        .fails_with(1, &["fct_returns_has_the_totals_of_bronze"]);
}

#[test]
fn staging_follows_the_contract_until_somebody_edits_it() {
    let sandbox = exports();
    sandbox.ingot(&["init", "shop", "--from", "exports"]).success();
    let in_shop =
        |arguments: &[&str]| sandbox.ingot(&[&["contract"], arguments, &["--project-dir", "shop"]].concat());
    assert!(in_shop(&["staging"]).success().stdout.contains("up to date"));
    let contract = std::fs::read_to_string(sandbox.join("shop/schemas/customers.odcs.yaml")).unwrap();
    let changed = format!(
        "{contract}      - {{name: vip, logicalType: boolean, physicalType: bool}}\nslaProperties:\n  - {{property: freshness, value: 36, unit: h}}\n"
    );
    sandbox.write("shop/schemas/customers.odcs.yaml", &changed);
    assert!(in_shop(&["staging", "customers"]).success().stdout.contains("is written again"));
    let model = std::fs::read_to_string(sandbox.join("shop/models/staging/stg_customers.sql")).unwrap();
    assert!(model.contains("    vip,"), "{model}");
    in_shop(&["sources", "customers"]).success();
    let source = std::fs::read_to_string(sandbox.join("shop/models/staging/src_customers.yml")).unwrap();
    assert!(source.contains("error_after: {count: 36, period: hour}"), "{source}");
    sandbox.ingot(&["load-bronze", "--project-dir", "shop"]).success();
    sandbox.ingot(&["run-models", "--project-dir", "shop"]).success();
    sandbox.write("shop/models/staging/stg_customers.sql", &model.replace("    vip,", "    vip as is_vip,"));
    sandbox.write("shop/schemas/customers.odcs.yaml", &changed.replace("name: vip", "name: gold_card"));
    in_shop(&["staging", "customers"])
        .fails_with(1, &["is kept", "-     vip as is_vip,", "+     gold_card,"]);
    in_shop(&["staging", "nobody"]).fails_with(2, &["no contract describes the table 'nobody'"]);
}

#[test]
fn a_contract_is_checked_against_standard_and_files() {
    let sandbox = exports();
    sandbox.ingot(&["init", "shop", "--from", "exports"]).success();
    let check = || sandbox.ingot(&["contract", "check", "--project-dir", "shop"]);
    assert!(check().success().stdout.contains("fits"));
    let file = "shop/schemas/customers.odcs.yaml";
    let contract = std::fs::read_to_string(sandbox.join(file)).unwrap();
    sandbox.write(file, &contract.replace("status: draft", "status: 7\nowner: me"));
    check().fails_with(
        1,
        &["this should be string", "the standard has no 'owner' here", "customers.odcs.yaml:8:"],
    );
    sandbox.write(
        file,
        &contract.replacen(
            "logicalType: string\n        physicalType: str",
            "logicalType: integer\n        physicalType: i64",
            1,
        ),
    );
    check().fails_with(1, &["30 rows are rejected for"]);
}

/// On a terminal, a person is asked what the files do not say; the pseudo-terminal is that of `script` (util-linux).
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_asks_what_no_row_says() {
    use std::io::Write as _;
    let sandbox = Sandbox::empty();
    sandbox.write("visits.csv", "id,day\n1,01/02/2024\n2,03/04/2024\n3,05/06/2024\n");
    let inferred = |answer: &str, out: &str| {
        let command = format!("'{}' contract infer visits.csv --out {out}", env!("CARGO_BIN_EXE_ingot"));
        let mut script = std::process::Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(sandbox.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        script.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = script.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{shown}");
        assert!(shown.contains("What comes first in '01/02/2024'"), "{shown}");
        std::fs::read_to_string(sandbox.join(&format!("{out}/visits.odcs.yaml"))).unwrap()
    };
    let day_first = inferred("1\n", "day");
    assert!(day_first.contains("format: dd/MM/yyyy") && day_first.contains("by your answer"), "{day_first}");
    let month_first = inferred("2\n", "month");
    assert!(month_first.contains("format: MM/dd/yyyy"), "{month_first}");
    // An empty line is the safe reading.
    let text = inferred("\n", "text");
    assert!(text.contains("Assumed: Text") && !text.contains("logicalTypeOptions: {format"), "{text}");
}
