//! `metric()` and `function()`.

use crate::context::node_context::{NodeContext, context};
use crate::context::references::{not_found, relation_of};
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::values;
use ingot_core::sync::lock;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use serde_json::Value as Json;
use std::any::Any;

/// `('name')`, or `('package', 'name')`.
fn call_of(args: &Args, function: &str) -> Result<Vec<String>> {
    let texts: Option<Vec<String>> =
        args.positional.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    match texts {
        Some(texts) if matches!(texts.len(), 1 | 2) && args.named.is_empty() => Ok(texts),
        _ => Err(Error::type_error(format!("{function}() takes a name, or a package and a name"))),
    }
}

/// The node that a call means, while nodes run.
fn find<'a>(context: &'a NodeContext, kind: ResourceType, call: &[String]) -> Result<Option<&'a Node>> {
    let Some(run) = &context.execution else { return Ok(None) };
    let root = &context.invocation.project.root.name;
    let id = run
        .manifest
        .lookup
        .resolve_by_kind(kind, call, &context.node.package_name, root)
        .map_err(|reason| not_found(&format!("{}('{}')", kind.name(), call.join("', '")), &reason))?;
    Ok(run.manifest.node(id))
}

/// `metric('name')`: its name as text, and what the manifest says of it.
pub(crate) fn call_metric(state: &mut State<'_>, args: Args) -> Result<Value> {
    let call = call_of(&args, "metric")?;
    let context = context(state)?;
    let name = call.last().cloned().unwrap_or_default();
    let node = find(context, ResourceType::Metric, &call)?;
    if node.is_none() {
        lock(&context.noted).captured.metrics.push(call);
    }
    let members = node.map(|node| values::from_json(&Json::Object(node.to_json())));
    Ok(Value::object(MetricReference { name, members }))
}

/// `function('name')`: the function's full name in the database.
pub(crate) fn call_function(state: &mut State<'_>, args: Args) -> Result<Value> {
    let call = call_of(&args, "function")?;
    let context = context(state)?;
    match find(context, ResourceType::Function, &call)? {
        Some(node) => Ok(relation_of(node).of_kind("function").into_value()),
        None => {
            lock(&context.noted).captured.functions.push(call);
            Ok(context.this())
        }
    }
}

/// A metric as templates see it.
struct MetricReference {
    name: String,
    /// `None` while parsing.
    members: Option<Value>,
}

impl Object for MetricReference {
    fn type_name(&self) -> &str {
        "MetricReference"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match (name, &self.members) {
            ("metric_name", _) => Some(self.name.as_str().into()),
            (_, Some(members)) => members.as_dict()?.get_str(name),
            // Until all is parsed nothing is known of it.
            (_, None) => Some("".into()),
        }
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| self.get_attr(name)))
    }
    fn to_str(&self) -> String {
        self.name.clone()
    }
    fn to_plain(&self) -> Option<Value> {
        Some(self.name.as_str().into())
    }
}
