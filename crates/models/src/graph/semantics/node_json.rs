//! Nodes of the semantic layer as dbt's manifest shows them.

use crate::graph::node::Node;
use crate::graph::node_json::Entry;
use crate::json_values::Object;
use serde::Serialize;
use serde_json::{Value as Json, json};

impl Node {
    /// What all nodes of the semantic layer have, and then `own`, the members of their kind.
    fn put_semantic(&self, own: &impl Serialize, out: &mut Entry) {
        self.put_identity(out);
        if let Ok(Json::Object(members)) = serde_json::to_value(own) {
            out.extend(members);
        }
        out.put("metadata", Json::Null);
        out.put("config", Object::clone(&self.config));
        out.put("unrendered_config", Object::clone(&self.unrendered_config));
        out.put("depends_on", json!({"macros": self.depends_on_macros, "nodes": self.depends_on}));
        out.put("created_at", 0);
        out.put("group", self.group());
    }

    pub(in crate::graph) fn put_semantic_model(&self, own: &impl Serialize, out: &mut Entry) {
        self.put_semantic(own, out);
        out.put("refs", self.refs_json());
    }

    pub(in crate::graph) fn put_metric(&self, own: &impl Serialize, out: &mut Entry) {
        self.put_semantic(own, out);
        out.put("description", self.description.as_str());
        for always_empty in ["sources", "refs", "metrics"] {
            out.put(always_empty, json!([]));
        }
    }

    pub(in crate::graph) fn put_saved_query(&self, own: &impl Serialize, out: &mut Entry) {
        self.put_semantic(own, out);
        out.put("refs", json!([]));
        out.put("tags", self.own_tags.clone());
    }
}
