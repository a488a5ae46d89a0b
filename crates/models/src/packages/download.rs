//! Files from the web.

use ingot_core::error::{Context, Error, Kind, Result};
use std::time::Duration;

/// How often an answer that may be better the next time is asked for.
const ATTEMPTS: usize = 3;

/// What to do where there is no network.
pub(crate) const WITHOUT_A_NETWORK: &str = "packages that are in dbt_packages are used as they are and need no `deps`; without a network, copy the package there, or name a folder with `local: PATH`";

/// Asks for files, one after the other.
pub(crate) struct Downloads {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// Why there is no file.
enum Failure {
    /// It is not there, or may not be read: asking again does not help.
    Refused(String),
    Unreachable(reqwest::Error),
    Interrupted(reqwest::Error),
    Busy(String),
}

impl Downloads {
    /// # Errors
    /// The system refuses what connections need.
    pub(crate) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .or_cannot("prepare for downloads")?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("ingot/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| Error::new("cannot prepare for downloads").caused_by(error))?;
        Ok(Self { runtime, client })
    }

    /// The content of a file.
    ///
    /// # Errors
    /// It is not there, or there is no network.
    pub(crate) fn get(&self, address: &str) -> Result<Vec<u8>> {
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(Duration::from_secs(1));
            }
            match self.runtime.block_on(self.ask(address)) {
                Ok(content) => return Ok(content),
                Err(failure @ (Failure::Interrupted(_) | Failure::Busy(_))) => last = Some(failure),
                Err(failure) => return Err(error(address, failure)),
            }
        }
        Err(last.map_or_else(|| Error::defect("nothing was asked for"), |failure| error(address, failure)))
    }

    async fn ask(&self, address: &str) -> std::result::Result<Vec<u8>, Failure> {
        let sort = |error: reqwest::Error| match error {
            error if error.is_builder() => Failure::Refused(error.to_string()),
            error if error.is_connect() => Failure::Unreachable(error),
            error => Failure::Interrupted(error),
        };
        let answer = self.client.get(address).send().await.map_err(sort)?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(Failure::Busy(status.to_string()));
        }
        if !status.is_success() {
            return Err(Failure::Refused(status.to_string()));
        }
        Ok(answer.bytes().await.map_err(sort)?.to_vec())
    }
}

fn error(address: &str, failure: Failure) -> Error {
    let shown = crate::secrets::without_secrets(address);
    match failure {
        Failure::Refused(why) | Failure::Busy(why) => {
            Error::new(format!("cannot download {shown}: the answer is '{why}'"))
                .of_kind(Kind::Io(std::io::ErrorKind::Other))
                .hint("check the address, and that the package and its version are there")
        }
        Failure::Unreachable(error) => Error::new(format!("cannot reach {shown}"))
            .of_kind(Kind::Io(std::io::ErrorKind::NotConnected))
            .caused_by(error.without_url())
            .hint(WITHOUT_A_NETWORK),
        Failure::Interrupted(error) => Error::new(format!("the download of {shown} was interrupted"))
            .of_kind(Kind::Io(std::io::ErrorKind::ConnectionAborted))
            .caused_by(error.without_url())
            .hint(WITHOUT_A_NETWORK),
    }
}
