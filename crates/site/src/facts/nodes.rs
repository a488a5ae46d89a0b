//! Tables and what reads them: a page each.

use super::contracts;
use super::history::NodeRun;
use super::samples::Samples;
use crate::show::{file_name, markdown, sql};
use ingot_catalog::{Lineage, LineageKind, LineageNode, Owned, Personal};
use ingot_models::{CheckOutcome, TypedNode, TypedProject};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// A node of the graph, by the same index as in the lineage.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NodeFacts {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `gold.fct_sales`.
    pub(crate) label: String,
    /// `model`, `source`, `raw files`, …
    pub(crate) kind: &'static str,
    /// How tables are grouped: the first folder of a model, the name of a source.
    pub(crate) layer: String,
    pub(crate) page: String,
    /// Whether that page is about something else as well, or made from other facts: contracts and rejects have their own.
    #[serde(skip)]
    pub(crate) is_elsewhere: bool,
    /// HTML.
    pub(crate) description: String,
    /// The same as plain text, cut.
    pub(crate) summary: String,
    pub(crate) package: String,
    pub(crate) file: String,
    pub(crate) materialized: String,
    pub(crate) tags: Vec<String>,
    pub(crate) group: String,
    pub(crate) owner: String,
    /// `private`, `protected` or `public`; empty for what is not a model.
    pub(crate) access: String,
    /// Roles that may read it.
    pub(crate) readers: Vec<String>,
    pub(crate) domain: String,
    pub(crate) data_product: String,
    pub(crate) meta: Vec<(String, String)>,
    pub(crate) columns: Vec<ColumnFacts>,
    pub(crate) has_personal: bool,
    pub(crate) up: Vec<NodeLink>,
    pub(crate) down: Vec<NodeLink>,
    /// Columns that decide which rows there are: in which way, and which.
    pub(crate) rows_by: Vec<(String, Vec<ColumnLink>)>,
    /// HTML.
    pub(crate) written: String,
    pub(crate) compiled: String,
    /// Why there is no compiled SQL, or why it was not checked.
    pub(crate) note: String,
    /// Indexes of tests.
    #[serde(skip)]
    pub(crate) tests: Vec<usize>,
    pub(crate) tests_failed: usize,
    pub(crate) tests_count: usize,
    pub(crate) runs: Vec<NodeRun>,
    /// Rows in the warehouse or the lake now.
    pub(crate) rows: Option<u64>,
    /// The contract's page, for raw files and bronze.
    pub(crate) contract_page: String,
    pub(crate) freshness: String,
    pub(crate) tone: &'static str,
    pub(crate) samples: Option<Samples>,
    /// Of an exposure: `dashboard`, its address. Of a metric: `ratio`. Of a measure, a metric or a function: its formula.
    /// Of a page: its visuals.
    pub(crate) sort: String,
    pub(crate) url: String,
    /// What people call it, if that is not its name.
    pub(crate) called: String,
    /// Conditions under which rows count, as written.
    pub(crate) filters: Vec<String>,
    /// Of a function: names, types, and what is said of them.
    pub(crate) arguments: Vec<(String, String, String)>,
    pub(crate) returns: String,
    /// The command that asks for it.
    pub(crate) command: String,
    pub(crate) formula: String,
    pub(crate) visuals: Vec<String>,
    pub(crate) score: Option<f64>,
}

/// A link to a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct NodeLink {
    pub(crate) label: String,
    pub(crate) kind: &'static str,
    pub(crate) page: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ColumnFacts {
    pub(crate) name: String,
    pub(crate) data_type: String,
    /// HTML.
    pub(crate) description: String,
    pub(crate) summary: String,
    /// In a semantic model: `primary entity`, `measure (sum)`, and its expression if that is not its name.
    pub(crate) role: String,
    pub(crate) written: String,
    pub(crate) personal: bool,
    pub(crate) from: Vec<ColumnLink>,
    pub(crate) to: Vec<ColumnLink>,
    pub(crate) unresolved: bool,
    /// Short names of its tests, and how each ended.
    pub(crate) tests: Vec<(String, &'static str)>,
}

/// A link to a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct ColumnLink {
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) page: String,
    /// `copied`, `transformed`, `aggregated`.
    pub(crate) how: &'static str,
}

/// All nodes of the graph, without what is known only of runs and data.
pub(super) fn of(
    project: &TypedProject,
    lineage: &Lineage,
    personal: &Personal,
    owned: &[Owned],
) -> Vec<NodeFacts> {
    let typed: HashMap<&str, &TypedNode> =
        project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
    let mut pages = HashSet::new();
    let mut nodes: Vec<NodeFacts> = lineage
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let typed = typed.get(node.id.as_str()).copied();
            let mut facts = node_facts(node, typed, &owned[at], personal.is_any());
            facts.page = page_of(node, &mut pages);
            for (column, name) in node.columns.iter().enumerate() {
                if !node.kind.has_columns() {
                    break;
                }
                let element = typed.and_then(|typed| typed.semantics.as_ref()?.elements.get(column));
                let told =
                    typed.and_then(|typed| typed.columns.get(column)).filter(|told| told.name == *name);
                facts.columns.push(ColumnFacts {
                    name: name.clone(),
                    data_type: told.map(|told| told.data_type.clone()).unwrap_or_default(),
                    description: told.map(|told| markdown(&told.description)).unwrap_or_default(),
                    summary: told.map(|told| cut(&told.description, 120)).unwrap_or_default(),
                    role: element.map(|element| element.role.clone()).unwrap_or_default(),
                    written: element
                        .map(|element| element.written.clone())
                        .filter(|written| written != name)
                        .unwrap_or_default(),
                    personal: personal.is(at, column),
                    from: Vec::new(),
                    to: Vec::new(),
                    unresolved: false,
                    tests: Vec::new(),
                });
            }
            facts.has_personal = facts.columns.iter().any(|column| column.personal);
            facts
        })
        .collect();
    name_apart(&mut nodes, lineage);
    nodes
}

/// A metric often has the name of its measure, and a semantic model that of its model: these are shown with their kind.
fn name_apart(nodes: &mut [NodeFacts], lineage: &Lineage) {
    let mut count: HashMap<String, usize> = HashMap::new();
    nodes.iter().for_each(|node| *count.entry(node.label.to_lowercase()).or_default() += 1);
    for (node, traced) in nodes.iter_mut().zip(&lineage.nodes) {
        if count[&node.label.to_lowercase()] > 1 {
            node.label.clone_from(&traced.label);
        }
    }
}

/// A page of its own for each node, whatever its name is.
fn page_of(node: &LineageNode, pages: &mut HashSet<String>) -> String {
    let folder = match node.kind {
        LineageKind::Contract => return contracts::page_of(&node.name),
        LineageKind::Rejects => return "rejects.html".to_owned(),
        kind if kind.is_table() => "tables",
        LineageKind::SemanticModel | LineageKind::Metric | LineageKind::SavedQuery => "metrics",
        LineageKind::Function => "functions",
        _ => "reports",
    };
    let name = file_name(&node.label);
    let mut page = format!("{folder}/{name}.html");
    let mut number = 2;
    while !pages.insert(page.clone()) {
        page = format!("{folder}/{name}-{number}.html");
        number += 1;
    }
    page
}

fn node_facts(
    node: &LineageNode,
    typed: Option<&TypedNode>,
    owned: &Owned,
    is_any_personal: bool,
) -> NodeFacts {
    let layer = match (node.kind, typed) {
        (LineageKind::RawFiles, _) => "raw files".to_owned(),
        (LineageKind::Seed, _) => "seeds".to_owned(),
        (LineageKind::Snapshot, _) => "snapshots".to_owned(),
        (LineageKind::Source, Some(typed)) => {
            typed.source.as_ref().map(|source| source.source_name.clone()).unwrap_or_default()
        }
        (LineageKind::Model, Some(typed)) => {
            let mut folders = typed.file.split('/');
            let (first, second) = (folders.next(), folders.next());
            // A model of no folder is of its package.
            match second.filter(|part| !part.ends_with(".sql") && !part.ends_with(".py")) {
                Some(folder) => folder.to_owned(),
                None => first.filter(|_| second.is_some()).unwrap_or("models").to_owned(),
            }
        }
        (kind, _) => kind.plural().to_owned(),
    };
    let meta = typed.and_then(|typed| typed.meta.as_object()).into_iter().flatten();
    let meta = meta.map(|(key, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (key.clone(), value)
    });
    let semantics = typed.and_then(|typed| typed.semantics.as_ref());
    let function = typed.and_then(|typed| typed.function.as_ref());
    let description = typed.map(|typed| typed.description.as_str()).unwrap_or_default();
    // A template that asks for rows may have put personal values into the SQL.
    let asks = |written: &str| {
        ["run_query", "statement", "get_column_values", "dbt_utils.get_", "load_result"]
            .iter()
            .any(|word| written.contains(word))
    };
    let (written, mut compiled, mut note) = match typed {
        Some(typed) if matches!(typed.resource_type, "model" | "snapshot") => {
            (typed.written.as_str(), typed.compiled.as_deref().unwrap_or_default(), String::new())
        }
        // The query of a semantic model only says what its columns are made of.
        Some(typed) if matches!(typed.resource_type, "metric" | "saved_query" | "function") => {
            (typed.written.as_str(), typed.compiled.as_deref().unwrap_or_default(), String::new())
        }
        _ => ("", "", String::new()),
    };
    if is_any_personal && asks(written) {
        compiled = "";
        "left out, because its template asks for rows, and the project has personal data"
            .clone_into(&mut note);
    } else if let Some(CheckOutcome::NotChecked(why)) = typed.map(|typed| &typed.outcome) {
        note = format!("not checked: {why}");
    }
    NodeFacts {
        id: node.id.clone(),
        name: node.name.clone(),
        label: match node.kind {
            LineageKind::Contract | LineageKind::Rejects => node.label.clone(),
            kind if kind.is_table() => node.label.clone(),
            _ => node.name.clone(),
        },
        kind: node.kind.word(),
        layer,
        page: String::new(),
        is_elsewhere: matches!(node.kind, LineageKind::Contract | LineageKind::Rejects),
        description: markdown(description),
        summary: cut(description, 180),
        package: typed.map(|typed| typed.package.clone()).unwrap_or_default(),
        file: typed.map(|typed| typed.file.clone()).unwrap_or_default(),
        materialized: typed.map(|typed| typed.materialized.clone()).unwrap_or_default(),
        tags: typed.map(|typed| typed.tags.clone()).unwrap_or_default(),
        group: owned.group.clone(),
        owner: owned.owner.clone(),
        access: owned.access.clone(),
        readers: owned.readers.clone(),
        domain: owned.domain.clone(),
        data_product: owned.data_product.clone(),
        meta: meta.collect(),
        columns: Vec::new(),
        has_personal: false,
        up: Vec::new(),
        down: Vec::new(),
        rows_by: Vec::new(),
        written: sql(written),
        compiled: sql(compiled),
        note,
        tests: Vec::new(),
        tests_failed: 0,
        tests_count: 0,
        runs: Vec::new(),
        rows: None,
        contract_page: String::new(),
        freshness: String::new(),
        tone: "idle",
        samples: None,
        sort: typed
            .and_then(|typed| {
                let exposure = typed.exposure.as_ref().map(|exposure| &exposure.kind);
                exposure.or_else(|| Some(&typed.semantics.as_ref()?.metric_type)).cloned()
            })
            .unwrap_or_default(),
        called: typed
            .and_then(|typed| {
                let exposure = typed.exposure.as_ref().and_then(|exposure| exposure.label.as_ref());
                exposure.or_else(|| Some(&typed.semantics.as_ref()?.label)).cloned()
            })
            .filter(|called| *called != node.name)
            .unwrap_or_default(),
        filters: semantics.map(|semantics| semantics.filters.clone()).unwrap_or_default(),
        arguments: function.map(|function| function.arguments.clone()).unwrap_or_default(),
        returns: function.map(|function| function.returns.clone()).unwrap_or_default(),
        command: match node.kind {
            LineageKind::Metric => {
                format!("ingot metrics query --metrics {} --group-by metric_time", node.name)
            }
            LineageKind::SavedQuery => format!("ingot metrics query --saved-query {}", node.name),
            _ => String::new(),
        },
        url: typed
            .and_then(|typed| typed.exposure.as_ref()?.url.clone())
            // A link may only lead to a page, never run a script.
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .unwrap_or_default(),
        formula: semantics.map(|semantics| semantics.formula.clone()).unwrap_or_default(),
        visuals: Vec::new(),
        score: None,
    }
}

/// The first line of a description, as plain text.
pub(super) fn cut(text: &str, characters: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default().replace(['`', '*'], "");
    match line.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}
