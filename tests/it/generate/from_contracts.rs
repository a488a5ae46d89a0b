//! Data for any contract: valid files in the form of each, and defects that bronze rejects, every one and no other row.

use crate::database::Database;
use crate::support::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
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

/// Defects of whole files. Those that bronze must refuse or reject come first.
const FILE_DEFECTS: [&str; 8] = [
    "file_cut_off",
    "header_repeated",
    "file_empty",
    "delimiter_changed",
    "column_gone",
    "file_of_another_feed",
    "file_twice",
    "file_late",
];

/// Settings in which nearly every file of the contracts has a defect, each kind that is offered as often as the others.
fn damaged_files(sandbox: &Sandbox) -> String {
    let mut settings = "defects:\n".to_owned();
    for feed in ingot_contract::load_all(&sandbox.join("schemas")).unwrap() {
        // The hint about a kind that does not exist lists those that do.
        sandbox.write("generate.yaml", &format!("defects:\n  {:?}:\n    qqqqqqqqqqqq: 0\n", feed.name));
        let hint = sandbox.ingot(&["generate", "--dry-run", "--quiet"]).stderr;
        let offered: Vec<&&str> = FILE_DEFECTS.iter().filter(|kind| hint.contains(**kind)).collect();
        if !offered.is_empty() {
            settings.push_str(&format!("  {:?}:\n", feed.name));
        }
        for kind in &offered {
            settings.push_str(&format!("    {kind}: {}\n", 0.95 / offered.len() as f64));
        }
    }
    settings
}

/// The files that the last load could not take.
fn failed(sandbox: &Sandbox) -> BTreeSet<String> {
    let query = "select src_path from main.manifest_processed_files where status = 'failed'";
    Database::open(&sandbox.join("duckdb/warehouse.duckdb")).texts(query).into_iter().collect()
}

#[test]
fn bronze_refuses_exactly_the_damaged_files_of_any_contract() {
    let mut planted: BTreeMap<String, usize> = BTreeMap::new();
    for contract in contracts() {
        let sandbox = project(&contract);
        let settings = damaged_files(&sandbox);
        if !settings.contains(": 0.") {
            continue;
        }
        sandbox.write("generate.yaml", &settings);
        sandbox.ingot(&["generate", "--quiet"]).success();
        let load = sandbox.ingot(&["load-bronze", "--quiet"]);
        let ledger = "'PROJECT/data_raw/_ledger/ledger.parquet' where caught_at = 'bronze'";
        let of_rows = rows(&sandbox, &format!("{ledger} and row_number > 0"));
        assert_eq!(rejected(&sandbox), of_rows, "{}: {}", contract.display(), load.stderr);
        let of_files = rows(&sandbox, &format!("{ledger} and row_number = 0"));
        let of_files: BTreeSet<String> =
            of_files.iter().map(|row| row.trim_end_matches(" 0").to_owned()).collect();
        assert_eq!(failed(&sandbox), of_files, "{}: {}", contract.display(), load.stderr);
        assert_eq!(load.code, Some(i32::from(!of_files.is_empty())), "{}", contract.display());
        sandbox.ingot(&["verify", "--quiet"]).success();
        let path = sandbox.path().display().to_string().replace('\'', "''");
        for table in ["ledger", "late"] {
            let code = if table == "late" { "'file_late'" } else { "code" };
            let codes = format!("select {code} from '{path}/data_raw/_ledger/{table}.parquet'");
            for code in Database::in_memory().texts(&codes) {
                *planted.entry(code).or_default() += 1;
            }
        }
    }
    for kind in FILE_DEFECTS {
        assert!(planted.get(kind).is_some_and(|count| *count > 1), "{kind}: {planted:?}");
    }
}

#[test]
fn an_intact_file_in_the_place_of_a_damaged_one_is_missed() {
    let shop = contracts().into_iter().find(|path| path.ends_with("csv_hive.odcs.yaml")).unwrap();
    let sandbox = project(&shop);
    let feed = &ingot_contract::load_all(&sandbox.join("schemas")).unwrap()[0].name;
    sandbox.write("generate.yaml", &format!("defects:\n  {feed}:\n    file_empty: 0.3\n"));
    sandbox.ingot(&["generate", "--quiet"]).success();
    let empty = content(&sandbox.join("data_raw")).into_iter().find(|(path, _)| path.contains("-empty"));
    let empty = sandbox.join("data_raw").join(empty.unwrap().0);
    std::fs::copy(empty.display().to_string().replace("-empty", ""), &empty).unwrap();
    sandbox.ingot(&["load-bronze", "--quiet"]);
    sandbox.ingot(&["verify"]).fails_with(1, &["file_empty", "missed"]);
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
    for contract in ["shop.odcs.yaml", "csv_hive.odcs.yaml"] {
        join(contract);
    }
}

fn join(contract: &str) {
    let contract = contracts().into_iter().find(|path| path.ends_with(contract)).unwrap();
    let sandbox = project(&contract);
    sandbox.write("generate.yaml", &damaged_files(&sandbox));
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
