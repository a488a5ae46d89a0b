//! ingot's Jinja against the real one: every case under `cases/` gives what jinja2 gave, as
//! `tests/oracle/jinja_cases.py` wrote it down.

// A test may panic; that is how it fails.
#![allow(clippy::unwrap_used)]

mod any_text;
mod host;

use ingot_jinja::{Environment, Value};
use std::collections::HashMap;
use std::path::Path;

pub fn names(folder: &Path) -> HashMap<String, Value> {
    let text = std::fs::read_to_string(folder.join("context.json")).expect("context.json");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let entries = Value::from_json(&json).entries().expect("a mapping");
    let mut names: HashMap<String, Value> = entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect();
    let modules = ingot_jinja::python::NAMES;
    let modules = modules.map(|name| (name, ingot_jinja::python::module(name).expect("a module")));
    names.insert("modules".to_owned(), Value::dict(modules));
    let decimal = Value::function("Decimal", |_, args| {
        Ok(ingot_jinja::python::decimal::decimal(
            &args.bind("Decimal", &["value"])?.value("value").to_string(),
        ))
    });
    names.insert("Decimal".to_owned(), decimal);
    names
}

#[test]
fn every_case_gives_what_jinja2_gives() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases");
    let environment = Environment::new();
    let mut failures = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".expected.json"))
        .collect();
    files.sort();
    for file in files {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
        for case in cases {
            count += 1;
            let source = case["case"].as_str().expect("the template");
            let globals = names(&folder);
            let got = environment
                .parse(source, "case")
                .and_then(|template| environment.render(&template, &globals))
                .map_err(|error| (format!("{:?}", error.kind()), error.to_string()));
            let fits = match (&got, case["out"].as_str(), case["error"].as_str()) {
                (Ok(text), Some(expected), _) => text == expected,
                (Err((kind, _)), _, Some(expected)) => kind == expected,
                _ => false,
            };
            if !fits {
                let wanted = case.get("out").or(case.get("error")).expect("an outcome");
                failures.push(format!("{source}\n  expected {wanted}\n  got      {got:?}"));
            }
        }
    }
    assert!(count > 300, "only {count} cases were found");
    assert!(failures.is_empty(), "{} of {count} differ:\n\n{}", failures.len(), failures.join("\n\n"));
}
