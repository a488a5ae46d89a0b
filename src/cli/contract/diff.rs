//! `ingot contract diff`.

use crate::cli::exit::Exit;
use crate::cli::global::Global;
use crate::contract_places::edition;
use clap::{Args, ValueEnum};
use ingot_contract::diff;
use ingot_core::error::{Context, Result};
use ingot_core::report::Event;
use std::path::PathBuf;

/// Show what differs between two editions of contracts, and what of it is breaking for whom
#[derive(Debug, Args)]
#[command(
    after_help = "A place is a contract, a folder of contracts, `git:REV` for the folder schemas of a revision, or `git:REV:PATH`.\nExample: ingot contract diff git:main --format markdown\n\nExit code 1: a change is breaking for readers or for writers."
)]
pub(super) struct Diff {
    /// Contracts as they were
    #[arg(value_name = "OLD")]
    old: String,
    /// Contracts as they are [default: schemas in the project]
    #[arg(value_name = "NEW")]
    new: Option<String>,
    /// Print a table, one JSON document, or Markdown for a pull request
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Markdown,
}

pub(super) fn run(arguments: &Diff, global: &Global) -> Result<Exit> {
    let reporter = match arguments.format {
        Format::Text => global.reporter(),
        _ => global.reporter_for(crate::cli::global::Format::Json),
    };
    let root = match global.project() {
        Ok(project) => project.root().to_path_buf(),
        Err(_) => std::env::current_dir().or_cannot("find the current folder")?,
    };
    let old = edition(&arguments.old, &root)?;
    let new = match &arguments.new {
        Some(new) => edition(new, &root)?,
        None => {
            let schemas: PathBuf = global.project()?.schemas();
            edition(&schemas.display().to_string(), &root)?
        }
    };
    let changes = diff::diff(&old, &new);
    reporter.report(match arguments.format {
        Format::Text if changes.is_empty() => Event::Result { line: "no changes".to_owned() },
        Format::Text => Event::Table(diff::table(&changes)),
        Format::Json => Event::Result { line: format!("{:#}", diff::json(&changes)) },
        Format::Markdown => Event::Result { line: diff::markdown(&changes) },
    });
    Ok(Exit::failed_if(changes.iter().any(|change| change.verdict.is_breaking())))
}
