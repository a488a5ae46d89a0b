//! What a cell of a sheet holds, and its text as a type.

use calamine::DataRef;
use ingot_contract::DataType;

/// The content of a cell, before its column's type is known.
pub(super) enum Found {
    Text(String),
    Number(f64),
    /// Year, month, day, hour, minute, second, millisecond.
    Moment {
        civil: (u16, u8, u8, u8, u8, u8, u16),
    },
    Error(String),
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
        DataRef::Int(number) => Found::Text(number.to_string()),
        DataRef::Float(number) => Found::Number(*number),
        DataRef::Bool(value) => Found::Text(value.to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            Found::Moment { civil: moment.to_ymd_hms_milli() }
        }
        DataRef::DateTime(duration) => Found::Number(duration.as_f64()),
        DataRef::Error(error) => Found::Error(error.to_string()),
    })
}

impl Found {
    /// The text to which the rules of the column's type are applied.
    pub(super) fn text(&self, data_type: &DataType) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            // The shortest text that gives the same number back: 0.65, not 0.65000000000000002.
            Self::Number(number) => number.to_string(),
            Self::Moment { civil: (year, month, day, hour, minute, second, milli) } => {
                let midnight = (*hour, *minute, *second, *milli) == (0, 0, 0, 0);
                if midnight && *data_type != DataType::Timestamp {
                    format!("{year:04}-{month:02}-{day:02}")
                } else {
                    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
                }
            }
        }
    }
}
