//! The contract of a feed as a document of the Open Data Contract Standard, version 3.1, with the evidence in its descriptions.

use crate::decision::Decision;
use crate::feed::Feed;
use crate::look::name_of;
use crate::names::is_key_name;
use crate::words::{counted, damaged};
use crate::yaml_text::{list, quoted, scalar};
use ingot_contract::{Column, DataType, Encoding, Format, NumberForm, Percent, RawForm};
use std::fmt::Write;

/// The text of the feed's contract.
pub fn contract_text(feed: &Feed) -> String {
    let mut text = String::new();
    let out = &mut text;
    let name = scalar(&feed.name);
    let _ = writeln!(
        out,
        "# Inferred by `ingot contract infer` from {}. Edit it: it is yours from here on.",
        amount(feed)
    );
    let _ = writeln!(
        out,
        "apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: 1.0.0\nstatus: draft"
    );
    let mut purpose = format!("Data as delivered, inferred from {}.", amount(feed));
    for reason in &feed.reasons {
        let _ = write!(purpose, " {reason}");
    }
    let _ = writeln!(out, "description:\n  purpose: {}", scalar(&purpose));
    if feed.bad_rows > 0 {
        let limits = damaged(feed.bad_rows, &feed.bad);
        let _ = writeln!(out, "  limitations: {}", scalar(&limits));
    }
    server(feed, out);
    let _ = writeln!(
        out,
        "schema:\n  - name: {name}\n    logicalType: object\n    physicalType: table\n    properties:"
    );
    for (index, decision) in feed.columns.iter().enumerate() {
        property(feed, index, decision, out);
    }
    text
}

fn amount(feed: &Feed) -> String {
    let files = counted(feed.files as u64, "file");
    let sampled = if feed.is_sampled { " at the beginning of each" } else { "" };
    match feed.form.format {
        Format::Delta => "the schema of a Delta table".to_owned(),
        _ => format!("{} of {files}{sampled}", counted(feed.rows, "row")),
    }
}

/// The name of the format in a contract.
pub(crate) fn format_name(format: Format) -> &'static str {
    match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
        Format::Json => "json",
        Format::Parquet => "parquet",
        Format::Xlsx => "xlsx",
        Format::Delta => "delta",
    }
}

fn server(feed: &Feed, out: &mut String) {
    let form = &feed.form;
    let _ = writeln!(
        out,
        "servers:\n  - server: raw\n    type: local\n    path: {}\n    format: {}",
        scalar(&form.path),
        format_name(form.format)
    );
    let properties = server_properties(form);
    if !properties.is_empty() {
        let _ = writeln!(out, "    customProperties:");
        for (name, value) in properties {
            let _ = writeln!(out, "      - {{property: {name}, value: {value}}}");
        }
    }
}

/// The custom properties of the server that say what differs from the defaults of the format.
pub(crate) fn server_properties(form: &RawForm) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if form.format.is_text() && form.encoding != Encoding::Utf8 {
        found.push(("encoding", scalar(name_of(form.encoding))));
    }
    if form.format == Format::Csv {
        let mark = |mark: u8| scalar(&char::from(mark).to_string());
        match &form.wide_csv {
            Some(wide) => {
                found.push(("delimiter", scalar(&wide.delimiter)));
                found.push(("quote", wide.quote.as_deref().map_or("none".to_owned(), scalar)));
                found.extend(wide.escape.as_deref().map(|escape| ("escape", scalar(escape))));
                if wide.escapes_everywhere {
                    found.push(("escapeOutsideQuotes", "true".to_owned()));
                }
            }
            None => {
                if form.csv.delimiter != b',' {
                    found.push(("delimiter", mark(form.csv.delimiter)));
                }
                if form.csv.quote != Some(b'"') {
                    found.push(("quote", form.csv.quote.map_or("none".to_owned(), mark)));
                }
                found.extend(form.csv.escape.map(|escape| ("escape", mark(escape))));
            }
        }
    }
    if form.format == Format::Json && form.record_path != Default::default() {
        found.push(("recordPath", scalar(&path_text(form))));
    }
    found.extend(form.sheet.as_deref().map(|sheet| ("sheet", scalar(sheet))));
    if form.format.has_cells() {
        let place = &form.place;
        match (place.header_rows, place.skip_rows) {
            (0, skipped) => {
                found.push(("header", "false".to_owned()));
                if skipped > 0 {
                    found.push(("skipRows", skipped.to_string()));
                }
            }
            (_, 0) => {}
            (_, skipped) => found.push(("headerRow", (skipped + 1).to_string())),
        }
        if place.header_rows > 1 {
            found.push(("headerRows", place.header_rows.to_string()));
        }
        found.extend(place.comment.as_deref().map(|comment| ("comment", scalar(comment))));
        if place.footer_rows > 0 {
            found.push(("footerRows", place.footer_rows.to_string()));
        }
        if place.until_empty_row {
            found.push(("tableEnd", "emptyRow".to_owned()));
        }
        if let Some(range) = place.range {
            let first = format!("{}{}", letters(range.first_column), range.first_row + 1);
            let last = range.last_column.map(letters).unwrap_or_default();
            found.push(("range", scalar(&format!("{first}:{last}"))));
        }
    }
    found
}

/// 0 is A, 26 is AA.
fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

fn path_text(form: &RawForm) -> String {
    use ingot_contract::PathStep;
    let mut text = "$".to_owned();
    for step in &form.record_path.steps {
        match step {
            PathStep::Member(name) if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                let _ = write!(text, ".{name}");
            }
            PathStep::Member(name) => {
                let _ = write!(text, "['{name}']");
            }
            PathStep::Each => text.push_str("[*]"),
            PathStep::EachOrSelf => {}
        }
    }
    text
}

/// The logical type of the standard.
fn logical_type(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::I32 | DataType::I64 => "integer",
        DataType::F64 | DataType::Decimal { .. } => "number",
        DataType::Str | DataType::Binary => "string",
        DataType::Bool => "boolean",
        DataType::Date => "date",
        DataType::Timestamp => "timestamp",
        DataType::Time => "time",
        DataType::List(_) => "array",
        DataType::Struct(_) | DataType::Map(..) => "object",
    }
}

fn property(feed: &Feed, index: usize, decision: &Decision, out: &mut String) {
    let column = &decision.column;
    let _ = writeln!(out, "      - name: {}", scalar(&column.name));
    if let Some(physical) = &column.physical_name {
        let _ = writeln!(out, "        physicalName: {}", scalar(physical));
    }
    described(decision, "        ", out);
    if let Some(place) = feed.key().iter().position(|key| *key == index) {
        let _ = writeln!(out, "        primaryKey: true\n        primaryKeyPosition: {}", place + 1);
    }
    if decision.is_unique && is_key_name(&column.name) {
        let _ = writeln!(out, "        unique: true");
    }
    classified(decision, "        ", out);
    for reference in feed.references.iter().filter(|reference| reference.column == index) {
        let to = scalar(&format!("{}.{}", reference.feed, reference.key));
        let _ = writeln!(out, "        relationships:\n          - type: foreignKey\n            to: {to}");
    }
    written(column, "        ", out);
    if !decision.values.is_empty() {
        let _ = writeln!(
            out,
            "        quality:\n          - type: library\n            metric: invalidValues\n            description: {}\n            \
             arguments:\n              validValues: {}\n            mustBe: 0\n            severity: warning",
            scalar("The only values of the files from which this was inferred."),
            quoted_list(&decision.values)
        );
    }
}

/// Every value in quotes, so that `no` and `1` stay texts.
fn quoted_list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// The type of a column, or of something inside one, with the reasons for it.
fn described(decision: &Decision, indent: &str, out: &mut String) {
    let data_type = &decision.column.data_type;
    let _ = writeln!(out, "{indent}logicalType: {}", logical_type(data_type));
    if decision.inside.is_empty() {
        let _ = writeln!(out, "{indent}physicalType: {}", scalar(&data_type.word()));
    }
    let mut description = decision.reasons.join(" ");
    for assumption in &decision.assumptions {
        let _ = write!(description, " Assumed: {assumption}");
    }
    if let Some(why) = &decision.personal {
        let _ = write!(description, " Personal, because {why}.");
    }
    let _ = writeln!(out, "{indent}description: {}", scalar(&description));
    if !decision.pattern.is_empty() || decision.is_without_zone {
        let mut options = Vec::new();
        if !decision.pattern.is_empty() {
            options.push(format!("format: {}", scalar(&decision.pattern)));
        }
        if decision.is_without_zone {
            options.push("timezone: false".to_owned());
        }
        let _ = writeln!(out, "{indent}logicalTypeOptions: {{{}}}", options.join(", "));
    }
    if decision.column.required {
        let _ = writeln!(out, "{indent}required: true");
    }
    inside(decision, indent, out);
}

/// What is inside objects and lists.
fn inside(decision: &Decision, indent: &str, out: &mut String) {
    let is_list = matches!(decision.column.data_type, DataType::List(_));
    let all = |one: &Decision, indent: &str, out: &mut String| {
        described(one, indent, out);
        classified(one, indent, out);
        written(&one.column, indent, out);
    };
    match decision.inside.first() {
        None => {}
        Some(element) if is_list => {
            let _ = writeln!(out, "{indent}items:");
            all(element, &format!("{indent}  "), out);
        }
        Some(_) => {
            let _ = writeln!(out, "{indent}properties:");
            for member in &decision.inside {
                let _ = writeln!(out, "{indent}  - name: {}", scalar(&member.column.name));
                all(member, &format!("{indent}    "), out);
            }
        }
    }
}

fn classified(decision: &Decision, indent: &str, out: &mut String) {
    if decision.personal.is_some() {
        let _ = writeln!(out, "{indent}classification: personal");
    }
}

/// How values are written, where it differs from the default.
fn written(column: &Column, indent: &str, out: &mut String) {
    let properties = value_properties(column);
    if !properties.is_empty() {
        let _ = writeln!(out, "{indent}customProperties:");
        for (name, value) in properties {
            let _ = writeln!(out, "{indent}  - {{property: {name}, value: {value}}}");
        }
    }
}

/// The custom properties that say how values are written.
fn value_properties(column: &Column) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let Some(form) = &column.form else { return found };
    if let Some(number) = &form.number {
        number_properties(number, &mut found);
    }
    if let Some(words) = &form.words {
        found.push(("trueWords", quoted_list(&words.yes)));
        found.push(("falseWords", quoted_list(&words.no)));
    }
    if !form.null_texts.is_empty() {
        found.push(("nullText", quoted_list(&form.null_texts)));
    }
    found
}

fn number_properties(number: &NumberForm, found: &mut Vec<(&'static str, String)>) {
    if number.decimal_sign != '.' {
        found.push(("decimalSign", scalar(&number.decimal_sign.to_string())));
    }
    found.extend(number.thousands_sign.map(|sign| ("thousandsSign", scalar(&sign.to_string()))));
    if !number.currency_signs.is_empty() {
        found.push(("currencySigns", list(&number.currency_signs)));
    }
    match number.percent {
        Some(Percent::Drop) => found.push(("percentSign", "drop".to_owned())),
        Some(Percent::Divide) => found.push(("percentSign", "divide".to_owned())),
        None => {}
    }
    let negatives: Vec<&str> =
        [(number.negative_in_parentheses, "parentheses"), (number.trailing_minus, "trailing-minus")]
            .into_iter()
            .filter_map(|(has, name)| has.then_some(name))
            .collect();
    if !negatives.is_empty() {
        found.push(("negatives", list(&negatives)));
    }
}
