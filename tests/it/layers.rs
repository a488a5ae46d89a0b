//! Imports go down the list, never up and never from one stage to another.

use std::path::Path;

/// Each module with those it may import, besides itself and the ones every module may.
const ALLOWED: [(&str, &[&str]); 15] = [
    (
        "cli",
        &["demo", "init", "generate", "load_bronze", "run_models", "verify", "engine", "lake", "contract"],
    ),
    ("demo", &["init", "generate", "load_bronze", "run_models", "verify", "engine", "contract"]),
    ("verify", &["engine"]),
    ("init", &[]),
    ("generate", &["lake", "contract"]),
    ("load_bronze", &["engine", "lake", "contract"]),
    ("run_models", &["engine", "jinja", "contract", "lake"]),
    ("engine", &[]),
    ("jinja", &[]),
    ("lake", &[]),
    ("contract", &[]),
    ("project", &[]),
    ("report", &[]),
    ("yaml", &[]),
    ("error", &[]),
];
const EVERYWHERE: [&str; 4] = ["error", "report", "project", "yaml"];

fn rust_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The top modules named after `crate::` in a text, with their lines.
fn crate_paths(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            if let Some(group) = rest.strip_prefix('{') {
                for name in group.split([',', '}']) {
                    let name: String =
                        name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    found.push((number + 1, name));
                }
            } else {
                found.push((
                    number + 1,
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect(),
                ));
            }
        }
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

#[test]
fn imports_go_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut breaches = Vec::new();
    let mut seen = 0;
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let top = relative.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if matches!(top, "lib" | "main") {
            continue;
        }
        let allowed = ALLOWED.iter().find(|(module, _)| *module == top);
        let Some((_, allowed)) = allowed else {
            breaches.push(format!("src/{top} is not in the list of tests/it/layers.rs: give it its place"));
            continue;
        };
        for (line, name) in crate_paths(&std::fs::read_to_string(&file).unwrap()) {
            seen += 1;
            if name != top && !allowed.contains(&name.as_str()) && !EVERYWHERE.contains(&name.as_str()) {
                breaches.push(format!("src/{}:{line}: {top} may not import {name}", relative.display()));
            }
        }
    }
    assert!(seen > 20, "the scan found only {seen} imports: it no longer reads the code");
    assert!(breaches.is_empty(), "stages meet on disk only (docs/architecture.md):\n{}", breaches.join("\n"));
}

#[test]
fn a_breach_would_be_seen() {
    let text = "use crate::{error::Error, lake};\nlet x = crate::load_bronze::load(); // crate::nothing\n";
    let names: Vec<_> = crate_paths(text).into_iter().map(|(line, name)| format!("{line}:{name}")).collect();
    assert_eq!(names, ["1:error", "1:lake", "2:load_bronze"]);
}
