//! Data as it lands: `ingot watch` and `ingot listen`, with real files, real kills and a real broker.

mod broker;
mod listen_http;
mod listen_mqtt;
mod reach;
mod watch;
mod watched;
