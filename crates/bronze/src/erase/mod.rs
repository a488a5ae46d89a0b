//! What an erasure needs of bronze: raw files and reject files without a person's rows, the log's record of what was loaded
//! made to agree with them, and the list that keeps the person out of later loads.

mod blank;
mod csv_cells;
mod raw_files;
mod record;
mod reject_files;
mod suppression;
mod unfinished;
mod wanted;

pub use raw_files::{RawPlace, erase_raw_files, find_in_raw_file, raw_hash};
pub use record::{DeliveryChanges, RawContent, change_record};
pub use reject_files::{RejectErasure, erase_rejects};
pub(crate) use suppression::{Erased, ErasedRow, erased_reason};
pub use suppression::{KeptOut, Suppression};
pub use unfinished::{ERASURE, refuse_during_erasure};
pub use wanted::{WantedColumn, WantedRows};

use ingot_contract::{Contract, DataType};

/// The columns of a file without a header, in its order.
fn fields_of_rows(contract: &Contract) -> Vec<(String, DataType)> {
    contract.columns_of_rows().map(|column| (column.name.clone(), column.data_type.clone())).collect()
}
