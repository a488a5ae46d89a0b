//! The three stages in a row, the proof that all planted defects were caught, and a summary that says what came of them and where to look.

use crate::run_notes::RunNotes;
use crate::verify::{self, VerifyOptions};
use ingot_bronze::{self, LoadOptions};
use ingot_core::error::Result;
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter, Table, counted, seconds, thousands};
use ingot_engine::{Cell, EngineOptions};
use ingot_generate::{self, GenerateOptions};
use ingot_models::{self, RunOptions, RunSummary, Status, Verb};
use std::time::Instant;

/// How large the demonstration is, and whether it may replace raw data that other arguments made.
#[derive(Debug, Clone, Copy)]
pub struct DemoOptions {
    pub scale: f64,
    pub seed: u64,
    pub force: bool,
}

/// The query that the summary shows and suggests.
const QUERY: &str = "\
select p.category, sum(s.quantity) as units, round(sum(s.net_amount_aud)) as net_aud
from gold.fct_sales s join gold.dim_product p using (product_key)
group by all order by net_aud desc limit 5";

/// Runs the pipeline in the project, which becomes the current folder. Returns whether every file was loaded and
/// every model built, every test passed and every planted defect caught. What was loaded and run is noted.
///
/// # Errors
/// Those of the stages.
pub(crate) fn run(
    project: &Project,
    options: &DemoOptions,
    notes: &mut RunNotes,
    reporter: &dyn Reporter,
) -> Result<bool> {
    let begun = Instant::now();
    let raw = GenerateOptions {
        scale: options.scale,
        seed: options.seed,
        force: options.force,
        settings: Some(project.generate_settings()),
        ..GenerateOptions::new(project.data_raw(), project.schemas())
    };
    let generated = ingot_generate::generate(&raw, reporter)?;
    let loaded = ingot_bronze::load(
        &LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas()),
        reporter,
    )?;
    notes.add_load(&loaded);
    project.enter()?;
    // All of it runs, and is known to `ingot run-models` afterwards.
    let options = RunOptions::new(Verb::Build, project.root());
    let built = ingot_models::run(&RunOptions { skip_unchanged: true, force: true, ..options }, reporter)?;
    notes.add_run(&built);

    // A small file may have no row but one with a planted defect; that all are caught is what is proved below.
    let good = loaded.is_complete() && built.exit_code() == 0;
    let verified = if good { Some(verify::verify(&verify_options(project), reporter)?) } else { None };
    let mut rows = vec![
        vec![
            "raw data".to_owned(),
            format!(
                "{} in {}, {}",
                counted(generated.rows(), "row"),
                counted(generated.feeds.len() as u64, "feed"),
                counted(generated.anomalies(), "planted defect")
            ),
            seconds(generated.seconds),
            "data_raw".to_owned(),
        ],
        vec![
            "bronze".to_owned(),
            format!(
                "{} accepted, {} rejected with reasons",
                counted(loaded.accepted(), "row"),
                thousands(loaded.rejected())
            ),
            seconds(loaded.seconds),
            "lake/bronze, lake/_rejects".to_owned(),
        ],
    ];
    rows.push(vec![
        "models".to_owned(),
        models_line(&built),
        seconds(built.elapsed.as_secs_f64()),
        "duckdb/warehouse.duckdb".to_owned(),
    ]);
    if let Some(verified) = &verified {
        rows.push(vec![
            "verify".to_owned(),
            verified.line(),
            seconds(verified.seconds),
            "data_raw/_ledger".to_owned(),
        ]);
    }
    let table = |title: &str, headers: &[&str], rows| {
        reporter.report(Event::Table(Table {
            title: title.to_owned(),
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
            rows,
        }));
    };
    table(
        &format!("All of it in {}", seconds(begun.elapsed().as_secs_f64())),
        &["stage", "result", "time", "look in"],
        rows,
    );
    if !verified.is_some_and(|verified| verified.passed()) {
        return Ok(false);
    }
    let warehouse = EngineOptions::existing_file(project.warehouse()).open()?;
    let answer = warehouse.session()?.query(QUERY)?;
    let headers: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    table(
        "What sells best (gold.fct_sales)",
        &headers,
        answer.rows.iter().map(|row| row.iter().map(shown).collect()).collect(),
    );
    reporter.info(format!(
        "Ask it yourself, with any DuckDB from 1.2 on:\n\n  duckdb -readonly '{}' \"{}\"\n",
        project.warehouse().display(),
        QUERY.replace('\n', " ")
    ));
    Ok(true)
}

fn verify_options(project: &Project) -> VerifyOptions {
    VerifyOptions {
        raw: project.data_raw(),
        lake: project.lake(),
        warehouse: project.warehouse(),
        show: 20,
        has_findings: true,
    }
}

fn models_line(built: &RunSummary) -> String {
    let (models, tests) = (built.count(Status::Success), built.count(Status::Pass));
    let mut line = format!("{} built, {} passed", thousands(models as u64), counted(tests as u64, "test"));
    for (status, words) in [
        (Status::Warn, "warned"),
        (Status::Fail, "tests failed"),
        (Status::Error, "errors"),
        (Status::Skipped, "skipped"),
    ] {
        if built.count(status) > 0 {
            line.push_str(&format!(", {} {words}", built.count(status)));
        }
    }
    line
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => u64::try_from(*value).map_or_else(|_| value.to_string(), thousands),
        Cell::Float(value) => thousands(value.max(0.0) as u64),
        Cell::Decimal(text) => match text.split('.').next().and_then(|whole| whole.parse().ok()) {
            Some(whole) => thousands(whole),
            None => text.clone(),
        },
        other => other.to_string(),
    }
}
