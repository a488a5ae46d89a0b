//! `ingot env` and `ingot promote`: a tested state goes from one environment to another without a rebuild and without space.

use super::{deliver, entries, shop};
use crate::database::Database;
use crate::support::Sandbox;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The shop with an environment `test` that was loaded and tested, and an empty one, `prod`.
fn tested() -> Sandbox {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00"), (2, "bob", "5.50"), (3, "ann", "many")]);
    shop.ingot(&["env", "add", "test"]).success();
    shop.ingot(&["env", "add", "prod"]).success();
    load_and_run(&shop, "test");
    shop
}

fn load_and_run(shop: &Sandbox, environment: &str) {
    shop.ingot(&["load-bronze", "--quiet", "--target", environment]).success();
    shop.ingot(&["run-models", "--quiet", "--target", environment]).success();
}

fn orders(shop: &Sandbox, environment: &str) -> Vec<String> {
    let database = Database::in_memory();
    let file = shop.join(&format!("environments/{environment}/duckdb/warehouse.duckdb"));
    let quoted = file.to_string_lossy().replace('\'', "''");
    database.execute(&format!("attach '{quoted}' as w (read_only)"));
    database.texts("select customer || ' ' || orders from w.gold.customers order by 1")
}

/// The blocks of 512 bytes below a folder, each inode once, that are not among `known`; and the inodes.
fn blocks(folder: &Path, known: &BTreeSet<u64>) -> (u64, BTreeSet<u64>) {
    let (mut blocks, mut inodes) = (0, BTreeSet::new());
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
        let about = entry.path().symlink_metadata().unwrap();
        if entry.file_type().is_file() && !known.contains(&about.ino()) && inodes.insert(about.ino()) {
            blocks += about.blocks();
        }
    }
    (blocks, inodes)
}

fn parquet_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    files
        .map(|entry| entry.into_path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "parquet"))
        .collect()
}

#[test]
fn environments_do_not_see_each_other() {
    let shop = tested();
    assert_eq!(orders(&shop, "test"), ["ann 1", "bob 1"]);
    assert!(
        !shop.join("lake").exists()
            && !shop.join("duckdb").exists()
            && !shop.join("environments/prod/lake").exists()
    );
    // What templates see, and where commands are typed.
    shop.write("models/gold/where_it_is.sql", "select '{{ target.name }}' as name");
    shop.ingot(&["run-models", "--target", "prod"]).fails_with(2, &["environments/prod/lake/bronze"]);
    load_and_run(&shop, "prod");
    let shown =
        shop.ingot(&["query", "from gold.where_it_is", "--format", "csv", "--target", "prod"]).success();
    assert!(shown.stdout.contains("prod"), "{}", shown.stdout);
    // A name that nobody knows is not the project itself.
    shop.ingot(&["load-bronze", "--target", "pord"]).fails_with(2, &["there is no environment 'pord'"]);
    let listed = shop.ingot(&["env", "--format", "json"]).success();
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed["environments"].as_array().unwrap().len(), 2);
    shop.ingot(&["env", "add", "prod"]).fails_with(2, &["already"]);
}

#[test]
fn a_tested_state_is_promoted_with_its_versions_and_shares_its_files() {
    let shop = tested();
    let (test, prod) = (shop.join("environments/test"), shop.join("environments/prod"));
    shop.ingot(&["promote", "test", "prod", "--dry-run"]).success();
    assert!(!prod.join("lake").exists());
    let (_, known) = blocks(&test, &BTreeSet::new());
    let ran = shop.ingot(&["promote", "test", "prod"]).success();
    assert!(ran.stdout.contains("from 'test' to 'prod'"), "{}", ran.stdout);
    assert_eq!(orders(&shop, "prod"), ["ann 1", "bob 1"]);
    for file in parquet_files(&test.join("lake")) {
        let other = prod.join(file.strip_prefix(&test).unwrap());
        let is_history =
            file.starts_with(test.join("lake/_runs")) || file.starts_with(test.join("lake/_rejects"));
        let is_same = std::fs::metadata(&other)
            .is_ok_and(|other| other.ino() == std::fs::metadata(&file).unwrap().ino());
        assert!(is_same || is_history, "{}", file.display());
    }
    // The tables cost nothing: what is new are files of a few kilobytes.
    let (new, _) = blocks(&prod.join("lake"), &known);
    assert!(new < 400, "{new} blocks of the lake are new");
    // Nor does the warehouse. A copy that shares its blocks is no file with two names.
    let warehouses = [&test, &prod].map(|environment| environment.join("duckdb/warehouse.duckdb"));
    let notes = [&test, &prod].map(|environment| environment.join("duckdb/.warehouse.duckdb.shared"));
    let file = |path: &Path| std::fs::metadata(path).unwrap();
    let is_shared = file(&warehouses[0]).ino() == file(&warehouses[1]).ino();
    assert_eq!(notes.clone().map(|note| note.is_file()), [is_shared; 2]);
    assert_eq!(file(&warehouses[0]).permissions().readonly(), is_shared);

    // The folder also has a note of the program that wrote it.
    let is_trail = |one: &std::fs::DirEntry| one.path().extension().is_some_and(|ending| ending == "jsonl");
    let trail = std::fs::read_dir(prod.join("audit")).unwrap().flatten().find(is_trail);
    let trail = std::fs::read_to_string(trail.unwrap().path()).unwrap();
    assert!(trail.contains("\"command\":\"promote\"") && trail.contains("\"from\":\"test\""), "{trail}");
    assert_eq!(entries(&shop).len(), 0, "the project itself was not changed");
    shop.ingot(&["audit", "verify", "--target", "prod"]).success();
    shop.ingot(&["lake", "check", "--target", "prod"]).success();
    shop.ingot(&["doctor", "--target", "prod"]);

    // From here on, neither sees what the other does.
    deliver(&shop, 2, &[(4, "ann", "1.00")]);
    load_and_run(&shop, "test");
    assert_ne!(file(&warehouses[0]).ino(), file(&warehouses[1]).ino());
    assert!(!notes[0].exists() && !file(&warehouses[0]).permissions().readonly());
    assert_eq!(
        (orders(&shop, "test"), orders(&shop, "prod")),
        (vec!["ann 2".into(), "bob 1".into()], vec!["ann 1".into(), "bob 1".into()])
    );
    shop.ingot(&["lake", "vacuum", "--retention", "0", "--force", "--target", "test"]).success();
    shop.ingot(&["lake", "check", "--target", "prod"]).success();
    load_and_run(&shop, "prod");
    assert_eq!(orders(&shop, "prod"), ["ann 2", "bob 1"]);
    assert!(!notes[1].exists() && !file(&warehouses[1]).permissions().readonly());
    // A state takes the place of another one.
    deliver(&shop, 3, &[(5, "cid", "1.00")]);
    load_and_run(&shop, "test");
    shop.ingot(&["promote", "test", "prod"]).success();
    assert_eq!(orders(&shop, "prod"), ["ann 2", "bob 1", "cid 1"]);
    let left: Vec<String> = std::fs::read_dir(shop.join("environments"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, [] as [&str; 0], "nothing is left of the old state");
}

#[test]
fn what_was_not_tested_as_it_is_is_refused() {
    let shop = tested();
    let refused = |words: &[&str]| {
        shop.ingot(&["promote", "test", "prod"])
            .fails_with(1, &[&["was not tested as it is"], words].concat());
        assert!(!shop.join("environments/prod/lake").exists());
    };
    let run = || shop.ingot(&["run-models", "--quiet", "--target", "test"]);
    // Loaded since.
    deliver(&shop, 2, &[(4, "cid", "1.00")]);
    shop.ingot(&["load-bronze", "--quiet", "--target", "test"]).success();
    refused(&["loaded after the last run"]);
    run().success();
    // The model has changed since.
    let model = std::fs::read_to_string(shop.join("models/gold/customers.sql")).unwrap();
    shop.write("models/gold/customers.sql", &format!("{model} having count(*) > 0"));
    refused(&["customers has changed since the last run"]);
    // A part of it was run.
    shop.ingot(&["run-models", "--quiet", "--target", "test", "--select", "customers"]).success();
    refused(&["silver.stg_orders: the last run did not build it"]);
    // A test fails.
    shop.write(
        "models/gold/customers.sql",
        "select 'ann' as customer, 1 as orders, 1 as amount from range(2)",
    );
    run().fails_with(1, &[]);
    refused(&["'fail'"]);
    shop.write("models/gold/customers.sql", &model);
    run().success();
    // Somebody has written to the warehouse.
    Database::open(&shop.join("environments/test/duckdb/warehouse.duckdb"))
        .execute("create table gold.extra as select 1 as a");
    refused(&["was written after the last run"]);
    run().success();
    shop.ingot(&["promote", "test", "prod"]).success();
    // Nowhere to go, and nothing to go.
    shop.ingot(&["promote", "test", "test"]).fails_with(2, &["the same environment"]);
    shop.ingot(&["promote", "test", "local"]).fails_with(2, &["the project itself"]);
    shop.ingot(&["promote", "test", "nowhere"]).fails_with(2, &["ingot env add nowhere"]);
    shop.ingot(&["env", "add", "empty"]).success();
    shop.ingot(&["promote", "empty", "prod"]).fails_with(2, &["'empty' has no data yet"]);
}

#[test]
fn an_environment_begins_with_the_state_of_another_tested_or_not() {
    let shop = shop();
    deliver(&shop, 1, &[(1, "ann", "10.00")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["run-models", "--quiet"]).success();
    deliver(&shop, 2, &[(2, "bob", "10.00")]);
    shop.ingot(&["load-bronze", "--quiet"]).success();
    shop.ingot(&["env", "add", "dev", "--from", "nowhere"]).fails_with(2, &["nowhere"]);
    assert!(!shop.join("environments/dev").exists());
    shop.ingot(&["env", "add", "dev", "--from", "local"]).success();
    assert_eq!(orders(&shop, "dev"), ["ann 1"]);
    shop.ingot(&["run-models", "--quiet", "--target", "dev"]).success();
    assert_eq!(orders(&shop, "dev"), ["ann 1", "bob 1"]);
}

#[test]
fn a_promotion_that_is_killed_at_any_moment_is_not_made_or_completed() {
    let shop = tested();
    shop.ingot(&["promote", "test", "prod"]).success();
    let (before, mut seen) = (orders(&shop, "prod"), BTreeSet::new());
    for number in 0..25_u32 {
        deliver(&shop, number + 2, &[(number + 10, "zoe", "1.00")]);
        load_and_run(&shop, "test");
        let old = orders(&shop, "prod");
        let new = orders(&shop, "test");
        assert_ne!(old, new);
        let mut child = shop
            .command(&["promote", "test", "prod"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(u64::from(number) * 8));
        let _ = child.kill();
        child.wait().unwrap();
        // Any command in the environment completes what was begun and ready.
        shop.ingot(&["status", "--target", "prod"]);
        let found = orders(&shop, "prod");
        assert!(found == old || found == new, "{found:?}");
        seen.insert(found == new);
        shop.ingot(&["lake", "check", "--target", "prod"]).success();
        if found == old {
            shop.ingot(&["promote", "test", "prod"]).success();
        }
        assert_eq!(orders(&shop, "prod"), new);
    }
    assert_ne!(before, orders(&shop, "prod"));
    assert!(seen.contains(&false), "it was never killed early enough");
}
