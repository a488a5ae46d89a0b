//! Rows after the table, whose number the contract states: the last rows are held back until it is known that they are not
//! the last ones.

use crate::read::footer_row::{is_like_a_row, reason};
use crate::read::row_sink::RowSink;
use crate::read_error::ReadError;
use crate::row::{Position, Reason};
use std::collections::VecDeque;

pub(super) struct Footer {
    rows: usize,
    held: VecDeque<Held>,
}

struct Held {
    position: Position,
    raw: Vec<u8>,
    fault: Option<Reason>,
    cells: Vec<Option<Vec<u8>>>,
}

impl Footer {
    /// `None` if no rows are left out.
    pub(super) fn of(rows: usize) -> Option<Self> {
        (rows > 0).then(|| Self { rows, held: VecDeque::with_capacity(rows.min(1024) + 1) })
    }

    /// Holds a row of `width` cells back, and hands on the one that is now too far from the end of the file.
    pub(super) fn hold<'c, S: RowSink>(
        &mut self,
        position: Position,
        raw: &[u8],
        fault: Option<Reason>,
        width: usize,
        cell: impl Fn(usize) -> Option<&'c [u8]>,
        sink: &mut S,
    ) -> Result<(), ReadError> {
        let width = if fault.is_some() { 0 } else { width };
        let cells = (0..width).map(|index| cell(index).map(<[u8]>::to_vec)).collect();
        self.held.push_back(Held { position, raw: raw.to_vec(), fault, cells });
        if self.held.len() <= self.rows {
            return Ok(());
        }
        self.hand_on(sink)
    }

    /// The file has ended, so that the rows that are held are not handed on. Those that fit the table are rejected.
    pub(super) fn finish<S: RowSink>(self, sink: &mut S) -> Result<(), ReadError> {
        for Held { position, raw, fault, cells } in self.held {
            if fault.is_none()
                && is_like_a_row(cells.iter().map(Option::as_deref))
                && sink.would_accept(|index| cells[index].as_deref(), |_| false)
            {
                sink.bad_row(position, &raw, vec![reason()])?;
            }
        }
        Ok(())
    }

    /// Hands on the row that was held longest.
    fn hand_on<S: RowSink>(&mut self, sink: &mut S) -> Result<(), ReadError> {
        let Some(Held { position, raw, fault, cells }) = self.held.pop_front() else { return Ok(()) };
        match fault {
            Some(reason) => sink.bad_row(position, &raw, vec![reason]),
            None => sink.row(position, &raw, |index| cells[index].as_deref(), |_| false),
        }
    }
}
