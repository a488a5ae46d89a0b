//! What the texts of a column say as dates and times: the patterns that fit all of them, and the rows that ruled out others.

use super::seen::Seen;
use ingot_bronze::inspect::Reading;
use ingot_contract::{DataType, DatePattern, Format, LocalTime, MomentForm, UnclearTimes, ValueForm};
use std::sync::OnceLock;

/// Patterns of dates, each with what it is when day and month change places.
const DATES: [(&str, Option<&str>); 21] = [
    ("dd/MM/yyyy", Some("MM/dd/yyyy")),
    ("MM/dd/yyyy", Some("dd/MM/yyyy")),
    ("d/M/yyyy", Some("M/d/yyyy")),
    ("M/d/yyyy", Some("d/M/yyyy")),
    ("dd.MM.yyyy", Some("MM.dd.yyyy")),
    ("MM.dd.yyyy", Some("dd.MM.yyyy")),
    ("d.M.yyyy", Some("M.d.yyyy")),
    ("M.d.yyyy", Some("d.M.yyyy")),
    ("dd-MM-yyyy", Some("MM-dd-yyyy")),
    ("MM-dd-yyyy", Some("dd-MM-yyyy")),
    ("d-M-yyyy", Some("M-d-yyyy")),
    ("M-d-yyyy", Some("d-M-yyyy")),
    ("yyyy/MM/dd", None),
    ("yyyy.MM.dd", None),
    ("yyyy-M-d", None),
    ("yyyy/M/d", None),
    ("d MMM yyyy", None),
    ("d-MMM-yyyy", None),
    ("d MMMM yyyy", None),
    ("MMM d, yyyy", None),
    ("MMMM d, yyyy", None),
];

/// Times of day that may come after a date.
const TIMES: [&str; 8] = [
    " HH:mm",
    " H:mm",
    " HH:mm:ss",
    " H:mm:ss",
    " HH:mm:ss.SSS",
    " HH:mm:ss.SSSSSS",
    " h:mm a",
    " h:mm:ss a",
];

/// A way to write a date or time.
pub(crate) struct Notation {
    /// Empty for the default form of the type.
    pub(crate) pattern: String,
    pub(crate) data_type: DataType,
    /// Whether times have no offset, and are read as UTC.
    pub(crate) is_local: bool,
    /// The notation in which day and month change places.
    pub(crate) twin: Option<usize>,
    reading: Reading,
}

/// All notations: a date in ISO 8601, a time with an offset, one without, and then the patterns.
pub(crate) fn notations(format: Format) -> &'static [Notation] {
    static TEXTS: OnceLock<Vec<Notation>> = OnceLock::new();
    static SHEETS: OnceLock<Vec<Notation>> = OnceLock::new();
    let all = if format == Format::Xlsx { &SHEETS } else { &TEXTS };
    all.get_or_init(|| {
        let mut found = Vec::new();
        let mut patterns = vec![
            (String::new(), DataType::Date, false, None),
            (String::new(), DataType::Timestamp, false, None),
            (String::new(), DataType::Timestamp, true, None),
        ];
        for (date, twin) in DATES {
            patterns.push((date.to_owned(), DataType::Date, false, twin.map(str::to_owned)));
            for time in TIMES {
                let twin = twin.map(|twin| format!("{twin}{time}"));
                patterns.push((format!("{date}{time}"), DataType::Timestamp, true, twin));
            }
        }
        for (pattern, data_type, is_local, twin) in &patterns {
            let form = form_of(pattern, *is_local);
            let Ok(reading) = Reading::new(data_type.clone(), form.as_ref(), format) else { continue };
            let twin = twin.as_ref().and_then(|twin| patterns.iter().position(|other| other.0 == *twin));
            found.push(Notation {
                pattern: pattern.clone(),
                data_type: data_type.clone(),
                is_local: *is_local,
                twin,
                reading,
            });
        }
        found
    })
}

/// What a contract states for the notation; `None` for the default form.
pub(crate) fn form_of(pattern: &str, is_local: bool) -> Option<ValueForm> {
    let moment = match pattern {
        "" => None,
        pattern => Some(MomentForm::Pattern(DatePattern::parse(pattern, None).ok()?)),
    };
    let local_time = is_local.then(|| LocalTime { zone: "UTC".to_owned(), unclear: UnclearTimes::Reject });
    (moment.is_some() || local_time.is_some()).then(|| ValueForm {
        moment,
        local_time,
        ..ValueForm::default()
    })
}

/// What all texts so far say as dates and times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moments {
    /// Indexes of the notations that fit every text; `None` before the first.
    alive: Option<Vec<usize>>,
    /// The first value, which rules out what does not fit it.
    pub(crate) first: Option<Seen>,
    /// Notations that fitted until this text came.
    pub(crate) ruled_out: Vec<(usize, Seen)>,
}

/// Rows that are remembered because they ruled a notation out.
const MOST_RULED_OUT: usize = 24;

impl Moments {
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.as_ref().is_none_or(|alive| !alive.is_empty())
    }

    /// The notations that fit every text, in the order of [`notations`].
    pub(crate) fn alive(&self) -> &[usize] {
        self.alive.as_deref().unwrap_or_default()
    }

    /// For a part of a file: only these notations can fit the whole.
    pub(crate) fn among(alive: &[usize]) -> Self {
        Self { alive: Some(alive.to_vec()), ..Self::default() }
    }

    /// The notations that can still fit the whole; `None` before the first text.
    pub(crate) fn known(&self) -> Option<&[usize]> {
        self.alive.as_deref()
    }

    /// Adds what the texts of a part say, which begins behind so many lines. `has_values`: there are texts in it.
    pub(crate) fn absorb(&mut self, other: Self, lines: u64, has_values: bool) {
        let Some(others) = other.alive.filter(|_| has_values) else { return };
        let Some(alive) = &mut self.alive else {
            self.alive = Some(others);
            self.first = other.first.map(|seen| seen.behind(lines));
            let ruled_out = other.ruled_out.into_iter();
            self.ruled_out.extend(ruled_out.map(|(index, seen)| (index, seen.behind(lines))));
            return;
        };
        let ruled_out = &mut self.ruled_out;
        alive.retain(|index| {
            let fits = others.contains(index);
            if !fits && ruled_out.len() < MOST_RULED_OUT {
                let by = other.ruled_out.iter().find(|(out, _)| out == index).map(|(_, seen)| seen);
                // What none of the part's texts ruled out later was ruled out by the first.
                if let Some(seen) = by.or(other.first.as_ref()) {
                    ruled_out.push((*index, seen.clone().behind(lines)));
                }
            }
            fits
        });
    }

    /// Takes a text that is not empty.
    pub(crate) fn take(&mut self, text: &[u8], format: Format, seen: impl Fn() -> Seen) {
        let all = notations(format);
        let could_be = (6..=40).contains(&text.len()) && text.iter().any(u8::is_ascii_digit);
        match &mut self.alive {
            None => {
                let fits = |index: &usize| could_be && all[*index].reading.accepts(text, false);
                self.alive = Some((0..all.len()).filter(fits).collect());
                self.first = could_be.then(seen);
            }
            Some(alive) => {
                let ruled_out = &mut self.ruled_out;
                alive.retain(|index| {
                    let fits = could_be && all[*index].reading.accepts(text, false);
                    if !fits && ruled_out.len() < MOST_RULED_OUT {
                        ruled_out.push((*index, seen()));
                    }
                    fits
                });
            }
        }
    }
}
