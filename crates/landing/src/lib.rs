//! Data as it lands: which files in the raw folder are complete and due, and receivers that write such files.
//!
//! ```text
//! watch/    notices of the file system ─► arrivals (complete? changed since?) ─► those that are due by their cadence
//! listen/   messages of a broker or over HTTP ─► files in the raw folder, acknowledged once they are on the disk
//! metrics        numbers in Prometheus' text format, as a file and over HTTP
//! rotating_log   a log of bounded size
//! systemd        what a service manager is told
//! ```
//!
//! Nothing here loads or runs anything: `ingot watch` puts the parts together with bronze and the models (`src/watch`).
//! docs/guide/as-files-land.md tells users about it.

mod listen;
mod metrics;
mod rotating_log;
mod systemd;
mod watch;

pub use listen::{
    BrokerAddress, Credentials, HttpOptions, HttpReceiver, MqttOptions, MqttReceiver, Place, Rotation, Spool,
    TlsFiles,
};
pub use metrics::{Metrics, MetricsServer};
pub use rotating_log::RotatingLog;
pub use systemd::{ServiceState, tell_service_manager};
pub use watch::{Arrival, Cadences, Inbox, InboxOptions};
