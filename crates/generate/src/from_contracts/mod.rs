//! Data for any contract: each feed in files of its form, with values that keep its rules, references that lead somewhere,
//! and defects that break the rules one at a time.
//!
//! ```text
//! hints         what the contract says for the generator (`ingot.generate`)
//! constraints   what its rules demand of a column's values
//! choose        which source a column's values have
//!   kinds         names, addresses, accounts … from the crate `fake`
//!   pattern       texts of a regular expression
//!   expression    columns computed from others
//! column        a value from its source; chance: the random numbers of one cell
//! timing        rows by day, and moments within a day
//! paths         which files there are
//! keys          how columns number the rows
//! world         all feeds: the value of any column in any row
//! defects       which defects the rules offer; file_defects: those of whole files
//! generator     rows, defects and ledger of one file
//! files/        the forms of files
//! ```

mod chance;
mod choose;
mod column;
mod constraints;
mod defects;
mod expression;
mod feed;
mod file_defects;
mod files;
mod generator;
mod hints;
mod keys;
mod kinds;
mod paths;
mod pattern;
mod timing;
mod value;
mod world;

pub use defects::broken_values;
pub use files::{RawWriter, is_envelope};
pub(crate) use generator::{Catalogue, FromContracts};
pub use value::Value;
