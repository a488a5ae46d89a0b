//! From paths to feeds: what is found is grouped, read, and decided.

use crate::ask::Ask;
use crate::decide::{Habits, decide};
use crate::decision::{Decision, Whole};
use crate::discover::{discover, root_of};
use crate::feed::{Feed, InferOptions, Inferred};
use crate::grouping::group;
use crate::keys::{composite_key, primary_key, references};
use crate::names::{column_names, plain_name, slug, unique_name};
use crate::paths::AllFiles;
use crate::profiled::{Outcome, Profiled, profile};
use ingot_bronze::inspect::Crew;
use ingot_contract::{Column, DataType, Format, RawForm};
use ingot_core::error::{Error, Result};
use ingot_core::hive;
use rayon::prelude::*;
use std::collections::HashSet;

/// Finds out what contracts the files have.
///
/// # Errors
/// A path cannot be read, or there is no data in it.
pub fn infer(options: &InferOptions, ask: &mut dyn Ask) -> Result<Inferred> {
    let root = match &options.root {
        Some(root) => root.clone(),
        None => root_of(&options.paths)?,
    };
    let found = discover(&options.paths, &root)?;
    let mut passed_over = found.passed_over;
    let all = AllFiles::new(found.all);
    let crew = Crew::new(rayon::current_num_threads());
    let outcomes: Vec<Outcome> = group(found.sources, &all)
        .into_par_iter()
        .map(|group| profile(group, options.sample, &crew, &all))
        .collect();
    let mut profiled = Vec::new();
    for outcome in outcomes {
        passed_over.extend(outcome.failed);
        // Without a row there is no table, and a model of it would fail. Of Delta tables the schema is enough.
        let (empty, feeds): (Vec<_>, Vec<_>) = outcome.feeds.into_iter().partition(|feed: &Profiled| {
            feed.look.form.format != Format::Delta && feed.profile.rows + feed.profile.bad_rows == 0
        });
        profiled.extend(feeds);
        let sources = empty.into_iter().flat_map(|feed: Profiled| feed.group.sources);
        passed_over.extend(sources.map(|source| (source.path, "it has no rows below its header".to_owned())));
    }
    if profiled.is_empty() {
        let why = passed_over.first().map(|(path, why)| format!("{}: {why}", path.display()));
        let error = Error::new("there is no data in the paths that were named");
        return Err(match why {
            Some(why) => error.hint(why),
            None => error.hint("name a folder with CSV, JSON, Parquet, XLSX or Delta files"),
        });
    }
    let mut names: HashSet<String> = HashSet::new();
    let is_single = profiled.len() == 1;
    if !is_single && let Some(table) = &options.table {
        return Err(Error::new(format!(
            "the paths hold {} feeds, and --table names one: {table}",
            profiled.len()
        ))
        .hint("name the files of one feed, or leave --table out"));
    }
    let mut feeds = Vec::with_capacity(profiled.len());
    for one in &profiled {
        let base = match &options.table {
            Some(table) => plain_name(table),
            None => one.group.name.clone(),
        };
        let name = unique_name(&base, &mut names, |_| false);
        feeds.push(feed(name, one, options.sample.is_some(), ask));
    }
    for feed in &mut feeds {
        feed.primary_key = primary_key(feed);
        if let Some(key) = feed.primary_key {
            feed.columns[key].column.required = true;
        }
    }
    let all: Vec<&Profiled> = profiled.iter().collect();
    for (index, found) in references(&feeds, &all).into_iter().enumerate() {
        feeds[index].references = found;
    }
    if options.sample.is_none() {
        let keys: Vec<Vec<usize>> =
            feeds.par_iter().zip(&profiled).map(|(feed, one)| composite_key(feed, one, &crew)).collect();
        for (feed, key) in feeds.iter_mut().zip(keys) {
            key.iter().for_each(|column| feed.columns[*column].column.required = true);
            feed.composite_key = key;
        }
    }
    Ok(Inferred { root, feeds, passed_over })
}

fn feed(name: String, profiled: &Profiled, is_sampled: bool, ask: &mut dyn Ask) -> Feed {
    let Profiled { group, look, profile } = profiled;
    let format = look.form.format;
    let habits = Habits::of(&profile.columns, format);
    let in_files: Vec<String> = profile.columns.iter().map(|column| column.name.clone()).collect();
    let table_names = column_names(&in_files);
    // The columns of files without a header are known by their place, not by a name.
    let is_named = look.own_names.is_none();
    let mut columns: Vec<Decision> = Vec::new();
    for (evidence, name) in profile.columns.iter().zip(&table_names) {
        let is_everywhere = evidence.cells == profile.rows && profile.rows > 0;
        let mut decision = decide(name, evidence, &habits, format, Whole::Row, is_everywhere, ask);
        if !is_named {
            decision.column.physical_name = None;
        }
        columns.push(decision);
    }
    let mut form = look.form.clone();
    form.path.clone_from(&group.path);
    columns.extend(path_columns(&form, profiled, &columns));
    Feed {
        name: if name.is_empty() { slug(&group.path) } else { name },
        form,
        columns,
        primary_key: None,
        composite_key: Vec::new(),
        references: Vec::new(),
        rows: profile.rows,
        files: group.sources.len(),
        is_sampled,
        reasons: look.reasons.clone(),
        notes: look.notes.clone(),
        bad_rows: profile.bad_rows,
        bad: profile.bad.iter().map(|(file, line, code)| format!("{file}:{line} {code}")).collect(),
    }
}

/// Columns that only the path names, such as `day` in `day=2024-01-31`.
fn path_columns(form: &RawForm, profiled: &Profiled, known: &[Decision]) -> Vec<Decision> {
    let mut found = Vec::new();
    for (index, segment) in form.path.split('/').enumerate() {
        let Some((name, "")) = segment
            .split_once("={")
            .map(|(name, rest)| (name, rest.trim_start_matches(name).trim_start_matches('}')))
        else {
            continue;
        };
        if known.iter().any(|decision| decision.column.name == name) {
            continue;
        }
        let values: Vec<Option<String>> = profiled
            .group
            .sources
            .iter()
            .filter_map(|source| source.relative.split('/').nth(index)?.split_once('='))
            .map(|(_, value)| hive::unescape(value))
            .collect();
        let texts: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
        let all = |data_type: &DataType| {
            texts.iter().all(|text| ingot_bronze::inspect::accepts(data_type, text.as_bytes()))
        };
        let has_zeros = texts.iter().any(|text| text.len() > 1 && text.starts_with(['0', '+']));
        let data_type = if texts.is_empty() {
            DataType::Str
        } else if all(&DataType::Date) {
            DataType::Date
        } else if all(&DataType::I64) && !has_zeros {
            DataType::I64
        } else {
            DataType::Str
        };
        let reason = format!("From the folder {name}=…; the files do not have it.");
        found.push(Decision::stated(Column::plain(name, data_type), Vec::new(), reason));
    }
    found
}
