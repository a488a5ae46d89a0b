//! A look at rows far behind those that made a file look hopeless, before it is refused for them.

use crate::check::Checks;
use crate::intake::{FileFacts, Intake};
use crate::read::{is_compressed, read_text};
use crate::rejects::RejectBuffer;
use crate::write::Output;
use ingot_contract::{Contract, Encoding, Format};
use memchr::memchr_iter;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Places in the file that are looked at, spread over it.
const PLACES: u64 = 8;
/// Bytes that are read at each.
const BYTES: u64 = 256 << 10;
/// Of a thousand rows so many must be rejected at each place.
const NEARLY_ALL: u64 = 990;

/// Whether rows further on are taken after all: if at any of some places in the file fewer than nearly all rows are
/// rejected, or if its last rows are. Files in which no row can be found without reading all before it (compressed ones,
/// UTF-16, workbooks, Parquet) are judged by their first rows alone.
pub(super) fn are_better(
    path: &Path,
    contract: &Contract,
    checks: &Checks,
    facts: FileFacts<'_>,
    output: &Output,
) -> bool {
    let is_text = matches!(contract.raw.format, Format::Csv | Format::Jsonl)
        && !matches!(contract.raw.encoding, Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be);
    if !is_text {
        return false;
    }
    samples(path, header_lines(contract)).is_ok_and(|samples| {
        samples.iter().any(|sample| {
            let (mut output, mut rejects) = (output.like_dry(), RejectBuffer::default());
            let mut intake = Intake::new(contract, checks, facts, &mut output, &mut rejects);
            let read = read_text(&contract.raw, sample, &mut intake).and_then(|()| intake.finish());
            read.is_ok_and(|(rows, _)| rows.read > 0 && rows.rejected * 1000 < rows.read * NEARLY_ALL)
        })
    })
}

/// Lines before the first row of data.
fn header_lines(contract: &Contract) -> usize {
    match contract.raw.format {
        Format::Csv => contract.raw.place.skip_rows as usize + contract.raw.place.header_rows,
        _ => 0,
    }
}

/// The file's first lines, each time with whole lines from another place after them.
fn samples(path: &Path, header_lines: usize) -> io::Result<Vec<Vec<u8>>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut read = |from: u64| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take(BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let first = read(0)?;
    if is_compressed(&first) {
        return Ok(Vec::new());
    }
    let header = first_lines(&first, header_lines);
    let mut samples = Vec::new();
    for place in 1..=PLACES {
        let from = (length * place / PLACES).saturating_sub(BYTES);
        let bytes = read(from)?;
        // The first line has most likely begun before, and the last one goes on, except at the end of the file.
        let begun = first_lines(&bytes, 1).len();
        let end = if place == PLACES {
            bytes.len()
        } else {
            bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        };
        if begun < end {
            samples.push([header, &bytes[begun..end]].concat());
        }
    }
    Ok(samples)
}

/// The first lines of a text with their ends; all of it if it has fewer.
fn first_lines(text: &[u8], count: usize) -> &[u8] {
    match count.checked_sub(1) {
        None => &[],
        Some(before) => memchr_iter(b'\n', text).nth(before).map_or(text, |end| &text[..=end]),
    }
}
