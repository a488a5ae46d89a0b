//! Operations on the lake that are killed at any moment: readers see one of the two states, and the next one completes.

use crate::support::Sandbox;
use ingot_lake::DeltaTable;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// `id` and the number of the load.
fn deliver(project: &Sandbox, part: u32) {
    let mut text = "id,name,qty\n".to_owned();
    for row in 0..2_000 {
        text.push_str(&format!("{},n{row},{part}\n", part * 10_000 + row));
    }
    project.write(&format!("data_raw/things/part-{part:03}.csv"), &text);
    project.ingot(&["load-bronze", "--quiet"]).success();
}

fn project() -> Sandbox {
    let project = Sandbox::empty();
    let contract = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
        servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
        schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
        \x20     - {name: id, logicalType: integer, physicalType: i64, required: true}\n\
        \x20     - {name: name, logicalType: string, physicalType: str}\n\
        \x20     - {name: qty, logicalType: integer, physicalType: i32}\n";
    project.write("schemas/things.odcs.yaml", contract);
    for part in 0..6 {
        deliver(&project, part);
    }
    project
}

fn rows(project: &Sandbox) -> Vec<u64> {
    let count = |files: Vec<u64>| files.into_iter().sum();
    let delta = DeltaTable::open(&project.join("lake/bronze/delta/things")).unwrap();
    let by_delta = count(delta.files().unwrap().iter().map(|file| file.rows.unwrap()).collect());
    let mut by_parquet = 0;
    for entry in walkdir::WalkDir::new(project.join("lake/bronze/parquet/things")) {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|kind| kind == "parquet") {
            let file = std::fs::File::open(entry.path()).unwrap();
            let reader = parquet::file::serialized_reader::SerializedFileReader::new(file).unwrap();
            let metadata = parquet::file::reader::FileReader::metadata(&reader);
            by_parquet += u64::try_from(metadata.file_metadata().num_rows()).unwrap();
        }
    }
    vec![by_delta, by_parquet]
}

/// Runs the command and kills it after a while.
fn killed(project: &Sandbox, arguments: &[&str], after: Duration) {
    let mut child = project.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn optimize_restore_and_vacuum_are_all_or_nothing() {
    let project = project();
    let begun = Instant::now();
    project.ingot(&["lake", "optimize", "things", "--sort", "qty"]).success();
    let whole = begun.elapsed();
    let kills: u32 = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    for round in 0..kills {
        let after = whole * (round % 12) / 10;
        match round % 4 {
            0 => killed(
                &project,
                &["lake", "optimize", "things", "--sort", if round % 8 == 0 { "id" } else { "qty" }],
                after,
            ),
            1 => {
                killed(&project, &["lake", "restore", "things", "--as-of", "5"], after);
                assert!(rows(&project).iter().all(|count| *count == 12_000));
            }
            2 => killed(&project, &["lake", "optimize", "things"], after),
            _ => killed(&project, &["lake", "vacuum", "things"], after),
        }
        let delta = rows(&project)[0];
        assert_eq!(delta, 12_000, "round {round}");
        // A load completes the Parquet side, wherever the kill was.
        project.ingot(&["load-bronze", "--quiet"]).success();
        assert_eq!(rows(&project), [12_000, 12_000], "round {round}");
        project.ingot(&["lake", "check", "--quiet"]).success();
    }
    project.ingot(&["lake", "optimize", "things", "--sort", "id"]).success();
    project.ingot(&["lake", "vacuum", "things", "--retention", "0", "--force"]).success();
    project.ingot(&["lake", "check"]).success();
    let on_disk = walkdir::WalkDir::new(project.join("lake/bronze/delta/things"))
        .into_iter()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|kind| kind == "parquet"))
        .filter(|entry| !entry.as_ref().unwrap().path().to_string_lossy().contains("_delta_log"))
        .count();
    assert_eq!(on_disk, 1);
    deliver(&project, 99);
    assert_eq!(rows(&project), [14_000, 14_000]);
}
