//! Receivers: what comes from a broker or over HTTP becomes JSONL files in the raw folder.
//!
//! ```text
//! mqtt   messages of a topic ─┐
//!                             ├─► line ─► spool ─► files of the feed at their `place`
//! http   bodies of requests  ─┘             │
//!        ◄── acknowledged ── on the disk ◄──┘
//! ```
//!
//! A message is acknowledged when it is on the disk, so nothing is lost. One that was written and whose acknowledgement did
//! not arrive comes again, and is twice in the raw files: the contract's key tells it, as docs/guide/as-files-land.md says.

mod broker;
mod http;
mod line;
mod mqtt;
mod place;
mod spool;

pub use broker::{BrokerAddress, Credentials, TlsFiles};
pub use http::{HttpOptions, HttpReceiver};
pub use mqtt::{MqttOptions, MqttReceiver};
pub use place::Place;
pub use spool::{Rotation, Spool};
