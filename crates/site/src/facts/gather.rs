//! Gathers everything that pages show.

use super::contracts::{ContractFacts, Loaded};
use super::history::{self, RunFacts};
use super::links;
use super::nodes::{self, NodeFacts, cut};
use super::quality::{self, QualityFacts};
use super::redact::Redactor;
use super::rejects::{self, RejectFacts};
use super::samples;
use super::tests_of::{self, TestFacts};
use super::warehouse::Warehouse;
use crate::show::{file_name, markdown, sql};
use ingot_bronze::{BronzeStatus, Fresh, LoadOptions};
use ingot_catalog::{Lineage, LineageKind, Owned, Personal, Revision, SourceTypes};
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::Reporter;
use ingot_models::{CheckSeverity, ProjectMacro, TypedNode, TypedProject};
use ingot_powerbi::project::ReportObject;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use std::path::PathBuf;

/// Where everything comes from.
pub struct Origin<'a> {
    pub project: &'a Project,
    /// The checked project, with its lineage.
    pub revision: &'a Revision,
    pub sources: &'a SourceTypes,
    pub report: &'a [ReportObject],
    /// The DuckDB file; `None` for a database in memory.
    pub warehouse: Option<PathBuf>,
    /// The folder of dbt's artifacts.
    pub artifacts: PathBuf,
    pub with_samples: bool,
}

/// What pages show.
#[derive(Debug, Clone)]
pub struct Facts {
    pub(crate) overview: Overview,
    pub(crate) nodes: Vec<NodeFacts>,
    pub(crate) tests: Vec<TestFacts>,
    pub(crate) contracts: Vec<ContractFacts>,
    pub(crate) macros: Vec<MacroFacts>,
    pub(crate) runs: Vec<RunFacts>,
    pub(crate) quality: QualityFacts,
    pub(crate) rejects: RejectFacts,
    pub(crate) findings: Vec<FindingFacts>,
    /// Who reads whom, by the indexes of nodes.
    pub(crate) edges: Vec<(usize, usize)>,
    /// From node and column, to node and column, and how: `c`, `t` or `a`.
    pub(crate) column_edges: Vec<([usize; 4], char)>,
}

/// What stands on every page, and the numbers of the first one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Overview {
    pub(crate) project: String,
    pub(crate) made: String,
    pub(crate) with_samples: bool,
    /// How many columns of models have all of their sources known, of how many.
    pub(crate) resolved: (usize, usize),
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct FindingFacts {
    pub(crate) severity: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
    pub(crate) place: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MacroFacts {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) package: String,
    pub(crate) file: String,
    pub(crate) page: String,
    pub(crate) description: String,
    pub(crate) summary: String,
    pub(crate) arguments: Vec<(String, String)>,
    /// HTML.
    pub(crate) written: String,
    /// Labels and pages.
    pub(crate) used_by: Vec<(String, String)>,
    pub(crate) calls: Vec<(String, String)>,
}

impl Facts {
    /// Reads what is on disk. What cannot be read because somebody else has it open is left out with a warning.
    ///
    /// # Errors
    /// Bronze, the history of runs or the measures of quality cannot be read.
    pub fn gather(origin: &Origin, reporter: &dyn Reporter) -> Result<Self> {
        let (project, lineage) = (&origin.revision.project, &origin.revision.lineage);
        let lake = origin.project.lake();
        let personal = Personal::of(project, lineage, origin.sources);
        let mut nodes = nodes::of(project, lineage, &personal, &Owned::of(project, lineage, origin.sources));
        links::link(&mut nodes, project, lineage);
        let redactor = Redactor::new(names(project, lineage), personal.is_any());
        let runs = history::read(&lake, &origin.artifacts)?;
        let of_nodes = history::by_node(&runs, &redactor);
        let index: HashMap<String, usize> =
            lineage.nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
        let mut tests = tests_of::of(project, &index, &of_nodes);
        let bronze = bronze_status(origin, reporter)?;
        let bronze_nodes = bronze_nodes(project, lineage, origin.sources, &index);
        for (table, at) in &bronze_nodes {
            nodes[*at].runs = of_nodes.get(&format!("bronze.{table}")).cloned().unwrap_or_default();
        }
        for node in &mut nodes {
            if let Some(runs) = of_nodes.get(&node.id) {
                node.runs.clone_from(runs);
            }
            node.tone = node.runs.first().map_or("idle", |run| run.tone);
        }
        attach_tests(&mut nodes, &mut tests);
        attach_report(&mut nodes, lineage, origin.report);
        let contracts = contracts(origin.sources, bronze.as_ref(), &bronze_nodes, &mut nodes, lineage);
        let mut warehouse = Warehouse::open(origin.warehouse.as_deref()).or_else(|error| {
            reporter.warn(format!("rows of tables are not shown: {}", error.message()));
            Warehouse::open(None)
        })?;
        let typed: HashMap<&str, &TypedNode> =
            project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
        for (at, node) in nodes.iter_mut().enumerate() {
            let Some(typed) = typed.get(node.id.as_str()) else { continue };
            if let Some(relation) = &typed.relation {
                let key = (relation.schema.to_lowercase(), relation.identifier.to_lowercase());
                node.rows = node.rows.or_else(|| warehouse.rows.get(&key).copied());
            }
            if origin.with_samples && lineage.nodes[at].kind.is_table() {
                node.samples = samples::of(typed, &|column| personal.is(at, column), &mut warehouse);
            }
        }
        let pages: HashMap<String, String> =
            nodes.iter().map(|node| (node.label.to_lowercase(), node.page.clone())).collect();
        let page_of_table = |table: &str| pages.get(&table.to_lowercase()).cloned().unwrap_or_default();
        let page_of_bronze =
            |table: &str| bronze_nodes.get(table).map(|at| nodes[*at].page.clone()).unwrap_or_default();
        let quality = quality::of(&lake, &|table| match table.strip_prefix("bronze.") {
            Some(name) => page_of_bronze(name),
            None => page_of_table(table),
        })?;
        let rejects = rejects::of(&lake, warehouse.session.as_mut(), &page_of_bronze)?;
        let places = places(&nodes, &tests, &bronze_nodes);
        let run_pages = history::for_pages(&runs, &places, &redactor);
        for table in &quality.tables {
            for node in nodes.iter_mut().filter(|node| !table.page.is_empty() && node.page == table.page) {
                node.score = Some(table.score);
            }
        }
        let column_edges = lineage.edges.iter().map(|edge| {
            let how = edge.how.word().chars().next().unwrap_or('c');
            ([edge.from.node, edge.from.column, edge.to.node, edge.to.column], how)
        });
        let by_id: HashMap<&str, usize> = index.iter().map(|(id, at)| (id.as_str(), *at)).collect();
        let count = |severity| project.findings.iter().filter(|one| one.severity == severity).count();
        Ok(Self {
            overview: Overview {
                project: project.name.clone(),
                made: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
                with_samples: origin.with_samples,
                resolved: lineage.resolved(),
                errors: count(CheckSeverity::Error),
                warnings: count(CheckSeverity::Warning),
            },
            macros: macros(project, &nodes, &tests),
            findings: findings(project),
            edges: links::node_edges(project, lineage, &by_id).into_iter().collect(),
            column_edges: column_edges.collect(),
            runs: run_pages,
            nodes,
            tests,
            contracts,
            quality,
            rejects,
        })
    }
}

/// All names that messages may quote.
fn names(project: &TypedProject, lineage: &Lineage) -> impl Iterator<Item = String> {
    let mut names: Vec<String> = Vec::new();
    for node in &lineage.nodes {
        names.extend([node.name.clone(), node.label.clone()]);
        names.extend(node.label.split('.').map(str::to_owned));
        names.extend(node.columns.iter().cloned());
    }
    for node in &project.nodes {
        names.extend([node.name.clone(), node.alias.clone(), node.file.clone()]);
        names.extend(node.relation.iter().map(|relation| relation.database.clone()));
    }
    names.into_iter()
}

fn bronze_status(origin: &Origin, reporter: &dyn Reporter) -> Result<Option<BronzeStatus>> {
    let project = origin.project;
    if origin.sources.contracts().is_empty() {
        return Ok(None);
    }
    let options =
        LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas());
    ingot_bronze::status(&options, reporter).map(Some)
}

/// The nodes of the sources that read a feed's bronze table, by the feed.
fn bronze_nodes(
    project: &TypedProject,
    lineage: &Lineage,
    sources: &SourceTypes,
    index: &HashMap<String, usize>,
) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for node in &project.nodes {
        let external = node.source.as_ref().and_then(|source| source.external.as_deref());
        let contract = external.and_then(|external| sources.contract_read_by(external));
        if let (Some(contract), Some(at)) = (contract, index.get(&node.unique_id))
            && lineage.nodes[*at].kind == LineageKind::Source
        {
            found.entry(contract.name.clone()).or_insert(*at);
        }
    }
    found
}

fn attach_tests(nodes: &mut [NodeFacts], tests: &mut [TestFacts]) {
    for (at, test) in tests.iter_mut().enumerate() {
        for node in &test.nodes {
            let node = &mut nodes[*node];
            node.tests.push(at);
            node.tests_count += 1;
            node.tests_failed += usize::from(test.tone == "bad");
            let of_column = node.columns.iter_mut().find(|one| one.name.eq_ignore_ascii_case(&test.column));
            if let Some(column) = of_column {
                column.tests.push((test.test.clone(), test.tone));
            }
        }
        if let Some(node) = test.nodes.first() {
            test.table.clone_from(&nodes[*node].label);
            test.page.clone_from(&nodes[*node].page);
        }
    }
}

fn attach_report(nodes: &mut [NodeFacts], lineage: &Lineage, report: &[ReportObject]) {
    for object in report {
        let kind = if object.is_page { LineageKind::Page } else { LineageKind::Measure };
        let found = lineage.nodes.iter().position(|node| node.kind == kind && node.name == object.name);
        let Some(node) = found.map(|at| &mut nodes[at]) else { continue };
        node.description = markdown(&object.description);
        node.summary = cut(&object.description, 180);
        node.formula.clone_from(&object.formula);
        node.visuals.clone_from(&object.visuals);
    }
}

fn contracts(
    sources: &SourceTypes,
    bronze: Option<&BronzeStatus>,
    bronze_nodes: &HashMap<String, usize>,
    nodes: &mut [NodeFacts],
    lineage: &Lineage,
) -> Vec<ContractFacts> {
    let mut found: Vec<ContractFacts> = sources.contracts().iter().map(ContractFacts::of).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    for contract in &mut found {
        let raw = lineage
            .nodes
            .iter()
            .position(|node| node.kind == LineageKind::RawFiles && node.name == contract.name);
        if let Some(raw) = raw {
            nodes[raw].contract_page.clone_from(&contract.page);
            nodes[raw].description.clone_from(&contract.description);
            nodes[raw].summary.clone_from(&contract.summary);
            nodes[raw].file.clone_from(&contract.path);
            for column in &mut nodes[raw].columns {
                let told = contract
                    .columns
                    .iter()
                    .find(|told| told.in_files.as_ref().unwrap_or(&told.name) == &column.name);
                if let Some(told) = told {
                    column.data_type.clone_from(&told.data_type);
                    column.description.clone_from(&told.description);
                }
            }
        }
        let status =
            bronze.and_then(|bronze| bronze.tables.iter().find(|table| table.table == contract.name));
        contract.status = status.map(|status| {
            let word = fresh_word(status.freshness);
            Loaded {
                rows: status.rows,
                files: status.raw_files,
                open_rejects: status.open_rejects,
                failed_files: status.failed_files,
                age: status.age_hours.map(age),
                freshness: word,
                tone: history::tone(word),
            }
        });
        if let Some(node) = bronze_nodes.get(&contract.name).map(|at| &mut nodes[*at]) {
            contract.table_page.clone_from(&node.page);
            node.contract_page.clone_from(&contract.page);
            if let Some(status) = &contract.status {
                node.rows = Some(status.rows);
                let aged = status.age.as_ref().map(|age| format!(", loaded {age} ago")).unwrap_or_default();
                node.freshness = format!("{}{aged}", status.freshness);
                node.tone = status.tone;
            }
        }
    }
    let known: Vec<String> = found.iter().map(|contract| contract.page.clone()).collect();
    for reference in found.iter_mut().flat_map(|contract| &mut contract.refers_to) {
        if !known.contains(&reference.page) {
            reference.page.clear();
        }
    }
    found
}

fn fresh_word(fresh: Fresh) -> &'static str {
    match fresh {
        Fresh::Ok => "fresh",
        Fresh::Warn => "late",
        Fresh::Error => "stale",
        Fresh::Never => "never loaded",
        Fresh::Unstated => "-",
    }
}

/// Hours as a person says them.
fn age(hours: f64) -> String {
    match hours {
        hours if hours < 1.0 => format!("{:.0} min", hours * 60.0),
        hours if hours < 48.0 => format!("{hours:.0} h"),
        hours => format!("{:.0} days", hours / 24.0),
    }
}

fn places(
    nodes: &[NodeFacts],
    tests: &[TestFacts],
    bronze_nodes: &HashMap<String, usize>,
) -> history::Places {
    let mut places: history::Places =
        nodes.iter().map(|node| (node.id.clone(), (node.label.clone(), node.page.clone()))).collect();
    places.extend(tests.iter().map(|test| (test.id.clone(), (test.name.clone(), test.page.clone()))));
    places.extend(bronze_nodes.iter().map(|(table, at)| {
        let table = format!("bronze.{table}");
        (table.clone(), (table, nodes[*at].page.clone()))
    }));
    places
}

fn findings(project: &TypedProject) -> Vec<FindingFacts> {
    let place = |file: &str, line: Option<usize>| match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    };
    let findings = project.findings.iter();
    findings
        .map(|finding| FindingFacts {
            severity: match finding.severity {
                CheckSeverity::Error => "error",
                CheckSeverity::Warning => "warning",
            },
            tone: if finding.severity == CheckSeverity::Error { "bad" } else { "warn" },
            message: finding.message.clone(),
            hint: finding.hint.clone().unwrap_or_default(),
            place: place(&finding.file, finding.line),
        })
        .collect()
}

fn macros(project: &TypedProject, nodes: &[NodeFacts], tests: &[TestFacts]) -> Vec<MacroFacts> {
    let page =
        |one: &ProjectMacro| format!("macros/{}.html", file_name(&format!("{}.{}", one.package, one.name)));
    let mut by_id: HashMap<&str, (String, String)> = HashMap::new();
    for one in &project.macros {
        by_id.insert(&one.unique_id, (one.name.clone(), page(one)));
    }
    let mut users: HashMap<&str, Vec<(String, String)>> = HashMap::new();
    let of_nodes: HashMap<&str, (&String, &String)> = nodes
        .iter()
        .map(|node| (node.id.as_str(), (&node.label, &node.page)))
        .chain(tests.iter().map(|test| (test.id.as_str(), (&test.name, &test.page))))
        .collect();
    for node in &project.nodes {
        let Some((label, page)) = of_nodes.get(node.unique_id.as_str()) else { continue };
        for call in &node.calls {
            users.entry(call).or_default().push(((*label).clone(), (*page).clone()));
        }
    }
    for one in &project.macros {
        for call in &one.calls {
            users.entry(call).or_default().push((format!("macro {}", one.name), page(one)));
        }
    }
    project
        .macros
        .par_iter()
        .map(|one| MacroFacts {
            id: one.unique_id.clone(),
            name: one.name.clone(),
            package: one.package.clone(),
            file: one.file.clone(),
            page: page(one),
            description: markdown(&one.description),
            summary: cut(&one.description, 180),
            arguments: one.arguments.clone(),
            written: sql(&one.written),
            used_by: users.get(one.unique_id.as_str()).cloned().unwrap_or_default(),
            calls: one.calls.iter().filter_map(|id| by_id.get(id.as_str()).cloned()).collect(),
        })
        .collect()
}
