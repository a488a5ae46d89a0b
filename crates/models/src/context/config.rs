//! `config(...)` and `config.get(...)`.

use crate::context::node_context::{NodeContext, context};
use crate::json_values::Object as JsonObject;
use crate::project::config as configs;
use crate::values;
use ingot_core::error;
use ingot_core::sync::lock;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use serde_json::Value as Json;
use std::any::Any;

pub(crate) struct Config;

/// How dbt's names of a batch's ends begin in its config.
const OF_BATCH: &str = "__dbt_internal_microbatch_";

fn from_args(args: &Args) -> Result<JsonObject> {
    let mut given = JsonObject::new();
    match args.positional.as_slice() {
        [] => {}
        [Value::Dict(dict)] if args.named.is_empty() => {
            given.extend(
                dict.entries().iter().map(|(key, value)| (values::text(key), values::to_json(value))),
            );
        }
        _ => {
            return Err(Error::type_error("config() takes named arguments, or one dict")
                .hint("write config(materialized='table', ...)"));
        }
    }
    given.extend(args.named.iter().map(|(key, value)| (key.clone(), values::to_json(value))));
    for (name, alias) in [("pre_hook", "pre-hook"), ("post_hook", "post-hook")] {
        if given.contains_key(name) && given.contains_key(alias) {
            let error = error::Error::new(format!(
                "config() is given both '{name}' and '{alias}', which mean the same"
            ))
            .in_dbts_words(format!("Got duplicate keys: ({name}, {alias}) all map to \"{name}\""));
            return Err(error.hint(format!("join the two under '{name}', as a list")).into());
        }
    }
    Ok(given)
}

impl Object for Config {
    fn type_name(&self) -> &str {
        "config"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let context = context(state)?;
        if !context.executes() {
            configs::join_calls(&mut lock(&context.noted).captured.config, from_args(&args)?);
        }
        Ok("".into())
    }
    fn method_names(&self) -> &[&'static str] {
        &["get", "require", "set", "persist_relation_docs", "persist_column_docs", "meta_get", "meta_require"]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "get" => self.get(state, args),
            "require" => self.require(state, args),
            "set" => self.set(state, args),
            "meta_get" => self.meta_get(state, args),
            "meta_require" => self.meta_require(state, args),
            "persist_relation_docs" => persists(state, "relation"),
            "persist_column_docs" => persists(state, "columns"),
            _ => return None,
        })
    }
}

/// A key of the node's config, whichever way its hooks are spelled.
fn find(state: &State<'_>, key: &str) -> Result<Option<Json>> {
    let context = context(state)?;
    let config = &context.node.config;
    let key = match key {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        other => other,
    };
    Ok(config.get(key).cloned())
}

/// The statements that are to run before the node's own, set by its template or its config.
pub(crate) fn sql_header(context: &NodeContext) -> Option<String> {
    let set = context.extra("config.sql_header").as_ref().map(values::text);
    let set = set.or_else(|| Some(context.node.config.get("sql_header")?.as_str()?.to_owned()));
    set.filter(|header| !header.trim().is_empty())
}

impl Config {
    fn get(&self, state: &mut State<'_>, args: &Args) -> Result<Value> {
        let mut bound = args.clone().bind("config.get", &["name", "default?", "validator?"])?;
        let name = bound.text("name")?;
        if !context(state)?.executes() {
            return Ok("".into());
        }
        // What a template set itself wins.
        if let Some(value) = context(state)?.extra(&format!("config.{name}")) {
            return Ok(value);
        }
        // The older names of a batch's ends, which a project's own strategy may read.
        if let (Some(batch), Some(end)) = (context(state)?.node.batch(), name.strip_prefix(OF_BATCH)) {
            let found = batch.times().into_iter().find(|(name, _)| *name == end);
            return Ok(found.map_or_else(|| bound.value("default"), |(_, time)| time));
        }
        Ok(match find(state, &name)? {
            Some(value) => values::from_json(&value),
            None => bound.value("default"),
        })
    }
    fn require(&self, state: &mut State<'_>, args: &Args) -> Result<Value> {
        let mut bound = args.clone().bind("config.require", &["name", "validator?"])?;
        let name = bound.text("name")?;
        if !context(state)?.executes() {
            return Ok("".into());
        }
        match find(state, &name)? {
            Some(value) if !value.is_null() => Ok(values::from_json(&value)),
            _ => {
                let node = &context(state)?.node.name;
                Err(error::Error::new(format!("'{node}' has no config '{name}', which is required"))
                    .in_dbts_words(format!(
                        "Model '{}' does not define a required config parameter '{name}'.",
                        context(state)?.node.unique_id
                    ))
                    .hint(format!("add config({name}=...) to it"))
                    .into())
            }
        }
    }
    fn set(&self, state: &mut State<'_>, args: &Args) -> Result<Value> {
        let mut bound = args.clone().bind("config.set", &["name", "value"])?;
        let (name, value) = (bound.text("name")?, bound.value("value"));
        let context = context(state)?;
        if context.executes() {
            context.set(&format!("config.{name}"), value);
        } else {
            lock(&context.noted).captured.config.insert(name, values::to_json(&value));
        }
        Ok("".into())
    }
    fn meta_get(&self, state: &mut State<'_>, args: &Args) -> Result<Value> {
        let mut bound = args.clone().bind("config.meta_get", &["name", "default?", "validator?"])?;
        let name = bound.text("name")?;
        if !context(state)?.executes() {
            return Ok("".into());
        }
        let meta = find(state, "meta")?;
        Ok(meta
            .as_ref()
            .and_then(|meta| meta.get(&name))
            .map_or_else(|| bound.value("default"), values::from_json))
    }
    fn meta_require(&self, state: &mut State<'_>, args: &Args) -> Result<Value> {
        let name = args.clone().bind("config.meta_require", &["name", "validator?"])?.text("name")?;
        if !context(state)?.executes() {
            return Ok("".into());
        }
        let meta = find(state, "meta")?;
        meta.as_ref()
            .and_then(|meta| meta.get(&name))
            .map(values::from_json)
            .ok_or_else(|| Error::value(format!("the meta of this node has no '{name}', which is required")))
    }
}

fn persists(state: &mut State<'_>, what: &str) -> Result<Value> {
    if !context(state)?.executes() {
        return Ok("".into());
    }
    let wanted = find(state, "persist_docs")?;
    let flag = wanted.as_ref().and_then(|docs| docs.get(what)).and_then(Json::as_bool).unwrap_or(false);
    Ok(flag.into())
}
