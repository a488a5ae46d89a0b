//! `ingot contract sources` and `ingot contract staging`.

use crate::cli::exit::Exit;
use crate::cli::global::Global;
use clap::Args;
use ingot_contract::load_all;
use ingot_core::error::Result;
use ingot_infer::{GeneratedFile, Kind, Written, write_from_contracts};

/// Write dbt's YAML of sources from contracts, with tests and freshness
#[derive(Debug, Args)]
#[command(
    after_help = "Writes models/staging/src_TABLE.yml. Run it again after a contract has changed: a file that nobody has edited is written again, an edited one is kept, and what would change in it is shown.\n\nExit code 1: an edited file was kept that differs from what the contract says."
)]
pub(super) struct Sources {
    /// Tables [default: all]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
}

/// Write a staging model with its tests from contracts
#[derive(Debug, Args)]
#[command(
    after_help = "Writes models/staging/stg_TABLE.sql and .yml. Run it again after a contract has changed: a file that nobody has edited is written again, an edited one is kept, and what would change in it is shown.\n\nExit code 1: an edited file was kept that differs from what the contract says."
)]
pub(super) struct Staging {
    /// Tables [default: all]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
}

pub(super) fn sources(arguments: &Sources, global: &Global) -> Result<Exit> {
    write(&arguments.tables, Kind::Sources, global)
}

pub(super) fn staging(arguments: &Staging, global: &Global) -> Result<Exit> {
    write(&arguments.tables, Kind::Staging, global)
}

fn write(tables: &[String], kind: Kind, global: &Global) -> Result<Exit> {
    let reporter = global.reporter();
    let project = global.project()?;
    let contracts = load_all(&project.schemas())?;
    let files = write_from_contracts(project.root(), &contracts, tables, kind)?;
    for file in &files {
        match &file.became {
            Written::Kept { .. } => reporter.warn(told(file)),
            _ => reporter.info(told(file)),
        }
    }
    Ok(Exit::failed_if(files.iter().any(|file| matches!(file.became, Written::Kept { .. }))))
}

fn told(file: &GeneratedFile) -> String {
    let path = file.path.display();
    match &file.became {
        Written::New => format!("{path} is new"),
        Written::Again => format!("{path} is written again"),
        Written::Unchanged => format!("{path} is up to date"),
        Written::Kept { gone, new } => {
            let mut text = format!("{path} is kept, because it was edited; the contract would have");
            for (mark, lines) in [("-", gone), ("+", new)] {
                for line in lines {
                    text.push_str(&format!("\n    {mark} {line}"));
                }
            }
            text
        }
    }
}
