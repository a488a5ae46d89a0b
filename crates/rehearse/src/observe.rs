//! One run of bronze, models and tests in the copy, and what it noticed.

use crate::lineage::Lineage;
use crate::scratch::Scratch;
use crate::warehouse::{Warehouse, cores};
use ingot_bronze::{FileStatus, LoadOptions};
use ingot_core::error::Result;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Event, Reporter, Silent};
use ingot_core::sync::lock;
use ingot_engine::{EngineOptions, Rows, Session, name_literal, text_literal};
use ingot_models::{NodeResult, RunOptions, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Codes with columns (empty if it is the row), by file and row number.
pub(crate) type ByRow = BTreeMap<(String, i64), BTreeSet<(String, String)>>;

/// What a run noticed.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// Reject codes.
    pub(crate) rejected: ByRow,
    /// What the models list as found: tables with the columns `code`, `src_filename` and `src_row_number`.
    pub(crate) found: ByRow,
    /// Why tables, or files of them, were not loaded.
    pub(crate) not_loaded: BTreeMap<String, BTreeSet<String>>,
    /// Models and tests that ran, by unique id.
    pub(crate) nodes: BTreeMap<String, Noticed>,
}

/// How a model or a test ended.
#[derive(Debug)]
pub(crate) enum Noticed {
    Nothing,
    /// A model could not be built, or a test failed or warned: with its rows, if it has any.
    Something(Rows),
}

/// Which models and tests are run.
pub(crate) enum Scope<'a> {
    /// All, before the graph is known.
    All,
    /// These models, and these tests.
    Only {
        lineage: &'a Lineage,
        models: Vec<String>,
        tests: Vec<String>,
        /// The tables of bronze that are loaded; all if empty.
        tables: Vec<String>,
    },
}

/// Loads the raw files of the copy, and builds and tests its models, from nothing. A test that fails blocks nothing, so that
/// it hides nothing behind it.
///
/// # Errors
/// The project is broken, or the run was interrupted.
pub(crate) fn observe(scratch: &Scratch, scope: &Scope<'_>, interrupt: &Interrupt) -> Result<Observed> {
    scratch.clear()?;
    let tables = if let Scope::Only { tables, .. } = scope { tables.as_slice() } else { &[] };
    let mut observed = Observed { not_loaded: load(scratch, tables, interrupt)?, ..Observed::default() };
    interrupt.check()?;
    read_rejects(scratch, &mut observed)?;
    if scratch.has_models() {
        let results = build(scratch, scope, interrupt)?;
        if let Some(warehouse) = Warehouse::open(scratch)? {
            read_findings(warehouse.session()?.as_mut(), &mut observed)?;
            let lineage = if let Scope::Only { lineage, .. } = scope { Some(*lineage) } else { None };
            judge(&results, lineage, &warehouse, &mut observed)?;
        }
    }
    interrupt.check()?;
    Ok(observed)
}

/// Loads the raw files of these tables, of all if none is named; gives what could not be loaded, and why.
///
/// # Errors
/// The load could not begin.
pub(crate) fn load(
    scratch: &Scratch,
    tables: &[String],
    interrupt: &Interrupt,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let project = &scratch.project;
    let load = LoadOptions {
        interrupt: interrupt.clone(),
        tables: tables.to_vec(),
        keep_going: true,
        ..LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas())
    };
    let loaded = ingot_bronze::load(&load, &Silent)?;
    let mut not_loaded = BTreeMap::new();
    for table in &loaded.tables {
        let errors = table
            .files
            .iter()
            .filter(|file| file.status == FileStatus::Failed)
            .filter_map(|file| file.error.clone())
            .chain(table.error.clone());
        let codes: BTreeSet<String> = errors.map(|error| rule_or_code(&error)).collect();
        if !codes.is_empty() {
            not_loaded.insert(table.table.clone(), codes);
        }
    }
    Ok(not_loaded)
}

fn build(scratch: &Scratch, scope: &Scope<'_>, interrupt: &Interrupt) -> Result<Vec<NodeResult>> {
    let mut options = RunOptions {
        tests_block: false,
        interrupt: interrupt.clone(),
        // Its statements are many and small: one on each core is faster than one on all of them.
        threads: Some(cores()),
        engine_threads: Some(1),
        ..scratch.run_options()
    };
    match scope {
        Scope::All => options.exclude_resource_types = vec!["unit_test".to_owned()],
        Scope::Only { models, tests, .. } if models.is_empty() && tests.is_empty() => return Ok(Vec::new()),
        Scope::Only { models, tests, .. } => {
            options.only = Some([models.as_slice(), tests.as_slice()].concat());
            options.write_json = false;
        }
    }
    run_models(&options)
}

/// Runs without a word; what is wrong with the project as a whole is in the error.
fn run_models(options: &RunOptions) -> Result<Vec<NodeResult>> {
    let aside = ErrorsAside::default();
    let summary =
        ingot_models::run(options, &aside).map_err(|error| match std::mem::take(&mut *lock(&aside.0)) {
            told if told.is_empty() => error,
            told => error.caused_by(told.join("\n")),
        })?;
    Ok(summary.results)
}

/// Keeps the errors that are reported.
#[derive(Default)]
struct ErrorsAside(Mutex<Vec<String>>);

impl Reporter for ErrorsAside {
    fn report(&self, event: Event) {
        if let Event::Error { text, .. } = event {
            lock(&self.0).push(text);
        }
    }
}

fn judge(
    results: &[NodeResult],
    lineage: Option<&Lineage>,
    warehouse: &Warehouse,
    observed: &mut Observed,
) -> Result<()> {
    let (tests, models): (Vec<&NodeResult>, Vec<&NodeResult>) =
        results.iter().partition(|node| node.resource_type == "test");
    let mut is_missing: BTreeSet<&str> = BTreeSet::new();
    for node in models {
        match node.status {
            // Without defects, what was skipped is what cannot be built.
            Status::Skipped if lineage.is_some() => {}
            status if status.is_bad() || status == Status::Skipped => {
                observed.nodes.insert(node.unique_id.clone(), Noticed::Something(Rows::default()));
            }
            _ => {
                observed.nodes.insert(node.unique_id.clone(), Noticed::Nothing);
                continue;
            }
        }
        is_missing.insert(&node.unique_id);
    }
    let mut failed: Vec<&NodeResult> = Vec::new();
    for node in tests {
        // A test of what was not built says nothing of its own.
        let parents = lineage.map_or(&[][..], |lineage| lineage.parents(&node.unique_id));
        let is_skipped = node.status == Status::Skipped;
        if parents.iter().any(|parent| is_missing.contains(parent.as_str()))
            || is_skipped && lineage.is_some()
        {
            continue;
        }
        if node.status.is_bad() || is_skipped || node.status == Status::Warn {
            failed.push(node);
        } else {
            observed.nodes.insert(node.unique_id.clone(), Noticed::Nothing);
        }
    }
    let rows = warehouse.for_each(&failed, |session, node| {
        let (lineage, compiled) = lineage.zip(node.compiled_code.as_ref())?;
        let query = lineage.failing_rows(&node.unique_id, compiled);
        session.query(&format!("select * from ({query}) limit 20000")).ok()
    })?;
    for (node, rows) in failed.iter().zip(rows) {
        observed.nodes.insert(node.unique_id.clone(), Noticed::Something(rows.unwrap_or_default()));
    }
    Ok(())
}

/// `the rule 'rowCount'`, or the code that a message begins with.
fn rule_or_code(error: &str) -> String {
    match error.split_once("the rule '").and_then(|(_, rest)| rest.split_once('\'')) {
        Some((rule, _)) => format!("rule {rule}"),
        None => error.split(':').next().unwrap_or(error).to_owned(),
    }
}

fn read_rejects(scratch: &Scratch, observed: &mut Observed) -> Result<()> {
    let rejects = scratch.project.lake().join("_rejects");
    let has_any = walkdir::WalkDir::new(&rejects)
        .into_iter()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "parquet"));
    if !has_any {
        return Ok(());
    }
    let database = EngineOptions::in_memory().open()?;
    let rows = database.session()?.query(&format!(
        "select file, row_number, reason.code, coalesce(reason.column, '')
         from (select file, row_number,
                   unnest(from_json(reasons, '[{{\"code\": \"VARCHAR\", \"column\": \"VARCHAR\"}}]')) as reason
               from read_parquet({}, union_by_name = true))",
        text_literal(&rejects.join("**/*.parquet").to_string_lossy())
    ))?;
    add(&rows, &mut observed.rejected);
    Ok(())
}

fn read_findings(session: &mut dyn Session, observed: &mut Observed) -> Result<()> {
    let tables = session.query(
        "select table_schema, table_name, max((column_name = 'column_name')::int)
         from information_schema.columns
         where column_name in ('code', 'src_filename', 'src_row_number', 'column_name')
         group by all having count(*) filter (column_name <> 'column_name') = 3",
    )?;
    for table in &tables.rows {
        let place =
            format!("{}.{}", name_literal(&table[0].to_string()), name_literal(&table[1].to_string()));
        let column = if table[2].as_i64() == Some(1) { "coalesce(column_name::varchar, '')" } else { "''" };
        // A view on what was not built cannot be read.
        if let Ok(rows) =
            session.query(&format!("select src_filename, src_row_number, code, {column} from {place}"))
        {
            add(&rows, &mut observed.found);
        }
    }
    Ok(())
}

fn add(rows: &Rows, by_row: &mut ByRow) {
    for row in &rows.rows {
        let place = (row[0].to_string(), row[1].as_i64().unwrap_or(0));
        by_row.entry(place).or_default().insert((row[2].to_string(), row[3].to_string()));
    }
}
