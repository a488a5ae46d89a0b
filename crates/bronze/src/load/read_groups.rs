//! What a load has read, put together from its groups, and the columns that its table has after it.

use super::plan::Group;
use super::table_loader::GroupDone;
use crate::commit::Processed;
use crate::evolution::{Change, SchemaChanges, grown_schema};
use crate::intake::RowCounts;
use crate::read_error::FileFailure;
use crate::rejects::{RejectBuffer, RejectCounts};
use ingot_contract::{Contract, RawFile};
use ingot_core::error::Result;
use ingot_core::report::Reporter;
use ingot_lake::NewFile;
use ingot_lake::arrow::datatypes::Schema;

/// What the groups of a load have read, in their order.
#[derive(Default)]
pub(crate) struct ReadGroups {
    pub(crate) loaded: Vec<Processed>,
    pub(crate) failed: Vec<(RawFile, FileFailure)>,
    pub(crate) data: Vec<NewFile>,
    pub(crate) rejects: Vec<RejectBuffer>,
    /// Of the files that were loaded.
    pub(crate) counts: RowCounts,
}

impl ReadGroups {
    /// `failed` are the files that could not be taken before. `changes` takes note of the columns that files lack or bring.
    pub(crate) fn of(
        groups: Vec<GroupDone>,
        failed: Vec<(RawFile, FileFailure)>,
        contract: &Contract,
        changes: &mut SchemaChanges,
    ) -> Self {
        let mut read = Self { failed, ..Self::default() };
        for group in groups {
            read.data.extend(group.data);
            read.failed.extend(group.failed);
            read.rejects.push(group.rejects);
            for file in group.loaded {
                changes.note_file(contract, &file.processed.path, &file.notes);
                read.counts += file.processed.counts();
                read.loaded.push(file.processed);
            }
        }
        read
    }

    /// Rejected rows by reason.
    pub(crate) fn reasons(&self) -> RejectCounts {
        RejectCounts::merged(self.rejects.iter().map(RejectBuffer::counts))
    }

    /// Rejects that are kept with their text.
    pub(crate) fn kept_rejects(&self) -> u64 {
        self.rejects.iter().map(RejectBuffer::count).sum()
    }
}

/// The columns of the table from this load on; `None` if they stay as they are. `old` are those that it has, `effective` is the contract
/// under which the groups were loaded. `changes` takes note of what changes, and of columns for which files were refused.
///
/// # Errors
/// A column of the table cannot become what the contract says.
pub(crate) fn columns_after(
    contract: &Contract,
    effective: &Contract,
    old: Option<&Schema>,
    groups: &[Group],
    failed: &[(RawFile, FileFailure)],
    changes: &mut SchemaChanges,
    reporter: &dyn Reporter,
) -> Result<Option<Schema>> {
    for (file, failure) in failed {
        if let Some(column) = &failure.column {
            changes.note(contract, Change::Refused, column, &file.relative);
        }
    }
    let wanted = with_null_partitions(effective.lake_schema(), groups);
    let schema = match old {
        Some(old) => grown_schema(contract, old, &wanted, changes)?,
        None => Some(wanted),
    };
    changes.tell_respelled(reporter, &contract.name);
    Ok(schema)
}

/// The table's columns, in which partition columns may be null if a group's are.
fn with_null_partitions(schema: Schema, groups: &[Group]) -> Schema {
    let is_null = |name: &str| {
        groups.iter().any(|group| {
            group.partition_values.iter().any(|(partition, value)| partition == name && value.is_none())
        })
    };
    let fields = schema.fields().iter().map(|field| match is_null(field.name()) {
        true => field.as_ref().clone().with_nullable(true),
        false => field.as_ref().clone(),
    });
    Schema::new(fields.collect::<Vec<_>>())
}
