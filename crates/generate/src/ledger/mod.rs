//! The ledger: the truth about the data, beside it, so that what bronze rejects and silver flags can be
//! checked against it. Each run writes tables of its own and leaves those of earlier runs alone; a column with the
//! number of the delivery tells them apart. docs/concepts/ledger.md describes what is in them.

mod delivery;
mod file;
mod rows;
mod tables;

pub(crate) use delivery::{Delivery, FOLDER};
pub(crate) use file::LedgerFile;
pub(crate) use rows::{Consequence, Defect, Delivered, HeldBack};
pub(crate) use tables::{Ledger, Rows};
