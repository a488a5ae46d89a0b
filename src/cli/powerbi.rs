//! `ingot powerbi`.

use super::exit::Exit;
use super::global::Global;
use clap::Subcommand;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_powerbi::project::{ProjectOptions, init, write};
use std::path::PathBuf;

/// Write the Power BI project that reads gold: model, measures, pages
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Made from the warehouse, the descriptions and tests of the models, and measures.yaml in DIR. The same input\n\
                  gives the same bytes. Tables, roles and pages that you added stay; a file that you changed is not\n\
                  overwritten without --overwrite."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
    /// Replace files that were changed by hand
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Init),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of the Power BI project [default: analytics in the project]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// DuckDB file that the models write [default: duckdb/warehouse.duckdb in the project]
    #[arg(long, value_name = "FILE")]
    warehouse: Option<PathBuf>,
}

/// Propose a measures.yaml: a count and sums of each fact, and periods on the date dimension
#[derive(Debug, clap::Args)]
struct Init {
    #[command(flatten)]
    place: Place,
    /// Name of the Power BI project
    #[arg(long, value_name = "NAME", default_value = "report")]
    name: String,
    /// Schema of facts and dimensions
    #[arg(long, value_name = "NAME", default_value = "gold")]
    schema: String,
}

impl Place {
    fn options(&self, project: &Project, overwrite: bool) -> ProjectOptions {
        ProjectOptions {
            folder: self.dir.clone().unwrap_or_else(|| project.analytics()),
            warehouse: self.warehouse.clone().unwrap_or_else(|| project.warehouse()),
            target: project.target(),
            overwrite,
        }
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let (project, reporter) = (global.project()?, global.reporter());
    if let Some(Command::Init(one)) = &arguments.command {
        let file = init(&one.place.options(&project, false), &one.name, &one.schema)?;
        reporter.info(format!("wrote {}; edit it, then run `ingot powerbi`", file.display()));
        return Ok(Exit::Success);
    }
    let options = arguments.place.options(&project, arguments.overwrite);
    let written = write(&options)?;
    for file in &written.overwritten {
        reporter.warn(format!("{file} had been changed by hand and was overwritten"));
    }
    reporter.info(format!(
        "{} files in {}: {} written, {} removed",
        written.files,
        options.folder.display(),
        written.changed,
        written.removed
    ));
    Ok(Exit::Success)
}
