//! The functions that every template knows, unless the host has something else of that name.

use crate::error::{Error, Kind, Result};
use crate::value::{Args, Dict, Key, Method, MethodTable, Object, Range, State, Value};
use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// jinja's sandbox allows no longer range.
const LONGEST_RANGE: usize = 100_000;

pub(super) const NAMES: [&str; 6] = ["range", "dict", "namespace", "cycler", "joiner", "return"];

pub(super) fn find(name: &str) -> Option<Value> {
    static FUNCTIONS: OnceLock<[Value; 6]> = OnceLock::new();
    let index = NAMES.iter().position(|known| *known == name)?;
    let functions = FUNCTIONS.get_or_init(|| {
        [
            Value::function("range", |_, args| range(args)),
            Value::function("dict", |_, args| dict(args).map(Value::Dict)),
            Value::function("namespace", |_, args| Ok(Value::object(Namespace { entries: dict(args)? }))),
            Value::function("cycler", |_, args| {
                if args.positional.is_empty() {
                    return Err(Error::type_error("at least one item has to be provided"));
                }
                Ok(Value::object(Cycler { items: args.positional, at: AtomicUsize::new(0) }))
            }),
            Value::function("joiner", |_, args| {
                let separator = args.bind("joiner", &["sep?"])?.optional_text("sep")?;
                let separator = separator.unwrap_or_else(|| ", ".to_owned());
                Ok(Value::object(Joiner { separator, used: AtomicBool::new(false) }))
            }),
            Value::function("return", |_, args| {
                Err(Error::returning(args.bind("return", &["data?"])?.value("data")))
            }),
        ]
    });
    Some(functions[index].clone())
}

fn range(args: Args) -> Result<Value> {
    if !args.named.is_empty() {
        return Err(Error::type_error("range() takes no keyword arguments"));
    }
    let mut numbers = Vec::new();
    for value in &args.positional {
        numbers.push(match value {
            Value::Undefined(undefined) => return Err(Error::undefined(undefined.message())),
            other => other.as_int().ok_or_else(|| {
                Error::type_error(format!(
                    "'{}' object cannot be interpreted as an integer",
                    other.type_name()
                ))
            })?,
        });
    }
    let range = match numbers[..] {
        [stop] => Range { start: 0, stop, step: 1 },
        [start, stop] => Range { start, stop, step: 1 },
        [_, _, 0] => return Err(Error::value("range() arg 3 must not be zero")),
        [start, stop, step] => Range { start, stop, step },
        _ => {
            return Err(Error::type_error(format!("range expected 1 to 3 arguments, got {}", numbers.len())));
        }
    };
    let too_large = |number: i128| number.unsigned_abs() > 1 << 100;
    if numbers.into_iter().any(too_large) || range.len() > LONGEST_RANGE {
        return Err(Error::new(
            Kind::Overflow,
            format!("Range too big. The sandbox blocks ranges larger than MAX_RANGE ({LONGEST_RANGE})."),
        ));
    }
    Ok(Value::Range(range))
}

fn dict(args: Args) -> Result<Dict> {
    if args.positional.len() > 1 {
        return Err(Error::type_error(format!(
            "dict expected at most 1 argument, got {}",
            args.positional.len()
        )));
    }
    let dict = Dict::default();
    if let Some(other) = args.positional.first() {
        for (key, value) in other.pairs()? {
            dict.set(Key::new(key)?, value);
        }
    }
    for (name, value) in args.named {
        dict.set_str(name, value);
    }
    Ok(dict)
}

/// `namespace(a=1)`: attributes that can be set from inside a loop.
struct Namespace {
    entries: Dict,
}

impl Object for Namespace {
    fn type_name(&self) -> &str {
        "Namespace"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        self.entries.get_str(name)
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|key| self.entries.get_str(key)))
    }
    fn set_attr(&self, name: &str, value: Value) -> Result<()> {
        self.entries.set_str(name, value);
        Ok(())
    }
    fn repr(&self) -> String {
        format!("<Namespace {}>", Value::Dict(self.entries.clone()).repr())
    }
}

struct Cycler {
    items: Vec<Value>,
    at: AtomicUsize,
}

impl Cycler {
    fn current(&self) -> Value {
        self.items[self.at.load(Ordering::Relaxed) % self.items.len()].clone()
    }
}

impl Object for Cycler {
    fn type_name(&self) -> &str {
        "Cycler"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        (name == "current").then(|| self.current())
    }
    fn method_names(&self) -> &[&'static str] {
        CYCLER_METHODS.names()
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        CYCLER_METHODS.call(state, self, name, args)
    }
}

static CYCLER_METHODS: MethodTable<Cycler, 2> = MethodTable::new(
    "Cycler",
    [
        Method {
            name: "next",
            parameters: &[],
            call: |_, cycler, _| {
                let current = cycler.current();
                cycler.at.fetch_add(1, Ordering::Relaxed);
                Ok(current)
            },
        },
        Method {
            name: "reset",
            parameters: &[],
            call: |_, cycler, _| {
                cycler.at.store(0, Ordering::Relaxed);
                Ok(Value::None)
            },
        },
    ],
);

/// Nothing at the first call, the separator at every other.
struct Joiner {
    separator: String,
    used: AtomicBool,
}

impl Object for Joiner {
    fn type_name(&self) -> &str {
        "Joiner"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, _state: &mut State<'_>, _args: Args) -> Result<Value> {
        let used = self.used.swap(true, Ordering::Relaxed);
        Ok(Value::from(if used { self.separator.as_str() } else { "" }))
    }
}
