//! One node: compiled as a run would, and bound against the empty tables of its inputs.

use super::explain::{Explained, explain, explain_words, of_template};
use super::functions;
use super::input_types::described;
use super::kept::Found;
use super::plan::{Lent, Plan, relation};
use super::rules;
use super::typed_project::{CheckFinding, CheckOutcome, CheckSeverity, TypedColumn};
use crate::build::compile::{Compiled, compile_with_map};
use crate::connection::Connection;
use crate::context::config::sql_header;
use crate::context::node_context::NodeContext;
use crate::final_semicolon::without_final_semicolon;
use crate::graph::batches::{first, is_microbatch};
use crate::graph::function::Function;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_engine::Session;
use ingot_jinja::Template;
use serde_json::Value as Json;
use std::sync::Arc;

/// Materializations whose SQL is one query with the rows of the table.
const OF_ONE_QUERY: [&str; 7] = ["view", "table", "incremental", "ephemeral", "external", "delta", "test"];

/// Compiles and binds a model, snapshot, test or function.
pub(super) fn bind(plan: &Plan, index: usize) -> Found {
    let node = plan.node(index);
    let is_query = node.resource_type() != ResourceType::Model || OF_ONE_QUERY.contains(&node.materialized());
    let is_sql = node.language() == "sql";
    if !is_sql || !is_query {
        let why = match node.language() {
            "python" => "it is written in Python".to_owned(),
            "javascript" => "it is written in JavaScript".to_owned(),
            _ => format!("the materialization '{}' says what its SQL means", node.materialized()),
        };
        return Found::new(CheckOutcome::NotChecked(why));
    }
    let lent = match plan.borrow() {
        Ok(lent) => lent,
        Err(error) => return Found::new(CheckOutcome::NotChecked(error.message().to_owned())),
    };
    let mut binding =
        Binding { plan, index, node, lent: Some(lent), found: Found::new(CheckOutcome::Checked) };
    binding.run();
    if let Some(lent) = binding.lent.take() {
        let asked = std::mem::take(&mut *lock(&lent.asked));
        binding.found.asked_outside |= asked.outside;
        binding.found.answers = asked.answers;
        plan.give_back(lent);
    }
    binding.found
}

struct Binding<'a, 'p> {
    plan: &'a Plan<'p>,
    index: usize,
    node: &'a Node,
    lent: Option<Lent>,
    found: Found,
}

impl Binding<'_, '_> {
    fn run(&mut self) {
        let node = self.node;
        let Some(lent) = self.lent.as_mut() else { return };
        if let Err(error) = self.plan.make_inputs(self.index, lent.session.as_mut()) {
            self.found.outcome = CheckOutcome::NotChecked(error.message().to_owned());
            return;
        }
        if let Some(function) = node.function() {
            return self.make_function(function);
        }
        let Some((compiled, columns)) = self.compile_and_describe() else { return };
        let finding = rules::of_configs(self.plan, node, &compiled.sql, |sql| self.describe(sql));
        self.found.findings.extend(finding);
        let columns = match node.resource_type() {
            ResourceType::Snapshot => {
                rules::with_snapshot_columns(node, &columns, &compiled.sql, |sql| self.describe(sql))
            }
            _ => columns,
        };
        self.found.compiled = Some(compiled.sql);
        if matches!(node.resource_type(), ResourceType::Model | ResourceType::Snapshot) {
            let contract = rules::of_contract(self.plan, node, &columns, |sql| self.describe(sql));
            self.found.findings.extend(contract);
            self.found.findings.extend(rules::of_earlier_table(self.plan, node, &columns));
            self.found.columns = Some(described_columns(node, columns));
        }
        // With its table there, an incremental model is another query.
        if node.materialized() == "incremental" && self.found.findings.is_empty() {
            self.bind_increment();
        }
        if self.found.findings.iter().any(|finding| finding.severity == CheckSeverity::Error) {
            self.found.outcome = CheckOutcome::Broken;
        }
    }

    /// Makes a function and binds a call of it.
    fn make_function(&mut self, function: &Function) {
        let compiled = match self.compile() {
            Ok((compiled, _)) => compiled,
            Err(error) => return self.fail(of_template(self.plan, self.node, &error)),
        };
        let (statement, before) = functions::statement(self.node, function, &compiled.sql);
        let Some(lent) = self.lent.as_mut() else { return };
        let made = lent.session.execute(&statement).map(drop);
        let said = match made {
            Err(error) => Some(explain(self.plan, self.index, &compiled, &statement, before, &error)),
            Ok(()) => {
                let called = self.describe_statement(&functions::call(self.node, function));
                called.err().map(|error| explain_words(self.plan, self.index, &error))
            }
        };
        match said {
            Some(Explained::Finding(finding)) => self.fail(*finding),
            Some(Explained::NotChecked(why)) => self.found.outcome = CheckOutcome::NotChecked(why),
            None => {}
        }
        self.found.compiled = Some(compiled.sql);
    }

    /// `None` if it cannot be done; why is noted then.
    fn compile_and_describe(&mut self) -> Option<(Compiled, Vec<TypedColumn>)> {
        let (compiled, header) = match self.compile() {
            Ok(compiled) => compiled,
            Err(error) => {
                self.fail(of_template(self.plan, self.node, &error));
                return None;
            }
        };
        let query = without_final_semicolon(&compiled.sql);
        if self.node.is_ephemeral() && has_only_comments(&query) {
            // It is put into nothing, so that nothing is wrong with it.
            self.found.outcome = CheckOutcome::NothingToCheck;
            return None;
        }
        let wrapped = format!("describe (\n{header}{query}\n)");
        match self.describe_statement(&wrapped) {
            Ok(columns) => {
                if self.was_unanswered() {
                    self.found.compiled = Some(compiled.sql);
                    return None;
                }
                Some((compiled, columns))
            }
            Err(error) => {
                let before = "describe (\n".len() + header.len();
                match explain(self.plan, self.index, &compiled, &wrapped, before, &error) {
                    Explained::Finding(finding) => self.fail(*finding),
                    Explained::NotChecked(why) => self.found.outcome = CheckOutcome::NotChecked(why),
                }
                self.found.compiled = Some(compiled.sql);
                None
            }
        }
    }

    /// Whether the template asked for rows that nobody could give, so that its SQL is not what it will be.
    fn was_unanswered(&mut self) -> bool {
        let unanswered = self.lent.as_ref().is_some_and(|lent| lock(&lent.asked).unanswered);
        if unanswered {
            self.found.outcome = CheckOutcome::NotChecked(
                "its template asks for rows (run_query and the like), and there is no warehouse to ask"
                    .to_owned(),
            );
        }
        unanswered
    }

    fn fail(&mut self, finding: CheckFinding) {
        if self.was_unanswered() {
            return;
        }
        self.found.outcome = CheckOutcome::Broken;
        self.found.findings.push(finding);
    }

    /// The SQL of the node, and the SQL that goes before it.
    fn compile(&mut self) -> Result<(Compiled, String)> {
        let mut node = self.node.clone();
        if is_microbatch(&node) && self.plan.invocation.uses_batches() {
            let batch = first(&node)?;
            node.model_mut().into_iter().for_each(|model| model.batch = Some(batch.clone()));
        }
        let Some(lent) = self.lent.take() else { return Err(Error::defect("no session")) };
        let Lent { session, asked } = lent;
        let connection = Connection::new(session);
        let context = NodeContext::new(
            self.plan.invocation.clone(),
            Arc::new(node),
            Some(self.plan.execution.clone()),
            connection,
        );
        let compiled = compile_with_map(&context);
        let header = compiled.as_ref().ok().and_then(|_| sql_header(&context)).unwrap_or_default();
        let hooks = compiled.as_ref().map(|_| pre_hooks(&context)).unwrap_or_default();
        self.found.asked_outside |= lock(&context.noted).read_graph;
        let mut connection = std::mem::take(&mut *lock(&context.connection));
        // A template may have begun a transaction, which would not see the tables of others.
        connection.rollback();
        let back = connection.into_session();
        drop(context);
        if let Some(mut session) = back {
            for statement in
                hooks.iter().chain(Some(&header).filter(|header| header.trim_end().ends_with(';')))
            {
                make_if_harmless(session.as_mut(), statement);
            }
            self.lent = Some(Lent { session, asked });
        }
        let header =
            if header.is_empty() || header.trim_end().ends_with(';') { String::new() } else { header + "\n" };
        Ok((compiled?, header))
    }

    fn describe_statement(&mut self, sql: &str) -> Result<Vec<TypedColumn>> {
        match self.lent.as_mut() {
            Some(lent) => described(lent.session.as_mut(), sql),
            None => Err(Error::defect("no session")),
        }
    }

    /// The columns of a query.
    fn describe(&mut self, query: &str) -> Result<Vec<TypedColumn>> {
        self.describe_statement(&format!("describe (\n{query}\n)"))
    }

    fn bind_increment(&mut self) {
        let Some(columns) = self.found.columns.clone() else { return };
        let first = self.found.compiled.clone();
        let table = relation(self.node).render();
        let listed: Vec<String> = columns
            .iter()
            .map(|column| format!("{} {}", ingot_engine::name_literal(&column.name), column.data_type))
            .collect();
        let made = self.lent.as_mut().map(|lent| {
            lent.session.execute(&format!("create or replace table {table} ({})", listed.join(", ")))
        });
        if !matches!(made, Some(Ok(_))) {
            return;
        }
        self.plan.execution.cache.add(&relation(self.node).of_kind("table"));
        // What is found in the increment is said; the table is what a full build makes.
        self.compile_and_describe();
        if self.found.outcome != CheckOutcome::Broken {
            self.found.outcome = CheckOutcome::Checked;
        }
        self.found.compiled = first;
    }
}

fn has_only_comments(sql: &str) -> bool {
    sql.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("--"))
}

/// What the hooks before a model say, as far as it can be rendered.
fn pre_hooks(context: &NodeContext) -> Vec<String> {
    let hooks = context.node.config.get("pre-hook").or_else(|| context.node.config.get("pre_hook"));
    let environment = &context.invocation.templates.environment;
    let texts = hooks.and_then(Json::as_array).into_iter().flatten().filter_map(|hook| {
        let text = hook.as_str().or_else(|| hook.get("sql")?.as_str())?;
        let template = Template::parse(text, &context.node.original_file_path, environment).ok()?;
        template.render(environment, context).ok()
    });
    texts.collect()
}

/// Hooks may make macros, types and tables that models use. What they say is run on the empty tables, if it only
/// makes or sets something; what does not work there is left.
pub(super) fn make_if_harmless(session: &mut dyn Session, sql: &str) {
    let word = sql.trim_start().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    if ["create", "set"].iter().any(|known| known.eq_ignore_ascii_case(word)) {
        session.execute(sql).ok();
    }
}

/// The columns with what the project's YAML says of them.
fn described_columns(node: &Node, columns: Vec<TypedColumn>) -> Vec<TypedColumn> {
    let description = |name: &str| {
        let found = node.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
        found.map(|column| column.description.clone()).unwrap_or_default()
    };
    columns
        .into_iter()
        .map(|column| TypedColumn { description: description(&column.name), ..column })
        .collect()
}
