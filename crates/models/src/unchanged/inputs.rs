//! What a node is built from, as a hash of each thing by its name: its SQL and config, the macros, variables and flags that
//! it asked for, the target, and what is in the relations above it.

use crate::context::variables;
use crate::graph::column::Column;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::node_kind::NodeKind;
use crate::hashing::{checksum, of_texts};
use crate::invocation::Invocation;
use crate::unchanged::record::Asked;
use crate::values;
use ingot_core::sync::lock;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

/// Settings of the engine that change how fast a query is, and not what it gives.
const ONLY_SPEED: [&str; 6] =
    ["threads", "worker_threads", "memory_limit", "max_memory", "temp_directory", "max_temp_directory_size"];

/// The key of the SQL, of a seed's file, or of a unit test.
pub(crate) const CODE: &str = "code";
pub(crate) const CONFIG: &str = "config";
pub(crate) const INGOT: &str = "ingot";
pub(crate) const TARGET: &str = "target";
pub(crate) const PROJECT: &str = "project";
pub(crate) const GRAPH: &str = "graph";
pub(crate) const DAY: &str = "day";
pub(crate) const VARIABLE: &str = "variable ";
pub(crate) const ENVIRONMENT: &str = "environment variable ";
pub(crate) const FLAG: &str = "flag ";
/// Unique ids of macros begin like this.
pub(crate) const MACRO: &str = "macro.";

/// The kind of an input that has this name.
pub(crate) fn kind_of(name: &str) -> &str {
    let kinds =
        [(MACRO, "macro"), (VARIABLE, "variable"), (ENVIRONMENT, "environment variable"), (FLAG, "flag")];
    kinds.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(name, |(_, kind)| kind)
}

/// The macros of the project and its packages that a set of names means.
#[derive(Default)]
struct Macros {
    /// Unique ids and the hashes of their files.
    found: Vec<(String, String)>,
    mention_full_refresh: bool,
}

/// Answers what nodes ask.
pub(crate) struct Inputs<'a> {
    invocation: &'a Invocation,
    manifest: &'a Manifest,
    /// Macros that are not built in, by their bare names.
    macros: HashMap<String, Vec<(String, String)>>,
    sets: Mutex<HashMap<String, Arc<Macros>>>,
    configs: Mutex<HashMap<usize, Arc<str>>>,
    /// Of the program, the engine, the time zone, and what the project says of all its nodes.
    ingot: String,
    day: String,
    engine: String,
    target: String,
    project: OnceLock<String>,
    graph: OnceLock<String>,
}

impl<'a> Inputs<'a> {
    /// `ingot` tells the engine and its time zone, `day` the day of today there.
    pub(crate) fn new(invocation: &'a Invocation, manifest: &'a Manifest, ingot: &str, day: String) -> Self {
        let mut macros: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for entry in invocation.templates.macros.all().filter(|entry| !entry.is_built_in()) {
            let known = macros.entry(entry.name.clone()).or_default();
            known.push((entry.unique_id.clone(), format!("{:x}", entry.file_hash)));
        }
        macros.values_mut().for_each(|entries| entries.sort());
        let given = |settings: &[(String, String)]| -> Vec<String> {
            let counts = |(name, _): &&(String, String)| !ONLY_SPEED.contains(&name.to_lowercase().as_str());
            settings.iter().filter(counts).map(|(name, value)| format!("{name} {value}")).collect()
        };
        let engine = match invocation.target.options.duckdb() {
            Some(options) => of_texts([
                format!("{:?}", given(&options.config_options)),
                format!("{:?}", given(&options.settings)),
                format!("{:?} {:?}", options.attach, options.extensions),
                invocation.target.external_root.clone(),
            ]),
            None => of_texts([invocation.target.options.place()]),
        };
        let target = &invocation.target;
        let whole = of_texts([
            engine.clone(),
            format!("{} {} {}", target.profile_name, target.name, target.threads),
            format!("{} {}", target.database, target.schema),
            serde_json::to_string(&target.keys).unwrap_or_default(),
        ]);
        let root = &invocation.project.root;
        let rules = format!("{:?} {:?} {:?}", root.dispatch, root.flags, root.quoting);
        let ingot = of_texts([env!("CARGO_PKG_VERSION"), ingot, rules.as_str()]);
        Self {
            invocation,
            manifest,
            macros,
            sets: Mutex::default(),
            configs: Mutex::default(),
            ingot,
            day,
            engine,
            target: whole,
            project: OnceLock::new(),
            graph: OnceLock::new(),
        }
    }

    /// The day of today.
    pub(crate) fn day(&self) -> &str {
        &self.day
    }

    /// The nodes whose relations a node reads.
    pub(crate) fn above(&self, index: usize) -> BTreeSet<usize> {
        match self.manifest.nodes[index].unit_test() {
            None => self.manifest.graph.parents[index].iter().copied().collect(),
            Some(test) => {
                test.given.iter().filter_map(|given| self.manifest.index_of(&given.unique_id)).collect()
            }
        }
    }

    /// The key of a set of names, which has to be made known before nodes are asked about that have it.
    pub(crate) fn know_names(&self, key: &str, names: &[String]) {
        let mut sets = lock(&self.sets);
        if sets.contains_key(key) {
            return;
        }
        let mut macros = Macros::default();
        for name in names {
            macros.found.extend(self.macros.get(name).into_iter().flatten().cloned());
        }
        macros.found.sort();
        let templates = &self.invocation.templates.macros;
        macros.mention_full_refresh = templates.all().any(|entry| {
            macros.found.iter().any(|(id, _)| *id == entry.unique_id) && mentions_full_refresh(&entry.text)
        });
        sets.insert(key.to_owned(), Arc::new(macros));
    }

    fn macros(&self, key: &str) -> Arc<Macros> {
        lock(&self.sets).get(key).cloned().unwrap_or_default()
    }

    /// Everything that a node is built from but the contents above it.
    pub(crate) fn own(&self, index: usize, asked: &Asked) -> BTreeMap<String, String> {
        let node = &self.manifest.nodes[index];
        let macros = self.macros(&asked.names);
        let mut all = BTreeMap::new();
        let mut put = |name: &str, hash: String| {
            all.insert(name.to_owned(), hash);
        };
        put(INGOT, self.ingot.clone());
        put(TARGET, if asked.target { self.target.clone() } else { self.engine.clone() });
        put(CODE, self.code(node));
        put(CONFIG, self.config(index, !macros.found.is_empty()));
        if asked.project {
            put(PROJECT, self.project.get_or_init(|| self.of_project()).clone());
        }
        if asked.graph {
            put(GRAPH, self.graph.get_or_init(|| self.of_graph()).clone());
        }
        if asked.day {
            put(DAY, self.day.clone());
        }
        for (id, hash) in &macros.found {
            put(id, hash.clone());
        }
        for (package, name) in &asked.variables {
            let value = variables::find(self.invocation, package, name);
            let shown = value.map_or_else(|| "undefined".to_owned(), |value| of_texts([value.to_string()]));
            put(&format!("{VARIABLE}{name}"), shown);
        }
        for name in &asked.environment {
            // The value may be a secret.
            let value = std::env::var(name).map_or_else(|_| "undefined".to_owned(), |value| checksum(&value));
            put(&format!("{ENVIRONMENT}{name}"), value);
        }
        for name in &asked.flags {
            // The built-in macros ask for it, and a run with it builds everything.
            let counts = name != "FULL_REFRESH"
                || macros.mention_full_refresh
                || mentions_full_refresh(&node.raw_code);
            if counts {
                put(&format!("{FLAG}{name}"), self.flag(name));
            }
        }
        all
    }

    fn flag(&self, name: &str) -> String {
        let flags = self.invocation.templates.constants.get("flags");
        let value = flags.and_then(|flags| flags.as_object()?.get_attr(name));
        value.map(|value| values::text(&value)).unwrap_or_default()
    }

    fn code(&self, node: &Node) -> String {
        match &node.kind {
            NodeKind::Seed => {
                let bytes = std::fs::read(&node.file);
                bytes.map_or_else(|error| error.to_string(), |bytes| of_texts([bytes]))
            }
            NodeKind::UnitTest(test) => {
                let tested = test.as_ref().and_then(|test| self.manifest.index_of(&test.tested));
                let code = tested.map(|index| self.manifest.nodes[index].raw_code.as_str());
                of_texts([
                    serde_json::to_string(&node.kind).unwrap_or_default().as_str(),
                    code.unwrap_or_default(),
                ])
            }
            // What a generic test is, its arguments say.
            NodeKind::Test(_) => of_texts([
                serde_json::to_string(&node.kind).unwrap_or_default().as_str(),
                node.raw_code.as_str(),
            ]),
            _ => of_texts([&node.raw_code]),
        }
    }

    /// The config and what else the properties say. Descriptions count where something may read them.
    fn config(&self, index: usize, has_macros: bool) -> String {
        let key = 2 * index + usize::from(has_macros);
        if let Some(known) = lock(&self.configs).get(&key) {
            return known.to_string();
        }
        let node = &self.manifest.nodes[index];
        let persisted = node.config.get("persist_docs").and_then(Json::as_object);
        let describes = has_macros
            || persisted.is_some_and(|docs| !docs.is_empty())
            || ["model", "node"].iter().any(|word| node.raw_code.contains(word));
        let mut parts = vec![
            serde_json::to_string(node.config.as_ref()).unwrap_or_default(),
            format!("{} {} {} {:?}", node.database, node.schema, node.alias, node.quote),
            serde_json::to_string(&node.constraints).unwrap_or_default(),
            format!("{} {:?}", node.stores_failures, node.version),
        ];
        // A column that is only listed, for its tests for example, changes nothing.
        let is_built = |column: &&Column| {
            describes
                || column.data_type.is_some()
                || column.quote.is_some()
                || !column.constraints.is_empty()
        };
        for column in node.columns.iter().filter(is_built) {
            parts.push(column.name.clone());
            parts.push(format!("{:?} {:?}", column.data_type, column.quote));
            parts.push(serde_json::to_string(&column.constraints).unwrap_or_default());
            if describes {
                parts.push(serde_json::to_string(column).unwrap_or_default());
            }
        }
        if describes {
            parts.push(node.description.clone());
        }
        if let Some(tested) = node.unit_test().and_then(|test| self.manifest.node(&test.tested)) {
            parts.push(serde_json::to_string(tested.config.as_ref()).unwrap_or_default());
        }
        // Whether a finding is an error may be said outside of the test.
        if matches!(node.kind, NodeKind::Test(_)) {
            let strict = crate::warnings::WarningKind::LogTestResult;
            parts.push(self.invocation.settings.warning_rules.is_error(strict).to_string());
        }
        let hash = of_texts(parts);
        lock(&self.configs).insert(key, hash.as_str().into());
        hash
    }

    fn of_project(&self) -> String {
        let projects = self.invocation.project.all().map(|project| project.fingerprint());
        let vars = serde_json::to_string(&self.invocation.settings.cli_vars).unwrap_or_default();
        of_texts(projects.chain([vars]))
    }

    fn of_graph(&self) -> String {
        let of_node = |node: &Node| {
            let texts = [
                serde_json::to_string(node).unwrap_or_default(),
                serde_json::to_string(node.config.as_ref()).unwrap_or_default(),
            ];
            of_texts(texts)
        };
        of_texts(self.manifest.nodes.iter().map(of_node))
    }

    /// An ephemeral model is the SQL that it puts into those that use it; what its templates ask, these ask.
    pub(crate) fn of_ephemeral(&self, index: usize) -> Vec<String> {
        vec![self.code(&self.manifest.nodes[index]), self.config(index, true)]
    }
}

fn mentions_full_refresh(text: &str) -> bool {
    text.to_uppercase().contains("FLAGS.FULL_REFRESH")
}
