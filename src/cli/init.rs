//! `ingot init`.

use super::contract::overview;
use super::exit::Exit;
use super::global::Global;
use super::questions::Questions;
use crate::init::{examples, init};
use ingot_core::error::Result;
use ingot_core::report::{Event, counted};
use ingot_infer::{InferOptions, init_from};
use std::path::PathBuf;

/// Write a new project: from your own files, or one of the examples
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder of the new project; created if it does not exist
    dir: PathBuf,
    /// Look at these files and folders, and write contracts, sources, staging models and tests for them
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Without --from, the example that is written
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "from",
        default_value = examples().next(),
        value_parser = clap::builder::PossibleValuesParser::new(examples())
    )]
    example: String,
    /// With --from, read only the first N rows of each file; rows after them may not fit
    #[arg(long, value_name = "N", requires = "from")]
    sample: Option<u64>,
    /// With --from, propose a gold layer as well: dimensions, facts and days, where keys and references make them plain
    #[arg(long, requires = "from")]
    star: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter();
    let dir = arguments.dir.display();
    if arguments.from.is_empty() {
        let example = &arguments.example;
        let files = init(&arguments.dir, example)?;
        // The retail project is a whole company; the others are small.
        let generate = if examples().next() == Some(example.as_str()) {
            "ingot generate --scale 0.01"
        } else {
            "ingot generate"
        };
        reporter.info(format!(
            "Wrote the {example} project of {} to {dir}.\n\nNext:\n  cd {dir}\n  {generate}\n  ingot load-bronze\n  ingot run-models",
            counted(files as u64, "file")
        ));
        return Ok(Exit::Success);
    }
    let options =
        InferOptions { paths: arguments.from.clone(), sample: arguments.sample, ..InferOptions::default() };
    let mut questions = Questions::new(reporter.as_ref());
    let project = init_from(&arguments.dir, &options, arguments.star, &mut questions)?;
    for (path, why) in &project.passed_over {
        reporter.warn(format!("{} is not in a contract: {why}", path.display()));
    }
    for feed in &project.feeds {
        for note in &feed.notes {
            reporter.warn(format!("{}: {note}", feed.name));
        }
    }
    reporter.report(Event::Table(overview(&project.feeds)));
    match &project.star {
        Some(star) => reporter.info(format!(
            "Star in models/gold: facts {}; dimensions {}.",
            star.facts.join(", "),
            star.dimensions.join(", ")
        )),
        None if arguments.star => reporter.warn(
            "no feed refers to the key of another, so there is no star; `--explain` of `ingot contract infer` shows what keys are".to_owned(),
        ),
        None => {}
    }
    reporter.info(format!(
        "Wrote a project of {} to {dir}. Its README.md lists what was assumed.\n\nNext:\n  cd {dir}\n  ingot load-bronze\n  ingot run-models",
        counted(project.files as u64, "file")
    ));
    Ok(Exit::Success)
}
