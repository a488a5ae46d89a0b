//! What goes wrong around the generator: it is killed, the disk is full, somebody else writes, nobody reads.

use crate::ledger_checks::assert_true;
use crate::raw_folder::{files, tree};
use crate::support::{Ran, Sandbox};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const BASE: [&str; 7] = ["generate", "--scale", "0.01", "--days", "59", "--late-days", "2"];
const LATER: [&str; 7] = ["generate", "--scale", "0.01", "--start-date", "2023-03-01", "--days", "45"];

/// All files but the lock, which names the process that had it last.
fn data(raw: &Path) -> BTreeMap<String, u64> {
    let mut files = tree(raw);
    files.retain(|name, _| !name.ends_with(".lock"));
    files
}

#[track_caller]
fn assert_equal(found: &BTreeMap<String, u64>, expected: &BTreeMap<String, u64>) {
    let names = |of: &BTreeMap<String, u64>, not_in: &BTreeMap<String, u64>| -> Vec<String> {
        of.iter()
            .filter(|(name, hash)| not_in.get(*name) != Some(hash))
            .map(|(name, _)| name.clone())
            .collect()
    };
    assert!(found == expected, "not so: {:?}\nmissing: {:?}", names(found, expected), names(expected, found));
}

/// Begins the command and kills it after a share of the time that it takes.
fn kill(sandbox: &Sandbox, arguments: &[&str], after: Duration) {
    let mut child = sandbox.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    // It may have ended already.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_is_completed_by_the_same_and_refused_to_another() {
    let calm = Sandbox::project();
    let time = |arguments: &[&str]| {
        let begun = Instant::now();
        calm.ingot(arguments).success();
        begun.elapsed()
    };
    let whole_base = time(&BASE);
    let base = data(&calm.join("data_raw"));
    let whole_later = time(&LATER);
    let both = data(&calm.join("data_raw"));

    let moments = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_u32);
    for moment in 1..=moments {
        let share = f64::from(moment) / f64::from(moments + 1);
        let sandbox = Sandbox::project();
        let raw = sandbox.join("data_raw");
        kill(&sandbox, &BASE, whole_base.mul_f64(share));
        if raw.join("_ledger/generate.json").exists() {
            let left = data(&raw);
            sandbox.ingot(&["generate", "--seed", "7", "--scale", "0.01"]).fails_with(2, &["--force"]);
            // Nor may a later window join what is not whole.
            if std::fs::read_to_string(raw.join("_ledger/generate.json"))
                .unwrap()
                .contains("\"complete\": false")
            {
                sandbox.ingot(&LATER).fails_with(2, &["was cut off", "--late-days 2"]);
            }
            assert_equal(&data(&raw), &left);
            leave_a_staged_commit(&raw);
        }
        sandbox.ingot(&BASE).success();
        assert_equal(&data(&raw), &base);

        kill(&sandbox, &LATER, whole_later.mul_f64(share));
        sandbox.ingot(&LATER).success();
        assert_equal(&data(&raw), &both);

        // Killed while it replaces everything.
        kill(&sandbox, &["generate", "--scale", "0.005", "--force"], whole_base.mul_f64(share * 0.3));
        let small = ["generate", "--scale", "0.001", "--days", "5"];
        let refused: Ran = sandbox.ingot(&small);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        sandbox.ingot(&[&small[..], &["--force"]].concat()).success();
        let days = files(&raw, "orders_header", "csv").len();
        assert!((5..=6).contains(&days), "{days} files of orders");
    }
}

/// What a writer leaves in the log that is killed between writing a commit and linking it to its name. A kill rarely meets that moment.
fn leave_a_staged_commit(raw: &Path) {
    let log = raw.join("returns/_delta_log");
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(log.join("00000000000000000000.json#1"), "{}").unwrap();
}

#[test]
fn two_generators_do_not_write_into_one_folder() {
    let calm = Sandbox::project();
    calm.ingot(&BASE).success();
    let sandbox = Sandbox::project();
    let children: Vec<_> = (0..3)
        .map(|_| sandbox.command(&BASE).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let mut succeeded = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            succeeded += 1;
        } else {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                told.contains("is generating into this folder") || told.contains("has changed"),
                "{told}"
            );
        }
    }
    assert!(succeeded > 0);
    assert_equal(&data(&sandbox.join("data_raw")), &data(&calm.join("data_raw")));

    // One that is held: who has it is said, and nothing is touched.
    let before = data(&sandbox.join("data_raw"));
    let path = sandbox.join("data_raw/_ledger/.lock");
    let held = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    held.lock().unwrap();
    std::fs::write(&path, "process 4711\n").unwrap();
    sandbox
        .ingot(&[&BASE[..], &["--force"]].concat())
        .fails_with(2, &["process 4711 is generating into this folder", "--out"]);
    assert_equal(&data(&sandbox.join("data_raw")), &before);
}

/// A small file system of its own, which goes away with this.
struct SmallDisk<'p>(&'p Path);

impl<'p> SmallDisk<'p> {
    /// `None` where nobody may mount one.
    fn mount(at: &'p Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0).status();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_that_says_what_to_do() {
    let sandbox = Sandbox::project();
    let disk = sandbox.join("disk");
    let Some(_mounted) = SmallDisk::mount(&disk) else {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("LEFT OUT: no file system can be mounted here, so no disk gets full");
        }
        return;
    };
    let big = ["generate", "--scale", "0.01", "--out", "disk/raw"];
    sandbox.ingot(&big).fails_with(1, &["cannot write", "No space left", "disk/raw", "--scale"]);
    assert!(tree(&disk).keys().all(|name| !name.ends_with(".inprogress")));
    sandbox
        .ingot(&["generate", "--scale", "0.001", "--out", "disk/raw"])
        .fails_with(2, &["was cut off", "--force"]);
    // What is too large goes, though there is no room left to note it.
    let small = ["generate", "--scale", "0.001", "--days", "3", "--out", "disk/raw", "--force"];
    sandbox.ingot(&small).success();
    assert_true(&disk.join("raw"));
    assert_eq!(files(&disk.join("raw"), "events", "jsonl").len(), 3);
}

/// The same without a file system of its own: one file cannot be written.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_cannot_be_written_is_named() {
    for name in [
        "products.csv",
        "shipments/part-08401.parquet",
        "exchange_rates.xlsx",
        "orders_lines/order_dt=2023-01-03/part-00000.csv",
        "_ledger/history_products.parquet",
    ] {
        let sandbox = Sandbox::project();
        let arguments = ["generate", "--scale", "0.001", "--days", "5"];
        // It is cleared away first, so the run that is disturbed is one that adds to it.
        let later = ["generate", "--scale", "0.001", "--start-date", "2023-01-06", "--days", "5"];
        sandbox.ingot(&arguments).success();
        let name = name
            .replace("08401", "08406")
            .replace("2023-01-03", "2023-01-08")
            .replace("history_products", "history_products-2023-01-06");
        let unfinished = sandbox.join(&format!("data_raw/{name}.inprogress"));
        std::fs::create_dir_all(unfinished.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", &unfinished).unwrap();
        let before = data(&sandbox.join("data_raw"));
        sandbox
            .ingot(&later)
            .fails_with(1, &["cannot write", "No space left", name.rsplit('/').next().unwrap()]);
        assert!(!unfinished.exists(), "{name}");
        // Days that were whole are still there, and the run can be repeated.
        for (name, hash) in before.iter().filter(|(name, _)| name.starts_with("orders_")) {
            assert_eq!(data(&sandbox.join("data_raw")).get(name), Some(hash));
        }
        sandbox.ingot(&later).success();
        assert_true(&sandbox.join("data_raw"));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::project();
    let generate = |out: &str| sandbox.ingot(&["generate", "--scale", "0.001", "--days", "2", "--out", out]);
    generate("generate.yaml").fails_with(2, &["cannot write", "generate.yaml", "--out"]);
    generate("generate.yaml/raw").fails_with(2, &["cannot write", "--out"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let closed = sandbox.join("closed");
        std::fs::create_dir(&closed).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
        let is_root = std::fs::write(closed.join("probe"), "").is_ok();
        if is_root {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("LEFT OUT: root may write everywhere, so a closed folder stops nobody");
            }
        } else {
            generate("closed/raw").fails_with(2, &["cannot write", "Permission denied", "--out"]);
        }
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn odd_names_and_readers_that_go_away_do_no_harm() {
    let sandbox = Sandbox::project();
    let small = ["generate", "--scale", "0.001", "--days", "3", "--out"];
    sandbox.ingot(&[&small[..], &["plain"]].concat()).success();
    let expected = data(&sandbox.join("plain"));
    let odd = "a b/'c' \u{fc} 41% {x} *";
    sandbox.ingot(&[&small[..], &[odd]].concat()).success();
    assert_equal(&data(&sandbox.join(odd)), &expected);

    // Where a Delta table cannot lie is told before anything is written.
    sandbox
        .ingot(&[&small[..], &["a%41"]].concat())
        .fails_with(2, &["% and two hexadecimal digits", "rename"]);
    assert!(!sandbox.join("a%41").exists());

    // Nobody reads what it prints.
    let mut child = sandbox
        .command(&[&small[..], &["unread"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert_equal(&data(&sandbox.join("unread")), &expected);
}
