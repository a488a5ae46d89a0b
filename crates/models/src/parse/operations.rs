//! Hooks of a run (`on-run-start`, `on-run-end`) as nodes, so that artifacts list them.

use crate::context::{Shared, lock};
use crate::graph::node::{Node, ResourceType};
use crate::json_values::{Object, has_jinja};
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::project::dbt_project_yml::ProjectFile;
use ingot_core::error::Result;
use ingot_jinja::Template;
use std::sync::Arc;

/// The hooks of all projects, each as a node.
pub fn nodes(shared: &Arc<Shared>, projects: &[&ProjectFile]) -> Vec<Result<Node>> {
    let mut out = Vec::new();
    for project in projects {
        for (word, hooks) in [("on-run-start", &project.on_run_start), ("on-run-end", &project.on_run_end)] {
            for (index, sql) in hooks.iter().enumerate() {
                out.push(node(shared, project, word, index, sql));
            }
        }
    }
    out
}

/// The name of a project's hook.
pub fn name(project: &str, word: &str, index: usize) -> String {
    format!("{project}-{word}-{index}")
}

fn node(shared: &Arc<Shared>, project: &ProjectFile, word: &str, index: usize, sql: &str) -> Result<Node> {
    let name = name(&project.name, word, index);
    let mut node = crate::parse::blank(ResourceType::Operation, &project.name, &name);
    node.fqn = vec![project.name.clone(), "hooks".to_owned(), name.clone()];
    node.path = format!("hooks/{name}.sql");
    node.original_file_path = "./dbt_project.yml".to_owned();
    node.file = project.root.join("dbt_project.yml");
    node.raw_code = sql.to_owned();
    node.checksum = crate::parse::checksum(sql);
    node.database = shared.target.database.clone();
    node.schema = shared.target.schema.clone();
    let empty = Object::new();
    node.config =
        config::build(ConfigKind::Operation, &node.fqn, project, &shared.root, &empty, &empty).into();
    node.unrendered_config =
        config::unrendered(ConfigKind::Operation, &node.fqn, project, &shared.root, &empty, &empty).into();
    // Its schema is that of a model with the same configs.
    let alias = std::mem::take(&mut node.alias);
    crate::parse::names::give(shared, &mut node)?;
    node.alias = alias;
    node.own_tags = vec![word.to_owned()];
    if has_jinja(sql) {
        let context = crate::parse::parsing_context(shared, node.clone());
        let template = Template::parse(sql.to_owned(), "dbt_project.yml", &shared.environment)?;
        template.render(&shared.environment, &context)?;
        let captured = std::mem::take(&mut *lock(&context.captured));
        node.refs = captured.refs;
        node.sources = captured.sources;
        node.depends_on_macros = captured.macros;
    }
    Ok(node)
}
