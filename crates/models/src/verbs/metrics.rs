//! `metrics list` and `metrics query`.

use crate::metrics::{self, Catalog};
use crate::outcomes::RunSummary;
use crate::verbs::job::Job;
use crate::verbs::show::shown;
use ingot_core::error::{Error, Result};
use ingot_engine::Dialect;
use std::collections::BTreeSet;

/// Lists the metrics, or answers the question that the options have.
///
/// # Errors
/// The question cannot be answered, or the database refuses its SQL.
pub(crate) fn run(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let catalog = Catalog::of(&job.manifest.nodes);
    let Some(query) = &job.options.metric_query else {
        summary.output = catalog.lines();
        if summary.output.is_empty() {
            job.reporter.warn("the project has no metrics".to_owned());
        }
        return Ok(());
    };
    if job.invocation.target.dialect() == Dialect::Spark {
        let what = "metrics are asked in SQL of DuckDB, and the target is on a Spark server";
        return Err(Error::new(what).hint("name a target of type duckdb with --target"));
    }
    let sql = metrics::compile(&catalog, query)?;
    if query.explain {
        summary.output = sql.lines().map(str::to_owned).collect();
        return Ok(());
    }
    let (engine, _) = job.open(&BTreeSet::new())?;
    let rows = engine.session()?.query(&sql)?;
    summary.output = shown(&rows, Some(&query.metrics.join(", ")), job.options);
    Ok(())
}
