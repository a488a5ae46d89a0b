//! `ingot docs`.

use super::exit::Exit;
use super::global::Global;
use super::lineage::traced;
use super::run_models::Connection;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::{Reporter, bytes, counted};
use ingot_models::{RunOptions, Verb, places};
use ingot_powerbi::project::uses;
use ingot_site::{Facts, Origin, Site, SiteForm, Written, write_site};
use std::path::PathBuf;

/// Write pages about the project that open from disk
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The pages need no server and no network: open index.html in a browser, or copy the folder anywhere. \
                  They hold no rows of tables. With --with-samples they hold a few of each, without columns that a contract \
                  (`classification: personal`) or the meta or tags of a column call personal, and without what is made of them."
)]
pub(super) struct Arguments {
    /// Folder of the pages [default: target/docs in the project]
    #[arg(long, value_name = "DIR", conflicts_with = "single_file")]
    out: Option<PathBuf>,
    /// Write one file with everything in it, to send by mail [default of FILE: target/docs.html in the project]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    single_file: Option<Option<PathBuf>>,
    /// Show a few rows of each table, never of personal columns
    #[arg(long)]
    with_samples: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let reporter = global.reporter();
    // Read before the project's folder becomes the current one.
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let form = match (&arguments.single_file, &arguments.out) {
        (Some(Some(file)), _) => SiteForm::OneFile(absolute(file)),
        (Some(None), _) => SiteForm::OneFile(project.target().join("docs.html")),
        (None, Some(folder)) => SiteForm::Folder(absolute(folder)),
        (None, None) => SiteForm::Folder(project.target().join("docs")),
    };
    let site = site(&project, &arguments.connection, arguments.with_samples, reporter.as_ref())?;
    tell(&write_site(&site, &form)?, reporter.as_ref());
    Ok(Exit::Success)
}

pub(super) fn tell(written: &Written, reporter: &dyn Reporter) {
    let pages = counted(written.pages as u64, "page");
    reporter.info(format!("{pages}, {}: {}", bytes(written.bytes), written.first.display()));
}

/// All pages about a project as it is on disk.
pub(super) fn site(
    project: &Project,
    connection: &Connection,
    with_samples: bool,
    reporter: &dyn Reporter,
) -> Result<Site> {
    let report = uses(&project.analytics())?;
    let (revision, sources) = traced(project, connection, &report)?;
    let mut options = RunOptions::new(Verb::Parse, project.root());
    connection.apply(&mut options)?;
    let places = places(&options)?;
    let facts = Facts::gather(
        &Origin {
            project,
            revision: &revision,
            sources: &sources,
            report: &report,
            warehouse: places.warehouse,
            artifacts: places.artifacts,
            with_samples,
        },
        reporter,
    )?;
    Site::new(facts)
}
