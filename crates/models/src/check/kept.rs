//! What the last check found, in `target/check.ingot`: used again for nodes about which nothing has changed.
//!
//! As in `parse/cache.rs`, nothing is trusted but content. The key of a node is a hash over its text and config, the
//! columns of its inputs, every macro of the project, variables, flags, target and this program. Rows that a template
//! asked the warehouse for are asked for again. Nodes whose templates asked for anything else (the clock, the whole graph) are
//! not kept.

use super::session::Answer;
use super::typed_project::{CheckFinding, CheckOutcome, TypedColumn};
use crate::context::inputs;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::invocation::Invocation;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

const FILE: &str = "check.ingot";

/// What was found out about a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Found {
    /// Empty if it may not be used again.
    pub(super) key: String,
    pub(super) outcome: CheckOutcome,
    pub(super) columns: Option<Vec<TypedColumn>>,
    pub(super) compiled: Option<String>,
    pub(super) findings: Vec<CheckFinding>,
    /// What its template was told by the warehouse.
    pub(super) answers: Vec<Answer>,
    /// Whether its template asked for something that no key holds.
    #[serde(skip)]
    pub(super) asked_outside: bool,
}

impl Found {
    pub(super) fn new(outcome: CheckOutcome) -> Self {
        Self {
            key: String::new(),
            outcome,
            columns: None,
            compiled: None,
            findings: Vec::new(),
            answers: Vec::new(),
            asked_outside: false,
        }
    }
}

/// The last check, by unique id.
#[derive(Default)]
pub(super) struct Kept(HashMap<String, Found>);

impl Kept {
    pub(super) fn open(invocation: &Invocation) -> Self {
        let read = || serde_json::from_slice(&std::fs::read(file(invocation)).ok()?).ok();
        Self(read().unwrap_or_default())
    }

    /// What was found of the node, if it would be found again.
    pub(super) fn get(&self, unique_id: &str, key: &str) -> Option<&Found> {
        self.0.get(unique_id).filter(|found| !key.is_empty() && found.key == key)
    }

    /// The columns that the node had at the last check.
    pub(super) fn earlier_columns(&self, unique_id: &str) -> &[TypedColumn] {
        self.0.get(unique_id).and_then(|found| found.columns.as_deref()).unwrap_or_default()
    }

    /// Keeps what is known now. A failure to keep it is not an error: the next check begins from nothing. Of a broken
    /// node the columns stay those that it had when it was not.
    pub(super) fn store(self, invocation: &Invocation, found: &[(String, Found)]) {
        let mut now: HashMap<&str, Found> = HashMap::new();
        for (id, found) in found {
            let mut found = found.clone();
            if found.columns.is_none() {
                found.columns = self.0.get(id).and_then(|old| old.columns.clone());
            }
            now.insert(id, found);
        }
        let Ok(text) = serde_json::to_vec(&now) else { return };
        let file = file(invocation);
        let beside = file.with_extension(format!("{}.tmp", std::process::id()));
        let written = std::fs::create_dir_all(&invocation.settings.target_folder)
            .and_then(|()| std::fs::write(&beside, text))
            .and_then(|()| std::fs::rename(&beside, &file));
        if written.is_err() {
            std::fs::remove_file(&beside).ok();
        }
    }
}

fn file(invocation: &Invocation) -> PathBuf {
    invocation.settings.target_folder.join(FILE)
}

/// What all nodes have in common, hashed once.
pub(super) struct Keys {
    common: u128,
}

impl Keys {
    pub(super) fn new(invocation: &Invocation) -> Self {
        let mut hash = Hash::default();
        hash.put(env!("CARGO_PKG_VERSION"));
        if let Ok(program) = std::env::current_exe().and_then(std::fs::metadata) {
            hash.put(&format!("{} {:?}", program.len(), program.modified().ok()));
        }
        hash.put(&format!("{:?}", invocation.target));
        hash.put(&serde_json::to_string(&invocation.settings.cli_vars).unwrap_or_default());
        for project in invocation.project.all() {
            hash.put(&project.fingerprint());
        }
        let mut macros: Vec<(&str, u128)> = Vec::new();
        for entry in invocation.templates.macros.all().filter(|entry| !entry.is_built_in()) {
            macros.push((&entry.unique_id, xxh3_128(entry.text.as_bytes())));
        }
        macros.sort_unstable();
        hash.put(&format!("{macros:?}"));
        hash.put(&format!("{:?}", inputs::variables()));
        Self { common: hash.0.digest128() }
    }

    /// The key of a node whose inputs have these columns; empty if it may not be kept.
    pub(super) fn of<'a>(
        &self,
        manifest: &Manifest,
        index: usize,
        inputs: impl Iterator<Item = (&'a Node, &'a [TypedColumn])>,
    ) -> String {
        let node = &manifest.nodes[index];
        if node.volatile {
            return String::new();
        }
        let mut hash = Hash::default();
        hash.put(&format!("{:x}", self.common));
        hash.put(&node.unique_id);
        hash.put(&node.raw_code);
        hash.put(&node.line.to_string());
        hash.put(&format!("{} {} {}", node.database, node.schema, node.alias));
        hash.put(&serde_json::to_string(node.config.as_ref()).unwrap_or_default());
        hash.put(&serde_json::to_string(&node.columns).unwrap_or_default());
        hash.put(&serde_json::to_string(&node.kind).unwrap_or_default());
        for (input, columns) in inputs {
            hash.put(&input.unique_id);
            hash.put(&input.relation_name().unwrap_or_default());
            if input.is_ephemeral() || input.function().is_some() {
                hash.put(&input.raw_code);
                hash.put(&serde_json::to_string(&input.kind).unwrap_or_default());
            }
            columns.iter().for_each(|column| {
                hash.put(&column.name);
                hash.put(&column.data_type);
            });
        }
        format!("{:x}", hash.0.digest128())
    }
}

/// Texts one after the other, told apart.
#[derive(Default)]
struct Hash(Xxh3);

impl Hash {
    fn put(&mut self, text: &str) {
        self.0.update(&text.len().to_le_bytes());
        self.0.update(text.as_bytes());
    }
}
