//! `require-dbt-version` of a project or package: which versions of dbt it works with.

use crate::dbt;
use ingot_core::error::{Error, Result};
use std::path::Path;

type Version = (u64, u64, u64);

/// Refuses the project `name` that does not work with the version of dbt that is followed. `file` is its
/// `dbt_project.yml`, which says `required`.
///
/// # Errors
/// So it is, or what the project says is not a version.
pub(crate) fn check(name: &str, required: &[String], file: &Path) -> Result<()> {
    let followed = parse(dbt::VERSION);
    for condition in required.iter().flat_map(|said| said.split(',')).map(str::trim) {
        let fits = fits(condition, followed).ok_or_else(|| {
            let what = format!("'{condition}' under `require-dbt-version` is not a version");
            Error::new(what).at(file).hint("write it as in '>=1.8.0' or ['>=1.8.0', '<2.0.0']")
        })?;
        if !fits {
            let what = format!(
                "the project '{name}' requires dbt {condition}, and ingot follows dbt {}",
                dbt::VERSION
            );
            return Err(Error::new(what)
                .at(file)
                .hint("change `require-dbt-version`, or ignore it with --no-version-check"));
        }
    }
    Ok(())
}

/// Whether a version fulfils `>=1.8.0`, `<2.0.0`, `1.11.0`. `None` if that is not a condition.
fn fits(condition: &str, version: Option<Version>) -> Option<bool> {
    let bare = condition.trim_start_matches(['>', '<', '=']);
    let (sign, wanted) = (&condition[..condition.len() - bare.len()], parse(bare.trim())?);
    let version = version?;
    Some(match sign {
        ">=" => version >= wanted,
        ">" => version > wanted,
        "<=" => version <= wanted,
        "<" => version < wanted,
        "" | "=" => version == wanted,
        _ => return None,
    })
}

/// Major, minor and patch; what is before a release or built of it counts as that release.
fn parse(text: &str) -> Option<Version> {
    let core = text.split(['-', '+']).next()?;
    let mut parts = core.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::{fits, parse};

    #[test]
    fn conditions_are_those_of_dbt() {
        let version = parse("1.11.0");
        for (condition, holds) in [
            (">=1.3.0", Some(true)),
            ("<2.0.0", Some(true)),
            ("<1.11.0", Some(false)),
            ("=1.11.0", Some(true)),
            ("0.0.0", Some(false)),
            (">=1.11.0-rc1", Some(true)),
            (">= 1.3.0", Some(true)),
            (">=1.3", None),
            ("~1.3.0", None),
            ("=>1.3.0", None),
        ] {
            assert_eq!(fits(condition, version), holds, "{condition}");
        }
    }
}
