//! What a cell of a sheet holds, and its text as a type.

use calamine::DataRef;

/// The content of a cell, before its column's type is known.
pub(super) enum Found {
    Text(String),
    /// A whole number or a truth value, as JSON has it.
    Plain(String),
    Number(f64),
    /// Year, month, day, hour, minute, second, millisecond.
    Moment {
        civil: (u16, u8, u8, u8, u8, u8, u16),
    },
    Error(String),
}

/// What the text of a column's cells will be read as.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) is_timestamp: bool,
    /// Times show the clocks of a zone that the contract names, not UTC.
    pub(super) is_local: bool,
}

impl Kind {
    pub(super) const TEXT: Self = Self { is_timestamp: false, is_local: false };
}

/// 0 is A, 26 is AA.
pub(super) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

pub(super) fn found(value: &DataRef<'_>) -> Option<Found> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) if text.is_empty() => return None,
        DataRef::SharedString("") => return None,
        DataRef::String(text) => Found::Text(text.clone()),
        DataRef::SharedString(text) => Found::Text((*text).to_owned()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Found::Text(text.clone()),
        DataRef::Int(number) => Found::Plain(number.to_string()),
        DataRef::Float(number) => Found::Number(*number),
        DataRef::Bool(value) => Found::Plain(value.to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            Found::Moment { civil: moment.to_ymd_hms_milli() }
        }
        DataRef::DateTime(duration) => Found::Number(duration.as_f64()),
        DataRef::Error(error) => Found::Error(error.to_string()),
    })
}

impl Found {
    /// The text to which the rules of the column's type are applied.
    pub(super) fn text(&self, kind: Kind) -> String {
        match self {
            Self::Text(text) | Self::Plain(text) | Self::Error(text) => text.clone(),
            // The shortest text that gives the same number back: 0.65, not 0.65000000000000002.
            Self::Number(number) => number.to_string(),
            Self::Moment { civil: (year, month, day, hour, minute, second, milli) } => {
                let midnight = (*hour, *minute, *second, *milli) == (0, 0, 0, 0);
                if midnight && !kind.is_timestamp {
                    format!("{year:04}-{month:02}-{day:02}")
                } else {
                    let zone = if kind.is_local { "" } else { "Z" };
                    format!(
                        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}{zone}"
                    )
                }
            }
        }
    }

    /// The cell in JSON.
    pub(super) fn json(&self, kind: Kind) -> String {
        match self {
            Self::Number(number) if number.is_finite() => number.to_string(),
            Self::Plain(text) => text.clone(),
            found => json_text(&found.text(kind)),
        }
    }
}

/// The text as JSON writes it.
pub(super) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
