//! Results of queries as templates see them: the tables, rows and columns of agate, the Python library that dbt uses.
//! <https://agate.readthedocs.io/en/latest/api/table.html>

mod column_kind;
mod data;
mod printed;
mod reshape;
mod rows;
mod table;
mod table_set;

pub(crate) use data::{Response, ResultTable};

use crate::context::node_context::context;
use ingot_jinja::{Result, State, Value};

/// Prints for a template: what agate writes to standard output.
fn say(state: &State<'_>, text: String) -> Result<Value> {
    context(state)?.invocation.outbox.print(text.trim_end_matches('\n').to_owned());
    Ok(Value::None)
}
