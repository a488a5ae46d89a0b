//! Which types of columns arrive in BI tools as what they are.
//!
//! Measured with DuckDB's ODBC driver: BOOLEAN arrives as text, HUGEINT (also the SUM of a BIGINT) as NUMERIC(38,0),
//! which Power BI reads as text or refuses, UUID, ENUM and nested types as unknown; TIMESTAMP WITH TIME ZONE loses its
//! zone; TIME and INTERVAL fail.

/// Why a column of this type is misread and what to write instead, both for a message; `None` if it is safe. The
/// type is in DuckDB's words, such as `DECIMAL(18,4)`.
pub(crate) fn misread(data_type: &str) -> Option<(&'static str, &'static str)> {
    if data_type.ends_with(']') {
        return Some(("lists arrive as an unknown type", "give each element a row in a table of its own"));
    }
    let name = data_type.split('(').next().unwrap_or(data_type).trim();
    Some(match name {
        "SMALLINT" | "INTEGER" | "BIGINT" | "FLOAT" | "DOUBLE" | "VARCHAR" | "DATE" | "TIMESTAMP" => {
            return None;
        }
        "DECIMAL" if decimal_digits(data_type).is_some_and(|digits| digits <= 18) => return None,
        "DECIMAL" => {
            ("numbers of more than 18 digits are rounded or refused", "cast it to DECIMAL(18, s) or DOUBLE")
        }
        "BOOLEAN" => ("it arrives as the text 'true' or 'false'", "cast it to INTEGER: 0 or 1"),
        "TINYINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" => {
            ("small and unsigned integers change their sign", "cast it to INTEGER or BIGINT")
        }
        "UBIGINT" | "HUGEINT" | "UHUGEINT" | "BIGNUM" => {
            ("it arrives as a number of 38 digits (the sum of a BIGINT is a HUGEINT)", "cast it to BIGINT")
        }
        "TIMESTAMP WITH TIME ZONE" => {
            ("it loses its time zone", "cast it to TIMESTAMP in a zone that the column's description names")
        }
        "TIMESTAMP_S" | "TIMESTAMP_MS" | "TIMESTAMP_NS" => {
            ("only microseconds are read as a time", "cast it to TIMESTAMP")
        }
        "TIME" | "TIME WITH TIME ZONE" | "TIME_NS" | "INTERVAL" => {
            ("reading it fails", "cast it to VARCHAR, or to a number of seconds")
        }
        "UUID" | "ENUM" | "JSON" | "BIT" => ("it arrives as an unknown type", "cast it to VARCHAR"),
        "STRUCT" | "MAP" | "UNION" | "VARIANT" => {
            ("it arrives as an unknown type", "give each member a column of its own")
        }
        _ => (
            "it arrives as an unknown type",
            "cast it to a number, VARCHAR, DATE or TIMESTAMP, or leave it out",
        ),
    })
}

/// A type that is safe and has the same values, as far as they fit: numbers stay the same numbers, moments the same moments.
/// `None` if what BI tools shall see is for a person to decide (the zone of a time, a word for true), or if it is safe.
pub(crate) fn narrowed(data_type: &str) -> Option<String> {
    let name = data_type.split('(').next().unwrap_or(data_type).trim();
    Some(match name {
        _ if data_type.ends_with(']') || misread(data_type).is_none() => return None,
        "DECIMAL" => match decimal_scale(data_type)? {
            scale @ 0..=18 => format!("DECIMAL(18,{scale})"),
            _ => return None,
        },
        "TINYINT" | "UTINYINT" | "USMALLINT" => "INTEGER".to_owned(),
        "UINTEGER" | "UBIGINT" | "HUGEINT" | "UHUGEINT" | "BIGNUM" => "BIGINT".to_owned(),
        "TIMESTAMP_S" | "TIMESTAMP_MS" => "TIMESTAMP".to_owned(),
        "UUID" | "ENUM" => "VARCHAR".to_owned(),
        _ => return None,
    })
}

fn decimal_scale(data_type: &str) -> Option<u32> {
    data_type.split_once(',')?.1.split(')').next()?.trim().parse().ok()
}

fn decimal_digits(data_type: &str) -> Option<u32> {
    data_type.split_once('(')?.1.split([',', ')']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bi_reads_rightly_is_told_from_what_it_misreads() {
        for safe in ["INTEGER", "BIGINT", "DOUBLE", "DECIMAL(18,4)", "VARCHAR", "DATE", "TIMESTAMP"] {
            assert_eq!(misread(safe), None, "{safe}");
        }
        for (unsafe_type, advice) in [
            ("DECIMAL(38,2)", "18"),
            ("BOOLEAN", "0 or 1"),
            ("HUGEINT", "BIGINT"),
            ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
            ("ENUM('a', 'b')", "VARCHAR"),
            ("STRUCT(a INTEGER)", "member"),
            ("INTEGER[]", "row"),
            ("DECIMAL(18,4)[3]", "row"),
            ("GEOMETRY", "leave it out"),
        ] {
            assert!(misread(unsafe_type).unwrap().1.contains(advice), "{unsafe_type}");
        }
    }

    #[test]
    fn a_narrower_type_is_safe_and_has_the_same_values() {
        for (wide, narrow) in [
            ("DECIMAL(38,2)", "DECIMAL(18,2)"),
            ("HUGEINT", "BIGINT"),
            ("UTINYINT", "INTEGER"),
            ("TIMESTAMP_MS", "TIMESTAMP"),
            ("ENUM('a', 'b')", "VARCHAR"),
            ("UUID", "VARCHAR"),
        ] {
            assert_eq!(narrowed(wide).as_deref(), Some(narrow));
            assert_eq!(misread(narrow), None);
        }
        for other in [
            "INTEGER",
            "BOOLEAN",
            "TIMESTAMP WITH TIME ZONE",
            "TIMESTAMP_NS",
            "DECIMAL(38,20)",
            "HUGEINT[]",
            "TIME",
        ] {
            assert_eq!(narrowed(other), None, "{other}");
        }
    }
}
