//! The lake: whether every data file that a table's log names is there. `ingot lake check` looks inside the files too.

use super::finding::Finding;
use ingot_core::report::{counted, verb};
use ingot_lake::DeltaTable;
use std::path::{Path, PathBuf};

const AREA: &str = "lake";

pub(super) fn examine(lake: &Path) -> Vec<Finding> {
    let tables = tables(lake);
    if tables.is_empty() {
        return vec![Finding::warning(
            AREA,
            format!("there are no tables in {}", lake.display()),
            "run `ingot load-bronze`, or name the folder with --lake",
        )];
    }
    let mut findings = Vec::new();
    let mut files = 0;
    for (label, root) in &tables {
        let check = format!("run `ingot lake check {label}`, which says how to repair it");
        match DeltaTable::open(root).and_then(|table| table.files()) {
            Err(error) => findings.push(Finding::from_error(AREA, &error, &check)),
            Ok(live) => {
                files += live.len();
                let missing = live.iter().filter(|file| !file.path.is_file()).count();
                if missing > 0 {
                    findings.push(Finding::bad(
                        AREA,
                        format!("{label} lacks {missing} of {} data files", live.len()),
                        check,
                    ));
                }
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::good(
            AREA,
            format!(
                "{} of {} {} there",
                counted(files as u64, "data file"),
                counted(tables.len() as u64, "table"),
                verb(files as u64, "is", "are")
            ),
        ));
    }
    findings
}

/// Name (`gold.fct_sales`) and folder of each Delta table: `LAKE/gold/delta/fct_sales`.
fn tables(lake: &Path) -> Vec<(String, PathBuf)> {
    let mut tables = Vec::new();
    for layer in folders(lake) {
        for root in folders(&layer.join("delta")).into_iter().filter(|root| DeltaTable::exists(root)) {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            tables.push((format!("{}.{}", name(&layer), name(&root)), root));
        }
    }
    tables
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
