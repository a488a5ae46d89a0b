//! One change, and what it breaks.

/// For whom a change is breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    pub readers: bool,
    pub writers: bool,
}

impl Verdict {
    pub const SAFE: Self = Self { readers: false, writers: false };
    pub const READERS: Self = Self { readers: true, writers: false };
    pub const WRITERS: Self = Self { readers: false, writers: true };
    pub const BOTH: Self = Self { readers: true, writers: true };

    pub fn is_breaking(self) -> bool {
        self.readers || self.writers
    }

    pub fn word(self) -> &'static str {
        match (self.readers, self.writers) {
            (false, false) => "safe",
            (true, false) => "breaking for readers",
            (false, true) => "breaking for writers",
            (true, true) => "breaking for readers and writers",
        }
    }
}

/// One difference between two editions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The feed; the file for what is said of no feed in particular.
    pub of: String,
    /// The part of it: `column 'price'`, `raw files`, `sla`.
    pub part: String,
    /// What changed, and from what to what.
    pub what: String,
    pub verdict: Verdict,
}

/// Collects the changes of one feed or document.
pub(super) struct Changes<'a> {
    pub(super) of: &'a str,
    pub(super) found: Vec<Change>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(of: &'a str) -> Self {
        Self { of, found: Vec::new() }
    }

    pub(super) fn add(&mut self, part: &str, what: impl Into<String>, verdict: Verdict) {
        self.found.push(Change { of: self.of.to_owned(), part: part.to_owned(), what: what.into(), verdict });
    }

    /// Adds a change if the two differ.
    pub(super) fn compare<T: PartialEq>(
        &mut self,
        part: &str,
        pair: [&T; 2],
        what: impl FnOnce() -> String,
        verdict: Verdict,
    ) {
        if pair[0] != pair[1] {
            self.add(part, what(), verdict);
        }
    }
}
