//! The question: which table and column, where the rows are, and how long it may take.

use super::answer::Answer;
use super::follow::{Follower, label};
use super::found::Why;
use super::question::{WhyPlaces, WhyQuestion};
use super::scope::Need;
use crate::lineage::Parser;
use crate::source_types::SourceTypes;
use ingot_core::error::{Error, Result};
use ingot_engine::duckdb::confined_to;
use ingot_models::{TypedNode, TypedProject};
use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Follows the rows that are asked for back to raw files.
///
/// # Errors
/// There is no such table or column, the condition is not SQL or no row meets it, or the warehouse cannot be read.
pub fn why(
    project: &TypedProject,
    sources: &SourceTypes,
    places: &WhyPlaces,
    question: &WhyQuestion,
) -> Result<Why> {
    let start = find(&project.nodes, &question.table)?;
    let node = &project.nodes[start];
    let need: Need = match &question.column {
        None => None,
        Some(name) => {
            let column = node.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            let column = column.ok_or_else(|| {
                let names = node.columns.iter().map(|column| column.name.as_str());
                Error::new(format!("{} has no column '{name}'", label(node))).did_you_mean(name, names)
            })?;
            Some(BTreeSet::from([column.name.to_lowercase()]))
        }
    };
    // Opening either takes as long as a small question.
    let (engine, parser) = std::thread::scope(|scope| {
        let parser = scope.spawn(Parser::new);
        (places.warehouse.open(), parser.join())
    });
    let engine = engine?;
    let parser = parser.map_err(|_| Error::new("DuckDB's parser ended"))??;
    let mut session = engine.session()?;
    let stop = session.interrupter();
    if places.confined {
        session.execute("set max_temp_directory_size = '2GB'")?;
        session.execute(&confined_to(&[places.lake.clone(), places.raw.clone()]))?;
    }
    let mut follower = Follower::new(&project.nodes, session, parser);
    follower.check_condition(start, &question.condition)?;
    let mut answer = Answer::new(follower, sources, places, question, start);
    let mut ask = || {
        answer.follower.follow(start, &question.condition, &need)?;
        let uncertain = match question.loaded {
            Some(period) => answer.follower.keep_effective(start, &question.condition, period).err(),
            None => None,
        };
        Ok((answer.tables()?, uncertain.map(|error| error.message().to_owned())))
    };
    let (tables, uncertain) = match places.patience {
        None => ask()?,
        Some(patience) => within(patience, stop.as_ref(), ask)?,
    };
    Ok(Why { condition: question.condition.clone(), column: question.column.clone(), tables, uncertain })
}

/// Stops DuckDB when it takes longer than this.
fn within<T>(
    patience: Duration,
    stop: &(dyn Fn() + Send + Sync),
    ask: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let (done, is_done) = channel::<()>();
    let begun = Instant::now();
    let answer = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut left = patience;
            while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(left) {
                stop();
                left = Duration::from_millis(50);
            }
        });
        let answer = ask();
        drop(done);
        answer
    });
    match answer {
        Err(_) if begun.elapsed() >= patience => Err(Error::new("it took too long and was stopped")),
        answer => answer,
    }
}

fn find(nodes: &[TypedNode], name: &str) -> Result<usize> {
    let has_rows = |node: &TypedNode| matches!(node.resource_type, "model" | "source" | "seed" | "snapshot");
    let by = |test: &dyn Fn(&TypedNode) -> bool| -> Vec<usize> {
        (0..nodes.len()).filter(|at| has_rows(&nodes[*at]) && test(&nodes[*at])).collect()
    };
    let same = |text: &str| text.eq_ignore_ascii_case(name);
    let exact = by(&|node| same(&node.unique_id) || same(&label(node)));
    let found = if exact.is_empty() { by(&|node| same(&node.name)) } else { exact };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let labels: Vec<String> = nodes.iter().filter(|node| has_rows(node)).map(label).collect();
            let names = nodes.iter().filter(|node| has_rows(node)).map(|node| node.name.as_str());
            let candidates: Vec<&str> = labels.iter().map(String::as_str).chain(names).collect();
            Err(Error::new(format!("there is no table '{name}'")).did_you_mean(name, candidates))
        }
        several => {
            let labels: Vec<String> = several.iter().map(|at| label(&nodes[*at])).collect();
            Err(Error::new(format!("'{name}' may be {}", labels.join(" or "))).hint("name the schema too"))
        }
    }
}
