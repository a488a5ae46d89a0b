//! Contracts as other tools write them, from a folder with more than contracts in it.

use ingot_contract::{Check, DataType, Measure, load_all, read_all, read_file};
use tempfile::TempDir;

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nname: x\nversion: 1.0.0\nstatus: active\n";
const LOCAL: &str =
    "servers:\n  - {server: files, type: local, path: \"./data/{model}/*.csv\", format: csv}\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn error(text: &str) -> String {
    let folder = folder(&[("a.odcs.yaml", text)]);
    let error = read_file(&folder.path().join("a.odcs.yaml")).unwrap_err();
    assert!(error.place().unwrap().line.is_some(), "without a line: {error}");
    error.message().to_owned()
}

#[test]
fn contracts_are_found_by_what_they_say() {
    let contract = |name: &str| {
        format!(
            "{HEAD}{LOCAL}schema:\n  - name: {name}\n    properties: [{{name: a, logicalType: string}}]\n"
        )
    };
    let folder = folder(&[
        ("a.yaml", &contract("a")),
        ("b.odcs.yml", &contract("b")),
        ("models.yml", "version: 2\nmodels: []\n"),
        ("broken.yaml", "a: [\n"),
        ("notes.txt", "kind: DataContract"),
    ]);
    let contracts = load_all(folder.path()).unwrap();
    let paths: Vec<&str> = contracts.iter().map(|contract| contract.raw.path.as_str()).collect();
    assert_eq!(paths, ["data/a/*.csv", "data/b/*.csv"]);
}

#[test]
fn a_contract_without_files_is_read_and_says_why() {
    let schema = "schema:\n  - name: t\n    properties: [{name: a}]\n  - {name: empty}\n";
    let folder = folder(&[("a.odcs.yaml", &format!("{HEAD}{schema}"))]);
    let all = read_all(folder.path()).unwrap();
    assert_eq!(all[0].columns.len(), 1);
    assert_eq!(all[0].notes, ["column 'a': the contract gives no type: read as text"]);
    assert!(all[0].contract.as_ref().unwrap_err().message().contains("no server named 'raw'"));
    assert!(load_all(folder.path()).unwrap_err().message().contains("no server named 'raw'"));
}

#[test]
fn objects_that_share_their_files_are_not_loaded_twice() {
    let server = "servers:\n  - {server: raw, type: local, path: t.csv, format: csv}\n";
    let schema = "schema:\n  - {name: t, properties: [{name: a}]}\n  - {name: u, properties: [{name: a}]}\n";
    let folder = folder(&[("a.odcs.yaml", &format!("{HEAD}{server}{schema}"))]);
    let all = read_all(folder.path()).unwrap();
    assert!(all[0].contract.is_ok());
    assert!(all[1].contract.as_ref().unwrap_err().message().contains("would be read from the same files"));
}

#[test]
fn what_is_not_checked_is_noted() {
    let schema = "schema:
  - name: t
    quality:
      - {type: text, description: nice}
      - {type: custom, engine: soda, implementation: x}
      - {metric: rowCount, mustBe: 1, severity: dreadful}
    properties:
      - {name: a, logicalType: string, logicalTypeOptions: {format: password, minimum: 1}}
      - {name: b, logicalType: integer, physicalType: Flag}
";
    let folder = folder(&[("a.odcs.yaml", &format!("{HEAD}{LOCAL}{schema}"))]);
    assert_eq!(
        load_all(folder.path()).unwrap()[0].notes,
        [
            "column 'a': logicalTypeOptions.minimum does not apply to its type, and is not checked",
            "column 'a': the format 'password' is not checked",
            "column 'b': physicalType 'Flag' is not known: read as logicalType integer says",
            "a rule of type text is not checked: nice",
            "a rule of the engine 'soda' is not run",
            "the severity 'dreadful' is not known, and counts as error",
        ]
    );
}

#[test]
fn the_words_of_odcs_3_0_are_understood() {
    let schema = "schema:
  - name: t
    properties:
      - name: a
        logicalType: number
        physicalType: int
        logicalTypeOptions: {minimum: 1, exclusiveMinimum: true}
        quality:
          - {rule: nullCheck}
          - {rule: validValues, validValues: [1, 2], mustBe: 0}
          - {type: library, rule: duplicateCount, mustBeLessThan: 10}
";
    let text = format!("{HEAD}{LOCAL}{schema}").replace("v3.1.0", "v3.0.2");
    let folder = folder(&[("a.odcs.yaml", &text)]);
    let contract = load_all(folder.path()).unwrap().remove(0);
    let column = &contract.columns[0];
    assert_eq!(column.data_type, DataType::I32);
    let checks: Vec<&Check> = column.rules.iter().map(|rule| &rule.check).collect();
    assert!(matches!(checks[0], Check::Range { min: Some(bound), max: None } if bound.is_exclusive));
    assert!(matches!(checks[1], Check::NotMissing { null: true, .. }));
    assert!(matches!(checks[2], Check::AcceptedValues(values) if values.len() == 2));
    assert!(matches!(&contract.table_rules[0].measure, Measure::Duplicates { columns } if columns == &["a"]));
}

#[test]
fn mistakes_have_a_line() {
    let with =
        |property: &str| format!("{HEAD}{LOCAL}schema:\n  - name: t\n    properties:\n      - {property}\n");
    for (text, message) in [
        (HEAD.replace("v3.1.0", "v2.2.2"), "this is ODCS v2.2.2"),
        ("dataContractSpecification: 1.2.1\nid: x\n".to_owned(), "follows the Data Contract Specification"),
        (with("{name: a, physicalType: whole}"), "the type 'whole' is not known"),
        (with("{name: a, logicalType: words}"), "'words' is not one of"),
        (with("{name: a, requierd: true}"), "no 'requierd' here"),
        (with("{name: a, logicalType: string, logicalTypeOptions: {maxLenght: 1}}"), "no option 'maxLenght'"),
        (
            with("{name: a, logicalType: string, logicalTypeOptions: {pattern: '('}}"),
            "not a regular expression",
        ),
        (with("{name: a, quality: [{metric: nullValues}]}"), "needs an operator"),
        (with("{name: a, quality: [{metric: nonsense, mustBe: 0}]}"), "not a metric of the standard"),
        (with("{name: a, quality: [{metric: nullValues, mustBeBetween: [2, 1]}]}"), "smaller number first"),
        (
            with(
                "{name: a}\n    quality: [{metric: duplicateValues, mustBe: 0, arguments: {properties: [b]}}]",
            ),
            "a column 'b' that does not exist",
        ),
        (with("{name: a}").replace("name: t", "name: ../t"), "cannot be the name of a table"),
    ] {
        let told = error(&text);
        assert!(told.contains(message), "{message} is not in: {told}");
    }
}

#[test]
fn relationships_of_both_levels_are_kept() {
    let schema = "schema:
  - name: t
    relationships:
      - {from: [t.a, t.b], to: [u.x, u.y]}
    properties:
      - {name: a, relationships: [{to: u.x}, {to: 'schema/v/properties/z'}]}
      - {name: b}
";
    let folder = folder(&[("a.odcs.yaml", &format!("{HEAD}{LOCAL}{schema}"))]);
    let contract = load_all(folder.path()).unwrap().remove(0);
    let shown: Vec<String> = contract
        .relationships
        .iter()
        .map(|one| format!("{} -> {}.{}", one.columns.join(","), one.table, one.to.join(",")))
        .collect();
    assert_eq!(shown, ["a -> u.x", "a -> v.z", "a,b -> u.x,y"]);
}
