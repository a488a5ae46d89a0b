//! `ingot publish`.

use super::exit::Exit;
use super::global::Global;
use super::places::Places;
use ingot_core::error::Result;
use ingot_core::report::{Event, bytes, thousands};
use ingot_powerbi::publish::{Publication, PublishOptions, RollbackOptions, publish, rollback};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Copy tested tables of gold to a file of their own for BI tools
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Tables are copied to a new file, which then takes the place of the old one in one step: readers see\n\
                  the whole old or the whole new version, and never block a build.\n\n\
                  A table is published only if the last `ingot run-models` built it and passed all its tests, and if\n\
                  BI tools read the types of its columns rightly.\n\n\
                  Exit codes: 0 published, 1 a table is not tested or would be misread, 2 it could not run."
)]
pub(super) struct Arguments {
    /// Folder of the published file [default: duckdb/published in the project]
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
    /// Tables to publish: a schema, or schema.table with * as a wildcard
    #[arg(long, value_name = "TABLES", value_delimiter = ',', default_value = "gold")]
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
    let to = arguments.to.clone().unwrap_or_else(|| project.published());
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
            let publication = publish(&PublishOptions {
                project: project.root().to_path_buf(),
                artifacts,
                warehouse,
                to: to.clone(),
                keep: arguments.keep.into(),
                select: arguments.select.clone(),
                exclude: arguments.exclude.clone(),
                patience,
            })?;
            let detail = content(&publication);
            (publication, detail)
        }
    };
    global.note(|audit| {
        audit.detail("published version", publication.id.clone());
        audit.detail("published tables", publication.tables.len());
    });
    let seconds = started.elapsed().as_secs_f64();
    let reporter = global.reporter();
    if arguments.rollback.is_none() {
        narrowed(&publication).for_each(|line| reporter.info(line));
    }
    reporter.report(Event::StageFinished { stage: "publish", seconds, detail });
    reporter.info(format!("BI tools open {}", to.join(&publication.file).display()));
    Ok(Exit::Success)
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
        "{} tables, {} rows, {} as version {}",
        publication.tables.len(),
        thousands(publication.rows()),
        bytes(publication.bytes),
        publication.id
    )
}
