//! `ingot mcp`.

use super::exit::Exit;
use super::global::Global;
use super::lineage::traced;
use super::run_models::Connection;
use super::why::places_of;
use crate::agent::{AgentTools, Loaded, serve};
use ingot_core::error::Result;
use ingot_models::{RunOptions, Verb, places};
use ingot_powerbi::project::uses;
use ingot_site::SqlBox;
use std::time::Duration;

/// How long a query may take.
const PATIENCE: Duration = Duration::from_secs(30);

const INSTRUCTIONS: &str = "A data project of ingot: raw files are loaded into bronze against contracts, and dbt models make \
silver and gold tables of them in a DuckDB warehouse. list_tables and describe_table say what there is, check what is wrong, \
query reads rows, why follows a value back to lines of raw files.";

/// Serve agents: tools to read, check, query and trace the project, over standard input
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The program of the agent starts it and speaks the Model Context Protocol with it:\n  \
                  {\"mcpServers\": {\"ingot\": {\"command\": \"ingot\", \"args\": [\"--project-dir\", \"DIR\", \"mcp\"]}}}\n\
                  Queries are one SELECT, read only the warehouse, the lake and raw files, and are limited in rows and time. \
                  Nothing is written unless --allow-write is given."
)]
pub(super) struct Arguments {
    /// Offer tools that load raw files, build models and replay rejects too
    #[arg(long)]
    allow_write: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    project.enter()?;
    let mut options = RunOptions::new(Verb::Parse, project.root());
    arguments.connection.apply(&mut options)?;
    let warehouse = places(&options)?.warehouse;
    let sql = SqlBox::new(
        warehouse.clone(),
        vec![project.lake(), project.data_raw()],
        project.live_runs(),
        PATIENCE,
    );
    let of_load = (project.clone(), arguments.connection.clone());
    let of_places = (project.clone(), arguments.connection.clone());
    let tools = AgentTools {
        load: Box::new(move || {
            let (project, connection) = &of_load;
            let (revision, sources) = traced(project, connection, &uses(&project.analytics())?)?;
            Ok(Loaded { project: revision.project, sources, lineage: revision.lineage })
        }),
        places: Box::new(move || places_of(&of_places.0, &of_places.1, None)),
        project,
        sql,
        warehouse,
        allow_write: arguments.allow_write,
    };
    serve(&tools, INSTRUCTIONS, std::io::stdin().lock(), std::io::stdout())?;
    Ok(Exit::Success)
}
