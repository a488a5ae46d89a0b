//! From a piece of SQL (or a seed) to its node: rendered without a database, configured and described.

use crate::context::{inputs, references};
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::hashing;
use crate::invocation::Invocation;
use crate::json_values::{Object, has_jinja};
use crate::parse::config_call;
use crate::parse::describe;
use crate::parse::microbatch;
use crate::parse::names;
use crate::parse::patches::Patches;
use crate::parse::python_models;
use crate::parse::rendering::parsing_context;
use crate::project::config_cache::Said;
use crate::project::macros::at_users_line;
use ingot_core::error::{Context, Error, Result};
use ingot_jinja::Template;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::parse::sql_files::{Piece, read};

/// dbt's flag with which configs are compared with another state as they are written.
const COMPARES_MORE: &str = "state_modified_compare_more_unrendered_values";

/// Parses a piece: renders it without a database, collects what it refers to, settles its config.
pub(super) fn node(invocation: &Arc<Invocation>, piece: Piece, patches: &Patches) -> Result<Node> {
    let mut node = Node::new(invocation.target.dialect(), piece.resource_type, &piece.package, &piece.name);
    let (kind, section) = (piece.kind(), piece.section());
    let mut fqn: Vec<String> = vec![piece.package.clone()];
    // dbt puts analyses below a folder of that name, wherever they are.
    if piece.resource_type == ResourceType::Analysis {
        fqn.push("analysis".to_owned());
    }
    let folders: Vec<&str> = piece.within.split('/').collect();
    fqn.extend(folders[..folders.len().saturating_sub(1)].iter().map(|folder| (*folder).to_owned()));
    if piece.resource_type == ResourceType::Snapshot {
        // Those of a YAML file have its folders alone.
        let stem = folders.last().and_then(|file| file.strip_suffix(".sql"));
        fqn.extend(stem.map(str::to_owned));
    }
    fqn.push(piece.name.clone());
    if let Some(version) = &piece.version {
        fqn.push(format!("v{}", version.version));
        node.unique_id = format!("{}.v{}", node.unique_id, version.version);
        node.version = Some(version.version.clone());
        if let Some(model) = node.model_mut() {
            model.latest_version = Some(version.latest.clone());
        }
    }
    node.fqn = fqn;
    node.path = match piece.resource_type {
        ResourceType::Analysis => format!("analysis/{}", piece.within),
        ResourceType::Snapshot if !piece.within.ends_with(".sql") => {
            format!("{}/{}.sql", piece.within, piece.name)
        }
        _ => piece.within,
    };
    node.original_file_path = piece.inside;
    node.file = piece.path;
    node.line = piece.line;
    let is_seed = piece.resource_type == ResourceType::Seed;
    if is_seed {
        let bytes = std::fs::read(&node.file).or_cannot_at("read the seed", &node.file)?;
        node.checksum = hashing::checksum(&String::from_utf8_lossy(&bytes));
    } else {
        node.raw_code = match piece.text {
            Some(text) => text,
            None => read(&node.file)?.trim_end().to_owned(),
        };
        node.checksum = hashing::checksum(&node.raw_code);
    }
    let patch = patches.get(&(section, piece.package.clone(), node.described_as()));
    let mut properties = patch.map(|patch| patch.config.clone()).unwrap_or_default();
    // What Python makes is a table, whatever `dbt_project.yml` says of its folder.
    if node.is_python() {
        properties.entry("materialized").or_insert_with(|| "table".into());
    }
    let own = invocation.project.of(&piece.package);
    let fqn = node.fqn.clone();
    let nothing = Object::new();
    let from_outside = Said { kind, fqn: &fqn, properties: &properties, in_file: &nothing };
    node.config = invocation.caches.configs.build(&from_outside, own, &invocation.project.root);
    let mut in_file = Object::new();
    if !is_seed {
        in_file = match capture(invocation, &mut node) {
            Ok(in_file) => in_file,
            // What is switched off from outside may refer to what is not there.
            Err(_) if !node.is_enabled() => Object::new(),
            Err(error) => return Err(error),
        };
    }
    let said = Said { in_file: &in_file, ..from_outside };
    node.config = invocation.caches.configs.build(&said, own, &invocation.project.root);
    let root = &invocation.project.root;
    node.unrendered_config = match patch {
        _ if !root.flag(COMPARES_MORE, false) => invocation.caches.configs.unrendered(&said, own, root),
        patch => {
            let in_file = config_call::as_written(&node.raw_code, &in_file);
            let properties = patch.map_or(&properties, |patch| &patch.unrendered_config);
            invocation.caches.configs.unrendered(&Said { properties, in_file: &in_file, ..said }, own, root)
        }
    };
    if let Some(patch) = patch {
        describe::apply(invocation, &mut node, patch)?;
        capture_constraints(invocation, &mut node)?;
    }
    if matches!(piece.resource_type, ResourceType::Analysis) {
        node.unique_id = format!("analysis.{}.{}", piece.package, piece.name);
    }
    names::give(invocation, &mut node)?;
    // The names follow a null that the config itself does not keep.
    node.config = invocation.caches.configs.without_nulls(&said, own, root);
    if node.is_enabled() {
        microbatch::check(invocation, &node)?;
        capture_hooks(invocation, &mut node)?;
    }
    Ok(node)
}

/// A foreign key's `to: ref('a')` is a dependency like any other.
fn capture_constraints(invocation: &Arc<Invocation>, node: &mut Node) -> Result<()> {
    let of_columns = node.columns.iter().flat_map(|column| &column.constraints);
    for constraint in node.constraints.iter().chain(of_columns.clone()) {
        let to = constraint.get("to").and_then(Json::as_str).unwrap_or_default();
        if constraint["type"] == "foreign_key" && !to.is_empty() && !references::is_reference(to) {
            let what = format!("the foreign key of model '{}' is to {to}", node.name);
            let words = format!(
                "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model {}: {to}.",
                node.name
            );
            return Err(Error::new(what)
                .in_dbts_words(words)
                .at_line(&node.original_file_path, node.line)
                .hint("write to: ref('model') or to: source('source', 'table')"));
        }
    }
    let calls: Vec<String> = node
        .constraints
        .iter()
        .chain(of_columns)
        .filter_map(|constraint| constraint.get("to").and_then(Json::as_str))
        .filter(|to| references::is_reference(to))
        .map(|to| format!("{{{{ {to} }}}}"))
        .collect();
    if calls.is_empty() {
        return Ok(());
    }
    capture_text(invocation, node, calls.concat())
}

/// What the node's hooks refer to and call, the node depends on.
fn capture_hooks(invocation: &Arc<Invocation>, node: &mut Node) -> Result<()> {
    let hooks = ["pre-hook", "post-hook"].into_iter().filter_map(|key| node.config.get(key)?.as_array());
    let texts: Vec<String> = hooks
        .flatten()
        .filter_map(|hook| hook.get("sql")?.as_str())
        .filter(|sql| has_jinja(sql))
        .map(str::to_owned)
        .collect();
    texts.into_iter().try_for_each(|text| capture_text(invocation, node, text))?;
    if node.resource_type() == ResourceType::Seed && !(node.refs.is_empty() && node.sources.is_empty()) {
        return Err(Error::new(format!(
            "Seeds cannot depend on other nodes: a hook of '{}' uses ref() or source()",
            node.name
        ))
            .at(&node.original_file_path)
            .hint("seeds come before everything else: write the relation's name, or put the statement into a model's hook"));
    }
    Ok(())
}

/// Renders a text that belongs to the node, and adds what it refers to.
fn capture_text(invocation: &Arc<Invocation>, node: &mut Node, text: String) -> Result<()> {
    let context = parsing_context(invocation, node.clone());
    let template = Template::parse(text, &node.original_file_path, &invocation.templates.environment)?;
    template.render(&invocation.templates.environment, &context)?;
    let captured = context.take_captured();
    add_new(&mut node.refs, captured.refs);
    add_new(&mut node.sources, captured.sources);
    add_new(&mut node.metrics, captured.metrics);
    add_new(&mut node.functions, captured.functions);
    add_new(&mut node.depends_on_macros, captured.macros);
    Ok(())
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !all.contains(&item) {
            all.push(item);
        }
    }
}

/// `'dbt_utils' is undefined`: most likely a package that is not there.
pub(super) fn hint_at_package(error: Error, code: &str) -> Error {
    let name = error.message().strip_prefix('\'').and_then(|rest| rest.strip_suffix("' is undefined"));
    match name {
        Some(name) if error.hint_text().is_none() && code.contains(&format!("{name}.")) => {
            let hint = format!(
                "if '{name}' is a package, put it into dbt_packages/ or name its folder in packages.yml"
            );
            error.hint(hint)
        }
        Some(name) if error.hint_text().is_none() && code.contains(&format!("{name}(")) => {
            let hint = format!("define it in macros/: {{% macro {name}() %}} ... {{% endmacro %}}");
            error.hint(hint)
        }
        _ => error,
    }
}

/// Renders the code in the first phase; gives what `config(...)` said.
pub(super) fn capture(invocation: &Arc<Invocation>, node: &mut Node) -> Result<Object> {
    let python = node.is_python().then(|| python_models::as_template(&node.raw_code));
    if python.is_none() && !has_jinja(&node.raw_code) {
        return Ok(Object::new());
    }
    let mut shell = node.clone();
    shell.database = invocation.target.database.clone();
    shell.schema = invocation.target.schema.clone();
    let raw_code = python.unwrap_or_else(|| std::mem::take(&mut shell.raw_code));
    let context = parsing_context(invocation, Node { raw_code: raw_code.clone(), ..shell });
    let template = Template::parse_piece(
        raw_code,
        &node.original_file_path,
        node.line,
        &invocation.templates.environment,
    )?;
    let moments = inputs::clock_reads_here();
    template
        .render(&invocation.templates.environment, &context)
        .map_err(|error| hint_at_package(at_users_line(error, node), &node.raw_code))?;
    let moments = inputs::clock_reads_here() - moments;
    invocation.caches.clock_reads_in_nodes.fetch_add(moments, Ordering::Relaxed);
    node.volatile = moments > 0;
    let captured = context.take_captured();
    node.refs = captured.refs;
    node.sources = captured.sources;
    node.metrics = captured.metrics;
    node.functions = captured.functions;
    node.depends_on_macros = captured.macros;
    Ok(captured.config)
}

/// Properties that a package gives for a model of another one's, which the root project put in place of its own: a node is found
/// by its name where the package has none of that name that is switched on.
pub(super) fn adopt(invocation: &Arc<Invocation>, pieces: &[Piece], patches: &mut Patches) {
    // Of one package alone there is nothing to adopt.
    if invocation.project.packages.is_empty() {
        return;
    }
    let mut by_name: HashMap<(&'static str, String), Vec<&Piece>> = HashMap::new();
    for piece in pieces {
        by_name.entry((piece.section(), piece.described_as())).or_default().push(piece);
    }
    let mut adopted = Vec::new();
    for ((section, package, name), patch) in &*patches {
        // What is said of all versions of a model is said of no file.
        if !patch.versions.is_empty() {
            continue;
        }
        let Some(candidates) = by_name.get(&(*section, name.clone())) else { continue };
        let (own, others): (Vec<&Piece>, Vec<&Piece>) =
            candidates.iter().partition(|piece| piece.package == *package);
        let is_on = |piece: &&&Piece| {
            node(invocation, Piece::clone(piece), patches).is_ok_and(|node| node.is_enabled())
        };
        if others.is_empty() || own.iter().any(|piece| is_on(&piece)) {
            continue;
        }
        for other in others {
            let key = (*section, other.package.clone(), name.clone());
            if !patches.contains_key(&key) && is_on(&&other) {
                adopted.push((key, patch.clone()));
            }
        }
    }
    // Each describes one node.
    for ((section, _, name), patch) in &adopted {
        patches.remove(&(*section, patch.package_name.clone(), name.clone()));
    }
    patches.extend(adopted);
}
