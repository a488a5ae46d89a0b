//! Versions of packages, and ranges of them, compared as dbt compares them.
//! <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/semver.py>

use ingot_core::error::{Error, Result};
use regex::Regex;
use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) ^ (?P<sign> >= | > | < | <= | = )?
        (?P<major> 0 | [1-9][0-9]* ) \. (?P<minor> 0 | [1-9][0-9]* ) \. (?P<patch> 0 | [1-9][0-9]* )
        ( -? (?P<prerelease>
            (?: 0 | [1-9][0-9]* | [0-9]*[a-zA-Z-][0-9a-zA-Z-]* )
            ( \. (?: 0 | [1-9][0-9]* | [0-9]*[a-zA-Z-][0-9a-zA-Z-]* ) )* ) )?
        ( \+ (?P<build> [0-9A-Za-z-]* ( \. [0-9A-Za-z-]* )* ) )? $",
    )
    .ok()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Above,
    AtLeast,
    Below,
    AtMost,
    Exact,
}

impl Sign {
    fn text(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Exact => "=",
        }
    }
    fn is_lower(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }
    fn is_upper(self) -> bool {
        matches!(self, Self::Below | Self::AtMost)
    }
}

/// A version, or a condition on one: `1.2.0`, `>=1.2.0`.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    sign: Sign,
    /// Major, minor and patch: digits without leading zeros, of any length.
    numbers: [String; 3],
    prerelease: Option<String>,
    build: Option<String>,
}

impl Version {
    /// # Errors
    /// The text is not a version.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let found = FORM.as_ref().and_then(|form| form.captures(text)).ok_or_else(|| {
            Error::new(format!("'{text}' is not a valid version"))
                .in_dbts_words(format!("\"{text}\" is not a valid semantic version."))
                .hint("write it with three numbers, as in 1.2.0 or '>=1.2.0'; a range is a list of two")
        })?;
        let part = |name: &str| found.name(name).map(|part| part.as_str().to_owned());
        let number = |name: &str| part(name).unwrap_or_default();
        Ok(Self {
            sign: match found.name("sign").map(|sign| sign.as_str()) {
                Some(">") => Sign::Above,
                Some(">=") => Sign::AtLeast,
                Some("<") => Sign::Below,
                Some("<=") => Sign::AtMost,
                _ => Sign::Exact,
            },
            numbers: [number("major"), number("minor"), number("patch")],
            prerelease: part("prerelease"),
            build: part("build"),
        })
    }

    pub(crate) fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    /// dbt's order, in which the signs count where the versions are the same.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        for (own, others) in self.numbers.iter().zip(&other.numbers) {
            let order = compare_digits(own, others);
            if order != Ordering::Equal {
                return order;
            }
        }
        match (&self.prerelease, &other.prerelease) {
            (None, None) => {}
            // No prerelease of a version that has to be below this one.
            (None, Some(_)) if self.sign == Sign::Below => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(own), Some(others)) => {
                let order = compare_prereleases(own, others);
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
        match (self.sign, other.sign) {
            (Sign::AtLeast, Sign::AtMost) | (Sign::AtMost, Sign::AtLeast) => Ordering::Equal,
            (Sign::Below, Sign::AtMost) | (Sign::AtLeast, Sign::Above) => Ordering::Less,
            (own, others) if own.is_upper() && others.is_lower() => Ordering::Less,
            (Sign::AtMost, Sign::Below) | (Sign::Above, Sign::AtLeast) => Ordering::Greater,
            (own, others) if own.is_lower() && others.is_upper() => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.sign.text(), self.numbers.join("."))?;
        if let Some(prerelease) = &self.prerelease {
            write!(f, "-{prerelease}")?;
        }
        if let Some(build) = &self.build {
            write!(f, "+{build}")?;
        }
        Ok(())
    }
}

fn compare_digits(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Part by part, numbers before words; a text that goes on is greater.
fn compare_prereleases(one: &str, other: &str) -> Ordering {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    for (own, others) in one.split('.').zip(other.split('.')) {
        let order = match (is_number(own), is_number(others)) {
            (true, true) => compare_digits(own, others),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => own.cmp(others),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

/// From a version to a version; `None`: without an end.
#[derive(Debug, Clone)]
pub(crate) struct VersionRange {
    start: Option<Version>,
    end: Option<Version>,
}

impl VersionRange {
    fn of(version: Version) -> Self {
        match version.sign {
            Sign::Exact => Self { start: Some(version.clone()), end: Some(version) },
            Sign::Above | Sign::AtLeast => Self { start: Some(version), end: None },
            Sign::Below | Sign::AtMost => Self { start: None, end: Some(version) },
        }
    }

    /// What fulfils all of the conditions; `None` if nothing can.
    pub(crate) fn of_all(mut conditions: Vec<Version>) -> Option<Self> {
        let Some(last) = conditions.pop() else { return Some(Self { start: None, end: None }) };
        conditions.into_iter().try_fold(Self::of(last), |range, next| range.and(&Self::of(next)))
    }

    fn and(&self, other: &Self) -> Option<Self> {
        let is_exact = |end: &Option<Version>| end.as_ref().is_some_and(|end| end.sign == Sign::Exact);
        let (start, end) = match (&self.start, &other.start) {
            (Some(one), Some(two)) if is_exact(&self.start) && is_exact(&other.start) => {
                let same = (one.compare(two) == Ordering::Equal).then(|| one.clone())?;
                (Some(same.clone()), Some(same))
            }
            _ => (
                later(self.start.as_ref(), other.start.as_ref())?,
                earlier(self.end.as_ref(), other.end.as_ref())?,
            ),
        };
        if let (Some(start), Some(end)) = (&start, &end)
            && start.compare(end) == Ordering::Greater
        {
            return None;
        }
        Some(Self { start, end })
    }

    /// Whether a version is in the range.
    pub(crate) fn holds(&self, version: &Version) -> bool {
        let all = std::iter::once(version).chain(&self.start).chain(&self.end).cloned().collect();
        Self::of_all(all).is_some()
    }

    /// The highest of the versions that is in the range.
    pub(crate) fn highest<'v>(&self, versions: &'v [(Version, String)]) -> Option<&'v str> {
        let mut highest: Option<&(Version, String)> = None;
        for version in versions.iter().filter(|(version, _)| self.holds(version)) {
            if highest.is_none_or(|(most, _)| most.compare(&version.0) == Ordering::Less) {
                highest = Some(version);
            }
        }
        highest.map(|(_, text)| text.as_str())
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends: Vec<String> = self.start.iter().chain(&self.end).map(Version::to_string).collect();
        f.write_str(if ends.is_empty() { "ANY".to_owned() } else { ends.join(", ") }.as_str())
    }
}

/// The stricter of two lower ends; nothing if an exact version does not fulfil the other.
fn later(one: Option<&Version>, two: Option<&Version>) -> Option<Option<Version>> {
    let (Some(one), Some(two)) = (one, two) else { return Some(one.or(two).cloned()) };
    let with_exact = |bound: &Version, exact: &Version| {
        let order = bound.compare(exact);
        let fits = order == Ordering::Less || (order == Ordering::Equal && bound.sign == Sign::AtLeast);
        fits.then(|| Some(exact.clone()))
    };
    match (one.sign, two.sign) {
        (Sign::Exact, _) => with_exact(two, one),
        (_, Sign::Exact) => with_exact(one, two),
        _ if one.compare(two) == Ordering::Less => Some(Some(two.clone())),
        _ => Some(Some(one.clone())),
    }
}

/// The stricter of two upper ends; nothing if an exact version does not fulfil the other.
fn earlier(one: Option<&Version>, two: Option<&Version>) -> Option<Option<Version>> {
    let (Some(one), Some(two)) = (one, two) else { return Some(one.or(two).cloned()) };
    let with_exact = |bound: &Version, exact: &Version| {
        let order = bound.compare(exact);
        let fits = order == Ordering::Greater || (order == Ordering::Equal && bound.sign == Sign::AtMost);
        fits.then(|| Some(exact.clone()))
    };
    match (one.sign, two.sign) {
        (Sign::Exact, _) => with_exact(two, one),
        (_, Sign::Exact) => with_exact(one, two),
        _ if one.compare(two) == Ordering::Greater => Some(Some(two.clone())),
        _ => Some(Some(one.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(conditions: &[&str]) -> Option<VersionRange> {
        VersionRange::of_all(conditions.iter().map(|one| Version::parse(one).unwrap()).collect())
    }

    fn highest(conditions: &[&str], versions: &[&str]) -> Option<String> {
        let versions: Vec<(Version, String)> =
            versions.iter().map(|one| (Version::parse(one).unwrap(), (*one).to_owned())).collect();
        range(conditions).unwrap().highest(&versions).map(str::to_owned)
    }

    /// The examples of dbt_common's own tests. <https://github.com/dbt-labs/dbt-common/blob/main/tests/unit/test_semver.py>
    #[test]
    fn ranges_are_reduced_as_by_dbt() {
        for (conditions, reduced) in [
            (&["0.0.1", "0.0.1"][..], Some("=0.0.1, =0.0.1")),
            (&["0.0.1", ">0.0.0"], Some("=0.0.1, =0.0.1")),
            (&["0.0.1", ">0.0.1"], None),
            (&[">0.0.1", "<0.0.1"], None),
            (&[">=0.0.1", "<=0.0.1"], Some(">=0.0.1, <=0.0.1")),
            (&[">0.0.1", ">=0.0.1"], Some(">0.0.1")),
            (&[">=0.0.1", "<0.1.0", ">0.0.2"], Some(">0.0.2, <0.1.0")),
            (&["<0.0.2", "0.0.1-alpha"], Some("=0.0.1-alpha, =0.0.1-alpha")),
            (&["<0.0.1", "0.0.1-alpha"], None),
            (&[], Some("ANY")),
        ] {
            let found = range(conditions).map(|range| range.to_string());
            assert_eq!(found.as_deref(), reduced, "{conditions:?}");
        }
    }

    #[test]
    fn the_highest_version_in_a_range_is_taken() {
        let all = ["0.9.0", "1.0.0-rc1", "1.0.0", "1.10.0", "1.2.0", "2.0.0-beta.2", "2.0.0-beta.10"];
        assert_eq!(highest(&[">=1.0.0", "<2.0.0"], &all).as_deref(), Some("1.10.0"));
        assert_eq!(highest(&["<1.0.0"], &all).as_deref(), Some("0.9.0"));
        assert_eq!(highest(&["=1.0.0-rc1"], &all).as_deref(), Some("1.0.0-rc1"));
        assert_eq!(highest(&[">=2.0.0-beta.1"], &all).as_deref(), Some("2.0.0-beta.10"));
        assert_eq!(highest(&[">3.0.0"], &all), None);
    }

    #[test]
    fn what_is_not_a_version_is_an_error() {
        for text in ["1", "1.0", "v1.0.0", "~1.0.0", ">= 1.0.0", "1.0.0 ", "01.0.0", ""] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
        // Python's pattern takes a prerelease without its hyphen.
        assert!(Version::parse("1.0.0rc1").unwrap().is_prerelease());
        assert_eq!(Version::parse("1.0.0+dev").unwrap().to_string(), "=1.0.0+dev");
    }
}
