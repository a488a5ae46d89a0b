//! An open session on a server, which all threads of a run share.

use super::error_parts::to_error;
use super::options::SparkOptions;
use super::session::SparkSession;
use crate::{Dialect, Engine, Session};
use ingot_core::error::Result;
use ingot_spark::{Client, ConnectOptions, Stop};
use std::sync::Arc;
use std::time::Duration;

/// For how long a connection that broke is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session on a Spark server.
///
/// The sessions of this engine are one session of Spark, because temporary views belong to a session, and on servers
/// with a catalog in memory (Sail) so do tables.
pub struct Spark {
    client: Arc<Client>,
    address: Arc<str>,
}

impl Spark {
    /// Connects, and opens the session.
    ///
    /// # Errors
    /// The server cannot be reached, denies access, or refuses a setting.
    pub fn open(options: &SparkOptions) -> Result<Self> {
        let address: Arc<str> = options.address.to_string().into();
        let client = Client::connect(&ConnectOptions {
            address: options.address.clone(),
            settings: options.all_settings(),
            connect_timeout: options.connect_timeout,
            connect_retries: options.connect_retries,
            patience: PATIENCE,
        })
        .map_err(|failure| to_error(failure, &address, "", 0))?;
        Ok(Self { client: Arc::new(client), address })
    }
}

impl Engine for Spark {
    fn session(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(SparkSession {
            client: self.client.clone(),
            address: self.address.clone(),
            stop: Stop::default(),
        }))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Spark
    }
}
