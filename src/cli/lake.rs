//! `ingot lake`.

use super::effect::Effect;
use super::exit::Exit;
use super::global::{Format, Global, ListFormat};
use super::places::Places;
use super::recorded::recorded;
use clap::{Args, Subcommand};
use ingot_bronze::LoadOptions;
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Reporter, counted};
use ingot_models::{RunOptions, Verb};
use ingot_operate::{self, AsOf, DiffOptions, LakeTable, OptimizeOptions, ShowOptions, VacuumOptions};
use serde_json::Value;
use std::path::PathBuf;

/// How many rows a table shows without `--limit`.
const SHOWN: usize = 20;

/// Look after the tables of the lake: versions, compaction, damage
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    History(History),
    Show(Show),
    Diff(Diff),
    Restore(Restore),
    Optimize(Optimize),
    Vacuum(Vacuum),
    Check(Check),
    Recover(Recover),
}

#[derive(Debug, Args)]
struct Place {
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// List the versions of a table: who changed it, when, in which run, and by how much
#[derive(Debug, Args)]
struct History {
    /// Table, such as gold.dim_customer; the layer may be left out where only one has such a table
    table: String,
    /// List at most N versions, the newest first
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    place: Place,
}

/// Show the rows of a table as of a version or time, or what a SELECT makes of them
#[derive(Debug, Args)]
struct Show {
    /// Table, such as bronze.orders
    table: String,
    /// Version, or a time in UTC such as 2026-11-28T06:00 [default: the newest version]
    #[arg(long, value_name = "V|TIME")]
    as_of: Option<AsOf>,
    /// SELECT over the table, by its name with or without its layer [default: all of its rows]
    #[arg(long, value_name = "SELECT")]
    sql: Option<String>,
    /// Show at most N rows [default: 20 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Print a table, one JSON document, or CSV
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ListFormat,
}

/// Show the rows that differ between two versions of a table: added, removed, and changed cells
#[derive(Debug, Args)]
#[command(
    after_help = "Without --key, rows are matched by a column whose values do not repeat in either version."
)]
struct Diff {
    /// Table, such as gold.dim_customer
    table: String,
    /// Older version or time [default: the version before the newer one]
    #[arg(long, value_name = "V|TIME")]
    from: Option<AsOf>,
    /// Newer version or time [default: the newest version]
    #[arg(long, visible_alias = "as-of", value_name = "V|TIME")]
    to: Option<AsOf>,
    /// Columns that say which rows are the same one, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    key: Vec<String>,
    /// Show at most N rows of each sort [default: 20 as a table, otherwise all]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    place: Place,
}

/// Make a table what it was as of a version or time, by a new commit
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is lost: the version that was the newest before can be restored in the same way."
)]
struct Restore {
    /// Table, such as gold.dim_customer
    table: String,
    /// Version, or a time in UTC
    #[arg(long, value_name = "V|TIME")]
    as_of: AsOf,
    #[command(flatten)]
    place: Place,
}

/// Write small data files again as few large ones
#[derive(Debug, Args)]
#[command(
    after_help = "The files that were read stay on disk for earlier versions: `ingot lake vacuum` removes them later."
)]
struct Optimize {
    /// Tables, such as bronze.orders [default: all]
    tables: Vec<String>,
    /// Size of a data file in MiB
    #[arg(long, value_name = "MIB", default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=4096))]
    target_size: u64,
    /// Sort the rows of each partition by these columns, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    sort: Vec<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Remove data files that no version of the last week needs
#[derive(Debug, Args)]
struct Vacuum {
    /// Tables, such as bronze.orders [default: all]
    tables: Vec<String>,
    /// Keep the versions of the last so many hours
    #[arg(long, value_name = "HOURS", default_value_t = 168.0)]
    retention: f64,
    /// Allow fewer than 168 hours
    #[arg(long)]
    force: bool,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Find files that are missing, damaged or superfluous, and say what repairs them
#[derive(Debug, Args)]
#[command(
    after_help = "Each data file is compared with the hash that its commit keeps, each file of a Delta log with its copy. Without tables, all tables of the warehouse are read too.\nExit codes: 0 nothing is damaged, 1 something is, 2 the check could not run."
)]
struct Check {
    /// Tables, such as bronze.orders [default: all]
    tables: Vec<String>,
    /// Put what the Delta side or the Parquet side has intact in the place of what the other lacks
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    place: Place,
}

/// Make the warehouse, or tables of it, again from the lake
#[derive(Debug, Args)]
#[command(
    after_help = "Without tables, the DuckDB file is put aside and made anew: the tables of silver and gold come from their copies in the lake, and the manifest from the Delta logs of bronze. Then run `ingot run-models`, which makes views and all that the lake has no copy of."
)]
struct Recover {
    /// Tables that were dropped or changed, such as gold.dim_customer [default: the whole warehouse]
    tables: Vec<String>,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    place: Place,
}

impl Arguments {
    /// The command and its lake, if it changes something.
    fn changing(&self) -> Option<(&'static str, Option<PathBuf>)> {
        let (name, place) = match &self.command {
            Command::Restore(restore) => ("lake restore", &restore.place),
            Command::Optimize(optimize) if !optimize.dry_run => ("lake optimize", &optimize.place),
            Command::Vacuum(vacuum) if !vacuum.dry_run => ("lake vacuum", &vacuum.place),
            Command::Check(check) if check.repair => ("lake check --repair", &check.place),
            Command::Recover(recover) => ("lake recover", &recover.place),
            Command::History(_) | Command::Show(_) | Command::Diff(_) | Command::Check(_) => return None,
            Command::Optimize(_) | Command::Vacuum(_) => return None,
        };
        Some((name, place.lake.clone()))
    }

    pub(super) fn effect(&self) -> Effect {
        self.changing().map_or(Effect::Reads, |(name, lake)| Effect::changes_lake(name, lake))
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match arguments.changing() {
        Some((name, lake)) => recorded(name, lake, global, |_| act(arguments, global)),
        None => act(arguments, global),
    }
}

fn act(arguments: &Arguments, global: &Global) -> Result<Exit> {
    match &arguments.command {
        Command::History(arguments) => {
            let reporter = global.reporter_for(arguments.place.format);
            let table = one(&arguments.table, &arguments.place.lake, global)?;
            let found = ingot_operate::history(&table, arguments.limit)?;
            reporter.report(match arguments.place.format {
                Format::Text => Event::Table(found.table()),
                Format::Json => document(&found.json()),
            });
            Ok(Exit::Success)
        }
        Command::Show(arguments) => show(arguments, global),
        Command::Diff(arguments) => diff(arguments, global),
        Command::Restore(arguments) => {
            let reporter = global.reporter_for(arguments.place.format);
            let table = one(&arguments.table, &arguments.place.lake, global)?;
            let done = ingot_operate::restore(&table, arguments.as_of)?;
            say(reporter.as_ref(), arguments.place.format, done.line(), &done.json());
            Ok(Exit::Success)
        }
        Command::Optimize(arguments) => {
            let options = OptimizeOptions {
                target: arguments.target_size << 20,
                sort: arguments.sort.clone(),
                dry_run: arguments.dry_run,
                ..OptimizeOptions::default()
            };
            each(&arguments.tables, &arguments.place, global, |table| {
                let done = ingot_operate::optimize(table, &options)?;
                Ok(Done { line: done.line(), json: done.json(), is_nothing: done.is_nothing() })
            })
        }
        Command::Vacuum(arguments) => {
            let options = VacuumOptions {
                retention_hours: arguments.retention,
                force: arguments.force,
                dry_run: arguments.dry_run,
            };
            options.check()?;
            each(&arguments.tables, &arguments.place, global, |table| {
                let done = ingot_operate::vacuum(table, &options)?;
                Ok(Done { line: done.line(), json: done.json(), is_nothing: done.is_nothing() })
            })
        }
        Command::Check(arguments) => {
            let reporter = global.reporter_for(arguments.place.format);
            let tables = ingot_operate::tables(&lake(&arguments.place.lake, global)?, &arguments.tables)?;
            let mut found = ingot_operate::check(&tables, arguments.repair)?;
            if arguments.tables.is_empty() && arguments.place.lake.is_none() {
                let has_copies = tables.iter().any(|table| !table.is_bronze());
                ingot_operate::check_warehouse(&warehouse(global)?, has_copies, &mut found);
            }
            if arguments.place.format == Format::Text && !found.findings.is_empty() {
                reporter.report(Event::Table(found.table()));
            }
            say(reporter.as_ref(), arguments.place.format, found.line(), &found.json());
            Ok(Exit::failed_if(found.has_damage()))
        }
        Command::Recover(arguments) => recover(arguments, global),
    }
}

fn lake(given: &Option<PathBuf>, global: &Global) -> Result<PathBuf> {
    match given {
        Some(lake) => Ok(lake.clone()),
        None => Ok(global.project()?.lake()),
    }
}

/// The database of the project's models, or that of a new project where no profile says it.
fn warehouse(global: &Global) -> Result<PathBuf> {
    let project = global.project()?;
    // The path in a profile is relative to the project.
    project.enter()?;
    Ok(Places::default().find_or_usual(&project).0)
}

fn one(table: &str, given: &Option<PathBuf>, global: &Global) -> Result<LakeTable> {
    let found = ingot_operate::tables(&lake(given, global)?, &[table.to_owned()])?;
    found.into_iter().next().ok_or_else(|| Error::new(format!("there is no table '{table}' in the lake")))
}

fn document(json: &Value) -> Event {
    Event::Result { line: format!("{json:#}") }
}

fn say(reporter: &dyn Reporter, format: Format, line: String, json: &Value) {
    match format {
        Format::Text => reporter.info(line),
        Format::Json => reporter.report(document(json)),
    }
}

/// What was done with one table.
struct Done {
    line: String,
    json: Value,
    is_nothing: bool,
}

/// Does something with each table. One that fails does not stop the others.
fn each(
    names: &[String],
    place: &Place,
    global: &Global,
    act: impl Fn(&LakeTable) -> Result<Done>,
) -> Result<Exit> {
    let reporter = global.reporter_for(place.format);
    let tables = ingot_operate::tables(&lake(&place.lake, global)?, names)?;
    if let [table] = tables.as_slice() {
        let done = act(table)?;
        say(reporter.as_ref(), place.format, done.line, &Value::Array(vec![done.json]));
        return Ok(Exit::Success);
    }
    let (mut all, mut untouched, mut failed) = (Vec::new(), 0, false);
    for table in &tables {
        match act(table) {
            Ok(done) => {
                all.push(done.json);
                match (done.is_nothing, place.format) {
                    (true, _) => untouched += 1,
                    (false, Format::Text) => reporter.info(done.line),
                    (false, Format::Json) => {}
                }
            }
            Err(error) => {
                failed = true;
                reporter.error(&error.context(table.label()));
            }
        }
    }
    if place.format == Format::Json {
        reporter.report(document(&Value::Array(all)));
    } else if untouched > 0 {
        reporter.info(format!("{untouched} of {}: nothing to do", counted(tables.len() as u64, "table")));
    }
    Ok(Exit::failed_if(failed))
}

fn recover(arguments: &Recover, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.place.format);
    let project = global.project()?;
    project.enter()?;
    let mut models = RunOptions::new(Verb::Recover, project.root());
    models.select.clone_from(&arguments.tables);
    models.interrupt = global.interrupt();
    arguments.places.apply(&mut models);
    let bronze = LoadOptions::new(
        project.data_raw(),
        lake(&arguments.place.lake, global)?,
        project.warehouse(),
        project.schemas(),
    );
    let (warehouse, _) = arguments.places.find_or_usual(&project);
    let done = crate::recover::recover(&warehouse, &models, &bronze, reporter.as_ref())?;
    match arguments.place.format {
        Format::Json => reporter.report(document(&done.json())),
        Format::Text => done.lines().into_iter().for_each(|line| reporter.info(line)),
    }
    Ok(Exit::Success)
}

fn show(arguments: &Show, global: &Global) -> Result<Exit> {
    let is_text = arguments.format == ListFormat::Text;
    let reporter = global.reporter_for(arguments.format.into());
    let table = one(&arguments.table, &arguments.lake, global)?;
    let options = ShowOptions {
        as_of: arguments.as_of,
        sql: arguments.sql.clone(),
        limit: arguments.limit.or(is_text.then_some(SHOWN)),
    };
    let found = ingot_operate::show(&table, &options)?;
    match arguments.format {
        ListFormat::Text => reporter.report(Event::Table(found.table())),
        ListFormat::Json => reporter.report(document(&found.json())),
        ListFormat::Csv => reporter.report(Event::Result { line: found.csv()? }),
    }
    Ok(Exit::Success)
}

fn diff(arguments: &Diff, global: &Global) -> Result<Exit> {
    let format = arguments.place.format;
    let reporter = global.reporter_for(format);
    let table = one(&arguments.table, &arguments.place.lake, global)?;
    let options = DiffOptions {
        from: arguments.from,
        to: arguments.to,
        key: arguments.key.clone(),
        limit: arguments.limit.or((format == Format::Text).then_some(SHOWN)),
    };
    let found = ingot_operate::diff(&table, &options)?;
    if format == Format::Text && !found.is_empty() {
        reporter.report(Event::Table(found.table()));
    }
    say(reporter.as_ref(), format, found.line(), &found.json());
    Ok(Exit::Success)
}
