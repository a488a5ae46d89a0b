//! `ingot doctor`.

use super::exit::Exit;
use super::global::Global;
use super::places::Places;
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_powerbi::doctor::{Health, Patient, examine};
use std::path::PathBuf;
use std::time::Instant;

/// Say what is wrong with project, lake, warehouse and published file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It says which processes hold a file (on Linux), which versions of DuckDB and its ODBC driver open the \
                  warehouse, which columns BI tools would misread, how the last run ended, whether files are missing \
                  and how much room there is; each with what to do. It changes nothing.\n\n\
                  Exit codes: 0 all well, or warnings only; 1 something does not work; 2 it could not run."
)]
pub(super) struct Arguments {
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
    /// Folder of the published file [default: duckdb/published in the project]
    #[arg(long, value_name = "DIR")]
    published: Option<PathBuf>,
    /// Schema that BI tools read
    #[arg(long, value_name = "NAME", default_value = "gold")]
    schema: String,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let started = Instant::now();
    let project = global.project()?;
    let (warehouse, artifacts) = arguments.places.find_or_usual(&project);
    let findings = examine(&Patient {
        project: project.root().to_path_buf(),
        artifacts,
        lake: arguments.lake.clone().unwrap_or_else(|| project.lake()),
        warehouse,
        published: arguments.published.clone().unwrap_or_else(|| project.published()),
        schema: arguments.schema.clone(),
    });
    let reporter = global.reporter();
    for finding in &findings {
        let text = format!("{}: {}", finding.area, finding.what);
        let advised = || format!("{text}\n  what to do: {}", finding.advice.as_deref().unwrap_or_default());
        match finding.health {
            Health::Good => reporter.info(format!("ok: {text}")),
            Health::Warning => reporter.warn(advised()),
            Health::Bad => {
                let hint = finding.advice.clone();
                reporter.report(Event::Error { text, hint, kind: "unwell", place: None });
            }
        }
    }
    let count = |health: Health| findings.iter().filter(|finding| finding.health == health).count();
    let detail = match (count(Health::Bad), count(Health::Warning)) {
        (0, 0) => "all is well".to_owned(),
        (bad, warnings) => format!("not working: {bad}, warnings: {warnings}"),
    };
    reporter.report(Event::StageFinished {
        stage: "doctor",
        seconds: started.elapsed().as_secs_f64(),
        detail,
    });
    Ok(Exit::failed_if(count(Health::Bad) > 0))
}
