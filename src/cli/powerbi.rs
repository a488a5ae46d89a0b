//! `ingot powerbi`.

use super::effect::Effect;
use super::exit::Exit;
use super::global::Global;
use super::places::Places;
use clap::Subcommand;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::counted;
use ingot_powerbi::project::{ProjectOptions, init, preview, write};
use std::path::PathBuf;

/// Write the Power BI project that reads gold: model, measures, pages
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Made from the warehouse, the descriptions and tests of the models, and measures.yaml in DIR. The same input \
                  gives the same bytes. Tables, roles and pages that you added stay; a file that you changed is not \
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
    Preview(Preview),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of the Power BI project [default: analytics in the project]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
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

/// Draw the pages with the warehouse's numbers, as one HTML file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The file opens from the disk in any browser, wide or on a phone, in light or dark. A visual that \
                  cannot be drawn says so in its place, and is listed as a warning."
)]
struct Preview {
    #[command(flatten)]
    place: Place,
    /// The file to write [default: target/powerbi.html in the project]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Place {
    fn options(&self, project: &Project, overwrite: bool) -> Result<ProjectOptions> {
        let (warehouse, target) = self.places.find(project)?;
        Ok(ProjectOptions {
            folder: self.dir.clone().unwrap_or_else(|| project.analytics()),
            warehouse,
            target,
            schemas: project.schemas(),
            overwrite,
        })
    }
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        match &self.command {
            None => Effect::changes("powerbi"),
            Some(Command::Init(_)) => Effect::changes("powerbi init"),
            Some(Command::Preview(_)) => Effect::Reads,
        }
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let (project, reporter) = (global.project()?, global.reporter());
    match &arguments.command {
        Some(Command::Init(one)) => {
            let file = init(&one.place.options(&project, false)?, &one.name, &one.schema)?;
            reporter.info(format!("wrote {}; edit it, then run `ingot powerbi`", file.display()));
            return Ok(Exit::Success);
        }
        Some(Command::Preview(one)) => {
            let options = one.place.options(&project, false)?;
            let out = one.out.clone().unwrap_or_else(|| options.target.join("powerbi.html"));
            let previewed = preview(&options, &out)?;
            for one in &previewed.not_drawn {
                reporter.warn(format!("not drawn: {one}"));
            }
            for page in &previewed.pages {
                reporter.info(format!(
                    "{}: {}, read in {:.2} s",
                    page.name,
                    counted(page.visuals as u64, "visual"),
                    page.seconds
                ));
            }
            reporter.info(format!("{} in {}", counted(previewed.pages.len() as u64, "page"), out.display()));
            return Ok(Exit::Success);
        }
        None => {}
    }
    let options = arguments.place.options(&project, arguments.overwrite)?;
    let written = write(&options)?;
    for file in &written.overwritten {
        reporter.warn(format!("{file} had been changed by hand and was overwritten"));
    }
    reporter.info(format!(
        "{} in {}: {} written, {} removed",
        counted(written.files as u64, "file"),
        options.folder.display(),
        written.changed,
        written.removed
    ));
    Ok(Exit::Success)
}
