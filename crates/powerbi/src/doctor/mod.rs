//! `ingot doctor`: whether the project, the lake, the warehouse and the published file are well, and what to do
//! where they are not.
//!
//! ```text
//! examine     all of it in a row
//!   project     what the last run of the models left
//!   warehouse   opens, storage version, columns that BI tools misread
//!   published   the file is what its manifest says, and of the last run
//!   lake        every data file that a table's log names is there
//!   disk        room for another build
//!   open_files  which processes hold what (Linux)
//! finding     what each of them says
//! ```

mod disk;
mod examine;
mod finding;
mod lake;
mod open_files;
mod project;
mod published;
mod warehouse;

pub use examine::{Patient, examine};
pub use finding::{Finding, Health};
