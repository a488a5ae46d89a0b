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
use crate::parse::describe;
use crate::parse::describe::Place;
use crate::parse::names;
use crate::parse::patches::Patches;
use crate::parse::rendering::{parsing_context, yaml_variables};
use crate::parse::test_macros;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::config_cache::Said;
use crate::project::dbt_generic_tests;
use crate::project::dbt_generic_tests::{TestDefinition, TestedThing};
use crate::project::macros::COMMON;
use crate::project::properties::property_file::{DeclaredTest, SourceEntry};
use crate::values;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result};
use ingot_jinja::{State, Template, Value};
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

/// The warning about a config of a test that stands beside `config:`, as dbt gives it where arguments are under
/// `arguments:`.
pub(crate) fn warning_of_configs(invocation: &Invocation, declared: &Declared) -> Option<Warning> {
    if !invocation.project.root.flag("require_generic_test_arguments_property", true) {
        return None;
    }
    let (name, key) = dbt_generic_tests::config_outside(&declared.test.entry)?;
    let text = format!(
        "{}:{}: `{key}` of the test '{name}' belongs under `config:`",
        declared.inside, declared.test.line
    );
    let words = format!(
        "Found `{key}` as a top-level property of `{name}` in file `{}`. The `{key}` top-level property should be moved into the `config` of `{name}`.",
        declared.inside
    );
    let data = serde_json::json!({"key": key, "file": declared.inside, "key_path": name});
    Some(Warning::new(WarningKind::PropertyMovedToConfigDeprecation, text).with(data).in_dbts_words(words))
}

/// The warning about where the arguments of a test are written.
/// <https://docs.getdbt.com/reference/global-configs/behavior-changes#generic-test-arguments-property>
pub(crate) fn warning_of_arguments(invocation: &Invocation, declared: &Declared) -> Option<Warning> {
    let (name, outside, nested) = dbt_generic_tests::argument_places(&declared.test.entry)?;
    let is_required = invocation.project.root.flag("require_generic_test_arguments_property", true);
    let place = format!("{}:{}", declared.inside, declared.test.line);
    let (kind, text) = if is_required && outside {
        let text = format!("{place}: arguments of the test '{name}' belong under `arguments:`");
        (WarningKind::MissingArgumentsPropertyInGenericTestDeprecation, text)
    } else if !is_required && nested {
        let text = format!(
            "{place}: `arguments` of the test '{name}' holds its arguments, whatever require_generic_test_arguments_property says"
        );
        (WarningKind::ArgumentsPropertyInGenericTestDeprecation, text)
    } else {
        return None;
    };
    Some(Warning::new(kind, text).with(serde_json::json!({"test_name": name})))
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
    let mut node = Node::new(invocation.target.dialect(), ResourceType::Test, package, &definition.full_name);
    node.unique_id =
        format!("test.{package}.{}.{}", definition.full_name, dbt_generic_tests::hash(&definition));
    node.original_file_path = declared.inside.clone();
    node.file = declared.file.clone();
    node.line = declared.test.line;
    node.path = format!("{}.sql", definition.short_name);
    node.fqn = crate::parse::sources::fqn(package, &declared.inside, &[&definition.full_name]);
    let place = Place { name: &node.name.clone(), file: &declared.file, line: declared.test.line };
    (node.description, node.doc_blocks) =
        describe::rendered(invocation, package, &definition.description, &place)?;
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
                context.render(&invocation.templates.environment, text, &declared.file).map_err(|error| {
                    let words = format!("Invalid generic test configuration given in {}", declared.inside);
                    error.in_dbts_words(words)
                })?
            }
            _ => value,
        };
        // As under dbt, what is null is not said.
        if !value.is_null() {
            out.insert(key, value);
        }
    }
    Ok(out)
}

/// What the test's arguments and its macro refer to. Returns what the macro says to `config()`. As under dbt, a test
/// whose macro is not there is a node: it fails when it runs.
fn find_what_it_reads(
    invocation: &Arc<Invocation>,
    node: &mut Node,
    definition: &TestDefinition,
) -> Result<Object> {
    let named = test_macros::Named {
        package: &node.package_name,
        namespace: definition.namespace.as_deref(),
        name: &definition.name,
    };
    let Some(found) = named.find(invocation) else { return Ok(Object::new()) };
    if !found.is_built_in() {
        test_macros::check_arguments(found, &definition.name, &definition.kwargs)?;
    }
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
