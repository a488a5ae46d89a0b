//! What semantic models, metrics and saved queries are, and what each is made of: for those who draw the project.

use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::graph::semantics::given::{TimeWindow, WhereFilters};
use crate::graph::semantics::metric::{CumulativeParams, InputMeasure, InputMetric, Metric};
use crate::graph::semantics::saved_query::SavedQuery;
use crate::graph::semantics::words::{ConversionCalculation, MetricType};
use crate::metrics::aggregation;
use crate::metrics::ask::Source;
use crate::metrics::catalog::Catalog;
use crate::metrics::elements::{definition, elements};
use crate::metrics::filters::{self, Named};
use crate::metrics::items::Item;
use crate::metrics::paths;
use std::collections::HashMap;

/// What a semantic model, a metric or a saved query is.
#[derive(Debug, Clone, Default)]
pub struct SemanticDetails {
    pub label: String,
    /// `simple`, `ratio`, …; empty for what is not a metric.
    pub metric_type: String,
    /// How a metric is computed, in words or as its expression.
    pub formula: String,
    /// The conditions under which rows count, as written.
    pub filters: Vec<String>,
    /// The columns: entities, dimensions and measures; the metric itself; what a saved query answers.
    pub elements: Vec<SemanticElement>,
    /// The columns that conditions read.
    pub filtered_by: Vec<SemanticColumn>,
    /// The entities by which a conversion is found.
    pub joined_by: Vec<SemanticColumn>,
}

/// A column of one of them.
#[derive(Debug, Clone, Default)]
pub struct SemanticElement {
    pub name: String,
    /// `primary entity`, `time dimension by day`, `measure (sum)`; empty outside semantic models.
    pub role: String,
    pub description: String,
    /// Of a semantic model: its expression over the model, as written.
    pub written: String,
    pub is_measure: bool,
    /// What it is made of in other semantic nodes; empty in semantic models, whose columns are read off their SQL.
    pub made_of: Vec<SemanticColumn>,
    /// Whether it is one of those as it is.
    pub is_copy: bool,
    /// What it says of itself, without what it is made of and without words for people: it differs between two revisions if,
    /// and only if, this element itself was changed.
    pub definition: String,
}

/// A column of a semantic model, or a metric under its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SemanticColumn {
    /// The unique id.
    pub node: String,
    pub column: String,
}

/// The semantic layer of a project, with the unique ids of its nodes.
pub(crate) struct SemanticLayer<'a> {
    catalog: Catalog<'a>,
    ids: HashMap<(ResourceType, &'a str), &'a str>,
}

impl<'a> SemanticLayer<'a> {
    pub(crate) fn of(nodes: &'a [Node]) -> Self {
        let semantic = nodes.iter().filter(|node| node.resource_type().is_semantic());
        let ids = semantic.map(|node| ((node.resource_type(), node.name.as_str()), node.unique_id.as_str()));
        Self { catalog: Catalog::of(nodes), ids: ids.collect() }
    }

    /// `None` for nodes of other kinds.
    pub(crate) fn details(&self, node: &Node) -> Option<SemanticDetails> {
        if let Some(model) = node.semantic_model() {
            let elements = elements(model).into_iter().map(|element| SemanticElement {
                definition: element.definition,
                name: element.name.to_owned(),
                role: element.role,
                description: element.description.to_owned(),
                written: element.written,
                is_measure: element.aggregate.is_some(),
                ..SemanticElement::default()
            });
            return Some(SemanticDetails {
                label: model.label.clone().unwrap_or_default(),
                elements: elements.collect(),
                ..SemanticDetails::default()
            });
        }
        if let Some(metric) = node.metric() {
            return Some(self.metric(&node.name, metric));
        }
        node.saved_query().map(|query| self.saved_query(query))
    }

    fn metric(&self, name: &str, metric: &Metric) -> SemanticDetails {
        let measures = own_measures(metric);
        let inputs = metric.input_metrics();
        let mut made_of: Vec<SemanticColumn> =
            measures.iter().filter_map(|measure| self.measure(&measure.name)).collect();
        made_of.extend(inputs.iter().filter_map(|input| self.named_metric(&input.name)));
        let mut filters = texts(metric.filter.as_ref());
        measures.iter().for_each(|measure| filters.extend(texts(measure.filter.as_ref())));
        inputs.iter().for_each(|input| filters.extend(texts(input.filter.as_ref())));
        let all = &metric.type_params.input_measures;
        let conversion = metric.type_params.conversion_type_params.as_ref();
        let entity = conversion.and_then(|how| Item::of_name(&how.entity, &self.catalog).ok());
        SemanticDetails {
            label: metric.label.clone(),
            metric_type: metric.kind.name().to_owned(),
            formula: self.formula(metric),
            filtered_by: self.filtered_by(&filters, all),
            joined_by: entity.map(|entity| self.item(&entity, all)).unwrap_or_default(),
            filters,
            elements: vec![SemanticElement {
                name: name.to_owned(),
                is_copy: metric.kind == MetricType::Simple,
                made_of,
                definition: definition(&(&metric.kind, &metric.type_params, &metric.filter)),
                ..SemanticElement::default()
            }],
        }
    }

    fn saved_query(&self, query: &SavedQuery) -> SemanticDetails {
        let params = &query.query_params;
        let metrics: Vec<&Metric> =
            params.metrics.iter().filter_map(|name| self.catalog.metric(name).ok()).collect();
        let measures: Vec<InputMeasure> =
            metrics.iter().flat_map(|metric| metric.type_params.input_measures.iter().cloned()).collect();
        let rows = definition(&(&params.filter, &params.order_by, params.limit));
        let mut elements = Vec::new();
        for text in &params.group_by {
            let Ok((Named::Item(item), _)) = filters::named(&self.catalog, text) else { continue };
            elements.push(SemanticElement {
                name: item.column(),
                made_of: self.item(&item, &measures),
                is_copy: item.granularity.is_none() && item.date_part.is_none(),
                definition: format!("{text} {rows}"),
                ..SemanticElement::default()
            });
        }
        elements.extend(params.metrics.iter().map(|name| SemanticElement {
            name: name.clone(),
            made_of: self.named_metric(name).into_iter().collect(),
            is_copy: true,
            definition: format!("{name} {rows}"),
            ..SemanticElement::default()
        }));
        let filters = texts(params.filter.as_ref());
        SemanticDetails {
            label: query.label.clone().unwrap_or_default(),
            filtered_by: self.filtered_by(&filters, &measures),
            filters,
            elements,
            ..SemanticDetails::default()
        }
    }

    fn column(&self, kind: ResourceType, node: &str, column: &str) -> Option<SemanticColumn> {
        let id = self.ids.get(&(kind, node))?;
        Some(SemanticColumn { node: (*id).to_owned(), column: column.to_owned() })
    }

    fn measure(&self, name: &str) -> Option<SemanticColumn> {
        let (model, measure) = self.catalog.measure(name).ok()?;
        self.column(ResourceType::SemanticModel, model.name, &measure.name)
    }

    fn named_metric(&self, name: &str) -> Option<SemanticColumn> {
        self.column(ResourceType::Metric, name, name)
    }

    /// The columns that an item is, as each of the measures sees it.
    fn item(&self, item: &Item, measures: &[InputMeasure]) -> Vec<SemanticColumn> {
        let mut out = Vec::new();
        for measure in measures {
            let Ok(source) = Source::of(&self.catalog, &measure.name) else { continue };
            let found = if source.is_time(item) {
                Some((source.model.name.to_owned(), source.time_dimension))
            } else {
                let found = paths::find(&self.catalog, source.model, item).ok();
                found.map(|found| {
                    let last = found.steps.last().map(|step| step.model.clone());
                    (last.unwrap_or_else(|| source.model.name.to_owned()), item.name.as_str())
                })
            };
            let column =
                found.and_then(|(model, name)| self.column(ResourceType::SemanticModel, &model, name));
            out.extend(column.filter(|column| !out.contains(column)));
        }
        out
    }

    fn filtered_by(&self, filters: &[String], measures: &[InputMeasure]) -> Vec<SemanticColumn> {
        // A condition that cannot be read is a finding of the check, and reads nothing here.
        let conditions = filters.iter().filter_map(|text| filters::condition(&self.catalog, text).ok());
        let mut out: Vec<SemanticColumn> = Vec::new();
        for condition in conditions {
            let items = condition.items.iter().flat_map(|item| self.item(item, measures));
            let metrics = condition.metrics.iter().filter_map(|metric| self.named_metric(&metric.metric));
            for column in items.chain(metrics) {
                if !out.contains(&column) {
                    out.push(column);
                }
            }
        }
        out
    }

    fn formula(&self, metric: &Metric) -> String {
        let params = &metric.type_params;
        let measure = || self.added_up(params.measure.as_ref()?);
        match metric.kind {
            MetricType::Simple => measure().unwrap_or_default(),
            MetricType::Cumulative => {
                let how = params.cumulative_type_params.clone().unwrap_or_default();
                format!("{} {}", measure().unwrap_or_default(), period(&how))
            }
            MetricType::Ratio => {
                let names: Vec<&str> =
                    metric.input_metrics().iter().map(|input| input.name.as_str()).collect();
                names.join(" / ")
            }
            MetricType::Derived => {
                let mut lines = vec![params.expr.clone().unwrap_or_default()];
                lines.extend(params.metrics.iter().filter_map(renamed));
                lines.join("\n")
            }
            MetricType::Conversion => {
                let Some(how) = &params.conversion_type_params else { return String::new() };
                let word = match how.calculation {
                    ConversionCalculation::Conversions => "number",
                    ConversionCalculation::ConversionRate => "share",
                };
                let window = how.window.as_ref().map(|window| format!(" within {}", in_words(window)));
                format!(
                    "{word} of {} that led to {} of the same {}{}",
                    how.base_measure.name,
                    how.conversion_measure.name,
                    how.entity,
                    window.unwrap_or_default()
                )
            }
        }
    }

    /// `sum(amount)`.
    fn added_up(&self, input: &InputMeasure) -> Option<String> {
        let (_, measure) = self.catalog.measure(&input.name).ok()?;
        Some(aggregation::aggregate(measure, &aggregation::of_row(measure)))
    }
}

/// The measures that a metric names itself.
fn own_measures(metric: &Metric) -> Vec<&InputMeasure> {
    let params = &metric.type_params;
    let conversion = params.conversion_type_params.iter();
    let both = conversion.flat_map(|how| [&how.base_measure, &how.conversion_measure]);
    params.measure.iter().chain(both).collect()
}

fn texts(filter: Option<&WhereFilters>) -> Vec<String> {
    filter.into_iter().flat_map(WhereFilters::texts).map(str::to_owned).collect()
}

fn in_words(window: &TimeWindow) -> String {
    let plural = if window.count == 1 { "" } else { "s" };
    format!("{} {}{plural}", window.count, window.granularity)
}

/// Over which rows a cumulative metric goes.
fn period(how: &CumulativeParams) -> String {
    match (&how.window, &how.grain_to_date) {
        (Some(window), _) => format!("over the last {}", in_words(window)),
        (None, Some(grain)) => format!("since the beginning of the {grain}"),
        (None, None) => "over all that was before".to_owned(),
    }
}

/// What a name in the expression of a derived metric means, if it is not just that of another one.
fn renamed(input: &InputMetric) -> Option<String> {
    let name = input.alias.as_ref().unwrap_or(&input.name);
    let when = match (&input.offset_window, &input.offset_to_grain) {
        (Some(window), _) => format!(", {} before", in_words(window)),
        (None, Some(grain)) => format!(", at the beginning of the {grain}"),
        (None, None) => String::new(),
    };
    (name != &input.name || !when.is_empty()).then(|| format!("{name} = {}{when}", input.name))
}
