//! Loads one group of raw files, which share their partition, into the same data files.

use super::check::{Checks, FixedValue};
use super::intake::{Counts, FileFacts, FileFailure, Intake, Stop, file_schema};
use super::output::Output;
use super::plan::{Group, PartitionValues};
use super::read::{ColumnNotes, read_file};
use super::record::Processed;
use super::rejects::Spool;
use super::row_text;
use super::table::Run;
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::Event;
use ingot_lake::NewFile;
use ingot_lake::arrow::datatypes::SchemaRef;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// What all groups of a table are loaded under.
pub struct Form<'a> {
    run: &'a Run<'a>,
    contract: &'a Contract,
    checks: Checks,
    schema: SchemaRef,
    /// The Delta table's folder; `None` for a dry run.
    delta: Option<PathBuf>,
}

/// One file's outcome.
pub struct Loaded {
    pub processed: Processed,
    pub notes: ColumnNotes,
}

/// What loading one group gave.
#[derive(Default)]
pub struct GroupDone {
    pub data: Vec<NewFile>,
    pub loaded: Vec<Loaded>,
    pub failed: Vec<(RawFile, FileFailure)>,
    pub rejects: Spool,
}

impl<'a> Form<'a> {
    /// Data files are written below `delta`, or nowhere.
    ///
    /// # Errors
    /// A rule of the contract that cannot be compiled.
    pub fn new(run: &'a Run<'a>, contract: &'a Contract, delta: Option<PathBuf>) -> Result<Self> {
        let checks = Checks::compile(contract)?;
        let partitions: Vec<String> =
            contract.partitions.iter().map(|partition| partition.name.clone()).collect();
        let schema = file_schema(&checks, &partitions);
        Ok(Self { run, contract, checks, schema, delta })
    }

    /// Loads the group's files one after the other. A file that breaks half-way takes the group's work with it; the group
    /// is begun again without it.
    pub fn load(&self, index: usize, group: &Group) -> Result<GroupDone> {
        let mut done = GroupDone::default();
        let mut files = group.files.clone();
        'again: loop {
            done.loaded.clear();
            done.rejects = Spool::default();
            let mut output = self.output(format!("{}-{index:05}", self.run.id), &group.partition_values);
            for (at, file) in files.iter().enumerate() {
                match self.load_file(group, file, &mut output, &mut done.rejects) {
                    Ok(loaded) => done.loaded.push(loaded),
                    Err(Stop::File(failure)) => {
                        output.discard();
                        done.failed.push((files.remove(at), failure));
                        continue 'again;
                    }
                    Err(Stop::Output(error)) => {
                        output.discard();
                        return Err(error);
                    }
                }
            }
            done.data = output.finish()?;
            return Ok(done);
        }
    }

    /// Data files of one partition, whose names begin with `prefix`.
    pub fn output(&self, prefix: String, partition_values: &PartitionValues) -> Output {
        Output::new(self.delta.clone(), prefix, partition_values.clone(), self.schema.clone())
    }

    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Takes back a group that was loaded, so that it can be loaded anew.
    pub fn discard(&self, done: &GroupDone) {
        if let Some(delta) = &self.delta {
            for file in &done.data {
                let _ = std::fs::remove_file(delta.join(&file.relative));
            }
        }
    }

    fn load_file(
        &self,
        group: &Group,
        file: &RawFile,
        output: &mut Output,
        rejects: &mut Spool,
    ) -> Result<Loaded, Stop> {
        let begun = Instant::now();
        let fixed = fixed_values(self.contract, &group.partition_values);
        let facts = FileFacts { name: &file.relative, fixed: &fixed, ingestion_ts: self.run.ingestion_ts };
        let before = stamp(&file.path);
        let mut intake = Intake::new(&self.checks, facts, output, rejects);
        let read = read_file(self.contract, file, &mut intake, &|by| {
            self.run.reporter.report(Event::TaskAdvanced { task: self.contract.name.clone(), by });
        })?;
        let Counts { read: rows, accepted, rejected } = intake.finish()?;
        if stamp(&file.path) != before {
            return Err(FileFailure::new(
                "CHANGED_WHILE_READ",
                "the file was changed while it was read; the next run reads it again",
            )
            .into());
        }
        if rejected > 0
            && let Some(header) = row_text::header(self.contract, &read.notes.names)
        {
            rejects.set_header(&file.relative, header);
        }
        Ok(Loaded {
            processed: Processed {
                path: file.relative.clone(),
                hash: read.content_hash,
                bytes: read.bytes,
                read: rows,
                accepted,
                rejected,
                seconds: (begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            },
            notes: read.notes,
        })
    }
}

/// Length and time of the last change: both are the same as long as nobody writes to a file.
fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}

/// What the path says that each of the contract's columns is.
pub fn fixed_values(contract: &Contract, partition_values: &PartitionValues) -> Vec<Option<FixedValue>> {
    contract
        .columns
        .iter()
        .map(|column| {
            partition_values
                .iter()
                .find(|(name, _)| *name == column.name)
                .and_then(|(_, value)| value.as_deref().map(FixedValue::new))
        })
        .collect()
}
