//! Text files compressed with gzip or zstd: expanded while they are read, never all at once.
//!
//! The first bytes decide, not the name, which may be wrong. Concatenated streams are read as one. A stream that is
//! truncated or damaged fails the file, because it cannot be known which of its rows are whole.

use super::source::{Digest, cannot_read, read_some};
use crate::read_error::FileFailure;
use flate2::bufread::MultiGzDecoder;
use std::io::{BufReader, Chain, Cursor, Error, ErrorKind, Read};

/// Compressed bytes that are read at once.
const CHUNK: usize = 128 << 10;
/// A file may expand to this many times its size,
const MOST_RATIO: u64 = 250;
/// and to this many bytes whatever its size.
const ALWAYS_ALLOWED: u64 = 256 << 20;

/// What was read to look at the first bytes, and the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// The bytes of a file as they are once they are expanded.
pub(crate) enum Input<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<Expanding<MultiGzDecoder<BufReader<Whole<R>>>>>),
    Zstd(Expanding<zstd::stream::read::Decoder<'static, BufReader<Whole<R>>>>),
}

/// A decoder, and how much came out of it.
pub(crate) struct Expanding<D> {
    decoder: D,
    /// Knows how much went in.
    digest: Digest,
    expanded: u64,
}

/// Looks at the first bytes. `digest` counts what is read from `input`; `name` is the file's.
pub(crate) fn open<R: Read>(mut input: R, digest: Digest, name: &str) -> Result<Input<R>, FileFailure> {
    let mut first = [0; 4];
    let mut length = 0;
    while length < first.len() {
        match read_some(&mut input, &mut first[length..]).map_err(|error| cannot_read(&error))? {
            0 => break,
            count => length += count,
        }
    }
    let first = &first[..length];
    let whole = Cursor::new(first.to_vec()).chain(input);
    if is_gzip(first) {
        let decoder = MultiGzDecoder::new(BufReader::with_capacity(CHUNK, whole));
        Ok(Input::Gzip(Box::new(Expanding { decoder, digest, expanded: 0 })))
    } else if is_zstd(first) {
        let decoder = zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(CHUNK, whole))
            .map_err(|error| FileFailure::new("BAD_COMPRESSION", error.to_string()))?;
        Ok(Input::Zstd(Expanding { decoder, digest, expanded: 0 }))
    } else if first.is_empty() && (name.ends_with(".gz") || name.ends_with(".zst")) {
        Err(FileFailure::new(
            "TRUNCATED",
            "the file has no bytes; even an empty text has some when it is compressed",
        ))
    } else {
        Ok(Input::Plain(whole))
    }
}

/// Whether a file that begins with these bytes is compressed.
pub(crate) fn is_compressed(first: &[u8]) -> bool {
    let first = &first[..first.len().min(4)];
    is_gzip(first) || is_zstd(first)
}

fn is_gzip(first: &[u8]) -> bool {
    first.starts_with(&[0x1F, 0x8B, 0x08])
}

/// A frame, or one of those that decoders skip.
fn is_zstd(first: &[u8]) -> bool {
    match first {
        [0x28, 0xB5, 0x2F, 0xFD] => true,
        [low, 0x2A, 0x4D, 0x18] => (0x50..=0x5F).contains(low),
        _ => false,
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(out),
            Self::Gzip(input) => input.read(out),
            Self::Zstd(input) => input.read(out),
        }
    }
}

impl<D: Read> Read for Expanding<D> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.decoder.read(out).map_err(|error| match error.kind() {
            ErrorKind::Interrupted | ErrorKind::PermissionDenied => error,
            _ => Error::other(failure(&error)),
        })?;
        self.expanded += count as u64;
        if self.expanded > ALWAYS_ALLOWED && self.expanded / MOST_RATIO > self.digest.bytes() {
            let message = format!(
                "expands to more than {MOST_RATIO} times its size and more than {} MiB; if that is right, expand it yourself",
                ALWAYS_ALLOWED >> 20
            );
            return Err(Error::other(Damage { code: "EXPANDS_TOO_FAR", message }));
        }
        Ok(count)
    }
}

fn failure(error: &Error) -> Damage {
    if error.kind() == ErrorKind::UnexpectedEof {
        Damage {
            code: "TRUNCATED",
            message: "the compressed file is truncated; nothing of it is loaded".to_owned(),
        }
    } else {
        Damage { code: "BAD_COMPRESSION", message: format!("the compressed file is damaged: {error}") }
    }
}

/// What is wrong with a compressed file, on its way through [`std::io::Error`].
#[derive(Debug)]
struct Damage {
    code: &'static str,
    message: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Damage {}

/// Why the file cannot be read further, from an error of [`Input`].
pub(crate) fn reading_failure(error: &Error) -> FileFailure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>()) {
        Some(damage) => FileFailure::new(damage.code, damage.message.clone()),
        None => cannot_read(error),
    }
}
