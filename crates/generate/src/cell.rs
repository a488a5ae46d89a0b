//! How a row's values reach a file: a record names the columns that it can fill, the contract says
//! which columns there are and in what order, and a [`Cell`] is where one value goes.

use crate::calendar::Day;
use ingot_contract::{Column, Contract};
use ingot_core::error::{Error, Result};

/// Takes one value in the form of its file.
pub(crate) trait Cell {
    fn null(&mut self);
    fn int(&mut self, value: i64);
    /// `value` times ten to the power of minus `scale`.
    fn decimal(&mut self, value: i64, scale: u32);
    fn text(&mut self, value: &str);
    fn date(&mut self, day: Day);
    /// Seconds since 1970 in UTC, and the clock's seconds east of UTC there.
    fn timestamp(&mut self, utc: i64, offset: i32);
    fn boolean(&mut self, value: bool);

    fn maybe_text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }
    fn maybe_date(&mut self, value: Option<Day>) {
        match value {
            Some(value) => self.date(value),
            None => self.null(),
        }
    }
}

/// Writes one column of `R` into a cell.
pub(crate) type Fill<R, C> = fn(&R, &mut C);

/// A row of a feed.
pub(crate) trait Record: Sized {
    /// How to fill the column of this name; `None` if this record has no such value.
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>>;
}

/// A filler for each of `columns`, which are the contract's or some of them.
pub(crate) fn bind<'a, R: Record, C: Cell>(
    contract: &Contract,
    columns: impl IntoIterator<Item = &'a Column>,
) -> Result<Vec<Fill<R, C>>> {
    columns
        .into_iter()
        .map(|column| {
            R::fill(&column.name).ok_or_else(|| {
                Error::new(format!(
                    "the generator has no value for the column {} of feed {}",
                    column.name, contract.name
                ))
                .at(&contract.file)
                .hint("remove the column from the contract, or write `world: contracts` in generate.yaml to generate what the contracts describe")
            })
        })
        .collect()
}
