//! Files read from beginning to end, by the readers of a load: all rows of a feed become the evidence of its columns.
//!
//! `profile` is what a feed shows, `read_file` reads a file into it, `file_sink` takes the rows, `part_profiles` those of
//! parts of a big file, and `tail` sees what is at the end of a table. `pairs` reads a second time for keys of two columns.

mod file_sink;
mod pairs;
mod part_profiles;
mod profile;
mod read_files;
mod tail;

pub(crate) use pairs::unique_pair;
pub(crate) use profile::Profile;
pub(crate) use read_files::{Rows, read_file, read_files};
pub(crate) use tail::{Asked, Wish};
