//! Small projects of which most are wrong: dbt refuses those that `refusals.txt` says it refuses (`tests/oracle/refusals.py`
//! asks it), and so must we; the others we must take.

use crate::case::Case;
use ingot_models::Verb;
use rayon::prelude::*;

const BASE: [(&str, &str); 5] = [
    ("dbt_project.yml", "name: p\nversion: '1.0'\nprofile: p\n"),
    (
        "profiles.yml",
        "p: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb, schema: main, threads: 1}}}\n",
    ),
    ("models/a.sql", "select 1 as id, 'x' as nm\n"),
    ("models/b.sql", "select * from {{ ref('a') }}\n"),
    ("seeds/sd.csv", "id,x\n1,a\n"),
];

/// The files below the name of a project.
fn files(body: &str) -> Vec<(&str, String)> {
    let endings = [".sql", ".yml", ".yaml", ".YML", ".md", ".csv", ".py"];
    let mut out: Vec<(&str, String)> = Vec::new();
    for line in body.lines() {
        let file =
            line.strip_prefix("-- ").filter(|file| endings.iter().any(|ending| file.ends_with(ending)));
        match (file, out.last_mut()) {
            (Some(file), _) => out.push((file, String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    out
}

#[test]
fn what_dbt_refuses_is_refused_and_nothing_else() {
    let projects: Vec<&str> = include_str!("refusals.txt").trim_start_matches("== ").split("\n== ").collect();
    let wrong: Vec<String> = projects
        .par_iter()
        .filter_map(|project| {
            let (heading, body) = project.split_once('\n').unwrap();
            let (name, verdict) = heading.split_once(": ").unwrap();
            let case = Case::new(&BASE);
            files(body)
                .iter()
                .for_each(|(file, text)| case.write(file, &format!("{}\n", text.trim_matches('\n'))));
            let outcome = case.with(case.options(Verb::Parse));
            let is_right = outcome.is_err() == (verdict == "refused");
            (!is_right).then(|| match outcome {
                Ok(_) => format!("{name} is taken, and dbt refuses it"),
                Err(error) => format!("{name} is refused: {error}"),
            })
        })
        .collect();
    assert!(projects.len() > 150 && wrong.is_empty(), "{}", wrong.join("\n"));
}
