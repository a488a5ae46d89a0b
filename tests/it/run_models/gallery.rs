//! Broken projects, each a folder of `gallery/` with `expected.txt`: exactly what is printed, on both channels.
//!
//! A case need not have `dbt_project.yml` and `profiles.yml`: good ones are put in. `command.txt` names
//! the verb and flags where they are not `build`. With INGOT_UPDATE_GALLERY=1 the expectations are written anew; read them before
//! they are committed: each says what is wrong, where (file and line as written), and what to do.

use crate::support::Sandbox;
use std::path::{Path, PathBuf};

const PROJECT: &str = "name: shop\nprofile: shop\n";
const PROFILES: &str =
    "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 1}\n";

fn run(case: &Path) -> String {
    let sandbox = Sandbox::empty();
    if !case.join("no_project").exists() {
        sandbox.write("dbt_project.yml", PROJECT);
        sandbox.write("profiles.yml", PROFILES);
    }
    let mut command = "build".to_owned();
    for entry in walkdir::WalkDir::new(case).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_file() {
            continue;
        }
        let inside = entry.path().strip_prefix(case).unwrap().to_str().unwrap().replace('\\', "/");
        let content = std::fs::read(entry.path()).unwrap();
        match inside.as_str() {
            "expected.txt" | "no_project" => {}
            "command.txt" => command = String::from_utf8(content).unwrap().trim().to_owned(),
            _ => {
                let path = sandbox.join(&inside);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
        }
    }
    let mut words = vec!["--project-dir", ".", "dbt"];
    words.extend(command.split(' '));
    let output = sandbox
        .command(&words)
        .env("HOME", sandbox.path())
        .env("INGOT_PYTHON", "no-python-here")
        .env_remove("GALLERY_UNSET")
        .output()
        .unwrap();
    let text = format!(
        "exit code {}\n{}{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!text.contains("panicked"), "{text}");
    let real = std::fs::canonicalize(sandbox.path()).unwrap();
    let text =
        text.replace(real.to_str().unwrap(), "PROJECT").replace(sandbox.path().to_str().unwrap(), "PROJECT");
    let seconds = regex::Regex::new(r"\d+\.\d+ s\b").unwrap();
    seconds.replace_all(&text, "0.00 s").into_owned()
}

#[test]
fn every_broken_project_says_what_where_and_what_next() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/run_models/gallery"));
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 30, "only {} cases were found", cases.len());
    let update = std::env::var_os("INGOT_UPDATE_GALLERY").is_some();
    let mut wrong = Vec::new();
    for case in cases {
        let printed = run(&case);
        let file = case.join("expected.txt");
        if update {
            std::fs::write(&file, &printed).unwrap();
            continue;
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        if printed != expected {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("=== {name}: expected\n{expected}--- printed\n{printed}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
