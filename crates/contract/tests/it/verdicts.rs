//! What `contract diff` says of each kind of change: the tables in verdicts/ against the code.

use ingot_contract::diff::{Edition, diff, json, markdown};
use ingot_core::yaml::{self, Node};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/verdicts")
}

fn edition(text: &str) -> Edition {
    Edition::read(&[(PathBuf::from("orders.odcs.yaml"), text.to_owned())]).unwrap()
}

#[test]
fn each_kind_of_change_has_its_verdict() {
    let base = std::fs::read_to_string(folder().join("base.odcs.yaml")).unwrap();
    let mut cases = 0;
    let mut wrong = String::new();
    for table in ["columns", "rules", "files_and_documents"] {
        let file = folder().join(format!("{table}.yaml"));
        for case in yaml::read(&file).unwrap().as_list().unwrap() {
            let text = |key: &str| case.get(key).and_then(Node::as_str).unwrap();
            assert!(base.contains(text("from")), "{table}, {}: the base has no such text", text("name"));
            let changed = base.replacen(text("from"), text("to"), 1);
            let expected: Vec<&str> =
                case.get("expect").unwrap().as_list().unwrap().iter().filter_map(Node::as_str).collect();
            let mut found: Vec<String> = diff(&edition(&base), &edition(&changed))
                .iter()
                .map(|change| format!("{} | {} | {}", change.verdict.word(), change.part, change.what))
                .collect();
            found.sort();
            let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            expected.sort();
            if found != expected {
                wrong.push_str(&format!(
                    "{table}, {}:\n  expected {expected:#?}\n  found {found:#?}\n",
                    text("name")
                ));
            }
            cases += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(cases > 60, "{cases}");
}

#[test]
fn programs_and_pull_requests_read_it_too() {
    let base = std::fs::read_to_string(folder().join("base.odcs.yaml")).unwrap();
    let changes = diff(
        &edition(&base),
        &edition(&base.replace("i64", "i32").replace("version: 1.0.0", "version: 2.0.0")),
    );
    let json = json(&changes);
    assert_eq!(json["is_breaking"], true);
    assert_eq!(json["changes"][0]["breaks_writers"], true);
    let text = markdown(&changes);
    assert!(text.starts_with("**Contracts:** 1 of 2 changes is breaking."), "{text}");
    assert!(
        text.contains("| **breaking for readers and writers** | orders | column 'customer_id' |"),
        "{text}"
    );
    assert_eq!(markdown(&[]), "**Contracts:** no changes.");
}

#[test]
fn two_contracts_of_one_feed_are_an_error() {
    let base = std::fs::read_to_string(folder().join("base.odcs.yaml")).unwrap();
    let texts = [(PathBuf::from("a.yaml"), base.clone()), (PathBuf::from("b.yaml"), base)];
    let error = Edition::read(&texts).unwrap_err();
    assert!(error.message().contains("two contracts describe the feed 'orders'"), "{error}");
}
