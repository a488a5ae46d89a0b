//! What looking at a file finds out, and forms to begin with.

use ingot_contract::{CsvForm, Encoding, Format, RawForm, RecordPath, TablePlace};

/// What was found out about the form of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Look {
    pub(crate) form: RawForm,
    /// The names of the columns, where the header cannot name them in a contract; else they are those of the file.
    pub(crate) own_names: Option<Vec<String>>,
    /// The names in the header, as far as the beginning of the file tells them.
    pub(crate) header: Vec<String>,
    /// Whole sentences about what was decided.
    pub(crate) reasons: Vec<String>,
    /// Those of them that a person should look at, because they are guesses or leave something out.
    pub(crate) notes: Vec<String>,
}

impl Look {
    /// With the defaults of the format.
    pub(crate) fn plain(format: Format) -> Self {
        Self {
            form: plain_form(format),
            own_names: None,
            header: Vec::new(),
            reasons: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a reason that a person should look at.
    pub(crate) fn note(&mut self, what: String) {
        self.reasons.push(what.clone());
        self.notes.push(what);
    }
}

/// A form with the defaults of its format.
pub(crate) fn plain_form(format: Format) -> RawForm {
    RawForm {
        format,
        path: String::new(),
        encoding: Encoding::Utf8,
        csv: CsvForm::default(),
        wide_csv: None,
        place: TablePlace::default(),
        record_path: RecordPath::default(),
        sheet: None,
    }
}
