//! What the command was asked to do, under the names of dbt's flags: `args` of `run_results.json`, from which `retry`
//! takes them again, and `invocation_args_dict` of templates.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/utils/utils.py#L332-L371>

use crate::dbt_log::LogForm;
use crate::json_values::{Object, python_str};
use crate::options::{RunOptions, Verb};
use crate::warnings::WarningRules;
use serde_json::{Value as Json, json};

/// How the names of variables begin whose values no file or message may have.
const SECRET: &str = "DBT_ENV_SECRET_";

/// Flags that are only named where they are on, as by dbt.
const ONLY_IF_ON: [&str; 5] = ["debug", "full_refresh", "fail_fast", "warn_error", "store_failures"];

/// The arguments of the invocation. A flag that is not given has dbt's default; without a default it is left out.
pub(crate) fn of(options: &RunOptions) -> Object {
    let log = options.log.clone().unwrap_or_default();
    let rules = options.warnings.as_ref();
    let named_rules =
        rules.filter(|rules| **rules != WarningRules::all_errors()).cloned().unwrap_or_default();
    let asked = json!({
        "which": options.verb.name(),
        "invocation_command": command(options),
        "select": options.select, "exclude": options.exclude, "selector": options.selector,
        "resource_types": options.resource_types, "exclude_resource_types": options.exclude_resource_types,
        "indirect_selection": options.indirect_selection.name(),
        "vars": without_secrets(&options.vars),
        "target": options.target, "profile": options.profile, "threads": options.threads,
        "profiles_dir": options.profiles_dir, "project_dir": options.project_dir, "target_path": options.target_path,
        "state": options.state, "defer_state": options.defer_state,
        "defer": options.defer, "favor_state": options.favor_state,
        "full_refresh": options.full_refresh, "empty": options.empty, "store_failures": options.store_failures,
        "fail_fast": options.fail_fast, "inline": options.inline,
        "event_time_start": options.event_time_start.map(|time| time.to_string()),
        "event_time_end": options.event_time_end.map(|time| time.to_string()),
        "sample": options.sample.map(|(start, end)| json!({"start": start.to_string(), "end": end.to_string()})),
        "warn_error_options": named_rules.to_json(),
        "warn_error": rules.is_some_and(|rules| *rules == WarningRules::all_errors()),
    });
    let settings = json!({
        "print": options.print, "quiet": options.quiet, "write_json": options.write_json,
        "version_check": options.version_check, "partial_parse": options.partial_parse,
        "introspect": options.introspect, "show_all_deprecations": options.show_all_deprecations,
        "debug": log.shows_debug, "log_format": form(log.console_json.is_some()),
        "log_format_file": form(log.file_form == LogForm::Json),
        "log_path": log.folder, "log_file_max_bytes": log.file_max_bytes,
        // Nothing is sent, whatever is said.
        "send_anonymous_usage_stats": false,
        // These change nothing here; programs that read them expect dbt's defaults.
        "use_colors": true, "use_colors_file": true, "printer_width": 80, "static_parser": true,
        "partial_parse_file_diff": true, "populate_cache": true, "cache_selected_only": false,
    });
    let mut all = Object::new();
    for part in [asked, settings] {
        all.extend(part.as_object().cloned().unwrap_or_default());
    }
    match options.verb {
        Verb::RunOperation => {
            all.insert("macro".to_owned(), json!(options.macro_name));
            all.insert("args".to_owned(), json!(options.macro_arguments));
        }
        Verb::Show => {
            // -1 is all rows.
            let limit = options.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
            all.insert("limit".to_owned(), limit.into());
        }
        _ => {}
    }
    all.retain(|name, value| {
        let is_off = ONLY_IF_ON.contains(&name.as_str()) && *value == Json::Bool(false);
        let says_nothing = value.is_null() || (name == "invocation_command" && value == "");
        !is_off && !says_nothing
    });
    all
}

/// The command, without the values of secrets, which `--vars` may have.
fn command(options: &RunOptions) -> String {
    let mut command = options.command.clone();
    for (name, value) in &options.vars {
        if name.starts_with(SECRET) {
            let value = python_str(value);
            command = if value.trim().is_empty() { command } else { command.replace(&value, "*****") };
        }
    }
    command
}

fn form(is_json: bool) -> &'static str {
    if is_json { "json" } else { "default" }
}

/// Variables as files have them: those that are named as secrets are without their values, as under dbt.
pub(crate) fn without_secrets(vars: &Object) -> Object {
    let shown = |(name, value): (&String, &Json)| {
        let is_secret = name.starts_with(SECRET);
        (name.clone(), if is_secret { "*****".into() } else { value.clone() })
    };
    vars.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt_log::LogOptions;

    #[test]
    fn secrets_and_what_is_off_are_left_out() {
        let mut options = RunOptions::new(Verb::Run, "p");
        options.vars.insert("DBT_ENV_SECRET_key".to_owned(), "abc".into());
        options.vars.insert("day".to_owned(), "monday".into());
        let all = of(&options);
        assert_eq!(all["vars"], json!({"DBT_ENV_SECRET_key": "*****", "day": "monday"}));
        assert!(!all.contains_key("full_refresh") && !all.contains_key("threads"), "{all:?}");
        assert_eq!((&all["which"], &all["log_format"]), (&json!("run"), &json!("default")));
        options.full_refresh = true;
        options.log =
            Some(LogOptions { console_json: Some(ingot_core::report::Level::Info), ..LogOptions::default() });
        let all = of(&options);
        assert_eq!((&all["full_refresh"], &all["log_format"]), (&json!(true), &json!("json")));
    }
}
