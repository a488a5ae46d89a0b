//! A lake and raw files that the user may not touch.

use crate::deliveries::{deliver, partitioned};
use std::path::Path;
use std::process::Command;

/// Without root's rights: folders and files of somebody else.
#[test]
fn no_permission_is_told_and_loses_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let things = partitioned();
    deliver(&things, 1);
    let open = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // Whoever it is may keep an audit trail beside it.
    open(things.path(), 0o777);
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

fn rustix_is_root() -> bool {
    std::fs::write("/proc/self/oom_score_adj", "0").is_ok() && std::fs::File::open("/etc/shadow").is_ok()
}
