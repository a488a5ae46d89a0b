//! What a raw file's path says: the partition that its rows belong to, and values of the contract's columns.

use crate::check::{Checks, FixedValue, Value, parse};
use crate::read_error::FileFailure;
use ingot_contract::{Contract, DataType, RawFile};

/// A partition's values, in the order of the table's partitions.
pub(crate) type PartitionValues = Vec<(String, Option<String>)>;

/// The table's partition values of a file.
///
/// # Errors
/// `BAD_PARTITION`
pub(crate) fn partition_values(contract: &Contract, file: &RawFile) -> Result<PartitionValues, FileFailure> {
    contract
        .partitions
        .iter()
        .map(|partition| {
            let name = &partition.name;
            let Some(text) = file.path_values.get(name) else {
                return Err(bad_partition(format!("the path does not contain the partition '{name}'")));
            };
            let Some(text) = text else { return Ok((name.clone(), None)) };
            let value = match parse(&partition.data_type, text.as_bytes()) {
                Ok(Value::I64(number)) => number.to_string(),
                Ok(_) if partition.data_type != DataType::Timestamp => text.clone(),
                Ok(_) => {
                    return Err(bad_partition("a partition must be a date, a number or a text".to_owned()));
                }
                Err(fault) => {
                    return Err(bad_partition(format!(
                        "the path says {name}={text}, which is not {}",
                        fault.expected
                    )));
                }
            };
            Ok((name.clone(), Some(value)))
        })
        .collect()
}

/// The value of each of the contract's columns according to the path, where it says one. It is checked as a cell would be.
///
/// # Errors
/// `BAD_PARTITION`: no row of the file could be accepted.
pub(crate) fn fixed_values(checks: &Checks, file: &RawFile) -> Result<Vec<Option<FixedValue>>, FileFailure> {
    checks
        .columns
        .iter()
        .map(|column| {
            let Some(text) = file.path_values.get(&column.name) else { return Ok(None) };
            let mut reasons = Vec::new();
            let value = match text {
                Some(text) => column.check_in_default_form(text.as_str(), None, &mut reasons),
                None => column.check(None::<&str>, false, None, &mut reasons),
            };
            if let Some(reason) = reasons.first() {
                let shown = text.as_deref().unwrap_or("null");
                let name = &column.name;
                let (code, expected) = (&reason.code, &reason.expected);
                return Err(bad_partition(format!(
                    "the path says {name}={shown}, but {code} needs {expected}"
                ))
                .of_column(name));
            }
            Ok(Some(FixedValue::new(&column.data_type, text.as_deref(), value.unwrap_or(Value::Null))))
        })
        .collect()
}

fn bad_partition(message: String) -> FileFailure {
    FileFailure::new("BAD_PARTITION", message)
}
