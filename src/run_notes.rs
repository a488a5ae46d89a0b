//! What a run loaded, ran and measured, for the history of the project's lake.

use ingot_bronze::{FileStatus, LoadSummary, TableSummary};
use ingot_govern::TableRows;
use ingot_models::{NodeResult, RunSummary, Status, TestMeasure};
use ingot_operate::{CheckKind, Measure, RunPart};
use jiff::Timestamp;

/// What a command notes of its run while it works.
#[derive(Debug)]
pub(crate) struct RunNotes {
    started: Timestamp,
    pub(crate) parts: Vec<RunPart>,
    pub(crate) measures: Vec<Measure>,
    /// Rows by table, for the audit trail.
    pub(crate) tables: Vec<TableRows>,
}

impl RunNotes {
    /// Of a run that began then.
    pub(crate) fn since(started: Timestamp) -> Self {
        Self { started, parts: Vec::new(), measures: Vec::new(), tables: Vec::new() }
    }

    /// Whether the run has loaded, run and measured nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.measures.is_empty() && self.tables.is_empty()
    }

    /// The tables of a load.
    pub(crate) fn add_load(&mut self, summary: &LoadSummary) {
        self.parts.extend(summary.tables.iter().map(part_of_table));
        self.measures.extend(summary.tables.iter().flat_map(measures_of_table));
        self.tables.extend(summary.tables.iter().filter(|table| table.read() > 0).map(rows_of_table));
    }

    /// The nodes of a run; not those that did not run because nothing had changed.
    pub(crate) fn add_run(&mut self, summary: &RunSummary) {
        let part = |node: &NodeResult| part_of_node(node, self.started);
        let ran = summary.results.iter().filter(|node| !node.unchanged);
        self.parts.extend(ran.clone().map(part).collect::<Vec<_>>());
        self.tables.extend(ran.filter_map(rows_of_node));
        self.measures.extend(summary.measures.iter().map(measure_of_test));
    }
}

fn part_of_table(table: &TableSummary) -> RunPart {
    let failed = table.error.is_some() || table.count(FileStatus::Failed) > 0;
    let reason = table.files.iter().find_map(|file| file.error.clone());
    RunPart {
        kind: "table".to_owned(),
        name: format!("bronze.{}", table.table),
        status: if failed { "failed" } else { "ok" }.to_owned(),
        rows: Some(table.accepted()),
        failures: Some(table.rejected()),
        began: None,
        seconds: table.seconds,
        message: table.error.clone().or(reason),
    }
}

fn rows_of_table(table: &TableSummary) -> TableRows {
    TableRows {
        table: format!("bronze.{}", table.table),
        rows: Some(table.accepted()),
        rejected: Some(table.rejected()),
    }
}

/// What a node has written, if it writes.
fn rows_of_node(node: &NodeResult) -> Option<TableRows> {
    let writes =
        matches!(node.resource_type, "model" | "seed" | "snapshot") && node.status == Status::Success;
    let relation = node.relation_name.as_ref().filter(|_| writes)?;
    // The relation's schema and name, without its database.
    let mut parts = relation.rsplit('.').map(|part| part.trim_matches('"'));
    let (name, schema) = (parts.next()?, parts.next()?);
    Some(TableRows { table: format!("{schema}.{name}"), rows: Some(node.rows_affected), rejected: None })
}

fn part_of_node(node: &NodeResult, run_started: Timestamp) -> RunPart {
    RunPart {
        kind: node.resource_type.to_owned(),
        name: node.unique_id.clone(),
        status: node.status.name().to_owned(),
        rows: (node.resource_type != "test").then_some(node.rows_affected),
        failures: node.failures.and_then(|count| u64::try_from(count).ok()),
        began: Some(node.started.duration_since(run_started).as_secs_f64().max(0.0)),
        seconds: node.elapsed.as_secs_f64(),
        message: Some(node.message.clone()).filter(|message| !message.is_empty()),
    }
}

/// Of the rows that a load read: how many it took, how many each reason rejected; how the rules on the table did, and how old
/// its newest load is.
fn measures_of_table(table: &TableSummary) -> Vec<Measure> {
    let name = format!("bronze.{}", table.table);
    let mut found = Vec::new();
    let read = table.read();
    if read > 0 {
        found.push(Measure::of_rows(&name, "accepted", CheckKind::Acceptance, Some(read), table.rejected()));
        found.extend(table.reasons.iter().map(|((code, column), count)| {
            let kind = match code.as_str() {
                "REQUIRED_MISSING" | "NULL_VALUES" | "MISSING_VALUES" => CheckKind::Null,
                _ => CheckKind::Anomaly,
            };
            Measure::of_rows(&name, code, kind, Some(read), count.rows).of_column(column.clone())
        }));
    }
    found.extend(table.rules.iter().map(|rule| {
        let kind = match rule.dimension.as_deref() {
            Some("completeness") => CheckKind::Null,
            Some("uniqueness") => CheckKind::Unique,
            _ => CheckKind::Anomaly,
        };
        Measure::of_rows(&name, &rule.rule, kind, None, u64::from(!rule.holds))
    }));
    if let (Some(newest), Some(allowed)) = (table.newest_load, table.fresh_hours) {
        let hours = (Timestamp::now().as_microsecond() - newest) as f64 / 3.6e9;
        found.push(Measure::of_age(&name, hours, allowed));
    }
    found
}

fn measure_of_test(test: &TestMeasure) -> Measure {
    let kind = match test.generic.as_deref() {
        Some("relationships") => CheckKind::ForeignKey,
        Some("not_null") => CheckKind::Null,
        Some("unique") => CheckKind::Unique,
        _ => CheckKind::Anomaly,
    };
    Measure::of_rows(&test.table, &test.check, kind, test.rows, test.failures).of_column(test.column.clone())
}
