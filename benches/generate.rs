//! How fast `generate` writes, feed by feed, and how much memory it takes at most:
//! `cargo bench --bench generate -- [SCALE [JOBS [SEED [FOLDER]]]]`; what goes to FOLDER stays.
//! The comparison with tpchgen-cli is benches/generate-tpchgen.sh.

#![allow(clippy::print_stdout)] // It is what a benchmark is for.

use ingot::generate::{GenerateOptions, generate};
use ingot::report::Silent;
use std::path::{Path, PathBuf};

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
        ..GenerateOptions::new(arguments.get(3).map_or(folder.path().join("raw"), PathBuf::from), schemas)
    };
    let summary = generate(&options, &Silent).expect("generated");
    for feed in &summary.feeds {
        println!("{:<16} {:>6} files {:>10} rows {:>12} bytes", feed.feed, feed.files, feed.rows, feed.bytes);
    }
    let megabytes = summary.bytes() as f64 / 1e6;
    let cpu = cpu_seconds();
    println!(
        "scale {}, jobs {}: {} rows, {megabytes:.0} MB in {:.2} s: {:.0} MB/s, {:.1} million rows/s; \
         {cpu:.2} s of CPU: {:.0} MB/s for each core; peak memory {} MB",
        options.scale,
        options.jobs,
        summary.rows(),
        summary.seconds,
        megabytes / summary.seconds,
        summary.rows() as f64 / summary.seconds / 1e6,
        megabytes / cpu,
        peak_memory_megabytes()
    );
}

/// Of all threads, user and system, as Linux tells it (in hundredths); 0 elsewhere. On a machine that has other
/// work too, this is the number to compare.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).collect();
    fields.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
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
