//! Periods of time on the command line: `2s`, `500ms`, `5 min`.

use jiff::SignedDuration;
use std::time::Duration;

/// A period of at least a millisecond and at most a day; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "must be a period such as 500ms, 2s or 5min, of at most 24h".to_owned();
    let found = match text.trim().parse::<f64>() {
        Ok(seconds) => SignedDuration::try_from_secs_f64(seconds).map_err(|_| wrong())?,
        Err(_) => text.trim().parse::<SignedDuration>().map_err(|_| wrong())?,
    };
    let found = Duration::try_from(found).map_err(|_| wrong())?;
    let allowed = Duration::from_millis(1)..=Duration::from_secs(86_400);
    if allowed.contains(&found) { Ok(found) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_write_them() {
        for (text, milliseconds) in [
            ("2s", 2000),
            ("500ms", 500),
            ("5min", 300_000),
            ("5 min", 300_000),
            ("0.25", 250),
            ("3", 3000),
            ("24h", 86_400_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for wrong in ["", "0", "-1s", "soon", "25h", "NaN", "1e99", "5 parsecs"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
