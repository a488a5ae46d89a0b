//! The one integration binary: each part of ingot has a module here.

mod jinja;
//! The one integration binary (it links DuckDB once). A new test goes into the file named after the part it tests; a case
//! with files of its own is a folder beside it.

mod layers;
mod support;
