//! `var()` and `env_var()`.

use crate::context::node_context::{NodeContext, context};
use crate::context::{inputs, secrets, trace};
use crate::invocation::Invocation;
use crate::json_values::{Object as JsonObject, has_jinja};
use crate::project::dbt_project_yml::DbtProject;
use crate::secrets::is_secret;
use crate::values;
use ingot_core::error::{self, nearest};
use ingot_jinja::{Args, Error, Object, Result, State, Template, Value};
use serde_json::Value as Json;
use std::any::Any;

/// The value of a variable for a node of `package`: command line, root project, own package.
pub(crate) fn find(invocation: &Invocation, package: &str, name: &str) -> Option<Json> {
    if let Some(value) = invocation.settings.cli_vars.get(name) {
        return Some(value.clone());
    }
    let of = |project: &DbtProject| -> Option<Json> {
        project.vars.get(package).and_then(|own| own.get(name)).or_else(|| project.vars.get(name)).cloned()
    };
    of(&invocation.project.root).or_else(|| {
        (package != invocation.project.root.name).then(|| of(invocation.project.of(package))).flatten()
    })
}

/// `var`: callable, and with `has_var`.
pub(super) struct Var;

impl Object for Var {
    fn type_name(&self) -> &str {
        "Var"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let mut bound = args.bind("var", &["var_name", "default?"])?;
        let name = bound.text("var_name")?;
        let context = context(state)?;
        if let Some(value) = context.unit.as_ref().and_then(|unit| unit.test.vars.get(&name)) {
            return Ok(values::from_json(value));
        }
        trace::note_variable(&context.node.package_name, &name);
        match find(&context.invocation, &context.node.package_name, &name) {
            Some(Json::String(text)) => rendered(state, text),
            Some(value) => Ok(values::from_json(&value)),
            None => match bound.take("default") {
                Some(default) => Ok(default),
                // Only a node that runs must have its variables.
                None if !context.needs_variables() => Ok(Value::None),
                None => Err(missing(context, &name)),
            },
        }
    }
    fn method_names(&self) -> &[&'static str] {
        &["has_var"]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        (name == "has_var").then(|| {
            let name = args.clone().bind("has_var", &["var_name"])?.text("var_name")?;
            let context = context(state)?;
            trace::note_variable(&context.node.package_name, &name);
            let overridden = context.unit.as_ref().is_some_and(|unit| unit.test.vars.contains_key(&name));
            Ok((overridden || find(&context.invocation, &context.node.package_name, &name).is_some()).into())
        })
    }
}

/// dbt renders a variable that is a text when it is asked for, so that it may be a template itself.
fn rendered(state: &mut State<'_>, text: String) -> Result<Value> {
    if !has_jinja(&text) {
        return Ok(text.into());
    }
    let file = context(state)?.node.file.clone();
    let template = Template::parse(text, file, state.environment())?;
    Ok(state.render(&template)?.into())
}

fn missing(context: &NodeContext, name: &str) -> Error {
    let known: Vec<&str> = context
        .invocation
        .settings
        .cli_vars
        .keys()
        .chain(context.invocation.project.root.vars.keys())
        .map(String::as_str)
        .collect();
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!(
            "define it under `vars:` in dbt_project.yml, pass --vars '{{{name}: ...}}', or give a default: var('{name}', ...)"
        ),
    };
    error::Error::new(format!("the variable '{name}' is not defined"))
        .in_dbts_words(format!("Required var '{name}' not found in config"))
        .hint(hint)
        .into()
}

/// `var` where only the command line and `dbt_project.yml` are known.
pub(super) fn early_var(vars: JsonObject) -> Value {
    Value::function("var", move |_, args| {
        let mut bound = args.bind("var", &["var_name", "default?"])?;
        let name = bound.text("var_name")?;
        match vars.get(&name) {
            Some(value) => Ok(values::from_json(value)),
            None => bound.take("default").ok_or_else(|| {
                error::Error::new(format!("the variable '{name}' is not defined"))
                    .in_dbts_words(format!("Required var '{name}' not found in config"))
                    .hint(format!("pass --vars '{{{name}: ...}}', or give a default: var('{name}', ...)"))
                    .into()
            }),
        }
    })
}

/// `env_var('NAME', 'default')`.
pub(super) fn env_var(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("env_var", &["var", "default?"])?;
    let name = bound.text("var")?;
    let unit = context(state).ok().and_then(|context| context.unit.as_ref());
    if let Some(value) = unit.and_then(|unit| unit.test.env_vars.get(&name)) {
        return Ok(crate::json_values::python_str(value).into());
    }
    if is_secret(&name) {
        let error =
            error::Error::new(format!("'{name}' is a secret, which may not get into SQL or artifacts"));
        let words = format!(
            "Secret env vars are allowed only in profiles.yml or packages.yml. Found '{name}' referenced elsewhere."
        );
        let hint = "ask for it in profiles.yml or packages.yml, or give the variable another name";
        return Err(error.in_dbts_words(words).hint(hint).into());
    }
    found(&name, bound.take("default"))
}

/// The same in profiles.yml and packages.yml, where a secret may be; it is put in once all is rendered.
pub(super) fn env_var_or_secret(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("env_var", &["var", "default?"])?;
    let name = bound.text("var")?;
    let value = found(&name, bound.take("default"))?;
    let placeholder = secrets::placeholder(&name).filter(|_| std::env::var_os(&name).is_some());
    Ok(placeholder.map_or(value, Value::from))
}

fn found(name: &str, default: Option<Value>) -> Result<Value> {
    let found = std::env::var(name);
    trace::note_environment(name);
    inputs::note_variable(name, found.as_deref().ok());
    match found {
        Ok(value) => Ok(value.into()),
        Err(_) => default.ok_or_else(|| {
            Error::value(format!("the environment variable '{name}' is not set"))
                .hint(format!("set it, or give a default: env_var('{name}', '...')"))
        }),
    }
}
