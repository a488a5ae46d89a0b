//! `ingot demo`.

use super::audited::audited_in;
use super::effect::Change;
use super::exit::Exit;
use super::global::Global;
use super::recorded::recorded_in;
use crate::demo::{self, DemoOptions};
use crate::init::{examples, init};
use ingot_core::error::Result;
use ingot_core::project::Project;
use std::path::PathBuf;

/// Run the whole pipeline on generated data and summarise the result
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Project folder [default: the project in the current folder, or else a new one in ./ingot-demo]
    dir: Option<PathBuf>,
    /// Size of the data: 1 is a million orders in two years
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    scale: f64,
    /// Random seed; the same seed makes the same data
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Replace raw data that was made with other arguments
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let folder = match (&arguments.dir, global.project()) {
        (Some(dir), _) => dir.clone(),
        (None, Ok(project)) => project.root().to_path_buf(),
        (None, Err(_)) => PathBuf::from("ingot-demo"),
    };
    let reporter = global.reporter();
    if !folder.join("dbt_project.yml").is_file() {
        init(&folder, examples().next().unwrap_or_default())?;
        reporter.info(format!("Wrote a new project to {}\n", folder.display()));
    }
    let project = Project::find(&folder)?;
    let options = DemoOptions { scale: arguments.scale, seed: arguments.seed, force: arguments.force };
    let change = Change { command: "demo".to_owned(), lake: None, only_tables: false };
    audited_in(&project, &change, global, || {
        recorded_in(Some(&project), "demo", Some(project.lake()), global, |notes| {
            let good = demo::run(&project, &options, notes, global.reporter().as_ref())?;
            Ok(Exit::failed_if(!good))
        })
    })
}
