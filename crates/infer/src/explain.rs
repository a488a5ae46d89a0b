//! The reasons for a contract, for people.

use crate::decision::Decision;
use crate::feed::Feed;
use crate::odcs::server_properties;
use crate::words::counted;
use ingot_contract::DataType;
use ingot_core::report::Table;

/// What was decided of each column, and why; the form of the files is in the title.
pub fn explained(feed: &Feed) -> Table {
    let properties = server_properties(&feed.form);
    let form = properties.iter().map(|(name, value)| format!(", {name} {value}")).collect::<String>();
    let mut rows = Vec::new();
    for reason in &feed.reasons {
        rows.push(vec![String::new(), String::new(), reason.clone()]);
    }
    for (index, decision) in feed.columns.iter().enumerate() {
        let mut why = why(decision);
        if feed.primary_key == Some(index) {
            why.push_str(" The key: every row has another value.");
        }
        if feed.composite_key.contains(&index) {
            why.push_str(&format!(" Part of the key: no two rows have the same {}.", feed.key_text()));
        }
        if let Some(reference) = feed.references.iter().find(|reference| reference.column == index) {
            why.push_str(&format!(" Every value is a {}.{}.", reference.feed, reference.key));
        }
        add(&decision.column.name, decision, why, &mut rows);
    }
    Table {
        title: format!("{}: {} ({}{form})", feed.name, feed.form.path, counted(feed.rows, "row")),
        headers: vec!["column".to_owned(), "type".to_owned(), "why".to_owned()],
        rows,
    }
}

/// The row of a column, and those of what is inside it.
fn add(path: &str, decision: &Decision, reasons: String, rows: &mut Vec<Vec<String>>) {
    let data_type = &decision.column.data_type;
    let kind = match (data_type, decision.inside.is_empty()) {
        (DataType::List(_), false) => "list".to_owned(),
        (DataType::Struct(_), false) => "object".to_owned(),
        _ => data_type.word(),
    };
    rows.push(vec![path.to_owned(), kind, reasons]);
    for one in &decision.inside {
        let path = match data_type {
            DataType::List(_) => format!("{path}[]"),
            _ => format!("{path}.{}", one.column.name),
        };
        add(&path, one, why(one), rows);
    }
}

fn why(decision: &Decision) -> String {
    let mut why = decision.reasons.join(" ");
    for assumption in &decision.assumptions {
        why.push_str(&format!(" Assumed: {assumption}"));
    }
    if let Some(personal) = &decision.personal {
        why.push_str(&format!(" Personal, because {personal}."));
    }
    why
}
