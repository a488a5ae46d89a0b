//! Where the ledger is, and how its files are named: each delivery writes files of its own.

/// The ledger's folder, beside the feeds. Its name begins with `_`, so no reader takes it for data.
pub(crate) const FOLDER: &str = "_ledger";

/// Which of the deliveries a run makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// 1 for the first window.
    pub(crate) number: i32,
    /// First day of its window.
    pub(crate) start: String,
}

impl Delivery {
    /// The file of a table: `ledger.parquet` of the first window, `ledger-2025-01-01.parquet` of a later one.
    pub(crate) fn file_of(&self, table: &str) -> String {
        if self.number == 1 { format!("{table}.parquet") } else { format!("{table}-{}.parquet", self.start) }
    }
}
