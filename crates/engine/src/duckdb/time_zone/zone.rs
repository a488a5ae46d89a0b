//! Time zones as sorted tables of instants, made once from the IANA database that is compiled in.
//!
//! A table answers in a few nanoseconds and without allocating, which a call per row into a calendar
//! library cannot. Everything is in microseconds since 1970-01-01 (UTC or local, as said).

use ingot_core::error::nearest;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The Gregorian calendar repeats after 400 years, weekdays included, and so do daylight saving rules.
const CYCLE: i64 = 146_097 * DAY;
/// 2500-01-01. Tables reach to here; later instants are moved back by whole cycles.
const TABLE_END: i64 = 193_577 * DAY;

/// A time zone: offsets from UTC, and the instants from which they hold.
#[derive(Debug)]
pub(crate) struct Zone {
    name: String,
    /// UTC instants, ascending; the first is `i64::MIN`.
    starts: Vec<i64>,
    /// Microseconds east of UTC, one for each start.
    offsets: Vec<i64>,
    /// Local times from which the offset of the same position is the one to use. A local time that
    /// exists twice means the later instant; one that is skipped is read with the offset before the gap.
    local_starts: Vec<i64>,
}

impl Zone {
    /// The zone of this name, as people write them: `Europe/London` in any case, `UTC`, `UTC+10`, `GMT+10:30`.
    ///
    /// # Errors
    /// A sentence that names the unknown zone and the nearest known one.
    pub(crate) fn named(name: &str) -> Result<Arc<Zone>, String> {
        let known = known_zones();
        if let Some(zone) = known.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Arc::clone(zone));
        }
        let zone = Arc::new(Self::load(name)?);
        known.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), Arc::clone(&zone));
        Ok(zone)
    }

    fn load(name: &str) -> Result<Zone, String> {
        if let Some(hours) = hours_of_utc_name(name) {
            // The Etc zones count westward.
            let etc = match hours {
                0 => "Etc/GMT+0".to_string(),
                hours => format!("Etc/GMT{:+}", -hours),
            };
            if let Ok(found) = jiff::tz::db().get(&etc) {
                return Ok(Self::from_database(etc, &found));
            }
        }
        if let Some(seconds) = seconds_of_gmt_name(name) {
            return Ok(Self::fixed(name, seconds * SECOND));
        }
        if let Some((name, target)) = alias(name) {
            return match jiff::tz::db().get(target) {
                Ok(found) => Ok(Self::from_database(name.to_string(), &found)),
                Err(error) => Err(format!("time zone '{name}': {error}")),
            };
        }
        match jiff::tz::db().get(name) {
            Ok(found) => {
                let canonical = found.iana_name().unwrap_or(name).to_string();
                Ok(Self::from_database(canonical, &found))
            }
            Err(_) => {
                let names: Vec<String> =
                    jiff::tz::db().available().map(|name| name.as_str().to_string()).collect();
                let near = nearest(name, names.iter().map(String::as_str))
                    .map(|near| format!(" Did you mean '{near}'?"))
                    .unwrap_or_default();
                Err(format!("Unknown TimeZone '{name}'!{near}"))
            }
        }
    }

    /// The zone of this machine, as DuckDB finds it: `TZ`, then where `/etc/localtime` points, then UTC.
    pub(crate) fn of_this_machine() -> Arc<Zone> {
        let from_variable = std::env::var("TZ").ok().map(|name| name.trim_start_matches(':').to_string());
        let from_link = || {
            let target = std::fs::read_link("/etc/localtime").ok()?;
            let text = target.to_str()?.to_string();
            text.split_once("zoneinfo/").map(|(_, name)| name.to_string())
        };
        let named = |name: String| (!name.is_empty()).then(|| Self::named(&name).ok()).flatten();
        from_variable.and_then(named).or_else(|| from_link().and_then(named)).unwrap_or_else(Self::utc)
    }

    pub(crate) fn utc() -> Arc<Zone> {
        static UTC: OnceLock<Arc<Zone>> = OnceLock::new();
        Arc::clone(UTC.get_or_init(|| Arc::new(Self::fixed("UTC", 0))))
    }

    fn fixed(name: &str, offset: i64) -> Zone {
        Zone {
            name: name.to_string(),
            starts: vec![i64::MIN],
            offsets: vec![offset],
            local_starts: vec![i64::MIN],
        }
    }

    fn from_database(name: String, zone: &TimeZone) -> Zone {
        let micros = |seconds: i32| i64::from(seconds) * SECOND;
        let mut starts = vec![i64::MIN];
        let mut offsets = vec![micros(zone.to_offset(Timestamp::MIN).seconds())];
        for transition in zone.following(Timestamp::MIN) {
            let start = transition.timestamp().as_microsecond();
            if start >= TABLE_END {
                break;
            }
            let offset = micros(transition.offset().seconds());
            // Changes of the name alone do not matter here.
            if offsets.last() != Some(&offset) {
                starts.push(start);
                offsets.push(offset);
            }
        }
        let mut local_starts: Vec<i64> =
            starts.iter().zip(&offsets).map(|(start, offset)| start.saturating_add(*offset)).collect();
        local_starts[0] = i64::MIN;
        // A local time takes the last transition that it has reached; with the smallest of all later
        // ones in each place, a binary search finds just that one.
        for index in (1..local_starts.len()).rev() {
            local_starts[index - 1] = local_starts[index - 1].min(local_starts[index]);
        }
        Zone { name, starts, offsets, local_starts }
    }

    /// The name as the database writes it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// True where local time is UTC, always.
    pub(crate) fn is_utc(&self) -> bool {
        self.offsets == [0]
    }

    pub(crate) fn lookup(&self) -> Lookup<'_> {
        Lookup { zone: self, utc: Span::EMPTY, local: Span::EMPTY }
    }
}

/// A stretch of time in which one offset holds.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: i64,
    /// The last microsecond that belongs to it.
    last: i64,
    offset: i64,
}

impl Span {
    const EMPTY: Span = Span { from: i64::MAX, last: i64::MIN, offset: 0 };

    fn find(bounds: &[i64], offsets: &[i64], time: i64) -> Span {
        if time >= TABLE_END && bounds.len() > 1 {
            let cycles = (time - TABLE_END) / CYCLE + 1;
            let same = Self::find(bounds, offsets, time - cycles * CYCLE);
            return Span { from: time, last: time, offset: same.offset };
        }
        let after = bounds.partition_point(|bound| *bound <= time);
        // The first bound is the smallest number there is, so `after` is at least one.
        let index = after.saturating_sub(1);
        let last = match bounds.get(after) {
            Some(next) => next - 1,
            None if bounds.len() > 1 => TABLE_END - 1,
            None => i64::MAX,
        };
        Span { from: bounds[index], last, offset: offsets[index] }
    }
}

/// Reads a zone again and again; remembers where it was, since times next to each other are near each other.
#[derive(Debug, Clone)]
pub(crate) struct Lookup<'z> {
    zone: &'z Zone,
    utc: Span,
    local: Span,
}

impl Lookup<'_> {
    /// The offset that holds at an instant.
    #[inline]
    pub(crate) fn offset_at(&mut self, instant: i64) -> i64 {
        if instant < self.utc.from || instant > self.utc.last {
            self.utc = Span::find(&self.zone.starts, &self.zone.offsets, instant);
        }
        self.utc.offset
    }

    /// The offset with which a local time is read.
    #[inline]
    pub(crate) fn offset_of_local(&mut self, local: i64) -> i64 {
        if local < self.local.from || local > self.local.last {
            self.local = Span::find(&self.zone.local_starts, &self.zone.offsets, local);
        }
        self.local.offset
    }

    /// The local time at an instant; wraps only for instants at the very ends of what 64 bits hold.
    #[inline]
    pub(crate) fn local_at(&mut self, instant: i64) -> i64 {
        instant.saturating_add(self.offset_at(instant))
    }

    /// The instant of a local time.
    #[inline]
    pub(crate) fn instant_of(&mut self, local: i64) -> i64 {
        local.saturating_sub(self.offset_of_local(local))
    }
}

type ZoneTable = RwLock<HashMap<String, Arc<Zone>>>;

fn known_zones() -> &'static ZoneTable {
    static KNOWN: OnceLock<ZoneTable> = OnceLock::new();
    KNOWN.get_or_init(ZoneTable::default)
}

/// `UTC+10`, `UTC-0930`, `UTC+5:30`: the hours alone count, as they do in DuckDB.
fn hours_of_utc_name(name: &str) -> Option<i32> {
    let rest = name.strip_prefix("UTC")?;
    let (sign, digits) = match rest.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == ':') {
        return None;
    }
    let trimmed = digits.trim_start_matches('0');
    let hours = match trimmed.split_once(':') {
        Some((hours, _)) => hours,
        None if trimmed.len() <= 2 => trimmed,
        None => &trimmed[..trimmed.len() - 2],
    };
    if hours.is_empty() { Some(0) } else { hours.parse::<i32>().ok().map(|hours| sign * hours) }
}

/// `GMT+10`, `GMT-9:30`, `GMT+0530`, `GMT+10:30:15`, in any case.
fn seconds_of_gmt_name(name: &str) -> Option<i64> {
    let (prefix, rest) = name.split_at_checked(3)?;
    if !prefix.eq_ignore_ascii_case("GMT") {
        return None;
    }
    let (sign, digits) = match rest.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number = |text: &str, width: std::ops::RangeInclusive<usize>| -> Option<i64> {
        (width.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
    };
    let (hours, minutes, seconds) = if digits.contains(':') {
        let mut parts = digits.split(':');
        let hours = number(parts.next()?, 1..=2)?;
        let minutes = number(parts.next()?, 2..=2)?;
        let seconds = parts.next().map_or(Some(0), |text| number(text, 2..=2))?;
        if parts.next().is_some() {
            return None;
        }
        (hours, minutes, seconds)
    } else {
        let all = number(digits, 1..=6)?;
        match digits.len() {
            1 | 2 => (all, 0, 0),
            3 | 4 => (all / 100, all % 100, 0),
            _ => (all / 10_000, all / 100 % 100, all % 100),
        }
    };
    (hours <= 23 && minutes <= 59 && seconds <= 59).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// Short names that DuckDB knows and the database does not.
fn alias(name: &str) -> Option<(&'static str, &'static str)> {
    const ALIASES: [(&str, &str); 24] = [
        ("ACT", "Australia/Darwin"),
        ("AET", "Australia/Sydney"),
        ("AGT", "America/Argentina/Buenos_Aires"),
        ("ART", "Africa/Cairo"),
        ("AST", "America/Anchorage"),
        ("BET", "America/Sao_Paulo"),
        ("BST", "Asia/Dhaka"),
        ("CAT", "Africa/Maputo"),
        ("CNT", "America/St_Johns"),
        ("CST", "America/Chicago"),
        ("CTT", "Asia/Shanghai"),
        ("EAT", "Africa/Addis_Ababa"),
        ("ECT", "Europe/Paris"),
        ("IET", "America/Indiana/Indianapolis"),
        ("IST", "Asia/Kolkata"),
        ("JST", "Asia/Tokyo"),
        ("MIT", "Pacific/Apia"),
        ("NET", "Asia/Yerevan"),
        ("NST", "Pacific/Auckland"),
        ("PLT", "Asia/Karachi"),
        ("PNT", "America/Phoenix"),
        ("PRT", "America/Puerto_Rico"),
        ("PST", "America/Los_Angeles"),
        ("SST", "Pacific/Guadalcanal"),
    ];
    ALIASES.into_iter().find(|(short, _)| short.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn reads_offsets_on_both_sides_of_a_change() {
        let sydney = Zone::named("australia/sydney").unwrap();
        assert_eq!(sydney.name(), "Australia/Sydney");
        let mut lookup = sydney.lookup();
        assert_eq!(lookup.offset_at(micros("2023-10-01T15:59:59Z")), 11 * HOUR);
        assert_eq!(lookup.offset_at(micros("2023-09-30T15:59:59Z")), 10 * HOUR);
        assert_eq!(lookup.offset_at(micros("2023-09-30T16:00:00Z")), 11 * HOUR);
        // Far away: the same day 400 years later.
        assert_eq!(lookup.offset_at(micros("2823-09-30T16:00:00Z")), 11 * HOUR);
    }

    #[test]
    fn gaps_and_overlaps() {
        let york = Zone::named("America/New_York").unwrap();
        let mut lookup = york.lookup();
        // 02:30 does not exist on this day, 01:30 exists twice on the other.
        assert_eq!(lookup.instant_of(micros("2023-03-12T02:30:00Z")), micros("2023-03-12T07:30:00Z"));
        assert_eq!(lookup.instant_of(micros("2023-11-05T01:30:00Z")), micros("2023-11-05T06:30:00Z"));
    }

    #[test]
    fn names_of_many_kinds() {
        assert!(Zone::named("UTC").unwrap().is_utc());
        assert_eq!(Zone::named("UTC+10").unwrap().name(), "Etc/GMT-10");
        assert_eq!(Zone::named("GMT-9:30").unwrap().lookup().offset_at(0), -(9 * HOUR + 30 * MINUTE));
        assert_eq!(hours_of_utc_name("UTC-0930"), Some(-9));
        let error = Zone::named("Europe/Lundon").unwrap_err();
        assert!(error.contains("Did you mean 'Europe/London'?"), "{error}");
    }
}
