//! A damaged or lost file of a Delta log is found, and put back from its copy.

use crate::lake::Lake;
use ingot_operate::check;
use std::path::PathBuf;

fn log_files(lake: &Lake) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(lake.delta().join("_delta_log")).unwrap();
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn every_flipped_bit_of_a_log_is_found_and_put_right() {
    let lake = Lake::with_versions();
    let before = lake.rows(None);
    let mut place: usize = 11;
    for _ in 0..60 {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let files = log_files(&lake);
        let file = &files[(place >> 40) % files.len()];
        let sound = std::fs::read(file).unwrap();
        let mut bytes = sound.clone();
        let bit = (place >> 12) % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(file, bytes).unwrap();
        assert!(lake.table().open_intact().is_err(), "bit {bit} of {}", file.display());
        let found = check(&[lake.table()], false).unwrap();
        assert!(found.has_damage());
        assert_eq!((found.findings[0].what, &found.findings[0].file), ("log", file));
        assert_eq!(found.findings[0].repair, "ingot lake check gold.sales --repair");
        let repaired = check(&[lake.table()], true).unwrap();
        assert!(repaired.findings.is_empty(), "{:?}", repaired.findings);
        assert_eq!(std::fs::read(file).unwrap(), sound);
    }
    assert_eq!(lake.rows(None), before);
}

#[test]
fn a_lost_log_comes_back_and_what_the_copies_do_not_have_is_not_made_up() {
    let lake = Lake::with_versions();
    let before = lake.rows(None);
    std::fs::remove_dir_all(lake.delta().join("_delta_log")).unwrap();
    let error = lake.table().open_intact().err().unwrap();
    assert!(error.message().contains("the file of the Delta log is not there"), "{error}");
    assert_eq!(error.hint_text(), Some("run `ingot lake check gold.sales --repair`"));
    assert!(check(&[lake.table()], true).unwrap().findings.is_empty());
    assert_eq!(lake.rows(None), before);
    // The copy is damaged as well.
    let copies = lake.path().join("gold/.delta-log/sales");
    for entry in std::fs::read_dir(&copies).unwrap() {
        std::fs::write(entry.unwrap().path(), "x").unwrap();
    }
    std::fs::write(&log_files(&lake)[2], "{}").unwrap();
    let found = check(&[lake.table()], true).unwrap();
    assert_eq!(found.findings.len(), 1);
    assert_eq!(found.findings[0].repair, "ingot run-models --select sales");
}

#[test]
fn a_commit_of_another_program_is_copied_with_the_next_one() {
    let lake = Lake::with_versions();
    let copies = lake.path().join("gold/.delta-log/sales");
    let count = || std::fs::read_dir(&copies).unwrap().count();
    assert_eq!(count(), 4);
    // Without its copy, version 3 is as if another program had made it.
    let newest = log_files(&lake).pop().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    for entry in std::fs::read_dir(&copies).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with(&newest) {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    assert!(check(&[lake.table()], false).unwrap().findings.is_empty());
    lake.commit(vec![lake.write("f.parquet", &[(6, "2026-01-03", 6.5)])], &[]);
    assert_eq!(count(), 5);
}

#[test]
fn a_hole_in_a_log_is_a_loss_even_before_its_newest_checkpoint() {
    let lake = Lake::with_versions();
    let row = |version: u64| [(i64::try_from(version).unwrap(), "2026-01-03", 1.0)];
    let commit = |from: u64, to: u64| {
        for version in from..=to {
            let file = lake.write(&format!("of{version}.parquet"), &row(version));
            assert_eq!(lake.commit(vec![file], &[]), version);
        }
    };
    commit(4, 25);
    let log = lake.delta().join("_delta_log");
    let file_of = |version: u64| log.join(format!("{version:020}.json"));
    assert!(log.join(format!("{:020}.checkpoint.parquet", 19)).is_file());
    let sound = std::fs::read(file_of(7)).unwrap();
    std::fs::remove_file(file_of(7)).unwrap();
    // The next checkpoint keeps its copy.
    commit(26, 41);
    let found = check(&[lake.table()], false).unwrap();
    assert_eq!(found.findings.len(), 1, "{:?}", found.findings);
    assert_eq!((found.findings[0].what, &found.findings[0].file), ("log", &file_of(7)));
    assert_eq!(found.findings[0].repair, "ingot lake check gold.sales --repair");
    assert!(check(&[lake.table()], true).unwrap().findings.is_empty());
    assert_eq!(std::fs::read(file_of(7)).unwrap(), sound);
    // Another program has given up the beginning of the log, as Delta allows.
    for version in 0..12 {
        std::fs::remove_file(file_of(version)).unwrap();
    }
    assert!(check(&[lake.table()], false).unwrap().findings.is_empty());
    commit(42, 60);
    let copies: Vec<String> = std::fs::read_dir(lake.path().join("gold/.delta-log/sales"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(copies.iter().all(|name| name.as_str() >= format!("{:020}", 12).as_str()), "{copies:?}");
}
