//! Crates depend downwards only, and no stage depends on another. Cargo refuses circles; this keeps the order.

use std::path::Path;

/// From the top down: a crate may depend on those of later rows, never on one of its own row.
const ROWS: [&[&str]; 7] = [
    &["ingot"],
    &["ingot-site", "ingot-rehearse", "ingot-govern"],
    &["ingot-infer", "ingot-catalog"],
    &["ingot-generate", "ingot-bronze", "ingot-models", "ingot-operate", "ingot-powerbi", "ingot-landing"],
    &["ingot-contract", "ingot-lake", "ingot-engine", "ingot-jinja"],
    &["ingot-core"],
    &["ingot-spark"],
];

fn row(name: &str) -> usize {
    let found = ROWS.iter().position(|row| row.contains(&name));
    found.unwrap_or_else(|| {
        panic!("{name} is not in the rows of tests/it/architecture/layers.rs: give it its place")
    })
}

/// The crates of this workspace that a manifest names under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| name.starts_with("ingot-"))
        .collect()
}

#[test]
fn crates_depend_downwards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut manifests = vec![("ingot".to_owned(), root.join("Cargo.toml"))];
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        let folder = entry.unwrap();
        let name = format!("ingot-{}", folder.file_name().to_string_lossy());
        manifests.push((name, folder.path().join("Cargo.toml")));
    }
    let mut seen = 0;
    for (name, manifest) in manifests {
        for dependency in dependencies(&std::fs::read_to_string(&manifest).unwrap()) {
            seen += 1;
            assert!(
                row(dependency) > row(&name),
                "{name} may not depend on {dependency}: stages meet on disk only (docs/concepts/architecture.md)"
            );
        }
    }
    assert!(seen > 15, "only {seen} dependencies were found: the manifests are no longer read rightly");
}

#[test]
fn a_breach_would_be_seen() {
    let manifest = "[package]\nname = \"x\"\n\n[dependencies]\ningot-lake.workspace = true\nserde = \"1\"\n\n[dev-dependencies]\ningot-jinja.workspace = true\n";
    assert_eq!(dependencies(manifest), ["ingot-lake"]);
    assert!(row("ingot-bronze") < row("ingot-lake"));
}
