//! Values that YAML gives in a short form: filters as text, windows as `7 days`, inputs by their name alone. Read back
//! from a kept parse they have the form of the manifest.

use crate::graph::semantics::words::Granularity;
use crate::json_values::python_str;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value as Json, json};

/// Conditions that all hold, each as written, with its Jinja.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct WhereFilters {
    pub where_filters: Vec<WhereFilter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhereFilter {
    pub where_sql_template: String,
}

impl WhereFilters {
    pub(crate) fn of(texts: Vec<String>) -> Self {
        let filter = |where_sql_template| WhereFilter { where_sql_template };
        Self { where_filters: texts.into_iter().map(filter).collect() }
    }
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.where_filters.iter().map(|filter| filter.where_sql_template.as_str())
    }
}

impl<'de> Deserialize<'de> for WhereFilters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        match &value {
            Json::String(text) => return Ok(Self::of(vec![text.clone()])),
            Json::Array(items) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                if let Some(texts) = texts {
                    return Ok(Self::of(texts));
                }
            }
            Json::Object(kept) => {
                if let Some(filters) = kept.get("where_filters") {
                    let where_filters = Vec::<WhereFilter>::deserialize(filters).map_err(D::Error::custom)?;
                    return Ok(Self { where_filters });
                }
            }
            _ => {}
        }
        Err(D::Error::custom(format!("{} is not a condition, or a list of conditions", python_str(&value))))
    }
}

/// `7 days`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TimeWindow {
    pub count: u64,
    /// A standard one in the singular, or the name of a time spine's own.
    pub granularity: String,
}

impl<'de> Deserialize<'de> for TimeWindow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Kept {
            count: u64,
            granularity: String,
        }
        let value = Json::deserialize(deserializer)?;
        let Json::String(text) = &value else {
            let Kept { count, granularity } = Kept::deserialize(value).map_err(D::Error::custom)?;
            return Ok(Self { count, granularity });
        };
        let lower = text.to_lowercase();
        let Some((count, granularity)) = lower.split_once(' ').filter(|(_, rest)| !rest.contains(' ')) else {
            return Err(D::Error::custom(format!(
                "Invalid window ({text}): it must be of the form `<count> <granularity>`, such as `28 days`"
            )));
        };
        let count = count.parse().map_err(|_| {
            D::Error::custom(format!("Invalid count ({count}) in the window string: ({text})"))
        })?;
        let singular = granularity.strip_suffix('s').filter(|word| Granularity::of(word).is_some());
        Ok(Self { count, granularity: singular.unwrap_or(granularity).to_owned() })
    }
}

/// `name` alone, or a mapping with a name.
pub(super) fn by_name<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = match Json::deserialize(deserializer)? {
        Json::String(name) => json!({ "name": name }),
        other => other,
    };
    T::deserialize(value).map_err(D::Error::custom)
}

/// The same where it may be absent.
pub(super) fn by_name_or_nothing<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        value => by_name(value).map(Some).map_err(D::Error::custom),
    }
}

/// A list of them.
pub(super) fn list_by_name<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items = Option::<Vec<Json>>::deserialize(deserializer)?.unwrap_or_default();
    items.into_iter().map(|item| by_name(item).map_err(D::Error::custom)).collect()
}

/// An expression: text, or a number or a truth value as Python prints it.
pub(super) fn expression<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        value @ (Json::String(_) | Json::Bool(_)) => Ok(Some(python_str(&value))),
        Json::Number(number) if number.is_i64() || number.is_u64() => Ok(Some(number.to_string())),
        other => Err(D::Error::custom(format!("{} is not an expression", python_str(&other)))),
    }
}
