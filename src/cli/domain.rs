//! `ingot domain`.

use super::check::checked;
use super::effect::Effect;
use super::exit::Exit;
use super::global::Global;
use super::run_models::Connection;
use clap::Subcommand;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::Reporter;
use ingot_govern::{
    Domain, DomainEdit, DomainOptions, UnityTable, add_domain, environments, group_owner, unity_catalog,
};
use ingot_models::TypedNode;
use std::path::PathBuf;

/// Set up a domain: a team with its own folder of models, group, contracts and roles
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
}

/// Set up what a domain lacks, and print what its owner and the platform's do next
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ingot domain add sales --owner \"Sales data team\" --feed orders_header --feed orders_lines\n\n\
                  Written are the folder models/NAME with the group NAME, the folder's config in dbt_project.yml, and in the \
                  contracts of the feeds the domain, team and roles. What is there already is left as it is, so the command may be \
                  given again, with more feeds or with --terraform."
)]
struct Add {
    /// Name of the domain: of its folder, schema and group
    name: String,
    /// Name of its owner or team [default: that of the group, if it is there; else "NAME team"]
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    /// E-mail address of its owner
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Feed that belongs to it; may be repeated
    #[arg(long = "feed", value_name = "FEED")]
    feeds: Vec<String>,
    /// Also write terraform/NAME/main.tf: the same as resources of Databricks Unity Catalog
    #[arg(long)]
    terraform: bool,
    /// Only say what would be written
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        let Command::Add(add) = &self.command;
        Effect::changes("domain add").unless(add.dry_run)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let Command::Add(add) = &arguments.command;
    // The code of an environment is that of the project.
    let project = global.project()?.main();
    let known = group_owner(&project, &add.name)?;
    let (owner, email) = known.unwrap_or_else(|| (format!("{} team", add.name), None));
    let domain = Domain {
        name: add.name.clone(),
        owner: add.owner.clone().unwrap_or(owner),
        email: add.email.clone().or(email),
    };
    let mut files = Vec::new();
    if add.terraform {
        let text = unity_catalog(&domain, &tables(&project, &domain.name)?);
        files.push((PathBuf::from("terraform").join(&domain.name).join("main.tf"), text));
    }
    let options =
        DomainOptions { domain: domain.clone(), feeds: add.feeds.clone(), files, dry_run: add.dry_run };
    let edits = add_domain(&project, &options)?;
    global.note(|audit| {
        audit.detail("domain", domain.name.clone());
        audit.detail("files", edits.iter().map(|edit| edit.file.display().to_string()).collect::<Vec<_>>());
    });
    tell(&project, &domain, &edits, add, global.reporter().as_ref())?;
    Ok(Exit::Success)
}

/// The tables of the group, with the roles that may read them.
fn tables(project: &Project, group: &str) -> Result<Vec<UnityTable>> {
    let (found, _) = checked(project, &Connection::default())?;
    let is_of_group = |node: &&TypedNode| {
        node.group.as_deref() == Some(group)
            && node.resource_type == "model"
            && node.materialized != "ephemeral"
    };
    let table = |node: &TypedNode| {
        let relation = node.relation.as_ref()?;
        Some(UnityTable {
            schema: relation.schema.clone(),
            name: relation.identifier.clone(),
            readers: node.readers.clone(),
            is_restricted: !node.meta["row_filter"].is_null()
                || node
                    .columns
                    .iter()
                    .any(|column| !column.meta["mask"].is_null() || !column.meta["grants"].is_null()),
        })
    };
    Ok(found.nodes.iter().filter(is_of_group).filter_map(table).collect())
}

fn tell(
    project: &Project,
    domain: &Domain,
    edits: &[DomainEdit],
    add: &Add,
    reporter: &dyn Reporter,
) -> Result<()> {
    if edits.is_empty() {
        reporter.info(format!("the domain {} has all of it already", domain.name));
    }
    for edit in edits {
        let word = match (add.dry_run, edit.is_new) {
            (false, true) => "wrote",
            (false, false) => "changed",
            (true, true) => "would write",
            (true, false) => "would change",
        };
        reporter.info(format!("{word} {}: {}", edit.file.display(), edit.what));
    }
    let name = &domain.name;
    let mut platform = Vec::new();
    if add.terraform {
        platform.push(format!(
            "makes the groups {} and {} in the account and a storage credential, reviews terraform/{name}/main.tf, and applies it once for each environment",
            domain.readers(),
            domain.engineers()
        ));
    }
    let there: Vec<String> = environments(project)?.into_iter().map(|one| one.name).collect();
    for environment in ["test", "prod"].iter().filter(|wanted| !there.iter().any(|name| name == *wanted)) {
        platform.push(format!("makes the environment {environment}: `ingot env add {environment}`"));
    }
    platform.push("schedules `ingot run-models --target test`, then `ingot promote test prod`".to_owned());
    platform.push(format!(
        "schedules `ingot publish --target prod --role {}`, and gives the file's folder to who has the role",
        domain.readers()
    ));
    let domains = [
        format!(
            "writes contracts of its files (`ingot contract infer PATH`), then `ingot domain add {name} --feed FEED`"
        ),
        format!("writes models and tests in models/{name}, and runs `ingot check`"),
        format!(
            "says in models/{name}/_{name}.yml which roles may read which tables, columns and rows; until then {} may read all tables, without personal columns",
            domain.readers()
        ),
        "makes public (`access: public`) what other domains may build on".to_owned(),
    ];
    let list = |steps: &[String]| {
        let lines: Vec<String> =
            steps.iter().enumerate().map(|(at, step)| format!("  {}. {step}", at + 1)).collect();
        lines.join("\n")
    };
    reporter.info(format!("\nThe platform's owner\n{}", list(&platform)));
    reporter.info(format!("\nThe domain's owner, {}\n{}", domain.owner, list(&domains)));
    Ok(())
}
