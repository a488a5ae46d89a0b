//! The entities, dimensions and measures of a semantic model as columns of a query over its table.

use crate::graph::semantics::semantic_model::SemanticModel;
use crate::metrics::aggregation;
use crate::metrics::paths;
use crate::relations::relation::quoted;
use serde::Serialize;
use serde_json::Value as Json;

/// One of them.
pub(crate) struct Element<'a> {
    pub name: &'a str,
    /// The list of the YAML file that it is in.
    pub section: &'static str,
    /// `primary entity`, `time dimension by day`, `measure (sum)`.
    pub role: String,
    pub description: &'a str,
    /// What it is in a row of the table, as written.
    pub written: String,
    /// The same in SQL: what a row gives to a measure.
    pub of_row: String,
    /// Of a measure: the aggregate of a column `v`.
    pub aggregate: Option<String>,
    /// All that the YAML says of it, without words for people.
    pub definition: String,
}

impl Element<'_> {
    /// Its value, with measures added up over the whole table.
    fn value(&self, relation: &str) -> String {
        match &self.aggregate {
            Some(aggregate) => {
                format!("(select {aggregate} from (select {} as v from {relation}))", self.of_row)
            }
            None => self.of_row.clone(),
        }
    }

    /// A query with nothing but this element.
    pub(crate) fn query(&self, relation: &str) -> String {
        format!("select {} as {}\nfrom {relation}", self.value(relation), quoted(self.name))
    }
}

/// All of them: entities, dimensions, measures.
pub(crate) fn elements(model: &SemanticModel) -> Vec<Element<'_>> {
    let mut out = Vec::new();
    for entity in &model.entities {
        let written = paths::expression(entity.expr.as_ref(), &entity.name);
        out.push(Element {
            name: &entity.name,
            section: "entities",
            role: format!("{} entity", entity.kind.name()),
            description: entity.description.as_deref().unwrap_or_default(),
            of_row: written.clone(),
            written,
            aggregate: None,
            definition: definition(entity),
        });
    }
    for dimension in &model.dimensions {
        let written = paths::expression(dimension.expr.as_ref(), &dimension.name);
        let role = match paths::granularity(dimension) {
            Some(granularity) => format!("time dimension by {}", granularity.name()),
            None => "dimension".to_owned(),
        };
        out.push(Element {
            name: &dimension.name,
            section: "dimensions",
            role,
            description: dimension.description.as_deref().unwrap_or_default(),
            of_row: written.clone(),
            written,
            aggregate: None,
            definition: definition(dimension),
        });
    }
    let default_time = model.defaults.as_ref().and_then(|defaults| defaults.agg_time_dimension.as_ref());
    for measure in &model.measures {
        let time = measure.agg_time_dimension.as_ref().or(default_time);
        out.push(Element {
            name: &measure.name,
            section: "measures",
            role: format!("measure ({})", measure.agg.name().replace('_', " ")),
            description: measure.description.as_deref().unwrap_or_default(),
            written: paths::expression(measure.expr.as_ref(), &measure.name),
            of_row: aggregation::of_row(measure),
            aggregate: Some(aggregation::aggregate(measure, "v")),
            definition: definition(&(measure, time)),
        });
    }
    out
}

/// What YAML says of something, as JSON: without words for people, and without what it says by way of others.
pub(crate) fn definition(of: &impl Serialize) -> String {
    fn reduce(json: &mut Json) {
        match json {
            Json::Object(members) => {
                ["description", "label", "config", "create_metric", "input_measures"].iter().for_each(
                    |key| {
                        members.remove(*key);
                    },
                );
                members.values_mut().for_each(reduce);
            }
            Json::Array(items) => items.iter_mut().for_each(reduce),
            _ => {}
        }
    }
    let mut json = serde_json::to_value(of).unwrap_or_default();
    reduce(&mut json);
    json.to_string()
}

/// A query with a column for each element, whose types are theirs.
pub(crate) fn typed_query(elements: &[Element], relation: &str) -> String {
    let columns: Vec<String> =
        elements.iter().map(|one| format!("{} as {}", one.value(relation), quoted(one.name))).collect();
    format!("select {}\nfrom {relation}", columns.join(",\n    "))
}

/// The same for each row, before measures are added up: what each is made of can be read off it.
pub(crate) fn row_query(elements: &[Element], relation: &str) -> String {
    let columns: Vec<String> =
        elements.iter().map(|one| format!("{} as {}", one.of_row, quoted(one.name))).collect();
    format!("select {}\nfrom {relation}", columns.join(",\n    "))
}
