//! `ingot check`.

use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use clap::ValueEnum;
use ingot_catalog::{FindingFormat, SourceTypes, findings_text};
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::Event;
use ingot_models::{CheckSeverity, RunOptions, TypedProject, Verb};

/// Check all models and tests without data and without a run
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each node is bound against empty tables of its inputs' types: contracts give those of bronze, models \
                  give each other's. A template that asks for rows is answered by the warehouse, if there is one; \
                  else the model is reported as not checked.\n\
                  Exit codes: 0 nothing is wrong, 1 something is, 2 the project cannot be checked."
)]
pub(super) struct Arguments {
    /// Print text, JSON, SARIF 2.1.0 for code scanning, or annotations of GitHub Actions
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: CheckFormat,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    #[default]
    Text,
    Json,
    Sarif,
    Github,
}

/// The project with its types, and what was known of its sources.
pub(super) fn checked(project: &Project, connection: &Connection) -> Result<(TypedProject, SourceTypes)> {
    let mut options = RunOptions::new(Verb::Build, project.root());
    connection.apply(&mut options)?;
    checked_with(project, &options)
}

/// The same, for other flags than those of a connection.
pub(super) fn checked_with(project: &Project, options: &RunOptions) -> Result<(TypedProject, SourceTypes)> {
    // As under dbt, paths in a project are relative to its root.
    project.enter()?;
    let sources = SourceTypes::of(project)?;
    let known = |_: &str, table: &str, external: Option<&str>| sources.columns(table, external);
    Ok((ingot_models::check(options, &known)?, sources))
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(match arguments.format {
        CheckFormat::Text => Format::Text,
        _ => Format::Json,
    });
    let (found, _) = checked(&global.project()?, &arguments.connection)?;
    let format = match arguments.format {
        CheckFormat::Text => FindingFormat::Text,
        CheckFormat::Json => FindingFormat::Json,
        CheckFormat::Sarif => FindingFormat::Sarif,
        CheckFormat::Github => FindingFormat::Github,
    };
    let text = findings_text(&found, format)?;
    if !text.is_empty() {
        reporter.report(Event::Result { line: text });
    }
    Ok(Exit::failed_if(found.findings.iter().any(|finding| finding.severity == CheckSeverity::Error)))
}
