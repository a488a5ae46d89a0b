//! A contract that gives columns of its table other types, or leaves the hash of the rows out: before anything is loaded, the
//! table's rows are written again in this form, in one commit, if all their values fit. If some do not, the contract is refused with the rows in its way.
//!
//! Older versions of the table keep their files and types. `type_change` finds the columns, `convert_files` writes the rows,
//! and `change_types` makes the commit.

mod change_types;
mod convert_files;
mod type_change;

pub(crate) use change_types::{Retyped, change_types};
pub(crate) use type_change::refuse_new_types;
