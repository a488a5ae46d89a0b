//! The tables of the ledger that all feeds share.

use super::delivery::{Delivery, FOLDER};
use super::file::{LedgerFile, Row};
use super::rows::{Consequence, Defect, Delivered, HeldBack};
use crate::write::OutputFile;
use ingot_core::error::Result;
use std::marker::PhantomData;
use std::path::Path;

/// Explains the ledger to whoever finds the folder.
const README: &str = include_str!("../../../../docs/concepts/ledger.md");

/// The tables that all feeds share, in the making.
pub(crate) struct Ledger {
    defects: Table<Defect>,
    consequences: Table<Consequence>,
    held_back: Table<HeldBack>,
    delivered: Table<Delivered>,
}

/// Rows to be added.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) defects: Vec<Defect>,
    pub(crate) consequences: Vec<Consequence>,
    pub(crate) held_back: Vec<HeldBack>,
    pub(crate) delivered: Vec<Delivered>,
}

impl Rows {
    pub(crate) fn extend(&mut self, other: Self) {
        self.defects.extend(other.defects);
        self.consequences.extend(other.consequences);
        self.held_back.extend(other.held_back);
        self.delivered.extend(other.delivered);
    }
}

impl Ledger {
    pub(crate) fn create(raw_folder: &Path, delivery: &Delivery) -> Result<Self> {
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

    pub(crate) fn write(&mut self, rows: &Rows) -> Result<()> {
        self.defects.write(&rows.defects)?;
        self.consequences.write(&rows.consequences)?;
        self.held_back.write(&rows.held_back)?;
        self.delivered.write(&rows.delivered)
    }

    pub(crate) fn finish(self) -> Result<()> {
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
