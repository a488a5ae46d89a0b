//! `ingot listen`.

use super::duration::duration;
use super::exit::Exit;
use super::global::Global;
use crate::listen::{ListenOptions, Source, listen};
use ingot_core::error::{Context as _, Error, Result};
use ingot_govern::host_name;
use ingot_landing::{BrokerAddress, Credentials, HttpOptions, MqttOptions, Rotation, TlsFiles};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where HTTP listens if no address is given.
const ADDRESS: &str = "127.0.0.1:8470";

/// Write what comes from an MQTT broker or over HTTP as raw files
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each message, and each line of a request, becomes a line of JSON in a file of the feed, which `ingot watch` takes. \
                  It is acknowledged once it is on the disk: nothing is lost, and what is sent again is told by the feed's key.\n\n\
                  For example:\n  \
                  ingot listen mqtts://reader@broker/plant/+/readings --table readings --password-file secret\n  \
                  ingot listen http --table readings"
)]
pub(super) struct Arguments {
    /// mqtt://[USER@]HOST[:PORT]/TOPIC, mqtts://... with TLS, or http[://ADDRESS] [default address: 127.0.0.1:8470]
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Feed that the lines belong to
    #[arg(long = "table", value_name = "FEED")]
    table: String,
    /// Folder of raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    /// Value of a name in the path of the feed's files; may be repeated. Dates are today's in UTC
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    given: Vec<(String, String)>,
    /// End a file after this long
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    rotate_every: Duration,
    /// End a file of this many bytes
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = size)]
    rotate_at: u64,
    /// MQTT: file with the password of the user [default: the variable INGOT_LISTEN_PASSWORD]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// MQTT: file with the certificates that vouch for the broker [default: those of the system]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// MQTT: file with our own certificate, for brokers that ask for one
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// MQTT: file with the key of our own certificate
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// MQTT: name by which the broker knows this receiver, and no other [default: ingot-FEED-HOST]
    #[arg(long, value_name = "NAME")]
    client_id: Option<String>,
    /// MQTT: share the messages with the other receivers of this group
    #[arg(long, value_name = "GROUP", requires = "client_id")]
    group: Option<String>,
    /// HTTP: file with the token of `Authorization: Bearer TOKEN` [default: the variable INGOT_LISTEN_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// HTTP: largest body of a request
    #[arg(long, value_name = "SIZE", default_value = "16MB", value_parser = size)]
    largest_body: u64,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let source = match arguments.source.strip_prefix("http") {
        Some(rest) if rest.is_empty() || rest.starts_with("://") => Source::Http(http(arguments, rest)?),
        _ => Source::Mqtt(Box::new(mqtt(arguments)?)),
    };
    let options = ListenOptions {
        raw: arguments.raw.clone().unwrap_or_else(|| project.data_raw()),
        schemas: project.schemas(),
        table: arguments.table.clone(),
        given: arguments.given.iter().cloned().collect::<BTreeMap<_, _>>(),
        rotation: Rotation { bytes: arguments.rotate_at, age: arguments.rotate_every },
        source,
    };
    listen(options, &global.interrupt(), global.reporter().into())?;
    Ok(Exit::Success)
}

fn mqtt(arguments: &Arguments) -> Result<MqttOptions> {
    let address = BrokerAddress::parse(&arguments.source)?;
    let password = secret(arguments.password_file.as_deref(), "INGOT_LISTEN_PASSWORD")?;
    let credentials = match (&address.user, password) {
        (Some(user), password) => {
            Some(Credentials { user: user.clone(), password: password.unwrap_or_default() })
        }
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Error::new("there is a password, and no user")
                .hint("write the user into the address: mqtt://USER@HOST/TOPIC"));
        }
    };
    if !address.is_encrypted && (arguments.ca.is_some() || arguments.cert.is_some()) {
        return Err(Error::new("there are certificates, and the address is without TLS")
            .hint("write mqtts:// in place of mqtt://"));
    }
    let own = arguments.cert.clone().zip(arguments.key.clone());
    Ok(MqttOptions {
        address,
        credentials,
        tls: TlsFiles { authorities: arguments.ca.clone(), own },
        client_id: arguments
            .client_id
            .clone()
            .unwrap_or_else(|| format!("ingot-{}-{}", arguments.table, host_name())),
        group: arguments.group.clone(),
    })
}

fn http(arguments: &Arguments, rest: &str) -> Result<HttpOptions> {
    let address = rest.trim_start_matches("://").trim_end_matches('/');
    let address = if address.is_empty() { ADDRESS } else { address };
    let address: SocketAddr = address.parse().map_err(|_| {
        Error::new(format!("'{address}' is not an address to listen on"))
            .hint("write an IP address and a port, for example http://127.0.0.1:8470")
    })?;
    let token = secret(arguments.token_file.as_deref(), "INGOT_LISTEN_TOKEN")?;
    Ok(HttpOptions { address, token, largest: arguments.largest_body })
}

/// What is in the file, or in the variable. It is no argument, because others can see the arguments of a process.
fn secret(file: Option<&Path>, variable: &str) -> Result<Option<String>> {
    let Some(file) = file else { return Ok(std::env::var(variable).ok().filter(|text| !text.is_empty())) };
    let text = std::fs::read_to_string(file).or_cannot_at("read the file", file)?;
    match text.trim() {
        "" => Err(Error::new("there is nothing in the file").at(file)),
        text => Ok(Some(text.to_owned())),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// A number of bytes: `64MB`, `512kB`, `1000`.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || "must be a number of bytes such as 64MB, 512kB or 1000".to_owned();
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in
            [("64MB", 64_000_000), ("512 kB", 512_000), ("1000", 1000), ("1gb", 1_000_000_000)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "0", "-1", "many", "1XB", "99999999999GB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
