//! What was restated, for people and programs.

use ingot_catalog::RawRow;
use ingot_core::report::{counted, thousands};
use serde::Serialize;
use serde_json::{Map, Value};

/// A row of the table that is not as it was.
#[derive(Debug, Clone, Serialize)]
pub struct RestatedRow {
    /// `changed`, `added`, `removed`.
    pub change: &'static str,
    /// The columns that tell the row, with their values.
    pub key: Map<String, Value>,
    /// By column, `before` and `after`.
    pub cells: Map<String, Value>,
    /// Rows that changed it; empty for a removed one.
    pub by: Vec<ChangedBy>,
    /// What is not known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Rows of a feed that were loaded in between.
#[derive(Debug, Clone, Serialize)]
pub struct ChangedBy {
    /// `bronze.bets`.
    pub table: String,
    pub rows: Vec<RawRow>,
}

/// What was restated.
#[derive(Debug, Clone, Serialize)]
pub struct Restated {
    pub table: String,
    /// Versions of its Delta table.
    pub from: u64,
    pub to: u64,
    /// When they were written, in UTC.
    pub from_written: String,
    pub to_written: String,
    pub changed: u64,
    pub added: u64,
    pub removed: u64,
    pub rows: Vec<RestatedRow>,
}

impl Restated {
    /// As lines for people. `raw` is the folder of raw files, as they should see it.
    pub fn text(&self, raw: &str) -> String {
        let mut lines = vec![format!(
            "{}, version {} of {} to version {} of {}: {} restated, {} added, {} removed",
            self.table,
            self.from,
            self.from_written,
            self.to,
            self.to_written,
            counted(self.changed, "row"),
            thousands(self.added),
            thousands(self.removed)
        )];
        for row in &self.rows {
            let key: Vec<String> =
                row.key.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
            lines.push(format!("{} {}", row.change, key.join(", ")));
            for (name, cell) in &row.cells {
                lines.push(format!("│  {name} {} → {}", plain(&cell["before"]), plain(&cell["after"])));
            }
            for by in &row.by {
                lines.push(format!("├─ {}  {} loaded since", by.table, counted(by.rows.len() as u64, "row")));
                for row in &by.rows {
                    let line = row.line.unwrap_or(row.row_number);
                    lines.push(format!("│     {raw}/{}:{line}  loaded {}", row.file, row.ingestion_ts));
                    if let Some(text) = &row.text {
                        lines.push(format!("│       {}", text.trim_end()));
                    }
                }
            }
            lines.extend(row.notes.iter().map(|note| format!("│  note: {note}")));
        }
        let shown = self.rows.len() as u64;
        let all = self.changed + self.added + self.removed;
        if shown < all {
            lines.push(format!("{}; --limit shows more", counted(all - shown, "more row")));
        }
        lines.join("\n")
    }

    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
