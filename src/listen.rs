//! `ingot listen`: a receiver that writes files of one feed into the raw folder.

use ingot_bronze::{LoadOptions, contracts_to_load};
use ingot_core::error::{Context as _, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::Reporter;
use ingot_landing::{
    HttpOptions, HttpReceiver, MqttOptions, MqttReceiver, Place, Rotation, ServiceState, Spool,
    tell_service_manager,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What to receive, and where to write it.
#[derive(Clone)]
pub struct ListenOptions {
    pub raw: PathBuf,
    /// The folder of the contracts.
    pub schemas: PathBuf,
    pub table: String,
    /// Values of names in the path of the feed's files.
    pub given: BTreeMap<String, String>,
    pub rotation: Rotation,
    pub source: Source,
}

/// Where messages come from.
#[derive(Clone)]
pub enum Source {
    Mqtt(Box<MqttOptions>),
    Http(HttpOptions),
}

/// Receives until it is told to stop.
///
/// # Errors
/// There is no such feed, its files are not JSON lines, the raw folder cannot be written, an address is taken or a certificate
/// cannot be read. A broker that is not there is waited for.
pub fn listen(options: ListenOptions, stop: &Interrupt, reporter: Arc<dyn Reporter>) -> Result<()> {
    let load = LoadOptions {
        tables: vec![options.table.clone()],
        ..LoadOptions::new(options.raw.clone(), PathBuf::new(), PathBuf::new(), options.schemas.clone())
    };
    let contract = contracts_to_load(&load, reporter.as_ref())?.remove(0);
    let place = Place::of(&contract, options.given)?;
    std::fs::create_dir_all(&options.raw).or_cannot_at("create the folder", &options.raw)?;
    let spool = Spool::open(&options.raw, place, options.rotation)?;
    let ended = match options.source {
        Source::Mqtt(mqtt) => {
            let receiver = MqttReceiver::new(&mqtt, spool)?;
            reporter.info(format!("listening for {} at {}", mqtt.address.topic, mqtt.address.host));
            tell_service_manager(ServiceState::Ready);
            receiver.run(stop, reporter)
        }
        Source::Http(http) => {
            let receiver = HttpReceiver::open(http, spool)?;
            reporter.info(format!("listening at http://{}", receiver.address()));
            tell_service_manager(ServiceState::Ready);
            receiver.run(stop, reporter.as_ref())
        }
    };
    tell_service_manager(ServiceState::Stopping);
    ended
}
