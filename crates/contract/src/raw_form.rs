//! How a feed is delivered: the form of its files and where they are. Part of the contract.

use crate::table_place::TablePlace;

/// How the feed is delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct RawForm {
    pub format: Format,
    /// Relative to the raw folder; `{name}` is a partition value, `*` any text within one
    /// path segment: `orders_header/order_dt={order_dt}/part-*.csv`. Files of text are also found with `.gz`
    /// or `.zst` after that name.
    pub path: String,
    /// Of files of text.
    pub encoding: Encoding,
    pub csv: CsvForm,
    /// The dialect of a CSV file whose marks are not single ASCII characters; it then counts instead of the marks in `csv`.
    pub wide_csv: Option<WideCsvForm>,
    /// Of files of cells.
    pub place: TablePlace,
    /// The worksheet to read, by its name or a pattern with `*`; the first if not given.
    pub sheet: Option<String>,
}

impl RawForm {
    /// Whether files name their columns; otherwise these are the contract's, in its order.
    pub fn names_columns(&self) -> bool {
        !self.format.has_cells() || self.place.header_rows > 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Jsonl,
    Parquet,
    Xlsx,
    Delta,
}

impl Format {
    /// Whether its files are rows of cells, of which some name the columns.
    pub fn has_cells(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }

    /// Whether its files are text, which has an encoding and may be compressed as a whole.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Jsonl)
    }
}

/// How bytes become characters. A byte order mark at the beginning of a file must agree with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// The byte order mark, which must be there, says which byte of a pair comes first.
    Utf16,
    Utf16Le,
    Utf16Be,
    /// Each byte is the character of the same number.
    Latin1,
    /// The bytes 81, 8D, 8F, 90 and 9D, which it does not assign, are the control characters of those numbers.
    Windows1252,
}

impl Encoding {
    pub const NAMES: [(&str, Self); 10] = [
        ("utf-8", Self::Utf8),
        ("ascii", Self::Utf8),
        ("utf-16", Self::Utf16),
        ("utf-16le", Self::Utf16Le),
        ("utf-16be", Self::Utf16Be),
        ("iso-8859-1", Self::Latin1),
        ("latin-1", Self::Latin1),
        ("latin1", Self::Latin1),
        ("windows-1252", Self::Windows1252),
        ("cp1252", Self::Windows1252),
    ];
}

/// The dialect of a CSV file. All special characters are single ASCII characters and differ from each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvForm {
    pub delimiter: u8,
    /// `None`: quotes have no meaning.
    pub quote: Option<u8>,
    /// Within quotes it takes the meaning from the next character. `None`: a quote is doubled instead.
    pub escape: Option<u8>,
    /// Besides the empty field, a field of this text that is not in quotes is null.
    pub null_text: Option<String>,
}

impl Default for CsvForm {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), escape: None, null_text: None }
    }
}

/// The dialect of a CSV file whose marks may be any texts, and whose escape may count outside quotes as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideCsvForm {
    pub delimiter: String,
    /// `None`: quotes have no meaning.
    pub quote: Option<String>,
    /// Takes the meaning from the next character. `None`: a quote is doubled instead.
    pub escape: Option<String>,
    /// Whether the escape counts outside quotes.
    pub escapes_everywhere: bool,
}
