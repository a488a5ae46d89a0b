//! The ledger: the truth about the data, beside it, so that what bronze rejects and silver flags can be
//! checked against it. Each run writes tables of its own, which later runs leave as they are: the number of a
//! delivery tells them apart. docs/concepts/ledger.md says what is in them.

mod file;
mod rows;

pub use file::LedgerFile;
pub use rows::{Consequence, Defect, Delivered, HeldBack};

use super::write::OutputFile;
use file::Row;
use ingot_core::error::Result;
use std::marker::PhantomData;
use std::path::Path;

/// The ledger's folder, beside the feeds. Its name begins with `_`, so no reader takes it for data.
pub const FOLDER: &str = "_ledger";
/// What it all means, for whoever finds the folder.
const README: &str = include_str!("../../../../docs/concepts/ledger.md");

/// Which of the deliveries a run makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// 1 for the first window.
    pub number: i32,
    /// First day of its window.
    pub start: String,
}

impl Delivery {
    /// The file of a table: `ledger.parquet` of the first window, `ledger-2025-01-01.parquet` of a later one.
    pub fn file_of(&self, table: &str) -> String {
        if self.number == 1 { format!("{table}.parquet") } else { format!("{table}-{}.parquet", self.start) }
    }
}

/// The tables that all feeds share, in the making.
pub struct Ledger {
    defects: Table<Defect>,
    consequences: Table<Consequence>,
    held_back: Table<HeldBack>,
    delivered: Table<Delivered>,
}

/// Rows to be added.
#[derive(Debug, Default)]
pub struct Rows {
    pub defects: Vec<Defect>,
    pub consequences: Vec<Consequence>,
    pub held_back: Vec<HeldBack>,
    pub delivered: Vec<Delivered>,
}

impl Rows {
    pub fn extend(&mut self, other: Self) {
        self.defects.extend(other.defects);
        self.consequences.extend(other.consequences);
        self.held_back.extend(other.held_back);
        self.delivered.extend(other.delivered);
    }
}

impl Ledger {
    pub fn create(raw_folder: &Path, delivery: &Delivery) -> Result<Self> {
        let mut readme = OutputFile::create(&raw_folder.join(FOLDER).join("README.md"))?;
        readme.write(README.as_bytes())?;
        readme.finish()?;
        Ok(Self {
            defects: Table::create(raw_folder, delivery)?,
            consequences: Table::create(raw_folder, delivery)?,
            held_back: Table::create(raw_folder, delivery)?,
            delivered: Table::create(raw_folder, delivery)?,
        })
    }

    pub fn write(&mut self, rows: &Rows) -> Result<()> {
        self.defects.write(&rows.defects)?;
        self.consequences.write(&rows.consequences)?;
        self.held_back.write(&rows.held_back)?;
        self.delivered.write(&rows.delivered)
    }

    pub fn finish(self) -> Result<()> {
        self.defects.file.finish()?;
        self.consequences.file.finish()?;
        self.held_back.file.finish()?;
        self.delivered.file.finish()
    }
}

struct Table<R> {
    file: LedgerFile,
    delivery: i32,
    rows: PhantomData<R>,
}

impl<R: Row> Table<R> {
    fn create(raw_folder: &Path, delivery: &Delivery) -> Result<Self> {
        let file = LedgerFile::create(raw_folder, &delivery.file_of(R::TABLE), R::fields())?;
        Ok(Self { file, delivery: delivery.number, rows: PhantomData })
    }

    fn write(&mut self, rows: &[R]) -> Result<()> {
        if rows.is_empty() { Ok(()) } else { self.file.write_columns(R::columns(rows, self.delivery)) }
    }
}
