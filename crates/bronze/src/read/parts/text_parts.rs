//! Texts in parts.
//!
//! Where a row of CSV ends depends on all quotes before it, so a text cannot be cut between rows without reading it. It
//! is cut where a row ends most likely, and each part is read from there on as if that were so. Whether it was is known
//! when the part before has been read from its true beginning: if its last row ended at the cut, then the part after it
//! began with a row, because readers remember nothing of the rows before but their number. If not, what was read of
//! the part after is thrown away, and it is read again, with what the part before it left. So rows are exactly
//! those that one thread would find. (Speculation with a check: as in Ge, Li, Eilebrecht, Chandramouli, Kossmann,
//! "Speculative Distributed CSV Data Parsing for Big Data Analytics", SIGMOD 2019.)

use super::crew::Crew;
use super::in_order::in_order;
use super::part_sinks::{Before, PartSinks, ReadInto};
use crate::read::row_sink::RowSink;
use crate::read::text_buffer::TextBuffer;
use crate::read_error::ReadError;
use std::io::{Empty, Read};
use std::ops::ControlFlow;

/// Bytes of a part, about.
pub(crate) const PART: usize = 1 << 20;
/// A row that reaches over more bytes than this is left to one thread, with all that comes after it.
const MOST_CARRIED: usize = 8 << 20;

/// How far a text was read: rows and lines before this place.
pub(crate) type Place = Before;

/// A format of text that can be read from the end of any row on.
pub(crate) trait PartedText: Sync {
    /// Tells the sink of a part about the file's columns.
    fn announce<S: RowSink>(&self, sink: &mut S) -> Result<(), ReadError>;

    /// Where in the text, which begins with a row, the last row most likely ends; its line end included.
    fn likely_end(&self, text: &[u8]) -> Option<usize>;

    /// Reads all rows of the text, or of a part of it those that are complete. Gives the text back, and the place that it is
    /// at.
    fn read_rows<R: Read, S: RowSink>(
        &self,
        text: TextBuffer<R>,
        place: Place,
        sink: &mut S,
    ) -> Result<(TextBuffer<R>, Place), ReadError>;
}

/// A part of a text.
struct Part {
    text: TextBuffer<Empty>,
    /// Where in the window the text begins, and in the file.
    position: usize,
    offset: u64,
}

/// What reading a part gave.
struct Done<P> {
    part: P,
    read: Place,
}

/// Reads the rows of `text` from `place` on, into the file's sink by way of `sinks`, in parts of about `part_bytes`. A text
/// that is not larger is read as a whole.
pub(crate) fn read_text_in_parts<R: Read, F: PartedText, S: RowSink, P: PartSinks<S>>(
    format: &F,
    mut text: TextBuffer<R>,
    mut place: Place,
    sink: &mut S,
    sinks: &P,
    crew: &Crew,
    part_bytes: usize,
) -> Result<(), ReadError> {
    text.fill()?;
    if text.at_end() && text.unread().len() <= part_bytes {
        return format.read_rows(text, place, sink).map(drop);
    }
    // As long as no other thread has time, this one reads, straight into the file's sink.
    while !crew.has_room() {
        let Some(part) = next_part(format, &mut text, part_bytes)? else { break };
        let left;
        (left, place) = format.read_rows(part.text, place, sink)?;
        if !left.unread().is_empty() {
            text.put_back(left.unread(), left.offset());
        }
        if left.offset() == part.offset {
            // A row that is longer than a part.
            return format.read_rows(text, place, sink).map(drop);
        }
    }
    // What the part before left: the beginning of a row whose end is in the next part, and its offset in the file.
    let mut carried: Option<(Vec<u8>, u64)> = None;
    let rest = in_order(
        crew,
        || next_part(format, &mut text, part_bytes),
        |part| read_part(format, part, sinks),
        |mut part, done| {
            let mut done = done?;
            if let Some((mut begun, offset)) = carried.take() {
                part.text.return_to(part.position, part.offset);
                if begun.len() + part.text.unread().len() > MOST_CARRIED {
                    begun.extend_from_slice(part.text.unread());
                    carried = Some((begun, offset));
                    return Ok(ControlFlow::Break(()));
                }
                part = Part::of(part.text.after(begun, offset));
                done = read_part(format, &mut part, sinks)?;
            }
            let Done { part: rows, read } = done;
            sinks.hand_over(rows, place, sink)?;
            place.rows += read.rows;
            place.lines += read.lines;
            if !part.text.unread().is_empty() {
                carried = Some((part.text.unread().to_vec(), part.text.offset()));
            }
            Ok::<_, ReadError>(ControlFlow::Continue(()))
        },
    )?;
    for mut part in rest.into_iter().rev() {
        part.text.return_to(part.position, part.offset);
        text.put_back(part.text.unread(), part.text.offset());
    }
    if let Some((begun, offset)) = carried {
        text.put_back(&begun, offset);
    }
    format.read_rows(text, place, sink).map(drop)
}

/// Cuts off the next part; `None` at the end, or before a row that reaches too far.
fn next_part<R: Read>(
    format: &impl PartedText,
    text: &mut TextBuffer<R>,
    part_bytes: usize,
) -> Result<Option<Part>, ReadError> {
    let mut most = part_bytes;
    loop {
        let unread = text.unread();
        if text.at_end() && unread.len() <= most {
            let length = unread.len();
            return Ok((length > 0).then(|| Part::of(text.cut(length))));
        }
        if unread.len() < most {
            text.fill()?;
        } else if let Some(end) = format.likely_end(&unread[..most]) {
            return Ok(Some(Part::of(text.cut(end))));
        } else if most > MOST_CARRIED {
            return Ok(None);
        } else {
            most *= 2;
        }
    }
}

fn read_part<S, P: PartSinks<S>>(
    format: &impl PartedText,
    part: &mut Part,
    sinks: &P,
) -> Result<Done<P::Part>, ReadError> {
    let mut read = Place::default();
    let rows = sinks.read(Rows { format, text: &mut part.text, read: &mut read })?;
    Ok(Done { part: rows, read })
}

impl Part {
    fn of(text: TextBuffer<Empty>) -> Self {
        Self { position: text.position(), offset: text.offset(), text }
    }
}

struct Rows<'t, F> {
    format: &'t F,
    text: &'t mut TextBuffer<Empty>,
    read: &'t mut Place,
}

impl<F: PartedText> ReadInto for Rows<'_, F> {
    fn read_into<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        self.format.announce(sink)?;
        let text = std::mem::replace(self.text, TextBuffer::empty());
        (*self.text, *self.read) = self.format.read_rows(text, Place::default(), sink)?;
        Ok(())
    }
}
