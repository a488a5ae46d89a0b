//! Semantic models, metrics and saved queries: the SQL of a question for them, bound against the empty tables.

use super::explain::{Explained, explain_words, finding};
use super::input_types::described;
use super::kept::Found;
use super::plan::{Lent, Plan};
use super::typed_project::{CheckFinding, CheckOutcome, CheckSeverity, TypedColumn};
use crate::graph::node::Node;
use crate::graph::semantics::semantic_model::SemanticModel;
use crate::graph::semantics::time_spine;
use crate::metrics::{self, Catalog, Element, MetricQuery};
use ingot_core::error::{Error, Result};

/// Looks at one of them.
pub(super) fn look_at(plan: &Plan, index: usize) -> Found {
    let lent = match plan.borrow() {
        Ok(lent) => lent,
        Err(error) => return Found::new(CheckOutcome::NotChecked(error.message().to_owned())),
    };
    let mut looking = Looking { plan, index, node: plan.node(index), lent };
    let node = looking.node;
    let found = match (node.semantic_model(), node.saved_query()) {
        (Some(model), _) => looking.semantic_model(model),
        (None, Some(_)) => {
            let saved_query = Some(node.name.clone());
            looking.question(&MetricQuery { saved_query, ..MetricQuery::default() })
        }
        (None, None) => {
            let (metrics, group_by) = (vec![node.name.clone()], vec!["metric_time".to_owned()]);
            let mut found = looking.question(&MetricQuery { metrics, group_by, ..MetricQuery::default() });
            // The column of its time is not the metric.
            found.columns = found.columns.and_then(|mut columns| columns.pop()).map(|own| vec![own]);
            found
        }
    };
    plan.give_back(looking.lent);
    found
}

struct Looking<'a, 'p> {
    plan: &'a Plan<'p>,
    index: usize,
    node: &'a Node,
    lent: Lent,
}

impl Looking<'_, '_> {
    fn describe(&mut self, query: &str) -> Result<Vec<TypedColumn>> {
        described(self.lent.session.as_mut(), &format!("describe (\n{query}\n)"))
    }

    /// Each entity, dimension and measure is an expression over the model.
    fn semantic_model(&mut self, model: &SemanticModel) -> Found {
        let relation = model.node_relation.as_ref().and_then(|relation| relation.relation_name.as_ref());
        let Some(relation) = relation else {
            return Found::new(CheckOutcome::NotChecked("its model is not a table or view".to_owned()));
        };
        let elements = metrics::elements(model);
        if elements.is_empty() {
            return Found::new(CheckOutcome::NothingToCheck);
        }
        if let Err(error) = self.plan.make_inputs(self.index, self.lent.session.as_mut()) {
            return Found::new(CheckOutcome::NotChecked(error.message().to_owned()));
        }
        let mut found = Found::new(CheckOutcome::Checked);
        match self.describe(&metrics::typed_query(&elements, relation)) {
            Ok(columns) => found.columns = Some(columns),
            Err(_) => {
                for element in &elements {
                    if let Err(error) = self.describe(&element.query(relation)) {
                        self.note(&mut found, &error, Some(element));
                    }
                }
            }
        }
        found.compiled = Some(metrics::row_query(&elements, relation));
        found
    }

    /// What `ingot metrics query` would run.
    fn question(&mut self, query: &MetricQuery) -> Found {
        let nodes = &self.plan.execution.manifest.nodes;
        // Any semantic model may be joined, and any time spine be needed.
        let spines: Vec<&str> =
            time_spine::all(nodes).iter().map(|spine| spine.node.unique_id.as_str()).collect();
        for (index, node) in nodes.iter().enumerate() {
            let session = self.lent.session.as_mut();
            let made = match node.semantic_model() {
                Some(_) => self.plan.make_inputs(index, session),
                None if spines.contains(&node.unique_id.as_str()) => self.plan.make(index, session),
                None => Ok(()),
            };
            if let Err(error) = made {
                return Found::new(CheckOutcome::NotChecked(error.message().to_owned()));
            }
        }
        let mut found = Found::new(CheckOutcome::Checked);
        let sql = match metrics::compile(&Catalog::of(nodes), query) {
            Ok(sql) => sql,
            Err(error) => {
                // The project is valid for dbt, and its models build.
                let message = format!("'{}' cannot be asked for: {}", self.node.name, error.message());
                let mut warning = finding(self.node, "metric", message);
                warning.severity = CheckSeverity::Warning;
                warning.hint = error.hint_text().map(str::to_owned);
                found.findings.push(warning);
                return found;
            }
        };
        match self.describe(&sql) {
            Ok(columns) => found.columns = Some(columns),
            Err(error) => self.note(&mut found, &error, None),
        }
        found.compiled = Some(sql);
        found
    }

    fn note(&self, found: &mut Found, error: &Error, element: Option<&Element>) {
        match explain_words(self.plan, self.index, error) {
            Explained::Finding(mut broken) => {
                if let Some(element) = element {
                    self.place(&mut broken, element);
                }
                found.outcome = CheckOutcome::Broken;
                found.findings.push(*broken);
            }
            Explained::NotChecked(why) if found.outcome == CheckOutcome::Checked => {
                found.outcome = CheckOutcome::NotChecked(why);
            }
            Explained::NotChecked(_) => {}
        }
    }

    /// The line of YAML that has the element's expression, or its name.
    fn place(&self, broken: &mut CheckFinding, element: &Element) {
        let path = ["semantic_models", self.node.name.as_str(), element.section, element.name];
        if let Some(line) = self.plan.yaml.entry(&self.node.file, path, "expr") {
            broken.line = Some(line);
        }
    }
}
