//! What dbt fixes, and other tools rely on: the version that is followed, and its way to write a time.

/// The version of dbt whose behaviour is followed, for templates and tools that ask.
pub(crate) const VERSION: &str = "1.11.0";

/// A time as dbt writes it in artifacts, with six digits after the second: what reads artifacts with Python's
/// `%f` takes no more.
pub(crate) fn time(at: jiff::Timestamp) -> String {
    format!("{at:.6}")
}

/// A time in UTC as Python's `isoformat()` has it, which is how dbt writes those that come from the database.
pub(crate) fn time_in_utc(at: jiff::Timestamp) -> String {
    let digits = if at.subsec_microsecond() == 0 { "" } else { "%.6f" };
    at.strftime(&format!("%Y-%m-%dT%H:%M:%S{digits}+00:00")).to_string()
}
