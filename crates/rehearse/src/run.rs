//! The whole of a rehearsal.

use crate::defect::Defect;
use crate::ends;
use crate::kinds;
use crate::knowledge::Knowledge;
use crate::lineage::Lineage;
use crate::observe::{Noticed, Observed, Scope, load, observe};
use crate::plant::write_as_is;
use crate::reach::Reach;
use crate::report;
use crate::rounds::Rounds;
use crate::rows::TableRows;
use crate::sample::sample;
use crate::scratch::Scratch;
use crate::suggest::suggestion;
use crate::verdict::{Rehearsal, Verdict, VerdictKind};
use crate::why::why;
use ingot_contract::{Contract, Format, load_all};
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use ingot_core::report::{Event, Reporter, counted, noun};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What to rehearse.
#[derive(Debug, Clone)]
pub struct RehearseOptions {
    pub project: Project,
    /// Only these tables; all if empty.
    pub tables: Vec<String>,
    /// Other seeds plant defects in other rows.
    pub seed: u64,
    /// Each defect is planted in a run of its own, however many runs that takes.
    pub alone: bool,
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
    let rehearsal = in_copy(options, &scratch, &contracts, reporter);
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
    contracts: &[Contract],
    reporter: &dyn Reporter,
) -> Result<Rehearsal> {
    let mut rehearsal = Rehearsal::default();
    let mut tables = sampled(options, scratch, contracts, &mut rehearsal)?;
    let rows: usize = tables.iter().map(TableRows::count).sum();
    rehearsal.rows = rows as u64;
    reporter.info(format!(
        "{rows} {} of {}, first without defects",
        noun(rows as u64, "row"),
        counted(tables.len() as u64, "table")
    ));
    let before = observe(scratch, &Scope::All, &options.interrupt)?;
    mark_what_is_not_clean(&mut tables, &before);
    let lineage = Lineage::read(scratch)?;
    let mut ends = ends::keep(scratch, &lineage.ends)?;
    let failing: BTreeSet<String> = before
        .nodes
        .iter()
        .filter(|(_, noticed)| matches!(noticed, Noticed::Something(_)))
        .map(|(id, _)| id.clone())
        .collect();
    rehearsal.failing_before = failing.iter().map(|id| lineage.name_of(id).to_owned()).collect();
    rehearsal.runs = 1;
    if !ends.is_empty() {
        // What differs from run to run by itself, such as the time of loading, says nothing.
        let (models, _) = lineage.needed(&lineage.ends.iter().map(|end| &end.id).collect());
        let scope = Scope::Only { lineage: &lineage, models, tests: Vec::new(), tables: Vec::new() };
        observe(scratch, &scope, &options.interrupt)?;
        ends::leave_out_what_varies(scratch, &mut ends)?;
        rehearsal.runs += 1;
    }
    let mut defects: Vec<Defect> = Vec::new();
    for (index, rows) in tables.iter().enumerate() {
        if options.tables.is_empty() || options.tables.contains(&rows.contract.name) {
            defects.extend(kinds::of_table(index, rows)?);
        }
    }
    let reach = match Reach::read(scratch)? {
        Some(reach) => defects.iter().map(|defect| reach.of_defect(defect, &tables[defect.table])).collect(),
        None => vec![None; defects.len()],
    };
    let mut rounds = Rounds {
        scratch,
        tables: &tables,
        defects: &defects,
        lineage: &lineage,
        feeds: contracts.iter().map(|contract| contract.name.clone()).collect(),
        reach,
        ends: &ends,
        before: &before,
        failing: &failing,
        interrupt: &options.interrupt,
        reporter,
        seed: options.seed,
        alone: options.alone,
        runs: rehearsal.runs,
        known: Knowledge::default(),
        counts: BTreeMap::new(),
        no_place: BTreeSet::new(),
        load_codes: BTreeMap::new(),
    };
    rounds.run()?;
    rehearsal.runs = rounds.runs;
    for (place, defect) in defects.iter().enumerate() {
        let Some((outcome, reached)) = rounds.verdict(place) else { continue };
        let table = &tables[defect.table];
        let (why, suggestion) = match outcome {
            VerdictKind::Survived => {
                (why(defect, table, &rounds.tests_of(place)), suggestion(defect, table, &tables, &lineage))
            }
            _ => (String::new(), String::new()),
        };
        rehearsal.verdicts.push(Verdict {
            table: table.contract.name.clone(),
            column: defect.column.map(|place| table.contract.columns[place].name.clone()).unwrap_or_default(),
            kind: defect.kind.clone(),
            description: defect.description.clone(),
            rows: rounds.counts.get(&place).copied().unwrap_or(0),
            outcome,
            reached,
            why,
            suggestion,
        });
    }
    Ok(rehearsal)
}

/// Loads the raw files, and writes a sample of what bronze accepted in their place.
fn sampled(
    options: &RehearseOptions,
    scratch: &Scratch,
    contracts: &[Contract],
    rehearsal: &mut Rehearsal,
) -> Result<Vec<TableRows>> {
    scratch.clear()?;
    load(scratch, &[], &options.interrupt)?;
    options.interrupt.check()?;
    let mut tables = sample(scratch, contracts)?;
    scratch.forget_sampled_lake()?;
    let mut leave_out = |name: &str, why: &str| {
        if options.tables.is_empty() || options.tables.iter().any(|table| table == name) {
            rehearsal.left_out.push((name.to_owned(), why.to_owned()));
        }
    };
    for contract in contracts {
        if contract.raw.format == Format::Delta {
            leave_out(&contract.name, "it follows a Delta table of another system");
        } else if tables.iter().all(|table| table.contract.name != contract.name) {
            leave_out(&contract.name, "it has no accepted rows");
        }
    }
    let files_of = |table: &TableRows| table.files.keys().cloned().collect::<BTreeSet<String>>();
    let all: Vec<BTreeSet<String>> = tables.iter().map(files_of).collect();
    tables.retain(|table| {
        let own = files_of(table);
        let is_shared = all.iter().filter(|files| !files.is_disjoint(&own)).count() > 1;
        if is_shared {
            leave_out(&table.contract.name, "its files have other feeds too");
        }
        !is_shared
    });
    tables.retain_mut(|table| {
        let can_be_written = table.name_files_without_compression();
        if !can_be_written {
            leave_out(&table.contract.name, "its contract takes only compressed files");
        }
        can_be_written
    });
    if tables.is_empty() {
        return Err(Error::new("there are no rows to plant defects in")
            .at(options.project.data_raw())
            .hint("put raw files there, or make some with `ingot generate`"));
    }
    for table in &tables {
        scratch.remove_raw(&table.contract)?;
        write_as_is(scratch, table)?;
    }
    scratch.keep_raw()?;
    Ok(tables)
}

/// Rows in which bronze or the models find something without defects get none.
fn mark_what_is_not_clean(tables: &mut [TableRows], before: &Observed) {
    for table in tables {
        for (file, rows) in &mut table.files {
            for (number, row) in rows.iter_mut().enumerate() {
                let place = (file.clone(), number as i64 + 1);
                row.is_clean = !before.found.contains_key(&place) && !before.rejected.contains_key(&place);
            }
        }
    }
}
