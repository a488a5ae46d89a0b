//! What running adds to parsing: the manifest, what is in the database, and what is selected.

use crate::graph::manifest::Manifest;
use crate::relations::cache::RelationCache;
use crate::relations::relation::Relation;
use ingot_jinja::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// The second phase of an invocation, in which templates may ask the database.
pub(crate) struct Execution {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) cache: RelationCache,
    /// Unique ids.
    pub(crate) selected: Vec<String>,
    pub(crate) graph_value: OnceLock<Value>,
    /// With `--defer`: unique ids, and the relation of another target that is read in their place.
    pub(crate) deferred: Mutex<HashMap<String, Relation>>,
}
