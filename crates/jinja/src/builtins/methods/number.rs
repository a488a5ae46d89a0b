//! Methods of numbers.

use crate::value::{Method, MethodTable, Value};

pub(super) static FLOAT: MethodTable<f64, 1> = MethodTable::new(
    "float",
    [Method {
        name: "is_integer",
        parameters: &[],
        call: |_, float, _| Ok(Value::Bool(float.fract() == 0.0)),
    }],
);

/// Of `bool` too, which is an int to Python.
pub(super) static INT: MethodTable<i128, 1> = MethodTable::new(
    "int",
    [Method {
        name: "bit_length",
        parameters: &[],
        call: |_, int, _| Ok(Value::from(128 - int.unsigned_abs().leading_zeros())),
    }],
);
