//! Tests declared in YAML become nodes here.

use crate::context::environment::YamlContext;
use crate::context::node_context::NodeContext;
use crate::graph::node::{Node, RefCall};
use crate::graph::node_kind::GenericTest;
use crate::graph::node_kind::NodeKind;
use crate::graph::resource_type::ResourceType;
use crate::hashing;
use crate::invocation::Invocation;
use crate::json_values::{Object, has_jinja, strings};
use crate::parse::names;
use crate::parse::patches::Patches;
use crate::parse::rendering::{parsing_context, yaml_variables};
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::config_cache::Said;
use crate::project::dbt_generic_tests;
use crate::project::dbt_generic_tests::{TestDefinition, TestedThing};
use crate::project::macros::{COMMON, MacroEntry};
use crate::project::properties::property_file::{DeclaredTest, SourceEntry};
use crate::values;
use ingot_core::error::{Error, Result, nearest};
use ingot_jinja::{Macro, State, Template, Value};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::Arc;

/// The name under which a test's macro gets its arguments.
pub(crate) const KWARGS: &str = "_dbt_generic_test_kwargs";

/// A test, and what it is declared on.
pub(crate) struct Declared {
    test: DeclaredTest,
    package: String,
    file: PathBuf,
    inside: String,
    on: On,
    file_key_name: String,
    /// Of the model, or the source.
    group: Option<String>,
    source_tags: Vec<String>,
}

enum On {
    Node { name: String, version: Option<String>, unique_id: String },
    Source { source: String, table: String },
}

/// The tests of all nodes that there are.
pub(crate) fn of_nodes(patches: &Patches, nodes: &[Node]) -> Vec<Declared> {
    let mut out = Vec::new();
    for node in nodes {
        if !matches!(node.resource_type(), ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
        {
            continue;
        }
        // What describes it under the wrong section is passed over with a warning, but its tests are tests.
        let found = ["models", "seeds", "snapshots"]
            .into_iter()
            .filter_map(|section| patches.get(&(section, node.package_name.clone(), node.described_as())));
        let tests = found.flat_map(|patch| patch.tests.iter().map(move |test| (patch, test)));
        out.extend(tests.map(|(patch, test)| Declared {
            test: test.clone(),
            package: patch.package_name.clone(),
            file: patch.file.clone(),
            inside: patch.original_file_path.clone(),
            on: On::Node {
                name: node.name.clone(),
                version: node.version.clone(),
                unique_id: node.unique_id.clone(),
            },
            file_key_name: format!("{}.{}", patch.kind, node.name),
            group: node.group(),
            source_tags: Vec::new(),
        }));
    }
    out
}

pub(crate) fn of_source(entry: &SourceEntry, node: &Node) -> Vec<Declared> {
    let source = node.source().map(|source| source.source_name.clone()).unwrap_or_default();
    entry
        .tests
        .iter()
        .map(|test| Declared {
            test: test.clone(),
            package: entry.package_name.clone(),
            file: entry.file.clone(),
            inside: entry.original_file_path.clone(),
            on: On::Source { source: source.clone(), table: node.name.clone() },
            file_key_name: format!("sources.{source}"),
            group: None,
            source_tags: strings(entry.source.get("tags")),
        })
        .collect()
}

pub(crate) fn node(invocation: &Arc<Invocation>, declared: Declared) -> Result<Node> {
    build(invocation, &declared).map_err(|error| {
        if error.place().is_some_and(|place| place.line.is_some()) {
            error
        } else {
            error.at_line(&declared.inside, declared.test.line)
        }
    })
}

fn build(invocation: &Arc<Invocation>, declared: &Declared) -> Result<Node> {
    let on = match &declared.on {
        On::Node { name, version, .. } => TestedThing::Node { name, version: version.as_deref() },
        On::Source { source, table } => TestedThing::Source { source, table },
    };
    let mut definition =
        dbt_generic_tests::define(&declared.test.entry, on, declared.test.column.as_deref())?;
    definition.config = rendered_config(invocation, definition.config, declared)?;
    let package = &declared.package;
    let mut node = Node::new(ResourceType::Test, package, &definition.full_name);
    node.unique_id =
        format!("test.{package}.{}.{}", definition.full_name, dbt_generic_tests::hash(&definition));
    node.original_file_path = declared.inside.clone();
    node.file = declared.file.clone();
    node.line = declared.test.line;
    node.path = format!("{}.sql", definition.short_name);
    node.fqn = crate::parse::sources::fqn(package, &declared.inside, &[&definition.full_name]);
    node.description = definition.description.clone();
    let qualified = definition.namespace.as_ref().map_or(format!("test_{}", definition.name), |namespace| {
        format!("{namespace}.test_{}", definition.name)
    });
    node.raw_code = format!("{{{{ {qualified}(**{KWARGS}) }}}}");
    node.checksum = hashing::checksum(&node.raw_code);

    let in_place = definition.config.clone();
    node.own_tags = declared.source_tags.clone();
    node.own_tags.extend(declared.test.column_tags.iter().cloned());
    node.own_tags.sort();
    node.own_tags.dedup();
    node.inherited_group = declared.group.clone();
    let own = invocation.project.of(package);
    let empty = Object::new();
    let fqn = node.fqn.clone();
    let configure = |node: &mut Node, in_file: &Object| {
        let said = Said { kind: ConfigKind::Test, fqn: &fqn, properties: &empty, in_file };
        node.config = invocation.caches.configs.build(&said, own, &invocation.project.root);
        let written = Said { properties: in_file, in_file: &empty, ..said };
        node.unrendered_config =
            invocation.caches.configs.unrendered(&written, own, &invocation.project.root);
    };
    configure(&mut node, &in_place);
    node.kind = NodeKind::Test(Some(Box::new(GenericTest {
        name: definition.name.clone(),
        namespace: definition.namespace.clone(),
        kwargs: definition.kwargs.clone(),
        column_name: declared.test.column.clone(),
        attached_node: match &declared.on {
            On::Node { unique_id, .. } => Some(unique_id.clone()),
            On::Source { .. } => None,
        },
        file_key_name: declared.file_key_name.clone(),
    })));
    match &declared.on {
        On::Node { name, version, .. } => {
            node.refs.push(RefCall { package: None, name: name.clone(), version: version.clone() });
        }
        On::Source { source, table } => node.sources.push((source.clone(), table.clone())),
    }
    let in_macro = find_what_it_reads(invocation, &mut node, &definition)?;
    if !in_macro.is_empty() {
        // What the test's own macro says comes first; what is said where it is used wins.
        let mut both = in_macro;
        config::update(&mut both, in_place);
        configure(&mut node, &both);
    }
    node.raw_code.push_str(&dbt_generic_tests::config_call(&definition.config));
    names::give(invocation, &mut node)?;
    Ok(node)
}

/// Configs of a test may be Jinja; arguments are rendered when it runs.
fn rendered_config(invocation: &Arc<Invocation>, config: Object, declared: &Declared) -> Result<Object> {
    if !config.values().any(|value| value.as_str().is_some_and(has_jinja)) {
        return Ok(config);
    }
    let context = YamlContext::new(&yaml_variables(invocation, &declared.package), Some(&invocation.target));
    let mut out = Object::new();
    for (key, value) in config {
        let value = match value.as_str() {
            Some(text) if has_jinja(text) => {
                context.render(&invocation.templates.environment, text, &declared.file)?
            }
            _ => value,
        };
        out.insert(key, value);
    }
    Ok(out)
}

/// Whether the test's macro is there, and what its arguments and its text refer to. Returns what the macro says to `config()`.
fn find_what_it_reads(
    invocation: &Arc<Invocation>,
    node: &mut Node,
    definition: &TestDefinition,
) -> Result<Object> {
    let macro_name = format!("test_{}", definition.name);
    let found = match &definition.namespace {
        Some(namespace) => invocation.templates.macros.in_package(namespace, &macro_name),
        None => invocation.templates.macros.find(&node.package_name, &macro_name),
    };
    let Some(found) = found else {
        let known: Vec<String> = invocation
            .templates
            .macros
            .all()
            .filter_map(|entry| {
                let name = entry.name.strip_prefix("test_")?;
                let outside = entry.package_name != invocation.project.root.name && !entry.is_built_in();
                Some(if outside { format!("{}.{name}", entry.package_name) } else { name.to_owned() })
            })
            .collect();
        let full = definition
            .namespace
            .as_ref()
            .map_or(definition.name.clone(), |namespace| format!("{namespace}.{}", definition.name));
        let error = Error::new(format!("there is no test '{full}'"));
        return Err(match nearest(&full, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!(
                "define it as {{% test {}(model, column_name) %}} in tests/generic/ or macros/, or install its package",
                definition.name
            )),
        });
    };
    check_arguments(found, definition)?;
    node.depends_on_macros.push(found.unique_id.clone());
    let is_built_in = found.package_name == COMMON;
    // The built-in tests read what they are given and nothing else.
    let plain = is_built_in
        && definition.kwargs.iter().all(|(key, value)| {
            key == "model" || value.as_str().is_none_or(|text| !has_jinja(text) && !is_call(text))
        });
    if plain {
        return Ok(Object::new());
    }
    let context = parsing_context(invocation, node.clone());
    give_arguments(&context, invocation, &definition.kwargs).map_err(Error::from)?;
    if !is_built_in {
        let template = Template::parse(
            node.raw_code.clone(),
            &node.original_file_path,
            &invocation.templates.environment,
        )?;
        template
            .render(&invocation.templates.environment, &context)
            .map_err(|error| Error::from(error).context(format!("test '{}'", node.name)))?;
    }
    let captured = context.take_captured();
    for call in captured.refs {
        if !node.refs.contains(&call) {
            node.refs.push(call);
        }
    }
    for pair in captured.sources {
        if !node.sources.contains(&pair) {
            node.sources.push(pair);
        }
    }
    node.depends_on_macros.extend(captured.macros.into_iter().filter(|id| *id != found.unique_id));
    Ok(captured.config)
}

/// Whether the test takes all that it is given; and, of a built-in one, whether it is given all that it needs. (What one of the
/// project's needs is not known: it may ask whether an argument is defined.)
fn check_arguments(found: &MacroEntry, definition: &TestDefinition) -> Result<()> {
    let Some(code) = found.value.downcast::<Macro>() else { return Ok(()) };
    let known: Vec<&str> = code.parameters().map(|(name, _)| name).collect();
    let unknown = definition.kwargs.keys().find(|name| !known.contains(&name.as_str()));
    if let Some(unknown) = unknown.filter(|_| !code.takes_any_keyword()) {
        let error = Error::new(format!("test '{}' has no argument '{unknown}'", definition.name));
        return Err(match nearest(unknown, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None if unknown == "column_name" => {
                error.hint("it is a test of a whole model: put it under the model's `data_tests:`")
            }
            None => error.hint(format!("its arguments: {}", known.join(", "))),
        });
    }
    let missing = code.parameters().find(|(name, has_default)| {
        found.is_built_in() && !has_default && !definition.kwargs.contains_key(*name)
    });
    match missing {
        None => Ok(()),
        Some(("column_name", _)) => Err(Error::new(format!("test '{}' is for a column", definition.name))
            .hint("put it under `data_tests:` of a column, or give `column_name` under `arguments:`")),
        Some((name, _)) => Err(Error::new(format!("test '{}' needs the argument '{name}'", definition.name))
            .hint(format!("write\n  - {}:\n      arguments:\n        {name}: ...", definition.name))),
    }
}

/// `ref('a')`, `source(...)`, `var(...)`: an argument that is a call without braces.
fn is_call(text: &str) -> bool {
    let text = text.trim();
    ["ref", "source", "var", "env_var", "doc"].iter().any(|name| {
        text.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')) && text.ends_with(')')
    })
}

/// Renders the arguments of a generic test and puts them where its code finds them.
pub(crate) fn give_arguments(
    context: &NodeContext,
    invocation: &Invocation,
    kwargs: &Object,
) -> ingot_jinja::Result<()> {
    context.set_renders_yaml(true);
    let rendered: ingot_jinja::Result<Vec<(String, Value)>> = kwargs
        .iter()
        .map(|(key, value)| Ok((key.clone(), argument(context, invocation, key, value)?)))
        .collect();
    context.set_renders_yaml(false);
    context.set(KWARGS, Value::dict(rendered?));
    Ok(())
}

fn argument(
    context: &NodeContext,
    invocation: &Invocation,
    key: &str,
    value: &Json,
) -> ingot_jinja::Result<Value> {
    match value {
        Json::String(text) if key != "column_name" && (has_jinja(text) || is_call(text)) => {
            let code = if is_call(text) { format!("{{{{ {text} }}}}") } else { text.clone() };
            let template =
                Template::parse(code, &context.node.original_file_path, &invocation.templates.environment)?;
            State::new(&invocation.templates.environment, context).render_value(&template)
        }
        Json::Array(items) => {
            let items: ingot_jinja::Result<Vec<Value>> =
                items.iter().map(|item| argument(context, invocation, "", item)).collect();
            Ok(Value::list(items?))
        }
        Json::Object(members) => {
            let mut out = Vec::new();
            for (key, value) in members {
                out.push((key.clone(), argument(context, invocation, key, value)?));
            }
            Ok(Value::dict(out))
        }
        other => Ok(values::from_json(other)),
    }
}
