//! Runs a unit test: the model over the rows given for its inputs, compared with the rows it must give.

use crate::build::ctes::{Cte, with_ctes};
use crate::build::output_files::write_output;
use crate::build::unit_test_difference;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::context::unit_test::{Overlay, cte_name};
use crate::graph::node::Node;
use crate::graph::node_kind::{FixtureRows, UnitTest};
use crate::invocation::Invocation;
use crate::project::config;
use crate::project::macros::at_users_line;
use crate::values;
use crate::values::agate::ResultTable;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_jinja::{Args, State, Template, Value};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};

/// The SQL of the tested model, its inputs replaced by CTEs of the given rows.
pub(crate) fn compile(context: &NodeContext, test: &Arc<UnitTest>) -> Result<String> {
    let (invocation, unit) = (&context.invocation, &context.node);
    if let Some(wrong) = &test.wrong_input {
        let mut error = Error::new(wrong.what.clone()).at_line(&unit.original_file_path, unit.line);
        if let Some(words) = &wrong.dbts_words {
            error = error.in_dbts_words(words.clone());
        }
        return Err(match &wrong.hint {
            Some(hint) => error.hint(hint.clone()),
            None => error,
        });
    }
    let run = context.execution.as_ref().ok_or_else(|| Error::new("a unit test runs in no database"))?;
    let tested =
        run.manifest.node(&test.tested).ok_or_else(|| Error::new("the tested model is not there"))?;
    let lent = lock(&context.connection).lend();
    let overlay = Overlay::new(invocation, test.clone(), &tested.package_name);
    // As under dbt, the config that its templates ask for is that of a unit test, which says nothing.
    let model = Node { config: config::of_unit_tests().into(), ..tested.clone() };
    let mut inner = NodeContext::new(invocation.clone(), Arc::new(model), Some(run.clone()), lent);
    inner.unit = Some(overlay);
    // The rows that are there already come first among the inputs.
    inner.this();
    let rendered = Template::parse(
        tested.raw_code.clone(),
        &tested.original_file_path,
        &invocation.templates.environment,
    )
    .and_then(|template| template.render(&invocation.templates.environment, &inner));
    let needed = lock(&inner.noted).ephemerals.clone();
    lock(&context.connection).take_back(std::mem::take(&mut *lock(&inner.connection)));
    let sql =
        rendered.map_err(Error::from).map_err(|error| error.context(format!("unit test '{}'", unit.name)))?;
    let mut ctes = Vec::new();
    for index in needed {
        let node = &run.manifest.nodes[index];
        let Some(given) = test.given.iter().find(|given| given.unique_id == node.unique_id) else { continue };
        let fixture = fixture(invocation, run, node, &given.rows, &context.connection)
            .map_err(|error| error.context(format!("the rows given for {}", given.written)))
            .map_err(|error| error.at_line(&unit.original_file_path, unit.line))?;
        let file = Node {
            kind: unit.kind.clone(),
            original_file_path: unit.original_file_path.clone(),
            path: format!("{}.sql", node.name),
            package_name: node.package_name.clone(),
            ..node.clone()
        };
        write_output(invocation, &file, "compiled", &fixture)?;
        let name = format!("__dbt__cte__{}", cte_name(node));
        ctes.push(Cte { id: node.unique_id.clone(), name, sql: fixture });
    }
    Ok(with_ctes(&sql, &ctes))
}

/// The node as it is in the other state, if `--defer` reads it there.
fn deferred(run: &Execution, node: &Node) -> Node {
    let mut node = node.clone();
    if let Some(relation) = lock(&run.deferred).get(&node.unique_id) {
        node.database = relation.database.clone().unwrap_or(node.database);
        node.schema = relation.schema.clone().unwrap_or(node.schema);
        node.alias = relation.identifier.clone().unwrap_or(node.alias);
    }
    node
}

/// The query that gives the rows of one input, typed as the columns of the relation it stands for.
fn fixture(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    node: &Node,
    rows: &FixtureRows,
    connection: &Mutex<Connection>,
) -> Result<String> {
    let lent = lock(connection).lend();
    let node = Arc::new(deferred(run, node));
    let context = NodeContext::new(invocation.clone(), node.clone(), Some(run.clone()), lent);
    let sql = match rows {
        FixtureRows::Sql(sql) => {
            Template::parse(sql.clone(), &node.original_file_path, &invocation.templates.environment)
                .and_then(|template| template.render(&invocation.templates.environment, &context))
                .map_err(Error::from)
        }
        FixtureRows::Rows(rows) => {
            let rows = values::from_json(&Json::Array(rows.clone()));
            let name = "get_fixture_sql";
            let found =
                invocation.templates.macros.find(&node.package_name, name).map(|entry| entry.value.clone());
            let found = found.ok_or_else(|| Error::new(format!("there is no macro {name}")));
            found.and_then(|found| {
                let mut state = State::new(&invocation.templates.environment, &context);
                let text = state.call(&found, Args::of([rows, Value::None]));
                text.map(|text| values::text(&text)).map_err(|error| at_users_line(error, &node))
            })
        }
    };
    lock(connection).take_back(std::mem::take(&mut *lock(&context.connection)));
    sql
}

/// How the rows differ, for people; `None` if they do not.
///
/// # Errors
/// The query of the test gave no table with the column `actual_or_expected`.
pub(crate) fn difference(context: &NodeContext) -> Result<Option<String>> {
    let main = context.result("main");
    let table = main.and_then(|main| main.as_dict()?.get_str("table"));
    let table = table.as_ref().and_then(|table| table.downcast::<ResultTable>());
    let column = table.and_then(|table| {
        table.names.iter().position(|name| name.eq_ignore_ascii_case("actual_or_expected"))
    });
    let (Some(table), Some(side)) = (table, column) else {
        return Err(Error::new(format!(
            "the query of unit test '{}' has no column actual_or_expected",
            context.node.name
        ))
        .hint("is the macro get_unit_test_sql overridden?"));
    };
    let names: Vec<String> = table
        .names
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != side)
        .map(|(_, name)| name.to_lowercase())
        .collect();
    let rows_of = |wanted: &str| -> Vec<Vec<String>> {
        table
            .rows
            .iter()
            .filter(|row| values::text(&row[side]) == wanted)
            .map(|row| {
                let cells = row.iter().enumerate().filter(|(index, _)| *index != side);
                cells.map(|(_, value)| shown(value)).collect()
            })
            .collect()
    };
    Ok(unit_test_difference::of(&names, rows_of("expected"), rows_of("actual")))
}

fn shown(value: &Value) -> String {
    if value.is_none() { "NULL".to_owned() } else { values::text(value) }
}
