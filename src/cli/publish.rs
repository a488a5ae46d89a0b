//! `ingot publish`.

use super::check::checked_with;
use super::exit::Exit;
use super::global::Global;
use super::places::Places;
use ingot_catalog::{Lineage, Personal};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter, bytes, counted};
use ingot_models::{RunOptions, Verb};
use ingot_powerbi::publish::{Publication, PublishOptions, RoleOptions, RollbackOptions, publish, rollback};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Copy tested tables of gold to a file of their own for BI tools
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Tables are copied to a new file, which then takes the place of the old one in one step: readers see \
                  the whole old or the whole new version, and never block a build.\n\n\
                  A table is published only if the last `ingot run-models` built it and passed all its tests, and if \
                  BI tools read the types of its columns rightly.\n\n\
                  With --role, the file has only what the grants of the models allow that role: tables (`grants`), \
                  columns, rows and masks (`meta`). Columns with personal data need a grant of their own.\n\n\
                  Exit codes: 0 published, 1 a table is not tested or would be misread, 2 it could not run."
)]
pub(super) struct Arguments {
    /// Publish only what this role may read [default: everything that is selected]
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// Folder of the published file [default: duckdb/published in the project, of a role duckdb/published/roles/NAME]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
    /// Tables to publish: a schema, or schema.table with * as a wildcard [default: gold; of a role all that it may read]
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    select: Vec<String>,
    /// Tables to leave out of those
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Versions to keep, the new one included
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// Seconds to wait for readers that prevent the file from being replaced
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// Show the version before the current one again, or the one with this ID
    #[arg(
        long,
        value_name = "ID",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = ["select", "exclude", "keep", "warehouse"]
    )]
    rollback: Option<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let started = Instant::now();
    let project = global.project()?;
    let to = arguments.to.clone().unwrap_or_else(|| match &arguments.role {
        Some(role) => project.published().join("roles").join(role),
        None => project.published(),
    });
    let to = absolute(to);
    let patience = Duration::from_secs(arguments.wait);
    let (publication, detail) = match &arguments.rollback {
        Some(id) => {
            let version = Some(id.clone()).filter(|id| !id.is_empty());
            let publication = rollback(&RollbackOptions { to: to.clone(), version, patience })?;
            let detail = format!("back to version {}", publication.id);
            (publication, detail)
        }
        None => {
            let (warehouse, artifacts) = arguments.places.find(&project)?;
            let (warehouse, artifacts) = (absolute(warehouse), absolute(artifacts));
            let role =
                arguments.role.as_ref().map(|name| role_options(name, arguments, &project)).transpose()?;
            let usual = if role.is_some() { "*" } else { "gold" };
            let select = match arguments.select.as_slice() {
                [] => vec![usual.to_owned()],
                given => given.to_vec(),
            };
            let publication = publish(&PublishOptions {
                project: project.root().to_path_buf(),
                artifacts,
                warehouse,
                to: to.clone(),
                keep: arguments.keep.into(),
                select,
                exclude: arguments.exclude.clone(),
                patience,
                role,
            })?;
            let detail = content(&publication);
            (publication, detail)
        }
    };
    global.note(|audit| {
        audit.detail("published version", publication.id.clone());
        audit.detail("published tables", publication.tables.len());
        if let Some(role) = &publication.role {
            audit.detail("role", role.clone());
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let reporter = global.reporter();
    if arguments.rollback.is_none() {
        narrowed(&publication).for_each(|line| reporter.info(line));
    }
    reporter.report(Event::StageFinished { stage: "publish", seconds, detail });
    tell_kept_back(&publication, reporter.as_ref());
    reporter.info(format!("BI tools open {}", to.join(&publication.file).display()));
    Ok(Exit::Success)
}

/// The check of a project makes its folder the current one.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// The role, and the columns that need a grant of their own because they hold personal data.
fn role_options(name: &str, arguments: &Arguments, project: &Project) -> Result<RoleOptions> {
    let mut options = RunOptions::new(Verb::Build, project.root());
    arguments.places.apply(&mut options);
    let (found, sources) = checked_with(project, &options)?;
    if found.nodes.is_empty() {
        let error = Error::new(
            "it cannot be known which columns hold personal data, because the project cannot be read",
        );
        return Err(error
            .at(project.root())
            .of_kind(Kind::Sql)
            .hint("run `ingot check`, which says what is wrong"));
    }
    let lineage = Lineage::of(&found, &sources, &[])?;
    let personal = Personal::of(&found, &lineage, &sources).by_name(&found, &lineage);
    Ok(RoleOptions { name: name.to_owned(), personal })
}

/// What is not in the file of a role, table by table.
fn tell_kept_back(publication: &Publication, reporter: &dyn Reporter) {
    for table in publication.tables.iter().filter(|table| !table.kept_back.is_nothing()) {
        let kept = &table.kept_back;
        let mut parts = Vec::new();
        if !kept.left_out.is_empty() {
            parts.push(format!("without {}", kept.left_out.join(", ")));
        }
        if !kept.personal.is_empty() {
            parts.push(format!(
                "of which no grant names {}, which may hold personal data",
                kept.personal.join(", ")
            ));
        }
        if !kept.masked.is_empty() {
            parts.push(format!("masked {}", kept.masked.join(", ")));
        }
        if let Some(filter) = &kept.row_filter {
            parts.push(format!("only rows with {}", filter.trim()));
        }
        reporter.info(format!("{}.{}: {}", table.schema, table.name, parts.join("; ")));
    }
}

/// A line for each column that has another type than in the warehouse.
fn narrowed(publication: &Publication) -> impl Iterator<Item = String> {
    publication.tables.iter().flat_map(|table| {
        let columns = table.narrowed.iter();
        columns.map(|(column, kind)| {
            format!("{}.{}.{column} is published as {kind}, with the same values", table.schema, table.name)
        })
    })
}

fn content(publication: &Publication) -> String {
    format!(
        "{}, {}, {} as version {}",
        counted(publication.tables.len() as u64, "table"),
        counted(publication.rows(), "row"),
        bytes(publication.bytes),
        publication.id
    )
}
