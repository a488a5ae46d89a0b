//! A way back for rejected rows: corrected in their reject file, or unchanged under a newer contract, they are loaded after
//! all, once and only once.
//!
//! The Parquet file of a commit's rejects says which rows are open; the CSV beside it is the one that people edit. One
//! commit of the table loads the rows that are good now and remembers which they were; then what is left replaces the
//! reject files, with its new reasons. The order and what a kill leaves are those of every load: `commit::publish`. The
//! rows as they came stay in `replayed/`.
//!
//! `open_rows` reads the rejects and their corrections, `attempt` reads each under today's contract, `newer_deliveries`
//! finds those that come too late, and `replay_table` does it all in order.

mod attempt;
mod newer_deliveries;
mod open_rows;
mod replay_table;
mod summary;

pub use replay_table::replay;
pub use summary::{ReplaySummary, ReplayedFile};
