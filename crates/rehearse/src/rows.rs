//! The rows of a table that defects are planted in, by the raw file that they are in.

use ingot_contract::Contract;
use ingot_generate::Value;
use std::collections::BTreeMap;

/// The ends of the names of compressed files.
const COMPRESSIONS: [&str; 4] = [".gz", ".zst", ".bz2", ".xz"];

/// Rows of a table, in the order of their files.
#[derive(Debug)]
pub(crate) struct TableRows {
    /// With the columns that its table has beyond the contract, so that they are not lost.
    pub(crate) contract: Contract,
    pub(crate) files: BTreeMap<String, Vec<SourceRow>>,
    /// The places of the primary key's columns; empty if there is none.
    pub(crate) key: Vec<usize>,
}

/// One row of a raw file.
#[derive(Debug, Clone)]
pub(crate) struct SourceRow {
    /// For each column of the contract.
    pub(crate) values: Vec<Value>,
    /// Nothing was found in it without defects.
    pub(crate) is_clean: bool,
}

impl TableRows {
    pub(crate) fn new(contract: Contract) -> Self {
        let key = contract
            .primary_key()
            .iter()
            .filter_map(|column| contract.column(&column.name).map(|(place, _)| place))
            .collect();
        Self { contract, files: BTreeMap::new(), key }
    }

    /// Files are written without compression, under names that the contract takes for its own too. Gives whether all have one.
    pub(crate) fn name_files_without_compression(&mut self) -> bool {
        let mut files = BTreeMap::new();
        let mut is_all = true;
        for (file, rows) in std::mem::take(&mut self.files) {
            let is_written_so = self.contract.raw.format.is_text();
            let plain = COMPRESSIONS.iter().find_map(|end| file.strip_suffix(end)).filter(|_| is_written_so);
            let name = plain.map_or_else(|| file.clone(), str::to_owned);
            is_all &= self.contract.path_values_in(&name).is_some();
            files.entry(name).or_insert_with(Vec::new).extend(rows);
        }
        self.files = files;
        is_all
    }

    pub(crate) fn count(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &SourceRow> {
        self.files.values().flatten()
    }

    /// The values of a column that are not null.
    pub(crate) fn values(&self, column: usize) -> impl Iterator<Item = &Value> {
        self.all().map(move |row| &row.values[column]).filter(|value| !value.is_null())
    }

    /// The numbers of a column.
    pub(crate) fn numbers(&self, column: usize) -> Vec<f64> {
        self.values(column).filter_map(|value| value.text().parse().ok()).collect()
    }

    /// The places of these columns; `None` if the table lacks one.
    pub(crate) fn places(&self, names: &[String]) -> Option<Vec<usize>> {
        names.iter().map(|name| self.contract.column(name).map(|(place, _)| place)).collect()
    }

    /// The names of the primary key's columns, in lower case.
    pub(crate) fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|place| self.contract.columns[*place].name.to_ascii_lowercase()).collect()
    }

    /// What the path of a file states is not in it.
    pub(crate) fn is_in_files(&self, column: usize) -> bool {
        !self.contract.raw.path_names(&self.contract.columns[column].name)
    }
}

/// The texts of these values; `None` if one is null.
pub(crate) fn texts(values: &[Value], places: &[usize]) -> Option<Vec<String>> {
    places
        .iter()
        .map(|place| Some(&values[*place]).filter(|value| !value.is_null()).map(Value::text))
        .collect()
}
