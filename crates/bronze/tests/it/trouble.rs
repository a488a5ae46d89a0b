//! No room and no permission: an error, nothing half-written, and the next run completes the work.

use crate::deliveries::{deliver, partitioned};
use ingot_bronze::{FileStatus, LoadOptions, load, replay};
use ingot_core::report::Silent;
use std::path::Path;
use std::process::Command;

/// A small disk of its own, unmounted at the end.
struct Disk<'p>(&'p Path);

impl<'p> Disk<'p> {
    /// `None` where a test may not mount; that is said.
    fn mount(path: &'p Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(path)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("skipped: only root can mount a small disk to fill it");
            }
            return None;
        }
        Some(Self(path))
    }

    fn remount(&self, options: &str) {
        let done =
            Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

const ALL: &str = "SELECT count(*), count(DISTINCT id), sum(hash(id, name, qty, dt, src_filename)::HUGEINT)::VARCHAR FROM {t}";
const FILES: &str =
    "SELECT src_path, row_count, reject_count, status FROM manifest_processed_files ORDER BY 1";

#[test]
fn a_full_disk_loses_nothing() {
    let things = partitioned();
    let lake = things.lake();
    let Some(disk) = Disk::mount(&lake, "1m") else { return };
    deliver(&things, 2);
    assert!(!things.load().failed());
    let small = things.bronze(ALL);
    deliver(&things, 9);
    for size in ["1100k", "1250k", "1400k"] {
        disk.remount(&format!("size={size}"));
        let summary = load(&things.options(), &Silent).unwrap();
        assert!(summary.failed(), "with {size}");
        assert_eq!(summary.tables[0].count(FileStatus::Unchanged), 2);
        assert_eq!(summary.tables[0].count(FileStatus::Failed), 7);
        assert_eq!(things.bronze(ALL), small, "with {size}");
        assert_eq!(
            things.manifest("SELECT status, count(*) FROM manifest_processed_files GROUP BY 1 ORDER BY 1"),
            "failed|7\nloaded|2"
        );
    }
    disk.remount("size=60m");
    assert!(!things.load().failed());
    let calm = partitioned();
    deliver(&calm, 9);
    calm.load();
    assert_eq!(things.bronze(ALL), calm.bronze(ALL));
    assert_eq!(things.manifest(FILES), calm.manifest(FILES));

    // A replay without room loses no correction.
    for entry in std::fs::read_dir(lake.join("_rejects/things")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace(",bad\"", ",1\"").replace(",bad,", ",1,")).unwrap();
        }
    }
    std::fs::write(lake.join("filler"), vec![0; 1 << 20]).unwrap();
    let mut filler = std::fs::File::options().append(true).open(lake.join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    drop(filler);
    let full = replay(&things.options(), "things", None, &Silent);
    assert!(full.is_err(), "there was room after all");
    assert_eq!(things.bronze(ALL), calm.bronze(ALL));
    std::fs::remove_file(lake.join("filler")).unwrap();
    assert_eq!(replay(&things.options(), "things", None, &Silent).unwrap().loaded(), 36);
    assert_eq!(things.bronze("SELECT count(*), count(DISTINCT id) FROM {t}"), "36000|36000");
    drop(disk);
}

#[test]
fn a_lake_that_cannot_be_written_is_told_and_left_alone() {
    let things = partitioned();
    let lake = things.lake();
    let Some(disk) = Disk::mount(&lake, "8m") else { return };
    deliver(&things, 2);
    things.load();
    let small = things.bronze(ALL);
    deliver(&things, 3);
    disk.remount("ro");
    let error = load(&things.options(), &Silent).unwrap_err();
    assert!(error.to_string().contains("cannot write to the lake"), "{error}");
    assert!(matches!(error.kind(), ingot_core::error::Kind::Io(_)), "{error}");
    assert!(error.hint_text().is_some());
    // What needs no writing works.
    let dry = load(&LoadOptions { dry_run: true, ..things.options() }, &Silent).unwrap();
    assert_eq!(dry.read(), 4000);
    assert_eq!(things.bronze(ALL), small);
    disk.remount("rw");
    assert!(!things.load().failed());
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "11988");
    drop(disk);
}
