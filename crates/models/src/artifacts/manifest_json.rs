//! `target/manifest.json`: the project as it was read, version 12 of dbt's format.

use crate::artifacts::body::Body;
use crate::artifacts::document::Document;
use crate::artifacts::foreign_keys;
use crate::artifacts::metadata;
use crate::artifacts::semantic_manifest;
use crate::build::ctes::Cte;
use crate::build::output_files::output_file;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, object, text};
use crate::outcomes::{NodeResult, RunSummary};
use crate::parse::macro_arguments;
use crate::parse::parsed::Kept;
use crate::project::macros::{MacroEntry, MacroRegistry};
use ingot_core::error::Result;
use ingot_core::report::Level;
use md5::{Digest, Md5};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap};

/// A node's entry, with what compiling added.
fn node_entry(
    invocation: &Invocation,
    manifest: &Manifest,
    node: &Node,
    compiled: Option<&NodeResult>,
    summary: &RunSummary,
) -> Json {
    let mut out = node.to_json();
    let injected = summary.injected.get(&node.unique_id);
    let kind = node.resource_type();
    let is_code = !kind.is_only_described()
        && !matches!(kind, ResourceType::Source | ResourceType::UnitTest | ResourceType::Seed);
    let code = compiled.filter(|_| is_code).and_then(|result| result.compiled_code.clone());
    if let Some(code) = code.or_else(|| injected?.code.clone()) {
        out.insert("compiled".to_owned(), true.into());
        out.insert("compiled_code".to_owned(), code.into());
        let file = output_file(invocation, node, "compiled");
        let shown =
            file.strip_prefix(&invocation.project.root.root).unwrap_or(&file).to_string_lossy().into_owned();
        out.insert("compiled_path".to_owned(), shown.into());
        out.insert("extra_ctes_injected".to_owned(), true.into());
        let ctes = injected.map(|injected| injected.ctes.iter().map(Cte::to_json).collect());
        out.insert("extra_ctes".to_owned(), Json::Array(ctes.unwrap_or_default()));
        foreign_keys::resolve(manifest, &invocation.project.root.name, node, &summary.deferred, &mut out);
    }
    Json::Object(out)
}

/// Gives the manifest that is there the metadata of this run, if all the rest of it was written for `kept`, which
/// was read back, and with the compiled SQL of `summary`; says whether it was so.
///
/// # Errors
/// The target folder cannot be written to.
pub(crate) fn renew_manifest(invocation: &Invocation, kept: &Kept, summary: &RunSummary) -> Result<bool> {
    let file = invocation.settings.target_folder.join("manifest.json");
    let Some(body) = Body::of(invocation, kept, summary).take_over(&file) else { return Ok(false) };
    let mut document = Document::create(&file)?;
    document.member("metadata", &about(invocation))?;
    document.raw(&body)?;
    document.put_in_place()?;
    invocation.outbox.say(Level::Debug, "manifest.json: all but its metadata is as it was".to_owned());
    Ok(true)
}

/// Writes the manifest; `summary` says what was compiled, and `kept` whether it is one of a parse that may be
/// read back.
///
/// # Errors
/// The target folder cannot be written to.
pub(crate) fn write_manifest(
    invocation: &Invocation,
    manifest: &Manifest,
    kept: Option<&Kept>,
    summary: &RunSummary,
) -> Result<()> {
    // What is read in another state is not a matter of the parse.
    let kept = kept.filter(|_| summary.deferred.is_empty());
    if let Some(kept) = kept
        && renew_manifest(invocation, kept, summary)?
    {
        return Ok(());
    }
    let mut document = Document::create(&invocation.settings.target_folder.join("manifest.json"))?;
    document.member("metadata", &about(invocation))?;
    document.mark();
    write_body(&mut document, invocation, manifest, summary)?;
    let fingerprint = document.end()?;
    semantic_manifest::write(invocation, manifest)?;
    if let Some(kept) = kept {
        Body::of(invocation, kept, summary).remember(fingerprint);
    }
    Ok(())
}

/// The metadata: the one part that differs each time.
fn about(invocation: &Invocation) -> Json {
    let project_id: String = Md5::digest(invocation.project.root.name.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let dialect = invocation.target.dialect();
    let quotes = dialect.quotes_by_default();
    let mut about = metadata(invocation, "manifest/v12");
    if let Json::Object(about) = &mut about {
        about.extend(Object::from_iter([
            ("project_name".to_owned(), Json::from(invocation.project.root.name.clone())),
            ("project_id".to_owned(), project_id.into()),
            ("user_id".to_owned(), Json::Null),
            ("send_anonymous_usage_stats".to_owned(), false.into()),
            ("adapter_type".to_owned(), dialect.adapter_type().into()),
            (
                "quoting".to_owned(),
                json!({"database": quotes, "schema": quotes, "identifier": quotes, "column": null}),
            ),
            ("run_started_at".to_owned(), crate::dbt::time(invocation.started).into()),
        ]));
    }
    about
}

fn write_body(
    document: &mut Document,
    invocation: &Invocation,
    manifest: &Manifest,
    summary: &RunSummary,
) -> Result<()> {
    let by_id: HashMap<&str, &NodeResult> =
        summary.results.iter().map(|result| (result.unique_id.as_str(), result)).collect();
    let section = |node: &Node| match node.resource_type() {
        ResourceType::Source => "sources",
        ResourceType::Exposure => "exposures",
        ResourceType::UnitTest => "unit_tests",
        ResourceType::Metric => "metrics",
        ResourceType::SemanticModel => "semantic_models",
        ResourceType::SavedQuery => "saved_queries",
        ResourceType::Function => "functions",
        _ => "nodes",
    };
    let mut sections: HashMap<&str, Vec<&Node>> = HashMap::new();
    for node in &manifest.nodes {
        sections.entry(section(node)).or_default().push(node);
    }
    let entry = |node: &&'_ Node| -> Json {
        let compiled = by_id.get(node.unique_id.as_str()).copied();
        node_entry(invocation, manifest, node, compiled, summary)
    };
    let nodes_of = |document: &mut Document, key: &str| {
        let nodes = sections.get(key).map(Vec::as_slice).unwrap_or_default();
        document.object(key, nodes, |node| (node.unique_id.as_str(), entry(node)))
    };
    let mut disabled: Map<String, Json> = Map::new();
    for node in &manifest.disabled {
        let list = disabled.entry(node.unique_id.clone()).or_insert_with(|| json!([]));
        if let Json::Array(list) = list {
            list.push(node_entry(invocation, manifest, node, None, summary));
        }
    }
    let groups: Map<String, Json> =
        manifest.groups.iter().map(|group| (group.unique_id(), group.to_json())).collect();
    let mut members: BTreeMap<String, Vec<&str>> =
        manifest.groups.iter().map(|group| (group.name.clone(), Vec::new())).collect();
    for node in &manifest.nodes {
        if let Some(members) = node.group().and_then(|group| members.get_mut(&group)) {
            members.push(&node.unique_id);
        }
    }
    nodes_of(document, "nodes")?;
    nodes_of(document, "sources")?;
    document.member("macros", &macros(invocation, manifest))?;
    document.member("docs", &docs(invocation))?;
    nodes_of(document, "exposures")?;
    nodes_of(document, "metrics")?;
    document.member("groups", &groups)?;
    document.member("selectors", &manifest.selectors)?;
    document.member("disabled", &disabled)?;
    write_edges(document, "parent_map", &manifest.graph.ids, &manifest.graph.parents)?;
    write_edges(document, "child_map", &manifest.graph.ids, &manifest.graph.children)?;
    document.member("group_map", &members)?;
    nodes_of(document, "saved_queries")?;
    nodes_of(document, "semantic_models")?;
    nodes_of(document, "unit_tests")?;
    nodes_of(document, "functions")
}

/// For each node, those on the other end of its edges.
fn write_edges(document: &mut Document, key: &str, ids: &[String], edges: &[Vec<usize>]) -> Result<()> {
    let nodes: Vec<usize> = (0..ids.len()).collect();
    document.object(key, &nodes, |node| {
        let mut others: Vec<&str> = edges[*node].iter().map(|other| ids[*other].as_str()).collect();
        others.sort_unstable();
        (ids[*node].as_str(), others)
    })
}

fn docs(invocation: &Invocation) -> Json {
    let mut out: BTreeMap<String, Json> = BTreeMap::new();
    for ((package, name), block) in &invocation.project.docs {
        let id = format!("doc.{package}.{name}");
        let value = json!({
            "name": name, "resource_type": "doc", "package_name": package, "path": block.path,
            "original_file_path": block.original_file_path, "unique_id": id, "block_contents": block.text,
        });
        out.insert(id, value);
    }
    json!(out)
}

fn macros(invocation: &Invocation, manifest: &Manifest) -> Json {
    let mut out: BTreeMap<String, Json> = BTreeMap::new();
    for entry in invocation.templates.macros.all() {
        let patch = manifest
            .macro_patches
            .iter()
            .find(|patch| patch.name == entry.name && patch.package_name == entry.package_name);
        let mut value = macro_entry(entry, patch, &invocation.templates.macros);
        if macro_arguments::is_asked_for(invocation) && value["arguments"] == json!([]) {
            let named = |name: String| json!({"name": name, "type": null, "description": ""});
            value["arguments"] = entry.parameters().into_iter().map(named).collect();
        }
        out.insert(entry.unique_id.clone(), value);
    }
    json!(out)
}

fn macro_entry(entry: &MacroEntry, patch: Option<&Entry>, macros: &MacroRegistry) -> Json {
    let mut out = entry.to_json(macros);
    if let (Json::Object(out), Some(patch)) = (&mut out, patch) {
        let config = object(&patch.members, "config");
        let mut meta = object(&patch.members, "meta");
        meta.extend(object(&config, "meta"));
        let mut docs =
            Object::from_iter([("show".to_owned(), true.into()), ("node_color".to_owned(), Json::Null)]);
        docs.extend(object(&patch.members, "docs"));
        docs.extend(object(&config, "docs"));
        out.insert("description".to_owned(), text(&patch.members, "description").unwrap_or_default().into());
        out.insert(
            "patch_path".to_owned(),
            format!("{}://{}", patch.package_name, patch.original_file_path).into(),
        );
        let arguments = patch.members.get("arguments").and_then(Json::as_array).cloned().unwrap_or_default();
        let arguments: Vec<Json> = arguments
            .iter()
            .map(|argument| {
                let said = |key: &str| argument.get(key).cloned();
                json!({"name": said("name"), "type": said("type"), "description": said("description").unwrap_or_else(|| "".into())})
            })
            .collect();
        out.insert("arguments".to_owned(), arguments.into());
        out.insert("config".to_owned(), json!({"meta": meta, "docs": docs}));
        out.insert("meta".to_owned(), meta.into());
        out.insert("docs".to_owned(), docs.into());
    }
    out
}
