//! Which files are complete and due.
//!
//! `inbox` puts the parts together: `notices` of the file system (or none, then it lists the folder again and again),
//! `arrivals`, which tells complete files from those that are being written by their `signature`, and `cadences`.

mod arrivals;
mod cadences;
mod inbox;
mod notices;
mod remote_folder;
mod signature;

pub use arrivals::Arrival;
pub use cadences::Cadences;
pub use inbox::{Inbox, InboxOptions};
