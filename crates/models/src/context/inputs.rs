//! What templates looked at while a project was parsed, beside its files: environment variables, flags, the
//! moment. Whoever keeps what parsing gave (`parse/cache.rs`) asks here whether it would be the same again.
//!
//! The notes are kept for the whole process: at worst one that belongs to another project makes a parse
//! start anew.

use ingot_jinja::python::datetime::clock_reads;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static VARIABLES: Mutex<BTreeMap<String, Option<String>>> = Mutex::new(BTreeMap::new());
static FLAGS_WERE_READ: AtomicBool = AtomicBool::new(false);
static MOMENTS: AtomicU64 = AtomicU64::new(0);
thread_local! {
    static MOMENTS_HERE: Cell<u64> = const { Cell::new(0) };
}

/// An environment variable was read; `None` says that it was not set.
pub fn note_variable(name: &str, value: Option<&str>) {
    let mut variables = VARIABLES.lock().unwrap_or_else(PoisonError::into_inner);
    variables.insert(name.to_owned(), value.map(str::to_owned));
}

/// All variables that were read, with what they were.
pub fn variables() -> BTreeMap<String, Option<String>> {
    VARIABLES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A global name was looked up while parsing; some of them are another one each run.
pub fn note_name(name: &str) {
    match name {
        "flags" | "invocation_args_dict" => FLAGS_WERE_READ.store(true, Ordering::Relaxed),
        "run_started_at" | "invocation_id" | "sql_now" | "thread_id" | "dbt_metadata_envs" => {
            MOMENTS_HERE.set(MOMENTS_HERE.get() + 1);
            MOMENTS.fetch_add(1, Ordering::Relaxed);
        }
        _ => {}
    }
}

pub fn flags_were_read() -> bool {
    FLAGS_WERE_READ.load(Ordering::Relaxed)
}

/// How often this thread has looked at what holds for the moment alone.
pub fn moments_here() -> u64 {
    MOMENTS_HERE.get() + clock_reads().0
}

/// The same for all threads.
pub fn moments() -> u64 {
    MOMENTS.load(Ordering::Relaxed) + clock_reads().1
}
