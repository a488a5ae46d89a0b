//! `ingot ui`.

use super::check::checked;
use super::docs::site;
use super::exit::Exit;
use super::global::Global;
use super::run_models::Connection;
use super::why::places_of;
use ingot_catalog::{WhyPlaces, WhyQuestion, why, why_text};
use ingot_core::error::Result;
use ingot_core::report::{Event, Silent};
use ingot_models::{RunOptions, Verb, places};
use ingot_site::{Ui, UiOptions};
use std::time::Duration;

/// Serve the pages on this machine: runs as they go, rejects to correct, SQL
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The page listens on 127.0.0.1 only, and answers who has the token of the address that is printed. Ctrl-C ends it. \
                  SQL on it only reads: one SELECT over the warehouse, the lake and raw files, stopped when it takes too long or \
                  when a run wants the warehouse."
)]
pub(super) struct Arguments {
    /// Port to listen on; 0 for one that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How long a query may take
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    query_timeout: u64,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    project.enter()?;
    let mut options = RunOptions::new(Verb::Parse, project.root());
    arguments.connection.apply(&mut options)?;
    let patience = Duration::from_secs(arguments.query_timeout);
    let ui_options = UiOptions {
        warehouse: places(&options)?.warehouse,
        port: arguments.port,
        patience,
        project: project.clone(),
    };
    let connection = arguments.connection.clone();
    let of_why = (project.clone(), connection.clone());
    let why = move |question: &WhyQuestion| {
        let (project, connection) = &of_why;
        let (found, sources) = checked(project, connection)?;
        let places =
            WhyPlaces { confined: true, patience: Some(patience), ..places_of(project, connection, None)? };
        Ok(why_text(&why(&found, &sources, &places, question)?, "data_raw"))
    };
    let ui = Ui::open(&ui_options, move || site(&project, &connection, false, &Silent), why)?;
    global.reporter().report(Event::Result { line: ui.address() });
    ui.serve(&global.interrupt());
    Ok(Exit::Success)
}
