//! Where a parse starts: with what was kept of the last one, if nothing has changed since.

use crate::context::inputs;
use crate::dbt;
use crate::graph::manifest::Manifest;
use crate::invocation::Invocation;
use crate::invocation::arguments::without_secrets;
use crate::json_values::python_str;
use crate::parse::parsed::{Kept, Parsed};
use crate::parse::parsing::Parsing;
use crate::parse::{cache, checks};
use ingot_core::error::Error;
use ingot_core::report::Level;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What is known before anything is parsed.
pub(crate) struct Start {
    /// `None` if a file cannot be read.
    key: Option<String>,
    found: Option<cache::KeptFile>,
}

/// Reads every file of the root project and its packages, and looks for what was kept of a parse of just these.
pub(crate) fn start(invocation: &Invocation) -> Start {
    tell_state(invocation);
    let key = cache::key(invocation);
    let found = key
        .as_ref()
        .filter(|_| invocation.settings.partial_parse)
        .and_then(|key| cache::open(invocation, key));
    Start { key, found }
}

/// Tells the log what decides whether the last parse is used again.
fn tell_state(invocation: &Invocation) {
    if !invocation.settings.logs_statements {
        return;
    }
    let outbox = &invocation.outbox;
    let vars = Json::Object(without_secrets(&invocation.settings.cli_vars));
    let vars = if vars == json!({}) { "{}".to_owned() } else { python_str(&vars) };
    let (profile, target, version) = (&invocation.target.profile_name, &invocation.target.name, dbt::VERSION);
    let data =
        json!({"vars": vars, "profile": profile, "target": target, "version": version, "checksum": ""});
    let text = format!("checksum: , vars: {vars}, profile: {profile}, target: {target}, version: {version}");
    outbox.event("StateCheckVarsHash", Level::Debug, text, data);
    if !invocation.settings.partial_parse {
        let text = "Partial parsing not enabled".to_owned();
        outbox.event("PartialParsingNotEnabled", Level::Debug, text, json!({}));
    }
}

impl Start {
    /// The parse whose result would be used again, if nothing about it needs another look.
    pub(crate) fn unchanged(&self) -> Option<Kept> {
        self.found.as_ref()?.unchanged()
    }

    /// Uses what was kept of the last parse, or parses.
    ///
    /// # Errors
    /// All that is wrong with the project.
    pub(crate) fn parse(self, invocation: &Arc<Invocation>) -> Result<Parsed, Vec<Error>> {
        let mut parsed = self.use_kept_or_parse(invocation)?;
        // Not kept: another day has other warnings.
        let Manifest { nodes, graph, .. } = &parsed.manifest;
        parsed.warnings.extend(checks::deprecated(nodes, graph, invocation.started));
        Ok(parsed)
    }

    fn use_kept_or_parse(self, invocation: &Arc<Invocation>) -> Result<Parsed, Vec<Error>> {
        let clock_reads = inputs::clock_reads();
        if let Some(parsed) = self.found.and_then(|found| found.read(invocation)) {
            return Ok(parsed);
        }
        let mut parsed = Parsing::run(invocation)?;
        // If the clock was read outside of what can be rendered again, nothing is kept.
        let in_nodes = invocation.caches.clock_reads_in_nodes.load(Ordering::Relaxed);
        if let Some(key) = &self.key
            && inputs::clock_reads() - clock_reads == in_nodes
        {
            parsed.kept = cache::store(invocation, key, &parsed);
        }
        Ok(parsed)
    }
}
