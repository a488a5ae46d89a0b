//! No damaged file is read as other values: a run refuses it, and the command that the error names repairs it.

use crate::database::Database;
use crate::support::Sandbox;
use ingot_lake::DeltaTable;
use std::path::PathBuf;

/// The retail project with a few days of data, built.
fn project() -> Sandbox {
    let project = Sandbox::project();
    let window = ["generate", "--quiet", "--scale", "0.01", "--start-date", "2024-06-10", "--days", "24"];
    project.ingot(&window).success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
    project
}

/// The data files of a layer, with the names of their tables.
fn data_files(project: &Sandbox, layer: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(project.join(&format!("lake/{layer}/delta"))).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let files = DeltaTable::open(&folder).unwrap().files().unwrap();
        found.extend(files.into_iter().map(|file| (name.clone(), file.path)));
    }
    found.sort();
    found
}

/// What a table of the warehouse holds, in one text.
fn content(project: &Sandbox, tables: &[&str]) -> Vec<String> {
    let database = Database::in_memory();
    let file = project.join("duckdb/warehouse.duckdb");
    database.execute(&format!("attach '{}' as w (read_only)", file.to_string_lossy().replace('\'', "''")));
    let hash = |table: &&str| {
        database.int(&format!(
            "select (count(*) * 31 + coalesce(bit_xor(hash(t)), 0) % 1000000007)::bigint from w.{table} as t"
        ))
    };
    tables.iter().map(|table| format!("{table} {}", hash(table))).collect()
}

/// Flips one bit; the places are spread by a fixed sequence.
fn flip(path: &PathBuf, place: u64) -> Vec<u8> {
    let sound = std::fs::read(path).unwrap();
    let mut bytes = sound.clone();
    let bit = usize::try_from(place % (bytes.len() as u64 * 8)).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    std::fs::write(path, bytes).unwrap();
    sound
}

fn next(place: &mut u64) -> u64 {
    *place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *place >> 20
}

#[test]
fn a_flipped_bit_in_bronze_is_refused_by_name_and_repaired_by_the_named_command() {
    let project = project();
    let tables = ["gold.dim_customer", "gold.fct_sales", "gold.dim_store"];
    let before = content(&project, &tables);
    let files = data_files(&project, "bronze");
    let (mut place, tries) = (3_u64, tries(12));
    for _ in 0..tries {
        let (table, path) = &files[usize::try_from(next(&mut place)).unwrap() % files.len()];
        let sound = flip(path, next(&mut place));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let repair = format!("run `ingot bronze reload --table {table}`");
        project.ingot(&["run-models"]).fails_with(1, &[&name, &repair, "nothing was run"]);
        std::fs::write(path, sound).unwrap();
    }
    // The last one is repaired by what the error says.
    let (table, path) = &files[0];
    flip(path, 12_345);
    project.ingot(&["run-models", "--quiet"]).fails_with(1, &["nothing was run"]);
    project.ingot(&["lake", "check"]).fails_with(1, &["damaged"]);
    project.ingot(&["bronze", "reload", "--table", table]).success();
    project.ingot(&["lake", "check"]).success();
    project.ingot(&["run-models", "--quiet", "--force", "--verify", "all"]).success();
    assert_eq!(content(&project, &tables), before);
    // The history knows what happened.
    let runs = project.ingot(&["runs", "--format", "json", "--limit", "3"]).success().stdout;
    let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
    let commands: Vec<&str> = (0..3).map(|at| runs[at]["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["run-models", "bronze reload", "run-models"]);
    assert_eq!((&runs[0]["result"], &runs[2]["result"]), (&"ok".into(), &"failed".into()));
    assert!(runs[2]["error"].as_str().unwrap().starts_with("nothing was run"), "{runs:#}");
    assert!(runs[0]["parts"].as_i64().unwrap() > 100);
    project.ingot(&["runs", "show", runs[0]["run"].as_str().unwrap()]).success();
    project.ingot(&["runs", "parts"]).success();
}

/// How many bits are flipped: few in the ordinary run of tests, as many as one wants in a soak.
fn tries(few: u32) -> u32 {
    std::env::var("INGOT_TEST_FLIPS").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

#[test]
fn damage_on_every_side_is_named_and_repaired() {
    let project = project();
    copies_are_written_again_by_the_named_command(&project);
    what_somebody_took_from_the_parquet_side_is_put_back(&project);
    an_error_of_the_engine_is_followed_by_the_name_of_the_damaged_file(&project);
}

fn copies_are_written_again_by_the_named_command(project: &Sandbox) {
    for (layer, table) in [("silver", "stores"), ("gold", "dim_store")] {
        let file = || data_files(project, layer).into_iter().find(|(name, _)| name == table).unwrap().1;
        let select = ["run-models", "--quiet", "--select", table];
        flip(&file(), 4_321);
        project
            .ingot(&["lake", "check", &format!("{layer}.{table}")])
            .fails_with(1, &[&format!("ingot run-models --select {table}")]);
        project.ingot(&select).success();
        project.ingot(&["lake", "check", &format!("{layer}.{table}")]).success();
        std::fs::remove_file(file()).unwrap();
        project.ingot(&["lake", "check", &format!("{layer}.{table}")]).fails_with(1, &["missing"]);
        project.ingot(&select).success();
        project.ingot(&["lake", "check", &format!("{layer}.{table}")]).success();
    }
}

fn what_somebody_took_from_the_parquet_side_is_put_back(project: &Sandbox) {
    let (_, path) = data_files(project, "bronze").remove(0);
    let shown = PathBuf::from(path.to_string_lossy().replace("/delta/", "/parquet/"));
    std::fs::remove_file(&shown).unwrap();
    project.ingot(&["run-models", "--quiet"]).success();
    assert!(shown.is_file());
}

fn an_error_of_the_engine_is_followed_by_the_name_of_the_damaged_file(project: &Sandbox) {
    let files = data_files(project, "bronze");
    let (_, path) = files.iter().find(|(table, _)| table == "stores").unwrap();
    // The end of the file says where its columns are.
    let mut bytes = std::fs::read(path).unwrap();
    let end = bytes.len();
    bytes[end - 60..end - 20].fill(0xff);
    std::fs::write(path, bytes).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    project.ingot(&["run-models", "--force", "--verify", "none"]).fails_with(
        1,
        &[&name, "its bytes are not those that were written", "ingot bronze reload --table stores"],
    );
}
