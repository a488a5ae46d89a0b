//! One big file on all cores: it is taken apart, its parts are read on several threads, and what they gave is put
//! together in the file's order.
//!
//! `crew` says how many threads may work, `in_order` lets them work, `part_sinks` is what a part is read into, and
//! `text_parts` takes texts apart.

mod crew;
mod in_order;
mod part_sinks;
mod text_parts;

pub use crew::Crew;
pub(crate) use in_order::in_order;
pub use part_sinks::{Before, PartSinks, ReadInto};
pub(crate) use text_parts::{PART, PartedText, Place, read_text_in_parts};
