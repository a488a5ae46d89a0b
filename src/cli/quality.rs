//! `ingot quality`.

use super::exit::Exit;
use super::global::{Format, Global};
use crate::alert::{self, Finding};
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_operate::{QualityQuery, Thresholds};
use jiff::civil::Date;
use std::path::PathBuf;

/// Show how good each table is, and how that has changed
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each load and each run of tests leaves its measures in the Parquet files of lake/_quality.\n\
                  A table's score is the mean of the pass rates of its newest checks, times 100.\n\
                  Exit codes: 0 nothing is below the alert, 1 a check is, 2 nothing was measured."
)]
pub(super) struct Arguments {
    /// Show all checks of this table, and a plot of its score
    #[arg(long, short, value_name = "TABLE")]
    table: Option<String>,
    /// Only what was measured on this day (UTC) or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Below this pass rate a check is a WARNING
    #[arg(long, value_name = "RATE", default_value = "99%", value_parser = super::load_bronze::share)]
    warn_below: f64,
    /// Below this pass rate a check is an ALERT
    #[arg(long, value_name = "RATE", default_value = "95%", value_parser = super::load_bronze::share)]
    alert_below: f64,
    /// If a check is an ALERT, run this command of the shell with one line of JSON on its standard input
    #[arg(long, value_name = "COMMAND", env = "INGOT_ON_ALERT")]
    on_alert: Option<String>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    /// Print tables, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let lake = match &arguments.lake {
        Some(lake) => lake.clone(),
        None => global.project()?.lake(),
    };
    let query = QualityQuery {
        table: arguments.table.clone(),
        since: arguments.since,
        thresholds: Thresholds { warn_below: arguments.warn_below, alert_below: arguments.alert_below },
    };
    let found = ingot_operate::quality(&lake, &query)?;
    let alert = |what| Finding {
        is_alert: true,
        what,
        next: "see `ingot quality --table TABLE`, and `ingot bronze rejects` for rejected rows".to_owned(),
    };
    let alerts: Vec<Finding> = found.alerts().into_iter().map(alert).collect();
    match arguments.format {
        Format::Json => reporter.report(Event::Result { line: format!("{:#}", found.json()) }),
        Format::Text => {
            let (tables, plot) = found.report();
            tables.into_iter().for_each(|table| reporter.report(Event::Table(table)));
            if let Some(plot) = plot {
                reporter.report(Event::Result { line: plot });
            }
            if !alerts.is_empty() {
                reporter.report(Event::Result { line: alert::line(&alerts) });
            }
        }
    }
    if let (false, Some(command)) = (alerts.is_empty(), &arguments.on_alert) {
        alert::tell(command, &alerts)?;
    }
    Ok(Exit::failed_if(!alerts.is_empty()))
}
