//! Hooks of a run (`on-run-start`, `on-run-end`) as nodes, so that artifacts list them.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::hashing;
use crate::invocation::Invocation;
use crate::json_values::{Object, has_jinja};
use crate::parse::rendering::parsing_context;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::dbt_project_yml::DbtProject;
use ingot_core::error::Result;
use ingot_jinja::Template;
use std::sync::Arc;

/// The hooks of all projects, each as a node.
pub(crate) fn nodes(invocation: &Arc<Invocation>, projects: &[&DbtProject]) -> Vec<Result<Node>> {
    let mut out = Vec::new();
    for project in projects {
        for (word, hooks) in [("on-run-start", &project.on_run_start), ("on-run-end", &project.on_run_end)] {
            for (index, sql) in hooks.iter().enumerate() {
                out.push(node(invocation, project, word, index, sql));
            }
        }
    }
    out
}

/// The name of a project's hook.
pub(crate) fn name(project: &str, word: &str, index: usize) -> String {
    format!("{project}-{word}-{index}")
}

fn node(
    invocation: &Arc<Invocation>,
    project: &DbtProject,
    word: &str,
    index: usize,
    sql: &str,
) -> Result<Node> {
    let name = name(&project.name, word, index);
    let mut node = Node::new(invocation.target.dialect(), ResourceType::Operation, &project.name, &name);
    node.fqn = vec![project.name.clone(), "hooks".to_owned(), name.clone()];
    node.path = format!("hooks/{name}.sql");
    node.original_file_path = "./dbt_project.yml".to_owned();
    node.file = project.root.join("dbt_project.yml");
    node.raw_code = sql.to_owned();
    node.checksum = hashing::checksum(sql);
    node.database = invocation.target.database.clone();
    node.schema = invocation.target.schema.clone();
    let empty = Object::new();
    node.config =
        config::build(ConfigKind::Operation, &node.fqn, project, &invocation.project.root, &empty, &empty)
            .into();
    node.unrendered_config = config::unrendered(
        ConfigKind::Operation,
        &node.fqn,
        project,
        &invocation.project.root,
        &empty,
        &empty,
    )
    .into();
    // Its schema is that of a model with the same configs.
    let alias = std::mem::take(&mut node.alias);
    crate::parse::names::give(invocation, &mut node)?;
    node.alias = alias;
    node.own_tags = vec![word.to_owned()];
    if has_jinja(sql) {
        let context = parsing_context(invocation, node.clone());
        let template = Template::parse(sql.to_owned(), "dbt_project.yml", &invocation.templates.environment)?;
        template.render(&invocation.templates.environment, &context)?;
        let captured = context.take_captured();
        node.refs = captured.refs;
        node.sources = captured.sources;
        node.depends_on_macros = captured.macros;
    }
    Ok(node)
}
