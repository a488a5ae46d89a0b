//! The flags of dbt 1.11, verb by verb as `dbt VERB --help` lists them (and those it hides): each is taken.

use crate::cli::Cli;
use clap::Parser;

/// Of every verb, before and after it.
const EVERYWHERE: &[&str] = &[
    "--cache-selected-only",
    "--no-cache-selected-only",
    "-d",
    "--debug",
    "--no-debug",
    "--defer",
    "--no-defer",
    "--defer-state=other",
    "--deprecated-favor-state=true",
    "-x",
    "--fail-fast",
    "--no-fail-fast",
    "--favor-state",
    "--no-favor-state",
    "--indirect-selection=cautious",
    "--log-cache-events",
    "--no-log-cache-events",
    "--log-format=text",
    "--log-format-file=json",
    "--log-level=info",
    "--log-level-file=debug",
    "--log-path=logs",
    "--partial-parse",
    "--no-partial-parse",
    "--populate-cache",
    "--no-populate-cache",
    "--print",
    "--no-print",
    "--printer-width=80",
    "--profile=p",
    "-q",
    "--quiet",
    "--no-quiet",
    "-rt",
    "--record-timing-info=t",
    "--send-anonymous-usage-stats",
    "--no-send-anonymous-usage-stats",
    "--show-all-deprecations",
    "--no-show-all-deprecations",
    "--state=other",
    "--static-parser",
    "--no-static-parser",
    "-tdev",
    "--target=dev",
    "--use-colors",
    "--no-use-colors",
    "--use-colors-file",
    "--no-use-colors-file",
    "--use-experimental-parser",
    "--no-use-experimental-parser",
    "-V",
    "-v",
    "--version",
    "--version-check",
    "--no-version-check",
    "--warn-error",
    "--warn-error-options={}",
    "--write-json",
    "--no-write-json",
    "--upload-to-artifacts-ingest-api",
    "--no-upload-to-artifacts-ingest-api",
    "--profiles-dir=.",
    "--project-dir=.",
    "--vars={}",
    "--single-threaded",
    "--no-single-threaded",
    "--partial-parse-file-path=p",
    "--partial-parse-file-diff",
    "--no-partial-parse-file-diff",
    "--macro-debugging",
    "--log-file-max-bytes=1",
    "--sqlparse={}",
];

/// What chooses nodes, the same for each verb that takes nodes.
const SELECTION: &[&str] =
    &["-sa", "-ma", "--select=a", "--models=a", "--model=a", "--selector=s", "--exclude=a"];

/// What chooses kinds of nodes.
const KINDS: &[&str] = &[
    "--resource-types=model",
    "--resource-type=model",
    "--exclude-resource-types=model",
    "--exclude-resource-type=model",
];

/// Of one verb.
const OF_VERBS: &[(&str, &[&[&str]])] = &[
    (
        "build",
        &[
            SELECTION,
            KINDS,
            &[
                "--empty",
                "--no-empty",
                "--event-time-start=2024-01-01",
                "--event-time-end=2024-02-01",
                "-f",
                "--full-refresh",
                "--sample=3 days",
                "--show",
                "--store-failures",
                "--target-path=out",
                "--threads=2",
                "--export-saved-queries",
                "--no-export-saved-queries",
            ],
        ],
    ),
    ("clean", &[&["--clean-project-files-only", "--no-clean-project-files-only", "--target-path=out"]]),
    ("clone", &[SELECTION, KINDS, &["-f", "--full-refresh", "--target-path=out", "--threads=2"]]),
    (
        "compile",
        &[
            SELECTION,
            &[
                "-f",
                "--full-refresh",
                "--output=json",
                "--introspect",
                "--no-introspect",
                "--empty",
                "--no-empty",
                "--inline=select 1",
                "--inject-ephemeral-ctes",
                "--no-inject-ephemeral-ctes",
                "--target-path=out",
                "--threads=2",
                "--inline-direct=select 1",
            ],
        ],
    ),
    ("debug", &[&["--connection", "--config-dir"]]),
    ("deps", &[&["--source=local", "--lock", "--upgrade", "--add-package=a@1"]]),
    (
        "docs generate",
        &[
            SELECTION,
            &["--compile", "--no-compile", "--empty-catalog", "--static", "--target-path=out", "--threads=2"],
        ],
    ),
    ("docs serve", &[&["--browser", "--no-browser", "--host=h", "--port=1", "--target-path=out"]]),
    ("init", &[&["-s", "--skip-profile-setup"]]),
    ("list", &[SELECTION, KINDS, &["--output=json", "--output-keys=name", "--target-path=out"]]),
    ("parse", &[&["--target-path=out", "--threads=2"]]),
    ("retry", &[&["--target-path=out", "--threads=2", "-f", "--full-refresh"]]),
    (
        "run",
        &[
            SELECTION,
            &[
                "-f",
                "--full-refresh",
                "--empty",
                "--no-empty",
                "--event-time-start=2024-01-01",
                "--event-time-end=2024-02-01",
                "--sample=3 days",
                "--target-path=out",
                "--threads=2",
            ],
        ],
    ),
    ("run-operation", &[&["--args={}", "--target-path=out", "--threads=2"]]),
    ("seed", &[SELECTION, &["-f", "--full-refresh", "--show", "--target-path=out", "--threads=2"]]),
    (
        "show",
        &[
            SELECTION,
            &[
                "-f",
                "--full-refresh",
                "--output=json",
                "--limit=1",
                "--introspect",
                "--no-introspect",
                "--inline=select 1",
                "--target-path=out",
                "--threads=2",
                "--inline-direct=select 1",
            ],
        ],
    ),
    ("snapshot", &[SELECTION, &["--empty", "--no-empty", "--target-path=out", "--threads=2"]]),
    ("source freshness", &[SELECTION, &["-ojson", "--output=json", "--target-path=out", "--threads=2"]]),
    ("test", &[SELECTION, KINDS, &["--store-failures", "--target-path=out", "--threads=2"]]),
];

fn taken(words: &[&str]) {
    if let Err(error) = Cli::try_parse_from(words) {
        panic!("{words:?}: {error}");
    }
}

fn verb_words(verb: &str) -> Vec<&str> {
    match verb {
        "run-operation" => vec![verb, "a_macro"],
        "init" => vec![verb, "a_project"],
        _ => verb.split(' ').collect(),
    }
}

#[test]
fn every_flag_of_dbt_is_taken_by_its_verb() {
    for (verb, flags) in OF_VERBS {
        for flag in flags.iter().copied().flatten().chain(EVERYWHERE) {
            taken(&[["ingot", "dbt"].as_slice(), verb_words(verb).as_slice(), &[*flag]].concat());
        }
    }
}

#[test]
fn flags_of_every_verb_are_taken_before_the_verb() {
    for flag in EVERYWHERE {
        taken(&["ingot", "dbt", flag, "run"]);
    }
}

#[test]
fn a_flag_of_another_verb_is_refused() {
    for words in [["ingot", "dbt", "parse", "--full-refresh"], ["ingot", "dbt", "run", "--store-failures"]] {
        assert!(Cli::try_parse_from(words).is_err(), "{words:?}");
    }
}

/// Flags that variables have set come before the verb, and those that are given after it count.
#[test]
fn a_flag_of_every_verb_may_be_given_twice() {
    let words = ["ingot", "dbt", "--log-format=json", "--quiet", "--no-print", "run"];
    let cli = Cli::try_parse_from(words).unwrap();
    assert!(cli.global.speaks_json() && cli.global.is_quiet());
    let words = [words.as_slice(), &["--log-format", "text", "--quiet", "--print"]].concat();
    assert!(!Cli::try_parse_from(words).unwrap().global.speaks_json());
}
