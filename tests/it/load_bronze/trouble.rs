//! No room and no permission: an error, nothing half-written, and the next run completes the work.

use super::things::{Terms, Things};
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

/// Rows that hardly compress.
fn deliver(things: &Things, parts: u64) {
    for part in 0..parts {
        let mut text = "id,name,qty\n".to_owned();
        let mut state = part + 1;
        for row in 0..4000_u64 {
            let mut name = String::new();
            for _ in 0..4 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                name.push_str(&format!("{state:016x}"));
            }
            let qty = if row % 1000 == 3 { "bad".to_owned() } else { row.to_string() };
            text.push_str(&format!("{},{name},{qty}\n", part * 10_000 + row));
        }
        things.write(&format!("raw/things/dt=2023-01-{:02}/part.csv", part + 1), &text);
    }
}

fn partitioned() -> Things {
    Things::new(&Terms { partition: Some("dt"), path: "things/dt={dt}/*.csv", ..Terms::default() })
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
    for size in ["1100k", "1400k", "1700k"] {
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
    assert_eq!(*error.kind(), ingot_core::error::Kind::Invalid);
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

/// Without root's rights: folders and files of somebody else.
#[cfg(unix)]
#[test]
fn no_permission_is_told_and_loses_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let things = partitioned();
    deliver(&things, 1);
    let open = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(things.path(), 0o755);
    std::fs::create_dir(things.lake()).unwrap();
    open(&things.lake(), 0o555);
    let secret = things.path().join("raw/things/dt=2023-01-01/secret.csv");
    std::fs::write(&secret, "id,name,qty\n1,a,1\n").unwrap();
    open(&secret, 0o000);
    let is_root = rustix_is_root();
    let run = |lake: &Path, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingot"));
        command.arg("load-bronze").args(arguments).arg("--project-dir").arg(things.path());
        command.arg("--raw").arg(things.path().join("raw")).arg("--lake").arg(lake);
        command.arg("--manifest").arg(lake.join("w.duckdb"));
        if is_root {
            command.uid(65534).gid(65534);
        }
        command.output()
    };
    let Ok(output) = run(&things.lake(), &[]) else {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: the program cannot be run by another user here");
        }
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("cannot write to the lake") && said.contains("check who owns the folder"),
        "{said}"
    );
    assert_eq!(std::fs::read_dir(things.lake()).unwrap().count(), 0);

    // Where it may write, the file that it may not read is told, and the other is loaded.
    let lake = things.path().join("other");
    std::fs::create_dir(&lake).unwrap();
    open(&lake, 0o777);
    let output = run(&lake, &["--format", "json"]).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["rows_accepted"], 3996);
    assert!(told["tables"][0]["files"][1]["error"].as_str().unwrap().starts_with("NO_PERMISSION"), "{told}");
}

#[cfg(unix)]
fn rustix_is_root() -> bool {
    std::fs::write("/proc/self/oom_score_adj", "0").is_ok() && std::fs::File::open("/etc/shadow").is_ok()
}
