//! Where rejects wait while their table is read.

use super::reject::Reject;
use super::reject_counts::RejectCounts;
use ingot_core::error::{Context as _, Result};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use zstd::{Decoder, Encoder};

/// Rejects in the order in which they came; what does not fit into a megabyte waits on disk, compressed.
#[derive(Default)]
pub(crate) struct RejectBuffer {
    recent: Vec<Reject>,
    recent_bytes: usize,
    spilled: Option<Encoder<'static, File>>,
    count: u64,
    counts: RejectCounts,
    /// By file: the line that names the columns of its rejected rows.
    headers: HashMap<String, String>,
}

/// Bytes of raw text kept in memory.
const IN_MEMORY: usize = 1 << 20;
/// How hard the temporary file is compressed: it is read once and then gone.
const SPILL_LEVEL: i32 = 1;

impl RejectBuffer {
    pub(crate) fn push(&mut self, reject: Reject) -> Result<()> {
        self.count += 1;
        self.counts.add(&reject.file, reject.position, &reject.raw, &reject.reasons);
        self.recent_bytes += reject.raw.len() + 256;
        self.recent.push(reject);
        if self.recent_bytes > IN_MEMORY {
            self.spill()?;
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

    fn spill(&mut self) -> Result<()> {
        let task = "keep rejected rows in a temporary file";
        if self.spilled.is_none() {
            let file = tempfile::tempfile().or_cannot(task)?;
            self.spilled = Some(Encoder::new(file, SPILL_LEVEL).or_cannot(task)?);
        }
        if let Some(out) = &mut self.spilled {
            for reject in self.recent.drain(..) {
                let mut line = serde_json::to_vec(&reject).or_cannot(task)?;
                line.push(b'\n');
                out.write_all(&line).or_cannot(task)?;
            }
        }
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
        if let Some(out) = self.spilled {
            let mut file = out.finish().or_cannot(task)?;
            file.seek(SeekFrom::Start(0)).or_cannot(task)?;
            for line in BufReader::new(Decoder::new(file).or_cannot(task)?).lines() {
                take(serde_json::from_str(&line.or_cannot(task)?).or_cannot(task)?)?;
            }
        }
        self.recent.into_iter().try_for_each(&mut take)
    }
}
