//! Times in property files. In the rows of unit tests plain ones are times in PyYAML, and dbt writes them as Python's `isoformat()` does.
//! <https://github.com/yaml/pyyaml/blob/main/lib/yaml/constructor.py> (construct_yaml_timestamp)

use crate::graph::batches::parse_time;
use crate::json_values::{Object, python_repr};
use crate::project::properties::property_file::Origin;
use ingot_core::error::{Error, Result};
use ingot_core::yaml::{Node, Value};
use regex::Regex;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::LazyLock;

static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^ (?P<year>[0-9]{4}) - (?P<month>[0-9][0-9]?) - (?P<day>[0-9][0-9]?) (?: [Tt] | [\ \t]+ )
        (?P<hour>[0-9][0-9]?) : (?P<minute>[0-9]{2}) : (?P<second>[0-9]{2}) (?: \. (?P<fraction>[0-9]*) )?
        (?: [\ \t]* (?: (?P<utc>Z) | (?P<sign>[-+]) (?P<ahead>[0-9][0-9]?) (?: : (?P<minutes>[0-9]{2}) )? ) )? $",
    )
    .ok()
});

/// The entry of a unit test with the times in its rows as dbt has them. `file` is where it is written.
pub(super) fn in_rows(entry: &Node, file: &Path) -> Node {
    let mut entry = entry.clone();
    let mut lines = None;
    if let Value::Map(members) = &mut entry.value {
        if let Some(Value::List(given)) = members.get_mut("given").map(|given| &mut given.value) {
            given.iter_mut().for_each(|one| rows_of(one, file, &mut lines));
        }
        if let Some(expect) = members.get_mut("expect") {
            rows_of(expect, file, &mut lines);
        }
    }
    entry
}

fn rows_of(fixture: &mut Node, file: &Path, lines: &mut Option<Vec<String>>) {
    let Value::Map(members) = &mut fixture.value else { return };
    let Some(Value::List(rows)) = members.get_mut("rows").map(|rows| &mut rows.value) else { return };
    for row in rows {
        let Value::Map(cells) = &mut row.value else { continue };
        for cell in cells.values_mut() {
            let line = cell.line;
            if let Value::Str(text) = &mut cell.value
                && let Some(moment) = isoformat(text)
            {
                let lines = lines.get_or_insert_with(|| {
                    let text = std::fs::read_to_string(file).unwrap_or_default();
                    text.lines().map(str::to_owned).collect()
                });
                if is_plain(text, lines.get(line.saturating_sub(1)).map(String::as_str)) {
                    *text = moment;
                }
            }
        }
    }
}

/// The dates on which a model and its versions end must be dates, or moments.
///
/// # Errors
/// One is not, with its line.
pub(super) fn check_deprecation_date(
    entry: &Node,
    members: &Object,
    name: &str,
    origin: &Origin,
) -> Result<()> {
    let nodes = entry.get("versions").and_then(Node::as_list).unwrap_or_default();
    let versions = members.get("versions").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_versions = nodes.iter().zip(versions.iter().filter_map(Json::as_object));
    for (node, said) in std::iter::once((entry, members)).chain(of_versions) {
        let Some(date) = said.get("deprecation_date").filter(|date| !date.is_null()) else { continue };
        if date.as_str().and_then(parse_time).is_none() {
            let line = node.get("deprecation_date").map_or(node.line, |date| date.line);
            return Err(Error::new(format!(
                "the deprecation_date of '{name}' is {date}, which is not a date or time"
            ))
            .in_dbts_words(format!("{} is not a 'date-time'", python_repr(date)))
            .at_line(origin.file, line)
            .hint("write it as 2030-12-31, or 2030-12-31T10:00:00+00:00"));
        }
    }
    Ok(())
}

/// Whether a scalar is written without quotes.
fn is_plain(text: &str, line: Option<&str>) -> bool {
    let before = line.and_then(|line| line.find(text).and_then(|at| line[..at].chars().next_back()));
    before.is_some_and(|letter| !matches!(letter, '\'' | '"'))
}

/// `2020-01-02 3:04:05.6 +1` as `2020-01-02T03:04:05.600000+01:00`; `None` if it is not a time.
fn isoformat(text: &str) -> Option<String> {
    let found = FORM.as_ref()?.captures(text)?;
    let part = |name: &str| found.name(name).map(|part| part.as_str());
    let number = |name: &str| part(name).and_then(|digits| digits.parse::<i64>().ok()).unwrap_or(0);
    let (date, time) = (
        jiff::civil::Date::new(
            i16::try_from(number("year")).ok()?,
            i8::try_from(number("month")).ok()?,
            i8::try_from(number("day")).ok()?,
        )
        .ok()?,
        (number("hour"), number("minute"), number("second")),
    );
    if time.0 > 23 || time.1 > 59 || time.2 > 59 {
        return None;
    }
    let fraction: String = part("fraction").unwrap_or_default().chars().take(6).collect();
    let fraction = match fraction.bytes().all(|byte| byte == b'0') {
        true => String::new(),
        false => format!(".{fraction:0<6}"),
    };
    let ahead = number("ahead") * 60 + number("minutes");
    let offset = match (part("utc"), part("sign")) {
        (Some(_), _) => "+00:00".to_owned(),
        (None, Some(sign)) => {
            let sign = if sign == "-" && ahead != 0 { "-" } else { "+" };
            format!("{sign}{:02}:{:02}", ahead / 60, ahead % 60)
        }
        (None, None) => String::new(),
    };
    Some(format!("{date}T{:02}:{:02}:{:02}{fraction}{offset}", time.0, time.1, time.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_python_writes_them() {
        for (text, written) in [
            ("2013-11-03 00:00:00-0", Some("2013-11-03T00:00:00+00:00")),
            ("2013-11-03 10:20:30.5", Some("2013-11-03T10:20:30.500000")),
            ("2013-11-03T01:00:00Z", Some("2013-11-03T01:00:00+00:00")),
            ("2020-1-2 00:00:00", Some("2020-01-02T00:00:00")),
            ("2013-11-03 00:00:00 +02:30", Some("2013-11-03T00:00:00+02:30")),
            ("2013-11-03 1:00:00.123456789", Some("2013-11-03T01:00:00.123456")),
            ("2013-11-03 1:00:00 -5", Some("2013-11-03T01:00:00-05:00")),
            ("2020-01-02", None),
            ("2020-13-02 00:00:00", None),
            ("12:00:00", None),
        ] {
            assert_eq!(isoformat(text).as_deref(), written, "{text}");
        }
        assert!(is_plain("2020-01-02 00:00:00", Some("  - {a: 2020-01-02 00:00:00}")));
        assert!(!is_plain("2020-01-02 00:00:00", Some("  - a: '2020-01-02 00:00:00'")));
    }
}
