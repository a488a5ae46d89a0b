//! `ingot powerbi`: the report that is committed is what the command writes, and everything in it refers to something.

use crate::support::Sandbox;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A star of two facts and two dimensions, built and tested.
fn shop() -> Sandbox {
    let project = Sandbox::empty();
    project.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\nmodels:\n  shop:\n    +materialized: table\n    +schema: mart\n");
    project.write(
        "profiles.yml",
        "shop:\n  target: local\n  outputs:\n    local: {type: duckdb, path: duckdb/warehouse.duckdb}\n",
    );
    project.write(
        "macros/schema.sql",
        "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
    );
    project
        .write("models/dim_date.sql", "select date '2024-01-01' + i::integer as day from range(60) as t(i)");
    project
        .write("models/dim_thing.sql", "select i as thing_key, 'thing ' || i as label from range(3) as t(i)");
    project.write(
        "models/fct_use.sql",
        "select i as use_number, i % 3 as thing_key, date '2024-01-01' + (i % 60)::integer as used_on, date '2024-01-02' as paid_on, \
         1.5::decimal(12, 2) as amount from range(100) as t(i)",
    );
    let relationship = |column: &str, to: &str, field: &str| {
        format!(
            "      - {{name: {column}, data_tests: [{{relationships: {{arguments: {{to: \"ref('{to}')\", field: {field}}}}}}}]}}\n"
        )
    };
    project.write(
        "models/models.yml",
        &format!(
            "version: 2\nmodels:\n  - name: fct_use\n    description: \"One row a use.\\nOf a thing.\"\n    columns:\n{}{}{}",
            relationship("thing_key", "dim_thing", "thing_key"),
            relationship("used_on", "dim_date", "day"),
            relationship("paid_on", "dim_date", "day")
        ),
    );
    project.ingot(&["run-models"]).success();
    project
}

/// Each file of a folder, by its path.
fn files(folder: &Path) -> BTreeMap<String, String> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            (path, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// A line of TMDL below which others are: `column 'a b'`, `partition x = m`.
#[derive(Debug)]
struct Object {
    kind: String,
    name: String,
    described: bool,
    properties: BTreeMap<String, String>,
    children: Vec<Object>,
}

const KINDS: [&str; 15] = [
    "table",
    "column",
    "measure",
    "hierarchy",
    "level",
    "partition",
    "relationship",
    "role",
    "tablePermission",
    "expression",
    "annotation",
    "extendedProperty",
    "database",
    "model",
    "dataAccessOptions",
];

/// Reads TMDL line by line. Indentation is tabs only, and never deeper than one more than the object above, but for the
/// lines of an expression.
fn parse(text: &str) -> Vec<Object> {
    assert!(!text.starts_with('\u{feff}') && !text.contains('\r'));
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let tabs = line.len() - line.trim_start_matches('\t').len();
        lines.push((tabs, line.trim_start_matches('\t')));
    }
    let mut position = 0;
    let objects = parse_level(&lines, &mut position, 0);
    assert_eq!(position, lines.len(), "left over: {:?}", lines[position]);
    objects
}

fn parse_level(lines: &[(usize, &str)], position: &mut usize, depth: usize) -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    let mut described = false;
    while let Some((tabs, line)) = lines.get(*position) {
        if *tabs < depth {
            break;
        }
        assert_eq!(*tabs, depth, "wrong indentation: {line}");
        assert!(!line.starts_with(' '), "indented by spaces: {line}");
        *position += 1;
        if line.starts_with("///") {
            described = true;
            continue;
        }
        let word = line.split([' ', ':']).next().unwrap();
        if line.starts_with("ref ") {
            objects.push(Object {
                kind: "ref".into(),
                name: (*line).to_owned(),
                described: false,
                properties: BTreeMap::new(),
                children: Vec::new(),
            });
            continue;
        }
        assert!(KINDS.contains(&word), "unknown object: {line}");
        let rest = line[word.len()..].trim();
        let name = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.replace("''", "\u{1}").split('\'').next().unwrap().replace('\u{1}', "'"),
            None => rest.split(' ').next().unwrap().to_owned(),
        };
        let mut object =
            Object { kind: word.into(), name, described, properties: BTreeMap::new(), children: Vec::new() };
        described = false;
        if let Some((_, value)) = rest.split_once(" = ") {
            object.properties.insert("=".into(), value.to_owned());
        }
        // Deeper by two: an expression of several lines.
        while let Some((_, line)) = lines.get(*position).filter(|(tabs, _)| *tabs >= depth + 2) {
            object.properties.entry("=".into()).or_default().push_str(&format!("{line}\n"));
            *position += 1;
        }
        while let Some((tabs, line)) = lines.get(*position).filter(|(tabs, _)| *tabs == depth + 1) {
            let word = line.split([' ', ':']).next().unwrap();
            if line.starts_with("///") || KINDS.contains(&word) && !line.contains(": ") || word == "measure" {
                object.children.extend(parse_level(lines, position, *tabs));
                continue;
            }
            let (key, value) = match line.split_once(": ") {
                Some((key, value)) => (key, value),
                None => {
                    (line.split(" =").next().unwrap(), line.split_once("= ").map_or("", |(_, value)| value))
                }
            };
            assert!(key.chars().all(char::is_alphanumeric), "not a property: {line}");
            object.properties.insert(key.to_owned(), value.to_owned());
            *position += 1;
            while let Some((_, line)) = lines.get(*position).filter(|(tabs, _)| *tabs > depth + 1) {
                object.properties.get_mut(key).unwrap().push_str(&format!("\n{line}"));
                *position += 1;
            }
        }
        objects.push(object);
    }
    objects
}

/// Tables with their columns and measures.
struct Names {
    columns: BTreeSet<(String, String)>,
    measures: BTreeSet<(String, String)>,
}

fn bare(name: &str) -> String {
    name.trim_matches('\'').replace("''", "'")
}

/// Checks the model and returns its names.
fn check_model(files: &BTreeMap<String, String>) -> Names {
    let mut names = Names { columns: BTreeSet::new(), measures: BTreeSet::new() };
    let tmdl: Vec<(&String, Vec<Object>)> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".tmdl"))
        .map(|(path, text)| (path, parse(text)))
        .collect();
    let mut tables = BTreeSet::new();
    for (path, objects) in &tmdl {
        for table in objects.iter().filter(|object| object.kind == "table") {
            assert!(path.ends_with(&format!("/tables/{}.tmdl", table.name)), "{path}");
            tables.insert(table.name.clone());
            for child in &table.children {
                match child.kind.as_str() {
                    "column" => assert!(names.columns.insert((table.name.clone(), child.name.clone()))),
                    "measure" => {
                        assert!(child.described, "{} has no description", child.name);
                        assert!(
                            child.properties.contains_key("formatString")
                                && child.properties.contains_key("displayFolder")
                        );
                        assert!(names.measures.insert((table.name.clone(), child.name.clone())));
                    }
                    _ => {}
                }
            }
        }
    }
    for (table, measure) in &names.measures {
        let is_same = |(of, column): &&(String, String)| of == table && column.eq_ignore_ascii_case(measure);
        assert!(!names.columns.iter().any(|column| is_same(&column)), "{measure} is a column of {table} too");
        assert_eq!(names.measures.iter().filter(|(_, other)| other == measure).count(), 1, "{measure}");
    }
    let is_column =
        |table: &str, column: &str| names.columns.contains(&(table.to_owned(), column.to_owned()));
    let reference = regex::Regex::new(r"'([^']+)'\[([^\]]+)\]").unwrap();
    let measure_reference = regex::Regex::new(r"(?:^|[^'\w])\[([^\]]+)\]").unwrap();
    for (path, objects) in &tmdl {
        for object in objects {
            match object.kind.as_str() {
                "relationship" => {
                    for end in ["fromColumn", "toColumn"] {
                        let (table, column) = object.properties[end].rsplit_once('.').unwrap();
                        assert!(is_column(&bare(table), &bare(column)), "{end} of {path}: {table}.{column}");
                    }
                    assert!(
                        ["fromCardinality", "toCardinality", "crossFilteringBehavior"]
                            .iter()
                            .all(|key| object.properties.contains_key(*key))
                    );
                }
                "ref" if object.name.starts_with("ref table") => {
                    assert!(tables.contains(&bare(&object.name["ref table ".len()..])), "{}", object.name);
                }
                _ => {}
            }
            for child in &object.children {
                if let Some(by) = child.properties.get("sortByColumn") {
                    assert!(is_column(&object.name, &bare(by)));
                }
                for level in child.children.iter().filter(|level| level.kind == "level") {
                    assert!(is_column(&object.name, &bare(&level.properties["column"])), "{}", level.name);
                }
                if matches!(child.kind.as_str(), "measure" | "tablePermission") {
                    let dax = &child.properties["="];
                    for found in reference.captures_iter(dax) {
                        assert!(is_column(&found[1], &found[2]), "{}: {dax}", child.name);
                    }
                    let plain = reference.replace_all(dax, "");
                    for found in measure_reference.captures_iter(&plain).filter(|found| &found[1] != "Value")
                    {
                        let is_measure = names.measures.iter().any(|(_, measure)| *measure == found[1]);
                        assert!(is_measure || is_column(&object.name, &found[1]), "{}: {dax}", child.name);
                    }
                }
            }
        }
    }
    names
}

/// Each `Entity` and `Property` of a JSON document, with whether it is a measure.
fn bindings(value: &Value, found: &mut Vec<(bool, String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let entity = inner.pointer("/Expression/SourceRef/Entity").and_then(Value::as_str);
                if let (Some(entity), Some(property)) =
                    (entity, inner.get("Property").and_then(Value::as_str))
                {
                    found.push((key == "Measure", entity.to_owned(), property.to_owned()));
                }
                bindings(inner, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| bindings(inner, found)),
        _ => {}
    }
}

/// Checks the report against the names of the model; returns the number of pages and visuals.
fn check_report(files: &BTreeMap<String, String>, names: &Names) -> (usize, usize) {
    let (mut pages, mut visuals, mut bound) = (0, 0, 0);
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".json") && path.contains("/pages/")) {
        let value: Value = serde_json::from_str(text).unwrap();
        let folder = path.rsplit('/').nth(1).unwrap();
        if path.ends_with("/page.json") || path.ends_with("/visual.json") {
            assert_eq!(value["name"], folder, "{path}");
            assert!(
                folder.len() <= 50 && folder.chars().all(|one| one.is_ascii_alphanumeric() || one == '-'),
                "{folder}"
            );
        }
        pages += usize::from(path.ends_with("/page.json"));
        if path.ends_with("/visual.json") {
            visuals += 1;
            let alt = &value["visual"]["visualContainerObjects"]["general"][0]["properties"]["altText"];
            assert!(alt["expr"]["Literal"]["Value"].as_str().unwrap().len() > 2, "{path}");
            let place = |key: &str| value["position"][key].as_u64().unwrap();
            assert!(place("x") + place("width") <= 1280 && place("y") + place("height") <= 720, "{path}");
        }
        let mut found = Vec::new();
        bindings(&value, &mut found);
        for (is_measure, table, name) in found {
            let known = if is_measure { &names.measures } else { &names.columns };
            assert!(known.contains(&(table.clone(), name.clone())), "{path}: {table}.{name}");
            bound += 1;
        }
    }
    assert!(bound >= visuals, "only {bound} bindings were found");
    (pages, visuals)
}

#[test]
fn the_committed_report_is_what_the_command_writes() {
    let project = Sandbox::project();
    project
        .ingot(&["generate", "--quiet", "--scale", "0.01", "--start-date", "2024-06-10", "--days", "7"])
        .success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
    let committed = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("analytics"));
    project.ingot(&["powerbi"]).success();
    let written = files(&project.join("analytics"));
    assert_eq!(written.keys().collect::<Vec<_>>(), committed.keys().collect::<Vec<_>>());
    for (path, text) in &written {
        assert!(
            *text == committed[path],
            "{path} differs: run `ingot powerbi` at the root of the repository"
        );
    }
    let names = check_model(&written);
    assert!(names.measures.len() >= 40);
    let (pages, visuals) = check_report(&written, &names);
    assert_eq!(pages, 6);
    assert!(visuals > 50);
}

#[test]
fn any_star_gets_a_proposal_and_a_project() {
    let project = shop();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    project.ingot(&["powerbi"]).success();
    let first = files(&project.join("analytics"));
    let names = check_model(&first);
    assert!(names.measures.contains(&("fct_use".to_owned(), "Use total amount".to_owned())));
    check_report(&first, &names);
    let relationships = &first["shop.SemanticModel/definition/relationships.tmdl"];
    assert_eq!(relationships.matches("relationship ").count(), 3);
    // Two references to the dates: a filter may take only one of them.
    assert_eq!(relationships.matches("isActive: false").count(), 1);
    assert!(
        first["shop.SemanticModel/definition/tables/fct_use.tmdl"]
            .starts_with("/// One row a use.\n/// Of a thing.\ntable fct_use\n")
    );
    project.ingot(&["powerbi"]).success();
    assert_eq!(files(&project.join("analytics")), first);
}

#[test]
fn what_somebody_adds_stays_and_what_somebody_changes_is_named() {
    let project = shop();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    project.ingot(&["powerbi"]).success();
    let model = "analytics/shop.SemanticModel/definition";
    project.write(&format!("{model}/tables/My measures.tmdl"), "table 'My measures'\n");
    project.write("analytics/shop.Report/definition/pages/mine/page.json", "{}");
    project.ingot(&["powerbi"]).success();
    let read = |path: &str| std::fs::read_to_string(project.join(path)).unwrap();
    assert!(read(&format!("{model}/model.tmdl")).contains("ref table 'My measures'"));
    assert!(read("analytics/shop.Report/definition/pages/pages.json").contains("\"mine\""));
    project.write(&format!("{model}/tables/fct_use.tmdl"), "mine");
    project.write("analytics/measures.yaml", &read("analytics/measures.yaml").replace("Rows.", "All rows."));
    project.ingot(&["powerbi"]).fails_with(1, &["changed by hand", "tables/fct_use.tmdl", "--overwrite"]);
    assert_eq!(read(&format!("{model}/tables/fct_use.tmdl")), "mine");
    project.ingot(&["powerbi", "--overwrite"]).success();
    assert!(read(&format!("{model}/tables/fct_use.tmdl")).contains("/// All rows."));
}

#[test]
fn a_name_that_does_not_exist_is_an_error_with_its_line() {
    let project = shop();
    project.ingot(&["powerbi"]).fails_with(2, &["measures.yaml", "ingot powerbi init"]);
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    let file = project.join("analytics/measures.yaml");
    let proposal = std::fs::read_to_string(&file).unwrap();
    for (from, to, texts) in [
        (
            "sum: fct_use.amount",
            "sum: fct_use.amounts",
            ["there is no column 'fct_use.amounts'", "measures.yaml:"],
        ),
        ("values: ['Use rows']", "values: ['Use row']", ["there is no measure 'Use row'", "'Use rows'"]),
        ("period: prior_year", "period: last_year", ["there is no period 'last_year'", "measures.yaml:"]),
        ("kind: line", "kind: lines", ["there is no kind of visual 'lines'", "measures.yaml:"]),
        ("date: dim_date.day", "date: dim_date.days", ["there is no column 'dim_date.days'", "day"]),
    ] {
        assert!(proposal.contains(from), "{from} is not in\n{proposal}");
        std::fs::write(&file, proposal.replace(from, to)).unwrap();
        project.ingot(&["powerbi"]).fails_with(2, &texts);
    }
    assert!(!project.join("analytics/shop.pbip").exists());
}
