//! Values in the form that the contract states: numbers, dates, words, null texts, local times.

use crate::feed::Feed;
use ingot_bronze::{LoadOptions, LoadSummary};
use ingot_lake::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampSecondArray,
};
use ingot_lake::parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::sync::Arc;

fn rejected(feed: &Feed) -> Vec<(u64, String, String)> {
    let mut rows: Vec<_> = feed
        .full_rejects()
        .iter()
        .map(|row| {
            let reasons: serde_json::Value = serde_json::from_str(&row["reasons"]).unwrap();
            let reason = &reasons[0];
            (
                row["row_number"].parse().unwrap(),
                row["reason_codes"].clone(),
                reason["expected"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn a_file_of_another_country() {
    let feed = Feed::new(
        "csv",
        "l.csv",
        "delimiter: \";\"\nencoding: windows-1252\nnullText: [N/A, \"-\"]\ndecimalSign: \",\"\nthousandsSign: \".\"\n\
         negatives: [parentheses, trailing-minus]\ndateFormat: dd/MM/yyyy\ndefaultTimezone: Europe/Berlin",
        "id i64 {required: true}\namount dec(12,2)\nday date\nat ts\nnote str",
    );
    feed.write(
        "l.csv",
        b"id;amount;day;at;note\n\
          1;1234,50;31/12/2024;2024-03-30 02:30:00;caf\xe9\n\
          2;1.234,50;29/02/2024;2024-10-27T02:30:00+01:00;N/A\n\
          3;N/A;-;N/A;\"N/A\"\n\
          4;(5,00);01/01/2024;2024-12-31T10:00;x\n\
          5;5,00-;01/01/2024;2024-03-31 02:30:00;skipped\n\
          6;5;01/01/2024;2024-10-27 02:30:00;repeated\n\
          7;1.23.456;2024-12-31;;wrong\n",
    );
    let summary = feed.load();
    assert_eq!((summary.read(), summary.accepted()), (7, 4));
    assert_eq!(
        feed.shown(),
        [
            "amount=1234.50 at=2024-03-30T01:30:00Z day=2024-12-31 id=1 note=café",
            "amount=1234.50 at=2024-10-27T01:30:00Z day=2024-02-29 id=2",
            "id=3 note=N/A",
            "amount=-5.00 at=2024-12-31T09:00:00Z day=2024-01-01 id=4 note=x",
        ]
    );
    let rejects = rejected(&feed);
    assert_eq!((rejects[0].0, rejects[0].1.as_str()), (5, "LOCAL_TIME_SKIPPED"));
    assert_eq!((rejects[1].0, rejects[1].1.as_str()), (6, "LOCAL_TIME_REPEATED"));
    assert!(rejects[1].2.contains("unclearTimes: earlier"), "{rejects:?}");
    assert_eq!(rejects[2].1, "NOT_A_NUMBER;NOT_A_DATE");
    assert!(rejects[2].2.contains("1.234,50"), "{rejects:?}");
}

#[test]
fn a_column_has_a_form_of_its_own() {
    let own = |property: &str| format!("{{customProperties: [{property}]}}");
    let columns = format!(
        "id i64\n\
         price dec(12,2) {}\n\
         share f64 {}\n\
         ok bool {}\n\
         born date {{customProperties: [{{property: twoDigitYears, value: 1930}}], logicalTypeOptions: {{format: d.M.yy}}}}\n\
         seen ts {{logicalTypeOptions: {{format: epoch-millis}}}}\n\
         shop ts {{logicalTypeOptions: {{format: \"M/d/yyyy h:mm a\", defaultTimezone: America/New_York}}}}\n\
         made date {{logicalTypeOptions: {{format: excel}}}}\n\
         code str {}",
        own("{property: currencySigns, value: [€, EUR]}"),
        own("{property: percentSign, value: divide}"),
        own("{property: trueWords, value: [ja, 1]}, {property: falseWords, value: [nein, 0]}"),
        own("{property: nullText, value: [none, \"?\"]}"),
    );
    let feed = Feed::new("csv", "t.csv", "", &columns);
    feed.write(
        "t.csv",
        "id,price,share,ok,born,seen,shop,made,code\n\
         1,€ 12.50,12.5%,JA,1.2.29,1704067200123,1/2/2024 12:05 AM,45292,\"?\"\n\
         2,12.50 EUR,-1%,0,31.12.30,-1,7/4/2024 3:00 pm,61,x\n\
         3,12.50,1%,true,1.1.00,1,1/1/2024 1:00 PM,60,none\n\
         4,1,0.5,ja,1.1.2000,1.5,13/1/2024 1:00 PM,45292.5,y\n",
    );
    feed.load();
    assert_eq!(
        feed.shown(),
        [
            "born=2029-02-01 id=1 made=2024-01-01 ok=true price=12.50 seen=2024-01-01T00:00:00.123Z \
             share=0.125 shop=2024-01-02T05:05:00Z",
            "born=1930-12-31 code=x id=2 made=1900-03-01 ok=false price=12.50 seen=1969-12-31T23:59:59.999Z \
             share=-0.01 shop=2024-07-04T19:00:00Z",
        ]
    );
    let codes: Vec<String> = feed.codes().into_iter().map(|(_, codes)| codes).collect();
    assert_eq!(codes, ["NOT_A_BOOLEAN;NOT_A_DATE", "NOT_A_NUMBER;NOT_A_DATE;NOT_A_TIMESTAMP;TOO_PRECISE"]);
}

#[test]
fn rules_and_paths_are_compared_with_values_not_with_their_spelling() {
    let feed = Feed::new(
        "csv",
        "day={day}/t.csv",
        "dateFormat: dd.MM.yyyy\ndecimalSign: \",\"\ndelimiter: \";\"",
        "id i64\n\
         day date\n\
         price dec(12,2) {quality: [{name: PRICE_RANGE, type: library, metric: invalidValues, mustBe: 0, arguments: {minimum: 1, maximum: 2}}]}\n\
         size dec(4,1) {quality: [{name: SIZE_KNOWN, type: library, metric: invalidValues, mustBe: 0, arguments: {validValues: [\"1.5\"]}}]}",
    );
    let contract = feed.raw("../schemas/t.odcs.yaml");
    let text = std::fs::read_to_string(&contract).unwrap().replace(
        "{property: evolution, value: discard}",
        "{property: evolution, value: discard}, {property: partitions, value: [{name: day, type: date}]}",
    );
    std::fs::write(&contract, text).unwrap();
    feed.write(
        "day=2024-12-31/t.csv",
        "id;day;price;size\n1;31.12.2024;1,5;1,5\n2;01.01.2024;1,5;1,5\n3;31.12.2024;2,5;1,5\n4;31.12.2024;2;2\n",
    );
    feed.load();
    assert_eq!(feed.rows().len(), 1);
    assert_eq!(
        feed.codes(),
        [(2, "PARTITION_MISMATCH".to_owned()), (3, "PRICE_RANGE".to_owned()), (4, "SIZE_KNOWN".to_owned())]
    );
}

#[test]
fn numbers_of_json_are_numbers_and_its_texts_have_the_form() {
    let feed = Feed::new(
        "jsonl",
        "t.jsonl",
        "decimalSign: \",\"\nthousandsSign: \".\"\nnullText: n/a\ntrueWords: [y]\nfalseWords: [n]\ntimestampFormat: epoch-seconds",
        "id i64\namount dec(12,3)\nok bool\nat ts\ntext str",
    );
    feed.write(
        "t.jsonl",
        "{\"id\":1,\"amount\":1234.567,\"ok\":true,\"at\":1704067200}\n\
         {\"id\":2,\"amount\":\"1.234,567\",\"ok\":\"Y\",\"at\":\"1704067200.5\",\"text\":\"n/a\"}\n\
         {\"id\":3,\"amount\":\"1234.567\"}\n\
         {\"id\":4,\"amount\":\"n/a\",\"ok\":\"n/a\"}\n",
    );
    feed.load();
    assert_eq!(
        feed.shown(),
        [
            "amount=1234.567 at=2024-01-01T00:00:00Z id=1 ok=true",
            "amount=1234.567 at=2024-01-01T00:00:00.500Z id=2 ok=true",
            "id=4"
        ]
    );
    assert_eq!(feed.codes(), [(3, "NOT_A_NUMBER".to_owned())]);
}

#[test]
fn cells_of_a_workbook_that_are_not_text_keep_their_value() {
    let feed = Feed::new(
        "xlsx",
        "t.xlsx",
        "decimalSign: \",\"\nthousandsSign: \".\"\ndateFormat: dd/MM/yyyy\ndefaultTimezone: Europe/Berlin",
        "id i64\namount dec(12,3)\nday date\nat ts\nserial date {logicalTypeOptions: {format: excel}}",
    );
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in ["id", "amount", "day", "at", "serial"].iter().enumerate() {
        sheet.write_string(0, column as u16, *name).unwrap();
    }
    let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    let moment = ExcelDateTime::parse_from_str("2024-07-01 10:30:00").unwrap();
    let day = ExcelDateTime::parse_from_str("2024-12-31").unwrap();
    sheet.write_number(1, 0, 1).unwrap();
    sheet.write_number(1, 1, 1234.567).unwrap();
    sheet.write_datetime_with_format(1, 2, &day, &format).unwrap();
    sheet.write_datetime_with_format(1, 3, &moment, &format).unwrap();
    sheet.write_number(1, 4, 45657).unwrap();
    sheet.write_number(2, 0, 2).unwrap();
    sheet.write_string(2, 1, "1.234,567").unwrap();
    sheet.write_string(2, 2, "31/12/2024").unwrap();
    sheet.write_string(2, 3, "2024-07-01 10:30").unwrap();
    sheet.write_string(2, 4, "45657").unwrap();
    sheet.write_number(3, 0, 3).unwrap();
    sheet.write_number(3, 1, 1234.5678).unwrap();
    sheet.write_datetime_with_format(3, 3, &day, &format).unwrap();
    feed.write("t.xlsx", workbook.save_to_buffer().unwrap());
    feed.load();
    let row =
        |id: u32| format!("amount=1234.567 at=2024-07-01T08:30:00Z day=2024-12-31 id={id} serial=2024-12-31");
    assert_eq!(feed.shown(), [row(1), row(2)]);
    let [reject] = &feed.rejects()[..] else { panic!() };
    assert_eq!(reject.codes, "TOO_PRECISE");
    // What the reject file has is read again as the same values.
    assert_eq!(
        reject.raw,
        "{\"id\":3,\"amount\":1234.5678,\"day\":null,\"at\":\"2024-12-31T00:00:00.000\",\"serial\":null}"
    );
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

const COLUMNS: &str = "id i64\nat ts\nday date\namount dec(12,2)";

#[test]
fn parquet_times_without_a_zone_are_local_times() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    // 2024-07-01T10:30, the skipped 2024-03-31T02:30, the repeated 2024-10-27T02:30, and none.
    let times =
        vec![Some(1_719_829_800_000_000), Some(1_711_852_200_000_000), Some(1_729_996_200_000_000), None];
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(times));
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("1.234,5"), Some("1"), Some("x"), None]));
    let day: ArrayRef = Arc::new(Int64Array::from(vec![Some(19_723), None, None, Some(0)]));
    let file = parquet(vec![("id", ids), ("at", at), ("day", day), ("amount", text)]);

    let without = Feed::new("parquet", "t.parquet", "", COLUMNS);
    without.write("t.parquet", &file);
    assert_eq!(without.failure(), "TYPE_MISMATCH");
    let error = without.load().files[0].error.clone().unwrap();
    assert!(error.contains("defaultTimezone"), "{error}");

    let server =
        "defaultTimezone: Europe/Berlin\ndecimalSign: \",\"\nthousandsSign: \".\"\ndateFormat: epoch-days";
    let feed = Feed::new("parquet", "t.parquet", server, COLUMNS);
    feed.write("t.parquet", &file);
    feed.load();
    assert_eq!(
        feed.shown(),
        ["amount=1234.50 at=2024-07-01T08:30:00Z day=2024-01-01 id=1", "day=1970-01-01 id=4"]
    );
    let codes = [(2, "LOCAL_TIME_SKIPPED".to_owned()), (3, "LOCAL_TIME_REPEATED;NOT_A_NUMBER".to_owned())];
    assert_eq!(feed.codes(), codes);

    let feed = Feed::new("parquet", "t.parquet", &format!("{server}\nunclearTimes: compatible"), COLUMNS);
    feed.write("t.parquet", &file);
    feed.load();
    assert_eq!(feed.rows()[1]["at"], "2024-03-31T01:30:00Z");
    assert_eq!(feed.codes(), [(3, "NOT_A_NUMBER".to_owned())]);
}

#[test]
fn parquet_numbers_that_count_time() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let at: ArrayRef = Arc::new(Float64Array::from(vec![1_704_067_200.5, -1.0]));
    let feed = Feed::new("parquet", "t.parquet", "timestampFormat: epoch-seconds", "id i64\nat ts");
    feed.write("t.parquet", parquet(vec![("id", ids), ("at", at)]));
    feed.load();
    assert_eq!(feed.shown(), ["at=2024-01-01T00:00:00.500Z id=1", "at=1969-12-31T23:59:59Z id=2"]);
    let naive: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0]));
    let other = Feed::new("parquet", "t.parquet", "defaultTimezone: \"+02:00\"", "at ts");
    other.write("t.parquet", parquet(vec![("at", naive)]));
    other.load();
    assert_eq!(other.shown(), ["at=1969-12-31T22:00:00Z"]);
}

#[test]
fn a_reject_names_the_setting_that_would_take_its_value() {
    let feed =
        Feed::new("csv", "t.csv", "delimiter: \";\"", "id i64\nday date\nat ts\namount dec(12,2)\nok bool");
    feed.write(
        "t.csv",
        "id;day;at;amount;ok\n1;31/12/2024;;;\n2;;2024-12-31 10:00;;\n3;;;1234,5;\n4;;;;yes\n5;;;N/A;\n6;tomorrow;;;\n",
    );
    feed.load();
    let expected: Vec<String> = rejected(&feed).into_iter().map(|(_, _, expected)| expected).collect();
    for (text, setting) in expected.iter().zip([
        "dateFormat: dd/MM/yyyy",
        "defaultTimezone",
        "decimalSign",
        "trueWords",
        "nullText",
    ]) {
        assert!(text.contains(setting), "{text}");
    }
    assert_eq!(expected[5], "a date that exists, written as YYYY-MM-DD");
}

fn replay(feed: &Feed) -> (u64, u64) {
    let folder = feed.raw("..");
    let options = LoadOptions::new(
        folder.join("raw"),
        folder.join("lake"),
        folder.join("warehouse.duckdb"),
        folder.join("schemas"),
    );
    let summary = ingot_bronze::replay(&options, "t", None, &ingot_core::report::Silent).unwrap();
    (summary.loaded(), summary.rejected())
}

#[test]
fn a_replay_reads_with_the_forms_of_todays_contract() {
    let feed = Feed::new("csv", "t.csv", "delimiter: \";\"", "id i64\nday date\namount dec(12,2)");
    feed.write("t.csv", "id;day;amount\n1;31/12/2024;1.234,50\n2;32/12/2024;1\n");
    feed.load();
    assert_eq!(feed.codes().len(), 2);
    let contract = feed.raw("../schemas/t.odcs.yaml");
    let text = std::fs::read_to_string(&contract).unwrap().replace(
        "{property: delimiter, value: \";\"}",
        "{property: delimiter, value: \";\"}\n      - {property: dateFormat, value: dd/MM/yyyy}\n      \
         - {property: decimalSign, value: \",\"}\n      - {property: thousandsSign, value: \".\"}",
    );
    std::fs::write(&contract, text).unwrap();
    assert_eq!(replay(&feed), (1, 1));
    assert_eq!(feed.shown(), ["amount=1234.50 day=2024-12-31 id=1"]);
}

#[test]
fn a_contract_that_contradicts_itself_is_refused() {
    let error = |server: &str, columns: &str| -> String {
        let feed = Feed::new("csv", "t.csv", server, columns);
        feed.write("t.csv", "a\n");
        match feed.try_load() {
            Err(error) => format!("{error}"),
            Ok(LoadSummary { .. }) => panic!("accepted: {server} {columns}"),
        }
    };
    for (server, columns, part) in [
        ("thousandsSign: \".\"", "a dec(4,2)", "both '.'"),
        ("decimalSign: \"1\"", "a dec(4,2)", "one character"),
        ("trueWords: [y]", "a bool", "need each other"),
        ("trueWords: [y]\nfalseWords: [Y]", "a bool", "both a word"),
        ("dateFormat: dd/MM/yy", "a date", "twoDigitYears"),
        ("dateFormat: YYYY-MM-dd", "a date", "yyyy"),
        ("defaultTimezone: Europe/Berlim", "a ts", "not a time zone"),
        ("defaultTimezon: UTC", "a ts", "defaultTimezon"),
        ("percentSign: \"%\"", "a f64", "drop, divide"),
        ("", "a str {customProperties: [{property: decimalSign, value: \",\"}]}", "does not apply"),
        ("", "a i64 {customProperties: [{property: decimalsign, value: \",\"}]}", "not known"),
    ] {
        let message = error(server, columns);
        assert!(message.contains(part), "{server} {columns}: {message}");
    }
}
