//! Messages on a pair of streams, one a line
//! (<https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio>).

use super::protocol::{Protocol, is_ping, unreadable};
use super::toolbox::Toolbox;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::sync::lock;
use serde_json::Value;
use std::io::{BufRead, Read as _, Write};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

/// Bytes of a message, at most: names and SQL are far shorter.
const LONGEST: usize = 4 << 20;
/// Messages that wait for a tool, at most; then no more are read.
const WAITING: usize = 64;

/// Answers requests from `input` on `output` until the input ends. `instructions` tell the agent what the tools are for.
///
/// Tools share the folder of the process and the warehouse, so that one works at a time. Meanwhile the next messages are
/// read, and whether the server is there is answered at once.
///
/// # Errors
/// The input cannot be read, or the output cannot be written.
pub fn serve(
    toolbox: &dyn Toolbox,
    instructions: &str,
    mut input: impl BufRead,
    output: impl Write + Send,
) -> Result<()> {
    let protocol = Protocol { toolbox, instructions };
    let output = Mutex::new(output);
    let (queue, waiting) = sync_channel::<Value>(WAITING);
    std::thread::scope(|scope| {
        let (protocol, output) = (&protocol, &output);
        let worker = scope.spawn(move || -> Result<()> {
            waiting.iter().try_for_each(|message| send(output, protocol.answer(&message)))
        });
        let read = read_all(&mut input, protocol, output, |message| queue.send(message).is_ok());
        drop(queue);
        let worked = worker.join().unwrap_or_else(|_| Err(Error::defect("a tool stopped with a panic")));
        worked.and(read)
    })
}

/// Reads messages until the input ends, or nobody takes them any more.
fn read_all(
    input: &mut impl BufRead,
    protocol: &Protocol,
    output: &Mutex<impl Write>,
    hand_on: impl Fn(Value) -> bool,
) -> Result<()> {
    while let Some(line) = next_line(input).or_cannot("read the next message")? {
        let message = match &line {
            Line::Text(bytes) if bytes.trim_ascii().is_empty() => continue,
            Line::Text(bytes) => serde_json::from_slice::<Value>(bytes)
                .map_err(|error| unreadable(&format!("the line is not a JSON message: {error}"))),
            Line::TooLong => Err(unreadable(&format!("a message has more than {LONGEST} bytes"))),
        };
        match message {
            Ok(message) if is_ping(&message) => send(output, protocol.answer(&message))?,
            Ok(message) => {
                if !hand_on(message) {
                    return Ok(());
                }
            }
            Err(answer) => send(output, Some(answer))?,
        }
    }
    Ok(())
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// The next line; `None` at the end. What is too long is not kept in memory.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    input.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() <= LONGEST || bytes.ends_with(b"\n") {
        return Ok(Some(Line::Text(bytes)));
    }
    loop {
        let more = input.fill_buf()?;
        let (used, is_end) = match more.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (more.len(), more.is_empty()),
        };
        input.consume(used);
        if is_end {
            return Ok(Some(Line::TooLong));
        }
    }
}

fn send(output: &Mutex<impl Write>, answer: Option<Value>) -> Result<()> {
    let Some(answer) = answer else { return Ok(()) };
    let mut output = lock(output);
    writeln!(output, "{answer}").and_then(|()| output.flush()).or_cannot("write an answer")
}
