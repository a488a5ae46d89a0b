//! What a unit test puts in the place of macros, variables and inputs while its model is rendered.

use crate::context::execution::Execution;
use crate::graph::node::Node;
use crate::graph::node_kind::{GivenInput, UnitTest};
use crate::invocation::Invocation;
use crate::relations::relation::Relation;
use crate::values;
use ingot_jinja::{Error, Object, Result, Value};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// The names that a unit test overrides, and its inputs.
pub(crate) struct Overlay {
    pub test: Arc<UnitTest>,
    names: HashMap<String, Value>,
}

impl Overlay {
    /// For a model of `package`.
    pub(crate) fn new(invocation: &Invocation, test: Arc<UnitTest>, package: &str) -> Self {
        let mut names: HashMap<String, Value> = HashMap::new();
        let mut in_packages: HashMap<String, HashMap<String, Value>> = HashMap::new();
        for (name, value) in &test.macros {
            let value = values::from_json(value);
            match name.split_once('.') {
                None => {
                    let is_macro = invocation.templates.macros.find(package, name).is_some();
                    names.insert(name.clone(), if is_macro { always(name, value) } else { value });
                }
                Some((owner, name)) => {
                    let answer = always(name, value);
                    if owner == "dbt" {
                        names.entry(name.to_owned()).or_insert_with(|| answer.clone());
                    }
                    in_packages.entry(owner.to_owned()).or_default().insert(name.to_owned(), answer);
                }
            }
        }
        for (owner, members) in in_packages {
            if let Some(inner) = invocation.templates.macros.lookup(package, &owner) {
                names.insert(owner.clone(), Value::object(OverriddenPackage { inner, members }));
            }
        }
        Self { test, names }
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<Value> {
        self.names.get(name).cloned()
    }

    fn input(&self, unique_id: &str) -> Option<&GivenInput> {
        self.test.given.iter().find(|input| input.unique_id == unique_id)
    }

    /// What a reference to `node` becomes: the name of the CTE with the rows given for it.
    ///
    /// # Errors
    /// The test gives no rows for it.
    pub(crate) fn refer(&self, node: &Node, written: &str) -> Result<Value> {
        if self.input(&node.unique_id).is_none() {
            return Err(Error::value(format!("the unit test gives no rows for {written}"))
                .hint(format!("add to `given:`\n  - input: {written}\n    rows: []")));
        }
        Ok(Relation::ephemeral(node.dialect, &cte_name(node)).into_value())
    }

    /// `this` in the model: the rows that are there already, if the test gives any; and the index of the input
    /// that they come from.
    pub(crate) fn this(&self, run: Option<&Execution>) -> (Value, Option<usize>) {
        let found = run.and_then(|run| run.manifest.index_of(&self.test.tested).map(|index| (run, index)));
        match found {
            Some((run, index)) if self.input(&self.test.tested).is_some() => {
                let this = Relation::ephemeral(
                    run.manifest.nodes[index].dialect,
                    &cte_name(&run.manifest.nodes[index]),
                )
                .render();
                (this.into(), Some(index))
            }
            _ => (Value::None, None),
        }
    }
}

/// The name of an input after `__dbt__cte__`.
pub(crate) fn cte_name(node: &Node) -> String {
    match node.source() {
        Some(source) => format!("{}__{}", source.source_name, node.name),
        None => node.alias.clone(),
    }
}

/// A macro that gives `value`, whatever it is asked.
fn always(name: &str, value: Value) -> Value {
    Value::function(name, move |_, _| Ok(value.clone()))
}

/// A package some of whose macros are overridden.
struct OverriddenPackage {
    inner: Value,
    members: HashMap<String, Value>,
}

impl Object for OverriddenPackage {
    fn type_name(&self) -> &str {
        "package"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        self.members.get(name).cloned().or_else(|| self.inner.as_object()?.get_attr(name))
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        match (key.as_str().and_then(|name| self.members.get(name)), self.inner.as_object()) {
            (Some(own), _) => Ok(Some(own.clone())),
            (None, Some(inner)) => inner.get_item(key),
            (None, None) => Ok(None),
        }
    }
    fn contains(&self, item: &Value) -> Option<bool> {
        let own = item.as_str().is_some_and(|name| self.members.contains_key(name));
        if own { Some(true) } else { self.inner.as_object()?.contains(item) }
    }
}
