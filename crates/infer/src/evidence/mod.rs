//! What the cells of one column show, gathered while the files are read, in bounded memory.

mod column;
mod distinct;
mod moment;
mod number;
mod runs;
mod seen;

pub(crate) use column::{ColumnEvidence, Inside};
pub(crate) use distinct::MOST_VALUES;
pub(crate) use moment::{Notation, form_of, notations};
pub(crate) use number::{Digits, MOST_DIGITS, NotANumber};
pub(crate) use seen::Seen;
