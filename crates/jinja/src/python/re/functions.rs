//! The functions of the module.

use super::pattern::{DOT_ALL, IGNORE_CASE, MULTILINE, PATTERN_METHODS, Pattern, VERBOSE};
use crate::error::Error;
use crate::python::module::Module;
use crate::value::{Args, State, Value};

pub(in crate::python) fn module() -> Value {
    let mut members: Vec<(&'static str, Value)> = PATTERN_METHODS
        .names()
        .iter()
        .map(|name| {
            let function = Value::function(*name, move |state: &mut State<'_>, mut args: Args| {
                let pattern = match args.positional.is_empty() {
                    false => args.positional.remove(0),
                    true => args
                        .named
                        .shift_remove("pattern")
                        .ok_or_else(|| Error::type_error(format!("{name}() needs a pattern")))?,
                };
                // The flags follow the other arguments: third, or fifth for sub, fourth for split.
                let place = match *name {
                    "sub" | "subn" => 3,
                    "split" => 2,
                    _ => 1,
                };
                let flags = match args.named.shift_remove("flags") {
                    Some(flags) => flags.as_int().unwrap_or(0),
                    None if args.positional.len() > place => {
                        args.positional.remove(place).as_int().unwrap_or(0)
                    }
                    None => 0,
                };
                let pattern = Pattern::of(&pattern, flags)?;
                PATTERN_METHODS
                    .call(state, &pattern, name, &args)
                    .unwrap_or_else(|| Err(Error::type_error(format!("re has no function '{name}'"))))
            });
            (*name, function)
        })
        .collect();
    members.push((
        "compile",
        Value::function("compile", |_, args| {
            let mut bound = args.bind("compile", &["pattern", "flags?"])?;
            let flags = bound.optional_int("flags")?.unwrap_or(0);
            Ok(Value::object(Pattern::of(&bound.value("pattern"), flags)?))
        }),
    ));
    members.push((
        "escape",
        Value::function("escape", |_, args| {
            let text = args.bind("escape", &["pattern"])?.text("pattern")?;
            let mut out = String::new();
            for character in text.chars() {
                if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(character) {
                    out.push('\\');
                }
                out.push(character);
            }
            Ok(Value::from(out))
        }),
    ));
    for (names, flag) in [
        (["I", "IGNORECASE"], IGNORE_CASE),
        (["M", "MULTILINE"], MULTILINE),
        (["S", "DOTALL"], DOT_ALL),
        (["X", "VERBOSE"], VERBOSE),
    ] {
        members.extend(names.map(|name| (name, Value::Int(flag))));
    }
    Module::of("re", members)
}
