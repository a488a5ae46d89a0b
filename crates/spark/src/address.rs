//! The address of a server, as every client of Spark Connect writes it: `sc://host:port/;key=value;key=value`.
//!
//! The form is that of Spark Connect's client connection strings, described under `connector/connect/docs` in Apache Spark.

use std::fmt;

/// The port where nothing else is said.
pub const DEFAULT_PORT: u16 = 15002;

/// Where a server is, and how a client presents itself there.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub host: String,
    pub port: u16,
    /// The connection is encrypted, and the certificate must be one that the system trusts.
    pub use_ssl: bool,
    /// Sent as `authorization: Bearer …`.
    pub token: Option<String>,
    pub user_id: Option<String>,
    /// A session to go on with, a UUID. It is not released at the end, so that what it holds (a catalog in memory,
    /// temporary views) is there for those who name it again.
    pub session_id: Option<String>,
    /// Further headers of every request: all keys that have no meaning of their own.
    pub headers: Vec<(String, String)>,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError(String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AddressError {}

impl Address {
    /// Reads `sc://host:port/;key=value`. Values are percent-decoded.
    ///
    /// # Errors
    /// The text is not of this form; the message says which part of it is not. It never shows a token.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |what: String| Err(AddressError(what));
        let Some(rest) = text.trim().strip_prefix("sc://") else {
            return wrong("the address of a Spark Connect server begins with 'sc://'".to_owned());
        };
        let (place, parameters) = match rest.split_once('/') {
            None => (rest, ""),
            Some((place, path)) => match path.strip_prefix(';') {
                Some(parameters) => (place, parameters),
                None if path.is_empty() => (place, ""),
                None => return wrong(format!("'/{path}' in an address must be '/;key=value'")),
            },
        };
        let (host, port) = split_port(place)?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '@' || c == ';') {
            return wrong(format!("'{host}' is not the name of a host"));
        }
        let mut address = Self {
            host: host.to_owned(),
            port,
            use_ssl: false,
            token: None,
            user_id: None,
            session_id: None,
            headers: Vec::new(),
        };
        let mut said_ssl = None;
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let Some((key, value)) = parameter.split_once('=') else {
                return wrong(format!("'{parameter}' in an address must be 'key=value'"));
            };
            let value = percent_decoded(value)
                .ok_or_else(|| AddressError(format!("the value of '{key}' is not percent-encoded text")))?;
            match key {
                "use_ssl" => match value.to_ascii_lowercase().as_str() {
                    "true" => said_ssl = Some(true),
                    "false" => said_ssl = Some(false),
                    _ => return wrong(format!("use_ssl must be true or false, not '{value}'")),
                },
                "token" => address.token = Some(value),
                "user_id" => address.user_id = Some(value),
                "session_id" => match uuid::Uuid::parse_str(&value) {
                    Ok(id) => address.session_id = Some(id.to_string()),
                    Err(_) => return wrong(format!("session_id must be a UUID, not '{value}'")),
                },
                // It says which program speaks, and that is this one.
                "user_agent" => {}
                _ => address.headers.push((key.to_ascii_lowercase(), value)),
            }
        }
        address.use_ssl = said_ssl.unwrap_or_else(|| address.needs_ssl());
        if !address.use_ssl && address.needs_ssl() {
            return wrong("a token is sent over an encrypted connection only: set use_ssl=true".to_owned());
        }
        Ok(address)
    }

    /// Whether what is sent must not be read by others: a token, unless it stays on this machine.
    pub fn needs_ssl(&self) -> bool {
        let is_here = matches!(self.host.as_str(), "localhost" | "[::1]") || self.host.starts_with("127.");
        self.token.is_some() && !is_here
    }
}

/// `host:port`, without what is secret.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Host and port; an address of IPv6 is in brackets, which stay.
fn split_port(place: &str) -> Result<(&str, u16), AddressError> {
    let after_bracket = place.rfind(']').map_or(0, |at| at + 1);
    match place[after_bracket..].rfind(':') {
        None => Ok((place, DEFAULT_PORT)),
        Some(at) => {
            let port = &place[after_bracket + at + 1..];
            match port.parse() {
                Ok(port) if port != 0 => Ok((&place[..after_bracket + at], port)),
                _ => Err(AddressError(format!("'{port}' is not a port: it must be from 1 to 65535"))),
            }
        }
    }
}

/// `%20` and the like as what they stand for; `None` if that is not text.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Address::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn an_address_has_a_host_a_port_and_parameters() {
        let plain = Address::parse("sc://localhost").unwrap();
        assert_eq!((plain.host.as_str(), plain.port, plain.use_ssl), ("localhost", 15002, false));
        assert_eq!(Address::parse("sc://[::1]:7/").unwrap().host, "[::1]");
        let full = "sc://h.example:443/;use_ssl=true;token=a%20b;user_id=me;x-Databricks-Cluster-Id=1-2;\
                    session_id=0E1F8A0C-1111-4222-8333-444455556666";
        let full = Address::parse(full).unwrap();
        assert_eq!((full.port, full.use_ssl, full.token.as_deref()), (443, true, Some("a b")));
        assert_eq!(full.headers, [("x-databricks-cluster-id".to_owned(), "1-2".to_owned())]);
        assert_eq!(full.session_id.as_deref(), Some("0e1f8a0c-1111-4222-8333-444455556666"));
    }

    #[test]
    fn a_token_leaves_this_machine_only_encrypted() {
        assert!(Address::parse("sc://spark.example/;token=t").unwrap().use_ssl);
        assert!(!Address::parse("sc://127.0.0.1/;token=t").unwrap().use_ssl);
        assert!(wrong("sc://spark.example/;token=t;use_ssl=false").contains("use_ssl=true"));
    }

    #[test]
    fn what_is_not_an_address_is_refused_with_the_part_that_is_wrong() {
        for (text, part) in [
            ("http://h", "sc://"),
            ("sc://h:x", "'x' is not a port"),
            ("sc://h:0", "'0' is not a port"),
            ("sc://", "'' is not the name of a host"),
            ("sc://h/path", "'/path'"),
            ("sc://h/;use_ssl", "'use_ssl'"),
            ("sc://h/;use_ssl=yes", "'yes'"),
            ("sc://h/;session_id=7", "'7'"),
            ("sc://h/;token=%zz", "'token'"),
        ] {
            assert!(wrong(text).contains(part), "{text}: {}", wrong(text));
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let address = Address::parse("sc://h/;token=secret").unwrap();
        assert_eq!(format!("{address} {address:?}"), "sc://h:15002 sc://h:15002");
    }
}
