//! Filters: SQL with `{{ Dimension('order__channel') }}` and its kin, rendered to columns.

use crate::metrics::catalog::Catalog;
use crate::metrics::items::Item;
use ingot_core::error::{Error, Result};
use ingot_core::sync::lock;
use ingot_jinja::{Args, Environment, Globals, Object, State, Template, Value};
use std::any::Any;
use std::sync::{Arc, Mutex};

/// A metric that rows are filtered by: its value for each of the entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MetricItem {
    pub metric: String,
    pub group_by: Vec<String>,
}

impl MetricItem {
    pub(super) fn column(&self) -> String {
        format!("{}__{}", self.group_by.join("__"), self.metric)
    }
}

/// A condition in SQL, and the columns that it reads.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub sql: String,
    pub items: Vec<Item>,
    pub metrics: Vec<MetricItem>,
}

/// What a filter's template mentioned.
#[derive(Debug, Clone)]
enum Mentioned {
    Item { name: String, granularity: Option<String>, date_part: Option<String>, descending: bool },
    Metric { item: MetricItem, descending: bool },
}

type Noted = Arc<Mutex<Vec<Mentioned>>>;

/// Renders a filter.
///
/// # Errors
/// It is not a template, or names what is not there.
pub(super) fn condition(catalog: &Catalog, text: &str) -> Result<Condition> {
    let noted: Noted = Noted::default();
    let sql = render(text, &noted)?;
    let mut out = Condition { sql, items: Vec::new(), metrics: Vec::new() };
    for mentioned in lock(&noted).drain(..) {
        match mentioned {
            Mentioned::Metric { item, .. } => out.metrics.push(item),
            item @ Mentioned::Item { .. } => out.items.push(item_of(catalog, item)?),
        }
    }
    Ok(out)
}

/// Reads what is grouped or ordered by: a name, or a call such as `Dimension('order__channel').descending(True)`.
///
/// # Errors
/// The text is neither.
pub(super) fn named(catalog: &Catalog, text: &str) -> Result<(Named, bool)> {
    let text = text.trim();
    if !text.contains('(') {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        if catalog.metrics.iter().any(|(node, _)| node.name == name) {
            return Ok((Named::Metric(name.to_owned()), descending));
        }
        return Ok((Named::Item(Item::of_name(name, catalog)?), descending));
    }
    let noted: Noted = Noted::default();
    render(&format!("{{{{ {text} }}}}"), &noted)?;
    let mentioned = lock(&noted).pop();
    match mentioned {
        Some(Mentioned::Metric { item, descending }) => Ok((Named::Metric(item.metric), descending)),
        Some(item @ Mentioned::Item { descending, .. }) => {
            Ok((Named::Item(item_of(catalog, item)?), descending))
        }
        None => Err(Error::new(format!("`{text}` names nothing")).hint("write Dimension('entity__name')")),
    }
}

/// What a text names.
pub(super) enum Named {
    Item(Item),
    Metric(String),
}

fn item_of(catalog: &Catalog, mentioned: Mentioned) -> Result<Item> {
    let Mentioned::Item { name, granularity, date_part, .. } = mentioned else {
        return Err(Error::defect("a metric is not an item"));
    };
    let mut item = Item::of_name(&name, catalog)?;
    item.granularity = granularity.or(item.granularity);
    if date_part.is_some() {
        (item.granularity, item.date_part) = (None, date_part);
    }
    Ok(item)
}

fn render(text: &str, noted: &Noted) -> Result<String> {
    let environment = Environment::new();
    let names = Names(noted.clone());
    Template::parse(text, "the filter", &environment)
        .and_then(|template| template.render(&environment, &names))
        .map_err(|error| Error::from(error).context(format!("`{text}`")))
}

/// The functions that a filter may call.
struct Names(Noted);

impl Globals for Names {
    fn lookup(&self, name: &str) -> Option<Value> {
        let noted = self.0.clone();
        match name {
            "Dimension" | "Entity" => Some(Value::function("Dimension", move |_, args| {
                let mut bound = args.bind("Dimension", &["name", "entity_path?"])?;
                let mentioned = Mentioned::Item {
                    name: with_path(bound.text("name")?, bound.take("entity_path")),
                    granularity: None,
                    date_part: None,
                    descending: false,
                };
                Ok(Reference::value(mentioned, &noted))
            })),
            "TimeDimension" => Some(Value::function("TimeDimension", move |_, args| {
                let parameters =
                    ["name", "time_granularity_name?", "entity_path?", "descending?", "date_part_name?"];
                let mut bound = args.bind("TimeDimension", &parameters)?;
                let mentioned = Mentioned::Item {
                    name: with_path(bound.text("name")?, bound.take("entity_path")),
                    granularity: lower(bound.take("time_granularity_name")),
                    date_part: lower(bound.take("date_part_name")),
                    descending: false,
                };
                Ok(Reference::value(mentioned, &noted))
            })),
            "Metric" => Some(Value::function("Metric", move |_, args| {
                let mut bound = args.bind("Metric", &["name", "group_by?"])?;
                let metric = bound.text("name")?;
                let group_by = bound.take("group_by").map(|list| texts(&list)).unwrap_or_default();
                let item = MetricItem { metric, group_by };
                Ok(Reference::value(Mentioned::Metric { item, descending: false }, &noted))
            })),
            _ => None,
        }
    }
    fn names(&self) -> Vec<String> {
        ["Dimension", "TimeDimension", "Entity", "Metric"].map(str::to_owned).into()
    }
}

fn lower(value: Option<Value>) -> Option<String> {
    value.and_then(|value| value.as_str().map(str::to_lowercase))
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_list().map(|list| list.items()).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The name with the entities before it that lead there.
fn with_path(name: String, path: Option<Value>) -> String {
    let mut parts = path.map(|path| texts(&path)).unwrap_or_default();
    parts.push(name);
    parts.join("__")
}

/// What such a call gives: it is noted when it is printed, as it is then.
struct Reference {
    mentioned: Mentioned,
    noted: Noted,
}

impl Reference {
    fn value(mentioned: Mentioned, noted: &Noted) -> Value {
        Value::object(Self { mentioned, noted: noted.clone() })
    }
}

impl Object for Reference {
    fn type_name(&self) -> &str {
        "Dimension"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn method_names(&self) -> &[&'static str] {
        &["grain", "date_part", "descending"]
    }
    fn call_method(
        &self,
        _state: &mut State<'_>,
        method: &str,
        args: &Args,
    ) -> Option<ingot_jinja::Result<Value>> {
        let mut changed = self.mentioned.clone();
        let bound = args.clone().bind(method, &["value"]);
        let mut bound = match bound {
            Ok(bound) => bound,
            Err(error) => return Some(Err(error)),
        };
        let value = bound.value("value");
        match (&mut changed, method) {
            (Mentioned::Item { granularity, .. }, "grain") => *granularity = lower(Some(value)),
            (Mentioned::Item { date_part, .. }, "date_part") => *date_part = lower(Some(value)),
            (Mentioned::Item { descending, .. } | Mentioned::Metric { descending, .. }, "descending") => {
                *descending = value.is_true();
            }
            _ => return None,
        }
        Some(Ok(Self::value(changed, &self.noted)))
    }
    fn to_str(&self) -> String {
        lock(&self.noted).push(self.mentioned.clone());
        let column = match &self.mentioned {
            Mentioned::Metric { item, .. } => item.column(),
            Mentioned::Item { name, granularity, date_part, .. } => {
                let name = name.to_lowercase();
                match (date_part, granularity) {
                    (Some(part), _) => format!("{name}__extract_{part}"),
                    (None, Some(granularity)) => format!("{name}__{granularity}"),
                    (None, None) => name,
                }
            }
        };
        format!("\"{column}\"")
    }
}
