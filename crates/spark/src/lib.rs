//! A client of [Spark Connect](https://spark.apache.org/docs/latest/spark-connect-overview.html): SQL to a server that speaks
//! it (Apache Spark 3.4 and later, Sail), Arrow batches back.
//!
//! ```text
//! address    sc://host:port/;key=value
//! client     a session on a server: connects, sets it up, runs statements, releases it
//!   operation  one statement, through connections that break: attaches again, never sends it a second time
//!   answer     the rows, as Arrow batches
//!   stop       stops a statement from another thread
//! failure    why a statement did not end well
//! protocol   the messages
//! statements several statements in one text
//! ```
//!
//! It knows nothing of dbt, and of nothing else of this workspace.

mod address;
mod answer;
mod calls;
mod client;
mod failure;
mod operation;
mod protocol;
mod statements;
mod stop;

pub use address::{Address, AddressError, DEFAULT_PORT};
pub use answer::Answer;
pub use client::{Client, ConnectOptions};
pub use failure::{Failure, StatementFailure};
pub use statements::split;
pub use stop::Stop;
