//! `data_raw/samples/` is what the generator makes today, file for file.

use ingot_core::report::Silent;
use ingot_generate::{GenerateOptions, generate};
use std::collections::BTreeMap;
use std::path::Path;

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != ".lock")
        .map(|entry| {
            let relative = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
            (relative, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn the_samples_are_what_the_generator_makes() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let options = GenerateOptions {
        scale: 0.001,
        start_date: "2024-11-28".to_owned(),
        days: 4,
        ..GenerateOptions::new(folder.path(), project.join("schemas"))
    };
    generate(&options, &Silent).unwrap();
    let made = files(folder.path());
    let mut kept = files(&project.join("data_raw/samples"));
    assert!(kept.remove("README.md").is_some());
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&kept), names(&made));
    for (name, bytes) in &made {
        assert!(kept[name] == *bytes, "{name} is another: make the samples anew, as their README says");
    }
    let size: usize = kept.values().map(Vec::len).sum();
    assert!(size < 500_000, "{size} bytes are too many for samples");
}
