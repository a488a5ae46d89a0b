//! What a contract demands beyond types: rules on the values of a row, and rules on the table as a whole.

/// A rule that each row keeps or breaks by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The reason code of a reject or a finding.
    pub code: String,
    pub check: Check,
    pub severity: Severity,
    /// What would be right.
    pub description: String,
    /// The standard's dimension of data quality, such as `completeness`.
    pub dimension: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// Each JSON envelope has these members, and they are not null.
    JsonMembers(Vec<String>),
    /// Between two bounds, for numbers, dates and timestamps.
    Range {
        min: Option<Bound>,
        max: Option<Bound>,
    },
    /// A whole multiple of this number, as it is written in the contract.
    MultipleOf(String),
    AcceptedValues(Vec<String>),
    /// A regular expression in the syntax of the crates `regex` and `fancy-regex`, which matches somewhere in the text.
    Pattern(String),
    /// Characters of a text.
    Length {
        min: Option<u64>,
        max: Option<u64>,
    },
    Format(TextFormat),
    /// Items of a list.
    Items {
        min: Option<u64>,
        max: Option<u64>,
        unique: bool,
    },
    /// Members of an object.
    Members {
        min: Option<u64>,
        max: Option<u64>,
        required: Vec<String>,
    },
    /// Not null, and none of these texts.
    NotMissing {
        texts: Vec<String>,
        null: bool,
    },
}

/// One end of a range, as it is written in the contract: a number, or a date or timestamp in ISO 8601.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub text: String,
    /// Whether the bound itself lies outside of the range.
    pub is_exclusive: bool,
}

/// The formats of texts that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// Base64, RFC 4648 section 4.
    Byte,
    /// RFC 5321, as far as HTML's `<input type=email>` checks it.
    Email,
    /// RFC 1123.
    Hostname,
    Ipv4,
    Ipv6,
    /// RFC 3986: a scheme and what follows it.
    Uri,
    /// RFC 9562.
    Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Rejects the row at bronze; of a table, keeps the load from being committed.
    Error,
    /// Lets the row through, to be tested in silver; of a table, is reported.
    Warning,
}

impl Severity {
    /// As contracts write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A rule on the table as it would be after a load.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRule {
    /// The rule's name, or one made of its metric and column.
    pub name: String,
    pub measure: Measure,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Whether the count is compared as a percentage of the table's rows.
    pub in_percent: bool,
    pub severity: Severity,
    pub description: String,
    pub dimension: Option<String>,
}

/// What a table rule measures. Counts are of rows, those of duplicates of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    Rows,
    Missing {
        column: String,
        texts: Vec<String>,
        null: bool,
    },
    Invalid {
        column: String,
        check: Check,
    },
    /// Values, or combinations of values, that occur more than once; those with a null are left out.
    Duplicates {
        columns: Vec<String>,
    },
    /// A query that gives one value; `{object}` stands for the table, `{property}` for the column.
    Sql {
        query: String,
        column: Option<String>,
    },
}

/// What the measured value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A number, or the text of a boolean or another value.
    Is(String),
    IsNot(String),
    Above(f64),
    AtLeast(f64),
    Below(f64),
    AtMost(f64),
    /// Bounds are inclusive.
    Between(f64, f64),
    NotBetween(f64, f64),
}

impl Condition {
    /// Whether the value, a number where it is one, is as it must be.
    pub fn holds(&self, value: &str) -> bool {
        let number: Option<f64> = value.parse().ok();
        let is = |wanted: &str| match (number, wanted.parse::<f64>()) {
            (Some(number), Ok(wanted)) => number == wanted,
            _ => value.eq_ignore_ascii_case(wanted),
        };
        let compares = |test: &dyn Fn(f64) -> bool| number.is_some_and(test);
        match self {
            Self::Is(wanted) => is(wanted),
            Self::IsNot(unwanted) => !is(unwanted),
            Self::Above(bound) => compares(&|number| number > *bound),
            Self::AtLeast(bound) => compares(&|number| number >= *bound),
            Self::Below(bound) => compares(&|number| number < *bound),
            Self::AtMost(bound) => compares(&|number| number <= *bound),
            Self::Between(low, high) => compares(&|number| (*low..=*high).contains(&number)),
            Self::NotBetween(low, high) => compares(&|number| !(*low..=*high).contains(&number)),
        }
    }

    /// Whether a count of rows must be 0, so that every single row can be held to it. `in_percent`: of all rows.
    pub(crate) fn allows_none(&self, in_percent: bool) -> bool {
        match self {
            Self::Is(wanted) => wanted.parse::<f64>().is_ok_and(|wanted| wanted == 0.0),
            Self::AtMost(bound) => *bound >= 0.0 && (*bound == 0.0 || (!in_percent && *bound < 1.0)),
            Self::Below(bound) => !in_percent && *bound > 0.0 && *bound <= 1.0,
            Self::Between(low, high) => *low == 0.0 && *high == 0.0,
            _ => false,
        }
    }
}

/// As the contract's reader says it: `at least 10`.
impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Is(wanted) => f.write_str(wanted),
            Self::IsNot(unwanted) => write!(f, "anything but {unwanted}"),
            Self::Above(bound) => write!(f, "more than {bound}"),
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::Below(bound) => write!(f, "less than {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
            Self::Between(low, high) => write!(f, "between {low} and {high}"),
            Self::NotBetween(low, high) => write!(f, "not between {low} and {high}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_numbers_and_words() {
        for (condition, holds, does_not) in [
            (Condition::Is("0".to_owned()), "0.0", "1"),
            (Condition::Is("true".to_owned()), "TRUE", "false"),
            (Condition::IsNot("5".to_owned()), "4", "5.0"),
            (Condition::Above(1.0), "1.5", "1"),
            (Condition::AtLeast(1.0), "1", "0.9"),
            (Condition::Below(1.0), "0", "1"),
            (Condition::AtMost(1.0), "1", "2"),
            (Condition::Between(1.0, 2.0), "2", "2.1"),
            (Condition::NotBetween(1.0, 2.0), "0", "1"),
            (Condition::Above(1.0), "2", "many"),
        ] {
            assert!(condition.holds(holds), "{condition:?} {holds}");
            assert!(!condition.holds(does_not), "{condition:?} {does_not}");
        }
    }

    #[test]
    fn only_what_must_be_none_can_be_asked_of_each_row() {
        assert!(Condition::Is("0".to_owned()).allows_none(true));
        assert!(Condition::Below(1.0).allows_none(false));
        assert!(!Condition::Below(1.0).allows_none(true));
        assert!(!Condition::AtMost(5.0).allows_none(false));
        assert!(!Condition::IsNot("0".to_owned()).allows_none(false));
    }
}
