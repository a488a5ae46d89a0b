//! Mutation testing for data: does a project notice when its data is wrong?
//!
//! ```text
//! run          the whole of it: a copy, a run without defects, rounds with them, the verdicts
//!   scratch      the copy of the project, in which everything happens
//!   sample       which rows are rehearsed; rows: the rows of a table
//!   kinds        which defects there are: each rule of each contract broken, and what rules do not say; defect: one of them
//!   rounds       rounds of planting and running, until each defect is decided
//!     plant        defects in raw files of the copy, where they do not meet (references, sheet, whole_files)
//!     marks        which rows have which defect, and how they are recognised
//!     observe      what bronze rejected, what the models found, which tests failed
//!     lineage      what a table reaches; reach: what a column reaches
//!     ends         which rows of the tables at the end are others
//!     warehouse    what a run has built, read on all cores
//!     knowledge    what follows from all runs
//!   why          why nobody noticed a defect
//!   suggest      a rule or a test that would notice a defect
//! report       the result for people, for programs and for pull requests
//! ```

mod defect;
mod ends;
mod kinds;
mod knowledge;
mod lineage;
mod marks;
mod observe;
mod plant;
mod reach;
mod references;
mod report;
mod rounds;
mod rows;
mod run;
mod sample;
mod scratch;
mod sheet;
mod suggest;
mod verdict;
mod warehouse;
mod whole_files;
mod why;

pub use run::{RehearseOptions, rehearse};
pub use verdict::{Rehearsal, Verdict, VerdictKind};
