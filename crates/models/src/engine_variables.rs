//! dbt's environment variables under both of their names: each `DBT_X` of dbt's own is also called `DBT_ENGINE_X`, and
//! that prefix is kept for them. <https://docs.getdbt.com/reference/global-configs/about-global-configs>

use crate::warnings::{Warning, WarningKind};
use serde_json::json;
use std::ffi::OsString;

const PREFIX: &str = "DBT_ENGINE_";

/// What follows the prefix.
const KNOWN: &[&str] = &[
    "ARTIFACT_STATE_PATH",
    "CACHE_SELECTED_ONLY",
    "CLEAN_PROJECT_FILES_ONLY",
    "DEBUG",
    "DEFER",
    "DEFER_STATE",
    "DEFER_TO_STATE",
    "DOWNLOAD_DIR",
    "EMPTY",
    "EVENT_TIME_END",
    "EVENT_TIME_START",
    "EXCLUDE_RESOURCE_TYPES",
    "EXPORT_SAVED_QUERIES",
    "FAIL_FAST",
    "FAVOR_STATE",
    "FAVOR_STATE_MODE",
    "FULL_REFRESH",
    "HOST",
    "INCLUDE_SAVED_QUERY",
    "INDIRECT_SELECTION",
    "INTROSPECT",
    "INVOCATION_ENV",
    "LOG_CACHE_EVENTS",
    "LOG_FILE_MAX_BYTES",
    "LOG_FORMAT",
    "LOG_FORMAT_FILE",
    "LOG_LEVEL",
    "LOG_LEVEL_FILE",
    "LOG_PATH",
    "MACRO_DEBUGGING",
    "NO_PRINT",
    "PACKAGE_HUB_URL",
    "PARTIAL_PARSE",
    "PARTIAL_PARSE_FILE_DIFF",
    "PARTIAL_PARSE_FILE_PATH",
    "POPULATE_CACHE",
    "PP_FILE_DIFF_TEST",
    "PP_TEST",
    "PRINT",
    "PRINTER_WIDTH",
    "PROFILE",
    "PROFILES_DIR",
    "PROJECT_DIR",
    "QUIET",
    "RECORDED_FILE_PATH",
    "RESOURCE_TYPES",
    "SAMPLE",
    "SEND_ANONYMOUS_USAGE_STATS",
    "SHOW_RESOURCE_REPORT",
    "SINGLE_THREADED",
    "SQLPARSE",
    "STATE",
    "STATIC_PARSER",
    "STORE_FAILURES",
    "TARGET",
    "TARGET_PATH",
    "TEST_STATE_MODIFIED",
    "UPLOAD_TO_ARTIFACTS_INGEST_API",
    "USE_COLORS",
    "USE_COLORS_FILE",
    "USE_EXPERIMENTAL_PARSER",
    "USE_FAST_TEST_EDGES",
    "VERSION_CHECK",
    "WARN_ERROR",
    "WARN_ERROR_OPTIONS",
    "WRITE_JSON",
];

/// Variables with a new name, after the prefix.
const RENAMED: &[(&str, &str)] = &[
    ("DBT_DEFER_TO_STATE", "DEFER"),
    ("DBT_FAVOR_STATE_MODE", "FAVOR_STATE"),
    ("DBT_NO_PRINT", "PRINT"),
    ("DBT_ARTIFACT_STATE_PATH", "STATE"),
];

/// The variables to set, so that each of dbt's that is there has both of its names; the one with the prefix wins.
pub fn under_both_names() -> Vec<(String, OsString)> {
    let found = |name: &str| std::env::var_os(name);
    let mut out = Vec::new();
    for (old, new) in RENAMED.iter().filter(|(old, _)| *old != "DBT_NO_PRINT") {
        if let Some(value) = found(old).filter(|_| found(&format!("DBT_{new}")).is_none()) {
            out.push((format!("DBT_{new}"), value));
        }
    }
    for name in KNOWN {
        let (long, short) = (format!("{PREFIX}{name}"), format!("DBT_{name}"));
        match (found(&long), found(&short)) {
            (Some(value), other) if other.as_ref() != Some(&value) => out.push((short, value)),
            (None, Some(value)) => out.push((long, value)),
            _ => {}
        }
    }
    out
}

/// Warnings about variables under old names, and about others with the prefix.
pub(crate) fn warnings() -> Vec<Warning> {
    let mut out = Vec::new();
    for (old, new) in RENAMED.iter().filter(|(old, _)| std::env::var_os(old).is_some()) {
        let new = format!("{PREFIX}{new}");
        let text = format!("the environment variable {old} is now {new}; set that one");
        let words = format!(
            "The environment variable `{old}` has been renamed as `{new}`. If `{new}` is currently set, its value will be used instead of `{old}`.\nSet `{new}` and unset `{old}` to avoid this deprecation warning and ensure it works properly in a future release."
        );
        let data = json!({"old_name": old, "new_name": new});
        let warning = Warning::new(WarningKind::EnvironmentVariableRenamed, text);
        out.push(warning.with(data).in_dbts_words(words));
    }
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| !KNOWN.contains(rest)) else { continue };
        let text = format!("the environment variable {name} is none of dbt's; {PREFIX} is kept for those");
        let words = format!(
            "Found custom environment variable `{name}` in the environment. The prefix `{PREFIX}` is reserved for dbt engine environment variables. Custom environment variables should not use this prefix."
        );
        let data = json!({"env_var": name, "reserved_prefix": PREFIX, "name": rest});
        let warning = Warning::new(WarningKind::EnvironmentVariableNamespaceDeprecation, text);
        out.push(warning.with(data).in_dbts_words(words));
    }
    out
}
