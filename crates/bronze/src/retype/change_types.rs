//! Changes the types of a table's columns, and takes out the one that the contract leaves out, in one commit.

use super::convert_files::{InTheWay, convert_files};
use super::type_change::{TypeChange, type_changes, unwanted_column};
use crate::commit::{CommitRecord, PreparedCommit, Rewritten, Run, TablePaths, publish};
use crate::evolution::{SchemaChange, warn_of};
use crate::intake::RowCounts;
use ingot_contract::Contract;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::thousands;
use ingot_lake::DeltaTable;
use ingot_lake::arrow::datatypes::{Field, Schema};

/// A table whose columns have the contract's types.
#[derive(Default)]
pub(crate) struct Retyped {
    /// The table's columns; `None` if there is no table. After a dry run, the columns that it would have.
    pub(crate) schema: Option<Schema>,
    pub(crate) changes: Vec<SchemaChange>,
}

/// Gives the columns of the table the contract's types. `table` is the table after that.
///
/// # Errors
/// A new type in which some values have no place, or none has: nothing has changed then.
pub(crate) fn change_types(
    run: &Run<'_>,
    contract: &Contract,
    paths: &TablePaths,
    table: &mut Option<DeltaTable>,
) -> Result<Retyped> {
    let Some(open) = table.as_ref() else { return Ok(Retyped::default()) };
    let old = open.schema()?;
    let types = type_changes(contract, &old)?;
    let unwanted = unwanted_column(contract, &old);
    if types.is_empty() && unwanted.is_none() {
        return Ok(Retyped { schema: Some(old.as_ref().clone()), changes: Vec::new() });
    }
    let stamp = run.stamp.changing_types();
    let (rewritten, in_the_way) = convert_files(run, &stamp, paths, open, &types, unwanted)?;
    if let Some((change, found)) = types.iter().zip(&in_the_way).find(|(_, found)| found.rows > 0) {
        return Err(refused(contract, change, found));
    }
    check_rows(contract, &rewritten, run.options.dry_run)?;
    let mut changes: Vec<SchemaChange> = types.iter().map(|change| change.note(contract)).collect();
    changes.extend(unwanted.map(|column| SchemaChange::of_removal(contract, column)));
    warn_of(run.reporter, &contract.name, &changes);
    let schema = new_schema(&old, &types, unwanted);
    let record = CommitRecord { schema_changes: changes.clone(), ..CommitRecord::new(&stamp, contract) };
    let prepared = PreparedCommit {
        contract,
        record,
        counts: RowCounts::default(),
        deleted: 0,
        added: Vec::new(),
        schema: Some(schema.clone()),
        kept_rejects: 0,
        has_changes: true,
        not_loaded: Vec::new(),
        rewrite: Some(Box::new(move |_| Ok(rewritten))),
        stage_rejects: Box::new(|_| Ok(Vec::new())),
    };
    publish(run, paths, table, prepared)?.finished?;
    Ok(Retyped { schema: Some(schema), changes })
}

fn new_schema(old: &Schema, changes: &[TypeChange], unwanted: Option<&str>) -> Schema {
    let kept = old.fields().iter().filter(|field| unwanted != Some(field.name()));
    let fields = kept.map(|field| match changes.iter().find(|change| change.column == *field.name()) {
        Some(change) => Field::new(field.name(), change.wanted.arrow(), field.is_nullable())
            .with_metadata(field.metadata().clone()),
        None => field.as_ref().clone(),
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// No row may be lost between the old files and the new ones.
fn check_rows(contract: &Contract, rewritten: &Rewritten, is_dry: bool) -> Result<()> {
    let written: u64 = rewritten.added.iter().map(|file| file.rows).sum();
    let read: Option<u64> = rewritten.removed.iter().map(|file| file.rows).sum();
    if is_dry || read.is_none_or(|read| read == written) {
        return Ok(());
    }
    Err(Error::defect(format!(
        "{}: {written} of {} rows were written again; nothing has changed",
        contract.name,
        read.unwrap_or_default()
    )))
}

fn refused(contract: &Contract, change: &TypeChange, found: &InTheWay) -> Error {
    let rows = match found.rows {
        1 => "1 row has a value that does not fit".to_owned(),
        many => format!("{} rows have values that do not fit, the first of them", thousands(many)),
    };
    Error::new(format!("the column {}, and {rows}: {}", change.sentence(), found.examples.join(", ")))
        .at(&contract.file)
        .of_kind(Kind::Data)
        .hint(
            "keep the type in the contract, give the new column another name, or load everything into another lake (--lake)",
        )
}
