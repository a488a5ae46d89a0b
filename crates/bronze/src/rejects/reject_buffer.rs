//! Where rejects wait while their table is read.

use super::reject::Reject;
use super::reject_counts::RejectCounts;
use ingot_core::error::{Context as _, Result};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;
use zstd::{Decoder, Encoder};

/// Rejects in the order in which they came. What does not fit into a megabyte, and all of a buffer that [waits](Self::wait),
/// is compressed; of that, what does not fit either is on disk.
#[derive(Default)]
pub(crate) struct RejectBuffer {
    recent: Vec<Reject>,
    recent_bytes: usize,
    /// Frames of zstd.
    packed: Option<SpooledTempFile>,
    count: u64,
    counts: RejectCounts,
    /// By file: the line that names the columns of its rejected rows.
    headers: HashMap<String, String>,
}

/// Bytes of raw text kept in memory.
const IN_MEMORY: usize = 1 << 20;
/// Bytes of compressed rejects kept in memory: there may be a buffer for each of thousands of partitions.
const PACKED_IN_MEMORY: usize = 128 << 10;
/// How hard they are compressed: they are read once and then gone.
const LEVEL: i32 = 1;

impl RejectBuffer {
    pub(crate) fn push(&mut self, reject: Reject) -> Result<()> {
        self.count += 1;
        self.counts.add(&reject.file, reject.position, &reject.raw, &reject.reasons);
        self.recent_bytes += reject.raw.len() + 256;
        self.recent.push(reject);
        if self.recent_bytes > IN_MEMORY {
            self.pack()?;
        }
        Ok(())
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The rejects by reason.
    pub(crate) fn counts(&self) -> &RejectCounts {
        &self.counts
    }

    /// Sets the line that names the columns of a file's rejected rows.
    pub(crate) fn set_header(&mut self, file: &str, header: String) {
        self.headers.insert(file.to_owned(), header);
    }

    /// Says that nothing comes for a while.
    ///
    /// # Errors
    /// The disk is full.
    pub(crate) fn wait(&mut self) -> Result<()> {
        if self.recent.is_empty() { Ok(()) } else { self.pack() }
    }

    fn pack(&mut self) -> Result<()> {
        let task = "keep rejected rows in a temporary file";
        let packed = self.packed.get_or_insert_with(|| SpooledTempFile::new(PACKED_IN_MEMORY));
        let mut out = Encoder::new(packed, LEVEL).or_cannot(task)?;
        for reject in self.recent.drain(..) {
            let mut line = serde_json::to_vec(&reject).or_cannot(task)?;
            line.push(b'\n');
            out.write_all(&line).or_cannot(task)?;
        }
        out.finish().or_cannot(task)?;
        self.recent.shrink_to_fit();
        self.recent_bytes = 0;
        Ok(())
    }

    /// Hands over every reject in order.
    pub(crate) fn drain(self, mut hand_over: impl FnMut(Reject) -> Result<()>) -> Result<()> {
        let headers = self.headers;
        let mut take = |mut reject: Reject| {
            reject.header = headers.get(&reject.file).cloned();
            hand_over(reject)
        };
        let task = "read rejected rows back";
        if let Some(mut packed) = self.packed {
            packed.seek(SeekFrom::Start(0)).or_cannot(task)?;
            for line in BufReader::new(Decoder::new(packed).or_cannot(task)?).lines() {
                take(serde_json::from_str(&line.or_cannot(task)?).or_cannot(task)?)?;
            }
        }
        self.recent.into_iter().try_for_each(&mut take)
    }
}
