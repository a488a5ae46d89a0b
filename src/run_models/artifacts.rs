//! `target/manifest.json` and `target/run_results.json`, in dbt's published forms.

use super::context::Shared;
use super::context::environment::DBT_VERSION;
use super::manifest::Manifest;
use super::nodes::{Node, ResourceType};
use super::results::{NodeResult, RunSummary};
use crate::error::{Context, Result};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::path::Path;

fn metadata(shared: &Shared, schema: &str) -> Json {
    json!({
        "dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{schema}.json"),
        "dbt_version": DBT_VERSION,
        "generated_at": jiff::Timestamp::now().to_string(),
        "invocation_id": shared.invocation_id,
        "invocation_started_at": shared.started.to_string(),
        "env": {},
    })
}

/// Written beside and renamed, so that a reader never sees half of it.
fn write(file: &Path, value: &Json) -> Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).doing_to("creating the folder", folder)?;
    }
    let beside = file.with_extension("json.tmp");
    let text = serde_json::to_vec(value).doing("writing JSON")?;
    std::fs::write(&beside, text).doing_to("writing", &beside)?;
    std::fs::rename(&beside, file).doing_to("writing", file)
}

/// A node's entry, with what compiling added.
fn entry(node: &Node, compiled: Option<&NodeResult>) -> Json {
    let mut out = node.to_json();
    let code = compiled.and_then(|result| result.compiled_code.clone());
    if node.source.is_none() && node.resource_type != ResourceType::Seed {
        out.insert("compiled".to_owned(), code.is_some().into());
        if let Some(code) = code {
            out.insert("compiled_code".to_owned(), code.into());
        }
        out.insert("extra_ctes_injected".to_owned(), compiled.is_some().into());
        out.insert("extra_ctes".to_owned(), json!([]));
    }
    Json::Object(out)
}

pub fn write_manifest(shared: &Shared, manifest: &Manifest, results: &[NodeResult]) -> Result<()> {
    let by_id: HashMap<&str, &NodeResult> =
        results.iter().map(|result| (result.unique_id.as_str(), result)).collect();
    let (mut nodes, mut sources) = (Map::new(), Map::new());
    for node in &manifest.nodes {
        let into = if node.source.is_some() { &mut sources } else { &mut nodes };
        into.insert(node.unique_id.clone(), entry(node, by_id.get(node.unique_id.as_str()).copied()));
    }
    let mut disabled: Map<String, Json> = Map::new();
    for node in &manifest.disabled {
        let list = disabled.entry(node.unique_id.clone()).or_insert_with(|| json!([]));
        if let Json::Array(list) = list {
            list.push(entry(node, None));
        }
    }
    let names = |edges: &[Vec<usize>]| -> Json {
        manifest
            .graph
            .ids
            .iter()
            .zip(edges)
            .map(|(id, others)| {
                let others: Vec<&String> = others.iter().map(|other| &manifest.graph.ids[*other]).collect();
                (id.clone(), json!(others))
            })
            .collect::<Map<String, Json>>()
            .into()
    };
    let mut macros: Vec<_> = shared.macros.all().collect();
    macros.sort_by(|a, b| a.unique_id.cmp(&b.unique_id));
    let macros: Map<String, Json> =
        macros.into_iter().map(|entry| (entry.unique_id.clone(), entry.to_json())).collect();
    let docs: Map<String, Json> = shared
        .docs
        .iter()
        .map(|((package, name), text)| {
            let id = format!("doc.{package}.{name}");
            let value = json!({
                "name": name, "resource_type": "doc", "package_name": package, "path": "",
                "original_file_path": "", "unique_id": id, "block_contents": text,
            });
            (id, value)
        })
        .collect();
    let value = json!({
        "metadata": metadata(shared, "manifest/v12"),
        "nodes": nodes, "sources": sources, "macros": macros, "docs": docs,
        "exposures": {}, "metrics": {}, "groups": {}, "selectors": {}, "disabled": disabled,
        "parent_map": names(&manifest.graph.parents), "child_map": names(&manifest.graph.children),
        "group_map": {}, "saved_queries": {}, "semantic_models": {}, "unit_tests": {}, "functions": {},
    });
    write(&shared.target_folder.join("manifest.json"), &value)
}

pub fn write_run_results(shared: &Shared, summary: &RunSummary, arguments: Json) -> Result<()> {
    let results: Vec<Json> = summary
        .results
        .iter()
        .map(|result| {
            let seconds = jiff::SignedDuration::try_from(result.elapsed).unwrap_or_default();
            let ended = result.started.checked_add(seconds).unwrap_or(result.started);
            json!({
                "status": result.status.name(),
                "timing": [{
                    "name": "execute", "started_at": result.started.to_string(), "completed_at": ended.to_string(),
                }],
                "thread_id": result.thread,
                "execution_time": result.elapsed.as_secs_f64(),
                "adapter_response": {"_message": "OK", "rows_affected": result.rows_affected},
                "message": result.message,
                "failures": result.failures,
                "unique_id": result.unique_id,
                "compiled": result.compiled_code.is_some(),
                "compiled_code": result.compiled_code,
                "relation_name": result.relation_name,
                "batch_results": result.batch_results.as_ref().map(|batches| batches.to_json()),
            })
        })
        .collect();
    let value = json!({
        "metadata": metadata(shared, "run-results/v6"),
        "results": results,
        "elapsed_time": summary.elapsed.as_secs_f64(),
        "args": arguments,
    });
    write(&shared.target_folder.join("run_results.json"), &value)
}
