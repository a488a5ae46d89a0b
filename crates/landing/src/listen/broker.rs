//! Where a broker is, who we are to it, and how it proves who it is.

use ingot_core::error::{Context as _, Error, Result};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `mqtt://host:port/topic`, or `mqtts://` with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    pub host: String,
    pub port: u16,
    pub topic: String,
    pub is_encrypted: bool,
    /// The user in front of the host.
    pub user: Option<String>,
}

/// A user and a password.
#[derive(Clone)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

/// Files in PEM with what TLS needs beside the certificates of the system.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Certificates of those who vouch for the broker, in place of the system's.
    pub authorities: Option<PathBuf>,
    /// Our own certificate and its key, for brokers that ask for one.
    pub own: Option<(PathBuf, PathBuf)>,
}

impl BrokerAddress {
    /// # Errors
    /// It is not such an address.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::new(format!("'{text}' is not the address of a broker and a topic: {why}"))
                .hint("write mqtt://HOST/TOPIC, or mqtts://HOST:PORT/TOPIC for a broker with TLS")
        };
        let (is_encrypted, rest) = match (text.strip_prefix("mqtt://"), text.strip_prefix("mqtts://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return Err(wrong("it does not begin with mqtt:// or mqtts://")),
        };
        // Slashes, `#` and `+` after the first slash belong to the topic.
        let (place, topic) = rest.split_once('/').ok_or_else(|| wrong("there is no topic"))?;
        let (user, place) = match place.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => {
                return Err(Error::new("a password does not belong into the address: others can see it")
                    .hint("put it into a file for --password-file, or into INGOT_LISTEN_PASSWORD"));
            }
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, place),
        };
        let usual = if is_encrypted { 8883 } else { 1883 };
        // The colons of an address of version 6 are inside brackets.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                (host, port.parse().map_err(|_| wrong("the port is not a number"))?)
            }
            _ => (place, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(wrong("there is no host"));
        }
        check_topic(topic).map_err(wrong)?;
        Ok(Self { host, port, topic: topic.to_owned(), is_encrypted, user })
    }
}

/// MQTT 3.1.1, section 4.7.1: `#` is the last level, and it and `+` are levels of their own.
fn check_topic(topic: &str) -> Result<(), &'static str> {
    if topic.is_empty() {
        return Err("there is no topic");
    }
    let levels: Vec<&str> = topic.split('/').collect();
    for (index, level) in levels.iter().enumerate() {
        if level.len() > 1 && level.contains(['+', '#']) {
            return Err("+ and # stand for whole levels of a topic");
        }
        if *level == "#" && index + 1 < levels.len() {
            return Err("# is the last level of a topic");
        }
    }
    Ok(())
}

impl TlsFiles {
    /// # Errors
    /// A file cannot be read, or there is nothing in it.
    pub(super) fn config(&self) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            Some(file) => {
                for certificate in certificates(file)? {
                    roots.add(certificate).or_cannot_at("use the certificate", file)?;
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(found.certs);
            }
        }
        if roots.is_empty() {
            return Err(Error::new("there are no certificates of authorities on this system")
                .hint("name a file with that of your broker with --ca"));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .or_cannot("prepare TLS")?
            .with_root_certificates(roots);
        match &self.own {
            None => Ok(config.with_no_client_auth()),
            Some((certificate, key)) => {
                let own = PrivateKeyDer::from_pem_file(key).or_cannot_at("read the key", key)?;
                config.with_client_auth_cert(certificates(certificate)?, own).or_cannot_at("use the key", key)
            }
        }
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.or_cannot_at("read the certificates", file)?;
    if found.is_empty() {
        return Err(Error::new("there is no certificate in the file").at(file).hint("it must be in PEM"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |text: &str| {
            let found = BrokerAddress::parse(text).unwrap();
            (found.host, found.port, found.topic, found.is_encrypted, found.user)
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(read("mqtt://broker/a"), (text("broker"), 1883, text("a"), false, None));
        assert_eq!(
            read("mqtts://reader@broker:8884/plant/+/readings/#"),
            (text("broker"), 8884, text("plant/+/readings/#"), true, Some(text("reader")))
        );
        assert_eq!(read("mqtt://[::1]:1884//a"), (text("::1"), 1884, text("/a"), false, None));
        assert_eq!(read("mqtt://[::1]/a"), (text("::1"), 1883, text("a"), false, None));
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (address, why) in [
            ("http://broker/a", "begin with"),
            ("mqtt://broker", "no topic"),
            ("mqtt://broker/", "no topic"),
            ("mqtt:///a", "no host"),
            ("mqtt://broker:many/a", "port"),
            ("mqtt://broker/a/#/b", "last level"),
            ("mqtt://broker/a+", "whole levels"),
            ("mqtt://me:secret@broker/a", "--password-file"),
        ] {
            let error = BrokerAddress::parse(address).unwrap_err();
            let shown = error.with_hint().to_string();
            assert!(shown.contains(why) && !shown.contains("secret"), "{address}: {shown}");
        }
    }

    #[test]
    fn files_without_certificates_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "not a certificate\n").unwrap();
        let files = TlsFiles { authorities: Some(file), own: None };
        assert!(files.config().unwrap_err().message().contains("no certificate"));
        let files = TlsFiles { authorities: Some(folder.path().join("none.pem")), own: None };
        assert!(files.config().unwrap_err().message().contains("cannot read"));
    }
}
