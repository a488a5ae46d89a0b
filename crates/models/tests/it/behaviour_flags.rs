//! Behaviour flags of `dbt_project.yml` that change how a project runs or what is said of it.

use crate::case::{Case, all_well, status};
use ingot_models::{RunSummary, Status, Verb, WarningRules};

const MICROBATCH: &str = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', batch_size='day', begin='2024-01-01') }}\nselect * from {{ ref('events') }}";
const EVENTS: &str = "{{ config(event_time='moment') }}\nselect i as id, timestamp '2024-01-01' + interval (i) day as moment from range(4) as t(i)";

fn project(flags: &str) -> String {
    format!("name: shop\nprofile: shop\nversion: '1.0'\nflags: {{{flags}}}\n")
}

/// Runs the case with `flags` of the project over the first two days.
fn two_days(case: &Case, flags: &str) -> RunSummary {
    case.write("dbt_project.yml", &project(flags));
    let mut options = case.options(Verb::Run);
    options.event_time_start = ingot_models::parse_time("2024-01-01");
    options.event_time_end = ingot_models::parse_time("2024-01-03");
    case.with(options).unwrap()
}

#[test]
fn a_microbatch_strategy_of_the_projects_own_runs_in_batches_if_the_flag_says_so() {
    let files = [("models/events.sql", EVENTS), ("models/daily.sql", MICROBATCH)];
    let own = "{% macro get_incremental_microbatch_sql(arg_dict) %}insert into {{ arg_dict.target_relation }} select * from {{ arg_dict.temp_relation }}{% endmacro %}";
    let case = Case::new(&files);
    case.write("macros/own.sql", own);
    let batches = |summary: &RunSummary| {
        let daily = summary.results.iter().find(|result| result.name == "daily").unwrap();
        daily.batch_results.as_ref().map(|batches| batches.successful.len())
    };
    // As dbt does it: one run of the model, over all rows, and a warning.
    let summary = two_days(&case, "");
    assert_eq!((status(&summary, "daily"), batches(&summary)), (Status::Success, None));
    assert_eq!(case.number("select count(*) from daily"), 4);
    assert!(case.said().contains("runs once and not batch by batch"), "{}", case.said());
    // The second run calls the project's macro, once.
    two_days(&case, "");
    assert_eq!(case.number("select count(*) from daily"), 8);

    let case = Case::new(&files);
    case.write("macros/own.sql", own);
    let summary = two_days(&case, "require_batched_execution_for_custom_microbatch_strategy: true");
    assert_eq!((status(&summary, "daily"), batches(&summary)), (Status::Success, Some(2)));
    assert_eq!(case.number("select count(*) from daily"), 2);
    assert!(!case.said().contains("runs once"), "{}", case.said());
}

#[test]
fn all_warnings_can_be_errors_if_the_flag_says_so() {
    let case = Case::new(&[
        ("models/events.sql", "select 1 as id, timestamp '2024-01-01' as moment"),
        ("models/daily.sql", MICROBATCH),
    ]);
    let strictly = |flags: &str| {
        case.write("dbt_project.yml", &project(flags));
        let mut options = case.options(Verb::Parse);
        options.warnings = Some(WarningRules::all_errors());
        case.with(options)
    };
    all_well(&case, &strictly("").unwrap());
    assert!(
        case.said().contains("each batch of the microbatch model 'daily' reads all rows"),
        "{}",
        case.said()
    );
    assert!(strictly("require_all_warnings_handled_by_warn_error: true").is_err());
    assert!(case.said().contains("[MicrobatchModelNoEventTimeInputs]"), "{}", case.said());
}

#[test]
fn deprecations_have_their_names_if_the_flag_says_so() {
    for (flags, is_named) in [("", false), ("require_event_names_in_deprecations: true", true)] {
        let case = Case::new(&[("models/m.sql", "select 1 as id")]);
        case.write("dbt_project.yml", &format!("{}target-path: elsewhere\n", project(flags)));
        all_well(&case, &case.go(Verb::Parse));
        let said = case.said();
        assert!(said.contains("target-path"), "{said}");
        assert_eq!(said.contains("[ConfigTargetPathDeprecation]"), is_named, "{said}");
    }
}

#[test]
fn nulls_are_equal_if_the_flag_says_so() {
    let case = Case::new(&[(
        "models/m.sql",
        "select {{ dbt.equals('null', 'null') }} as same, {{ adapter.behavior.enable_truthy_nulls_equals_macro.no_warn }} as flag",
    )]);
    let same = |flags: &str| {
        case.write("dbt_project.yml", &project(flags));
        all_well(&case, &case.go(Verb::Run));
        (case.number("select count(*) from m where same"), case.number("select count(*) from m where flag"))
    };
    assert_eq!(same(""), (0, 0));
    assert_eq!(same("enable_truthy_nulls_equals_macro: true"), (1, 1));
}

#[test]
fn a_state_that_the_run_overwrites_is_a_warning() {
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    all_well(&case, &case.go(Verb::Run));
    let with_state = |folder: &str| {
        let mut options = case.options(Verb::List);
        options.state = Some(case.folder.path().join(folder));
        all_well(&case, &case.with(options).unwrap());
    };
    std::fs::create_dir(case.folder.path().join("kept")).unwrap();
    std::fs::copy(
        case.folder.path().join("target/manifest.json"),
        case.folder.path().join("kept/manifest.json"),
    )
    .unwrap();
    with_state("kept");
    assert!(!case.said().contains("names the target folder"), "{}", case.said());
    with_state("target");
    assert!(case.said().contains("names the target folder"), "{}", case.said());
}
