//! Texts in the form that the contract states (decimal comma, `dd/MM/yyyy`, local times, …) as values.
//!
//! A form is compiled once for a column. Columns without one never come here: `parse` has the default form of each type.

mod compiled;
mod local_time;
mod moment;
mod numbers;
mod serial;
mod shown;

pub(crate) use compiled::CompiledForm;
pub(crate) use local_time::LocalClock;
pub(crate) use shown::shown;
