//! A load that is killed at any moment, and then run again, gives what one undisturbed load gives.

use super::raw::{World, copy};
use super::{ask, options, run};
use ingot::report::Silent;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "INGOT_TEST_LOAD_FOLDER";

/// Not a test of its own: the process that is killed. It runs only if it is told where.
#[test]
#[ignore = "run by the test below as a process of its own"]
fn load_in_a_child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        ingot::load_bronze::load(&options(Path::new(&folder)), &Silent).unwrap();
    }
}

fn child(folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "load_bronze::killed::load_in_a_child", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
        let delta = ingot::lake::DeltaTable::open(&lake.join("bronze/delta").join(&name)).unwrap();
        let live: Vec<String> =
            delta.files().unwrap().iter().map(|file| format!("'{}'", file.path.display())).collect();
        let plain = format!("{}/**/*.parquet", lake.join("bronze/parquet").join(&name).display());
        for files in [format!("[{}]", live.join(",")), format!("'{plain}'")] {
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
    state.push(ask(
        &folder.join("warehouse.duckdb"),
        "SELECT src_path, content_hash, row_count, reject_count, status FROM manifest_processed_files ORDER BY ALL",
    ));
    state.sort();
    state
}

#[test]
fn a_killed_load_is_as_if_it_had_not_been() {
    let calm = tempfile::tempdir().unwrap();
    write_raw(&calm.path().join("raw"));
    let begun = Instant::now();
    assert!(child(calm.path()).wait().unwrap().success());
    let whole = begun.elapsed();
    let expected = state(calm.path());
    let moments = std::env::var("INGOT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6_u32);
    for moment in 1..=moments {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        copy(&calm.path().join("raw"), &folder.join("raw"));
        let mut load = child(folder);
        std::thread::sleep(Duration::from_secs_f64(
            whole.as_secs_f64() * f64::from(moment) / f64::from(moments),
        ));
        load.kill().unwrap();
        load.wait().unwrap();
        run(folder);
        let healed = state(folder);
        for (expected, healed) in expected.iter().zip(&healed) {
            assert_eq!(expected, healed, "killed at moment {moment} of {moments}");
        }
        assert_eq!(expected.len(), healed.len());
        assert_eq!(run(folder).read(), 0);
        // Nothing of the killed run is left lying about.
        for table in std::fs::read_dir(folder.join("lake/bronze/delta")).unwrap() {
            let table = ingot::lake::DeltaTable::open(&table.unwrap().path()).unwrap();
            let known: std::collections::BTreeSet<String> = (0..=table.version())
                .flat_map(|version| {
                    ingot::lake::DeltaTable::open_at(table.root(), version).unwrap().files().unwrap()
                })
                .map(|file| file.relative)
                .collect();
            for (name, _) in super::raw::listing(table.root()) {
                assert!(name.starts_with("_delta_log") || known.contains(&name), "{name} is left over");
            }
        }
    }
}
