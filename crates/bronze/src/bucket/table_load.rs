//! Loads one table into a bucket: batches of new files, each of them one commit.

use super::loaded_content::contents;
use super::memory::FileMemory;
use super::memory_blocks::Blocks;
use super::raw_listing::{Candidate, Listing, RawPlace, batches, groups_of};
use super::shard::place_of;
use super::staged_rejects;
use super::staging::Staging;
use crate::commit::{CommitRecord, Processed, Run, check_conservation, check_reject_rate, definition};
use crate::evolution::{SchemaChange, SchemaChanges, effective_contract, warn_of};
use crate::load::{ReadGroups, columns_after, load_groups};
use crate::read::content_hash;
use crate::read_error::FileFailure;
use crate::rejects::{RejectCounts, StagedRejects, tell_of_rest};
use crate::retype::refuse_new_types;
use crate::run_stamp::RunStamp;
use crate::summary::{TableSummary, file_summaries};
use ingot_contract::{Contract, Format, RawFile, SameContent};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Unit};
use ingot_lake::arrow::datatypes::Schema;
use ingot_lake::{Attempt, Bucket, BucketTable, NewFile};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Raw bytes of one commit, at most, but for a single larger file. They are on this machine's disk until the commit.
const BYTES_OF_A_COMMIT: u64 = 2 << 30;

/// One table while it is loaded.
struct TableLoad<'a> {
    run: &'a Run<'a>,
    lake: &'a Bucket,
    raw: RawPlace<'a>,
    contract: &'a Contract,
    table: BucketTable,
    memory: FileMemory,
    staging: &'a Staging,
    /// The files that other loaders have loaded since this one listed its own, by the hashes of their paths.
    of_others: HashSet<u128>,
    done: Done,
}

/// What became of the files so far.
#[derive(Default)]
struct Done {
    loaded: Vec<Processed>,
    unchanged: u64,
    failed: Vec<(RawFile, FileFailure)>,
    reasons: Vec<RejectCounts>,
    schema_changes: Vec<SchemaChange>,
    rejects: Option<PathBuf>,
}

/// A batch that is read: what its commit is made of, and its files on this machine.
struct ReadBatch {
    /// With the files of `read` that were loaded.
    record: CommitRecord,
    effective: Contract,
    schema: Option<Schema>,
    read: ReadGroups,
}

/// Loads the new files of a feed. `summary` holds what was done by the time of an error.
pub(super) fn load_table(
    run: &Run<'_>,
    lake: &Bucket,
    raw: RawPlace<'_>,
    contract: &Contract,
    staging: &Staging,
    summary: &mut TableSummary,
) -> Result<()> {
    refuse_what_needs_a_folder(contract)?;
    let name = &contract.name;
    let table = BucketTable::open(lake, &format!("bronze/delta/{name}"))?;
    if !run.options.dry_run {
        staged_rejects::settle_left(lake, name, &table)?;
    }
    let memory = FileMemory::of(lake, name, &table, run.options.shard, !run.options.dry_run)?;
    summary.version = table.version();
    summary.newest_load = memory.newest;
    let Listing { candidates, unchanged, failed } = raw.list(contract, run.options.shard, &memory)?;
    let total = candidates.iter().map(|candidate| candidate.bytes).sum();
    run.reporter.report(Event::TaskStarted { task: name.clone(), total, unit: Unit::Bytes });
    let done = Done { unchanged, failed, ..Done::default() };
    let mut load =
        TableLoad { run, lake, raw, contract, table, memory, staging, of_others: HashSet::new(), done };
    let outcome = batches(candidates, run.options.files_per_commit, BYTES_OF_A_COMMIT)
        .into_iter()
        .try_for_each(|batch| load.load_batch(batch));
    let TableLoad { done, table, .. } = load;
    summary.files = file_summaries(&done.loaded, &[], &done.failed);
    summary.unnamed_unchanged = done.unchanged;
    summary.reasons = RejectCounts::merged(done.reasons.iter());
    summary.schema_changes = done.schema_changes;
    summary.rejects = done.rejects;
    summary.version = table.version();
    outcome?;
    run.reporter.report(Event::TaskFinished { task: name.clone(), detail: summary.detail() });
    Ok(())
}

/// Refuses what is done in a folder only, before anything is read.
fn refuse_what_needs_a_folder(contract: &Contract) -> Result<()> {
    let (what, hint) = if contract.raw.format == Format::Delta {
        (
            "a feed that is a Delta table is followed only into a lake in a folder, because its rows change",
            "name the other feeds with --table, and load this one into a lake in a folder",
        )
    } else if !contract.table_rules.is_empty() {
        (
            "the contract has rules on the table as a whole, which are measured only in a lake in a folder",
            "take the rules out of this contract, and test them in the models instead",
        )
    } else if matches!(contract.same_content, SameContent::Skip | SameContent::Refuse) {
        (
            "the contract asks for files of the same content (sameContent), which are looked for only in a lake in a folder",
            "state `sameContent: load` in this contract",
        )
    } else {
        return Ok(());
    };
    Err(Error::new(what).at(&contract.file).hint(hint))
}

impl TableLoad<'_> {
    /// Loads files in one commit. If another loader has loaded some of them meanwhile, they are given up, and the others are read
    /// again.
    fn load_batch(&mut self, mut batch: Vec<Candidate>) -> Result<()> {
        let folder = self.staging.part(&self.contract.name)?;
        self.run.options.interrupt.check()?;
        let failed = self.raw.bring(&mut batch, &folder.path().join("raw"))?;
        self.done.failed.extend(failed);
        for attempt in 0.. {
            self.run.options.interrupt.check()?;
            self.leave_out_known(&mut batch);
            if batch.is_empty() {
                return Ok(());
            }
            let data = folder.path().join(format!("data-{attempt}"));
            if self.load_once(&batch, &data)? {
                return Ok(());
            }
            let _ = std::fs::remove_dir_all(&data);
        }
        Ok(())
    }

    /// Takes out files whose content is loaded under their path, and those of which another loader has found another content
    /// meanwhile: which of the two is the newer is not known here.
    fn leave_out_known(&mut self, batch: &mut Vec<Candidate>) {
        let (memory, of_others, done) = (&self.memory, &self.of_others, &mut self.done);
        batch.retain(|candidate| {
            let path = &candidate.file.relative;
            let Some(known) = memory.content(path) else { return true };
            // A file that cannot be read fails when it is loaded.
            let is_known = known.bytes == candidate.bytes
                && content_hash(&candidate.file.path, &|_| ()).is_ok_and(|(hash, _)| known.is(&hash));
            if is_known {
                done.unchanged += 1;
            } else if of_others.contains(&place_of(path)) {
                let text =
                    "another load has found another content of it meanwhile; the next run reads it again";
                done.failed.push((candidate.file.clone(), FileFailure::new("CHANGED_WHILE_READ", text)));
            } else {
                return true;
            }
            false
        });
    }

    /// Reads a batch and commits it. Gives whether that is done; if not, others have changed what it was read for.
    fn load_once(&mut self, batch: &[Candidate], data: &Path) -> Result<bool> {
        let run = self.run.with_stamp(RunStamp::of_a_loader());
        let name = self.contract.name.clone();
        let ReadBatch { record, effective, schema, read } = self.read(&run, batch, data)?;
        let reasons = read.reasons();
        check_reject_rate(run.options.most_rejects, &name, read.counts.read, read.counts.rejected)?;
        if run.options.dry_run || record.files.is_empty() {
            self.note(record, read.failed, reasons);
            return Ok(true);
        }
        check_conservation(&name, read.counts, &record.files, &read.data, read.kept_rejects())?;
        let ReadGroups { failed, data: added, rejects, counts, .. } = read;
        let key = record.key();

        let staged = StagedRejects::of_commit(data, &name, &key);
        let raw_bytes = record.files.iter().filter(|file| file.rejected > 0).map(|file| file.bytes).sum();
        let written = staged.write(&name, &self.contract.version, &run.stamp.id, raw_bytes, rejects)?;
        let at = |file: &NewFile| format!("bronze/delta/{name}/{}", file.relative);
        let files: Vec<(String, PathBuf)> =
            added.iter().map(|file| (at(file), data.join(&file.relative))).collect();
        let sent = self
            .lake
            .put_all(&files)
            .and_then(|()| staged_rejects::stage(self.lake, &name, &key, staged.staged()))
            .and_then(|()| run.options.interrupt.check());
        let is_done = match &sent {
            // What a commit names stays if it fails: one whose answer was lost may still be made.
            Ok(()) => self.commit(&effective, &added, schema.as_ref(), &record)?,
            Err(_) => false,
        };
        if !is_done {
            // What cannot be removed now is in no table: a vacuum removes it, and a later load the rejects.
            let objects: Vec<String> = files.into_iter().map(|(relative, _)| relative).collect();
            let _ = self.lake.remove(&objects).and_then(|()| staged_rejects::give_up(self.lake, &name, &key));
            return sent.map(|()| false);
        }
        tell_of_rest(run.reporter, &name, written);
        if counts.rejected > 0 {
            let csv = self.lake.address_of(&staged_rejects::published_csv(&name, &key));
            self.done.rejects = Some(PathBuf::from(csv));
        }
        self.note(record, failed, reasons);
        // The load is true. What is left can be done by any later one.
        if let Err(error) = self.finish(&name, &key, counts.rejected > 0) {
            run.reporter.warn(format!(
                "{name}: the commit is made, and what comes after it is left to the next load: {error}"
            ));
        }
        Ok(true)
    }

    fn finish(&mut self, name: &str, key: &str, has_rejects: bool) -> Result<()> {
        if has_rejects {
            staged_rejects::publish(self.lake, name, key)?;
        }
        self.table.checkpoint_if_due()?;
        if Blocks::are_due(&self.table)
            && let Some(blocks) = Blocks::of(self.lake, name, &self.table)?
        {
            blocks.write_due()?;
        }
        Ok(())
    }

    /// Commits until it is done, as long as no other loader has loaded one of the files or changed the table's columns. Gives whether
    /// it is done.
    fn commit(
        &mut self,
        effective: &Contract,
        added: &[NewFile],
        schema: Option<&Schema>,
        record: &CommitRecord,
    ) -> Result<bool> {
        let wanted = definition(&self.contract.name, effective, schema);
        let operation = if self.table.version().is_none() { "CREATE TABLE" } else { "WRITE" };
        let details = record.details(operation)?;
        loop {
            match self.table.commit(&wanted, added, schema, &details)? {
                Attempt::Committed(_) => return Ok(true),
                Attempt::Overtaken => {}
            }
            let mut stands = true;
            let was_there = self.table.version().is_some();
            while let Some(commit) = self.table.follow()? {
                stands &= !commit.changes_table && was_there;
                let record = self.memory.take(&commit.entry);
                let places = record.iter().flat_map(contents).map(|(place, _)| place);
                self.of_others.extend(places.filter(|place| self.run.options.shard.covers(*place)));
            }
            if !stands || record.files.iter().any(|file| self.of_others.contains(&place_of(&file.path))) {
                return Ok(false);
            }
        }
    }

    /// Reads files into data files and rejects.
    fn read(&self, run: &Run<'_>, batch: &[Candidate], data: &Path) -> Result<ReadBatch> {
        let contract = self.contract;
        let mut failed = Vec::new();
        let groups = groups_of(contract, batch, &mut failed);
        let old = self.table.schema()?;
        if let Some(old) = &old {
            refuse_new_types(contract, old)?;
        }
        let mut changes = SchemaChanges::default();
        let before = effective_contract(contract, old.as_deref());
        let folder = (!run.options.dry_run).then(|| data.to_path_buf());
        let (effective, read) = load_groups(run, contract, before, &groups, folder, &mut changes)?;
        let tags: HashMap<&str, &Option<String>> =
            batch.iter().map(|candidate| (candidate.file.relative.as_str(), &candidate.tag)).collect();
        let mut read = ReadGroups::of(read, failed, contract, &mut changes);
        let schema = columns_after(
            contract,
            &effective,
            old.as_deref(),
            &groups,
            &read.failed,
            &mut changes,
            run.reporter,
        )?;
        let tagged = |file: Processed| {
            let tag = tags.get(file.path.as_str()).and_then(|tag| (*tag).clone());
            Processed { tag, ..file }
        };
        let record = CommitRecord {
            files: std::mem::take(&mut read.loaded).into_iter().map(tagged).collect(),
            schema_changes: changes.into_vec(),
            ..CommitRecord::new(&run.stamp, contract)
        };
        Ok(ReadBatch { record, effective, schema, read })
    }

    /// Notes what became of a batch.
    fn note(&mut self, record: CommitRecord, failed: Vec<(RawFile, FileFailure)>, reasons: RejectCounts) {
        warn_of(self.run.reporter, &self.contract.name, &record.schema_changes);
        self.done.reasons.push(reasons);
        if !self.run.options.dry_run {
            self.memory.add(&record);
        }
        self.done.schema_changes.extend(record.schema_changes);
        self.done.loaded.extend(record.files);
        let known: HashSet<&str> = self.done.failed.iter().map(|(file, _)| file.relative.as_str()).collect();
        let new: Vec<_> =
            failed.into_iter().filter(|(file, _)| !known.contains(file.relative.as_str())).collect();
        self.done.failed.extend(new);
    }
}
