//! What templates read while a project was parsed, beside its files: environment variables, flags, the
//! clock. Whoever keeps what parsing gave (`parse/cache.rs`) asks here whether it would be the same again.
//!
//! The notes are kept for the whole process: at worst, one that belongs to another project
//! makes a parse start from nothing.

use ingot_core::sync::lock;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static VARIABLES: Mutex<BTreeMap<String, Option<String>>> = Mutex::new(BTreeMap::new());
static FLAGS_WERE_READ: AtomicBool = AtomicBool::new(false);
static CLOCK_READS: AtomicU64 = AtomicU64::new(0);
thread_local! {
    static CLOCK_READS_HERE: Cell<u64> = const { Cell::new(0) };
}

/// An environment variable was read; `None` says that it was not set.
pub(crate) fn note_variable(name: &str, value: Option<&str>) {
    let mut variables = lock(&VARIABLES);
    variables.insert(name.to_owned(), value.map(str::to_owned));
}

/// All variables that were read, with what they were.
pub(crate) fn variables() -> BTreeMap<String, Option<String>> {
    lock(&VARIABLES).clone()
}

/// A global name was looked up while parsing; some of them are different in each run.
pub(crate) fn note_name(name: &str) {
    match name {
        "flags" => FLAGS_WERE_READ.store(true, Ordering::Relaxed),
        "run_started_at"
        | "invocation_id"
        | "invocation_args_dict"
        | "sql_now"
        | "thread_id"
        | "dbt_metadata_envs" => note_moment(),
        _ => {}
    }
}

/// Something was read that is different in each run.
pub(crate) fn note_moment() {
    CLOCK_READS_HERE.set(CLOCK_READS_HERE.get() + 1);
    CLOCK_READS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn flags_were_read() -> bool {
    FLAGS_WERE_READ.load(Ordering::Relaxed)
}

/// How often this thread has read the clock, or what else is different in each run.
pub(crate) fn clock_reads_here() -> u64 {
    CLOCK_READS_HERE.get() + ingot_jinja::python::datetime::clock_reads().0
}

/// The same for all threads.
pub(crate) fn clock_reads() -> u64 {
    CLOCK_READS.load(Ordering::Relaxed) + ingot_jinja::python::datetime::clock_reads().1
}
