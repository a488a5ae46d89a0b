//! The macros of generic tests: which one a test means, and whether it takes what the test gives it.

use crate::graph::node::Node;
use crate::invocation::Invocation;
use crate::json_values::Object;
use crate::project::macros::MacroEntry;
use ingot_core::error::{Error, Result, nearest};
use ingot_jinja::Macro;

/// A test as YAML names it.
pub(super) struct Named<'a> {
    /// The package whose YAML it is.
    pub(super) package: &'a str,
    /// `dbt_utils` of `dbt_utils.equality`.
    pub(super) namespace: Option<&'a str>,
    pub(super) name: &'a str,
}

impl Named<'_> {
    /// The macro of the test; `None` if there is none.
    pub(super) fn find<'i>(&self, invocation: &'i Invocation) -> Option<&'i MacroEntry> {
        let macros = &invocation.templates.macros;
        let name = format!("test_{}", self.name);
        let found = match self.namespace {
            Some(namespace) => macros.in_package(namespace, &name),
            None => macros.find(self.package, &name),
        };
        found.map(AsRef::as_ref)
    }

    fn missing(&self, invocation: &Invocation) -> Error {
        let known: Vec<String> = invocation
            .templates
            .macros
            .all()
            .filter_map(|entry| {
                let name = entry.name.strip_prefix("test_")?;
                let outside = entry.package_name != invocation.project.root.name && !entry.is_built_in();
                Some(if outside { format!("{}.{name}", entry.package_name) } else { name.to_owned() })
            })
            .collect();
        let full =
            self.namespace.map_or(self.name.to_owned(), |namespace| format!("{namespace}.{}", self.name));
        let error = Error::new(format!("there is no test '{full}'"));
        match nearest(&full, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!(
                "define it as {{% test {}(model, column_name) %}} in tests/generic/ or macros/, or install its package",
                self.name
            )),
        }
    }
}

/// Whether the macro of a generic test is there, and takes what it is given. dbt finds out when the test runs.
///
/// # Errors
/// The macro is missing, or an argument is unknown or missing.
pub(crate) fn check(invocation: &Invocation, node: &Node) -> Result<()> {
    let Some(test) = node.generic_test() else { return Ok(()) };
    let named = Named { package: &node.package_name, namespace: test.namespace.as_deref(), name: &test.name };
    let checked = match named.find(invocation) {
        Some(found) => check_arguments(found, &test.name, &test.kwargs),
        None => Err(named.missing(invocation)),
    };
    checked.map_err(|error| error.at_line(&node.original_file_path, node.line))
}

/// Whether the test takes all that it is given; and, of a built-in one, whether it is given all that it needs. (What one of the
/// project's needs is not known: it may ask whether an argument is defined.)
pub(super) fn check_arguments(found: &MacroEntry, name: &str, kwargs: &Object) -> Result<()> {
    let Some(code) = found.value.downcast::<Macro>() else { return Ok(()) };
    let known: Vec<&str> = code.parameters().map(|(name, _)| name).collect();
    let unknown = kwargs.keys().find(|name| !known.contains(&name.as_str()));
    if let Some(unknown) = unknown.filter(|_| !code.takes_any_keyword()) {
        let error = Error::new(format!("test '{name}' has no argument '{unknown}'"));
        return Err(match nearest(unknown, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None if unknown == "column_name" => {
                error.hint("it is a test of a whole model: put it under the model's `data_tests:`")
            }
            None => error.hint(format!("its arguments: {}", known.join(", "))),
        });
    }
    let missing = code.parameters().find(|(parameter, has_default)| {
        found.is_built_in() && !has_default && !kwargs.contains_key(*parameter)
    });
    match missing {
        None => Ok(()),
        Some(("column_name", _)) => Err(Error::new(format!("test '{name}' is for a column"))
            .hint("put it under `data_tests:` of a column, or give `column_name` under `arguments:`")),
        Some((parameter, _)) => Err(Error::new(format!("test '{name}' needs the argument '{parameter}'"))
            .hint(format!("write\n  - {name}:\n      arguments:\n        {parameter}: ..."))),
    }
}
