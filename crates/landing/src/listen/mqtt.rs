//! Messages of a broker: written to the disk in batches, then acknowledged.
//!
//! A thread of its own holds the connection and hands messages on through a queue of bounded length. The queue is full when
//! the disk is slow; then nothing is read from the network, and the broker keeps what is not acknowledged.

use super::broker::{BrokerAddress, Credentials, TlsFiles};
use super::line::as_line;
use super::spool::Spool;
use ingot_core::error::{Context as _, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Reporter, bytes, counted};
use rumqttc::{
    Client, Connection, ConnectionError, Event, MqttOptions as Settings, Packet, Publish, QoS,
    TlsConfiguration, Transport,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Messages that wait for the disk.
const QUEUE: usize = 10_000;
/// Acknowledgements that wait for the network: more than MQTT has numbers for messages, so that they never do.
const ACKNOWLEDGEMENTS: usize = 70_000;
/// Bytes that are brought to the disk at once, about.
const BATCH: usize = 4 << 20;
/// The largest message of MQTT.
const LARGEST: usize = 268_435_455;
const TICK: Duration = Duration::from_millis(100);
/// How often it is told how much has come.
const NEWS: Duration = Duration::from_secs(60);
/// Seconds between attempts to connect.
const WAITS: [u64; 5] = [0, 1, 2, 5, 10];
/// Between attempts to bring messages to a disk that does not take them.
const DISK_WAIT: Duration = Duration::from_secs(1);

/// What to receive from where.
#[derive(Clone)]
pub struct MqttOptions {
    pub address: BrokerAddress,
    pub credentials: Option<Credentials>,
    pub tls: TlsFiles,
    /// By this name the broker knows what was not acknowledged when the connection ended. No two clients have the same.
    pub client_id: String,
    /// Receivers of one group share the messages.
    pub group: Option<String>,
}

/// A receiver that is ready to connect.
pub struct MqttReceiver {
    settings: Settings,
    filter: String,
    spool: Spool,
}

/// A message, and the connection that it came by.
type Received = (Publish, u64);

impl MqttReceiver {
    /// # Errors
    /// Files of certificates cannot be read.
    pub fn new(options: &MqttOptions, spool: Spool) -> Result<Self> {
        let address = &options.address;
        let mut settings = Settings::new(&options.client_id, &address.host, address.port);
        // The broker keeps what comes while we are away.
        settings.set_clean_session(false);
        settings.set_manual_acks(true);
        settings.set_keep_alive(Duration::from_secs(20));
        settings.set_max_packet_size(LARGEST, 1 << 20);
        settings.set_request_channel_capacity(ACKNOWLEDGEMENTS);
        if let Some(credentials) = &options.credentials {
            settings.set_credentials(&credentials.user, &credentials.password);
        }
        if address.is_encrypted {
            let config = Arc::new(options.tls.config()?);
            settings.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(config)));
        }
        let filter = match &options.group {
            Some(group) => format!("$share/{group}/{}", address.topic),
            None => address.topic.clone(),
        };
        Ok(Self { settings, filter, spool })
    }

    /// Receives until it is told to stop. What was written by then is ended and in its place.
    ///
    /// # Errors
    /// The disk does not take what came, and it is told to stop; or a file cannot be ended.
    pub fn run(mut self, stop: &Interrupt, reporter: Arc<dyn Reporter>) -> Result<()> {
        let (client, connection) = Client::new(self.settings.clone(), ACKNOWLEDGEMENTS);
        let (sender, received) = sync_channel(QUEUE);
        let epoch = Arc::new(AtomicU64::new(0));
        let line = Line {
            client: client.clone(),
            filter: self.filter.clone(),
            epoch: epoch.clone(),
            stop: stop.clone(),
            reporter: reporter.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("mqtt".to_owned())
            .spawn(move || line.hold(connection, &sender))
            .or_cannot("start a thread")?;
        let written = self.write(&received, &client, &epoch, stop, reporter.as_ref());
        // Whatever waits was not acknowledged, and comes again.
        drop(received);
        let _ = client.try_disconnect();
        let since = Instant::now();
        // An attempt to connect may take longer; it ends with the process.
        while !thread.is_finished() && since.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(10));
        }
        written.and_then(|()| self.spool.end())
    }

    fn write(
        &mut self,
        received: &Receiver<Received>,
        client: &Client,
        epoch: &AtomicU64,
        stop: &Interrupt,
        reporter: &dyn Reporter,
    ) -> Result<()> {
        let mut news = News::new();
        let mut batch: Vec<Received> = Vec::new();
        while !stop.is_set() {
            let wait = self.spool.rest().map_or(TICK, |rest| rest.min(TICK));
            match received.recv_timeout(wait) {
                Ok(first) => batch.push(first),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let Some((first, _)) = batch.first() {
                self.spool.add_message(first);
                while self.spool.pending() < BATCH {
                    let Ok(next) = received.try_recv() else { break };
                    self.spool.add_message(&next.0);
                    batch.push(next);
                }
                self.bring_to_disk(stop, reporter)?;
                for (message, of) in batch.drain(..) {
                    news.count(&message);
                    // A message of an earlier connection comes again, under a number that may be another message's now.
                    if epoch.load(Ordering::SeqCst) == of {
                        let _ = client.ack(&message);
                    }
                }
            }
            match self.spool.rotate() {
                Ok(ended) => news.files += u64::from(ended),
                Err(error) => {
                    reporter.error(&error);
                    std::thread::sleep(DISK_WAIT);
                }
            }
            news.tell(reporter);
        }
        Ok(())
    }

    /// Tries until the disk takes it.
    fn bring_to_disk(&mut self, stop: &Interrupt, reporter: &dyn Reporter) -> Result<()> {
        let mut is_told = false;
        while let Err(error) = self.spool.sync() {
            if stop.is_set() {
                return Err(error);
            }
            if !is_told {
                reporter.error(&error);
                reporter.warn("messages are not acknowledged until they can be written".to_owned());
                is_told = true;
            }
            std::thread::sleep(DISK_WAIT);
        }
        if is_told {
            reporter.info("messages can be written again".to_owned());
        }
        Ok(())
    }
}

impl Spool {
    fn add_message(&mut self, message: &Publish) {
        if let Some(line) = as_line(&message.payload) {
            self.add(&line);
        }
    }
}

/// What the thread of the connection needs.
struct Line {
    client: Client,
    filter: String,
    /// The number of the connection.
    epoch: Arc<AtomicU64>,
    stop: Interrupt,
    reporter: Arc<dyn Reporter>,
}

impl Line {
    /// Holds the connection, and makes it again when it breaks.
    fn hold(&self, mut connection: Connection, sender: &SyncSender<Received>) {
        let (mut failures, mut was_connected) = (0, false);
        while !self.stop.is_set() {
            match connection.recv() {
                Ok(Ok(Event::Incoming(Packet::ConnAck(answer)))) => {
                    (failures, was_connected) = (0, true);
                    let kept = if answer.session_present { ", which kept our messages" } else { "" };
                    self.reporter.info(format!("connected to the broker{kept}; topic {}", self.filter));
                    // Again even if the broker knows it: another topic may be asked for than last time.
                    let _ = self.client.try_subscribe(&self.filter, QoS::AtLeastOnce);
                }
                Ok(Ok(Event::Incoming(Packet::SubAck(answer)))) => self.check(&answer),
                Ok(Ok(Event::Incoming(Packet::Publish(message)))) => {
                    let epoch = self.epoch.load(Ordering::SeqCst);
                    if sender.send((message, epoch)).is_err() {
                        return;
                    }
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    self.epoch.fetch_add(1, Ordering::SeqCst);
                    if failures == 0 {
                        self.tell(&error, was_connected);
                    }
                    was_connected = false;
                    std::thread::sleep(Duration::from_secs(WAITS[failures.min(WAITS.len() - 1)]));
                    failures += 1;
                }
                Err(_) => return,
            }
        }
    }

    fn check(&self, answer: &rumqttc::SubAck) {
        use rumqttc::SubscribeReasonCode::{Failure, Success};
        for code in &answer.return_codes {
            match code {
                Failure => self.reporter.warn(format!(
                    "the broker refuses the topic {}: it may not be allowed for this user",
                    self.filter
                )),
                Success(QoS::AtMostOnce) => self.reporter.warn(format!(
                    "the broker grants {} without acknowledgements (QoS 0): what comes while we are away is lost",
                    self.filter
                )),
                Success(_) => {}
            }
        }
    }

    /// The first failure of a row is told.
    fn tell(&self, error: &ConnectionError, was_connected: bool) {
        if !self.stop.is_set() {
            let what = if was_connected {
                "the connection to the broker is lost"
            } else {
                "cannot connect to the broker"
            };
            self.reporter.warn(format!("{what}, and it is tried again: {error}"));
        }
    }
}

/// What has come since it was told last.
struct News {
    since: Instant,
    messages: u64,
    bytes: u64,
    files: u64,
}

impl News {
    fn new() -> Self {
        Self { since: Instant::now(), messages: 0, bytes: 0, files: 0 }
    }

    fn count(&mut self, message: &Publish) {
        self.messages += 1;
        self.bytes += message.payload.len() as u64;
    }

    fn tell(&mut self, reporter: &dyn Reporter) {
        if self.since.elapsed() < NEWS {
            return;
        }
        if self.messages > 0 {
            reporter.info(format!(
                "{} ({}) in {}",
                counted(self.messages, "message"),
                bytes(self.bytes),
                counted(self.files, "file")
            ));
        }
        *self = Self::new();
    }
}
