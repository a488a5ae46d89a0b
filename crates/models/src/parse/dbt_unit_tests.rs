//! `unit_tests:` of property files: rows given in place of a model's inputs, and the rows it must then give.

use crate::graph::manifest::{Lookup, NotFound, explain};
use crate::graph::node::{Node, RefCall};
use crate::graph::node_kind::{FixtureRows, GivenInput, NodeKind, UnitTest, WrongInput};
use crate::graph::resource_type::ResourceType;
use crate::hashing;
use crate::invocation::Invocation;
use crate::json_values::{Object, object, scalar_text, text};
use crate::parse::rendering::parsing_context;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::dbt_project_yml::DbtProject;
use crate::project::properties::property_file::UnitTestEntry;
use crate::seeds::csv_text::{self, CsvError};
use crate::seeds::load::delimiter;
use ingot_core::error::{Context, Error, Result, nearest};
use ingot_jinja::Template;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One node for each version of the model that is tested.
///
/// # Errors
/// What is wrong with the entry, with its line.
pub(super) fn of_entry(
    invocation: &Arc<Invocation>,
    entry: &UnitTestEntry,
    lookup: &Lookup,
    nodes: &[Node],
) -> Result<Vec<Node>> {
    nodes_of_entry(invocation, entry, lookup, nodes).map_err(|error| match error.place() {
        Some(place) if place.line.is_some() => error,
        _ => error.at_line(&entry.original_file_path, entry.line),
    })
}

fn nodes_of_entry(
    invocation: &Arc<Invocation>,
    entry: &UnitTestEntry,
    lookup: &Lookup,
    nodes: &[Node],
) -> Result<Vec<Node>> {
    let members = &entry.members;
    let needed = |key: &str| {
        text(members, key).ok_or_else(|| {
            Error::new(format!("a unit test has no `{key}:`"))
                .hint("a unit test is: name, model, given (rows for its inputs), expect (rows it must give)")
        })
    };
    let (name, model) = (needed("name")?, needed("model")?);
    let root = &invocation.project.root.name;
    let mut words = model.split_whitespace();
    let call = RefCall {
        package: None,
        name: words.next().unwrap_or_default().to_owned(),
        version: words.next().map(|version| version.trim_start_matches('v').to_owned()),
    };
    let tested = match lookup.resolve_ref(&call, &entry.package_name, root) {
        Ok(id) => {
            nodes.iter().find(|node| node.unique_id == id && node.resource_type() == ResourceType::Model)
        }
        // A test of a model that is switched off is switched off with it.
        Err(NotFound::Disabled(_)) => {
            return Ok(vec![switched_off(blank(invocation, entry, &name, &model), members, &model)]);
        }
        Err(reason) => {
            let (message, hint) = explain(&format!("the model '{model}' of unit test '{name}'"), &reason);
            let error = Error::new(message);
            return Err(match hint {
                Some(hint) => error.hint(hint),
                None => error.hint("`model:` names a model of this project"),
            });
        }
    };
    let tested = tested.ok_or_else(|| {
        Error::new(format!("'{model}', which unit test '{name}' is for, is not a model"))
            .hint("unit tests are for models; seeds and snapshots have data tests")
    })?;
    let mut out = Vec::new();
    for tested in versions_to_test(members, tested, nodes, &name)? {
        let mut node = blank(invocation, entry, &name, &model);
        if let Some(version) = tested.version.as_ref() {
            node.unique_id = format!("{}_v{version}", node.unique_id);
            node.version = Some(version.clone());
            node.alias = format!("{name}_v{version}");
        }
        let folder = entry.original_file_path.rsplit_once('/').map_or("", |(folder, _)| folder);
        node.path = format!("{folder}/{}.sql", node.alias);
        node.schema = tested.schema.clone();
        node.database = tested.database.clone();
        node.raw_code = tested.raw_code.clone();
        node.depends_on = vec![tested.unique_id.clone()];
        let test = definition(invocation, entry, &name, &model, tested, lookup, nodes)?;
        node.checksum = hashing::checksum(&Json::Object(test.definition.clone()).to_string());
        put_expectation(Arc::make_mut(&mut node.config), &test.expect);
        node.kind = NodeKind::UnitTest(Some(Arc::new(test)));
        out.push(node);
    }
    Ok(out)
}

fn blank(invocation: &Invocation, entry: &UnitTestEntry, name: &str, model: &str) -> Node {
    let package = &entry.package_name;
    let mut node = Node::new(invocation.target.dialect(), ResourceType::UnitTest, package, name);
    node.unique_id = format!("unit_test.{package}.{model}.{name}");
    node.original_file_path = entry.original_file_path.clone();
    node.file = entry.file.clone();
    node.line = entry.line;
    node.fqn = crate::parse::sources::fqn(package, &entry.original_file_path, &[model, name]);
    node.description = text(&entry.members, "description").unwrap_or_default().trim().to_owned();
    let given = object(&entry.members, "config");
    let own = invocation.project.of(package);
    node.config =
        config::build(ConfigKind::UnitTest, &node.fqn, own, &invocation.project.root, &given, &Object::new())
            .into();
    node
}

/// A unit test that is not run, with what its file says of it: nothing that it names need be there.
fn switched_off(mut node: Node, members: &Object, model: &str) -> Node {
    let rows = |said: &Json| {
        let part = |key: &str| said.get(key).cloned().unwrap_or(Json::Null);
        let format = said.get("format").cloned().unwrap_or_else(|| "dict".into());
        json!({"rows": part("rows"), "format": format, "fixture": part("fixture")})
    };
    let mut definition = Object::new();
    let given = members.get("given").and_then(Json::as_array).into_iter().flatten();
    let given = given.map(|input| {
        let mut one = rows(input);
        one["input"] = input.get("input").cloned().unwrap_or(Json::Null);
        one
    });
    definition.insert("given".to_owned(), given.collect());
    definition.insert("expect".to_owned(), rows(members.get("expect").unwrap_or(&Json::Null)));
    for key in ["overrides", "versions"] {
        if let Some(said) = members.get(key).filter(|said| !said.is_null()) {
            definition.insert(key.to_owned(), said.clone());
        }
    }
    node.checksum = hashing::checksum(&Json::Object(definition.clone()).to_string());
    Arc::make_mut(&mut node.config).insert("enabled".to_owned(), false.into());
    node.kind = NodeKind::UnitTest(Some(Arc::new(UnitTest {
        model: model.to_owned(),
        tested: String::new(),
        given: Vec::new(),
        wrong_input: None,
        expect: FixtureRows::Rows(Vec::new()),
        macros: Object::new(),
        vars: Object::new(),
        env_vars: Object::new(),
        definition,
    })));
    node
}

/// What the materialization `unit` reads.
fn put_expectation(config: &mut Object, expect: &FixtureRows) {
    let (rows, sql) = match expect {
        FixtureRows::Rows(rows) => (Json::from(rows.clone()), Json::Null),
        FixtureRows::Sql(sql) => (json!([]), sql.clone().into()),
    };
    config.insert("expected_rows".to_owned(), rows);
    config.insert("expected_sql".to_owned(), sql);
}

fn versions_to_test<'n>(
    members: &Object,
    tested: &'n Node,
    nodes: &'n [Node],
    name: &str,
) -> Result<Vec<&'n Node>> {
    let wanted = object(members, "versions");
    let list = |key: &str| -> Option<Vec<String>> {
        Some(wanted.get(key)?.as_array()?.iter().filter_map(scalar_text).collect())
    };
    let (include, exclude) = (list("include"), list("exclude"));
    if tested.version.is_none() {
        return if include.is_some() || exclude.is_some() {
            Err(Error::new(format!("unit test '{name}' names versions of '{}', which has none", tested.name))
                .hint("take `versions:` out"))
        } else {
            Ok(vec![tested])
        };
    }
    let found: Vec<&Node> = nodes
        .iter()
        .filter(|node| {
            node.resource_type() == ResourceType::Model
                && node.name == tested.name
                && node.package_name == tested.package_name
        })
        .filter(|node| {
            let version = node.version.clone().unwrap_or_default();
            match (&include, &exclude) {
                (_, Some(exclude)) => !exclude.contains(&version),
                (Some(include), None) => include.contains(&version),
                (None, None) => true,
            }
        })
        .collect();
    if found.is_empty() {
        return Err(Error::new(format!("unit test '{name}' is for no version of '{}'", tested.name))
            .hint("look at `include:` and `exclude:` under `versions:`"));
    }
    Ok(found)
}

fn definition(
    invocation: &Arc<Invocation>,
    entry: &UnitTestEntry,
    name: &str,
    model: &str,
    tested: &Node,
    lookup: &Lookup,
    nodes: &[Node],
) -> Result<UnitTest> {
    let members = &entry.members;
    let own = invocation.project.of(&entry.package_name);
    let mut normalized = Object::new();
    let mut given = Vec::new();
    let mut given_json = Vec::new();
    let mut wrong_input = None;
    let empty = Vec::new();
    let inputs = match members.get("given") {
        None | Some(Json::Null) => &empty,
        Some(Json::Array(items)) => items,
        Some(_) => return Err(Error::new(format!("`given:` of unit test '{name}' must be a list"))),
    };
    for item in inputs {
        let Json::Object(item) = item else {
            return Err(Error::new(format!("an entry of `given:` of unit test '{name}' must be a mapping"))
                .hint("write\n  - input: ref('model')\n    rows:\n      - {column: value}"));
        };
        let written = text(item, "input").ok_or_else(|| {
            Error::new(format!("an entry of `given:` of unit test '{name}' has no `input:`"))
                .hint("write input: ref('model'), input: source('source', 'table'), or input: this")
        })?;
        let input = original(invocation, entry, name, &written, tested, lookup, nodes);
        // Without rows it must be a seed, whose rows are read now.
        let says_rows =
            ["rows", "fixture"].iter().any(|key| item.get(*key).is_some_and(|said| !said.is_null()));
        let input = match input {
            Ok(input) => Some(input),
            Err(error) if says_rows => {
                wrong_input.get_or_insert_with(|| WrongInput {
                    what: error.message().to_owned(),
                    dbts_words: error.dbts_words().map(|words| words.to_string()),
                    hint: error.hint_text().map(str::to_owned),
                });
                None
            }
            Err(error) => return Err(error),
        };
        let what = format!("the input {written} of unit test '{name}'");
        let rows = fixture(invocation, own, item, &what, input)?;
        given_json.push(json!({
            "input": written, "rows": rows_json(&rows), "format": text(item, "format").unwrap_or_else(|| "dict".to_owned()),
            "fixture": text(item, "fixture"),
        }));
        if let Some(input) = input {
            given.push(GivenInput { written, unique_id: input.unique_id.clone(), rows });
        }
    }
    let expected = object(members, "expect");
    if members.get("expect").is_none_or(Json::is_null) {
        return Err(Error::new(format!("unit test '{name}' has no `expect:`"))
            .hint("write\n  expect:\n    rows:\n      - {column: value}"));
    }
    let expect = fixture(invocation, own, &expected, &format!("`expect:` of unit test '{name}'"), None)?;
    let overrides = object(members, "overrides");
    check_incremental(name, tested, &overrides, &given)?;
    normalized.insert("given".to_owned(), given_json.into());
    normalized.insert(
        "expect".to_owned(),
        json!({
            "rows": rows_json(&expect), "format": text(&expected, "format").unwrap_or_else(|| "dict".to_owned()),
            "fixture": text(&expected, "fixture"),
        }),
    );
    if !overrides.is_empty() {
        normalized.insert(
            "overrides".to_owned(),
            json!({"macros": object(&overrides, "macros"), "vars": object(&overrides, "vars"), "env_vars": object(&overrides, "env_vars")}),
        );
    }
    if let Some(versions) = members.get("versions").filter(|versions| !versions.is_null()) {
        normalized.insert(
            "versions".to_owned(),
            json!({"include": versions.get("include"), "exclude": versions.get("exclude")}),
        );
    }
    Ok(UnitTest {
        model: model.to_owned(),
        tested: tested.unique_id.clone(),
        given,
        wrong_input,
        expect,
        macros: object(&overrides, "macros"),
        vars: object(&overrides, "vars"),
        env_vars: object(&overrides, "env_vars"),
        definition: normalized,
    })
}

fn rows_json(rows: &FixtureRows) -> Json {
    match rows {
        FixtureRows::Rows(rows) => rows.clone().into(),
        FixtureRows::Sql(sql) => sql.clone().into(),
    }
}

/// A model that asks is_incremental() needs the answer, and its own rows if that is yes.
fn check_incremental(name: &str, tested: &Node, overrides: &Object, given: &[GivenInput]) -> Result<()> {
    if !tested.depends_on_macros.iter().any(|id| id == "macro.dbt.is_incremental") {
        return Ok(());
    }
    let told = object(overrides, "macros").get("is_incremental").and_then(Json::as_bool);
    match told {
        None => Err(Error::new(format!(
            "the model '{}' asks is_incremental(), and unit test '{name}' does not say what the answer is",
            tested.name
        ))
        .in_dbts_words(format!(
            "Boolean override for 'is_incremental' must be provided for unit test '{name}' in model '{}'",
            tested.name
        ))
        .hint("add\n  overrides:\n    macros:\n      is_incremental: false")),
        Some(true) if !given.iter().any(|input| input.written.trim() == "this") => Err(Error::new(format!(
            "unit test '{name}' says that '{}' is incremental, and gives no rows that are there already",
            tested.name
        ))
        .in_dbts_words(format!(
            "Unit test '{name}' for incremental model '{}' must have a 'this' input",
            tested.name
        ))
        .hint("add to `given:`\n  - input: this\n    rows: []")),
        _ => Ok(()),
    }
}

/// The node whose rows an input replaces.
fn original<'n>(
    invocation: &Arc<Invocation>,
    entry: &UnitTestEntry,
    name: &str,
    written: &str,
    tested: &'n Node,
    lookup: &Lookup,
    nodes: &'n [Node],
) -> Result<&'n Node> {
    if written.trim() == "this" {
        return Ok(tested);
    }
    let shell =
        Node::new(invocation.target.dialect(), ResourceType::Model, &tested.package_name, &tested.name);
    let context = parsing_context(invocation, shell);
    let template =
        Template::parse(format!("{{{{ {written} }}}}"), &entry.file, &invocation.templates.environment);
    let not_understood = || {
        Error::new(format!("the input '{written}' of unit test '{name}' is neither ref() nor source()"))
            .in_dbts_words(format!(
                "Unit test given inputs must be either a 'ref', 'source' or 'this' call. Got: '{written}'."
            ))
            .hint("write input: ref('model'), input: source('source', 'table'), or input: this")
    };
    template
        .and_then(|template| template.render(&invocation.templates.environment, &context))
        .map_err(|_| not_understood())?;
    let captured = context.take_captured();
    let (package, root) = (&entry.package_name, &invocation.project.root.name);
    let found = match (captured.refs.first(), captured.sources.first()) {
        (Some(call), _) => lookup.resolve_ref(call, package, root),
        (None, Some((source, table))) => lookup.resolve_source(source, table, package, root),
        (None, None) => return Err(not_understood()),
    };
    let id = found.map_err(|reason| {
        let (message, hint) = explain(&format!("the input {written} of unit test '{name}'"), &reason);
        let mut error = Error::new(message);
        if let Some(call) = captured.refs.first() {
            let (package, input) = (call.package.as_deref().unwrap_or(package), &call.name);
            let folders = &invocation.project.of(package).seed_paths;
            error = error.in_dbts_words(format!(
                "Unable to find seed '{package}.{input}' for unit tests in directories: {folders:?}"
            ));
        }
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })?;
    nodes.iter().find(|node| node.unique_id == id).ok_or_else(not_understood)
}

/// Rows in one of the three formats, in the YAML file or in a file of their own.
fn fixture(
    invocation: &Invocation,
    own: &DbtProject,
    given: &Object,
    what: &str,
    input: Option<&Node>,
) -> Result<FixtureRows> {
    let format = text(given, "format").unwrap_or_else(|| "dict".to_owned());
    let rows = given.get("rows").filter(|rows| !rows.is_null());
    let file = text(given, "fixture");
    let in_text = |ending: &str| -> Result<String> {
        match (&file, rows) {
            (Some(file), _) => read_fixture(invocation, own, file, ending, what),
            (None, Some(Json::String(text))) => Ok(text.clone()),
            _ => Err(Error::new(format!("{what} has no rows in the format {format}"))
                .hint(format!("give them as a text under `rows: |`, or name a file of tests/fixtures (without .{ending}) under `fixture:`"))),
        }
    };
    let mut out = match format.as_str() {
        "sql" => return in_text("sql").map(|text| FixtureRows::Sql(text.trim().to_owned())),
        "csv" => read_csv(&in_text("csv")?, ',', what)?,
        "dict" => match (rows, input) {
            (Some(Json::Array(rows)), _) if rows.iter().all(Json::is_object) => rows.clone(),
            // The rows that the seed has anyway.
            (None, Some(seed)) if file.is_none() && seed.resource_type() == ResourceType::Seed => {
                let text = std::fs::read_to_string(&seed.file).or_cannot_at("read the seed", &seed.file)?;
                return read_csv(&text, delimiter(seed)?, what).map(FixtureRows::Rows);
            }
            _ => {
                return Err(Error::new(format!("{what} has no rows that are mappings"))
                    .hint("write\n  rows:\n    - {column: value}\nor say `format: csv` or `format: sql`"));
            }
        },
        other => {
            return Err(Error::new(format!("{what} has the unknown format '{other}'"))
                .hint("formats: dict, csv, sql"));
        }
    };
    // A row without NULL decides the types of the columns, so it goes first.
    let full = out.iter().position(|row| row.as_object().is_some_and(|row| !row.values().any(Json::is_null)));
    if let Some(full) = full {
        out.swap(0, full);
    }
    Ok(FixtureRows::Rows(out))
}

fn read_fixture(
    invocation: &Invocation,
    own: &DbtProject,
    name: &str,
    ending: &str,
    what: &str,
) -> Result<String> {
    let mut known = Vec::new();
    let mut found: Option<PathBuf> = None;
    for folder in &own.test_paths {
        for path in invocation.project.files.list(&own.root.join(folder).join("fixtures"), &[ending]) {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if stem != name {
                known.push(stem);
            } else if let Some(other) = found.replace(path.clone()) {
                return Err(Error::new(format!("there are two fixtures '{name}'"))
                    .in_dbts_words(format!("dbt found two fixtures with the name \"{name}\""))
                    .at(&path)
                    .hint(format!("the other one is {}; rename one", other.display())));
            }
        }
    }
    if let Some(path) = found {
        return std::fs::read_to_string(&path).or_cannot_at("read the fixture", &path);
    }
    let error = Error::new(format!("there is no fixture '{name}' for {what}"))
        .in_dbts_words(format!("File not found for fixture '{name}' in unit tests"));
    Err(match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => {
            let folder = own.test_paths.first().map_or("tests", String::as_str);
            error.hint(format!(
                "put it into {}",
                Path::new(folder).join(format!("fixtures/{name}.{ending}")).display()
            ))
        }
    })
}

/// Rows of CSV: all values are texts, empty ones NULL.
fn read_csv(text: &str, delimiter: char, what: &str) -> Result<Vec<Json>> {
    let records = csv_text::parse(text, delimiter).map_err(|error| match error {
        CsvError::OpenQuote(line) => {
            Error::new(format!("line {line} of {what}: a quoted value does not end"))
        }
        CsvError::Delimiter => {
            Error::new(format!("the delimiter {delimiter:?} of {what} cannot divide values"))
        }
    })?;
    let Some((header, rows)) = records.split_first() else { return Ok(Vec::new()) };
    Ok(rows
        .iter()
        .map(|record| {
            let row = header.fields.iter().enumerate().map(|(index, name)| {
                let cell = record.fields.get(index).filter(|cell| !cell.is_empty());
                (name.to_owned(), cell.map_or(Json::Null, Json::from))
            });
            Json::Object(row.collect())
        })
        .collect())
}
