//! The kept parse depends on what a process was started with.

use crate::case::Case;
use crate::kept_parse::{kept, parse, project};
use ingot_models::RunOptions;

/// [`parse`] in a process of its own, with an environment variable set or not.
fn parse_alone(case: &Case, words: &[&str], variable: Option<&str>) -> (serde_json::Value, bool) {
    let before = kept(case);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ingot"));
    command.arg("--project-dir").arg(case.folder.path()).args(["dbt", "parse"]).args(words);
    command.env_remove("INGOT_CACHE_TEST").envs(variable.map(|value| ("INGOT_CACHE_TEST", value)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(case.folder.path().join("target/manifest.json")).unwrap();
    (serde_json::from_str(&text).unwrap(), before.is_some() && kept(case) == before)
}

#[test]
fn variables_and_flags_that_were_looked_at_count() {
    let case = project();
    parse_alone(&case, &[], None);
    let seven = ["--vars", "{v: 7}"];
    let (manifest, taken_up) = parse_alone(&case, &seven, None);
    assert!(!taken_up);
    assert_eq!(manifest["nodes"]["model.shop.a"]["config"]["meta"]["v"], 7);
    assert!(parse_alone(&case, &seven, None).1);
    let (manifest, taken_up) = parse_alone(&case, &seven, Some("set"));
    assert!(!taken_up);
    assert_eq!(manifest["nodes"]["model.shop.a"]["config"]["meta"]["e"], "set");
    assert!(parse_alone(&case, &seven, Some("set")).1);
    // Flags count only where a template looks at them.
    let full = |options: &mut RunOptions| options.full_refresh = true;
    parse(&case, full);
    assert!(parse(&case, |_| {}).1);
    case.write(
        "models/b.sql",
        "{{ config(tags='full' if flags.FULL_REFRESH else 'part') }}select * from {{ ref('a') }}",
    );
    parse(&case, |_| {});
    let (manifest, taken_up) = parse(&case, full);
    assert!(!taken_up);
    assert_eq!(manifest["nodes"]["model.shop.b"]["tags"][1], "full");
}
