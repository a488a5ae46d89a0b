//! Cells of results as values of templates: what agate and DuckDB's Python client make of them under dbt.
//! <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/agate_helper.py>

use super::nested::json_text;
use super::scalar::scalar;
use ingot_engine::Cell;
use ingot_jinja::Value;

/// A template's value for a cell of a result. Numbers with a point are `Decimal`, also those of DOUBLE columns; dates
/// and timestamps are Python's; lists, structs and maps are the text of their JSON; times, intervals and blobs are the
/// text that Python has for them.
pub(crate) fn from_cell(cell: &Cell) -> Value {
    match cell {
        Cell::Nested(_) => json_text(cell).into(),
        other => scalar(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What dbt 1.11 with dbt-duckdb prints for each.
    #[test]
    fn cells_print_as_under_dbt() {
        for (cell, printed) in [
            (Cell::Float(1.0), "1.0"),
            (Cell::Float(1e20), "1E+20"),
            (Cell::Float(f64::NAN), "NaN"),
            (Cell::Float(f64::NEG_INFINITY), "-Infinity"),
            (Cell::Decimal("1.50".into()), "1.50"),
            (Cell::Decimal("0.0000000001".into()), "1E-10"),
            (Cell::Decimal("99999999999999.99".into()), "99999999999999.99"),
            (Cell::Date("2020-01-02".into()), "2020-01-02"),
            (Cell::Date("infinity".into()), "9999-12-31"),
            (Cell::Timestamp("infinity".into()), "9999-12-31 23:59:59.999999"),
            (Cell::Timestamp("2020-01-02 03:04:05.000000".into()), "2020-01-02 03:04:05"),
            (Cell::Timestamp("2020-01-02 03:04:05.123456789".into()), "2020-01-02 03:04:05.123456"),
            (Cell::Timestamp("2020-01-02 03:04:05.000000+00".into()), "2020-01-02 03:04:05+00:00"),
            (Cell::Time("03:04:05".into()), "03:04:05"),
            (Cell::Time("03:04:05.5".into()), "03:04:05.500000"),
            (Cell::Time("03:04:05+02".into()), "03:04:05+02:00"),
            (Cell::Interval("1 day".into()), "1 day, 0:00:00"),
            (Cell::Interval("1 month".into()), "30 days, 0:00:00"),
            (Cell::Interval("1 year 2 days 03:00:00.5".into()), "362 days, 3:00:00.500000"),
            (Cell::Interval("-01:00:00".into()), "-1 day, 23:00:00"),
            (Cell::Blob("ab".into()), "b'ab'"),
            (Cell::Blob("\\xAA\\x00a\\x27b".into()), "b\"\\xaa\\x00a'b\""),
        ] {
            assert_eq!(from_cell(&cell).to_string(), printed, "{cell:?}");
        }
    }
}
