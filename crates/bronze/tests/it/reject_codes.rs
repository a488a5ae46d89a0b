//! docs/reference/reject-codes.md and the code name the same reject codes.

use std::collections::BTreeSet;
use std::path::Path;

/// Texts in capitals that are not reject codes.
const OTHERS: [&str; 17] = [
    "RELOAD",
    "WRITE",
    "MERGE",
    "DELETE",
    "REPLACE",
    "IGNORE",
    "NULL",
    "INSERT",
    "SELECT",
    "TABLE",
    "TIMESTAMP",
    "BIGINT",
    "CREATE",
    "INTEGER",
    "DOUBLE",
    "BOOLEAN",
    "VARCHAR",
];

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// What stands in backticks in the first cell of the tables of codes.
fn documented() -> BTreeSet<String> {
    let text =
        std::fs::read_to_string(Path::new(PACKAGE).join("../../docs/reference/reject-codes.md")).unwrap();
    let tables = text.split_once("## Codes of rows").unwrap().1;
    tables
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .collect()
}

/// Texts of the sources that look like codes, test modules aside.
fn used() -> BTreeSet<String> {
    let literal = regex::Regex::new(r#""([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)""#).unwrap();
    let mut codes = BTreeSet::new();
    let bronze = walkdir::WalkDir::new(Path::new(PACKAGE).join("src"));
    // Options and metrics have their codes where contracts are read.
    let contract = walkdir::WalkDir::new(Path::new(PACKAGE).join("../contract/src"));
    for entry in bronze.into_iter().chain(contract) {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy();
        if !name.ends_with(".rs") || ["tests.rs", "properties.rs"].contains(&&*name) {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        codes.extend(literal.captures_iter(code).map(|found| found[1].to_owned()));
    }
    codes.retain(|code| code.len() > 5 && !OTHERS.contains(&code.as_str()));
    codes
}

#[test]
fn the_documentation_lists_every_code_and_no_other() {
    let (documented, used) = (documented(), used());
    let missing: Vec<_> = used.difference(&documented).collect();
    let surplus: Vec<_> = documented.difference(&used).collect();
    assert!(missing.is_empty(), "not in docs/reference/reject-codes.md: {missing:?}");
    assert!(surplus.is_empty(), "in docs/reference/reject-codes.md, but never given: {surplus:?}");
}
