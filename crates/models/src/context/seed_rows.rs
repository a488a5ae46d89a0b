//! What `adapter` does for seeds: compares one with its table, and loads its rows.

use crate::context::adapter_calls::{columns, columns_in_relation};
use crate::context::node_context::NodeContext;
use crate::context::node_context::context;
use crate::project::macros::{COMMON, MacroEntry};
use crate::relations::relation::Relation;
use crate::seeds::{copy_rows, load, table_columns};
use crate::values::agate::ResultTable;
use ingot_engine::Dialect;
use ingot_jinja::{Args, Error, Result, State, Value};
use std::sync::Arc;

/// `adapter.ingot_seed_for_table(relation, agate_table)`: the seed as the existing table can take it.
pub(super) fn for_table(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("ingot_seed_for_table", &["relation", "agate_table"])?;
    let (relation, seed) = (bound.value("relation"), table(&bound.value("agate_table"))?);
    // There the table is made again each time.
    if context(state)?.node.dialect == Dialect::Spark {
        return Ok(Value::object(seed));
    }
    let found = columns(&columns_in_relation(state, Args::of([relation]))?);
    let context = context(state)?;
    let node = &context.node;
    let as_text = table_columns::kept_as_text(node, &seed, &found, has_own_table(context))?;
    let fitting = if as_text.is_empty() { seed } else { load::load(node, &as_text)? };
    Ok(Value::object(fitting))
}

/// Whether the project has its own way to make the table of a seed.
fn has_own_table(context: &NodeContext) -> bool {
    const MAKES: &str = "create_csv_table";
    let macros = &context.invocation.templates.macros;
    let package = &context.node.package_name;
    let is_own = |entry: &Arc<MacroEntry>| !entry.is_built_in();
    macros.find(package, MAKES).is_some_and(is_own)
        || macros.dispatch(package, MAKES, Some(COMMON)).is_ok_and(is_own)
}

/// `adapter.ingot_copy_seed(relation, agate_table)`: loads the rows; gives the statement.
pub(super) fn copy(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("ingot_copy_seed", &["relation", "agate_table"])?;
    let relation = Relation::of_value(&bound.value("relation"))?.render();
    let seed = table(&bound.value("agate_table"))?;
    let context = context(state)?;
    let file = copy_rows::write(&seed)?;
    context.run(&copy_rows::statement(&context.node, &relation, &seed, file.path()), true)?;
    Ok(copy_rows::statement(&context.node, &relation, &seed, &context.node.file).into())
}

fn table(value: &Value) -> Result<ResultTable> {
    value.downcast::<ResultTable>().cloned().ok_or_else(|| Error::type_error("a seed's rows are a table"))
}
