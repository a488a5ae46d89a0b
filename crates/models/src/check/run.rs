//! The check of a whole project.

use super::bind::{bind, make_if_harmless};
use super::input_types;
use super::kept::Found;
use super::ownership;
use super::plan::{KnownSources, Plan};
use super::project_macros;
use super::rules;
use super::semantics;
use super::typed_node::typed;
use super::typed_project::{CheckFinding, CheckOutcome, CheckSeverity, TypedProject};
use crate::build::compile::compile;
use crate::connection::Connection;
use crate::context::environment::STACK_BYTES;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::lake::file_guard::FileGuard;
use crate::metrics::SemanticLayer;
use crate::options::{RunOptions, Verb};
use crate::parse::start;
use crate::relations::cache::RelationCache;
use crate::setup;
use ingot_core::error::{Context, Error, Result};
use ingot_core::sync::lock;
use ingot_engine::duckdb::{Attach, DuckDb, DuckDbOptions};
use ingot_engine::{Engine, name_literal};
use ingot_lake::Verify;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Checks the project that `options` name, without data and without changing anything but `target/`.
///
/// `known` gives the columns of sources that the caller knows of; see [`KnownSources`].
///
/// # Errors
/// There is no project, no profile, or DuckDB cannot be opened. What is wrong in the project is a finding.
pub fn check(options: &RunOptions, known: KnownSources) -> Result<TypedProject> {
    // Templates of a large project recurse; rayon's workers get the stack for it.
    // Templates see what a build shows them; what they say is left for the run.
    let options = &RunOptions { verb: Verb::Build, print: false, ..options.clone() };
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build().or_cannot("start threads")?;
    pool.install(|| check_here(options, known))
}

fn check_here(options: &RunOptions, known: KnownSources) -> Result<TypedProject> {
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let id = uuid::Uuid::new_v4().to_string();
    let invocation = match setup::load(options, &id) {
        Ok(invocation) => Arc::new(invocation),
        Err(errors) => return unreadable(&root, errors),
    };
    if invocation.target.options.duckdb().is_none() {
        return Err(Error::new(format!(
            "target '{}' is on a server, and only SQL of DuckDB can be checked without one",
            invocation.target.name
        ))
        .hint(
            "name a target of type duckdb with --target, or compile against the server: `ingot dbt compile`",
        ));
    }
    let (parsed, warehouse) =
        rayon::join(|| start::start(&invocation).parse(&invocation), || open_warehouse(&invocation));
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(errors) => return unreadable(&root, errors),
    };
    let mut manifest = parsed.manifest;
    let externals = take_externals(&mut manifest);
    let engine = open_empty(&invocation, &manifest)?;
    // No file of data is read.
    let guard = FileGuard::new(&root, Verify::None, engine.session()?.as_mut())?;
    let execution = Arc::new(Execution {
        manifest: Arc::new(manifest),
        cache: RelationCache::default(),
        guard: Arc::new(guard),
        rebuilt: Default::default(),
        also_rebuilt: Default::default(),
        selected: Vec::new(),
        graph_value: Default::default(),
        selected_ephemerals: Default::default(),
        broken_ephemerals: Default::default(),
        injected: Default::default(),
        deferred: Default::default(),
    });
    let mut plan = Plan::new(&invocation, &execution, &engine, known);
    plan.externals = externals;
    plan.warehouse = warehouse;
    run_start_hooks(&plan)?;
    let order = execution.manifest.graph.order();
    let is_semantic = |index: &usize| execution.manifest.nodes[*index].resource_type().is_semantic();
    let levels = levels(&execution.manifest, &order);
    // A question for a metric may join any model, so that these come last.
    for semantic in [false, true] {
        for level in &levels {
            level.par_iter().filter(|index| is_semantic(index) == semantic).for_each(|index| {
                plan.found[*index].set(look_at(&plan, *index)).ok();
            });
        }
    }
    Ok(gather(plan, &order, &root))
}

/// A project that cannot be read: its errors are the findings. One that names no place in it ends the check.
fn unreadable(root: &Path, errors: Vec<Error>) -> Result<TypedProject> {
    let mut findings = Vec::new();
    for error in errors {
        let Some(place) = error.place() else { return Err(error) };
        let Ok(file) = place
            .file
            .strip_prefix(root)
            .or_else(|_| if place.file.is_relative() { Ok(place.file.as_path()) } else { Err(()) })
        else {
            return Err(error);
        };
        findings.push(CheckFinding {
            code: "project".to_owned(),
            severity: CheckSeverity::Error,
            node: String::new(),
            message: error.message().to_owned(),
            hint: error.hint_text().map(str::to_owned),
            file: file.to_string_lossy().replace('\\', "/"),
            line: place.line,
            column: place.column,
        });
    }
    Ok(TypedProject {
        name: String::new(),
        root: root.to_path_buf(),
        target_folder: root.join("target"),
        nodes: Vec::new(),
        macros: Vec::new(),
        findings,
        kept: 0,
    })
}

/// Sources outside the database become tables in it, so that they can be empty. What a query would read in their place
/// is given back.
fn take_externals(manifest: &mut Manifest) -> HashMap<String, String> {
    let mut externals = HashMap::new();
    for node in &mut manifest.nodes {
        let NodeKind::Source(source) = &mut node.kind else { continue };
        if let Some(external) = source.external.take() {
            externals.insert(node.unique_id.clone(), external);
        }
    }
    externals
}

/// A database in memory, with the names and schemas of the project.
fn open_empty(invocation: &Invocation, manifest: &Manifest) -> Result<DuckDb> {
    let is_table =
        |node: &&Node| node.is_relational() || node.source().is_some() || node.function().is_some();
    let mut databases: BTreeSet<&str> =
        manifest.nodes.iter().filter(is_table).map(|node| node.database.as_str()).collect();
    databases.insert(&invocation.target.database);
    let mut options = DuckDbOptions::new(":memory:");
    // Binding needs none of its own, and the nodes are bound side by side.
    options.threads = Some(1);
    options.attach = databases
        .iter()
        .filter(|name| !["memory", "temp", "system"].contains(name))
        .map(|name| Attach {
            path: ":memory:".to_owned(),
            alias: Some((*name).to_owned()),
            ..Attach::default()
        })
        .collect();
    if let Some(target) = invocation.target.options.duckdb() {
        options.extensions.clone_from(&target.extensions);
    }
    let engine = DuckDb::open(&options).or_else(|_| {
        // An extension that cannot be loaded is asked for again by the models that need it.
        options.extensions.clear();
        DuckDb::open(&options)
    })?;
    let mut session = engine.session()?;
    let schemas: BTreeSet<(&str, &str)> = manifest
        .nodes
        .iter()
        .filter(is_table)
        .map(|node| (node.database.as_str(), node.schema.as_str()))
        .collect();
    for (database, schema) in schemas {
        session.execute(&format!(
            "create schema if not exists {}.{}",
            name_literal(database),
            name_literal(schema)
        ))?;
    }
    Ok(engine)
}

/// The warehouse, if it is there and nobody writes to it.
fn open_warehouse(invocation: &Invocation) -> Option<Arc<Mutex<Box<dyn ingot_engine::Session>>>> {
    let options = invocation.target.options.duckdb()?;
    if !options.path.is_file() {
        return None;
    }
    let mut reading = options.only_reading();
    reading.threads = Some(1);
    let engine = DuckDb::open(&reading).ok()?;
    let session = engine.session().ok()?;
    Some(Arc::new(Mutex::new(session)))
}

/// Hooks before a run make functions and types that models use.
fn run_start_hooks(plan: &Plan) -> Result<()> {
    let nodes = &plan.execution.manifest.nodes;
    let hooks = nodes.iter().filter(|node| node.resource_type() == ResourceType::Operation);
    for node in hooks.filter(|node| node.name.contains("-on-run-start-")) {
        let lent = plan.borrow()?;
        let context = NodeContext::new(
            plan.invocation.clone(),
            Arc::new(node.clone()),
            Some(plan.execution.clone()),
            Connection::new(lent.session),
        );
        let sql = compile(&context);
        let mut connection = std::mem::take(&mut *lock(&context.connection));
        connection.rollback();
        let back = connection.into_session();
        if let Some(mut session) = back {
            if let Ok(sql) = sql {
                make_if_harmless(session.as_mut(), &sql);
            }
            *lock(&lent.asked) = Default::default();
            plan.give_back(super::plan::Lent { session, asked: lent.asked });
        }
    }
    Ok(())
}

/// The nodes by how far they are from the sources: those of one level do not need each other.
fn levels(manifest: &Manifest, order: &[usize]) -> Vec<Vec<usize>> {
    let mut depth = vec![0; manifest.nodes.len()];
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for &index in order {
        let own = manifest.graph.parents[index].iter().map(|parent| depth[*parent] + 1).max().unwrap_or(0);
        depth[index] = own;
        if levels.len() <= own {
            levels.resize_with(own + 1, Vec::new);
        }
        levels[own].push(index);
    }
    levels
}

fn look_at(plan: &Plan, index: usize) -> Found {
    let node = plan.node(index);
    match node.resource_type() {
        ResourceType::Exposure | ResourceType::Operation | ResourceType::Analysis => {
            return Found::new(CheckOutcome::NothingToCheck);
        }
        ResourceType::Source => {
            return with_session(plan, |session| input_types::source(plan, node, session));
        }
        _ => {}
    }
    let graph = &plan.execution.manifest.graph;
    let parents = &graph.parents[index];
    for parent in parents {
        match plan.found[*parent].get().map(|found| &found.outcome) {
            Some(CheckOutcome::Broken) => return Found::new(CheckOutcome::Broken),
            Some(CheckOutcome::NotChecked(why)) => {
                let name = &plan.node(*parent).name;
                let why = match why.starts_with("it reads '") && why.contains("is not checked") {
                    true => why.clone(),
                    false => format!("it reads '{name}', which is not checked: {why}"),
                };
                return Found::new(CheckOutcome::NotChecked(why));
            }
            _ => {}
        }
    }
    // These are made anew each time: what calls a function needs it, and a question reads more than its parents.
    match node.resource_type() {
        ResourceType::Function => return bind(plan, index),
        kind if kind.is_semantic() => return semantics::look_at(plan, index),
        _ => {}
    }
    let inputs = plan.inputs(index);
    let inputs = inputs.iter().map(|input| (plan.node(*input), plan.columns(*input).unwrap_or_default()));
    let mut key = plan.keys.of(&plan.execution.manifest, index, inputs);
    if node.resource_type() == ResourceType::Seed {
        key = match std::fs::metadata(&node.file) {
            Ok(about) if !key.is_empty() => format!("{key} {} {:?}", about.len(), about.modified().ok()),
            _ => String::new(),
        };
    }
    if let Some(found) = plan.kept.get(&node.unique_id, &key)
        && plan.holds(found)
    {
        return found.clone();
    }
    let mut found = match node.resource_type() {
        ResourceType::Seed => with_session(plan, |session| match input_types::seed(node, session) {
            Ok(columns) => Found { columns: Some(columns), ..Found::new(CheckOutcome::Checked) },
            Err(error) => {
                let mut broken = Found::new(CheckOutcome::Broken);
                broken.findings.push(super::explain::of_template(plan, node, &error));
                broken
            }
        }),
        ResourceType::Test => match rules::of_tested_column(plan, index) {
            Some(finding) => Found { findings: vec![finding], ..Found::new(CheckOutcome::Broken) },
            None => bind(plan, index),
        },
        _ => bind(plan, index),
    };
    let is_known = matches!(found.outcome, CheckOutcome::Checked | CheckOutcome::Broken);
    // What the warehouse said may be something else next time.
    let of_warehouse = found.findings.iter().any(|finding| finding.code == "table-change");
    if is_known && !of_warehouse && !found.asked_outside {
        found.key = key;
    }
    found
}

fn with_session(plan: &Plan, work: impl FnOnce(&mut dyn ingot_engine::Session) -> Found) -> Found {
    match plan.borrow() {
        Ok(mut lent) => {
            let found = work(lent.session.as_mut());
            *lock(&lent.asked) = Default::default();
            plan.give_back(lent);
            found
        }
        Err(error) => Found::new(CheckOutcome::NotChecked(error.message().to_owned())),
    }
}

fn gather(plan: Plan, order: &[usize], root: &Path) -> TypedProject {
    let manifest = plan.execution.manifest.clone();
    let mut found: Vec<Option<Found>> = plan.found.into_iter().map(|found| found.into_inner()).collect();
    let layer = SemanticLayer::of(&manifest.nodes);
    let mut findings: Vec<CheckFinding> = Vec::new();
    let mut nodes = Vec::new();
    let (mut kept, mut keep) = (0, Vec::new());
    for &index in order {
        let Some(found) = found[index].take() else { continue };
        let earlier = plan.kept.get(&manifest.nodes[index].unique_id, &found.key);
        kept += usize::from(earlier.is_some_and(|earlier| earlier.answers == found.answers));
        findings.extend(found.findings.iter().cloned());
        let node = &manifest.nodes[index];
        if node.resource_type() != ResourceType::Operation {
            let external = plan.externals.get(&node.unique_id);
            nodes.push(typed(node, &found, external, &manifest.groups, layer.details(node)));
        }
        keep.push((node.unique_id.clone(), found));
    }
    plan.kept.store(plan.invocation, &keep);
    findings.extend(ownership::findings(&manifest));
    findings.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
    findings.dedup_by(|a, b| (&a.file, a.line, &a.message) == (&b.file, b.line, &b.message));
    let project = &plan.invocation.project.root;
    TypedProject {
        name: project.name.clone(),
        root: root.to_path_buf(),
        target_folder: plan.invocation.settings.target_folder.clone(),
        nodes,
        macros: project_macros::of(plan.invocation, &manifest),
        findings,
        kept,
    }
}
