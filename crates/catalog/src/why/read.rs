//! What is read in the place of a table while a model is asked.

use super::row_id::{ROWS, of_table};

/// The column of a kept table with the row's number.
pub(super) const ID: &str = "__why_id";

pub(super) enum Read {
    /// Rows of files that were put into a table, with the numbers that they have there; `columns` is SQL for what a query
    /// reads of it, where that is not all of the table as it is.
    Kept { table: String, columns: Option<String> },
    /// The rows of a table of the database that meet a condition.
    Where { table: String, condition: String },
}

impl Read {
    /// SQL that keeps rows of files; `id` is SQL for a row's number.
    pub(super) fn keep(
        table: &str,
        columns: &str,
        id: &str,
        external: &str,
        condition: Option<&str>,
    ) -> String {
        let condition = condition.map(|sql| format!(" where {sql}")).unwrap_or_default();
        format!(
            "create or replace temp table {table} as select * from (select {columns}, {id} as {ID} from {external}) as why_feed{condition}"
        )
    }

    /// Its rows.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Kept { table, columns } => format!("SELECT {} FROM temp.{table}", of_kept(columns)),
            Self::Where { table, condition } => format!("SELECT * FROM {table} WHERE {condition}"),
        }
    }

    /// Its rows, each with a list of its number.
    pub(super) fn with_rows(&self, first: i128) -> String {
        match self {
            Self::Kept { table, columns } => format!(
                "SELECT {}, [CAST({first} AS HUGEINT) + {ID}] AS {ROWS} FROM temp.{table}",
                of_kept(columns)
            ),
            Self::Where { table, condition } => {
                format!("SELECT *, [{}] AS {ROWS} FROM {table} WHERE {condition}", of_table(first))
            }
        }
    }
}

/// The columns of a kept table, without the row's number.
fn of_kept(columns: &Option<String>) -> String {
    columns.clone().unwrap_or_else(|| format!("* EXCLUDE ({ID})"))
}
