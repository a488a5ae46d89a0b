//! `ingot verify`: the generator's ledger against what the pipeline caught. Every planted defect must be rejected by
//! bronze or found by silver, as the ledger says, and nothing else may be.
//!
//! It reads what the stages left on disk and in the warehouse: `_ledger/` of the raw folder, `_rejects/` of the lake, the
//! manifest, and the table of findings that the models of the retail project write; in other projects only what bronze must
//! reject is judged. Rows are told apart by file, row number and delivery, files by their path.

use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Reporter, Table, thousands};
use ingot_engine::{Cell, EngineOptions, Session, text_literal};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The table in which a project's models list what they found: `feed, code, row_key, column_name, delivered_value,
/// src_filename, src_row_number, ingestion_ts`.
pub const FINDINGS: &str = "silver.data_quality_log";

#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// The raw folder that `generate` wrote.
    pub raw: PathBuf,
    pub lake: PathBuf,
    /// The DuckDB file of manifest and models.
    pub warehouse: PathBuf,
    /// How many differences to show at most.
    pub show: usize,
    /// Whether the models list what they find in [`FINDINGS`]. Without it, only what bronze must reject is judged.
    pub has_findings: bool,
}

/// One kind of defect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    pub feed: String,
    pub code: String,
    /// `bronze`, `silver` or `allowed`; empty where the ledger knows no such kind.
    pub caught_at: String,
    pub planted: u64,
    pub missed: u64,
    pub false_alarms: u64,
}

impl Score {
    pub fn caught(&self) -> u64 {
        self.planted - self.missed
    }
}

/// A planted row that nobody caught, or a catch that nobody planted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `missed` or `false alarm`.
    pub kind: String,
    pub feed: String,
    pub code: String,
    pub file: String,
    pub row_number: String,
    pub row_key: String,
    pub value: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifySummary {
    pub scores: Vec<Score>,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// Whole rows that point at a rejected one, and are rightly found in silver.
    pub consequences: u64,
    pub seconds: f64,
}

impl VerifySummary {
    fn sum(&self, count: impl Fn(&Score) -> u64) -> u64 {
        self.scores.iter().map(count).sum()
    }
    pub fn planted(&self) -> u64 {
        self.sum(|score| score.planted)
    }
    pub fn caught(&self) -> u64 {
        self.sum(Score::caught)
    }
    pub fn missed(&self) -> u64 {
        self.sum(|score| score.missed)
    }
    pub fn false_alarms(&self) -> u64 {
        self.sum(|score| score.false_alarms)
    }
    /// Whether all was caught, and nothing else.
    pub fn passed(&self) -> bool {
        self.missed() == 0 && self.false_alarms() == 0
    }

    /// `85,161 of 85,161 planted defects caught, no false alarm`
    pub fn line(&self) -> String {
        let alarms = match self.false_alarms() {
            0 => "no false alarm".to_owned(),
            1 => "1 false alarm".to_owned(),
            many => format!("{} false alarms", thousands(many)),
        };
        format!(
            "{} of {} planted defects caught, {alarms}",
            thousands(self.caught()),
            thousands(self.planted())
        )
    }

    fn table(&self) -> Table {
        let row = |feed: &str, code: &str, at: &str, counts: [u64; 4]| {
            let mut row = vec![feed.to_owned(), code.to_owned(), at.to_owned()];
            row.extend(counts.map(thousands));
            row
        };
        let mut rows: Vec<_> = self
            .scores
            .iter()
            .map(|score| {
                let counts = [score.planted, score.caught(), score.missed, score.false_alarms];
                row(&score.feed, &score.code, &score.caught_at, counts)
            })
            .collect();
        rows.push(row("total", "", "", [self.planted(), self.caught(), self.missed(), self.false_alarms()]));
        Table {
            title: "Planted and caught".to_owned(),
            headers: ["feed", "defect", "caught at", "planted", "caught", "missed", "false alarms"]
                .map(str::to_owned)
                .to_vec(),
            rows,
        }
    }
}

/// Compares, and reports a table of kinds and the first differences.
///
/// # Errors
/// Where the ledger, the warehouse or the table of findings is missing.
pub fn verify(options: &VerifyOptions, reporter: &dyn Reporter) -> Result<VerifySummary> {
    let started = Instant::now();
    let mut session = open(options)?;
    session.execute(include_str!("compare.sql"))?;
    let summary = VerifySummary {
        scores: scores(session.as_mut())?,
        differences: differences(session.as_mut(), options.show)?,
        consequences: consequences(session.as_mut())?,
        seconds: started.elapsed().as_secs_f64(),
    };
    reporter.report(Event::Table(summary.table()));
    if !summary.differences.is_empty() {
        reporter.report(Event::Table(Table {
            title: format!(
                "The first {} of {} differences",
                summary.differences.len(),
                thousands(summary.missed() + summary.false_alarms())
            ),
            headers: ["", "feed", "code", "file", "row", "key", "value"].map(str::to_owned).to_vec(),
            rows: summary
                .differences
                .iter()
                .map(|one| {
                    [&one.kind, &one.feed, &one.code, &one.file, &one.row_number, &one.row_key, &one.value]
                        .map(String::clone)
                        .to_vec()
                })
                .collect(),
        }));
    }
    reporter.report(Event::StageFinished {
        stage: "verify",
        seconds: summary.seconds,
        detail: format!(
            "{} ({} whole rows point at a rejected one)",
            summary.line(),
            thousands(summary.consequences)
        ),
    });
    Ok(summary)
}

/// A session in which the views that compare.sql reads are there.
fn open(options: &VerifyOptions) -> Result<Box<dyn Session>> {
    let ledger = options.raw.join("_ledger");
    if !ledger.join("ledger.parquet").is_file() {
        return Err(Error::new("there is no ledger to verify against")
            .at(&ledger)
            .hint("verify judges generated data: run `ingot generate`, or name the raw folder with --raw"));
    }
    if !options.warehouse.is_file() {
        return Err(Error::new("there is no warehouse yet")
            .at(&options.warehouse)
            .hint("run `ingot load-bronze` and `ingot run-models` first"));
    }
    let database = EngineOptions::existing_file(&options.warehouse).open()?;
    let mut session = database.session()?;
    let findings = options.has_findings.then_some((FINDINGS, "run-models"));
    for (table, hint) in [("main.manifest_deliveries", "load-bronze")].into_iter().chain(findings) {
        if session.execute(&format!("select 1 from {table} limit 0")).is_err() {
            return Err(Error::new(format!("the warehouse has no table {table}"))
                .at(&options.warehouse)
                .hint(format!("run `ingot {hint}` first")));
        }
    }
    let files = |folder: &Path, pattern: &str| {
        format!(
            "read_parquet({}, union_by_name = true)",
            text_literal(&folder.join(pattern).to_string_lossy())
        )
    };
    let rejects = options.lake.join("_rejects");
    let has_rejects = walkdir::WalkDir::new(&rejects)
        .into_iter()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "parquet"));
    let no_rejects = "(select null::varchar as table_name, null::varchar as file, null::bigint as row_number, \
                      null::varchar as run_id, null::varchar as reasons where false)";
    let no_findings = "(select null::varchar as feed, null::varchar as code, null::varchar as row_key, \
                       null::varchar as column_name, null::varchar as delivered_value, null::varchar as src_filename, \
                       null::bigint as src_row_number, null::timestamptz as ingestion_ts where false)";
    session.execute(&format!(
        "create temp view ledger as select * from {} where {};
         create temp view consequences as select * from {};
         create temp view deliveries as select * from {};
         create temp view rejects as select * from {};
         create temp view findings as select * from {};
         create temp view loaded as select * from main.manifest_deliveries;
         create temp view files as select * from main.manifest_processed_files",
        files(&ledger, "ledger*.parquet"),
        if options.has_findings { "true" } else { "caught_at = 'bronze'" },
        files(&ledger, "consequences*.parquet"),
        files(&ledger, "deliveries*.parquet"),
        if has_rejects { files(&rejects, "**/*.parquet") } else { no_rejects.to_owned() },
        if options.has_findings { FINDINGS } else { no_findings },
    ))?;
    Ok(session)
}

fn scores(session: &mut dyn Session) -> Result<Vec<Score>> {
    let rows = session.query(
        "select feed, code, coalesce(any_value(caught_at), ''), cast(sum(planted) as bigint),
             cast(sum(missed) as bigint), cast(sum(false_alarms) as bigint)
         from (
             select feed, code, caught_at, 1 as planted, 0 as missed, 0 as false_alarms from planted
             union all
             select feed, code, null, 0, cast(difference = 'missed' as integer), cast(difference = 'false alarm' as integer)
             from differences
         )
         group by feed, code
         order by feed, code",
    )?;
    let number = |cell: &Cell| cell.as_i64().and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    Ok(rows
        .rows
        .iter()
        .map(|row| Score {
            feed: row[0].to_string(),
            code: row[1].to_string(),
            caught_at: row[2].to_string(),
            planted: number(&row[3]),
            missed: number(&row[4]),
            false_alarms: number(&row[5]),
        })
        .collect())
}

fn differences(session: &mut dyn Session, most: usize) -> Result<Vec<Difference>> {
    let rows = session.query(&format!(
        "select difference, feed, code, file, row_number, row_key, found_value
         from differences
         order by all
         limit {most}"
    ))?;
    Ok(rows
        .rows
        .iter()
        .map(|row| Difference {
            kind: row[0].to_string(),
            feed: row[1].to_string(),
            code: row[2].to_string(),
            file: row[3].to_string(),
            row_number: row[4].to_string(),
            row_key: row[5].to_string(),
            value: row[6].to_string(),
        })
        .collect())
}

fn consequences(session: &mut dyn Session) -> Result<u64> {
    let rows = session.query(
        "select count(*)
         from consequences
         where exists (
             select 1
             from found
             where
                 found.file = consequences.file
                 and found.row_number = consequences.row_number
                 and found.delivery = consequences.delivery
                 and found.column_name = consequences.column
         )",
    )?;
    Ok(rows.first().and_then(Cell::as_i64).and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}
