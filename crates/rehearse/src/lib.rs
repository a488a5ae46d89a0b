//! Mutation testing for data: does a project notice when its data is wrong?
//!
//! ```text
//! run        the whole of it: a copy, a first run without defects, defects, runs with them, the report
//!   scratch    the copy of the project, in which everything happens
//!   rows       the rows of a table, from the bronze of the first run
//!   kinds      which defects there are: each rule of each contract broken, and what rules do not say
//!   plant      defects put into the raw files of the copy
//!   observe    what bronze rejected, what the models found, which tests failed
//!   lineage    which tests a table reaches
//!   ends       which rows of the tables at the end are others
//!   attribute  which defect made which test fail
//!   suggest    a rule or a test that would notice a defect
//! report     the result for people, for programs and for pull requests
//! ```

mod attribute;
mod ends;
mod kinds;
mod lineage;
mod observe;
mod plant;
mod report;
mod rows;
mod run;
mod scratch;
mod suggest;
mod verdict;

pub use run::{RehearseOptions, rehearse};
pub use verdict::{Rehearsal, Verdict, VerdictKind};
