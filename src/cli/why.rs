//! `ingot why`.

use super::check::checked;
use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use clap::ValueEnum;
use ingot_catalog::{WhyPlaces, WhyQuestion, why, why_text};
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use ingot_core::report::Event;
use ingot_engine::EngineOptions;
use ingot_models::{RunOptions, Verb, places};
use std::path::PathBuf;

/// Show where a value came from: rows of each model, back to lines of raw files
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ingot why gold.fct_sales --where \"order_id = 2301260000008 and line_number = 1\" --column net_amount_aud\n\n\
                  Each model is asked, with its own SQL, which rows of the tables that it reads made the row. Without \
                  --column the whole row is followed. Rows of bronze are shown with raw file, line and text, and with \
                  rejected rows of the same key. What cannot be followed is said in a note. Nothing is changed."
)]
pub(super) struct Arguments {
    /// Table of the warehouse or the lake: fct_sales, gold.fct_sales, bronze.orders_lines
    #[arg(value_name = "TABLE")]
    table: String,
    /// Condition that its rows meet, as SQL
    #[arg(long = "where", value_name = "SQL")]
    condition: String,
    /// The column whose value is asked for [default: the whole row]
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// Rows of each table that are listed; all are counted
    #[arg(long, value_name = "N", default_value_t = 3)]
    limit: usize,
    /// Print a tree, or JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: WhyFormat,
    /// Folder of the raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum WhyFormat {
    #[default]
    Text,
    Json,
}

/// Where the rows of the project's tables are.
pub(super) fn places_of(
    project: &Project,
    connection: &Connection,
    raw: Option<&PathBuf>,
) -> Result<WhyPlaces> {
    let mut options = RunOptions::new(Verb::Parse, project.root());
    connection.apply(&mut options)?;
    let found = places(&options)?;
    if !found.warehouse.as_ref().is_some_and(|file| file.is_file()) {
        let file = found.warehouse.unwrap_or_else(|| project.warehouse());
        return Err(Error::new("there is no warehouse yet").at(file).hint("run `ingot run-models`"));
    }
    Ok(WhyPlaces {
        warehouse: EngineOptions::DuckDb(found.reading),
        raw: raw.cloned().unwrap_or_else(|| project.data_raw()),
        lake: project.lake(),
        confined: false,
        patience: None,
    })
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let reporter = global.reporter_for(match arguments.format {
        WhyFormat::Text => Format::Text,
        WhyFormat::Json => Format::Json,
    });
    let project = global.project()?;
    let (found, sources) = checked(&project, &arguments.connection)?;
    if found.nodes.is_empty() {
        let error = Error::new("the project cannot be read").at(project.root());
        return Err(error.hint("run `ingot check`, which says what is wrong"));
    }
    let places = places_of(&project, &arguments.connection, arguments.raw.as_ref())?;
    let question = WhyQuestion {
        table: arguments.table.clone(),
        condition: arguments.condition.clone(),
        column: arguments.column.clone(),
        limit: arguments.limit,
        loaded: None,
    };
    let answer = why(&found, &sources, &places, &question)?;
    let line = match arguments.format {
        WhyFormat::Text => {
            let raw = places.raw.strip_prefix(project.root()).unwrap_or(&places.raw);
            why_text(&answer, &raw.to_string_lossy())
        }
        WhyFormat::Json => serde_json::to_string_pretty(&answer)
            .map_err(|error| Error::defect("a document cannot be written").caused_by(error))?,
    };
    reporter.report(Event::Result { line });
    Ok(Exit::Success)
}
