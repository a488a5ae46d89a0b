//! What the tools answer: the same documents as the commands of their names give.

use super::commands;
use super::toolbox::{Resource, Tool, Toolbox};
use super::tools::tools;
use crate::status::status;
use ingot_bronze::{LoadOptions, RejectQuery, open_rejects};
use ingot_catalog::{
    Direction, FindingFormat, Lineage, SourceTypes, TrailFormat, WhyPlaces, WhyQuestion, findings_text,
    named_columns, trail, why,
};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use ingot_core::report::Silent;
use ingot_models::{TypedNode, TypedProject};
use ingot_operate::{RunsView, runs};
use ingot_site::SqlBox;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rows that are listed if nothing else is asked for.
const ROWS: usize = 20;
/// Rows that a query answers if nothing else is asked for.
const ANSWERED: usize = 100;
/// Rows that are listed at most, however many are asked for.
const MOST: usize = 1000;
/// How long following a value back may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The addresses of documents begin with these.
const CONTRACT: &str = "ingot://contract/";
const MODEL: &str = "ingot://model/";

/// A project as it is on disk at the moment.
pub struct Loaded {
    pub project: TypedProject,
    pub sources: SourceTypes,
    pub lineage: Lineage,
}

/// The tools over one project.
pub struct AgentTools {
    pub project: Project,
    /// Reads the project again, since an agent changes its files.
    pub load: Box<dyn Fn() -> Result<Loaded> + Send + Sync>,
    /// Where rows are; fails as long as there is no warehouse.
    pub places: Box<dyn Fn() -> Result<WhyPlaces> + Send + Sync>,
    pub sql: SqlBox,
    pub warehouse: Option<PathBuf>,
    pub allow_write: bool,
}

impl Toolbox for AgentTools {
    fn tools(&self) -> Vec<Tool> {
        tools(self.allow_write)
    }

    fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Result<Value> {
        let known = self.tools().into_iter().find(|one| one.name == tool);
        let known = known.ok_or_else(|| Error::new(format!("there is no tool '{tool}'")))?;
        let asked = Asked::new(&known, arguments)?;
        match tool {
            "list_tables" => self.list_tables(&asked),
            "describe_table" => self.describe_table(asked.text("table")),
            "list_metrics" => self.list_metrics(asked.text("contains")),
            "list_contracts" => self.list_contracts(),
            "describe_contract" => self.describe_contract(asked.text("feed")),
            "list_rejects" => self.list_rejects(&asked),
            "lineage" => self.lineage(&asked),
            "list_runs" => self.list_runs(&asked),
            "check" => document(&findings_text(&(self.load)()?.project, FindingFormat::Json)?),
            "compile" => self.compile(asked.text("model")),
            "query" => self.sql.ask(asked.text("sql"), asked.number("limit", ANSWERED)),
            "why" => self.why(&asked),
            "status" => Ok(status(&self.options(), &Silent)?.json()),
            "load_bronze" => commands::run(&self.project, &with_feed("load-bronze", &asked)),
            "replay" => commands::run(&self.project, &with_feed("replay", &asked)),
            "run_models" => {
                let mut words = vec!["run-models".to_owned()];
                // In one word each, so that a selection is never taken for another option.
                words.extend(
                    asked.text("select").split_whitespace().map(|select| format!("--select={select}")),
                );
                if asked.is_set("full_refresh") {
                    words.push("--full-refresh".to_owned());
                }
                commands::run(&self.project, &words)
            }
            other => Err(Error::defect(format!("the tool '{other}' does nothing"))),
        }
    }

    fn resources(&self) -> Result<Vec<Resource>> {
        let sources = SourceTypes::of(&self.project)?;
        let contracts = sources.contracts().iter().map(|one| Resource {
            uri: format!("{CONTRACT}{}", one.name),
            name: one.name.clone(),
            description: format!("Contract of the feed {}", one.name),
            mime_type: "application/yaml",
        });
        let loaded = (self.load)()?;
        let models = loaded.project.nodes.iter().filter(|node| is_written(node)).map(|node| Resource {
            uri: format!("{MODEL}{}", label(node)),
            name: label(node),
            description: node.description.clone(),
            mime_type: "application/sql",
        });
        Ok(contracts.chain(models).collect())
    }

    fn read(&self, uri: &str) -> Result<Option<(String, &'static str)>> {
        if let Some(feed) = uri.strip_prefix(CONTRACT) {
            let sources = SourceTypes::of(&self.project)?;
            let found = sources.contracts().iter().find(|one| one.name == feed);
            return found.map(|one| Ok((contract_text(&one.file)?, "application/yaml"))).transpose();
        }
        let Some(model) = uri.strip_prefix(MODEL) else { return Ok(None) };
        let nodes = (self.load)()?.project.nodes;
        let found = nodes.into_iter().find(|node| is_written(node) && label(node) == model);
        Ok(found.map(|node| (node.written, "application/sql")))
    }
}

impl AgentTools {
    fn options(&self) -> LoadOptions {
        LoadOptions::new(
            self.project.data_raw(),
            self.project.lake(),
            self.warehouse.clone().unwrap_or_else(|| self.project.warehouse()),
            self.project.schemas(),
        )
    }

    fn list_tables(&self, asked: &Asked) -> Result<Value> {
        let loaded = (self.load)()?;
        let (part, kind) = (asked.text("contains").to_lowercase(), asked.text("kind"));
        let tables = loaded.project.nodes.iter().filter(|node| is_table(node)).filter(|node| {
            (kind.is_empty() || node.resource_type == kind) && label(node).to_lowercase().contains(&part)
        });
        let tables: Vec<Value> = tables
            .map(|node| {
                json!({
                    "table": label(node), "kind": node.resource_type, "materialized": node.materialized,
                    "columns": node.columns.len(), "description": node.description,
                })
            })
            .collect();
        Ok(json!({"project": loaded.project.name, "tables": tables}))
    }

    fn describe_table(&self, name: &str) -> Result<Value> {
        let loaded = (self.load)()?;
        let nodes = &loaded.project.nodes;
        let node = find(nodes, name, &is_table)?;
        let columns: Vec<Value> = node
            .columns
            .iter()
            .map(|column| json!({"name": column.name, "type": column.data_type, "description": column.description}))
            .collect();
        let label_of = |id: &String| nodes.iter().find(|one| one.unique_id == *id).map(label);
        let tests: Vec<Value> = nodes
            .iter()
            .filter_map(|one| Some((one, one.test.as_ref()?)))
            .filter(|(_, test)| test.node.as_ref() == Some(&node.unique_id))
            .map(|(one, test)| json!({"name": one.name, "test": test.test, "column": test.column}))
            .collect();
        let used_by: Vec<String> = nodes
            .iter()
            .filter(|one| is_table(one) && one.depends_on.contains(&node.unique_id))
            .map(label)
            .collect();
        Ok(json!({
            "table": label(node), "unique_id": node.unique_id, "kind": node.resource_type,
            "materialized": node.materialized, "description": node.description, "owner": node.owner,
            "file": node.file, "tags": node.tags, "columns": columns, "tests": tests,
            "depends_on": node.depends_on.iter().filter_map(label_of).collect::<Vec<_>>(), "used_by": used_by,
            "written_sql": node.written, "compiled_sql": node.compiled,
            "read_as": node.source.as_ref().and_then(|source| source.external.clone()),
        }))
    }

    fn list_metrics(&self, part: &str) -> Result<Value> {
        let loaded = (self.load)()?;
        let part = part.to_lowercase();
        let of = |kind: &str| -> Vec<Value> {
            let nodes = loaded.project.nodes.iter().filter(|node| node.resource_type == kind);
            let nodes = nodes.filter(|node| node.name.to_lowercase().contains(&part));
            nodes.filter_map(semantic_document).collect()
        };
        Ok(json!({
            "metrics": of("metric"), "semantic_models": of("semantic_model"), "saved_queries": of("saved_query"),
        }))
    }

    fn list_contracts(&self) -> Result<Value> {
        let sources = SourceTypes::of(&self.project)?;
        let contracts: Vec<Value> = sources
            .contracts()
            .iter()
            .map(|one| {
                let columns: Vec<Value> = one
                    .columns
                    .iter()
                    .map(|column| json!({"name": column.name, "type": column.data_type.word(), "required": column.required, "personal": column.personal}))
                    .collect();
                json!({"feed": one.name, "version": one.version, "description": one.description, "path": one.raw.path, "columns": columns})
            })
            .collect();
        Ok(json!({"contracts": contracts}))
    }

    fn describe_contract(&self, feed: &str) -> Result<Value> {
        let sources = SourceTypes::of(&self.project)?;
        let names = sources.contracts().iter().map(|one| one.name.as_str());
        let found = sources.contracts().iter().find(|one| one.name.eq_ignore_ascii_case(feed));
        let found = found.ok_or_else(|| {
            Error::new(format!("there is no contract of a feed '{feed}'")).did_you_mean(feed, names)
        })?;
        Ok(json!({
            "feed": found.name, "file": found.file, "yaml": contract_text(&found.file)?, "notes": found.notes,
        }))
    }

    fn list_rejects(&self, asked: &Asked) -> Result<Value> {
        let mut options = self.options();
        options.tables.extend(Some(asked.text("feed").to_owned()).filter(|feed| !feed.is_empty()));
        let query = RejectQuery {
            reason: Some(asked.text("reason").to_owned()).filter(|reason| !reason.is_empty()),
            limit: Some(asked.number("limit", ROWS)),
        };
        Ok(open_rejects(&options, &query)?.json())
    }

    fn lineage(&self, asked: &Asked) -> Result<Value> {
        let loaded = (self.load)()?;
        let direction = match asked.text("direction") {
            "" | "up" => Direction::Up,
            "down" => Direction::Down,
            other => return Err(Error::new(format!("'{other}' is not a direction")).hint("give up or down")),
        };
        let start = named_columns(&loaded.lineage, asked.text("name"))?;
        document(&trail(&loaded.lineage, &start, direction, TrailFormat::Json, ""))
    }

    fn list_runs(&self, asked: &Asked) -> Result<Value> {
        let view = match asked.text("run") {
            "" => RunsView::Runs,
            run => RunsView::Run(run.to_owned()),
        };
        Ok(runs(&self.project.lake(), &view, Some(asked.number("limit", ROWS)))?.json())
    }

    fn compile(&self, model: &str) -> Result<Value> {
        let loaded = (self.load)()?;
        let has_sql = |node: &TypedNode| !node.written.is_empty() || node.compiled.is_some();
        let node = find(&loaded.project.nodes, model, &has_sql)?;
        match &node.compiled {
            Some(sql) => Ok(json!({"model": label(node), "file": node.file, "sql": sql})),
            None => Err(Error::new(format!("'{model}' cannot be compiled")).hint("check the project")),
        }
    }

    fn why(&self, asked: &Asked) -> Result<Value> {
        let loaded = (self.load)()?;
        let places = WhyPlaces { confined: true, patience: Some(PATIENCE), ..(self.places)()? };
        let question = WhyQuestion {
            loaded: None,
            table: asked.text("table").to_owned(),
            condition: asked.text("where").to_owned(),
            column: Some(asked.text("column").to_owned()).filter(|column| !column.is_empty()),
            limit: asked.number("limit", 3),
        };
        let answer = why(&loaded.project, &loaded.sources, &places, &question)?;
        serde_json::to_value(answer)
            .map_err(|error| Error::defect("a document cannot be written").caused_by(error))
    }
}

/// A metric, semantic model or saved query.
fn semantic_document(node: &TypedNode) -> Option<Value> {
    let semantics = node.semantics.as_ref()?;
    let columns: Vec<Value> = node
        .columns
        .iter()
        .zip(&semantics.elements)
        .map(|(column, element)| {
            json!({
                "name": column.name, "type": column.data_type, "role": element.role, "expression": element.written,
                "description": column.description,
            })
        })
        .collect();
    Some(json!({
        "name": node.name, "unique_id": node.unique_id, "label": semantics.label, "description": node.description,
        "type": semantics.metric_type, "formula": semantics.formula, "filters": semantics.filters, "columns": columns,
        "depends_on": node.depends_on, "file": node.file,
    }))
}

fn with_feed(command: &str, asked: &Asked) -> Vec<String> {
    let mut words = vec![command.to_owned()];
    if !asked.text("feed").is_empty() {
        words.push(format!("--table={}", asked.text("feed")));
    }
    words
}

fn document(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::defect("a document cannot be read").caused_by(error))
}

fn contract_text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).or_cannot_at("read the contract", file)
}

/// Whether it is a model that is written as a file.
fn is_written(node: &TypedNode) -> bool {
    matches!(node.resource_type, "model" | "snapshot") && !node.written.is_empty()
}

fn is_table(node: &TypedNode) -> bool {
    matches!(node.resource_type, "source" | "seed" | "model" | "snapshot")
}

/// `gold.fct_sales`, `bronze.customers`.
fn label(node: &TypedNode) -> String {
    match (&node.source, &node.relation) {
        (Some(source), _) => format!("{}.{}", source.source_name, node.name),
        (None, Some(relation)) => format!("{}.{}", relation.schema, relation.identifier),
        (None, None) => node.name.clone(),
    }
}

fn find<'n>(nodes: &'n [TypedNode], name: &str, test: &dyn Fn(&TypedNode) -> bool) -> Result<&'n TypedNode> {
    let same = |text: &str| text.eq_ignore_ascii_case(name);
    let candidates = || nodes.iter().filter(|node| test(node));
    candidates()
        .find(|node| same(&node.unique_id) || same(&label(node)))
        .or_else(|| candidates().find(|node| same(&node.name)))
        .ok_or_else(|| {
            let names = candidates().map(|node| node.name.as_str());
            Error::new(format!("there is no '{name}' in the project")).did_you_mean(name, names)
        })
}

/// Arguments that fit the tool.
struct Asked<'a>(&'a Map<String, Value>);

impl<'a> Asked<'a> {
    fn new(tool: &Tool, given: &'a Map<String, Value>) -> Result<Self> {
        let properties = tool.arguments["properties"].as_object().cloned().unwrap_or_default();
        for (name, value) in given {
            let Some(property) = properties.get(name) else {
                let known = properties.keys().map(String::as_str);
                let error = Error::new(format!("the tool '{}' has no argument '{name}'", tool.name));
                return Err(error.did_you_mean(name, known));
            };
            let fits = match property["type"].as_str() {
                Some("string") => value.is_string(),
                Some("integer") => value.as_u64().is_some(),
                _ => value.is_boolean(),
            };
            if !fits {
                let kind = property["type"].as_str().unwrap_or_default();
                return Err(Error::new(format!("the argument '{name}' must be of type {kind}")));
            }
        }
        for name in tool.arguments["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if given.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err(Error::new(format!("the argument '{name}' is missing")));
            }
        }
        Ok(Self(given))
    }

    /// Empty if it is not given.
    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str, default: usize) -> usize {
        let given = self.0.get(name).and_then(Value::as_u64);
        given.and_then(|number| usize::try_from(number).ok()).unwrap_or(default).min(MOST)
    }

    fn is_set(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }
}
