//! How to open a session on a Spark server.

use ingot_spark::Address;
use std::time::Duration;

/// Everything that a dbt profile of type spark says of the connection.
#[derive(Debug, Clone)]
pub struct SparkOptions {
    pub address: Address,
    /// Settings of the session (`server_side_parameters` of a profile).
    pub settings: Vec<(String, String)>,
    /// How long one try to connect may take.
    pub connect_timeout: Duration,
    /// How many more tries follow one that fails.
    pub connect_retries: u32,
}

impl SparkOptions {
    /// As dbt-spark has it: ten seconds, and no second try.
    pub fn new(address: Address) -> Self {
        Self { address, settings: Vec::new(), connect_timeout: Duration::from_secs(10), connect_retries: 0 }
    }

    /// The settings of the session: those of a profile over what every session gets.
    ///
    /// Times are shown and read in UTC, wherever the server is. ANSI mode is off, as dbt-spark has it off for every
    /// connection (`SparkCredentials`, `connections.py`), because its macros were written for that.
    pub(super) fn all_settings(&self) -> Vec<(String, String)> {
        let given = |key: &str| self.settings.iter().any(|(given, _)| given == key);
        let ours = [("spark.sql.session.timeZone", "UTC"), ("spark.sql.ansi.enabled", "false")];
        let ours = ours.into_iter().filter(|(key, _)| !given(key));
        ours.map(|(key, value)| (key.to_owned(), value.to_owned())).chain(self.settings.clone()).collect()
    }
}
