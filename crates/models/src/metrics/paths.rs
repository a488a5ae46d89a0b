//! How a semantic model gets at a dimension or an entity: in its own table, or in those of other models that an entity
//! leads to.

use crate::graph::semantics::semantic_model::Dimension;
use crate::graph::semantics::words::{DimensionType, EntityType, Granularity};
use crate::metrics::catalog::{Catalog, Model};
use crate::metrics::items::Item;
use ingot_core::error::{Error, Result, nearest};

/// A step from one table to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The semantic model that is joined, by its name.
    pub model: String,
    pub entity: String,
}

/// A column: through which tables, and by which expression of the last one.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub steps: Vec<Step>,
    pub expression: String,
    /// Of a time dimension.
    pub granularity: Option<Granularity>,
}

/// Finds an item as `from` sees it.
///
/// # Errors
/// It is not there, or not to be reached.
pub(super) fn find(catalog: &Catalog, from: Model, item: &Item) -> Result<Found> {
    search(catalog, from, &item.path, &item.name, &mut Vec::new()).ok_or_else(|| {
        let known = reachable(catalog, from);
        let error = Error::new(format!(
            "'{}' cannot be reached from the semantic model '{}'",
            item.element(),
            from.name
        ));
        match nearest(&item.element(), known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("it can be grouped by {}", known.join(", "))),
        }
    })
}

fn search(
    catalog: &Catalog,
    from: Model,
    path: &[String],
    name: &str,
    steps: &mut Vec<Step>,
) -> Option<Found> {
    let is_own = match path {
        [] => true,
        [entity] => from.details.primary() == Some(entity),
        _ => false,
    };
    if is_own && let Some((expression, granularity)) = own_element(from, path.is_empty(), name) {
        return Some(Found { steps: steps.clone(), expression, granularity });
    }
    let (entity, rest) = path.split_first()?;
    from.details.entity(entity)?;
    for target in catalog.models.iter().filter(|target| target.name != from.name) {
        let is_known = |step: &Step| step.model == target.name;
        if !leads_to_one_row(*target, entity) || steps.iter().any(is_known) {
            continue;
        }
        steps.push(Step { model: target.name.to_owned(), entity: entity.clone() });
        let found = match rest {
            [] => own_element(*target, false, name)
                .or_else(|| own_element(*target, true, name))
                .map(|(expression, granularity)| Found { steps: steps.clone(), expression, granularity }),
            rest => search(catalog, *target, rest, name, steps),
        };
        if found.is_some() {
            return found;
        }
        steps.pop();
    }
    None
}

/// Whether there is at most one row of the model for each value of the entity (at one time).
fn leads_to_one_row(model: Model, entity: &str) -> bool {
    let kind = model.details.entity(entity).map(|entity| entity.kind);
    matches!(kind, Some(EntityType::Primary | EntityType::Unique | EntityType::Natural))
}

/// A dimension of the model, or (where entities are asked for as well) an entity.
fn own_element(model: Model, or_entity: bool, name: &str) -> Option<(String, Option<Granularity>)> {
    let details = model.details;
    if let Some(dimension) = details.dimension(name).filter(|_| !or_entity) {
        return Some((expression(dimension.expr.as_ref(), name), granularity(dimension)));
    }
    details.entity(name).map(|entity| (expression(entity.expr.as_ref(), name), None))
}

pub(super) fn expression(written: Option<&String>, name: &str) -> String {
    written.cloned().unwrap_or_else(|| name.to_owned())
}

pub(super) fn granularity(dimension: &Dimension) -> Option<Granularity> {
    let given = dimension.type_params.as_ref().map(|params| params.time_granularity);
    (dimension.kind == DimensionType::Time).then(|| given.unwrap_or(Granularity::Day))
}

/// The names of all that a model can be grouped by, at most one step away.
fn reachable(catalog: &Catalog, from: Model) -> Vec<String> {
    let primary = from.details.primary().unwrap_or_default();
    let mut out: Vec<String> =
        from.details.dimensions.iter().map(|dimension| format!("{primary}__{}", dimension.name)).collect();
    for entity in &from.details.entities {
        out.push(entity.name.clone());
        let targets = catalog.models.iter().filter(|target| target.name != from.name);
        for target in targets.filter(|target| leads_to_one_row(**target, &entity.name)) {
            let dimensions = target.details.dimensions.iter();
            out.extend(dimensions.map(|dimension| format!("{}__{}", entity.name, dimension.name)));
        }
    }
    out.sort();
    out.dedup();
    out
}
