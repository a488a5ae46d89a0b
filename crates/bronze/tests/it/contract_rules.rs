//! Contracts as other tools write them: every option and every metric of the standard, in files that break them.

use crate::feed::read_rows;
use ingot_bronze::{LoadOptions, LoadSummary, load};
use ingot_core::report::Silent;
use std::path::Path;
use tempfile::TempDir;

/// A project of one contract, whose `schema` is given, and one CSV file `t.csv`.
struct Project(TempDir);

impl Project {
    fn new(schema: &str) -> Self {
        let text = format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\n\
             servers:\n  - {{server: files, type: local, path: \"./t*.csv\", format: csv}}\nschema:\n{schema}"
        );
        let folder = tempfile::tempdir().unwrap();
        for name in ["schemas", "raw"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("schemas/contract.yaml"), text).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path("raw").join(name), text).unwrap();
        self
    }

    fn load(&self) -> LoadSummary {
        let options = LoadOptions {
            jobs: 1,
            ..LoadOptions::new(
                self.path("raw"),
                self.path("lake"),
                self.path("warehouse.duckdb"),
                self.path("schemas"),
            )
        };
        load(&options, &Silent).unwrap()
    }

    /// Codes of each rejected row.
    fn codes(&self) -> Vec<(u64, String)> {
        let mut codes: Vec<(u64, String)> = read_rows(&self.path("lake/_rejects/t"))
            .iter()
            .map(|row| (row["row_number"].parse().unwrap(), row["reason_codes"].clone()))
            .collect();
        codes.sort();
        codes
    }

    /// Loads, and returns why the table was not loaded; nothing of it may be there.
    fn refusal(&self) -> String {
        let summary = self.load();
        assert!(summary.failed());
        assert!(!has_files(&self.path("lake/bronze/delta/t")), "a refused table left files");
        assert!(!has_files(&self.path("lake/_rejects/t")), "a refused table left rejects");
        summary.tables[0].error.clone().expect("the table should be refused")
    }
}

fn has_files(folder: &Path) -> bool {
    walkdir::WalkDir::new(folder).into_iter().flatten().any(|entry| entry.file_type().is_file())
}

#[test]
fn every_option_of_the_case_rejects_its_row() {
    let project = Project::new(
        "  - name: t
    properties:
      - {name: 'no', logicalType: string, physicalType: VARCHAR(11), required: true, logicalTypeOptions: {minLength: 4, maxLength: 10, pattern: '^P[0-9]+$'}}
      - {name: weight, logicalType: number, physicalType: 'DECIMAL(8,3)', logicalTypeOptions: {minimum: 0, exclusiveMaximum: 100}}
      - {name: n, logicalType: integer, logicalTypeOptions: {multipleOf: 5, format: i8}}
      - {name: email, logicalType: string, logicalTypeOptions: {format: email}}
      - {name: day, logicalType: date, logicalTypeOptions: {minimum: '2024-01-01', exclusiveMaximum: '2025-01-01'}}
      - {name: kind, physicalType: string, enum: [a, {value: b}]}
",
    );
    project.write(
        "t.csv",
        "no,weight,n,email,day,kind\n\
         P1234,2,5,a@b.de,2024-12-31,b\n\
         X1,-5,3,nonsense,2023-12-31,c\n\
         P12345678901,100,500,,2025-01-01,a\n\
         P1234,99.999,-5,,2024-01-01,\n",
    );
    let summary = project.load();
    assert_eq!((summary.accepted(), summary.rejected()), (2, 2));
    assert_eq!(
        project.codes(),
        [
            (
                2,
                "TOO_SHORT;PATTERN_MISMATCH;BELOW_MINIMUM;NOT_A_MULTIPLE;FORMAT_MISMATCH;BELOW_MINIMUM;NOT_IN_ENUM"
                    .to_owned()
            ),
            (3, "TOO_LONG;TOO_LONG;ABOVE_MAXIMUM;OUT_OF_RANGE;ABOVE_MAXIMUM".to_owned()),
        ]
    );
}

#[test]
fn metrics_that_allow_no_row_reject_rows() {
    let project = Project::new(
        "  - name: t
    properties:
      - name: a
        logicalType: string
        quality:
          - {metric: nullValues, mustBe: 0}
      - name: b
        logicalType: string
        quality:
          - {metric: missingValues, mustBeLessThan: 1, arguments: {missingValues: [null, N/A]}, name: B_MISSING}
      - name: c
        physicalType: DECIMAL(5,2)
        quality:
          - {type: library, metric: invalidValues, mustBe: 0, unit: percent, arguments: {validValues: [1.5, 2]}}
",
    );
    project.write("t.csv", "a,b,c\nx,y,1.50\n,y,2\nx,,1.5\nx,N/A,1.5\nx,y,3\n");
    project.load();
    assert_eq!(
        project.codes(),
        [
            (2, "NULL_VALUES".to_owned()),
            (3, "B_MISSING".to_owned()),
            (4, "B_MISSING".to_owned()),
            (5, "INVALID_VALUES".to_owned()),
        ]
    );
}

/// A table rule with an operator, on a table of four rows: `k` is 1, 1, 2 and null.
fn outcome(rule: &str) -> Result<(), String> {
    let project = Project::new(&format!(
        "  - name: t\n    quality:\n      - {rule}\n    properties:\n      - {{name: k, logicalType: integer}}\n      - {{name: s, logicalType: string}}\n"
    ));
    project.write("t.csv", "k,s\n1,a\n1,b\n2,c\n,d\n");
    match project.load().tables[0].error.clone() {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

#[test]
fn every_operator_compares() {
    for (operator, holds) in [
        ("mustBe: 4", true),
        ("mustBe: 5", false),
        ("mustNotBe: 5", true),
        ("mustNotBe: 4", false),
        ("mustBeGreaterThan: 3", true),
        ("mustBeGreaterThan: 4", false),
        ("mustBeGreaterOrEqualTo: 4", true),
        ("mustBeGreaterOrEqualTo: 5", false),
        ("mustBeLessThan: 5", true),
        ("mustBeLessThan: 4", false),
        ("mustBeLessOrEqualTo: 4", true),
        ("mustBeLessOrEqualTo: 3", false),
        ("mustBeBetween: [4, 9]", true),
        ("mustBeBetween: [5, 9]", false),
        ("mustNotBeBetween: [5, 9]", true),
        ("mustNotBeBetween: [4, 9]", false),
    ] {
        let outcome = outcome(&format!("{{metric: rowCount, {operator}}}"));
        assert_eq!(outcome.is_ok(), holds, "{operator}: {outcome:?}");
    }
}

#[test]
fn duplicates_and_queries_are_measured() {
    for (rule, holds) in [
        ("{metric: duplicateValues, mustBe: 0, arguments: {properties: [k, s]}}", true),
        ("{metric: duplicateValues, mustBe: 0, arguments: {properties: [k]}}", false),
        (
            "{metric: duplicateValues, mustBeLessOrEqualTo: 25, unit: percent, arguments: {properties: [k]}}",
            true,
        ),
        ("{metric: duplicateValues, mustBeLessThan: 25, unit: percent, arguments: {properties: [k]}}", false),
        ("{type: sql, query: 'select count(*) from {object} where k > 1', mustBe: 1}", true),
        ("{type: sql, query: 'select max(k) > 5 from \"${table}\";', mustBe: true}", false),
        ("{type: sql, query: 'select min(k) from t', mustBe: 1}", true),
        ("{type: sql, query: 'select k from t', mustBe: 1}", false),
        ("{type: sql, query: 'select count(*) from elsewhere', mustBe: 1}", false),
    ] {
        let outcome = outcome(rule);
        assert_eq!(outcome.is_ok(), holds, "{rule}: {outcome:?}");
    }
}

#[test]
fn a_broken_rule_names_itself_its_value_and_its_files() {
    let project = Project::new(
        "  - name: t
    properties:
      - name: k
        logicalType: integer
        quality:
          - {metric: nullValues, mustBeLessThan: 20, unit: percent, id: few_nulls}
          - {metric: duplicateValues, mustBe: 0}
",
    );
    project.write("t1.csv", "k\n1\n2\n").write("t2.csv", "k\n2\nx\n").write("t3.csv", "k,other\n,\n");
    let error = project.refusal();
    for part in [
        "TABLE_RULE",
        "'few_nulls' measured 25.00 % (1 of 4 rows) and demands less than 20 %, in t3.csv (1 row)",
        "'duplicateValues of k' measured 1 value and demands 0, in t1.csv (1 row), t2.csv (1 row)",
        "nothing of it was loaded",
    ] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn a_rule_sees_the_whole_table_and_keeps_what_was_there() {
    let project = Project::new(
        "  - name: t
    quality:
      - {metric: rowCount, mustBeLessThan: 4}
    properties:
      - {name: k, logicalType: integer}
",
    );
    project.write("t1.csv", "k\n1\n2\n");
    assert!(!project.load().failed());
    project.write("t2.csv", "k\n3\n4\n");
    let summary = project.load();
    assert!(summary.tables[0].error.as_ref().unwrap().contains("measured 4 rows and demands less than 4"));
    assert_eq!(read_rows(&project.path("lake/bronze/parquet/t")).len(), 2);
    // Corrected, the delivery is loaded.
    project.write("t2.csv", "k\n3\n");
    assert!(!project.load().failed());
    assert_eq!(read_rows(&project.path("lake/bronze/parquet/t")).len(), 3);
}

#[test]
fn a_rule_that_warns_lets_the_table_be_loaded() {
    let project = Project::new(
        "  - name: t
    quality:
      - {metric: rowCount, mustBeGreaterThan: 10, severity: warning, dimension: completeness}
    properties:
      - {name: k, logicalType: integer}
",
    );
    project.write("t.csv", "k\n1\n");
    let summary = project.load();
    assert!(!summary.failed());
    let rule = &summary.tables[0].rules[0];
    assert_eq!((rule.holds, rule.value.as_deref()), (false, Some("1")));
    assert_eq!(rule.dimension.as_deref(), Some("completeness"));
}

#[test]
fn each_object_of_a_schema_is_a_feed() {
    let project = Project::new(
        "  - name: t
    properties:
      - {name: k, logicalType: integer}
  - name: u
    properties:
      - {name: k, logicalType: integer}
",
    );
    let file = project.path("schemas/contract.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("./t*.csv", "./{object}.csv")).unwrap();
    project.write("t.csv", "k\n1\n").write("u.csv", "k\n2\n3\n");
    let summary = project.load();
    let tables: Vec<(&str, u64)> =
        summary.tables.iter().map(|table| (table.table.as_str(), table.accepted())).collect();
    assert_eq!(tables, [("t", 1), ("u", 2)]);
}

#[test]
fn files_may_have_physical_names() {
    let project = Project::new(
        "  - name: t
    quality:
      - {type: sql, query: 'select sum(COL_K) from {object}', mustBe: 3}
    properties:
      - {name: k, physicalName: COL_K, logicalType: integer, required: true}
      - {name: s, physicalName: COL_S, logicalType: string}
",
    );
    project.write("t.csv", "COL_S,COL_K\na,1\nb,2\n");
    assert!(!project.load().failed());
    let rows = read_rows(&project.path("lake/bronze/parquet/t"));
    assert_eq!((rows[0]["k"].as_str(), rows[1]["s"].as_str()), ("1", "b"));
    assert!(!rows[0].contains_key("COL_K"));
}
