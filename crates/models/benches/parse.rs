//! Parsing of a project: everything read and rendered, and again when nothing changed.
//!
//! `cargo bench --profile release -p ingot-models`; what it gave before is in `benches/RECORD.md`.

#![allow(clippy::unwrap_used)]

use divan::{Bencher, black_box};
use ingot_core::report::Silent;
use ingot_models::{RunOptions, Verb, run};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Models in chains of ten, each with a description and two tests.
fn project(models: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("dbt_project.yml", "name: bench\nversion: '1.0'\nprofile: bench\nmodel-paths: [models]\n");
    write(
        "profiles.yml",
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, threads: 2}\n",
    );
    let mut properties = "version: 2\nmodels:\n".to_owned();
    for number in 0..models {
        let input = if number % 10 == 0 {
            "select 1 as id, 'a' as name".to_owned()
        } else {
            format!("select id, name from {{{{ ref('m{:05}') }}}}", number - 1)
        };
        write(
            &format!("models/m{number:05}.sql"),
            &format!("{{{{ config(materialized='view', tags=['t{}']) }}}}\n{input}\n", number % 7),
        );
        writeln!(
            properties,
            "  - name: m{number:05}\n    description: model {number}\n    columns:\n      - name: id\n        \
             data_tests: [not_null, unique]"
        )
        .unwrap();
    }
    write("models/properties.yml", &properties);
    folder
}

fn parse(folder: &Path) {
    let mut options = RunOptions::new(Verb::Parse, folder);
    options.profiles_dir = Some(folder.to_path_buf());
    black_box(run(&options, &Silent).unwrap());
}

#[divan::bench(args = [100, 1000], sample_count = 10, sample_size = 1)]
fn first(bencher: Bencher, models: usize) {
    bencher.with_inputs(|| project(models)).bench_refs(|folder| parse(folder.path()));
}

#[divan::bench(args = [100, 1000], sample_count = 20, sample_size = 1)]
fn again(bencher: Bencher, models: usize) {
    let folder = project(models);
    parse(folder.path());
    bencher.bench_local(|| parse(folder.path()));
}
