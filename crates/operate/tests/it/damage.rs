//! Damage on disk is found, whatever it hits, and what one side has intact repairs the other.

use crate::lake::Lake;
use ingot_operate::{Checked, check};
use std::path::Path;

fn checked(lake: &Lake) -> Checked {
    check(&[lake.table()], false).unwrap()
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    walk.map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

#[test]
fn every_flipped_bit_of_a_data_file_is_found() {
    let lake = Lake::with_versions();
    assert!(checked(&lake).findings.is_empty());
    assert_eq!(checked(&lake).without_hash, 0);
    let live = lake.open().files().unwrap();
    // Places spread over all bits of all files by a fixed stride.
    let mut place: usize = 7;
    for _ in 0..300 {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let file = &live[(place >> 40) % live.len()].path;
        let sound = std::fs::read(file).unwrap();
        let mut bytes = sound.clone();
        let bit = (place >> 12) % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(file, bytes).unwrap();
        let found = checked(&lake);
        let named = found.findings.iter().any(|finding| finding.what == "damaged" && finding.file == *file);
        assert!(named && found.has_damage(), "bit {bit} of {}", file.display());
        assert_eq!(found.findings[0].repair, "ingot run-models --select sales");
        std::fs::write(file, sound).unwrap();
    }
    assert!(checked(&lake).findings.is_empty());
}

#[test]
fn missing_cut_and_superfluous_files_are_told_apart() {
    let lake = Lake::with_versions();
    let live = lake.open().files().unwrap();
    let whole = std::fs::read(&live[0].path).unwrap();
    std::fs::write(&live[0].path, &whole[..whole.len() - 1]).unwrap();
    std::fs::remove_file(&live[1].path).unwrap();
    std::fs::remove_file(lake.parquet().join(&live[1].relative)).unwrap();
    std::fs::write(lake.delta().join("extra.parquet"), "x").unwrap();
    let found = checked(&lake);
    let mut whats: Vec<&str> = found.findings.iter().map(|finding| finding.what).collect();
    whats.sort_unstable();
    // The missing file is missing on both sides.
    assert_eq!(whats, ["damaged", "missing", "parquet side", "unreferenced"]);
}

#[test]
fn a_superfluous_file_alone_is_not_damage() {
    let lake = Lake::with_versions();
    std::fs::write(lake.delta().join("extra.parquet"), "x").unwrap();
    let found = checked(&lake);
    assert_eq!((found.findings.len(), found.has_damage()), (1, false));
}

#[test]
fn one_side_repairs_the_other() {
    let lake = Lake::with_versions();
    let before = lake.rows(None);
    let live = lake.open().files().unwrap();
    // As on a file system without hard links: each side has its own copy.
    for file in &live {
        let bytes = std::fs::read(&file.path).unwrap();
        std::fs::remove_file(&file.path).unwrap();
        std::fs::write(&file.path, bytes).unwrap();
    }
    std::fs::remove_file(&live[0].path).unwrap();
    std::fs::write(&live[1].path, "damaged").unwrap();
    std::fs::write(lake.parquet().join(&live[2].relative), "damaged too").unwrap();
    std::fs::remove_file(lake.parquet().join(&live[3].relative)).unwrap();
    std::fs::write(lake.parquet().join("strange.parquet"), "x").unwrap();
    let found = checked(&lake);
    assert_eq!(found.findings.len(), 5, "{:#?}", found.findings);
    assert!(found.findings.iter().all(|finding| finding.repair == "ingot lake check gold.sales --repair"));
    let repaired = check(&[lake.table()], true).unwrap();
    assert_eq!((repaired.findings.len(), repaired.repaired), (0, 5), "{:#?}", repaired.findings);
    assert_eq!(lake.rows(None), before);
    assert_eq!(lake.plain_rows().len(), 5);
}

#[test]
fn a_damaged_log_is_named() {
    let lake = Lake::with_versions();
    let logs = files(&lake.delta().join("_delta_log"));
    for log in logs.iter().filter(|log| log.extension().is_some_and(|kind| kind == "json")) {
        let sound = std::fs::read(log).unwrap();
        std::fs::write(log, &sound[..sound.len() / 2]).unwrap();
        assert!(checked(&lake).has_damage(), "{}", log.display());
        std::fs::write(log, sound).unwrap();
    }
    assert!(checked(&lake).findings.is_empty());
}

#[test]
fn what_neither_side_has_is_said_to_be_beyond_repair() {
    let lake = Lake::with_versions();
    // Both sides are one file.
    let live = lake.open().files().unwrap();
    let whole = std::fs::read(&live[0].path).unwrap();
    std::fs::write(&live[0].path, &whole[..whole.len() - 1]).unwrap();
    let found = check(&[lake.table()], false).unwrap();
    assert!(!found.line().contains("--repair"), "{}", found.line());
    let tried = check(&[lake.table()], true).unwrap();
    assert!(tried.has_damage());
    let line = tried.line();
    assert!(line.contains("--repair can only copy what the other side"), "{line}");
    assert!(line.contains("run `ingot run-models --select sales`"), "{line}");
}

#[test]
fn a_table_without_rows_is_shown_by_a_file_without_rows() {
    let lake = Lake::with_versions();
    lake.commit(Vec::new(), &[".parquet"]);
    assert!(lake.parquet().join(ingot_lake::NO_ROWS).is_file());
    assert!(lake.plain_rows().is_empty());
    assert!(checked(&lake).findings.is_empty(), "{:#?}", checked(&lake).findings);
    // With rows again, the file is as strange as any other.
    lake.commit(vec![lake.write("z.parquet", &[(1, "2026-01-01", 1.5)])], &[]);
    assert!(!lake.parquet().join(ingot_lake::NO_ROWS).exists());
    std::fs::write(lake.parquet().join(ingot_lake::NO_ROWS), "x").unwrap();
    assert_eq!(checked(&lake).findings.len(), 1);
}
