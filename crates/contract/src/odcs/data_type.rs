//! The type of a column: `physicalType` in the spelling of any database or tool, or `logicalType` alone.

use super::reader::Reader;
use crate::contract::DataType;
use ingot_core::error::Result;
use ingot_core::yaml::Node;

/// What `physicalType` and `logicalType` say together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StatedType {
    pub(super) data_type: DataType,
    /// Characters that a text may have: 10 in `VARCHAR(10)`.
    pub(super) most_characters: Option<u64>,
    /// The smallest and the largest whole number, where the stated type is narrower than the one that holds it.
    pub(super) range: Option<(&'static str, &'static str)>,
    /// What the reader of the contract should know of how it was understood.
    pub(super) note: Option<String>,
}

impl StatedType {
    pub(super) fn of(data_type: DataType) -> Self {
        Self { data_type, most_characters: None, range: None, note: None }
    }
}

const LOGICAL_TYPES: [&str; 9] =
    ["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"];

impl Reader<'_> {
    /// The type of a property.
    pub(super) fn stated_type(&self, property: &Node) -> Result<StatedType> {
        let physical = self.optional_text(property, "physicalType")?;
        let logical = match self.optional_text(property, "logicalType")? {
            None => None,
            Some(_) => {
                let choices = LOGICAL_TYPES.map(|word| (word, word));
                Some(self.choice(self.member(property, "logicalType")?, &choices)?)
            }
        };
        let Some(word) = physical else {
            return Ok(match logical {
                Some(logical) => of_logical(logical),
                None => StatedType {
                    note: Some("the contract gives no type: read as text".to_owned()),
                    ..StatedType::of(DataType::Str)
                },
            });
        };
        let node = self.member(property, "physicalType")?;
        let Some(stated) = of_physical(word) else {
            let Some(logical) = logical else {
                return Err(self
                    .error(format!("the type '{word}' is not known"), node)
                    .hint("write a usual SQL type such as VARCHAR(10) or DECIMAL(12,2), or state the logicalType as well"));
            };
            return Ok(StatedType {
                note: Some(format!("physicalType '{word}' is not known: read as logicalType {logical} says")),
                ..of_logical(logical)
            });
        };
        match logical {
            Some(logical) => together(stated, logical).ok_or_else(|| {
                let kind = kind_of(&of_physical(word).map_or(DataType::Str, |stated| stated.data_type));
                self.error(format!("physicalType {word} is a {kind}, but logicalType says {logical}"), node)
            }),
            None => Ok(stated),
        }
    }
}

/// The type of a column of which only the `logicalType` is known.
fn of_logical(logical: &str) -> StatedType {
    StatedType::of(match logical {
        "integer" => DataType::I64,
        "number" => DataType::F64,
        "boolean" => DataType::Bool,
        "date" => DataType::Date,
        "timestamp" => DataType::Timestamp,
        "time" => DataType::Time,
        _ => DataType::Str,
    })
}

/// The `logicalType` that the standard has for a type.
fn kind_of(data_type: &DataType) -> &'static str {
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

/// The type of a column for which both are stated; `None` if they contradict each other.
///
/// Where the source keeps something as text or as a number (a date in a VARCHAR, a boolean in a TINYINT), the logical
/// type says what it is. ODCS 3.0 has no logical types for timestamps and times: there `date` means these, too.
fn together(stated: StatedType, logical: &str) -> Option<StatedType> {
    use DataType as T;
    let fits = match (&stated.data_type, logical) {
        (T::Str | T::Binary, "string" | "object" | "array")
        | (T::I32 | T::I64, "integer")
        | (T::I32 | T::I64 | T::F64 | T::Decimal { .. }, "number")
        | (T::Decimal { scale: 0, .. }, "integer")
        | (T::Bool, "boolean")
        | (T::Date | T::Timestamp, "date")
        | (T::Timestamp, "timestamp")
        | (T::Time, "time" | "date") => true,
        (T::Str, _)
        | (T::Time, "string")
        | (T::Date | T::I32 | T::I64 | T::F64 | T::Decimal { .. }, "timestamp")
        | (T::I32 | T::I64 | T::Decimal { scale: 0, .. }, "boolean") => false,
        _ => return None,
    };
    Some(if fits { stated } else { of_logical(logical) })
}

/// The type that a word of SQL, of Arrow or of this tool names; `None` if the word is not known.
pub(super) fn of_physical(word: &str) -> Option<StatedType> {
    let (base, parameters) = split(word)?;
    let number = |index: usize| parameters.get(index).and_then(|text| text.parse::<u64>().ok());
    let stated = match base.as_str() {
        "str" | "string" | "text" | "tinytext" | "mediumtext" | "longtext" | "ntext" | "clob" | "nclob"
        | "citext" | "uuid" | "uniqueidentifier" | "guid" | "xml" | "enum" | "utf8" | "large_utf8"
        | "json" | "jsonb" | "variant" | "super" | "inet" | "cidr" | "keyword" => {
            StatedType::of(DataType::Str)
        }
        "varchar"
        | "varchar2"
        | "nvarchar"
        | "nvarchar2"
        | "char"
        | "nchar"
        | "bpchar"
        | "character"
        | "character varying"
        | "char varying"
        | "national character"
        | "national character varying"
        | "sysname" => {
            let most = parameters.first().and_then(|text| text.split(' ').next()?.parse().ok());
            // PostgreSQL's largest length is how catalogs show a type without one.
            let most_characters = most.filter(|most| *most < u64::from(i32::MAX.unsigned_abs()));
            StatedType { most_characters, ..StatedType::of(DataType::Str) }
        }
        "i8" | "byteint" => ranged(DataType::I32, "-128", "127"),
        "tinyint" | "byte" => ranged(DataType::I32, "-128", "255"),
        "u8" | "uint8" | "utinyint" | "tinyint unsigned" => ranged(DataType::I32, "0", "255"),
        "i16" | "int16" | "smallint" | "int2" | "short" | "smallserial" => {
            ranged(DataType::I32, "-32768", "32767")
        }
        "u16" | "uint16" | "usmallint" | "smallint unsigned" => ranged(DataType::I32, "0", "65535"),
        "i32" | "int" | "integer" | "int4" | "int32" | "mediumint" | "serial" | "serial4" | "signed" => {
            StatedType::of(DataType::I32)
        }
        "u32" | "uint32" | "uinteger" | "int unsigned" | "integer unsigned" => {
            ranged(DataType::I64, "0", "4294967295")
        }
        "i64" | "bigint" | "int64" | "int8" | "long" | "bigserial" | "serial8" | "long integer" => {
            StatedType::of(DataType::I64)
        }
        "u64" | "uint64" | "ubigint" | "bigint unsigned" => StatedType {
            range: Some(("0", "18446744073709551615")),
            ..StatedType::of(DataType::Decimal { precision: 20, scale: 0 })
        },
        "i128" | "hugeint" | "int128" | "u128" | "uhugeint" => {
            StatedType::of(DataType::Decimal { precision: 38, scale: 0 })
        }
        "f64" | "f32" | "float" | "float4" | "float8" | "float32" | "float64" | "real" | "double"
        | "double precision" | "binary_float" | "binary_double" | "half" => StatedType::of(DataType::F64),
        "dec" | "decimal" | "numeric" | "number" | "fixed" | "decimal128" | "bignumeric" | "bigdecimal" => {
            StatedType::of(match parameters.len() {
                // Without digits these hold any number; this is what BigQuery's NUMERIC holds.
                0 => DataType::Decimal { precision: 38, scale: 9 },
                1 => decimal(number(0)?, 0)?,
                2 => decimal(number(0)?, number(1)?)?,
                _ => return None,
            })
        }
        "money" => StatedType::of(DataType::Decimal { precision: 19, scale: 4 }),
        "smallmoney" => StatedType::of(DataType::Decimal { precision: 10, scale: 4 }),
        "bool" | "boolean" | "logical" => StatedType::of(DataType::Bool),
        "bit" if number(0).is_none_or(|bits| bits == 1) => StatedType::of(DataType::Bool),
        "binary" | "varbinary" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "bytes" | "bytea"
        | "large_binary" | "image" => StatedType::of(DataType::Binary),
        "time" | "time32" | "time64" | "time without time zone" => StatedType::of(DataType::Time),
        "date" | "date32" => StatedType::of(DataType::Date),
        "ts"
        | "timestamp"
        | "timestamptz"
        | "timestamp_tz"
        | "timestamp_ntz"
        | "timestamp_ltz"
        | "timestamp_s"
        | "timestamp_ms"
        | "timestamp_us"
        | "timestamp_ns"
        | "timestampntz"
        | "timestampltz"
        | "timestamp with time zone"
        | "timestamp without time zone"
        | "timestamp with local time zone"
        | "datetime"
        | "datetime2"
        | "datetime64"
        | "datetimeoffset"
        | "smalldatetime"
        | "instant" => StatedType::of(DataType::Timestamp),
        _ => return None,
    };
    Some(stated)
}

fn ranged(data_type: DataType, smallest: &'static str, largest: &'static str) -> StatedType {
    StatedType { range: Some((smallest, largest)), ..StatedType::of(data_type) }
}

/// Precision 1 to 38, scale at most the precision.
fn decimal(precision: u64, scale: u64) -> Option<DataType> {
    ((1..=38).contains(&precision) && scale <= precision)
        .then_some(DataType::Decimal { precision: precision as u8, scale: scale as i8 })
}

/// The narrowest and the widest number of the integer types of Rust, by which ODCS names the format of a number.
pub(super) fn integer_range(format: &str) -> Option<(&'static str, &'static str)> {
    Some(match format {
        "i8" => ("-128", "127"),
        "i16" => ("-32768", "32767"),
        "i32" => ("-2147483648", "2147483647"),
        "i64" => ("-9223372036854775808", "9223372036854775807"),
        "u8" => ("0", "255"),
        "u16" => ("0", "65535"),
        "u32" => ("0", "4294967295"),
        "u64" => ("0", "18446744073709551615"),
        _ => return None,
    })
}

/// `VARCHAR (10)` as `varchar` and `10`, `timestamp(6) with time zone` as `timestamp with time zone` and `6`, and
/// `varchar[50]`, as catalogs of PostgreSQL print it. `None` if the parentheses are not closed.
fn split(word: &str) -> Option<(String, Vec<String>)> {
    let word = word.trim().to_lowercase();
    let Some(open) = word.find(['(', '[']) else { return Some((one_space(&word), Vec::new())) };
    let close = if word.as_bytes()[open] == b'(' { ')' } else { ']' };
    let end = open + word[open..].find(close)?;
    let inside = &word[open + 1..end];
    if close == ']' && inside.trim().is_empty() {
        return None;
    }
    let base = one_space(&format!("{} {}", &word[..open], &word[end + 1..]));
    Some((base, inside.split(',').map(one_space).collect()))
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal_of(precision: u8, scale: i8) -> DataType {
        DataType::Decimal { precision, scale }
    }

    #[test]
    fn types_are_known_in_any_spelling() {
        for (word, wanted) in [
            ("VARCHAR(10)", DataType::Str),
            ("varchar[50]", DataType::Str),
            ("Character Varying (20)", DataType::Str),
            ("nvarchar(max)", DataType::Str),
            ("VARCHAR2(10 BYTE)", DataType::Str),
            ("DECIMAL(8,3)", decimal_of(8, 3)),
            ("decimal(8, 3)", decimal_of(8, 3)),
            ("NUMBER(10)", decimal_of(10, 0)),
            ("NUMERIC", decimal_of(38, 9)),
            ("dec(12,4)", decimal_of(12, 4)),
            ("Int32", DataType::I32),
            ("BIGINT", DataType::I64),
            ("INT UNSIGNED", DataType::I64),
            ("SMALLINT", DataType::I32),
            ("Double Precision", DataType::F64),
            ("float(3,2)", DataType::F64),
            ("TIMESTAMP(6) WITH TIME ZONE", DataType::Timestamp),
            ("timestamp_ntz(9)", DataType::Timestamp),
            ("datetime2(7)", DataType::Timestamp),
            ("DATE", DataType::Date),
            ("bit", DataType::Bool),
            ("Boolean", DataType::Bool),
        ] {
            assert_eq!(of_physical(word).map(|stated| stated.data_type), Some(wanted), "{word}");
        }
        for word in
            ["whole", "dec(40,2)", "decimal(2,3)", "decimal(1,2,3)", "bit(8)", "varchar(", "int[]", ""]
        {
            assert_eq!(of_physical(word), None, "{word}");
        }
    }

    #[test]
    fn a_length_and_a_narrow_range_are_kept() {
        assert_eq!(of_physical("VARCHAR(10)").unwrap().most_characters, Some(10));
        assert_eq!(of_physical("varchar2(30 char)").unwrap().most_characters, Some(30));
        assert_eq!(of_physical("varchar[2147483647]").unwrap().most_characters, None);
        assert_eq!(of_physical("nvarchar(max)").unwrap().most_characters, None);
        assert_eq!(of_physical("smallint").unwrap().range, Some(("-32768", "32767")));
        assert_eq!(of_physical("int").unwrap().range, None);
    }

    #[test]
    fn the_logical_type_decides_over_a_type_of_storage() {
        let of = |physical, logical| {
            together(of_physical(physical).unwrap(), logical).map(|stated| stated.data_type)
        };
        assert_eq!(of("varchar(10)", "date"), Some(DataType::Date));
        assert_eq!(of("bigint", "timestamp"), Some(DataType::Timestamp));
        assert_eq!(of("timestamp", "date"), Some(DataType::Timestamp));
        assert_eq!(of("int4", "number"), Some(DataType::I32));
        assert_eq!(of("number(10)", "integer"), Some(decimal_of(10, 0)));
        assert_eq!(of("bool", "string"), None);
        assert_eq!(of("decimal(10,2)", "integer"), None);
    }
}
