//! One check of a table, as one run measured it.

/// What a check is about. Trends are drawn for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// Rows that bronze took, of those that it read.
    Acceptance,
    /// Rows that point at what is not there.
    ForeignKey,
    /// Values that are missing where one is demanded.
    Null,
    /// How old the newest load is, of the age that is allowed.
    Freshness,
    /// Keys that occur more than once.
    Unique,
    /// Values that are not what they should be.
    Anomaly,
}

impl CheckKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::ForeignKey => "foreign_key",
            Self::Null => "null",
            Self::Freshness => "freshness",
            Self::Unique => "unique",
            Self::Anomaly => "anomaly",
        }
    }
}

/// What one run measured with one check of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// `gold.dim_customer`.
    pub table: String,
    pub check: String,
    pub column: Option<String>,
    pub kind: CheckKind,
    /// Rows that were checked; `None` if nobody counted them, because none failed.
    pub rows: Option<u64>,
    /// Of those, the rows that failed.
    pub failures: Option<u64>,
    /// What a check measures that does not count rows: hours of age for freshness.
    pub value: Option<f64>,
    /// From 0 to 1.
    pub pass_rate: f64,
}

impl Measure {
    /// A check that counts rows.
    pub fn of_rows(table: &str, check: &str, kind: CheckKind, rows: Option<u64>, failures: u64) -> Self {
        Self {
            table: table.to_owned(),
            check: check.to_owned(),
            column: None,
            kind,
            rows,
            failures: Some(failures),
            value: None,
            pass_rate: pass_rate(rows, failures),
        }
    }

    /// How old a table is in hours, and how old it may become.
    pub fn of_age(table: &str, hours: f64, allowed: f64) -> Self {
        Self {
            table: table.to_owned(),
            check: "fresh".to_owned(),
            column: None,
            kind: CheckKind::Freshness,
            rows: None,
            failures: None,
            value: Some(hours),
            pass_rate: if hours <= allowed { 1.0 } else { allowed.max(0.0) / hours },
        }
    }

    /// The same check of a column.
    #[must_use]
    pub fn of_column(self, column: Option<String>) -> Self {
        Self { column, ..self }
    }
}

/// Where nobody counted the rows, a failure is all of them. Some tests count more failures than there are rows.
fn pass_rate(rows: Option<u64>, failures: u64) -> f64 {
    match (rows, failures) {
        (_, 0) => 1.0,
        (None | Some(0), _) => 0.0,
        (Some(rows), failures) => 1.0 - (failures.min(rows) as f64 / rows as f64),
    }
}

/// How good a check has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Below this pass rate (0 to 1), a check is a warning.
    pub warn_below: f64,
    /// Below this one, it wakes somebody.
    pub alert_below: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { warn_below: 0.99, alert_below: 0.95 }
    }
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Ok,
    Warning,
    Alert,
}

impl Standing {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Alert => "ALERT",
        }
    }
}

impl Thresholds {
    pub fn standing(&self, pass_rate: f64) -> Standing {
        if pass_rate < self.alert_below {
            Standing::Alert
        } else if pass_rate < self.warn_below {
            Standing::Warning
        } else {
            Standing::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_standings() {
        let of = |rows, failures| Measure::of_rows("t", "c", CheckKind::Null, rows, failures).pass_rate;
        assert_eq!((of(Some(200), 1), of(None, 0), of(None, 3), of(Some(2), 5)), (0.995, 1.0, 0.0, 0.0));
        assert_eq!((of(Some(0), 0), of(Some(0), 1)), (1.0, 0.0));
        let limits = Thresholds::default();
        let standings = [1.0, 0.99, 0.98999, 0.95, 0.9499].map(|rate| limits.standing(rate).word());
        assert_eq!(standings, ["OK", "OK", "WARNING", "WARNING", "ALERT"]);
        let aged = |hours| Measure::of_age("t", hours, 24.0).pass_rate;
        assert_eq!((aged(3.0), aged(24.0), aged(48.0)), (1.0, 1.0, 0.5));
    }
}
