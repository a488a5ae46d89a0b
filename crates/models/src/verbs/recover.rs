//! `recover`: tables of the warehouse from their copies in the lake; and the refusal of a run that would build from nothing
//! what only the lake still remembers.

use crate::connection::Connection;
use crate::graph::resource_type::ResourceType;
use crate::lake::copied::Copied;
use crate::lake::recover;
use crate::outcomes::RunSummary;
use crate::relations::cache::RelationCache;
use crate::unchanged::record::{self, Changes};
use crate::verbs::job::Job;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Event, counted};
use ingot_engine::Dialect;
use ingot_lake::VerifiedFiles;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

const STAGE: &str = "recover";

/// Brings back the tables that `select` names (`gold.dim_customer`, or `dim_customer`), or all that have a copy, in one
/// transaction. Leaves one line for each in the output of the summary.
///
/// # Errors
/// There is no such copy, or one cannot be read: nothing has changed then.
pub(crate) fn run(job: &Job, summary: &mut RunSummary) -> Result<()> {
    let clock = Instant::now();
    if job.invocation.target.dialect() == Dialect::Spark {
        let what = "tables are brought back into a DuckDB file, and the target is on a Spark server";
        return Err(Error::new(what).hint("name a target of type duckdb with --target"));
    }
    let chosen = chosen(job)?;
    job.reporter.report(Event::StageStarted { stage: STAGE, detail: counted(chosen.len() as u64, "table") });
    let (engine, opened) = job.open(&BTreeSet::new())?;
    let mut connection = Connection::new(engine.session()?);
    let mut known: BTreeMap<PathBuf, VerifiedFiles> = BTreeMap::new();
    for copied in &chosen {
        job.options.interrupt.check()?;
        let lake = copied.folder.parent().unwrap_or(&copied.folder).to_path_buf();
        let files = known.entry(lake).or_insert_with_key(|lake| VerifiedFiles::of(lake));
        let rows = recover::recover(copied, &mut connection, files)
            .map_err(|error| error.context(copied.label()))?;
        summary.output.push(format!("{}: {}", copied.label(), counted(rows, "row")));
    }
    // What a run remembers of its tables is no longer true of these.
    if record::is_there(&opened, &job.invocation.target.database) {
        let ids = chosen.iter().map(|copied| copied.node.unique_id.clone());
        let changes = Changes { forgotten: ids.collect(), ..Changes::default() };
        record::write(&mut connection, &changes)?;
    }
    connection.commit()?;
    job.reporter.report(Event::StageFinished {
        stage: STAGE,
        seconds: clock.elapsed().as_secs_f64(),
        detail: format!("{} came back from the lake", counted(chosen.len() as u64, "table")),
    });
    Ok(())
}

/// The copies that are asked for.
fn chosen<'a>(job: &'a Job) -> Result<Vec<Copied<'a>>> {
    let root = &job.invocation.project.root.root;
    let mut all = Vec::new();
    for node in &job.manifest.nodes {
        all.extend(Copied::of(node, root)?.filter(recover::has_copy));
    }
    let names = &job.options.select;
    let is_named = |copied: &Copied, name: &str| {
        let in_lake = copied.table().map(|table| table.label());
        copied.node.alias == name || copied.label() == name || in_lake.as_deref() == Some(name)
    };
    if let Some(name) = names.iter().find(|name| !all.iter().any(|copied| is_named(copied, name))) {
        let labels: Vec<String> = all.iter().map(Copied::label).collect();
        return Err(Error::new(format!("the lake has no copy of '{name}'"))
            .of_kind(Kind::NotFound { what: "table", name: name.clone() })
            .did_you_mean(name, labels.iter().map(String::as_str)));
    }
    all.retain(|copied| names.is_empty() || names.iter().any(|name| is_named(copied, name)));
    Ok(all)
}

/// Refuses a run that would build a table from nothing which adds to what it holds, where the lake still has what it held:
/// the warehouse was lost, or the table dropped.
///
/// # Errors
/// There is such a table among the selected ones. `full_refresh` says that it is to be built from nothing.
pub(crate) fn refuse_forgetting(job: &Job, cache: &RelationCache, selected: &BTreeSet<usize>) -> Result<()> {
    if job.options.full_refresh || job.options.empty {
        return Ok(());
    }
    let root = &job.invocation.project.root.root;
    let mut lost = Vec::new();
    for index in selected {
        let node = &job.manifest.nodes[*index];
        let remembers =
            node.resource_type() == ResourceType::Snapshot || node.materialized() == "incremental";
        if !remembers || cache.get(&crate::context::references::relation_of(node)).is_some() {
            continue;
        }
        // A config that is wrong is reported where the copy is written.
        if let Ok(Some(copied)) = Copied::of(node, root)
            && recover::has_copy(&copied)
        {
            lost.push(copied);
        }
    }
    let Some(first) = lost.first() else { return Ok(()) };
    let labels: Vec<String> = lost.iter().map(Copied::label).collect();
    let command = match lost.len() {
        1 => format!("ingot lake recover {}", labels[0]),
        _ => "ingot lake recover".to_owned(),
    };
    Err(Error::new(format!(
        "nothing was run: the warehouse does not have {}, which keeps what earlier runs put into it, and the lake has a copy",
        labels.join(", ")
    ))
    .of_kind(Kind::Data)
    .at(first.side("delta"))
    .hint(format!("run `{command}`, or build from nothing with `--full-refresh`")))
}
