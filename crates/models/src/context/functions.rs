//! The functions of dbt's context, by name. They are static; what they work on they find through the state.

use crate::context::config::Config;
use crate::context::node_context::{NodeContext, context};
use crate::context::variables::{Var, env_var};
use crate::context::{python_functions as python, python_job, references, semantics};
use crate::invocation::Invocation;
use crate::values;
use crate::values::agate::{Response, ResultTable};
use crate::values::record::Record;
use ingot_core::report::Level;
use ingot_core::sync::lock;
use ingot_jinja::{Args, Error, Object, Result, State, Template, Value};
use serde_json::Value as Json;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

static FUNCTIONS: LazyLock<HashMap<&'static str, Value>> = LazyLock::new(table);

pub(super) fn find(name: &str) -> Option<Value> {
    FUNCTIONS.get(name).cloned()
}

pub(super) fn names() -> Vec<String> {
    FUNCTIONS.keys().map(|name| (*name).to_owned()).collect()
}

type Body = fn(&mut State<'_>, Args) -> Result<Value>;

fn table() -> HashMap<&'static str, Value> {
    let functions: [(&'static str, Body); 29] = [
        ("ref", references::call_ref),
        ("source", references::call_source),
        ("env_var", env_var),
        ("return", return_value),
        ("log", log),
        ("print", print),
        ("fromjson", python::fromjson),
        ("tojson", python::tojson),
        ("fromyaml", python::fromyaml),
        ("toyaml", python::toyaml),
        ("set", python::set),
        ("set_strict", python::set_strict),
        ("zip", python::zip),
        ("zip_strict", python::zip_strict),
        ("local_md5", python::local_md5),
        ("diff_of_two_dicts", python::diff_of_two_dicts),
        ("store_result", store_result),
        ("store_raw_result", store_raw_result),
        ("load_result", load_result),
        ("load_agate_table", load_agate_table),
        ("write", write),
        ("render", render),
        ("try_or_compiler_error", try_or_compiler_error),
        ("submit_python_job", python_job::submit),
        ("doc", doc),
        ("metric", semantics::call_metric),
        ("function", semantics::call_function),
        ("debug", nothing),
        ("adapter_macro", no_adapter_macro),
    ];
    let mut table: HashMap<&'static str, Value> =
        functions.into_iter().map(|(name, body)| (name, Value::function(name, body))).collect();
    table.insert("var", Value::object(Var));
    table.insert("config", Value::object(Config));
    table.insert("context", Value::object(WholeContext));
    table
}

/// dbt's older way to find the macro of an adapter, which it refuses.
fn no_adapter_macro(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let name = args.positional.first().map(values::text).unwrap_or_default();
    let words = format!(
        "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to find a macro and call the result. adapter_macro was called for: {name}"
    );
    let error = ingot_core::error::Error::new("adapter_macro() is no longer there").in_dbts_words(words);
    Err(error.hint(format!("write adapter.dispatch('{name}')(...)")).into())
}

/// `builtins`: dbt's own functions, for macros that replace one of them and call it.
pub(super) fn builtins(invocation: &Arc<Invocation>) -> Value {
    let own = ("ref", Value::object(Ref(invocation.clone())));
    Value::dict(FUNCTIONS.iter().map(|(name, value)| (*name, value.clone())).chain([own]))
}

/// `builtins.ref`, through which packages reach the project's settings: `builtins.ref.config`.
struct Ref(Arc<Invocation>);

impl Object for Ref {
    fn type_name(&self) -> &str {
        "ref"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        references::call_ref(state, args)
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        (name == "config").then(|| {
            let invocation = &self.0;
            let dependencies =
                invocation.project.packages.iter().chain([&invocation.project.root]).map(|project| {
                    let about =
                        [("project_name", project.name.as_str()), ("version", project.version.as_str())];
                    (project.name.as_str(), Value::dict(about.map(|(key, text)| (key, Value::from(text)))))
                });
            Value::dict([
                ("project_name", Value::from(invocation.project.root.name.as_str())),
                ("version", invocation.project.root.version.as_str().into()),
                (
                    "vars",
                    Value::object(Record(values::from_json(&Json::Object(
                        invocation.project.root.vars.clone(),
                    )))),
                ),
                ("cli_vars", values::from_json(&Json::Object(invocation.settings.cli_vars.clone()))),
                (
                    "args",
                    invocation
                        .templates
                        .constants
                        .get("invocation_args_dict")
                        .cloned()
                        .unwrap_or(Value::None),
                ),
                ("dependencies", Value::dict(dependencies)),
            ])
        })
    }
}

/// `context`: every name as an item, as an attribute, and, where it can be called, as a method. What `update` puts there
/// is seen by all that is rendered later with this context, macros too.
struct WholeContext;

impl Object for WholeContext {
    fn type_name(&self) -> &str {
        "context"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_mapping(&self) -> bool {
        true
    }
    fn method_names(&self) -> &[&'static str] {
        &["get", "setdefault", "update"]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let args = args.clone();
        match name {
            "get" => Some(get_name(state, args)),
            "setdefault" => Some(set_name_once(state, args)),
            "update" => Some(update_names(state, args)),
            _ => state.lookup(name).map(|callee| state.call(&callee, args)),
        }
    }
    fn get_item_in(&self, state: &State<'_>, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| state.lookup(name)))
    }
}

fn get_name(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("get", &["name", "default?"])?;
    let name = bound.text("name")?;
    Ok(state.lookup(&name).unwrap_or_else(|| bound.value("default")))
}

fn set_name_once(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("setdefault", &["name", "default?"])?;
    let name = bound.text("name")?;
    if let Some(known) = state.lookup(&name) {
        return Ok(known);
    }
    let value = bound.value("default");
    context(state)?.set(&name, value.clone());
    Ok(value)
}

fn update_names(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    for other in &args.positional {
        for (name, value) in other.pairs()? {
            context.set(&values::text(&name), value);
        }
    }
    for (name, value) in args.named {
        context.set(&name, value);
    }
    Ok(Value::None)
}

fn nothing(_state: &mut State<'_>, _args: Args) -> Result<Value> {
    Ok("".into())
}

fn return_value(_state: &mut State<'_>, args: Args) -> Result<Value> {
    Err(Error::returning(args.bind("return", &["data?"])?.value("data")))
}

fn log(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("log", &["msg", "info?"])?;
    let text = values::text(&bound.value("msg"));
    let level = if bound.truth("info", false) { Level::Info } else { Level::Debug };
    let context = context(state)?;
    if context.executes() || level == Level::Info {
        let data = if context.executes() { context.event_data() } else { Json::Null };
        context.invocation.outbox.log(level, text, data);
    }
    Ok("".into())
}

fn print(state: &mut State<'_>, args: Args) -> Result<Value> {
    let text = values::text(&args.bind("print", &["msg"])?.value("msg"));
    let context = context(state)?;
    if context.executes() && context.invocation.settings.print {
        context.invocation.outbox.print(text);
    }
    Ok("".into())
}

fn store_result(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("store_result", &["name", "response", "agate_table?"])?;
    let name = values::text(&bound.value("name"));
    let response = bound.value("response");
    let table = match bound.take("agate_table") {
        Some(table) if !table.is_none() => table,
        _ => Value::object(ResultTable::empty()),
    };
    let rows: Vec<Value> = table.downcast::<ResultTable>().map(ResultTable::row_values).unwrap_or_default();
    let result = Value::dict([("response", response), ("data", Value::list(rows)), ("table", table)]);
    lock(&context(state)?.noted).results.insert(name, result);
    Ok("".into())
}

fn store_raw_result(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound =
        args.bind("store_raw_result", &["name", "message?", "code?", "rows_affected?", "agate_table?"])?;
    let response = Value::object(Response {
        message: bound.value("message"),
        code: bound.value("code"),
        rows_affected: bound.value("rows_affected"),
    });
    let name = bound.value("name");
    let table = bound.value("agate_table");
    store_result(state, Args::of([name, response, table]))
}

fn load_result(state: &mut State<'_>, args: Args) -> Result<Value> {
    let name = values::text(&args.bind("load_result", &["name"])?.value("name"));
    let context = context(state)?;
    let Some(result) = context.result(&name) else { return Ok(Value::None) };
    // Each can be loaded once but that of the materialization, of which the runner reads the response.
    if name != "main" {
        if result.is_none() {
            let what = format!("the result of the statement '{name}' was loaded before");
            let words =
                format!("The 'statement' result named '{name}' has already been loaded into a variable");
            let error = ingot_core::error::Error::new(what).in_dbts_words(words);
            return Err(error.hint("keep it in a variable: {% set result = load_result(...) %}").into());
        }
        lock(&context.noted).results.insert(name, Value::None);
    }
    Ok(result)
}

fn load_agate_table(state: &mut State<'_>, _args: Args) -> Result<Value> {
    let context = context(state)?;
    Ok(Value::object(crate::seeds::load::load(&context.node, &[])?))
}

/// Keeps the SQL that is about to run, for `target/run/`.
fn write(state: &mut State<'_>, args: Args) -> Result<Value> {
    let payload = values::text(&args.bind("write", &["payload"])?.value("payload"));
    lock(&context(state)?.noted).written = Some(payload);
    Ok("".into())
}

fn render(state: &mut State<'_>, args: Args) -> Result<Value> {
    let value = args.bind("render", &["string"])?.value("string");
    let text = values::text(&value);
    let file = context(state)?.node.file.clone();
    let template = Template::parse(text, file, state.environment())?;
    Ok(state.render(&template)?.into())
}

fn try_or_compiler_error(state: &mut State<'_>, mut args: Args) -> Result<Value> {
    if args.positional.len() < 2 {
        return Err(Error::type_error("try_or_compiler_error() needs a message and a function"));
    }
    let message = values::text(&args.positional.remove(0));
    let function = args.positional.remove(0);
    state.call(&function, args).map_err(|_| Error::value(message))
}

fn doc(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let texts: Vec<String> = args.positional.iter().map(values::text).collect();
    let found = match texts.as_slice() {
        [name] => find_doc(context, None, name),
        [package, name] => find_doc(context, Some(package), name),
        _ => return Err(Error::type_error("doc() takes a name, or a package and a name")),
    };
    found.ok_or_else(|| Error::value(format!("there is no docs block '{}'", texts.join("."))))
}

fn find_doc(context: &NodeContext, package: Option<&str>, name: &str) -> Option<Value> {
    let docs = &context.invocation.project.docs;
    let of = |package: &str| docs.get(&(package.to_owned(), name.to_owned()));
    let found = match package {
        Some(package) => of(package),
        None => of(&context.node.package_name).or_else(|| of(&context.invocation.project.root.name)),
    };
    found.map(|block| block.text.as_str().into())
}
