//! Nothing is lost: every row of the files is loaded, or rejected with its text, or it is said that it is skipped. Cases in
//! which a file is not as it should be, and a guess about its form would cost rows.

use crate::world::World;
use ingot_infer::Feed;

/// So many rows of `columns` in the forms `i`, `n{i}`, ….
fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (1..=count).map(|number| row(number) + "\n").collect()
}

/// Infers the contracts of the files, and loads them; gives the feeds and what became of each: accepted and rejected rows.
fn loaded(files: &[(&str, &[u8])]) -> (Vec<Feed>, Vec<(String, u64, u64)>) {
    let world = World::with(files);
    let found = world.infer();
    let summary = world.load(&found.feeds);
    let mut became = Vec::new();
    for table in &summary.tables {
        let (mut accepted, mut rejected) = (0, 0);
        for file in &table.files {
            assert!(file.error.is_none(), "{file:?}");
            accepted += file.accepted;
            rejected += file.rejected;
        }
        became.push((table.table.clone(), accepted, rejected));
    }
    for (feed, (table, accepted, rejected)) in found.feeds.iter().zip(&became) {
        assert_eq!(
            (&feed.name, feed.rows, feed.bad_rows),
            (table, *accepted, *rejected),
            "{:?}",
            feed.reasons
        );
    }
    (found.feeds, became)
}

fn one(text: &[u8]) -> (Feed, u64, u64) {
    let (mut feeds, became) = loaded(&[("t.csv", text)]);
    assert_eq!(feeds.len(), 1);
    (feeds.remove(0), became[0].1, became[0].2)
}

#[test]
fn a_row_that_is_cut_off_is_rejected_and_is_no_footer() {
    let table =
        "id,name,qty,day\n".to_owned() + &rows(40, |i| format!("{i},n{i},{i}.5,2024-01-{:02}", i % 28 + 1));
    for (end, good, bad) in [
        ("41,n4", 40, 1),
        ("4", 40, 1),
        ("41,n41\n42,n42\n", 40, 2),
        ("41,\"n4", 40, 1),
        ("\n41,n4", 40, 1),
        ("41,Total Care Ltd,5,\n", 41, 0),
    ] {
        let (feed, accepted, rejected) = one(format!("{table}{end}").as_bytes());
        assert_eq!((accepted, rejected), (good, bad), "{end:?} {:?}", feed.reasons);
        assert_eq!((feed.form.place.footer_rows, feed.form.place.until_empty_row), (0, false), "{end:?}");
    }
    let (feed, accepted, rejected) = one(format!(
        "id,n\n{}5001,n50",
        rows(5000, |i| format!("{i},n,1,2024-01-01")).replace(",n,1,2024-01-01", ",n")
    )
    .as_bytes());
    assert_eq!(
        (accepted, rejected, feed.form.place.footer_rows),
        (5001, 0, 0),
        "two fields are a row of two columns"
    );
}

#[test]
fn files_that_are_each_cut_off_have_no_footer() {
    let file = |first: usize| {
        let table = rows(30, |i| format!("{},n{i},{i},2024-01-01", first + i));
        format!("id,name,qty,day\n{table}{},n{}", first + 31, first)
    };
    let files: Vec<(String, String)> =
        (1..=3).map(|day| (format!("f_2024-01-0{day}.csv"), file(day * 1000))).collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let (feeds, became) = loaded(&files);
    assert_eq!(became, [("f".to_owned(), 90, 3)], "{:?}", feeds[0].reasons);
}

#[test]
fn a_last_row_that_fits_is_a_row() {
    for (end, noted) in [("Total Care Ltd,7\n", false), ("Sum 41,820\n", false), ("Total,820\n", true)] {
        let (feed, accepted, rejected) =
            one(format!("name,qty\n{}{end}", rows(40, |i| format!("n{i},{i}"))).as_bytes());
        assert_eq!((accepted, rejected), (41, 0), "{end}");
        assert_eq!(
            feed.notes.iter().any(|note| note.contains("looks like a total")),
            noted,
            "{:?}",
            feed.notes
        );
    }
}

#[test]
fn a_footer_is_named_with_its_text() {
    let table = "id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n";
    for (end, skipped) in [
        ("Total,,9\n", "Total,,9"),
        ("\nTotal,,9\n", "Total,,9"),
        ("\nmade on Monday\n", "made on Monday"),
        ("(3 rows)\n", "(3 rows)"),
        ("Total 9\n", "Total 9"),
    ] {
        let (feed, accepted, rejected) = one(format!("{table}{end}").as_bytes());
        assert_eq!((accepted, rejected), (3, 0), "{end:?}");
        assert!(feed.notes.iter().any(|note| note.contains(skipped)), "{end:?} {:?}", feed.notes);
    }
    // Two files that end with the same words.
    let of = |first: usize| format!("id,name\n{}exported by hand\n", rows(9, |i| format!("{},n", first + i)));
    let (feeds, became) = loaded(&[("e_1.csv", of(0).as_bytes()), ("e_2.csv", of(10).as_bytes())]);
    assert_eq!(became, [("e".to_owned(), 18, 0)], "{:?}", feeds[0].reasons);
    let (feed, accepted, rejected) = one(of(0).as_bytes());
    assert_eq!((accepted, rejected), (9, 1), "one file alone says nothing of others: {:?}", feed.notes);
}

#[test]
fn one_bad_quote_costs_one_row() {
    let smith = rows(1000, |i| format!("{i},\"Smith, {i}\",\"Graz\""));
    let plain = rows(1000, |i| format!("{i},\"Smith {i}\",\"Graz\""));
    for (table, bad) in [
        (&smith, "1001,\"Smith \"Bob\" 1001\",\"Graz\"\n"),
        (&plain, "1001,\"Smith \"Bob\" 1001\",\"Graz\"\n"),
        (&smith, "1001,\"Smith\n"),
    ] {
        let (feed, accepted, rejected) = one(format!("id,name,city\n{table}{bad}").as_bytes());
        assert_eq!((accepted, rejected), (1000, 1), "{bad} {:?}", feed.reasons);
        let names: Vec<&str> = feed.columns.iter().map(|one| one.column.name.as_str()).collect();
        assert_eq!(names, ["id", "name", "city"], "{bad}");
        assert_eq!(feed.form.csv.quote, Some(b'"'), "{bad}");
    }
}

#[test]
fn a_bad_quote_in_each_file_changes_no_dialect() {
    let table = rows(200, |i| format!("{i},\"Smith, {i}\",\"Graz\""));
    let file = |end: &str| format!("id,name,city\n{table}{end}");
    let files =
        [file("1,\"Smith \"Bob\" 1\",\"Graz\"\n"), file("2,\"a \"b\" c\",\"Graz\"\n"), file("3,\"Smith\n")];
    let (feeds, became) = loaded(&[
        ("q1.csv", files[0].as_bytes()),
        ("q2.csv", files[1].as_bytes()),
        ("q3.csv", files[2].as_bytes()),
    ]);
    assert_eq!(became, [("q".to_owned(), 600, 3)], "{:?}", feeds[0].reasons);
    assert_eq!((feeds[0].form.csv.escape, feeds[0].form.csv.quote), (None, Some(b'"')));
}

#[test]
fn the_same_file_is_in_one_feed_only() {
    let table = |header: &str| format!("{header}\n{}", rows(12, |i| format!("{i},x{i}")));
    let (sec, lines) = (table("id,name"), table("line,text"));
    let (_, became) = loaded(&[
        ("sec.csv", sec.as_bytes()),
        ("sec2.csv", sec.as_bytes()),
        ("sec3.csv", sec.replace(",x", ",y").as_bytes()),
        ("orders1.csv", lines.replace("x", "a").as_bytes()),
        ("orders2.csv", lines.replace("x", "b").as_bytes()),
        ("orders_lines1.csv", table("n,m").as_bytes()),
        ("orders_lines2.csv", table("n,m").replace("x", "c").as_bytes()),
    ]);
    let rows: u64 = became.iter().map(|(_, accepted, rejected)| accepted + rejected).sum();
    assert_eq!(rows, 7 * 12, "{became:?}");
}

#[test]
fn strange_bytes_and_names_block_nothing() {
    let c1: Vec<u8> = b"id,v\n"
        .iter()
        .copied()
        .chain((1..=20).flat_map(|i: u8| [b'0' + i % 10, b',', 0x81, 0x8d, 0x8f, 0x90, 0x9d, b'\n']))
        .collect();
    let table = format!("id,v {{{{ x }}}}\n{}", rows(12, |i| format!("{i},{{{{ 1 + 1 }}}}")));
    let binary: Vec<u8> = (0..500_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let world = World::with(&[
        ("c1.csv", &c1),
        ("[br]*{x}?.csv", table.as_bytes()),
        ("{{ jinja }}.csv", table.as_bytes()),
        ("we\nird.csv", table.as_bytes()),
        ("bin.dat", &binary),
        ("\u{85}\u{9d}.csv", table.as_bytes()),
    ]);
    let found = world.infer();
    assert_eq!(found.feeds.len(), 5, "{:?}", found.passed_over);
    assert!(
        found.passed_over.iter().any(|(path, why)| path.ends_with("bin.dat") && why.contains("not text"))
    );
    let summary = world.load(&found.feeds);
    let rows: u64 = summary.tables.iter().flat_map(|table| &table.files).map(|file| file.accepted).sum();
    assert_eq!(rows, 20 + 4 * 12);
}

#[test]
fn numbers_are_written_as_the_contract_says_or_they_are_text() {
    for (cell, word) in [
        ("{i}-", "i64"),
        ("{i}.50-", "dec(18,2)"),
        ("−{i}", "str"),
        ("- {i}", "str"),
        ("({i})", "i64"),
        ("{i},5-", "str"),
    ] {
        let table = rows(20, |i| format!("{i};{}", cell.replace("{i}", &i.to_string())));
        let (feed, accepted, rejected) = one(format!("id;amt\n{table}").as_bytes());
        assert_eq!((accepted, rejected), (20, 0), "{cell}: {:?}", feed.columns[1].reasons);
        if cell != "{i},5-" {
            assert_eq!(feed.columns[1].column.data_type.word(), word, "{cell}");
        }
    }
    for odd in [0, 1] {
        let table = rows(20, |i| format!("{i},{i}{}", if i % 2 == odd { "-" } else { "" }));
        let (feed, accepted, _) = one(format!("id,amt\n{table}").as_bytes());
        assert_eq!((accepted, feed.columns[1].column.data_type.word().as_str()), (20, "i64"));
    }
}

#[test]
fn a_member_that_comes_twice_is_said() {
    let good = rows(20, |i| format!("{{\"id\":{i},\"v\":1}}"));
    let (feeds, became) = loaded(&[("t.jsonl", format!("{good}{{\"id\":1,\"v\":1,\"v\":2}}\n").as_bytes())]);
    assert_eq!(became, [("t".to_owned(), 20, 1)], "{:?}", feeds[0].bad);
    let world = World::with(&[
        ("good.jsonl", good.as_bytes()),
        ("bad.jsonl", rows(20, |i| format!("{{\"id\":{i},\"v\":1,\"v\":2}}")).as_bytes()),
    ]);
    let found = world.infer();
    assert_eq!(found.feeds.len(), 1);
    assert!(found.passed_over[0].1.contains("MEMBER_TWICE"), "{:?}", found.passed_over);
}

#[test]
fn a_delimiter_at_the_end_of_rows_moves_no_column() {
    let (feed, accepted, rejected) = one(format!("id,v\n{}", rows(20, |i| format!("{i},x{i},"))).as_bytes());
    assert_eq!((accepted, rejected), (20, 0));
    let columns: Vec<(&str, String)> =
        feed.columns.iter().map(|one| (one.column.name.as_str(), one.column.data_type.word())).collect();
    assert_eq!(columns[..2], [("id", "i64".to_owned()), ("v", "str".to_owned())], "{columns:?}");
    assert!(feed.notes[0].contains("end with a delimiter"), "{:?}", feed.notes);
}

#[test]
fn headers_of_years_and_headers_that_come_again_are_headers() {
    for (text, names) in [
        ("country,2021,2022,2023\nAT,1,2,3\nBE,4,5,6\n".to_owned(), "2021"),
        (format!("id,2023,2024\n{}", rows(20, |i| format!("{i},{i},{i}"))), "2023"),
        (format!("2022,2023,2024\n{}", rows(20, |i| format!("{i},{i},{i}"))), "2022"),
    ] {
        let (feed, _, rejected) = one(text.as_bytes());
        assert_eq!(rejected, 0, "{text}");
        assert!(feed.form.names_columns(), "{text}");
        let has = |one: &ingot_infer::Decision| {
            one.column.physical_name.as_deref() == Some(names) || one.column.name == names
        };
        assert!(feed.columns.iter().any(has), "{:?}", feed.columns);
    }
    let half = |first: usize| rows(20, |i| format!("{},n{i}", first + i));
    let (feed, accepted, rejected) = one(format!("id,name\n{}\nid,name\n{}", half(0), half(20)).as_bytes());
    assert_eq!((accepted, rejected, feed.form.names_columns()), (40, 1, true), "{:?}", feed.reasons);
    let (feed, accepted, rejected) =
        one(format!("text\n{}", rows(20, |i| format!("hello, world {i}"))).as_bytes());
    assert_eq!((accepted, rejected, feed.columns.len()), (20, 0, 1));
    assert_eq!(feed.columns[0].column.name, "text");
    // Without a header, that is always said.
    let (feed, ..) = one(b"1,2,3\n4,5,6\n");
    assert!(feed.notes.iter().any(|note| note.contains("No row names the columns")), "{:?}", feed.notes);
}

#[test]
fn one_row_that_is_not_utf8_costs_one_row() {
    let mut text = format!("id,n\n{}", rows(200, |i| format!("{i},ü{i}"))).into_bytes();
    text.extend(b"201,\xff\xfe\n");
    let (feed, accepted, rejected) = one(&text);
    assert_eq!((accepted, rejected), (200, 1), "{:?}", feed.reasons);
    assert!(feed.bad[0].contains("NOT_UTF8"), "{:?}", feed.bad);
    let (feed, accepted, rejected) =
        one(&rows(40, |i| format!("{i},M\u{fc}ller")).chars().map(|c| c as u8).collect::<Vec<_>>());
    assert_eq!((accepted, rejected), (40, 0));
    assert!(feed.notes.iter().any(|note| note.contains("windows-1252")), "{:?}", feed.notes);
    // Beyond the beginning that decides, and in many rows.
    let many = rows(120_000, |i| format!("{i},plain text"));
    let late = |ends: &[u8]| [b"id,n\n", many.as_bytes(), ends].concat();
    let (feed, accepted, rejected) =
        one(&late("1,caf\u{e9}\n".chars().map(|c| c as u8).collect::<Vec<_>>().as_slice()));
    assert_eq!((accepted, rejected), (120_001, 0), "{:?}", feed.notes);
    assert!(feed.notes.iter().any(|note| note.contains("windows-1252")), "{:?}", feed.notes);
}
