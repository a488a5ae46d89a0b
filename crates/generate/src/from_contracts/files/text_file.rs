//! A file of text: characters in the contract's encoding, compressed if the file's name says so.

use crate::write::{Finished, OutputFile, cannot_write};
use flate2::write::GzEncoder;
use ingot_contract::Encoding;
use ingot_core::error::Result;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes that are gathered before they are compressed or written.
const FLUSH_AT: usize = 1 << 18;

pub(super) struct TextFile {
    output: Output,
    encoding: Encoding,
    encoded: Vec<u8>,
    path: PathBuf,
}

enum Output {
    Plain(OutputFile),
    Gzip(GzEncoder<OutputFile>),
    Zstd(zstd::Encoder<'static, OutputFile>),
}

impl TextFile {
    pub(super) fn create(path: &Path, encoding: Encoding) -> Result<Self> {
        let file = OutputFile::create(path)?;
        let output = match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Output::Gzip(GzEncoder::new(file, flate2::Compression::new(6))),
            Some("zst") => {
                Output::Zstd(zstd::Encoder::new(file, 3).map_err(|error| cannot_write(path, error))?)
            }
            _ => Output::Plain(file),
        };
        let mut text =
            Self { output, encoding, encoded: Vec::with_capacity(FLUSH_AT * 2), path: path.to_path_buf() };
        // UTF-16 without a stated order needs the mark.
        if encoding == Encoding::Utf16 {
            text.encoded.extend_from_slice(&[0xFF, 0xFE]);
        }
        Ok(text)
    }

    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        match self.encoding {
            Encoding::Utf8 => self.encoded.extend_from_slice(text.as_bytes()),
            Encoding::Utf16 | Encoding::Utf16Le => {
                self.encoded.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            }
            Encoding::Utf16Be => self.encoded.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            // The characters that both have in the same place; nothing else is generated for them.
            Encoding::Latin1 | Encoding::Windows1252 => {
                self.encoded.extend(text.chars().map(|letter| match u8::try_from(u32::from(letter)) {
                    Ok(byte) if !(0x80..0xA0).contains(&byte) => byte,
                    _ => b'?',
                }))
            }
        }
        if self.encoded.len() >= FLUSH_AT { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        let written = match &mut self.output {
            Output::Plain(file) => file.write_all(&self.encoded),
            Output::Gzip(file) => file.write_all(&self.encoded),
            Output::Zstd(file) => file.write_all(&self.encoded),
        };
        written.map_err(|error| cannot_write(&self.path, error))?;
        self.encoded.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Finished> {
        self.flush()?;
        let failed = |error| cannot_write(&self.path, error);
        let mut file = match self.output {
            Output::Plain(file) => file,
            Output::Gzip(encoder) => encoder.finish().map_err(failed)?,
            Output::Zstd(encoder) => encoder.finish().map_err(failed)?,
        };
        file.finish()
    }
}
