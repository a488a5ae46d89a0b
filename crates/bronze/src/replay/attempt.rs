//! Rejected rows, each on its own, read once more under today's contract.

use super::open_rows::{OpenRow, Outcome};
use crate::check::FixedValue;
use crate::commit::Run;
use crate::intake::{FileFacts, Intake, Origin, RowCounts};
use crate::load::TableLoader;
use crate::path_values::{PartitionValues, fixed_values, partition_values};
use crate::read::read_text;
use crate::read_error::ReadError;
use crate::rejects::{RejectBuffer, document, form_of_documents};
use crate::row::Reason;
use crate::write::Output;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_lake::NewFile;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) struct Attempt<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    /// The contract for rows apart from their files.
    documents: Contract,
    loader: TableLoader<'a>,
}

impl<'a> Attempt<'a> {
    /// Data files are written below `delta`.
    pub(super) fn new(run: &'a Run<'a>, contract: &'a Contract, delta: PathBuf) -> Result<Self> {
        let loader = TableLoader::new(run, contract, Some(delta))?;
        let documents = Contract { raw: form_of_documents(&contract.raw), ..contract.clone() };
        Ok(Self { run, contract, documents, loader })
    }

    /// Tries every open row, and writes the good ones into data files, which nobody sees before their commit.
    pub(super) fn load(&self, rows: &mut [OpenRow]) -> Result<Vec<NewFile>> {
        // The rows of one partition, each with what its path says.
        let mut by_partition: BTreeMap<PartitionValues, Vec<(usize, RawFile)>> = BTreeMap::new();
        for (index, row) in rows.iter_mut().enumerate() {
            if !matches!(row.outcome, Outcome::Open) {
                continue;
            }
            match self.partition(&row.kept.reject.file) {
                Ok((file, values)) => by_partition.entry(values).or_default().push((index, file)),
                Err(reason) => row.outcome = Outcome::Rejected(vec![reason]),
            }
        }
        let mut written = Vec::new();
        for (at, (values, indexes)) in by_partition.into_iter().enumerate() {
            let mut output = self.loader.output(format!("{}-r{at:05}", self.run.stamp.id), &values);
            for (index, file) in indexes {
                match self.take(&rows[index], &file, &mut output) {
                    Ok(outcome) => rows[index].outcome = outcome,
                    Err(error) => {
                        output.discard();
                        return Err(error);
                    }
                }
            }
            written.extend(output.finish()?);
        }
        Ok(written)
    }

    fn partition(&self, file: &str) -> Result<(RawFile, PartitionValues), Reason> {
        let Some(path_values) = self.contract.path_values_in(file) else {
            return Err(Reason::of_row("BAD_PARTITION", "a path that matches the one in the contract"));
        };
        let file = RawFile { relative: file.to_owned(), path: self.run.options.raw.join(file), path_values };
        match partition_values(self.contract, &file) {
            Ok(values) => Ok((file, values)),
            Err(failure) => Err(Reason::of_row(failure.code, failure.message)),
        }
    }

    fn take(&self, row: &OpenRow, file: &RawFile, output: &mut Output) -> Result<Outcome> {
        let reject = &row.kept.reject;
        let fixed = match fixed_values(self.loader.checks(), file) {
            Ok(fixed) => fixed,
            Err(failure) => {
                return Ok(Outcome::Rejected(vec![Reason::of_row(failure.code, failure.message)]));
            }
        };
        let text = match document(&self.contract.raw, reject.header.as_deref(), &row.text) {
            Ok(text) => text,
            Err(expected) => return Ok(Outcome::Rejected(vec![Reason::of_row("NOT_ONE_ROW", expected)])),
        };
        // Once for the answer, and once more to write it: nothing may be written of a text that turns out to be two rows.
        let (counts, reasons) = self.read(row, &text, &fixed, &mut output.like_dry())?;
        Ok(match (counts, reasons) {
            (_, Some(reasons)) if counts.read <= 1 => Outcome::Rejected(reasons),
            (RowCounts { read: 1, accepted: 1, .. }, None) => {
                self.read(row, &text, &fixed, output)?;
                Outcome::Loaded
            }
            (RowCounts { read, .. }, _) => Outcome::Rejected(vec![Reason::of_row(
                "NOT_ONE_ROW",
                format!("the text of one row, not of {read} rows"),
            )]),
        })
    }

    /// Reads the text; the reasons against it, or against reading it at all.
    fn read(
        &self,
        row: &OpenRow,
        text: &[u8],
        fixed: &[Option<FixedValue>],
        output: &mut Output,
    ) -> Result<(RowCounts, Option<Vec<Reason>>)> {
        let reject = &row.kept.reject;
        let facts = FileFacts {
            name: &reject.file,
            fixed,
            ingestion_ts: self.run.stamp.at,
            interrupt: &self.run.options.interrupt,
        };
        let mut buffer = RejectBuffer::default();
        let origin = Origin { position: reject.position, hash: row.hash };
        let mut intake = Intake::new(&self.documents, self.loader.checks(), facts, output, &mut buffer)
            .coming_from(origin);
        match read_text(&self.documents.raw, text, &mut intake).and_then(|()| intake.finish()) {
            Ok((counts, _)) => {
                let mut reasons = None;
                buffer.drain(|reject| {
                    reasons = Some(reject.reasons);
                    Ok(())
                })?;
                Ok((counts, reasons))
            }
            Err(ReadError::File(failure)) => {
                let mut reason = Reason::of_row(failure.code, failure.message);
                reason.column = failure.column;
                Ok((RowCounts::default(), Some(vec![reason])))
            }
            Err(error) => Err(error.into()),
        }
    }
}
