//! Seeds: the project's CSV files, with the types and values that dbt gives them.
//!
//! dbt reads seeds with the Python library agate, set up in
//! <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/agate_helper.py>. `csv_text` reads the
//! file, `number` and `moment` read cells as agate does, `column_type` finds the type of a column, `load` puts
//! them together, and `table_columns` compares them with a table that is there already, and
//! `copy_rows` loads the rows.

mod column_type;
pub(crate) mod copy_rows;
pub(crate) mod csv_text;
pub(crate) mod load;
mod moment;
mod number;
mod python_text;
pub(crate) mod table_columns;
