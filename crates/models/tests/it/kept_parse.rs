//! A project with a file of each kind, and whether its parse was read back.

use crate::case::Case;
use ingot_models::{RunOptions, Verb};

pub fn project() -> Case {
    Case::new(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nvars: {v: 1}\nmodels:\n  +tags: \"{{ var('t', 'none') }}\"\n",
        ),
        (
            "models/a.sql",
            "{{ config(meta={'v': var('v'), 'e': env_var('INGOT_CACHE_TEST', 'unset')}) }} select 1 as id",
        ),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        (
            "models/s.yml",
            "models:\n  - name: a\n    description: \"{{ doc('d') }}\"\n    columns: [{name: id, data_tests: [unique, own]}]\n",
        ),
        ("models/d.md", "{% docs d %}first{% enddocs %}"),
        (
            "macros/m.sql",
            "{% macro m() %}{% endmacro %}{% test own(model, column_name) %}{{ config(severity='warn') }}select 1 where false{% endtest %}",
        ),
        ("seeds/k.csv", "id\n1\n"),
        ("analyses/n.sql", "select 1"),
        ("tests/t.sql", "select 1 where false"),
        ("dbt_packages/tools/dbt_project.yml", "name: tools\n"),
        ("dbt_packages/tools/models/p.sql", "select 1 as id"),
    ])
}

/// The kept file. It names the parse that wrote it, so that one written again is another one; its time would not
/// tell, as a small project is parsed again within a tick of the file system's clock.
pub fn kept(case: &Case) -> Option<Vec<u8>> {
    std::fs::read(case.folder.path().join("target/partial_parse.ingot")).ok()
}

/// The manifest but for what is another one each time, and whether the parse was read back.
pub fn parse(case: &Case, change: impl FnOnce(&mut RunOptions)) -> (serde_json::Value, bool) {
    let before = kept(case);
    let mut options = case.options(Verb::Parse);
    change(&mut options);
    case.with(options).unwrap();
    let text = std::fs::read_to_string(case.folder.path().join("target/manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest["metadata"] = serde_json::Value::Null;
    (manifest, before.is_some() && kept(case) == before)
}
