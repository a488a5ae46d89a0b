//! Python models, run by the user's own Python.
//!
//! A process of its own gets the tables that the model reads in database files, under the names that they have in the
//! project's database, so that nothing is lost of their types; what the model returns comes back the same way. dbt-duckdb
//! runs the model within its own process instead; `driver.py` gives it the same objects.
//! <https://github.com/duckdb/dbt-duckdb/blob/master/dbt/adapters/duckdb/environments/__init__.py> (run_python_job)

mod handover;
mod interpreter;
mod process;

pub(crate) use handover::{Handover, Input};
pub(crate) use process::Job;
