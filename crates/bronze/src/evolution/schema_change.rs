//! Changes of columns: what can happen to one, collected over the files of a load, and told to a person.

use crate::check::ColumnNotes;
use ingot_contract::{Contract, DataType, Evolution};
use ingot_core::report::Reporter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to one column in one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Files have a column that the contract does not name; the table has it now.
    Added,
    /// Files have such a column, and it was left out.
    LeftOut,
    /// A column of the contract is not in the files; its values are null.
    Missing,
    /// The file was refused because of it.
    Refused,
    /// The contract names a column that the table did not have.
    AddedByContract,
    /// From this version on a followed source has a column that the contract named before.
    Appeared,
    /// Values may be null from now on.
    MadeOptional,
    /// The contract gives the column another type, and the table's rows were written again.
    TypeChanged,
    /// The contract leaves the column out, and the table's rows were written again.
    Removed,
}

impl Change {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::LeftOut => "left_out",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::AddedByContract => "added_by_contract",
            Self::Appeared => "appeared",
            Self::MadeOptional => "made_optional",
            Self::TypeChanged => "type_changed",
            Self::Removed => "removed",
        }
    }
}

/// A change of one column, with the files that brought it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaChange {
    pub column: String,
    pub change: Change,
    /// The type of an added or changed column, as contracts write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The name in files of an added column, where the table has it under another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_in_files: Option<String>,
    /// The type before a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_type: Option<String>,
    /// The evolution mode of the contract.
    pub mode: String,
    /// The first file, in the order of their paths; empty if the contract brought it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub first_file: String,
    pub files: u64,
}

fn mode(contract: &Contract) -> &'static str {
    match contract.evolution {
        Evolution::Evolve => "evolve",
        Evolution::Freeze => "freeze",
        Evolution::Discard => "discard",
    }
}

/// Collects what happened to columns, one entry for each distinct change.
#[derive(Debug, Default)]
pub(crate) struct SchemaChanges {
    found: BTreeMap<(Change, String), SchemaChange>,
    /// By what files call columns, and what the contract does: the first such file, and how many there are.
    respelled: BTreeMap<Vec<(String, String)>, (String, u64)>,
}

impl SchemaChange {
    /// The contract gives a column of the table another type.
    pub(crate) fn of_type(contract: &Contract, column: &str, former: String, new: String) -> Self {
        Self {
            column: column.to_owned(),
            change: Change::TypeChanged,
            data_type: Some(new),
            name_in_files: None,
            former_type: Some(former),
            mode: mode(contract).to_owned(),
            first_file: String::new(),
            files: 0,
        }
    }

    /// The contract leaves out a column that the table has.
    pub(crate) fn of_removal(contract: &Contract, column: &str) -> Self {
        Self {
            column: column.to_owned(),
            change: Change::Removed,
            data_type: None,
            name_in_files: None,
            former_type: None,
            mode: mode(contract).to_owned(),
            first_file: String::new(),
            files: 0,
        }
    }
}

impl SchemaChanges {
    pub(crate) fn note(&mut self, contract: &Contract, change: Change, column: &str, file: &str) {
        let data_type = contract
            .column(column)
            .map(|(_, column)| &column.data_type)
            .or_else(|| contract.audit_columns().find(|(audit, _)| *audit == column).map(|(_, found)| found))
            .filter(|_| matches!(change, Change::Added | Change::AddedByContract))
            .map(DataType::word);
        let entry = self.found.entry((change, column.to_owned())).or_insert_with(|| SchemaChange {
            column: column.to_owned(),
            change,
            data_type,
            name_in_files: contract
                .column(column)
                .and_then(|(_, found)| found.physical_name.clone())
                .filter(|_| change == Change::Added),
            former_type: None,
            mode: mode(contract).to_owned(),
            first_file: file.to_owned(),
            files: 0,
        });
        if !file.is_empty() {
            entry.files += 1;
            if file < entry.first_file.as_str() || entry.first_file.is_empty() {
                entry.first_file = file.to_owned();
            }
        }
    }

    /// Notes which columns a file that was loaded had in excess of the written contract, or lacked.
    pub(crate) fn note_file(&mut self, written: &Contract, file: &str, notes: &ColumnNotes) {
        self.note_respelled(file, notes);
        for column in &notes.extra {
            self.note(written, Change::LeftOut, column, file);
        }
        let is_expected = |name: &str| written.column(name).is_some() && !written.raw.path_names(name);
        for column in notes.missing.iter().filter(|column| is_expected(column)) {
            self.note(written, Change::Missing, column, file);
        }
    }

    pub(crate) fn note_respelled(&mut self, file: &str, notes: &ColumnNotes) {
        if notes.respelled.is_empty() {
            return;
        }
        let (first, files) =
            self.respelled.entry(notes.respelled.clone()).or_insert_with(|| (file.to_owned(), 0));
        *files += 1;
        if file < first.as_str() {
            *first = file.to_owned();
        }
    }

    /// Says which columns were recognised under another spelling: one line for all files that agree.
    pub(crate) fn tell_respelled(&self, reporter: &dyn Reporter, table: &str) {
        for (names, (first, files)) in &self.respelled {
            let names: Vec<String> =
                names.iter().map(|(file, contract)| format!("'{file}' as '{contract}'")).collect();
            let files = files_suffix(first, *files);
            reporter.info(format!("{table}: columns were recognised: {}{files}", names.join(", ")));
        }
    }

    pub(crate) fn into_vec(self) -> Vec<SchemaChange> {
        self.found.into_values().collect()
    }
}

/// Warns of each change.
pub(crate) fn warn_of(reporter: &dyn Reporter, table: &str, changes: &[SchemaChange]) {
    for change in changes {
        reporter.warn(sentence(table, change));
    }
}

/// One line for a person about a change.
fn sentence(table: &str, change: &SchemaChange) -> String {
    let files = files_suffix(&change.first_file, change.files);
    let column = &change.column;
    match change.change {
        Change::Added => {
            let data_type = change.data_type.as_deref().unwrap_or("str");
            match &change.name_in_files {
                None => format!(
                    "{table}: the column '{column}', which the contract does not name, was added as {data_type}{files}"
                ),
                Some(name) => format!(
                    "{table}: the column '{name}', which the contract does not name, was added as '{column}' \
                     ({data_type}), because a table cannot have a column of its name{files}"
                ),
            }
        }
        Change::LeftOut => {
            format!("{table}: the column '{column}' is left out, as the contract says (discard){files}")
        }
        Change::Missing => format!("{table}: no column '{column}', loaded as null{files}"),
        Change::Refused => {
            format!(
                "{table}: a file was refused because of the column '{column}' (the contract says {}){files}",
                change.mode
            )
        }
        Change::AddedByContract => format!(
            "{table}: the contract's new column '{column}' ({}) was added; older rows have no value there",
            change.data_type.as_deref().unwrap_or_default()
        ),
        Change::Appeared => {
            format!("{table}: the column '{column}' appears; older rows have no value there{files}")
        }
        Change::TypeChanged => format!(
            "{table}: the column '{column}' was {} and is {} now, as the contract says; its rows were written again",
            change.former_type.as_deref().unwrap_or_default(),
            change.data_type.as_deref().unwrap_or_default()
        ),
        Change::Removed => format!(
            "{table}: the column '{column}' was removed, as the contract says; its rows were written again"
        ),
        Change::MadeOptional => format!("{table}: the column '{column}' may be empty from now on"),
    }
}

/// ` (a.csv and 2 more files)`
fn files_suffix(first: &str, files: u64) -> String {
    match files {
        0 => String::new(),
        1 => format!(" ({first})"),
        2 => format!(" ({first} and one more file)"),
        more => format!(" ({first} and {} more files)", more - 1),
    }
}
