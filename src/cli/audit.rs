//! `ingot audit`.

use super::exit::Exit;
use super::global::{Format, Global};
use super::lineage::traced;
use super::run_models::Connection;
use clap::{Args, Subcommand, ValueEnum};
use ingot_catalog::Lineage;
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter, counted, verb};
use ingot_govern::{AuditQuery, DatasetFacts, KnownHead, Trail};
use ingot_operate::AsOf;
use jiff::Timestamp;
use std::path::PathBuf;

/// How many entries a table shows without `--limit`.
const SHOWN: usize = 20;

/// Show who changed what and when, from the audit trail; verify that the trail is intact
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Each command that changes something adds a line of JSON to the folder audit: user, machine, arguments without \
                  secrets, program, git commit, versions of tables before and after, and rows. Each line has the hash of the \
                  one before. An entry holds no values of rows and no text of an error, which may quote some."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only entries that changed this table, such as gold.fct_sales
    #[arg(long, short, value_name = "TABLE")]
    table: Option<String>,
    /// Only entries of this day or moment (UTC) or later, such as 2026-11-28 or 2026-11-28T06:00
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Show the newest N entries [default: 20 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print a table, one JSON document, or OpenLineage events, one a line
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AuditFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum AuditFormat {
    #[default]
    Text,
    Json,
    Openlineage,
}

#[derive(Debug, Subcommand)]
enum Command {
    Verify(Verify),
}

/// Find entries that were changed, moved or taken out of the audit trail
#[derive(Debug, Args)]
#[command(
    after_help = "Each line is compared with the hash in the next one, and the newest line with its copies: audit/.last-line, \
                  target/audit-head.json, and the history of runs. Note the head that is printed where nobody who works in the \
                  project can write, and give it with --head later: then a trail that was made anew is found as well.\n\n\
                  Exit codes: 0 the trail is as it was written, 1 it is not, 2 there is none."
)]
struct Verify {
    /// Head that an earlier verification printed
    #[arg(long, value_name = "NUMBER:SHA256")]
    head: Option<KnownHead>,
    /// Folder of the lake with the history of runs [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    match &arguments.command {
        Some(Command::Verify(arguments)) => verify(arguments, &project, global),
        None => show(arguments, &project, global),
    }
}

fn show(arguments: &Arguments, project: &Project, global: &Global) -> Result<Exit> {
    let is_text = arguments.format == AuditFormat::Text;
    let reporter = global.reporter_for(if is_text { Format::Text } else { Format::Json });
    let query = AuditQuery {
        table: arguments.table.clone(),
        since: arguments.since,
        limit: arguments.limit.or(is_text.then_some(SHOWN)),
    };
    let found = Trail::of(project).entries(&query)?;
    match arguments.format {
        AuditFormat::Text if found.entries.is_empty() => reporter.info("no such entries".to_owned()),
        AuditFormat::Text => reporter.report(Event::Table(found.table())),
        AuditFormat::Json => reporter.report(Event::Result { line: format!("{:#}", found.json()) }),
        AuditFormat::Openlineage => {
            let lineage = lineage(project, reporter.as_ref());
            let facts = DatasetFacts { lake: &project.lake(), lineage: lineage.as_ref() };
            for event in found.open_lineage(&facts)? {
                reporter.report(Event::Result { line: event.to_string() });
            }
        }
    }
    if found.unreadable > 0 {
        let lines = counted(found.unreadable as u64, "line");
        reporter.warn(format!("{lines} of the trail cannot be read: run `ingot audit verify`"));
    }
    Ok(Exit::Success)
}

/// The lineage of the project as it is now. Events are as true without it.
fn lineage(project: &Project, reporter: &dyn Reporter) -> Option<Lineage> {
    if !project.root().join("dbt_project.yml").is_file() {
        return None;
    }
    match traced(project, &Connection::default(), &[]) {
        Ok((revision, _)) => Some(revision.lineage),
        Err(error) => {
            reporter.warn(format!("the events are without column lineage: {}", error.message()));
            None
        }
    }
}

fn verify(arguments: &Verify, project: &Project, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let lake = arguments.lake.clone().unwrap_or_else(|| project.lake());
    let found = Trail::of(project).verify(&lake, arguments.head.as_ref())?;
    if arguments.format == Format::Json {
        reporter.report(Event::Result { line: format!("{:#}", found.json()) });
        return Ok(Exit::failed_if(!found.is_intact()));
    }
    for note in &found.notes {
        reporter.info(note.clone());
    }
    let entries = counted(found.entries, "entry");
    if !found.is_intact() {
        reporter.report(Event::Table(found.table()));
        reporter.info(format!("the audit trail is not as it was written; {entries} can be read"));
        return Ok(Exit::Failed);
    }
    reporter.info(format!("{entries} {} written", verb(found.entries, "is as it was", "are as they were")));
    if let Some(head) = found.head() {
        reporter.info(format!("head {head}"));
    }
    Ok(Exit::Success)
}

/// A day or a moment in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    match text.parse() {
        Ok(AsOf::Moment(moment)) => Ok(moment),
        _ => Err("must be a day or a time in UTC, such as 2026-11-28 or 2026-11-28T06:00".to_owned()),
    }
}
