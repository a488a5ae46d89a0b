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
    assert_eq!(pages, 7);
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

/// A proposal whose only page is `visuals`, with these measures beside its own.
fn shop_with(measures: &str, visuals: &str) -> Sandbox {
    let project = shop();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    let file = project.join("analytics/measures.yaml");
    let proposal = std::fs::read_to_string(&file).unwrap();
    let (before, _) = proposal.split_once("pages:\n").unwrap();
    std::fs::write(&file, format!("{before}{measures}pages:\n  - name: Seen\n    visuals:\n{visuals}"))
        .unwrap();
    project
}

fn visual(kind: &str, title: &str, rest: &str) -> String {
    format!("      - {{kind: {kind}, title: {title}, alt: Of {title}, at: [0, 0, 6, 4], {rest}}}\n")
}

fn preview(project: &Sandbox) -> String {
    project.ingot(&["powerbi", "preview", "--out", "seen.html"]).success();
    std::fs::read_to_string(project.join("seen.html")).unwrap()
}

/// The texts of all cells of the figure with this title, with its callout.
fn figure(html: &str, title: &str) -> String {
    let at =
        html.find(&format!("<figcaption><span>{title}")).unwrap_or_else(|| panic!("no {title} in {html}"));
    let figure = &html[at..at + html[at..].find("</figure>").unwrap()];
    let tags = regex::Regex::new("<[^>]*>").unwrap();
    let content = &figure[figure.find("class=\"content\"").unwrap()..];
    let text = tags.replace_all(&content[content.find('>').unwrap() + 1..], "|");
    regex::Regex::new(r"\s*\|[\s|]*").unwrap().replace_all(&text, "|").into_owned()
}

#[test]
fn the_preview_of_any_star_shows_the_numbers_of_the_warehouse() {
    let project = shop();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    let html = preview(&project);
    assert!(figure(&html, "Use rows").contains("|100|"), "{html}");
    assert!(html.contains("2024-01-01, Use rows: 2"), "{html}");
    for outside in ["http:", "https:", "<link", "src=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside} in the preview");
    }
    assert_eq!(html, preview(&project));
}

#[test]
fn every_kind_of_visual_is_drawn_with_the_same_numbers() {
    let by_thing = "category: [dim_thing.label], values: [Use total amount]";
    let mut visuals = String::new();
    for kind in ["line", "area", "column", "stacked_column", "bar", "donut", "map"] {
        visuals += &visual(kind, kind, by_thing);
    }
    visuals +=
        &visual("scatter", "scatter", "category: [dim_thing.label], values: [Use total amount, Use rows]");
    visuals += &visual("gauge", "gauge", "values: [Use total amount]");
    visuals += &visual("table", "list", "values: [dim_thing.label, Use total amount]");
    visuals +=
        &visual("matrix", "matrix", "category: [dim_thing.label, dim_date.day], values: [Use total amount]");
    visuals += &visual("slicer", "slicer", "values: [dim_thing.label]");
    visuals += &visual("bar", "best", &format!("{by_thing}, top: 1"));
    visuals += &visual("slicer", "days", "values: [dim_date.day], only_with: Use rows");
    let html = preview(&shop_with("", &visuals));
    // 34, 33 and 33 of the 100 uses, 1.5 each.
    for title in ["line", "area", "column", "stacked_column", "bar", "donut", "map", "scatter"] {
        let text = figure(&html, title);
        assert!(text.contains("|thing 0|51.00|"), "{title}: {text}");
        assert!(text.contains("|thing 2|49.50|"), "{title}: {text}");
    }
    assert!(figure(&html, "gauge").contains("|150.00|"), "{}", figure(&html, "gauge"));
    assert!(figure(&html, "list").ends_with("|Total|150.00|"), "{}", figure(&html, "list"));
    let matrix = figure(&html, "matrix");
    assert!(matrix.contains("|thing 0|51.00|2024-01-01|"), "{matrix}");
    assert!(figure(&html, "slicer").contains("of 3 values"));
    assert!(!figure(&html, "best").contains("thing 1"), "{}", figure(&html, "best"));
    assert!(figure(&html, "days").contains("2024-01-01 – 2024-02-29"), "{}", figure(&html, "days"));
}

#[test]
fn a_visual_that_the_preview_cannot_draw_says_so_and_the_others_are_drawn() {
    let measure = |name: &str, dax: &str| {
        format!(
            "  - {{name: {name}, table: fct_use, dax: \"{dax}\", format: '0', folder: F, description: D.}}\n"
        )
    };
    let measures = measure("Rank", "RANKX('dim_thing', [Use rows])")
        + &measure("Endless", "[Endless] + 1")
        + &measure("Broken", "SUM('fct_use'[")
        + &measure("Of a text", "SUM('dim_thing'[label])");
    let mut visuals = visual("card", "fine", "values: [Use rows]");
    for name in ["Rank", "Endless", "Broken", "Of a text"] {
        visuals += &visual("card", name, &format!("values: [{name}]"));
    }
    let project = shop_with(&measures, &visuals);
    let run = project.ingot(&["powerbi", "preview", "--out", "seen.html"]).success();
    let html = std::fs::read_to_string(project.join("seen.html")).unwrap();
    assert!(figure(&html, "fine").contains("|100|"));
    for (name, why) in [
        ("Rank", "the measure 'Rank': the preview does not know the function RANKX"),
        ("Endless", "the measure 'Endless' is made of itself"),
        ("Broken", "the measure 'Broken': the [ is not closed in the DAX"),
        ("Of a text", "sum"),
    ] {
        assert!(figure(&html, name).contains(why), "{}", figure(&html, name));
        assert!(figure(&html, name).contains("not drawn"));
        assert!(run.stderr.contains(&format!("not drawn: Seen, {name}: ")), "{}", run.stderr);
    }
}

#[test]
fn facts_without_a_member_are_drawn_as_blank() {
    let project = shop_with("", &visual("bar", "bars", "category: [dim_thing.label], values: [Use rows]"));
    project
        .write("models/dim_thing.sql", "select i as thing_key, 'thing ' || i as label from range(2) as t(i)");
    // The test of the relationship fails, and the tables are there all the same.
    project.ingot(&["run-models"]).fails_with(1, &[]);
    let text = figure(&preview(&project), "bars");
    assert!(
        text.contains("|(Blank), Use rows: 33|33|") && text.contains("|thing 0, Use rows: 34|34|"),
        "{text}"
    );
}

#[test]
fn warehouse_and_artifacts_are_found_where_profile_and_project_say() {
    let project = shop();
    for folder in ["duckdb", "target"] {
        std::fs::remove_dir_all(project.join(folder)).unwrap();
    }
    let settings = std::fs::read_to_string(project.join("dbt_project.yml")).unwrap();
    project.write("dbt_project.yml", &format!("{settings}target-path: built\n"));
    project.write(
        "profiles.yml",
        "shop:\n  target: local\n  outputs:\n    local: {type: duckdb, path: \"db/{{ env_var('SHOP_FILE', 'shop') }}.duckdb\"}\n    \
         passing: {type: duckdb, path: ':memory:'}\n",
    );
    project.ingot(&["run-models"]).success();
    assert!(project.join("db/shop.duckdb").is_file());
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    project.ingot(&["powerbi"]).success();
    project.ingot(&["powerbi", "preview"]).success();
    assert!(project.join("built/powerbi.html").is_file());
    project.ingot(&["publish", "--select", "mart.fct_use"]).success();
    let told = project.ingot(&["doctor", "--schema", "mart"]);
    assert!(!format!("{}{}", told.stdout, told.stderr).contains("there is no warehouse"), "{told:?}");
    project.ingot(&["publish", "--target", "passing"]).fails_with(2, &["in memory", "--warehouse"]);
    project.ingot(&["powerbi", "--target", "other"]).fails_with(2, &["no target 'other'", "local"]);
}

#[test]
fn names_of_any_kind_and_many_columns_are_written_and_drawn() {
    let project = shop();
    let columns: Vec<String> = (0..300).map(|number| format!("{number} as amount_{number}")).collect();
    project.write(
        "models/odd.sql",
        concat!(
            "{{ config(alias=\"Größe's [x] <y>/z\") }} select i % 3 as thing_key, 1.5::double as \"Höhe [m]\", \"it's\" from ",
            "(select i, 'a' as \"it's\" from range(9) as t(i))"
        ),
    );
    project.write("models/wide.sql", &format!("select 1 as thing_key, {}", columns.join(", ")));
    let relationship = "    columns:\n      - {name: thing_key, data_tests: [{relationships: {arguments: {to: \"ref('dim_thing')\", field: thing_key}}}]}\n";
    project.write(
        "models/odd.yml",
        &format!("version: 2\nmodels:\n  - name: odd\n{relationship}  - name: wide\n{relationship}"),
    );
    project.ingot(&["run-models"]).success();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    let file = project.join("analytics/measures.yaml");
    let proposal = std::fs::read_to_string(&file).unwrap();
    let (before, _) = proposal.split_once("pages:\n").unwrap();
    let odd = "Größe's [x] <y>/z";
    std::fs::write(
        &file,
        format!(
            "{before}  - {{name: \"[Sum] of 'it'\", sum: \"{odd}.Höhe [m]\", format: '0.0', folder: F, description: D.}}\n\
             pages:\n  - name: Über <alles>\n    visuals:\n      - {{kind: bar, title: \"<b>\", alt: \"a & 'b'\", at: [0, 0, 6, 4], \
             category: [dim_thing.label], values: [\"[Sum] of 'it'\"]}}\n      \
             - {{kind: table, title: list, alt: List, at: [6, 0, 6, 4], values: [\"{odd}.it's\", \"[Sum] of 'it'\"]}}\n"
        ),
    )
    .unwrap();
    project.ingot(&["powerbi"]).success();
    let written = files(&project.join("analytics"));
    assert!(
        written.contains_key("shop.SemanticModel/definition/tables/Größe's [x] _y__z.tmdl"),
        "{:?}",
        written.keys()
    );
    assert_eq!(
        written["shop.SemanticModel/definition/tables/wide.tmdl"].matches("\tcolumn amount_").count(),
        300
    );
    let html = preview(&project);
    assert!(!html.contains("not drawn") && !html.contains("<b>"), "{html}");
    assert!(figure(&html, "&lt;b&gt;").contains("|thing 0|4.5|"), "{}", figure(&html, "&lt;b&gt;"));
    assert!(figure(&html, "list").contains("|a|13.5|"), "{}", figure(&html, "list"));
}

#[test]
fn a_warehouse_without_rows_is_drawn_without_numbers() {
    let project = shop_with(
        "",
        &(visual("card", "card", "values: [Use rows]")
            + &visual("line", "line", "category: [dim_date.day], values: [Use total amount]")
            + &visual("gauge", "gauge", "values: [Use rows year over year]")
            + &visual("slicer", "slicer", "values: [dim_date.day]")
            + &visual("table", "table", "values: [dim_thing.label, Use rows]")),
    );
    for model in ["dim_date", "dim_thing", "fct_use"] {
        let file = project.join(&format!("models/{model}.sql"));
        let sql = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("select * from ({sql}) where false")).unwrap();
    }
    project.ingot(&["run-models"]).success();
    let html = preview(&project);
    assert!(!html.contains("not drawn"), "{html}");
    assert!(figure(&html, "card").contains("(Blank)"));
    for title in ["line", "gauge", "table"] {
        assert!(figure(&html, title).contains("no data"), "{}", figure(&html, title));
    }
    assert!(figure(&html, "slicer").contains("nothing to choose from"));
}

#[test]
fn two_commands_at_once_write_the_same_project() {
    let project = shop();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    for _ in 0..5 {
        std::fs::remove_dir_all(project.join("analytics/shop.Report")).ok();
        let mut running: Vec<_> = (0..3).map(|_| project.command(&["powerbi"]).spawn().unwrap()).collect();
        for one in &mut running {
            assert!(one.wait().unwrap().success());
        }
    }
    let written = files(&project.join("analytics"));
    assert!(!written.keys().any(|path| path.contains("inprogress")), "{:?}", written.keys());
    project.ingot(&["powerbi"]).success();
    assert_eq!(files(&project.join("analytics")), written);
}

#[test]
fn a_star_without_dates_gets_a_project_without_periods() {
    let project = shop();
    std::fs::remove_file(project.join("models/dim_date.sql")).unwrap();
    let relationship = "      - {name: thing_key, data_tests: [{relationships: {arguments: {to: \"ref('dim_thing')\", field: thing_key}}}]}\n";
    project.write(
        "models/models.yml",
        &format!("version: 2\nmodels:\n  - name: fct_use\n    columns:\n{relationship}"),
    );
    project.ingot(&["run-models"]).success();
    project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]).success();
    project.ingot(&["powerbi"]).success();
    let written = files(&project.join("analytics"));
    let names = check_model(&written);
    check_report(&written, &names);
    assert!(!written.values().any(|text| text.contains("dataCategory: Time")));
    let html = preview(&project);
    assert!(!html.contains("not drawn"), "{html}");
    assert!(
        figure(&html, "Use rows by label").contains("|thing 0|34|"),
        "{}",
        figure(&html, "Use rows by label")
    );

    // A period has nothing to run over then, and the error says what to add.
    let file = project.join("analytics/measures.yaml");
    let with_period = std::fs::read_to_string(&file).unwrap().replace(
        "pages:\n",
        "  - {name: So far, of: Use rows, period: year_to_date, format: '#,0', folder: Time, description: D.}\npages:\n",
    );
    std::fs::write(&file, with_period).unwrap();
    let refused = project.ingot(&["powerbi"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("a period needs a date dimension"), "{}", refused.stderr);
    assert!(refused.stderr.contains("date: dim_date.full_date"), "{}", refused.stderr);
}

#[test]
fn without_facts_the_error_names_the_tests_to_add() {
    let project = shop();
    project.write("models/models.yml", "version: 2\nmodels: []\n");
    project.ingot(&["run-models"]).success();
    let refused = project.ingot(&["powerbi", "init", "--schema", "mart", "--name", "shop"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("no table of the schema 'mart' refers to another"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`relationships`"), "{}", refused.stderr);
    assert!(!project.join("analytics/measures.yaml").exists());
}

#[test]
fn a_table_may_be_named_like_a_measure() {
    let project = shop_with(
        "  - {name: dim_thing, count: fct_use, format: '#,0', folder: F, description: D.}\n",
        &visual("bar", "bar", "category: [dim_thing.label], values: [dim_thing]"),
    );
    project.ingot(&["powerbi"]).success();
    let written = files(&project.join("analytics"));
    let names = check_model(&written);
    check_report(&written, &names);
    let html = preview(&project);
    assert!(figure(&html, "bar").contains("|thing 0|34|"), "{}", figure(&html, "bar"));
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_the_rest_is_left_as_it_was() {
    let project = shop_with("", &visual("card", "card", "values: [Use rows]"));
    // Not by permissions: they do not hold root back.
    project.write("analytics/shop.Report", "a file where a folder belongs");
    let before = files(&project.join("analytics"));
    let refused = project.ingot(&["powerbi"]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("shop.Report"), "{}", refused.stderr);
    assert_eq!(files(&project.join("analytics")), before);
}
