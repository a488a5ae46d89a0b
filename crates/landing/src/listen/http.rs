//! JSON lines over HTTP: `POST` them, and the answer is 204 once they are on the disk.
//!
//! Some threads read requests; one writes what they bring and answers all that it has written at once.

use super::line::{as_line, lines};
use super::spool::Spool;
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::report::Reporter;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use tiny_http::{Header, Method, Request, Response, Server};

/// Requests that are read at the same time.
const THREADS: usize = 16;
const TICK: Duration = Duration::from_millis(100);
/// Bytes that are brought to the disk at once, about.
const BATCH: usize = 8 << 20;

/// Where to listen, and to whom.
#[derive(Clone)]
pub struct HttpOptions {
    pub address: SocketAddr,
    /// What `Authorization: Bearer` must say.
    pub token: Option<String>,
    /// Bytes of a request, at most.
    pub largest: u64,
}

/// A receiver that listens.
pub struct HttpReceiver {
    server: Server,
    options: HttpOptions,
    spool: Spool,
}

/// Lines of a request, and who waits for them to be written.
struct Delivery {
    lines: Vec<Vec<u8>>,
    written: SyncSender<Result<(), String>>,
}

/// An answer: its code, and what it says.
type Answer = (u16, String);

impl HttpReceiver {
    /// # Errors
    /// The address is taken, or others could reach it without a token.
    pub fn open(options: HttpOptions, spool: Spool) -> Result<Self> {
        if options.token.is_none() && !options.address.ip().is_loopback() {
            return Err(Error::new(format!("others can reach {}, so a token is needed", options.address))
                .hint("put one into a file for --token-file, or into INGOT_LISTEN_TOKEN"));
        }
        let server = Server::http(options.address).map_err(|error| {
            Error::new(format!("cannot listen on {}: {error}", options.address))
                .hint("name an address that is free, or port 0 for any")
        })?;
        Ok(Self { server, options, spool })
    }

    pub fn address(&self) -> SocketAddr {
        self.server.server_addr().to_ip().unwrap_or(self.options.address)
    }

    /// Receives until it is told to stop. What was written by then is ended and in its place.
    ///
    /// # Errors
    /// A file cannot be ended.
    pub fn run(self, stop: &Interrupt, reporter: &dyn Reporter) -> Result<()> {
        let Self { server, options, mut spool } = self;
        let (sender, received) = sync_channel::<Delivery>(THREADS);
        let (server, options) = (&server, &options);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                let sender = sender.clone();
                scope.spawn(move || {
                    while !stop.is_set() {
                        if let Ok(Some(request)) = server.recv_timeout(TICK) {
                            serve(request, options, &sender);
                        }
                    }
                });
            }
            // When the threads are gone, so is the last sender.
            drop(sender);
            write(&mut spool, &received, reporter);
        });
        spool.end()
    }
}

/// Writes what comes until nobody can bring anything any more.
fn write(spool: &mut Spool, received: &Receiver<Delivery>, reporter: &dyn Reporter) {
    let mut batch: Vec<Delivery> = Vec::new();
    let mut is_well = true;
    loop {
        let wait = spool.rest().map_or(TICK, |rest| rest.min(TICK));
        match received.recv_timeout(wait) {
            Ok(first) => batch.push(first),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if let Some(first) = batch.first() {
            first.lines.iter().for_each(|line| spool.add(line));
            while spool.pending() < BATCH {
                let Ok(next) = received.try_recv() else { break };
                next.lines.iter().for_each(|line| spool.add(line));
                batch.push(next);
            }
            let outcome = spool.sync();
            if let Err(error) = &outcome {
                // Who sent them knows that they are not taken, and sends them again.
                spool.forget();
                if is_well {
                    reporter.error(error);
                }
            } else if !is_well {
                reporter.info("requests can be written again".to_owned());
            }
            is_well = outcome.is_ok();
            let outcome = outcome.map_err(|error| error.to_string());
            for delivery in batch.drain(..) {
                // Who asked may be gone.
                let _ = delivery.written.send(outcome.clone());
            }
        }
        if let Err(error) = spool.rotate() {
            reporter.error(&error);
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

fn serve(mut request: Request, options: &HttpOptions, sender: &SyncSender<Delivery>) {
    let (code, text) = match answer(&mut request, options, sender) {
        Ok(()) => (204, String::new()),
        Err(answer) => answer,
    };
    let mut response = Response::from_string(text).with_status_code(code);
    let header = match code {
        401 => Header::from_bytes("WWW-Authenticate", "Bearer"),
        405 => Header::from_bytes("Allow", "POST"),
        503 => Header::from_bytes("Retry-After", "5"),
        _ => Err(()),
    };
    if let Ok(header) = header {
        response.add_header(header);
    }
    // Who asked may be gone.
    let _ = request.respond(response);
}

/// # Errors
/// What was not taken, and why.
fn answer(request: &mut Request, options: &HttpOptions, sender: &SyncSender<Delivery>) -> Result<(), Answer> {
    if !is_allowed(request, options.token.as_deref()) {
        return Err((401, "the token is missing or is not the right one\n".to_owned()));
    }
    if *request.method() != Method::Post {
        return Err((405, "POST JSON lines: one object on each line\n".to_owned()));
    }
    let too_large =
        || (413, format!("the body is larger than {} bytes; send it in parts\n", options.largest));
    if request.body_length().is_some_and(|length| length as u64 > options.largest) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let read = request.as_reader().take(options.largest + 1).read_to_end(&mut body);
    read.map_err(|error| (400, format!("the body cannot be read: {error}\n")))?;
    if body.len() as u64 > options.largest {
        return Err(too_large());
    }
    let mut found = Vec::new();
    for (number, line) in lines(&body) {
        if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(line) {
            return Err((
                400,
                format!("line {number} is not JSON, so nothing of the body is taken: {error}\n"),
            ));
        }
        if line.first() != Some(&b'{') {
            return Err((400, format!("line {number} is not an object, so nothing of the body is taken\n")));
        }
        found.extend(as_line(line));
    }
    if found.is_empty() {
        return Ok(());
    }
    let (written, is_written) = sync_channel(1);
    let stopping = || (503, "the receiver is being stopped; send it again\n".to_owned());
    sender.send(Delivery { lines: found, written }).map_err(|_| stopping())?;
    is_written.recv().map_err(|_| stopping())?.map_err(|why| (503, format!("{why}\n")))
}

fn is_allowed(request: &Request, token: Option<&str>) -> bool {
    let Some(token) = token else { return true };
    let header = request.headers().iter().find(|header| header.field.equiv("Authorization"));
    let given = header.and_then(|header| header.value.as_str().strip_prefix("Bearer "));
    given.is_some_and(|given| is_same(given.trim(), token))
}

/// Compares all of it, so that the time tells nothing.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
