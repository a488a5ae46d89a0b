//! A cell that decided something, and where it is.

/// A cell that decided something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The file, relative to the raw folder.
    pub(crate) file: String,
    /// 1-based line of the file, or number of the row where the format has no lines.
    pub(crate) line: u64,
    pub(crate) value: String,
}

impl Seen {
    /// The same cell, counted from the beginning of the file where it was from that of a part.
    pub(crate) fn behind(mut self, lines: u64) -> Self {
        self.line += lines;
        self
    }

    /// Where it is, without its value.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value: String = self.value.chars().take(40).collect();
        write!(out, "'{value}' in {}:{}", self.file, self.line)
    }
}
