//! `ingot.erasure`, `ingot.person`, `ingot.rawErasure`, `ingot.hold` of an object, and the service level `retention`.

use super::reader::Reader;
use crate::privacy::{Erasure, PersonMember, Privacy, Retention};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

/// Days of a unit of `slaProperties`. A month and a year are the longest that they can be, so that nothing goes too early.
const DAYS: [(&str, u32); 12] = [
    ("d", 1),
    ("day", 1),
    ("days", 1),
    ("w", 7),
    ("week", 7),
    ("weeks", 7),
    ("mo", 31),
    ("month", 31),
    ("months", 31),
    ("y", 366),
    ("year", 366),
    ("years", 366),
];

impl Reader<'_> {
    /// # Errors
    /// A value that is not one of those that a property has.
    pub(super) fn privacy(&self, document: &Node, object: &Node, table: &str) -> Result<Privacy> {
        let erasure = match self.custom(object, "erasure")? {
            Some(node) => Some(self.choice(node, &[("delete", Erasure::Delete), ("mask", Erasure::Mask)])?),
            None => None,
        };
        let keeps_raw_files = match self.custom(object, "rawErasure")? {
            Some(node) => self.choice(node, &[("rewrite", false), ("keep", true)])?,
            None => false,
        };
        let hold = match self.custom(object, "hold")? {
            Some(node) => node.as_bool().ok_or_else(|| self.error("'hold' should be true or false", node))?,
            None => false,
        };
        Ok(Privacy {
            erasure,
            keeps_raw_files,
            hold,
            person_members: self.person_members(object)?,
            retention: self.retention(document, table)?,
        })
    }

    fn person_members(&self, object: &Node) -> Result<Vec<PersonMember>> {
        let Some(node) = self.custom(object, "person")? else { return Ok(Vec::new()) };
        let items = match node.as_list() {
            Some(items) => items,
            None => std::slice::from_ref(node),
        };
        items
            .iter()
            .map(|item| {
                let to = self.member(item, "to")?;
                let Some((table, column)) = to.as_str().and_then(|text| text.split_once('.')) else {
                    return Err(self.error("'to' should be `table.column`", to));
                };
                Ok(PersonMember {
                    column: self.text(item, "column")?.to_owned(),
                    member: self.text(item, "member")?.to_owned(),
                    table: table.to_owned(),
                    to: column.to_owned(),
                })
            })
            .collect()
    }

    /// `retention` is for all that is kept of a feed; `retention_raw`, `retention_bronze` and `retention_rejects` for a part.
    fn retention(&self, document: &Node, table: &str) -> Result<Retention> {
        let all = self.days(document, table, "retention")?;
        let of = |part: &str| -> Result<Option<u32>> { Ok(self.days(document, table, part)?.or(all)) };
        Ok(Retention {
            raw: of("retention_raw")?,
            bronze: of("retention_bronze")?,
            rejects: of("retention_rejects")?,
        })
    }

    fn days(&self, document: &Node, table: &str, name: &str) -> Result<Option<u32>> {
        let Some(property) = self.service_level(document, table, name)? else { return Ok(None) };
        let value = self.member(property, "value")?;
        let days = match (property.get("unit").filter(|unit| !unit.is_null()), value.as_int()) {
            (Some(unit), Some(count)) => {
                let unit = self.choice(unit, &DAYS)?;
                u32::try_from(count).ok().and_then(|count| count.checked_mul(unit))
            }
            (None, _) => value.as_str().and_then(period),
            _ => None,
        };
        let days = days.filter(|days| *days > 0).ok_or_else(|| {
            self.error("should be a period from a day on", value).hint(
                "write a number with a unit ({value: 90, unit: d}), `90d`, or a period of ISO 8601 (P3Y)",
            )
        })?;
        Ok(Some(days))
    }
}

/// The days of `90d` or of a period of ISO 8601 in years, months, weeks and days: `P3Y`, `P1Y6M`.
fn period(text: &str) -> Option<u32> {
    let is_iso = text.starts_with(['P', 'p']);
    let mut rest = text.trim_start_matches(['P', 'p']);
    let mut days = 0u32;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let count: u32 = rest[..digits].parse().ok()?;
        let letter = rest[digits..].chars().next()?;
        let unit = match letter.to_ascii_lowercase() {
            'd' => 1,
            'w' => 7,
            'm' if is_iso => 31,
            'y' => 366,
            _ => return None,
        };
        days = days.checked_add(count.checked_mul(unit)?)?;
        rest = &rest[digits + letter.len_utf8()..];
    }
    Some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_two_forms() {
        assert_eq!(period("P3Y"), Some(1098));
        assert_eq!(period("P1Y6M"), Some(366 + 6 * 31));
        assert_eq!(period("90d"), Some(90));
        assert_eq!(period("P2W"), Some(14));
        assert_eq!(period(""), Some(0));
        for other in ["90", "PT5H", "3 years", "5m", "P-1D"] {
            assert_eq!(period(other), None, "{other}");
        }
    }
}
