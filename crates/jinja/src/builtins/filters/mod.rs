//! jinja's own filters. <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters>

mod number;
mod pick;
mod sequence;
mod table;
mod text;
mod wrap;

pub(super) use table::FILTERS;
