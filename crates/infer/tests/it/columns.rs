//! Types, dates, sets, personal data: what is decided of single columns, and what is said of it.

use crate::world::{World, assert_all_loaded};
use ingot_infer::{Ask, Decision, Feed, Question, contract_text};

fn feed(csv: &str) -> Feed {
    World::with(&[("t.csv", csv.as_bytes())]).feed()
}

fn column<'f>(feed: &'f Feed, name: &str) -> &'f Decision {
    feed.columns.iter().find(|decision| decision.column.name == name).unwrap()
}

fn words(csv: &str) -> Vec<String> {
    feed(csv).columns.iter().map(|decision| decision.column.data_type.word()).collect()
}

#[test]
fn types_lose_nothing() {
    assert_eq!(words("a,b\n1,2\n-5,9223372036854775807\n"), ["i64", "i64"]);
    assert_eq!(words("a,b\n1,9223372036854775808\n2,1\n"), ["i64", "dec(38,0)"]);
    assert_eq!(words("a,b\n1.5,0.123456789012345678901\n2,1\n"), ["dec(18,1)", "dec(38,21)"]);
    assert_eq!(words("a,b\n1e3,1.5e-7\n2,1\n"), ["f64", "f64"]);
    assert_eq!(words("a,b\n007,00.5\n2,1\n"), ["str", "str"]);
    assert_eq!(words("a,b\n+43,5 \n2,1\n"), ["str", "str"]);
    assert_eq!(words("a,b\n1,x\ny,2\n"), ["str", "str"]);
    assert_eq!(words("zip,phone\n1010,431234\n2345,435678\n"), ["str", "str"]);
    assert_eq!(
        words("a,b\n2024-01-01,2024-01-01T10:00:00Z\n2024-12-31,2024-12-31T10:00:00+02:00\n"),
        ["date", "ts"]
    );
    assert_eq!(
        words("a,b\n2024-02-30,2024-01-01T10:00:00.1234567Z\n2024-01-01,2024-01-01T10:00:00Z\n"),
        ["str", "str"]
    );
    assert_eq!(words("a,b\ntrue,yes\nFALSE,no\n"), ["bool", "bool"]);
    assert_eq!(words("a,b\nyes,Y\nyes,Y\n"), ["str", "str"], "one word alone is not a truth value");
    assert_eq!(words("a,b\n,1\n,2\n"), ["str", "i64"]);
}

#[test]
fn a_row_decides_between_day_and_month_and_is_named() {
    let found = feed("id,on\n1,03/04/2024\n2,13/04/2024\n");
    let on = column(&found, "on");
    assert_eq!((on.column.data_type.word(), on.pattern.as_str()), ("date".to_owned(), "dd/MM/yyyy"));
    let why = on.reasons.join(" ");
    assert!(why.contains("'13/04/2024' in t.csv:3"), "{why}");
    let found = feed("id,on\n1,03/04/2024\n2,04/13/2024\n");
    assert_eq!(column(&found, "on").pattern, "MM/dd/yyyy");
}

#[test]
fn without_such_a_row_another_column_decides_or_it_stays_text() {
    let found = feed("id,on,sent\n1,03/04/2024,13/04/2024\n2,05/06/2024,01/02/2024\n");
    let on = column(&found, "on");
    assert_eq!(on.pattern, "dd/MM/yyyy");
    assert!(on.reasons.join(" ").contains("as in the column 'sent'"), "{:?}", on.reasons);
    let found = feed("id,on\n1,03/04/2024\n2,05/06/2024\n");
    let on = column(&found, "on");
    assert_eq!(on.column.data_type.word(), "str");
    assert!(on.assumptions.join(" ").contains("day or the month"), "{:?}", on.assumptions);
    assert!(contract_text(&found).contains("Assumed: Text, because no row says"));
}

#[test]
fn a_comma_that_may_be_either_is_text_unless_another_column_tells() {
    let found = feed("id;a\n1;1,234\n2;5,678\n");
    assert_eq!(column(&found, "a").column.data_type.word(), "str");
    let found = feed("id;a;b\n1;1,234;2,5\n2;5,678;3,25\n");
    assert_eq!(column(&found, "a").column.data_type.word(), "dec(18,3)");
    let found = feed("id;a\n1;1,234,567\n2;5,678\n");
    assert_eq!(column(&found, "a").column.data_type.word(), "i64");
}

/// Answers every question with the same choice.
struct Always(usize, Vec<Question>);

impl Ask for Always {
    fn ask(&mut self, question: &Question) -> Option<usize> {
        self.1.push(question.clone());
        Some(self.0)
    }
}

#[test]
fn a_person_is_asked_what_the_files_do_not_say() {
    let world = World::with(&[("t.csv", b"id,on\n1,03/04/2024\n2,05/06/2024\n")]);
    let mut ask = Always(1, Vec::new());
    let found = world.infer_with(&mut ask);
    assert_eq!(column(&found.feeds[0], "on").pattern, "MM/dd/yyyy");
    assert_eq!(ask.1.len(), 1);
    assert!(ask.1[0].text.contains("'03/04/2024'"), "{}", ask.1[0].text);
    assert_eq!(ask.1[0].choices.len(), 3);
}

#[test]
fn texts_for_no_value_count_only_where_the_others_are_of_a_type() {
    let csv = "id,amount,country,code\n1,5.5,NA,\\N\n2,N/A,AT,x\n3,-,DE,y\n";
    let world = World::with(&[("t.csv", csv.as_bytes())]);
    let found = world.feed();
    assert_eq!(column(&found, "amount").column.data_type.word(), "dec(18,1)");
    let summary = world.load(std::slice::from_ref(&found));
    assert_all_loaded(&summary, &found, "nulls");
    let cells = world.rows(&found);
    assert_eq!(cells[0][2].as_deref(), Some("NA"), "Namibia");
    assert_eq!((&cells[0][3], &cells[1][1], &cells[2][1]), (&None, &None, &None));
}

#[test]
fn few_values_personal_data_and_keys_are_noted() {
    let mut csv = "customer_id,email,status,first_name\n".to_owned();
    for row in 0..60 {
        csv.push_str(&format!("{},p{row}@example.org,{},Ann\n", row + 1, ["new", "paid", "sent"][row % 3]));
    }
    let found = feed(&csv);
    assert_eq!(found.primary_key, Some(0));
    assert_eq!(column(&found, "status").values, ["new", "paid", "sent"]);
    assert!(column(&found, "email").personal.is_some() && column(&found, "first_name").personal.is_some());
    assert!(column(&found, "customer_id").column.required && column(&found, "status").column.required);
    let text = contract_text(&found);
    assert!(
        text.contains("validValues: [\"new\", \"paid\", \"sent\"]") && text.contains("primaryKey: true"),
        "{text}"
    );
}

#[test]
fn a_key_may_be_two_columns() {
    let lines = |repeated: bool| {
        let mut text = "order_id,line,item,amount\n".to_owned();
        for row in 0..60 {
            text.push_str(&format!("{},{},{},{}\n", row / 3 + 1, row % 3 + 1, row % 7, row * 7 % 11));
        }
        if repeated {
            text.push_str("20,3,1,1\n");
        }
        text
    };
    let found = feed(&lines(false));
    assert_eq!((found.key(), found.key_text()), (vec![0, 1], "order_id, line".to_owned()));
    assert!(found.columns[0].column.required && found.columns[1].column.required);
    assert!(feed(&lines(true)).key().is_empty());
    // Of a few rows, many a pair of columns tells all apart.
    assert!(feed("order_id,line\n1,1\n1,2\n2,1\n2,2\n").key().is_empty());
}

#[test]
fn names_that_no_engine_takes_get_others_and_keep_theirs() {
    let world = World::with(&[(
        "t.csv",
        "Order No,zip code,ZIP Code,src_filename,größe\n1,01234,9,a,b\n2,02345,8,c,d\n".as_bytes(),
    )]);
    let found = world.feed();
    let names: Vec<&str> = found.columns.iter().map(|decision| decision.column.name.as_str()).collect();
    assert_eq!(names, ["order_no", "zip_code", "zip_code_2", "src_filename_2", "größe"]);
    let summary = world.load(std::slice::from_ref(&found));
    assert_all_loaded(&summary, &found, "names");
    let row = &world.rows(&found)[0];
    assert_eq!(
        row.iter().map(|cell| cell.as_deref().unwrap()).collect::<Vec<_>>(),
        ["1", "01234", "9", "a", "b"]
    );
}

#[test]
fn values_of_personal_columns_are_not_in_the_contract() {
    let mut csv = "id,email,birth_date,phone\n".to_owned();
    for row in 0..30 {
        csv.push_str(&format!("{row},p{}@example.org,{:02}/01/1970,0664{row:03}\n", row % 2, 13 + row % 9));
    }
    let text = contract_text(&feed(&csv));
    for value in ["example.org", "/01/1970", "0664"] {
        assert!(!text.contains(value), "{value}\n{text}");
    }
    assert!(text.contains("The day comes first"), "{text}");
}
