//! Statements as events of dbt's log: what was sent for which node, and how it ended.

use crate::dbt_log;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use ingot_core::report::Level;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// Where the statements of one node are told.
pub(crate) struct StatementLog {
    invocation: Arc<Invocation>,
    /// dbt's name for the connection: the node's, or `master`.
    connection: String,
    /// What the log says of the node; `None` if nobody reads more than the text of events.
    node_info: Option<Json>,
}

impl StatementLog {
    /// `None` if nobody looks at them.
    pub(crate) fn of(invocation: &Arc<Invocation>, node: &Node) -> Option<Self> {
        if !invocation.settings.logs_statements {
            return None;
        }
        let connection = match node.resource_type() {
            ResourceType::Operation => "master".to_owned(),
            _ => node.unique_id.clone(),
        };
        let node_info = invocation.settings.logs_data.then(|| dbt_log::running(node));
        Some(Self { invocation: invocation.clone(), connection, node_info })
    }

    /// A statement that is sent now.
    pub(crate) fn sent(&self, sql: &str) {
        let text = format!("On {}: {sql}", self.connection);
        self.say("SQLQuery", text, || json!({"conn_name": self.connection, "sql": sql}));
    }

    /// The statement that was sent last has succeeded.
    pub(crate) fn succeeded(&self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let text = format!("SQL status: OK in {seconds:.3} seconds");
        self.say("SQLQueryStatus", text, || json!({"status": "OK", "elapsed": seconds}));
    }

    fn say(&self, name: &str, text: String, about: impl FnOnce() -> Json) {
        let data = self.node_info.as_ref().map_or(Json::Null, |node_info| {
            let mut data = about();
            data["node_info"] = node_info.clone();
            data
        });
        self.invocation.outbox.event(name, Level::Debug, text, data);
    }
}
