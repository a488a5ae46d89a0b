//! Methods of objects that templates see, as a table: the name, the parameters and the code of each are in one place.

use ingot_jinja::{Args, Bound, Result, Value};

/// A method of an object of type `T`.
pub(super) struct Method<T> {
    pub name: &'static str,
    /// As [`Args::bind`] takes them: `name`, or `name?` where it may be left out.
    pub parameters: &'static [&'static str],
    pub call: fn(&T, Bound<'_>) -> Result<Value>,
}

/// The names of a table.
pub(super) const fn names<T, const N: usize>(methods: &[Method<T>; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = methods[at].name;
        at += 1;
    }
    names
}

/// Calls the method of that name; `None` if the table has none.
pub(super) fn call<T>(methods: &[Method<T>], object: &T, name: &str, args: &Args) -> Option<Result<Value>> {
    let method = methods.iter().find(|method| method.name == name)?;
    Some(args.clone().bind(name, method.parameters).and_then(|bound| (method.call)(object, bound)))
}
