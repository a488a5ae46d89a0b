//! What the templates of a node ask for while the node runs: names of macros, variables, environment variables, flags, and
//! what they look at in the database. A later run that would get the same answers need not run the node (`unchanged`).
//!
//! A node runs on one thread, with the ephemeral models and macros in it, so the notes are the thread's. Without
//! [`begin`] nothing is noted.

use crate::context::inputs;
use crate::relations::relation::Relation;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

thread_local! {
    static TRACE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Names that were looked for among the macros, found or not.
    pub(crate) names: HashSet<String>,
    /// Variables, each with the package for which it was asked.
    pub(crate) variables: BTreeSet<(String, String)>,
    pub(crate) environment: BTreeSet<String>,
    /// In upper case.
    pub(crate) flags: BTreeSet<String>,
    /// `target` was read.
    pub(crate) target: bool,
    /// Settings of the project were read as a whole.
    pub(crate) project: bool,
    /// `graph` was read.
    pub(crate) graph: bool,
    /// Statements that ran while the node was compiled.
    pub(crate) queries: Vec<String>,
    /// Relations whose existence or columns were asked for while the node was compiled: database, schema and name.
    pub(crate) relations: Vec<[String; 3]>,
    /// Something that no later run can compare.
    pub(crate) always: Option<String>,
    /// Whether something besides the node's own relation may have been written.
    pub(crate) writes: bool,
    /// Whether the SQL is there, and the node is being materialized.
    materializes: bool,
    /// How often the thread had asked Python's clock when it began.
    clock_reads: u64,
    /// How many questions are being answered whose own statements do not count.
    within: usize,
}

/// From here on the thread's templates are noted.
pub(crate) fn begin() {
    TRACE.set(Some(Trace { clock_reads: inputs::clock_reads_here(), ..Trace::default() }));
}

/// What was noted since [`begin`].
pub(crate) fn take() -> Trace {
    note(Trace::note_clock);
    TRACE.take().unwrap_or_default()
}

impl Trace {
    /// Whether the clock was read while the node was compiled. (The built-in materializations name tables by it.)
    fn note_clock(&mut self) {
        if !self.materializes && inputs::clock_reads_here() != self.clock_reads {
            self.always.get_or_insert_with(|| "its template reads the clock".to_owned());
        }
    }
}

fn note(write: impl FnOnce(&mut Trace)) {
    TRACE.with_borrow_mut(|trace| {
        if let Some(trace) = trace {
            write(trace);
        }
    });
}

/// The node's SQL is rendered; what follows is its materialization.
pub(crate) fn materialize() {
    note(|trace| {
        trace.note_clock();
        trace.materializes = true;
    });
}

/// A name was looked for among the macros. `of_project` says that what was found is not built in.
pub(crate) fn note_name(name: &str, of_project: bool) {
    note(|trace| {
        if !trace.names.contains(name) {
            trace.names.insert(name.to_owned());
        }
        if of_project && trace.materializes {
            trace.writes = true;
            trace.always.get_or_insert_with(|| {
                format!("the project's own macro '{name}' takes part in materializing it")
            });
        }
    });
}

pub(crate) fn note_variable(package: &str, name: &str) {
    note(|trace| {
        trace.variables.insert((package.to_owned(), name.to_owned()));
    });
}

pub(crate) fn note_environment(name: &str) {
    note(|trace| {
        trace.environment.insert(name.to_owned());
    });
}

pub(crate) fn note_flag(name: &str) {
    note(|trace| {
        trace.flags.insert(name.to_owned());
    });
}

/// One of the names that are the same for all nodes was read.
pub(crate) fn note_constant(name: &str) {
    match name {
        "target" => note(|trace| trace.target = true),
        "invocation_id"
        | "run_started_at"
        | "sql_now"
        | "thread_id"
        | "dbt_metadata_envs"
        | "invocation_args_dict"
        | "selected_resources" => note_always(|| format!("it reads '{name}'")),
        _ => {}
    }
}

pub(crate) fn note_project() {
    note(|trace| (trace.project, trace.target) = (true, true));
}

pub(crate) fn note_graph() {
    note(|trace| trace.graph = true);
}

/// Something was asked for that no later run can compare.
fn note_always(why: impl FnOnce() -> String) {
    note(|trace| {
        if !trace.materializes {
            trace.always.get_or_insert_with(why);
        }
    });
}

/// Templates had the database do something while the node was compiled.
pub(crate) fn note_deed(why: impl FnOnce() -> String) {
    note(|trace| {
        if !trace.materializes && trace.within == 0 {
            trace.writes = true;
            trace.always.get_or_insert_with(why);
        }
    });
}

/// A statement is about to run.
pub(crate) fn note_query(sql: &str) {
    note(|trace| {
        if !trace.materializes && trace.within == 0 {
            trace.queries.push(sql.to_owned());
        }
    });
}

/// Whether a relation is there, or which columns it has, was asked.
pub(crate) fn note_relation(relation: &Relation) {
    note(|trace| {
        if !trace.materializes {
            let part = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
            let parts = [part(&relation.database), part(&relation.schema), part(&relation.identifier)];
            trace.relations.push(parts);
        }
    });
}

/// Answers a question of which all is noted; the statements that find the answer are not.
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    note(|trace| trace.within += 1);
    let answer = work();
    note(|trace| trace.within = trace.within.saturating_sub(1));
    answer
}
