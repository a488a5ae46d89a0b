//! What running adds to parsing: the manifest, what is in the database, and what is selected.

use crate::build::ctes::Injected;
use crate::graph::manifest::Manifest;
use crate::lake::file_guard::FileGuard;
use crate::relations::cache::RelationCache;
use crate::relations::relation::Relation;
use ingot_core::sync::lock;
use ingot_jinja::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

/// The second phase of an invocation, in which templates may ask the database.
pub(crate) struct Execution {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) cache: RelationCache,
    /// Keeps statements from reading damaged files.
    pub(crate) guard: Arc<FileGuard>,
    /// Unique ids of models that are built from nothing although they are incremental: rows have left what they read.
    pub(crate) rebuilt: OnceLock<HashSet<String>>,
    /// The same, found out while the run is under way: somebody has changed their tables.
    pub(crate) also_rebuilt: Mutex<HashSet<String>>,
    /// Unique ids.
    pub(crate) selected: Vec<String>,
    pub(crate) graph_value: OnceLock<Value>,
    /// Unique ids of selected ephemeral models, where they are not run themselves.
    pub(crate) selected_ephemerals: OnceLock<HashSet<String>>,
    /// Those of them that cannot be compiled, with what is wrong: what needs them is skipped.
    pub(crate) broken_ephemerals: Mutex<HashMap<String, String>>,
    /// How ephemeral models took part, by the unique id of those that they are and those that they were put into.
    pub(crate) injected: Mutex<HashMap<String, Injected>>,
    /// With `--defer`: unique ids, and the relation of another target that is read in their place.
    pub(crate) deferred: Mutex<HashMap<String, Relation>>,
}

impl Execution {
    /// Whether a model is built from nothing although it is incremental.
    pub(crate) fn rebuilds(&self, unique_id: &str) -> bool {
        self.rebuilt.get().is_some_and(|rebuilt| rebuilt.contains(unique_id))
            || lock(&self.also_rebuilt).contains(unique_id)
    }
}
