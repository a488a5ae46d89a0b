//! The ledger names each defect, and nothing else.

use crate::ledger_checks::{assert_true, table};
use crate::raw_folder::{options, run};
use ingot_generate::GenerateOptions;

#[test]
fn the_ledger_names_each_defect_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    run(&options(folder.path(), 0.05, 365));
    let counts = assert_true(folder.path());
    // Every kind there is.
    assert_eq!(counts.len(), 29, "{counts:?}");
    let consequences = table(folder.path(), "consequences");
    for feed in ["orders_lines", "shipments", "returns"] {
        assert!(
            consequences.iter().any(|row| row["feed"] == feed && row["code"] == "order_rejected"),
            "{feed}"
        );
    }
    for feed in ["orders_lines", "returns"] {
        assert!(
            consequences.iter().any(|row| row["feed"] == feed && row["code"] == "product_rejected"),
            "{feed}"
        );
    }
}

#[test]
fn without_defects_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let summary = run(&GenerateOptions { no_defects: true, ..options(root, 0.01, 90) });
    assert_eq!(summary.anomalies(), 0);
    assert!(assert_true(root).is_empty());
    assert!(table(root, "consequences").is_empty());
}
