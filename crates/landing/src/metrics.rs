//! Numbers in Prometheus' text format (<https://prometheus.io/docs/instrumenting/exposition_formats/>), as a file that is
//! replaced as a whole, and over HTTP.

use ingot_core::error::{Context as _, Error, Result};
use ingot_core::sync::lock;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tiny_http::{Header, Method, Response, Server};

/// What the format of the text is called in HTTP.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Counters and gauges by name and labels, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    families: BTreeMap<&'static str, Family>,
}

#[derive(Debug, Clone)]
struct Family {
    help: &'static str,
    kind: &'static str,
    /// By their labels as they are written: `{feed="orders"}`, or nothing.
    values: BTreeMap<String, f64>,
}

impl Metrics {
    /// Adds to a number that only grows.
    pub fn add(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], by: f64) {
        *self.value(name, help, "counter", labels) += by;
    }

    /// Sets a number that goes up and down.
    pub fn set(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], to: f64) {
        *self.value(name, help, "gauge", labels) = to;
    }

    fn value(
        &mut self,
        name: &'static str,
        help: &'static str,
        kind: &'static str,
        labels: &[(&str, &str)],
    ) -> &mut f64 {
        let family =
            self.families.entry(name).or_insert_with(|| Family { help, kind, values: BTreeMap::new() });
        family.values.entry(written(labels)).or_default()
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, family) in &self.families {
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {}", family.help, family.kind);
            for (labels, value) in &family.values {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }

    /// Writes them into a file, which who reads it sees as a whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        }
        let mut beside = file.as_os_str().to_owned();
        beside.push(".inprogress");
        std::fs::write(&beside, self.text()).or_cannot_at("write the file", Path::new(&beside))?;
        std::fs::rename(&beside, file).or_cannot_at("rename the file", Path::new(&beside))
    }
}

fn written(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Answers `GET /metrics` with the newest text, until it is dropped.
pub struct MetricsServer {
    server: Arc<Server>,
    text: Arc<Mutex<String>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl MetricsServer {
    /// # Errors
    /// The address cannot be listened on.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let server = Server::http(address).map_err(|error| {
            Error::new(format!("cannot listen on {address}: {error}")).hint("name an address that is free")
        })?;
        let (server, text) = (Arc::new(server), Arc::new(Mutex::new(String::new())));
        let (serving, shown) = (server.clone(), text.clone());
        let thread = std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || {
                while let Ok(request) = serving.recv() {
                    let is_asked = request.url().split('?').next() == Some("/metrics");
                    let response = match (request.method(), is_asked) {
                        (Method::Get, true) => Response::from_string(lock(&shown).clone()),
                        (_, true) => Response::from_string("only GET is answered\n").with_status_code(405),
                        _ => Response::from_string("see /metrics\n").with_status_code(404),
                    };
                    // The header is one of ours; who asked may be gone.
                    let header = Header::from_bytes("Content-Type", CONTENT_TYPE);
                    let _ = match header {
                        Ok(header) => request.respond(response.with_header(header)),
                        Err(()) => request.respond(response),
                    };
                }
            })
            .or_cannot("start a thread")?;
        Ok(Self { server, text, thread: Some(thread) })
    }

    pub fn address(&self) -> Option<SocketAddr> {
        self.server.server_addr().to_ip()
    }

    pub fn show(&self, metrics: &Metrics) {
        *lock(&self.text) = metrics.text();
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // A panic of it was shown when it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    #[test]
    fn the_text_is_that_of_prometheus() {
        let mut metrics = Metrics::default();
        metrics.set("up", "Whether it runs.", &[], 1.0);
        for _ in 0..2 {
            metrics.add("rows_total", "Rows.", &[("feed", "a\"b\\c")], 1500.0);
        }
        assert_eq!(
            metrics.text(),
            "# HELP rows_total Rows.\n# TYPE rows_total counter\nrows_total{feed=\"a\\\"b\\\\c\"} 3000\n\
             # HELP up Whether it runs.\n# TYPE up gauge\nup 1\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/metrics.prom");
        metrics.write(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), metrics.text());
    }

    #[test]
    fn it_is_served_at_one_address() {
        let server = MetricsServer::open(([127, 0, 0, 1], 0).into()).unwrap();
        let mut metrics = Metrics::default();
        metrics.set("up", "Whether it runs.", &[], 1.0);
        server.show(&metrics);
        let ask = |request: &str| {
            let mut stream = std::net::TcpStream::connect(server.address().unwrap()).unwrap();
            write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let answer = ask("GET /metrics");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("up 1\n"), "{answer}");
        assert!(answer.contains(CONTENT_TYPE), "{answer}");
        assert!(ask("GET /").starts_with("HTTP/1.1 404"));
        assert!(ask("DELETE /metrics").starts_with("HTTP/1.1 405"));
    }
}
