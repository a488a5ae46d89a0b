//! The CSV file of rejects, which people read and correct. The Parquet file beside it has every reject, so this one need not:
//! it ends before it takes more room than the raw files justify, and a correction is one of the rows that it has.

use super::reject_cells::{COLUMNS, Cell};
use ingot_core::error::{Context as _, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Bytes that a CSV file may always have: some hundred rejects.
const LEAST: u64 = 128 << 10;
/// Bytes that no CSV file exceeds: some ten thousand rejects, which is more than anybody corrects by hand.
const MOST: u64 = 8 << 20;
/// Beyond [`LEAST`], which part of the raw files' size it may have.
const PART_OF_RAW: u64 = 16;

/// Writes the first rejects, as many as there is room for.
pub(super) struct RejectCsv {
    out: BufWriter<File>,
    path: PathBuf,
    room: u64,
    line: Vec<u8>,
    rows: u64,
    is_full: bool,
}

impl RejectCsv {
    /// `raw_bytes` is the size of the raw files that the rejects come from.
    pub(super) fn create(path: &Path, raw_bytes: u64) -> Result<Self> {
        let mut out = BufWriter::new(File::create(path).or_cannot_at("create the file", path)?);
        let header: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        writeln!(out, "{}", header.join(",")).or_cannot_at("write the file", path)?;
        let room = (raw_bytes / PART_OF_RAW).clamp(LEAST, MOST);
        Ok(Self { out, path: path.to_path_buf(), room, line: Vec::new(), rows: 0, is_full: false })
    }

    /// Writes the reject if there is room for it. The first one is always written.
    pub(super) fn push(&mut self, cells: &[Cell]) -> Result<()> {
        if self.is_full {
            return Ok(());
        }
        self.line.clear();
        write_line(&mut self.line, cells).or_cannot_at("write the file", &self.path)?;
        let length = self.line.len() as u64;
        if length > self.room && self.rows > 0 {
            self.is_full = true;
            return Ok(());
        }
        self.room = self.room.saturating_sub(length);
        self.rows += 1;
        self.out.write_all(&self.line).or_cannot_at("write the file", &self.path)
    }

    /// Ends the file. Returns how many rejects are in it.
    pub(super) fn finish(mut self) -> Result<u64> {
        self.out.flush().or_cannot_at("write the file", &self.path)?;
        Ok(self.rows)
    }
}

fn write_line(out: &mut impl Write, cells: &[Cell]) -> std::io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match cell {
            Cell::Number(Some(number)) => write!(out, "{number}")?,
            Cell::Text(Some(text)) if text.contains([',', '"', '\n', '\r']) || text.is_empty() => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Cell::Text(Some(text)) => out.write_all(text.as_bytes())?,
            Cell::Number(None) | Cell::Text(None) => {}
        }
    }
    out.write_all(b"\n")
}
