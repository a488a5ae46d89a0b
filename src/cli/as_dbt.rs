//! What programs that call dbt's command expect of it beside its arguments: its name, and flags in environment variables.

use std::ffi::OsString;
use std::path::Path;

/// Variables of flags that are not of one verb alone, and the flag that each sets.
/// <https://docs.getdbt.com/reference/global-configs/about-global-configs>
const VALUES: [(&str, &str); 2] = [("DBT_LOG_FORMAT", "--log-format"), ("DBT_PROJECT_DIR", "--project-dir")];
const SWITCHES: [(&str, &str, &str); 6] = [
    ("DBT_QUIET", "--quiet", "--no-quiet"),
    ("DBT_PRINT", "--print", "--no-print"),
    ("DBT_NO_PRINT", "--no-print", "--print"),
    ("DBT_WRITE_JSON", "--write-json", "--no-write-json"),
    ("DBT_INTROSPECT", "--introspect", "--no-introspect"),
    ("DBT_PARTIAL_PARSE", "--partial-parse", "--no-partial-parse"),
];

/// The arguments of the command, from those that were given and from variables. A link to this program that is named `dbt`
/// stands for `ingot dbt`; and for `ingot dbt`, the variables of dbt's flags come before its arguments, which so count more.
pub(super) fn arguments(
    given: impl Iterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<OsString> {
    let mut all: Vec<OsString> = given.collect();
    let is_link =
        all.first().is_some_and(|name| Path::new(name).file_stem().is_some_and(|stem| stem == "dbt"));
    if is_link {
        all.splice(..1, ["ingot".into(), "dbt".into()]);
    }
    if all.get(1).is_some_and(|command| command == "dbt") {
        all.splice(2..2, flags(variable));
    }
    all
}

fn flags(variable: impl Fn(&str) -> Option<String>) -> Vec<OsString> {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let values = VALUES.iter().filter_map(|(name, flag)| Some(format!("{flag}={}", value(name)?)));
    let switches = SWITCHES.iter().filter_map(|(name, on, off)| {
        // As click reads a boolean; what is neither is left to dbt's own meaning of the variable: none.
        match value(name)?.to_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some((*on).to_owned()),
            "0" | "false" | "f" | "no" | "n" | "off" => Some((*off).to_owned()),
            _ => None,
        }
    });
    values.chain(switches).map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str], variables: &[(&str, &str)]) -> Vec<OsString> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        arguments(given.iter().map(Into::into), variable)
    }

    #[test]
    fn a_link_named_dbt_takes_dbts_arguments() {
        assert_eq!(read(&["/usr/bin/dbt", "run", "-s", "a"], &[]), ["ingot", "dbt", "run", "-s", "a"]);
        assert_eq!(read(&["dbt.exe"], &[]), ["ingot", "dbt"]);
        assert_eq!(read(&["ingot", "dbt", "run"], &[]), ["ingot", "dbt", "run"]);
        assert_eq!(read(&["/opt/dbt/ingot", "check"], &[]), ["/opt/dbt/ingot", "check"]);
    }

    #[test]
    fn variables_are_flags_before_the_arguments() {
        let variables =
            [("DBT_LOG_FORMAT", "json"), ("DBT_QUIET", "True"), ("DBT_PRINT", "0"), ("DBT_WRITE_JSON", "")];
        let all = read(&["dbt", "run", "--print"], &variables);
        assert_eq!(all, ["ingot", "dbt", "--log-format=json", "--quiet", "--no-print", "run", "--print"]);
        assert_eq!(read(&["ingot", "run-models"], &variables), ["ingot", "run-models"]);
    }
}
