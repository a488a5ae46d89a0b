//! A load that is killed at any moment, and then run again, gives what one undisturbed load gives: the first load, one that finds new
//! deliveries, and a replay.

use crate::ask::ask;
use crate::folders::copy;
use crate::raw::World;
use crate::shop::{options, run};
use ingot_core::report::Silent;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "INGOT_TEST_LOAD_FOLDER";
const REPLAY: &str = "INGOT_TEST_REPLAY";

/// Not a test of its own: the process that is killed. It runs only if it is told where.
#[test]
#[ignore = "run by the tests below as a process of its own"]
fn work_in_a_child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        work(Path::new(&folder), std::env::var_os(REPLAY).is_some());
    }
}

fn work(folder: &Path, replay: bool) {
    if replay {
        ingot_bronze::replay(&options(folder), "orders_lines", None, &Silent).unwrap();
    } else {
        run(folder);
    }
}

fn child(folder: &Path, replay: bool) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "killed::work_in_a_child", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if replay {
        command.env(REPLAY, "1");
    }
    command.spawn().unwrap()
}

/// Enough rows that a load takes a while.
fn write_raw(raw: &Path) {
    World::write(raw);
    for day in 1..=20 {
        let mut text =
            "order_id,line_number,product_id,qty,unit_price,line_discount_pct,tax_pct\n".to_owned();
        for row in 0..3000 {
            let price = if row % 1000 == 7 { "free".to_owned() } else { format!("{}.25", row % 90) };
            text.push_str(&format!("{day}{row:05},1,{},{},{price},0.05,0.1\n", row % 50, row % 4));
        }
        let folder = raw.join(format!("orders_lines/order_dt=2023-01-{day:02}"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("part-00000.csv"), text).unwrap();
    }
}

/// What does not depend on when and by which run it was loaded.
fn state(folder: &Path) -> Vec<String> {
    let memory = Path::new(":memory:");
    let lake = folder.join("lake");
    let mut state = Vec::new();
    for table in std::fs::read_dir(lake.join("bronze/delta")).unwrap() {
        let name = table.unwrap().file_name().into_string().unwrap();
        let delta = ingot_lake::DeltaTable::open(&lake.join("bronze/delta").join(&name)).unwrap();
        let live: Vec<String> =
            delta.files().unwrap().iter().map(|file| format!("'{}'", file.path.display())).collect();
        let plain = format!("{}/**/*.parquet", lake.join("bronze/parquet").join(&name).display());
        let sides = [format!("[{}]", live.join(",")), format!("'{plain}'")];
        // A table without rows has no file of Delta that could be read.
        for files in sides.into_iter().skip(usize::from(live.is_empty())) {
            let sql = format!(
                "SELECT count(*), sum(hash(COLUMNS(* EXCLUDE (ingestion_ts)))::HUGEINT)::VARCHAR \
                 FROM read_parquet({files}, hive_partitioning = true, union_by_name = true)"
            );
            state.push(format!("{name}: {}", ask(memory, &sql)));
        }
    }
    for table in std::fs::read_dir(lake.join("_rejects")).unwrap() {
        let folder = table.unwrap().path();
        let names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(!names.iter().any(|name| name.contains("inprogress")), "{names:?}");
        let sql = format!(
            "SELECT count(*), sum(hash(COLUMNS(* EXCLUDE (run_id)))::HUGEINT)::VARCHAR FROM '{}/*.parquet'",
            folder.display()
        );
        state.push(format!("{}: {}", folder.file_name().unwrap().display(), ask(memory, &sql)));
    }
    for sql in [
        "SELECT table_name, column_name, change, evolution_mode, src_path, files FROM manifest_schema_changes ORDER BY ALL",
        "SELECT table_name, src_path, src_row_number, corrected FROM manifest_replayed_rows ORDER BY ALL",
    ] {
        state.push(ask(&folder.join("warehouse.duckdb"), sql));
    }
    for table in ["manifest_processed_files", "manifest_deliveries"] {
        let sql = format!(
            "SELECT src_path, content_hash, row_count, reject_count, status FROM {table} ORDER BY ALL"
        );
        state.push(format!("{table}: {}", ask(&folder.join("warehouse.duckdb"), &sql)));
    }
    state.sort();
    state
}

/// Kills the work at evenly spread moments, runs it to its end, and compares with `calm`, where it ran undisturbed. `prepare` makes
/// the folder in which it begins.
fn kill(calm: &Path, prepare: impl Fn(&Path), replay: bool, in_ci: u32) {
    prepare(calm);
    let begun = Instant::now();
    assert!(child(calm, replay).wait().unwrap().success());
    let whole = begun.elapsed();
    let expected = state(calm);
    let moments = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(in_ci);
    for moment in 1..=moments {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        prepare(folder);
        let mut load = child(folder, replay);
        std::thread::sleep(Duration::from_secs_f64(
            whole.as_secs_f64() * f64::from(moment) / f64::from(moments),
        ));
        load.kill().unwrap();
        load.wait().unwrap();
        leave_a_staged_commit(folder);
        work(folder, replay);
        let healed = state(folder);
        for (expected, healed) in expected.iter().zip(&healed) {
            assert_eq!(expected, healed, "killed at moment {moment} of {moments}");
        }
        assert_eq!(expected.len(), healed.len());
        assert_eq!(run(folder).read(), 0);
        nothing_is_left_over(folder);
    }
}

/// What a writer leaves in a table's log that is killed between writing a commit and linking it to its name, or while it copies
/// a file of the log. A kill rarely meets those moments, so each round has them in each table, in one that has no commit yet as
/// well.
fn leave_a_staged_commit(folder: &Path) {
    let Ok(tables) = std::fs::read_dir(folder.join("lake/bronze/delta")) else { return };
    for table in tables {
        let log = table.unwrap().path().join("_delta_log");
        std::fs::create_dir_all(&log).unwrap();
        std::fs::write(log.join("00000000000000000099.json#1"), "{}").unwrap();
    }
    // And one that is killed while it copies a file of the log.
    for (name, _) in crate::folders::listing(&folder.join("lake")) {
        if name.contains(".delta-log/")
            && let Some((of, _)) = name.rsplit_once(".json.")
        {
            let copy = |name: &str| folder.join("lake").join(name);
            std::fs::rename(copy(&name), copy(&format!("{of}.json.inprogress"))).unwrap();
        }
    }
}

/// Data files that no version of their table shows, and files that wait for a commit that never came.
fn nothing_is_left_over(folder: &Path) {
    for table in std::fs::read_dir(folder.join("lake/bronze/delta")).unwrap() {
        let table = ingot_lake::DeltaTable::open(&table.unwrap().path()).unwrap();
        let known: std::collections::BTreeSet<String> = (0..=table.version())
            .flat_map(|version| {
                ingot_lake::DeltaTable::open_at(table.root(), version).unwrap().files().unwrap()
            })
            .map(|file| file.relative)
            .collect();
        for (name, _) in crate::folders::listing(table.root()) {
            let is_log = name.starts_with("_delta_log") && !name.contains('#');
            assert!(is_log || known.contains(&name), "{name} is left over");
        }
    }
    let all = crate::folders::listing(&folder.join("lake"));
    for (name, _) in &all {
        assert!(!name.contains("inprogress") && !name.contains(".next"), "{name} is left over");
        // Each file of a log has its copy, also without a commit after it.
        if let Some((table, file)) = name.split_once("/_delta_log/")
            && file.ends_with(".json")
        {
            let copy = format!("{}/{file}.", table.replace("bronze/delta/", "bronze/.delta-log/"));
            assert!(all.iter().any(|(other, _)| other.starts_with(&copy)), "{name} has no copy");
        }
    }
}

#[test]
fn a_killed_load_is_as_if_it_had_not_been() {
    let raw = tempfile::tempdir().unwrap();
    write_raw(raw.path());
    let calm = tempfile::tempdir().unwrap();
    kill(calm.path(), |folder| copy(raw.path(), &folder.join("raw")), false, 6);
}

#[test]
fn a_killed_load_of_new_deliveries_is_as_if_it_had_not_been() {
    let before = tempfile::tempdir().unwrap();
    write_raw(&before.path().join("raw"));
    run(before.path());
    // The second window: a dimension again, a day again with a new column, a new day, a version of returns.
    let raw = before.path().join("raw");
    World::write_suppliers(&raw, 5);
    World::delete_return(&raw, 1);
    let day = raw.join("orders_lines/order_dt=2023-01-03/part-00000.csv");
    let text = std::fs::read_to_string(&day).unwrap();
    let longer: String = text
        .lines()
        .enumerate()
        .map(|(row, line)| format!("{line},{}\n", if row == 0 { "gift".to_owned() } else { row.to_string() }))
        .collect();
    std::fs::write(&day, longer).unwrap();
    let new_day = raw.join("orders_lines/order_dt=2023-02-01");
    std::fs::create_dir_all(&new_day).unwrap();
    std::fs::write(new_day.join("part-00000.csv"), text).unwrap();
    let calm = tempfile::tempdir().unwrap();
    kill(calm.path(), |folder| copy(before.path(), folder), false, 3);
}

#[test]
fn a_killed_replay_is_as_if_it_had_not_been() {
    let before = tempfile::tempdir().unwrap();
    write_raw(&before.path().join("raw"));
    run(before.path());
    for entry in std::fs::read_dir(before.path().join("lake/_rejects/orders_lines")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            // Every second one is put right.
            let text = std::fs::read_to_string(&path).unwrap();
            let mut odd = false;
            let edited: String = text
                .lines()
                .map(|line| {
                    odd = !odd;
                    format!(
                        "{}\n",
                        if odd { line.replace(",free,0.05", ",1.5,0.05") } else { line.to_owned() }
                    )
                })
                .collect();
            assert_ne!(edited, text);
            std::fs::write(&path, edited).unwrap();
        }
    }
    let calm = tempfile::tempdir().unwrap();
    kill(calm.path(), |folder| copy(before.path(), folder), true, 3);
    assert_eq!(
        ask(&calm.path().join("warehouse.duckdb"), "SELECT count(*) FROM manifest_replayed_rows"),
        "30"
    );
}
