//! The kept parse: read back when nothing has changed, never when anything has.
//!
//! A process notes for all its projects together whether templates read the clock, and keeps no parse if one did.
//! So these tests have a binary of their own and run one after the other.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

// The other binary uses the rest of it.
#[allow(dead_code)]
#[path = "../it/case.rs"]
mod case;
#[path = "../it/kept_parse.rs"]
mod kept_parse;

use crate::case::Case;
use crate::kept_parse::{kept, parse, project};
use ingot_models::Verb;
use std::sync::{Mutex, MutexGuard, PoisonError};

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn the_same_again_is_taken_up() {
    let _alone = alone();
    let case = project();
    let (first, taken_up) = parse(&case, |_| {});
    assert!(!taken_up);
    let (second, taken_up) = parse(&case, |_| {});
    assert!(taken_up);
    assert_eq!(first, second);
    // Another verb, more threads: the same parse.
    let before = kept(&case);
    case.go(Verb::Build);
    assert_eq!(kept(&case), before);
    // Unless one asks for it.
    let (_, taken_up) = parse(&case, |options| options.partial_parse = false);
    assert!(!taken_up);
}

#[test]
fn any_change_is_seen() {
    let _alone = alone();
    let case = project();
    let (mut last, _) = parse(&case, |_| {});
    for (file, text) in [
        ("models/b.sql", "select id from {{ ref('a') }}"),
        ("models/c.sql", "select 3 as id"),
        (
            "models/s.yml",
            "models:\n  - name: a\n    description: \"{{ doc('d') }}\"\n    columns: [{name: id, data_tests: [not_null, own]}]\n",
        ),
        ("models/d.md", "{% docs d %}second{% enddocs %}"),
        (
            "macros/m.sql",
            "{% macro m() %}2{% endmacro %}{% test own(model, column_name) %}{{ config(severity='error') }}select 1 where false{% endtest %}",
        ),
        ("seeds/k.csv", "id\n2\n"),
        ("analyses/n.sql", "select 2"),
        ("tests/t.sql", "select 2 where false"),
        ("tests/generic/g.sql", "{% test g(model) %}select 1{% endtest %}"),
        ("dbt_packages/tools/models/p.sql", "select 2 as id"),
        ("dbt_packages/tools/dbt_project.yml", "name: tools\nmodels: {+schema: t}\n"),
        ("dbt_packages/more/dbt_project.yml", "name: more\n"),
        ("dbt_packages/more/models/q.sql", "select 1 as id"),
        ("dbt_project.yml", "name: shop\nprofile: shop\nvars: {v: 2}\n"),
        (
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: elsewhere}\n",
        ),
    ] {
        case.write(file, text);
        let (manifest, taken_up) = parse(&case, |_| {});
        assert!(!taken_up, "{file} was changed, and the old parse taken up");
        // A package without a file of its own changes nothing that the manifest shows.
        assert!(manifest != last || file == "dbt_packages/more/dbt_project.yml", "{file} changed nothing");
        last = manifest;
    }
    std::fs::remove_file(case.folder.path().join("models/c.sql")).unwrap();
    let (manifest, _) = parse(&case, |_| {});
    assert!(manifest["nodes"].get("model.shop.c").is_none());
}

#[test]
fn what_holds_for_the_moment_alone_is_asked_again() {
    let _alone = alone();
    let case = project();
    // The time is in the SQL, not in what the model refers to: rendered again, and the same.
    case.write("models/b.sql", "select *, '{{ run_started_at }}' as at, '{{ modules.datetime.datetime.now() }}' as now from {{ ref('a') }}");
    parse(&case, |_| {});
    assert!(parse(&case, |_| {}).1);
    // It is in the config: never the same.
    case.write("models/b.sql", "{{ config(meta={'at': invocation_id}) }}select * from {{ ref('a') }}");
    let (first, _) = parse(&case, |_| {});
    let (second, taken_up) = parse(&case, |_| {});
    assert!(!taken_up);
    let at = |manifest: &serde_json::Value| manifest["nodes"]["model.shop.b"]["config"]["meta"]["at"].clone();
    assert_ne!(at(&first), at(&second));
    // What is drawn by lot is no other.
    case.write(
        "models/b.sql",
        "{{ config(meta={'at': (range(99999) | random) ~ (range(99999) | random)}) }}select * from {{ ref('a') }}",
    );
    let (first, _) = parse(&case, |_| {});
    let (second, taken_up) = parse(&case, |_| {});
    assert!(!taken_up);
    assert_ne!(at(&first), at(&second));
    // It decides on a name: nothing is kept at all.
    case.write("models/b.sql", "select * from {{ ref('a') }}");
    case.write("macros/n.sql", "{% macro generate_alias_name(name, node) %}{{ node.name }}_{{ modules.datetime.datetime.now().strftime('%f') }}{% endmacro %}");
    std::fs::remove_file(case.folder.path().join("target/partial_parse.ingot")).unwrap();
    parse(&case, |_| {});
    assert_eq!(kept(&case), None);
}

#[test]
fn a_broken_file_is_no_harm() {
    let _alone = alone();
    let case = project();
    let (first, _) = parse(&case, |_| {});
    let file = case.folder.path().join("target/partial_parse.ingot");
    let whole = std::fs::read(&file).unwrap();
    for broken in
        [&whole[..whole.len() / 2], &whole[..20], b"", b"ingot parse 2\n\xff\xff\xff\xff\xff\xff\xff\xff"]
    {
        // Whether the nodes are needed or not, the manifest is the same.
        for verb in [Verb::Parse, Verb::List] {
            std::fs::write(&file, broken).unwrap();
            let (manifest, taken_up) = parse(&case, |options| options.verb = verb);
            assert_eq!(manifest, first);
            assert!(!taken_up || verb == Verb::Parse);
        }
    }
}

/// The manifest's metadata, everything after it, and whether that was taken over from the file before.
fn manifest(case: &Case, verb: Verb) -> (serde_json::Value, String, bool) {
    let said = |case: &Case| case.said().matches("all but its metadata is as it was").count();
    let before = said(case);
    case.go(verb);
    let text = std::fs::read_to_string(case.folder.path().join("target/manifest.json")).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let body = text.find(r#","nodes":"#).unwrap();
    (whole["metadata"].clone(), text[body..].to_owned(), said(case) > before)
}

#[test]
fn the_manifest_of_an_unchanged_project_is_taken_over_but_for_its_metadata() {
    let _alone = alone();
    let case = project();
    let file = case.folder.path().join("target/manifest.json");
    let (first, body, taken_over) = manifest(&case, Verb::Parse);
    assert!(!taken_over);
    let (second, again, taken_over) = manifest(&case, Verb::Parse);
    assert!(taken_over);
    assert_eq!(body, again);
    // The metadata is always that of the run.
    for key in ["invocation_id", "generated_at", "invocation_started_at"] {
        assert_ne!(first[key], second[key], "{key}");
    }
    assert!(manifest(&case, Verb::List).2);

    // What stands there must be what was written for this very parse: not with one byte changed, ...
    std::fs::write(
        &file,
        std::fs::read_to_string(&file).unwrap().replace("select 1 as id", "select 7 as id"),
    )
    .unwrap();
    let (_, again, taken_over) = manifest(&case, Verb::Parse);
    assert!(!taken_over);
    assert_eq!(body, again);
    // ... not gone, ...
    std::fs::remove_file(&file).unwrap();
    assert_eq!(manifest(&case, Verb::Parse).1, body);
    // ... not with the compiled SQL of a build, ...
    let (_, built, taken_over) = manifest(&case, Verb::Build);
    assert!(!taken_over && built.contains("compiled_code"));
    let (_, again, taken_over) = manifest(&case, Verb::Parse);
    assert!(!taken_over);
    assert_eq!(body, again);
    // ... and not that of another state of the project, be it the same one a moment ago.
    // It was killed, say, when it had kept its parse and not yet written its manifest.
    let note = case.folder.path().join("target/manifest_body.ingot");
    let old = [&file, &note].map(|file| (file, std::fs::read(file).unwrap()));
    case.write("models/b.sql", "select *, 2 as more from {{ ref('a') }}");
    let (_, changed, taken_over) = manifest(&case, Verb::Parse);
    assert!(!taken_over && changed != body);
    for (file, bytes) in old {
        std::fs::write(file, bytes).unwrap();
    }
    let (_, again, taken_over) = manifest(&case, Verb::Parse);
    assert!(!taken_over);
    assert_eq!(changed, again);
}
