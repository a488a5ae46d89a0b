//! How fast `generate` writes, feed by feed, and how much memory it takes at most:
//! `cargo bench --bench generate -- [SCALE [JOBS [SEED]]]`. The comparison with tpchgen-cli is benches/generate-tpchgen.sh.

#![allow(clippy::print_stdout)] // It is what a benchmark is for.

use ingot::generate::{GenerateOptions, generate};
use ingot::report::Silent;
use std::path::Path;

fn main() {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |index: usize, otherwise: f64| -> f64 {
        arguments.get(index).and_then(|argument| argument.parse().ok()).unwrap_or(otherwise)
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let options = GenerateOptions {
        scale: number(0, 0.1),
        jobs: number(1, 0.0) as usize,
        seed: number(2, 42.0) as u64,
        ..GenerateOptions::new(folder.path().join("raw"), schemas)
    };
    let summary = generate(&options, &Silent).expect("generated");
    for feed in &summary.feeds {
        println!("{:<16} {:>6} files {:>10} rows {:>12} bytes", feed.feed, feed.files, feed.rows, feed.bytes);
    }
    let megabytes = summary.bytes() as f64 / 1e6;
    println!(
        "scale {}, jobs {}: {} rows, {megabytes:.0} MB in {:.2} s: {:.0} MB/s, {:.1} million rows/s; peak memory {} MB",
        options.scale,
        options.jobs,
        summary.rows(),
        summary.seconds,
        megabytes / summary.seconds,
        summary.rows() as f64 / summary.seconds / 1e6,
        peak_memory_megabytes()
    );
}

/// As Linux tells it; 0 elsewhere.
fn peak_memory_megabytes() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / 1024)
}
