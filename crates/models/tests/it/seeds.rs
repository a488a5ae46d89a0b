//! Seeds: the types and values of their columns as dbt has them, and what happens when a file changes.

use crate::case::{Case, all_well};
use ingot_models::{RunOptions, Status, Verb};

/// Types and values of the column `t` of each seed, as dbt loads them (with `fast: false` where its default fails).
#[test]
fn cells_are_read_as_agate_reads_them() {
    let forms: &[(&str, &str, &str)] = &[
        ("10.00\n2.50e1", "INTEGER", "10|25"),
        ("1e5\n2", "INTEGER", "100000|2"),
        ("+5\n-0", "INTEGER", "5|0"),
        ("\"1,000\"\n$3", "INTEGER", "1000|3"),
        ("5%\n1_000", "INTEGER", "5|1000"),
        ("\" \"\n5", "INTEGER", "null|5"),
        ("NULL\n5", "INTEGER", "null|5"),
        ("3000000000\n1", "BIGINT", "3000000000|1"),
        ("9223372036854775808\n1", "HUGEINT", "9223372036854775808|1"),
        ("inf\n1.5", "DOUBLE", "inf|1.5"),
        ("2020-1-2\n2020-11-12", "DATE", "2020-01-02|2020-11-12"),
        ("2020-02-04 4:30:21\n", "TIMESTAMP", "2020-02-04 04:30:21"),
        (
            "2020-01-02T03:04:05Z\n2020-01-02T03:04:05.5",
            "TIMESTAMP",
            "2020-01-02 03:04:05|2020-01-02 03:04:05.5",
        ),
        ("2020-01-02T03:04:05+02:00\n", "TIMESTAMP", "2020-01-02 03:04:05"),
        ("2020-01-02 03:04:05.5\n", "VARCHAR", "2020-01-02 03:04:05.5"),
        ("True\nfalse", "BOOLEAN", "true|false"),
        ("null\n x", "VARCHAR", "null| x"),
        ("\"\"\nn/a", "VARCHAR", "null|n/a"),
    ];
    let files: Vec<(String, String)> = forms
        .iter()
        .enumerate()
        .map(|(number, (cells, ..))| {
            let rows: Vec<String> = cells.lines().map(|cell| format!("1,{cell}")).collect();
            (format!("seeds/s{number}.csv"), format!("id,t\n{}\n", rows.join("\n")))
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let case = Case::new(&files);
    all_well(&case, &case.go(Verb::Seed));
    for (number, (cells, kind, values)) in forms.iter().enumerate() {
        let sql = format!(
            "select any_value(typeof(t)), string_agg(coalesce(t::varchar, 'null'), '|') from s{number}"
        );
        let found = case.query(&sql);
        assert_eq!(format!("{} {}", found[0][0], found[0][1]), format!("{kind} {values}"), "{cells:?}");
    }
}

#[test]
fn headers_short_rows_quotes_and_empty_lines_are_as_in_dbt() {
    let case = Case::new(&[
        ("seeds/named.csv", "id,id,\n1,2,3\n"),
        ("seeds/short.csv", "id,t\r\n1\r\n\r\n2,\"two\r\nlines\"\r\n"),
        ("seeds/one.csv", "c\n1\n\n2\n"),
        ("seeds/other.csv", "a§b\n1§\"x§y\"\n"),
        ("dbt_project.yml", "name: shop\nprofile: shop\nseeds: {shop: {other: {+delimiter: '§'}}}\n"),
    ]);
    all_well(&case, &case.go(Verb::Seed));
    let text = |sql: &str| case.query(sql)[0][0].to_string();
    assert_eq!(case.number("select id * 100 + id_2 * 10 + c from named"), 123);
    assert_eq!(
        text("select string_agg(id || coalesce(t, '-'), '|' order by id) from short"),
        "1-|2two\r\nlines"
    );
    assert_eq!(text("select string_agg(coalesce(c::varchar, '-'), '|' order by rowid) from one"), "1|-|2");
    assert_eq!(text("select a || b from other"), "1x§y");
}

#[test]
fn places_of_errors_are_lines_of_the_file() {
    for (content, said) in [
        ("id,t\n1,\"a\nb\"\n\n2,x,y\n", "seeds/s.csv:5"),
        ("id,t\n1,\"a\nb\"\n2,\"open\n\n3,x\n", "seeds/s.csv:4"),
    ] {
        let case = Case::new(&[("seeds/s.csv", content)]);
        let summary = case.go(Verb::Seed);
        assert_eq!(summary.results[0].status, Status::Error);
        assert!(
            case.said().contains(said) || summary_text(&summary).contains(said),
            "{}",
            summary_text(&summary)
        );
    }
}

fn summary_text(summary: &ingot_models::RunSummary) -> String {
    format!("{:?}", summary.results)
}

#[test]
fn columns_of_a_loaded_seed_are_found_by_name_and_a_changed_header_is_an_error() {
    let case = Case::new(&[("seeds/people.csv", "first,last\nAnn,Lee\n")]);
    all_well(&case, &case.go(Verb::Seed));
    case.write("seeds/people.csv", "last,first\nLee,Bob\n");
    all_well(&case, &case.go(Verb::Seed));
    assert_eq!(case.query("select first || ' ' || last from people")[0][0].to_string(), "Bob Lee");

    case.write("seeds/people.csv", "last,given\nLee,Cid\n");
    let summary = case.go(Verb::Seed);
    assert_eq!(summary.results[0].status, Status::Error);
    let said = summary_text(&summary);
    assert!(said.contains("'given' is new, 'first' is gone"), "{said}");
    assert_eq!(case.query("select first from people")[0][0].to_string(), "Bob", "the table stays");

    let options = RunOptions { full_refresh: true, ..case.options(Verb::Seed) };
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.query("select given from people")[0][0].to_string(), "Cid");
}

#[test]
fn a_loaded_seed_keeps_text_and_refuses_values_that_its_column_would_round() {
    let case = Case::new(&[("seeds/zip.csv", "code,n\n0123,1\nA1,2\n")]);
    all_well(&case, &case.go(Verb::Seed));
    case.write("seeds/zip.csv", "code,n\n0123,1\n");
    all_well(&case, &case.go(Verb::Seed));
    assert_eq!(case.query("select code from zip")[0][0].to_string(), "0123");
    case.write("seeds/zip.csv", "code,n\n0123,1.5\n");
    let summary = case.go(Verb::Seed);
    assert_eq!(summary.results[0].status, Status::Error);
    assert!(summary_text(&summary).contains("'n'"), "{}", summary_text(&summary));
    assert_eq!(case.number("select n from zip"), 1);
}
