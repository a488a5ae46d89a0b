//! A real broker, Mosquitto, on this machine only. Tests that need it say so where it is not installed.

use super::watched::{Running, until};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Mosquitto with what it must remember on the disk.
pub struct Broker {
    folder: tempfile::TempDir,
    pub port: u16,
    running: Option<Running>,
}

/// Files of a certificate authority, of the broker and of a client that it trusts.
pub struct Certificates {
    pub authority: PathBuf,
    pub server: (PathBuf, PathBuf),
    pub client: (PathBuf, PathBuf),
}

/// Where the program is; Debian has it where only root looks.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Says what is not tested, and why.
#[allow(clippy::print_stderr)]
pub fn left_out(why: &str) {
    eprintln!("LEFT OUT: {why}");
}

impl Broker {
    /// `None`, and a line that says so, where Mosquitto is not installed. `INGOT_NEEDS_MOSQUITTO` makes that a failure.
    pub fn start(settings: &str) -> Option<Self> {
        if program("mosquitto").is_none() || program("mosquitto_pub").is_none() {
            assert!(std::env::var_os("INGOT_NEEDS_MOSQUITTO").is_none(), "Mosquitto is not installed");
            left_out("mosquitto and mosquitto_pub are not installed, so nothing comes from a broker");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut broker = Self { folder: tempfile::tempdir().unwrap(), port, running: None };
        let mut text = format!("listener {port} 127.0.0.1\nmax_queued_messages 0\npersistence true\n");
        let _ = writeln!(
            text,
            "persistence_location {}/\nautosave_interval 1\nautosave_on_changes true",
            broker.folder.path().display()
        );
        // It does not become another user, who could not read these files.
        text.push_str("user root\n");
        text.push_str(if settings.is_empty() { "allow_anonymous true\n" } else { settings });
        std::fs::write(broker.folder.path().join("mosquitto.conf"), text).unwrap();
        broker.restart();
        Some(broker)
    }

    pub fn restart(&mut self) {
        let mut command = Command::new(program("mosquitto").unwrap());
        command.arg("-c").arg(self.folder.path().join("mosquitto.conf"));
        command.stdin(Stdio::null());
        self.running = Some(Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()));
        let port = self.port;
        until("the broker's start", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Ends it as an administrator does; it writes down what it must remember.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("TERM");
            let mut running = running;
            running.0.wait().unwrap();
        }
    }

    /// Publishes each line as a message of QoS 1, and waits until the broker has them.
    pub fn publish(&self, topic: &str, lines: &str, more: &[&str]) {
        let mut command = Command::new(program("mosquitto_pub").unwrap());
        command
            .args(["-h", "localhost", "-p", &self.port.to_string(), "-q", "1", "-t", topic, "-l"])
            .args(more);
        let mut publisher = command.stdin(Stdio::piped()).spawn().unwrap();
        publisher.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(publisher.wait().unwrap().success(), "nothing was published");
    }

    pub fn address(&self, topic: &str) -> String {
        format!("mqtt://localhost:{}/{topic}", self.port)
    }
}

impl Certificates {
    /// Made for this test. The broker's is for `localhost`.
    pub fn make(folder: &Path) -> Self {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(rcgen::DnType::CommonName, "an authority for this test");
        let key = KeyPair::generate().unwrap();
        let own = authority.self_signed(&key).unwrap();
        let issuer = Issuer::new(authority, key);
        let issue = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (
                write(&format!("{name}.pem"), certificate.pem()),
                write(&format!("{name}.key"), key.serialize_pem()),
            )
        };
        Self {
            authority: write("authority.pem", own.pem()),
            server: issue("localhost"),
            client: issue("reader"),
        }
    }
}
