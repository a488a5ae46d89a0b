//! A raw folder: made by the generator, and read by means that owe nothing to ingot.

use arrow::array::RecordBatch;
use ingot_core::report::Silent;
use ingot_generate::{GenerateOptions, GenerateSummary, generate};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The repository's contracts, seen from any package of the workspace.
pub fn schemas() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("schemas").is_dir());
    root.expect("the folder of contracts").join("schemas")
}

pub fn options(out: &Path, scale: f64, days: u32) -> GenerateOptions {
    GenerateOptions { scale, days, ..GenerateOptions::new(out, schemas()) }
}

pub fn run(options: &GenerateOptions) -> GenerateSummary {
    generate(options, &Silent).unwrap()
}

/// Every file under a folder with a hash of its bytes.
pub fn tree(root: &Path) -> BTreeMap<String, u64> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        // The lock names the process that had it last, and since when.
        .filter(|entry| entry.file_name() != ".lock")
        .map(|entry| {
            let relative = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
            (relative, xxhash_rust::xxh3::xxh3_64(&fs::read(entry.path()).unwrap()))
        })
        .collect()
}

pub fn batches(file: &Path) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap())
        .unwrap()
        .build()
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Header and rows. The generator quotes where it must, so quotes are understood.
pub fn csv(file: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                other => cell.push(other),
            }
        }
        cells.push(cell);
        cells
    });
    let header = lines.next().unwrap();
    (header, lines.collect())
}

pub fn files(root: &Path, folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .map(Result::unwrap)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
