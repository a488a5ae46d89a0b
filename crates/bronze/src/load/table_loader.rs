//! Reads groups of raw files, which share their partition, into data files.

use super::later_rows;
use super::plan::Group;
use crate::check::{Checks, ColumnNotes, FixedValue};
use crate::commit::{Processed, Run};
use crate::hopeless::HOPELESS;
use crate::intake::{FileFacts, Intake, RowCounts};
use crate::part_intake::PartIntakes;
use crate::path_values::{PartitionValues, fixed_values};
use crate::read::read_file;
use crate::read_error::{FileFailure, ReadError};
use crate::rejects::{RejectBuffer, header_line};
use crate::write::{Output, file_schema};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_lake::NewFile;
use ingot_lake::arrow::datatypes::SchemaRef;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// Loads groups of one table: the contract, checks and schema that they share.
pub(crate) struct TableLoader<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    checks: Checks,
    schema: SchemaRef,
    /// The Delta table's folder; `None` for a dry run.
    delta: Option<PathBuf>,
}

/// One file's outcome.
pub(crate) struct Loaded {
    pub(crate) processed: Processed,
    pub(crate) notes: ColumnNotes,
}

/// What loading one group gave.
#[derive(Default)]
pub(crate) struct GroupDone {
    pub(crate) data: Vec<NewFile>,
    pub(crate) loaded: Vec<Loaded>,
    pub(crate) failed: Vec<(RawFile, FileFailure)>,
    pub(crate) rejects: RejectBuffer,
}

impl<'a> TableLoader<'a> {
    /// Data files are written below `delta`, or nowhere.
    ///
    /// # Errors
    /// A rule of the contract that cannot be compiled.
    pub(crate) fn new(run: &'a Run<'a>, contract: &'a Contract, delta: Option<PathBuf>) -> Result<Self> {
        // Nobody is erased from a lake in a bucket.
        let checks = match &run.options.lake_bucket {
            None => Checks::for_lake(contract, &run.options.lake)?,
            Some(_) => Checks::compile(contract)?,
        };
        let partitions: Vec<String> =
            contract.partitions.iter().map(|partition| partition.name.clone()).collect();
        let schema = file_schema(contract, &checks, &partitions);
        Ok(Self { run, contract, checks, schema, delta })
    }

    /// Loads the group's files one after the other. When a file fails half-way, the group is loaded again without it,
    /// because its rows are in the same data files as those of the other files.
    pub(crate) fn load(&self, index: usize, group: &Group) -> Result<GroupDone> {
        let _at_work = self.run.crew.begin();
        let mut done = GroupDone::default();
        let mut files = group.files.clone();
        // Files that are read to their end although their first rows are rejected.
        let mut better: HashSet<String> = HashSet::new();
        'without_failed: loop {
            done.loaded.clear();
            done.rejects = RejectBuffer::default();
            let mut output =
                self.output(format!("{}-{index:05}", self.run.stamp.id), &group.partition_values);
            for (at, file) in files.iter().enumerate() {
                match self.load_file(file, better.contains(&file.relative), &mut output, &mut done.rejects) {
                    Ok(loaded) => done.loaded.push(loaded),
                    Err(ReadError::File(failure))
                        if failure.code == HOPELESS && self.is_better(file, &output) =>
                    {
                        output.discard();
                        better.insert(file.relative.clone());
                        continue 'without_failed;
                    }
                    Err(ReadError::File(failure)) => {
                        output.discard();
                        done.failed.push((files.remove(at), failure));
                        continue 'without_failed;
                    }
                    Err(error) => {
                        output.discard();
                        return Err(error.into());
                    }
                }
            }
            done.data = output.finish()?;
            done.rejects.wait()?;
            return Ok(done);
        }
    }

    /// Data files of one partition, whose names begin with `prefix`.
    pub(crate) fn output(&self, prefix: String, partition_values: &PartitionValues) -> Output {
        Output::new(self.delta.clone(), prefix, partition_values.clone(), self.schema.clone())
            .helped_by(self.run.crew.clone())
    }

    pub(crate) fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Removes the data files of a group that was loaded, so that it can be loaded again.
    pub(crate) fn discard(&self, done: &GroupDone) {
        if let Some(delta) = &self.delta {
            for file in &done.data {
                let _ = std::fs::remove_file(delta.join(&file.relative));
            }
        }
    }

    /// Whether later rows of a file that looks hopeless are taken.
    fn is_better(&self, file: &RawFile, output: &Output) -> bool {
        fixed_values(&self.checks, file).is_ok_and(|fixed| {
            later_rows::are_better(&file.path, self.contract, &self.checks, self.facts(file, &fixed), output)
        })
    }

    fn facts<'f>(&'f self, file: &'f RawFile, fixed: &'f [Option<FixedValue>]) -> FileFacts<'f> {
        FileFacts {
            name: &file.relative,
            fixed,
            ingestion_ts: self.run.stamp.at,
            interrupt: &self.run.options.interrupt,
        }
    }

    fn load_file(
        &self,
        file: &RawFile,
        is_better: bool,
        output: &mut Output,
        rejects: &mut RejectBuffer,
    ) -> Result<Loaded, ReadError> {
        let begun = Instant::now();
        let fixed = fixed_values(&self.checks, file)?;
        let facts = self.facts(file, &fixed);
        let before = last_change(&file.path);
        let parts =
            PartIntakes { contract: self.contract, checks: &self.checks, facts, schema: self.schema.clone() };
        let mut intake = Intake::new(self.contract, &self.checks, facts, output, rejects);
        if !self.run.options.keep_going && !is_better {
            intake = intake.refusing_hopeless();
        }
        let content = read_file(&self.contract.raw, file, &mut intake, &parts, &self.run.crew, &|by| {
            self.run.reporter.report(Event::TaskAdvanced { task: self.contract.name.clone(), by });
        })?;
        let (RowCounts { read, accepted, rejected }, notes) = intake.finish()?;
        if last_change(&file.path) != before {
            return Err(FileFailure::new(
                "CHANGED_WHILE_READ",
                "the file changed while it was being read; the next run reads it again",
            )
            .into());
        }
        if rejected > 0
            && let Some(header) = header_line(&self.contract.raw, &notes.names)
        {
            rejects.set_header(&file.relative, header);
        }
        Ok(Loaded {
            processed: Processed {
                path: file.relative.clone(),
                hash: content.hash,
                bytes: content.bytes,
                read,
                accepted,
                rejected,
                seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
                tag: None,
            },
            notes,
        })
    }
}

/// Length and time of the last change: both stay the same as long as nobody writes to the file.
fn last_change(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}
