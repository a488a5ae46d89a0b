//! Data for any contract: valid files in the form of each, and defects that bronze rejects, every one and no other row.

use crate::database::Database;
use crate::support::Sandbox;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The contracts of this folder, a file each: forms of files, dialects, keys, nested values, and examples of the standard.
fn contracts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/generate/contracts");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn project(contract: &Path) -> Sandbox {
    let sandbox = Sandbox::empty();
    let name = contract.file_name().unwrap().to_str().unwrap();
    sandbox.write(&format!("schemas/{name}"), &std::fs::read_to_string(contract).unwrap());
    sandbox
}

fn clear(sandbox: &Sandbox) {
    for folder in ["data_raw", "lake", "duckdb"] {
        std::fs::remove_dir_all(sandbox.join(folder)).unwrap();
    }
}

/// `file` and `row_number` of the rows of a query.
fn rows(sandbox: &Sandbox, from: &str) -> BTreeSet<String> {
    let path = sandbox.path().display().to_string().replace('\'', "''");
    let query = format!("select file || ' ' || row_number from {}", from.replace("PROJECT", &path));
    Database::in_memory().texts(&query).into_iter().collect()
}

fn rejected(sandbox: &Sandbox) -> BTreeSet<String> {
    let rejects = sandbox.join("lake/_rejects");
    if !rejects.exists() {
        return BTreeSet::new();
    }
    rows(sandbox, "read_parquet('PROJECT/lake/_rejects/**/*.parquet', union_by_name = true)")
}

#[test]
fn bronze_rejects_exactly_the_planted_defects_of_any_contract() {
    let all = contracts();
    assert!(all.len() >= 30, "{} contracts", all.len());
    let mut planted = 0;
    for contract in all {
        let sandbox = project(&contract);
        sandbox.ingot(&["generate", "--no-defects", "--quiet"]).success();
        sandbox.ingot(&["load-bronze", "--quiet"]).success();
        assert_eq!(rejected(&sandbox), BTreeSet::new(), "{}", contract.display());
        let loaded = sandbox.ingot(&["bronze", "status", "--format", "json"]).success().stdout;
        assert!(loaded.contains("\"rows"), "{loaded}");

        clear(&sandbox);
        sandbox.ingot(&["generate", "--quiet"]).success();
        let load = sandbox.ingot(&["load-bronze", "--quiet"]);
        assert!(load.code == Some(0), "{}: {}", contract.display(), load.stderr);
        let ledger = rows(&sandbox, "'PROJECT/data_raw/_ledger/ledger.parquet' where caught_at = 'bronze'");
        assert_eq!(rejected(&sandbox), ledger, "{}", contract.display());
        sandbox.ingot(&["verify", "--quiet"]).success();
        planted += ledger.len();
    }
    assert!(planted > 300, "{planted}");
}

/// Path and content of every file under a folder, but for the lock.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != ".lock")
        .map(|entry| {
            let relative = entry.path().strip_prefix(folder).unwrap().display().to_string();
            (relative, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for contract in contracts() {
        let sandbox = project(&contract);
        for (threads, out) in [("1", "one"), ("8", "eight")] {
            sandbox.ingot(&["generate", "--quiet", "--jobs", threads, "--out", out]).success();
        }
        let (one, eight) = (content(&sandbox.join("one")), content(&sandbox.join("eight")));
        assert!(one.len() > 5, "{}", contract.display());
        assert!(one == eight, "{}", contract.display());
    }
}

#[test]
fn windows_join() {
    let shop = contracts().into_iter().find(|path| path.ends_with("shop.odcs.yaml")).unwrap();
    let sandbox = project(&shop);
    sandbox.ingot(&["generate", "--quiet", "--days", "20", "--out", "whole"]).success();
    sandbox.ingot(&["generate", "--quiet", "--days", "12", "--out", "parts"]).success();
    sandbox
        .ingot(&["generate", "--quiet", "--start-date", "2023-01-13", "--days", "8", "--out", "parts"])
        .success();
    let data = |folder: &str| {
        let mut files = content(&sandbox.join(folder));
        files.retain(|(path, _)| !path.starts_with("_ledger"));
        files
    };
    assert!(data("whole") == data("parts"));
    sandbox
        .ingot(&["generate", "--seed", "7", "--out", "parts"])
        .fails_with(2, &["made with another seed", "--force"]);
}

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\n\
                    servers: [{server: raw, type: local, path: t.csv, format: csv}]\nschema:\n  - name: t\n";

/// A project with one table of these rows.
fn table(object: &str, properties: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("schemas/t.odcs.yaml", &format!("{HEAD}{object}    properties:\n{properties}"));
    sandbox
}

fn one(sandbox: &Sandbox, select: &str) -> String {
    let file = sandbox.join("data_raw/t.csv").display().to_string().replace('\'', "''");
    Database::in_memory().texts(&format!("select ({select})::varchar from '{file}'")).remove(0)
}

#[test]
fn values_are_spread_as_the_contract_says() {
    let sandbox = table(
        "    customProperties: [{property: ingot.generate, value: {rows: 20000, locale: fr}}]\n",
        "      - {name: id, logicalType: integer, required: true, customProperties: [{property: ingot.generate, value: {sequence: {start: 1000, step: 5}}}]}\n\
        \x20     - {name: size, logicalType: number, required: true, customProperties: [{property: ingot.generate, value: {distribution: normal, mean: 50, deviation: 10}}]}\n\
        \x20     - {name: pay, logicalType: number, required: true, customProperties: [{property: ingot.generate, value: {distribution: log-normal, median: 40, sigma: 0.5}}]}\n\
        \x20     - {name: rank, logicalType: integer, required: true, customProperties: [{property: ingot.generate, value: {distribution: zipf, min: 1, max: 100}}]}\n\
        \x20     - {name: state, logicalType: string, required: true, customProperties: [{property: ingot.generate, value: {values: {paid: 8, open: 2}}}]}\n\
        \x20     - {name: twice, logicalType: number, customProperties: [{property: ingot.generate, value: {expression: \"round(size * 2, 1)\"}}]}\n\
        \x20     - {name: remark, logicalType: string, customProperties: [{property: ingot.generate, value: {kind: sentence, nulls: 0.5}}]}\n\
        \x20     - {name: mail, logicalType: string, required: true}\n",
    );
    sandbox.ingot(&["generate", "--no-defects", "--quiet"]).success();
    for (select, wanted) in [
        ("min(id) || ' ' || max(id) || ' ' || count(distinct id)", "1000 100995 20000"),
        ("abs(avg(size) - 50) < 0.5 and abs(stddev(size) - 10) < 0.5", "true"),
        ("abs(median(pay) - 40) < 1", "true"),
        ("count(*) filter (rank = 1) > 5 * count(*) filter (rank = 10) and max(rank) <= 100", "true"),
        ("abs(avg((state = 'paid')::int) - 0.8) < 0.02", "true"),
        ("bool_and(abs(twice - size * 2) < 0.051)", "true"),
        ("abs(avg((remark is null)::int) - 0.5) < 0.02", "true"),
        ("bool_and(mail like '%@%')", "true"),
    ] {
        assert_eq!(one(&sandbox, select), wanted, "{select}");
    }
}

#[test]
fn rates_and_hints_are_checked() {
    let properties =
        "      - {name: n, logicalType: integer, required: true, logicalTypeOptions: {maximum: 9}}\n";
    let sandbox = table("", properties);
    sandbox.write("generate.yaml", "defects:\n  t:\n    n_not_a_number: 0.5\n    n_above_maximum: 0\n");
    sandbox.ingot(&["generate", "--quiet"]).success();
    let count: usize = one(&sandbox, "count(*) filter (n::varchar = 'many')").parse().unwrap();
    assert!((400..600).contains(&count), "{count}");
    sandbox.write("generate.yaml", "defects:\n  t:\n    n_not_number: 0.5\n");
    sandbox
        .ingot(&["generate"])
        .fails_with(2, &["no defect of t 'n_not_number'", "generate.yaml:3", "n_not_a_number"]);
    sandbox.write("generate.yaml", "world: shop\n");
    sandbox.ingot(&["generate"]).fails_with(2, &["no world 'shop'", "generate.yaml:1"]);

    for (hint, message) in [
        ("{kind: emial}", "the generator does not know 'emial'"),
        ("{value: [a]}", "the generator does not know 'value'"),
        ("{expression: \"m * 2\"}", "needs a column 'm'"),
        ("{nulls: 0.5}", "can have no nulls"),
        ("{values: [12]}", "'12' is not a value that its rules allow"),
        ("{mean: 5}", "without effect"),
    ] {
        let hinted = properties.replace(
            "{maximum: 9}",
            &format!("{{maximum: 9}}, customProperties: [{{property: ingot.generate, value: {hint}}}]"),
        );
        table("", &hinted).ingot(&["generate"]).fails_with(2, &[message, "t.odcs.yaml"]);
    }
    let impossible = "      - {name: a, logicalType: string, required: true, logicalTypeOptions: {pattern: \"^x$\", minLength: 5}}\n";
    table("", impossible)
        .ingot(&["generate"])
        .fails_with(2, &["cannot make values for column 'a'", "ingot.generate"]);
}
