//! Rejected rows, each on its own, read once more under the contract of today.

use super::super::check::{Checks, FixedValue};
use super::super::group::{Form, fixed_values};
use super::super::intake::{Counts, FileFacts, Intake, Origin, Stop};
use super::super::output::Output;
use super::super::plan::{PartitionValues, partition_values};
use super::super::read::read_text;
use super::super::rejects::{Reason, Spool};
use super::super::row_text::{contract_of_documents, document};
use super::super::table::Run;
use super::Row;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_lake::NewFile;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What became of a reject.
pub enum Outcome {
    /// Not tried yet.
    Open,
    Loaded,
    Rejected(Vec<Reason>),
    /// Its file, or its key, was delivered again since.
    Superseded,
}

pub struct Attempt<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    /// For reading rows apart from their files.
    documents: Contract,
    form: Form<'a>,
}

impl<'a> Attempt<'a> {
    /// Data files are written below `delta`.
    pub fn new(run: &'a Run<'a>, contract: &'a Contract, delta: PathBuf) -> Result<Self> {
        let form = Form::new(run, contract, Some(delta))?;
        Ok(Self { run, contract, documents: contract_of_documents(contract), form })
    }

    /// Tries every open row, and writes the good ones into data files, which nobody sees before their commit.
    pub fn load(&self, rows: &mut [Row]) -> Result<Vec<NewFile>> {
        let mut by_partition: BTreeMap<PartitionValues, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter_mut().enumerate() {
            if !matches!(row.outcome, Outcome::Open) {
                continue;
            }
            match self.partition(&row.kept.reject.file) {
                Ok(values) => by_partition.entry(values).or_default().push(index),
                Err(reason) => row.outcome = Outcome::Rejected(vec![reason]),
            }
        }
        let mut written = Vec::new();
        for (at, (values, indexes)) in by_partition.into_iter().enumerate() {
            let fixed = fixed_values(self.contract, &values);
            let mut output = self.form.output(format!("{}-r{at:05}", self.run.id), &values);
            for index in indexes {
                match self.take(&rows[index], &fixed, &mut output) {
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

    fn partition(&self, file: &str) -> Result<PartitionValues, Reason> {
        let Some(values) = self.contract.partition_values_in(file) else {
            return Err(Reason::of_row("BAD_PARTITION", "a path of the form that the contract states"));
        };
        let file =
            RawFile { relative: file.to_owned(), path: self.run.raw.join(file), partition_values: values };
        partition_values(self.contract, &file)
            .map_err(|failure| Reason::of_row(failure.code, failure.message))
    }

    fn take(&self, row: &Row, fixed: &[Option<FixedValue>], output: &mut Output) -> Result<Outcome> {
        let reject = &row.kept.reject;
        let text = match document(self.contract, reject.header.as_deref(), &row.text) {
            Ok(text) => text,
            Err(expected) => return Ok(Outcome::Rejected(vec![Reason::of_row("NOT_ONE_ROW", expected)])),
        };
        // Once for the answer, and once more to write it: nothing is written of a text that turns out to be two rows.
        let (counts, reasons) = self.read(row, &text, fixed, &mut output.like_dry())?;
        Ok(match (counts, reasons) {
            (_, Some(reasons)) if counts.read <= 1 => Outcome::Rejected(reasons),
            (Counts { read: 1, accepted: 1, .. }, None) => {
                self.read(row, &text, fixed, output)?;
                Outcome::Loaded
            }
            (Counts { read, .. }, _) => Outcome::Rejected(vec![Reason::of_row(
                "NOT_ONE_ROW",
                format!("the text of one row; this is {read} rows"),
            )]),
        })
    }

    /// Reads the text; the reasons against it, or against reading it at all.
    fn read(
        &self,
        row: &Row,
        text: &[u8],
        fixed: &[Option<FixedValue>],
        output: &mut Output,
    ) -> Result<(Counts, Option<Vec<Reason>>)> {
        let reject = &row.kept.reject;
        let checks: &Checks = self.form.checks();
        let facts = FileFacts { name: &reject.file, fixed, ingestion_ts: self.run.ingestion_ts };
        let mut spool = Spool::default();
        let origin = Origin { position: reject.position, hash: row.hash };
        let mut intake = Intake::new(checks, facts, output, &mut spool).coming_from(origin);
        match read_text(&self.documents, text, &mut intake).and_then(|()| intake.finish()) {
            Ok(counts) => {
                let mut reasons = None;
                spool.drain(|reject| {
                    reasons = Some(reject.reasons);
                    Ok(())
                })?;
                Ok((counts, reasons))
            }
            Err(Stop::File(failure)) => {
                let mut reason = Reason::of_row(failure.code, failure.message);
                reason.column = failure.column;
                Ok((Counts::default(), Some(vec![reason])))
            }
            Err(Stop::Output(error)) => Err(error),
        }
    }
}
