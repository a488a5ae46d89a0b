//! Lists, arrays, maps, structs and unions as cells of cells.

use super::c_text::owned_text;
use super::logical_type::LogicalType;
use super::vector::Column;
use crate::{Cell, NestedValue};
use libduckdb_sys as ffi;

impl Column<'_> {
    pub(super) fn list_cells(&self, row: usize) -> NestedValue {
        // SAFETY: a LIST vector holds entries and one child vector.
        unsafe {
            let entry: ffi::duckdb_list_entry = self.get(row);
            let kind = LogicalType(ffi::duckdb_list_type_child_type(self.kind.0));
            let child = Column::of(ffi::duckdb_list_vector_get_child(self.vector), &kind);
            NestedValue::List(child.cells(entry.offset as usize, entry.length as usize))
        }
    }

    pub(super) fn array_cells(&self, row: usize) -> NestedValue {
        // SAFETY: an ARRAY vector holds `size` child rows for each of its rows.
        unsafe {
            let size = ffi::duckdb_array_type_array_size(self.kind.0) as usize;
            let kind = LogicalType(ffi::duckdb_array_type_child_type(self.kind.0));
            let child = Column::of(ffi::duckdb_array_vector_get_child(self.vector), &kind);
            NestedValue::List(child.cells(row * size, size))
        }
    }

    pub(super) fn map_cells(&self, row: usize) -> NestedValue {
        // SAFETY: a MAP is stored as a list of structs of key and value.
        unsafe {
            let entry: ffi::duckdb_list_entry = self.get(row);
            let (offset, length) = (entry.offset as usize, entry.length as usize);
            let entries = ffi::duckdb_list_vector_get_child(self.vector);
            let key_kind = LogicalType(ffi::duckdb_map_type_key_type(self.kind.0));
            let value_kind = LogicalType(ffi::duckdb_map_type_value_type(self.kind.0));
            let keys = Column::of(ffi::duckdb_struct_vector_get_child(entries, 0), &key_kind);
            let items = Column::of(ffi::duckdb_struct_vector_get_child(entries, 1), &value_kind);
            NestedValue::Map(
                keys.cells(offset, length).into_iter().zip(items.cells(offset, length)).collect(),
            )
        }
    }

    pub(super) fn struct_cells(&self, row: usize) -> NestedValue {
        // SAFETY: a STRUCT vector holds one child vector a field, row for row.
        let fields = (0..unsafe { ffi::duckdb_struct_type_child_count(self.kind.0) }).map(|field| unsafe {
            let name = owned_text(ffi::duckdb_struct_type_child_name(self.kind.0, field)).unwrap_or_default();
            let kind = LogicalType(ffi::duckdb_struct_type_child_type(self.kind.0, field));
            let child = Column::of(ffi::duckdb_struct_vector_get_child(self.vector, field), &kind);
            (name, child.cell(row))
        });
        NestedValue::Struct(fields.collect())
    }

    /// The cell of the member that is set.
    pub(super) fn union_cell(&self, row: usize) -> Cell {
        // SAFETY: a UNION is stored as a struct whose first field is the member's number, as u8.
        unsafe {
            let tags = ffi::duckdb_struct_vector_get_child(self.vector, 0);
            let tag = *ffi::duckdb_vector_get_data(tags).cast::<u8>().add(row);
            let member = ffi::idx_t::from(tag);
            let kind = LogicalType(ffi::duckdb_union_type_member_type(self.kind.0, member));
            Column::of(ffi::duckdb_struct_vector_get_child(self.vector, member + 1), &kind).cell(row)
        }
    }

    fn cells(&self, offset: usize, length: usize) -> Vec<Cell> {
        (offset..offset + length).map(|row| self.cell(row)).collect()
    }
}
