//! A table as CSV with one pollution at a time, after the benchmark Pollock (Vitagliano et al., VLDB 2023): what is loaded is
//! compared with the clean table. No accepted row may hold a wrong cell, but for the pollutions that are ambiguous.

use crate::feed::Feed;
use std::collections::BTreeMap;

const COLUMNS: &str = "id i64 {required: true}\nname str\nnote str\namount dec(12,2)";
const HEADER: [&str; 4] = ["id", "name", "note", "amount"];

fn table() -> Vec<Vec<String>> {
    [
        ["1", "ann", "plain", "1.50"],
        ["2", "O\"Neil", "with, comma", "2.50"],
        ["3", "bob", "two\nlines", "3.50"],
        ["4", "cy", "", "4.50"],
        ["5", "dee, jr", "said \"no\", twice", "5.50"],
        ["6", "eve", "12 Main St\nSpringfield, IL", "6.50"],
        ["7", "fay", "last, one", "7.50"],
        ["8", "gil", ",", "8.50"],
        ["9", "hal", "end", "9.50"],
    ]
    .iter()
    .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
    .collect()
}

#[derive(Clone, Copy)]
struct Form {
    delimiter: &'static str,
    quote: &'static str,
    /// Before a quote within quotes.
    escape: &'static str,
    end: &'static str,
    quotes_all: bool,
}

const RFC: Form = Form { delimiter: ",", quote: "\"", escape: "\"", end: "\n", quotes_all: false };

fn cell(form: Form, cell: &str) -> String {
    if form.quotes_all || ["\n", "\r", form.delimiter, form.quote].iter().any(|mark| cell.contains(mark)) {
        let escaped = cell.replace(form.quote, &format!("{}{}", form.escape, form.quote));
        format!("{0}{escaped}{0}", form.quote)
    } else {
        cell.to_owned()
    }
}

fn line(form: Form, row: &[String]) -> String {
    row.iter().map(|text| cell(form, text)).collect::<Vec<_>>().join(form.delimiter)
}

fn text(form: Form, rows: &[Vec<String>]) -> String {
    let mut lines = vec![HEADER.join(form.delimiter)];
    lines.extend(rows.iter().map(|row| line(form, row)));
    lines.join(form.end) + form.end
}

/// What became of the clean table's rows, over all files of one pollution.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Score {
    files: usize,
    /// Of all rows of the clean tables, in percent.
    right: usize,
    /// Rows that were accepted with other cells than the clean ones.
    wrong: usize,
}

fn score(server: &str, files: &[String]) -> Score {
    let feed = Feed::new("csv", "t*.csv", server, COLUMNS);
    for (index, text) in files.iter().enumerate() {
        feed.write(&format!("t{index:03}.csv"), text);
    }
    feed.load();
    let clean: BTreeMap<String, Vec<String>> = table().into_iter().map(|row| (row[0].clone(), row)).collect();
    let mut score = Score { files: files.len(), ..Score::default() };
    for row in feed.rows() {
        let found: Vec<String> =
            HEADER.iter().map(|name| row.get(*name).cloned().unwrap_or_default()).collect();
        if clean.get(&found[0]) == Some(&found) {
            score.right += 1;
        } else {
            score.wrong += 1;
        }
    }
    score.right = score.right * 100 / (clean.len() * files.len());
    score
}

/// One file for each row, with that row's line changed; a change that changes nothing makes no file.
fn each_row(form: Form, change: impl Fn(&[String], String) -> Option<String>) -> Vec<String> {
    let rows = table();
    let clean: Vec<String> = rows.iter().map(|row| line(form, row)).collect();
    (0..rows.len())
        .filter_map(|index| {
            let changed =
                change(&rows[index], clean[index].clone()).filter(|changed| *changed != clean[index])?;
            let mut lines = vec![HEADER.join(form.delimiter)];
            lines.extend(
                clean[..index].iter().cloned().chain([changed]).chain(clean[index + 1..].iter().cloned()),
            );
            Some(lines.join(form.end) + form.end)
        })
        .collect()
}

fn without_nth(text: &str, mark: char, last: bool) -> Option<String> {
    let at = if last { text.rfind(mark) } else { text.find(mark) }?;
    Some(format!("{}{}", &text[..at], &text[at + mark.len_utf8()..]))
}

/// Name, setting of the contract that takes it, files.
fn pollutions() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let rows = table();
    let clean = text(RFC, &rows);
    let all = Form { quotes_all: true, ..RFC };
    let body = || clean.split_once('\n').unwrap().1.to_owned();
    let named = |delimiter| Form { delimiter, ..RFC };
    let backslash = Form { escape: "\\", ..RFC };
    let second = "\n\ncode,label\nx,y\n";
    let mut list = vec![
        ("nothing", "", vec![clean.clone()]),
        ("every field in quotes", "", vec![text(all, &rows)]),
        ("byte order mark", "", vec![format!("\u{feff}{clean}")]),
        ("delimiter `;`", "delimiter: \";\"", vec![text(named(";"), &rows)]),
        ("delimiter tab", "delimiter: \"\\t\"", vec![text(named("\t"), &rows)]),
        ("delimiter `, ` (two characters)", "delimiter: \", \"", vec![text(named(", "), &rows)]),
        ("delimiter `||`", "delimiter: \"||\"", vec![text(named("||"), &rows)]),
        ("quote `'`", "quote: \"'\"", vec![text(Form { quote: "'", escape: "'", ..RFC }, &rows)]),
        ("quote `“`", "quote: \"“\"", vec![text(Form { quote: "“", escape: "“", ..RFC }, &rows)]),
        ("escape `\\`", "escape: \"\\\\\"", vec![text(backslash, &rows)]),
        (
            "rows end with CRLF",
            "",
            vec![clean.replace('\n', "\r\n").replace("two\r\n", "two\n").replace("St\r\n", "St\n")],
        ),
        ("rows end with CR", "", vec![text(Form { end: "\r", ..RFC }, &rows)]),
        ("no end of line after the last row", "", vec![clean.trim_end().to_owned()]),
        ("two lines before the table", "headerRow: 3", vec![format!("Report, \"x\nof today\n{clean}")]),
        ("comments", "comment: \"#\"", vec![format!("# by \"x\n{}# end\n", clean)]),
        ("no header", "header: false", vec![body()]),
        ("header of two rows", "headerRows: 2", vec![format!("id,name,note,\n,,,amount\n{}", body())]),
        ("total below the table", "footerRows: 1", vec![format!("{clean}Total,,,45.00\n")]),
        ("another table below", "tableEnd: emptyRow", vec![format!("{clean}{second}")]),
        ("empty lines between rows", "", vec![text(Form { end: "\n\n", ..RFC }, &rows)]),
    ];
    list.push((
        "header repeated in the middle",
        "",
        each_row(RFC, |_, line| Some(format!("{line}\n{}", HEADER.join(",")))),
    ));
    for (name, form) in [("quote not opened", RFC), ("quote not opened, every field in quotes", all)] {
        list.push((name, "", each_row(form, |_, line| without_nth(&line, '"', false))));
    }
    for (name, form) in [("quote not closed", RFC), ("quote not closed, every field in quotes", all)] {
        list.push((name, "", each_row(form, |_, line| without_nth(&line, '"', true))));
    }
    list.push((
        "quote opens a field without quotes",
        "",
        each_row(RFC, |_, line| (!line.contains('"')).then(|| line.replacen(',', ",\"", 1))),
    ));
    list.push((
        "quotes within quotes not doubled",
        "",
        each_row(RFC, |_, line| Some(line.replace("\"\"", "\""))),
    ));
    list.push(("space before a quote", "", each_row(RFC, |_, line| Some(line.replace(",\"", ", \"")))));
    list.push(("delimiter too many", "", each_row(RFC, |_, line| Some(format!("{line},")))));
    list.push(("delimiter too few", "", each_row(RFC, |_, line| Some(line.replacen(',', "", 1)))));
    list.push((
        "row with another delimiter",
        "",
        each_row(RFC, |row, _| {
            Some(row.iter().map(|text| cell(named(";"), text)).collect::<Vec<_>>().join(";"))
        }),
    ));
    list.push(("row cut off", "", each_row(RFC, |_, line| Some(line[..line.len() - 5].to_owned()))));
    list
}

/// Pollutions that leave a form which is as valid as the clean one, so that no reader can know.
const AMBIGUOUS: [&str; 3] = ["quote not opened", "space before a quote", "quotes within quotes not doubled"];

#[test]
fn no_pollution_loads_a_wrong_cell() {
    let docs =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/bronze.md")).unwrap();
    let mut missing = Vec::new();
    for (name, server, files) in pollutions() {
        assert!(!files.is_empty(), "{name}");
        let with = score(server, &files);
        if !AMBIGUOUS.contains(&name) {
            assert_eq!(with.wrong, 0, "{name}");
        }
        let setting = match server {
            "" => String::new(),
            server => {
                // Without the setting the file is refused or its rows are rejected.
                assert_eq!(score("", &files).wrong, 0, "{name} without its setting");
                format!("`{}`", server.replace('|', "\\|"))
            }
        };
        let shown = format!(
            "| {} | {setting} | {} | {} % | {} |",
            name.replace('|', "\\|"),
            with.files,
            with.right,
            with.wrong
        );
        if !docs.contains(&shown) {
            missing.push(shown);
        }
    }
    assert!(missing.is_empty(), "docs/guide/bronze.md lacks these lines:\n{}", missing.join("\n"));
}
