//! The whole of a rehearsal.

use crate::attribute::{Attribution, Settled};
use crate::ends;
use crate::kinds::{self, Change, Defect};
use crate::lineage::Lineage;
use crate::observe::observe;
use crate::report;
use crate::rows::TableRows;
use crate::scratch::Scratch;
use crate::suggest::suggestion;
use crate::verdict::{Rehearsal, Verdict, VerdictKind};
use ingot_contract::{Contract, Format, load_all};
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter};
use std::collections::BTreeSet;
use std::time::Instant;

/// After so many runs, defects are no longer told apart by planting them again.
const MOST_RUNS: u64 = 12;

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct RehearseOptions {
    pub project: Project,
    /// Only these tables; all if empty.
    pub tables: Vec<String>,
    /// Other seeds plant defects in other rows.
    pub seed: u64,
    pub interrupt: Interrupt,
}

/// Plants defects in a copy of the project, runs bronze, models and tests there, and says which were noticed. Nothing of
/// the project itself is changed. The process works in the folder of the copy meanwhile.
///
/// # Errors
/// The project has no raw files or does not run even without defects, or the run was interrupted.
pub fn rehearse(options: &RehearseOptions, reporter: &dyn Reporter) -> Result<Rehearsal> {
    let begun = Instant::now();
    let contracts = load_all(&options.project.schemas())?;
    for table in &options.tables {
        if contracts.iter().all(|contract| contract.name != *table) {
            let names = contracts.iter().map(|contract| contract.name.as_str());
            return Err(Error::new(format!("there is no feed '{table}'")).did_you_mean(table, names));
        }
    }
    reporter.report(Event::StageStarted { stage: "rehearse", detail: "in a copy of the project".to_owned() });
    let scratch = Scratch::of(&options.project, &contracts)?;
    scratch.project.enter()?;
    let rehearsal = in_copy(options, &scratch, contracts, reporter);
    // The copy goes away, and nobody can stay in it.
    options.project.enter()?;
    let rehearsal = Rehearsal { seconds: begun.elapsed().as_secs_f64(), ..rehearsal? };
    reporter.report(Event::StageFinished {
        stage: "rehearse",
        seconds: rehearsal.seconds,
        detail: report::line(&rehearsal),
    });
    Ok(rehearsal)
}

fn in_copy(
    options: &RehearseOptions,
    scratch: &Scratch,
    contracts: Vec<Contract>,
    reporter: &dyn Reporter,
) -> Result<Rehearsal> {
    let before = observe(scratch, &options.interrupt)?;
    let lineage = Lineage::read(scratch)?;
    let mut ends = ends::keep(scratch, &lineage.ends)?;
    let found: BTreeSet<(String, i64)> = before.found.keys().chain(before.rejected.keys()).cloned().collect();
    let mut rehearsal = Rehearsal {
        failing_before: before.failing.keys().map(|id| lineage.name_of(id).to_owned()).collect(),
        ..Rehearsal::default()
    };
    let mut tables = Vec::new();
    for contract in contracts {
        if !options.tables.is_empty() && !options.tables.contains(&contract.name) {
            continue;
        }
        if contract.raw.format == Format::Delta {
            rehearsal.left_out.push((contract.name, "it follows a Delta table of another system".to_owned()));
            continue;
        }
        let rows = TableRows::read(&scratch.project, &contract, &found)?;
        if rows.count() == 0 {
            rehearsal.left_out.push((contract.name, "it has no accepted rows".to_owned()));
        } else {
            tables.push(rows);
        }
    }
    if tables.is_empty() {
        return Err(Error::new("there are no rows to plant defects in")
            .at(options.project.data_raw())
            .hint("put raw files there, or make some with `ingot generate`"));
    }
    // What differs from run to run by itself, such as the time of loading, says nothing.
    if !ends.is_empty() {
        observe(scratch, &options.interrupt)?;
        ends::leave_out_what_varies(scratch, &mut ends)?;
    }
    let mut defects = Vec::new();
    for (index, rows) in tables.iter().enumerate() {
        defects.extend(kinds::of_table(index, rows)?);
    }
    let mut attribution = Attribution {
        scratch,
        tables: &tables,
        lineage: &lineage,
        ends: &ends,
        before: &before,
        interrupt: &options.interrupt,
        seed: options.seed,
        runs: 2,
        most_runs: MOST_RUNS,
    };
    let mut settled: Vec<Option<Settled>> = vec![None; defects.len()];
    let groups = groups(&defects, &tables);
    for (number, group) in groups.iter().enumerate() {
        reporter.info(format!("{} of {}: {} defects at once", number + 1, groups.len(), group.len()));
        let together: Vec<&Defect> = group.iter().map(|place| &defects[*place]).collect();
        for (place, outcome) in group.iter().zip(attribution.settle(&together)?) {
            settled[*place] = outcome;
        }
    }
    rehearsal.runs = attribution.runs;
    for (defect, outcome) in defects.iter().zip(settled) {
        let Some(Settled { rows, outcome, reached }) = outcome else { continue };
        let table = &tables[defect.table];
        let suggestion = match outcome {
            VerdictKind::Survived => suggestion(defect, table, &lineage),
            _ => String::new(),
        };
        rehearsal.verdicts.push(Verdict {
            table: table.contract.name.clone(),
            column: defect.column.map(|place| table.contract.columns[place].name.clone()).unwrap_or_default(),
            kind: defect.kind.clone(),
            description: defect.description.clone(),
            rows,
            outcome,
            reached,
            suggestion,
        });
    }
    Ok(rehearsal)
}

/// Which defects are planted together: those of rows as far as there are rows for them; of the others one of a column, and
/// what happens to whole files apart from the rest.
fn groups(defects: &[Defect], tables: &[TableRows]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut put = |group: usize, defect: usize| {
        if groups.len() <= group {
            groups.resize(group + 1, Vec::new());
        }
        groups[group].push(defect);
    };
    let mut last = 0;
    for (table, rows) in tables.iter().enumerate() {
        // Three rows for each, and as many that are as they were.
        let room = (rows.count() / 6).max(1);
        let own =
            (0..defects.len()).filter(|place| defects[*place].table == table && defects[*place].is_of_rows());
        for (number, defect) in own.enumerate() {
            put(number / room, defect);
            last = last.max(number / room + 1);
        }
    }
    for (table, _) in tables.iter().enumerate() {
        let mut used: Vec<BTreeSet<usize>> = Vec::new();
        for (place, defect) in defects.iter().enumerate().filter(|(_, defect)| defect.table == table) {
            let columns: Vec<usize> = match (&defect.change, defect.column) {
                _ if defect.is_of_rows() => continue,
                (Change::Swap(other), Some(column)) => vec![column, *other],
                (_, Some(column)) => vec![column],
                // Whole files: not with anything else of the table.
                (_, None) => (0..tables[table].contract.columns.len()).collect(),
            };
            let free = used.iter().position(|used| columns.iter().all(|column| !used.contains(column)));
            let group = free.unwrap_or_else(|| {
                used.push(BTreeSet::new());
                used.len() - 1
            });
            used[group].extend(columns);
            put(last + group, place);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups
}
