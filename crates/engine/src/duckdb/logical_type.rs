//! DuckDB's description of a type, and its name.

use super::c_text::owned_text;
use libduckdb_sys as ffi;

/// A type as DuckDB describes it; owned.
pub(crate) struct LogicalType(pub(crate) ffi::duckdb_logical_type);

impl LogicalType {
    pub(crate) fn simple(id: ffi::duckdb_type) -> Self {
        // SAFETY: any id is allowed; unknown ones give an invalid type.
        Self(unsafe { ffi::duckdb_create_logical_type(id) })
    }

    pub(crate) fn list_of(child: &LogicalType) -> Self {
        // SAFETY: the child is alive; the call copies it.
        Self(unsafe { ffi::duckdb_create_list_type(child.0) })
    }

    pub(crate) fn id(&self) -> ffi::duckdb_type {
        // SAFETY: the type is alive.
        unsafe { ffi::duckdb_get_type_id(self.0) }
    }
}

impl Drop for LogicalType {
    fn drop(&mut self) {
        // SAFETY: ours, destroyed here and nowhere else.
        unsafe { ffi::duckdb_destroy_logical_type(&mut self.0) }
    }
}

/// The type as DuckDB writes it: `DECIMAL(12,4)`, `STRUCT(a INTEGER, b VARCHAR[])`.
pub(crate) fn type_name(kind: &LogicalType) -> String {
    // SAFETY: the type is alive; texts and child types are given away.
    unsafe {
        if let Some(alias) = owned_text(ffi::duckdb_logical_type_get_alias(kind.0)).filter(|a| !a.is_empty())
        {
            return alias;
        }
        let child = |raw| type_name(&LogicalType(raw));
        match kind.id() {
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => format!(
                "DECIMAL({},{})",
                ffi::duckdb_decimal_width(kind.0),
                ffi::duckdb_decimal_scale(kind.0)
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => {
                format!("{}[]", child(ffi::duckdb_list_type_child_type(kind.0)))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => format!(
                "{}[{}]",
                child(ffi::duckdb_array_type_child_type(kind.0)),
                ffi::duckdb_array_type_array_size(kind.0)
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => format!(
                "MAP({}, {})",
                child(ffi::duckdb_map_type_key_type(kind.0)),
                child(ffi::duckdb_map_type_value_type(kind.0))
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => {
                let fields = (0..ffi::duckdb_struct_type_child_count(kind.0)).map(|i| {
                    let name = owned_text(ffi::duckdb_struct_type_child_name(kind.0, i)).unwrap_or_default();
                    let name = crate::name_if_needed(&name);
                    format!("{name} {}", child(ffi::duckdb_struct_type_child_type(kind.0, i)))
                });
                format!("STRUCT({})", fields.collect::<Vec<_>>().join(", "))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => {
                let members = (0..ffi::duckdb_union_type_member_count(kind.0)).map(|i| {
                    let name = owned_text(ffi::duckdb_union_type_member_name(kind.0, i)).unwrap_or_default();
                    let name = crate::name_if_needed(&name);
                    format!("{name} {}", child(ffi::duckdb_union_type_member_type(kind.0, i)))
                });
                format!("UNION({})", members.collect::<Vec<_>>().join(", "))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => {
                let words = (0..ffi::duckdb_enum_dictionary_size(kind.0)).map(|i| {
                    let word = ffi::duckdb_enum_dictionary_value(kind.0, ffi::idx_t::from(i));
                    crate::text_literal(&owned_text(word).unwrap_or_default())
                });
                format!("ENUM({})", words.collect::<Vec<_>>().join(", "))
            }
            id => simple_name(id).to_string(),
        }
    }
}

fn simple_name(id: ffi::duckdb_type) -> &'static str {
    match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => "BOOLEAN",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => "TINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => "SMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => "INTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => "BIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => "UTINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => "USMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => "UINTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => "UBIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => "HUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => "UHUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => "FLOAT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => "DOUBLE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => "VARCHAR",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB => "BLOB",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT => "BIT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID => "UUID",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => "DATE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME => "TIME",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS => "TIME_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => "TIME WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => "TIMESTAMP",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S => "TIMESTAMP_S",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS => "TIMESTAMP_MS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => "TIMESTAMP_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => "TIMESTAMP WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ_NS => "TIMESTAMP_NS WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => "INTERVAL",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => "BIGNUM",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => "GEOMETRY",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARIANT => "VARIANT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => "\"NULL\"",
        _ => "UNKNOWN",
    }
}
