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
fn without_data_nothing_is_left_behind() {
    let sandbox = Sandbox::empty();
    sandbox.write("notes/readme.md", "no data");
    sandbox
        .ingot(&["init", "shop", "--from", "notes"])
        .fails_with(2, &["no data", "not that of a data file"]);
    sandbox.ingot(&["init", "shop", "--from", "nowhere"]).fails_with(2, &["no such file or folder"]);
    assert!(!sandbox.join("shop").exists());
}
