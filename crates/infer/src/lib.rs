//! From files to contracts: what a folder of data holds, how it is written, and the project that loads it.
//!
//! ```text
//! discover    paths → data files, tables, sheets
//! grouping    names → feeds, with wildcards for what differs from delivery to delivery
//! paths       a path for each feed that means its files and no others
//! look/       the beginning of a file → its form: encoding, dialect, header, sheet
//! reading/    all rows, by the readers of a load → evidence/ of each column
//! profiled    a group of files in the form that fits them all
//! decide      evidence → a column (decision): type, notation, reasons; nested: objects and lists
//! keys        keys, and references between feeds
//! infer       all of it
//! odcs        a feed → the text of a contract
//! explain     a feed → the reasons, for people
//! project     feeds → a dbt project that loads and tests them
//! ```
//!
//! Types, notations and readers are those of `ingot-bronze`: what is inferred is accepted by a load.

mod ask;
mod decide;
mod decision;
mod discover;
mod evidence;
mod explain;
mod feed;
mod footer;
mod grouping;
mod infer;
mod keys;
mod look;
mod names;
mod nested;
mod odcs;
mod paths;
mod personal;
mod profiled;
mod project;
mod reading;
mod words;
mod yaml_text;

pub use ask::{Ask, Nobody, Question};
pub use decision::Decision;
pub use discover::root_of;
pub use explain::explained;
pub use feed::{Feed, InferOptions, Inferred, Reference};
pub use infer::infer;
pub use odcs::contract_text;
pub use project::{GeneratedFile, Kind, NewProject, Star, Written, init_from, write_from_contracts};
