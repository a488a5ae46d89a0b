//! What a query groups by or filters by: dimensions, entities and periods of time, by the names that MetricFlow gives them.
//!
//! `order__channel`: the dimension channel of the entity order. `metric_time__month`: the time of the metric itself, in
//! months. `Dimension('order__channel')`, `TimeDimension('metric_time', 'month')`, `Entity('customer')`: the same.

use crate::metrics::catalog::Catalog;
use ingot_core::error::{Error, Result};

/// One thing to group or to filter by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The entities that lead to it.
    pub path: Vec<String>,
    pub name: String,
    /// Of a time: the length of its periods, where it is said.
    pub granularity: Option<String>,
    /// Of a time: `year`, `month`, `dow`, … of it.
    pub date_part: Option<String>,
}

pub(super) const METRIC_TIME: &str = "metric_time";

impl Item {
    /// Reads `entity__name__granularity`.
    ///
    /// # Errors
    /// The text is empty.
    pub(super) fn of_name(text: &str, catalog: &Catalog) -> Result<Self> {
        let mut parts: Vec<String> = text.trim().to_lowercase().split("__").map(str::to_owned).collect();
        let last = parts.pop().filter(|last| !last.is_empty());
        let mut name = last.ok_or_else(|| Error::new(format!("'{text}' names nothing to group by")))?;
        let mut out = Self { path: Vec::new(), name: String::new(), granularity: None, date_part: None };
        if let Some(part) = name.strip_prefix("extract_").filter(|_| !parts.is_empty()) {
            out.date_part = Some(part.to_owned());
            name = parts.pop().unwrap_or_default();
        } else if !parts.is_empty() && catalog.is_granularity(&name) {
            out.granularity = Some(name);
            name = parts.pop().unwrap_or_default();
        }
        Ok(Self { path: parts, name, ..out })
    }

    pub(super) fn is_metric_time(&self) -> bool {
        self.path.is_empty() && self.name == METRIC_TIME
    }

    /// Its name without granularity.
    pub(super) fn element(&self) -> String {
        let mut parts = self.path.clone();
        parts.push(self.name.clone());
        parts.join("__")
    }

    /// The column that it becomes.
    pub(super) fn column(&self) -> String {
        match (&self.date_part, &self.granularity) {
            (Some(part), _) => format!("{}__extract_{part}", self.element()),
            (None, Some(granularity)) => format!("{}__{granularity}", self.element()),
            (None, None) => self.element(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let catalog = Catalog::of(&[]);
        let item = |text| Item::of_name(text, &catalog).unwrap();
        let time = item("metric_time__MONTH");
        assert!(time.is_metric_time());
        assert_eq!(
            (time.granularity.as_deref(), time.column().as_str()),
            (Some("month"), "metric_time__month")
        );
        let far = item("order__customer__region");
        assert_eq!(
            (far.path.as_slice(), far.name.as_str()),
            (["order".to_owned(), "customer".to_owned()].as_slice(), "region")
        );
        assert_eq!(item("order__ordered_on__extract_year").column(), "order__ordered_on__extract_year");
        assert_eq!(item("day").name, "day");
        assert!(Item::of_name(" ", &catalog).is_err());
    }
}
