//! How fresh a source must be: what the source and its table say of it, beside `config:` and under it, joined level by level
//! as dbt's `merge_source_freshness` does
//! (<https://github.com/dbt-labs/dbt-core/blob/1.11.latest/core/dbt/parser/sources.py>).

use crate::json_values::{Object, object};
use serde_json::{Value as Json, json};

/// What the four levels say together: `None` if they say nothing, so that the project's own word holds; null if they
/// switch it off.
pub(super) fn of(source: &Object, table: &Object) -> Option<Json> {
    let levels = [source, table].map(|level| {
        let inside = object(level, "config");
        [level.get("freshness").cloned(), inside.get("freshness").cloned()]
    });
    let mut levels = levels.into_iter().flatten().map(|said| Threshold::read(said.as_ref()));
    let mut joined = levels.next().flatten();
    for level in levels {
        joined = match (joined, level) {
            (Some(base), Some(update)) => Some(base.joined(update)),
            (None, Some(update)) if update.says_something() => Some(update),
            _ => None,
        };
    }
    match joined {
        None => Some(Json::Null),
        Some(threshold) => threshold.says_something().then(|| threshold.to_json()),
    }
}

/// A freshness with all of its keys; nothing stays nothing.
pub(super) fn complete(said: Option<&Json>) -> Json {
    Threshold::read(said).map_or(Json::Null, |threshold| threshold.to_json())
}

/// `{count: 12, period: hour}`, each null if it is not said.
#[derive(Clone)]
struct Limit {
    count: Json,
    period: Json,
}

struct Threshold {
    /// `None` where the limit is switched off.
    warn_after: Option<Limit>,
    error_after: Option<Limit>,
    filter: Json,
}

impl Limit {
    fn read(said: Option<&Json>) -> Option<Self> {
        let part = |key: &str| said.and_then(|said| said.get(key)).cloned().unwrap_or(Json::Null);
        (said != Some(&Json::Null)).then(|| Self { count: part("count"), period: part("period") })
    }
    fn says_something(&self) -> bool {
        !self.count.is_null() && !self.period.is_null()
    }
    /// What is said later holds, if anything is said; null switches the limit off.
    fn joined(base: Option<Self>, update: Option<Self>) -> Option<Self> {
        let update = update?;
        if !update.says_something() {
            return base;
        }
        Some(match base.filter(Self::says_something) {
            Some(base) => Self {
                count: if update.count.is_null() { base.count } else { update.count },
                period: if update.period.is_null() { base.period } else { update.period },
            },
            None => update,
        })
    }
}

impl Threshold {
    /// `None` for a freshness that is null; one that is absent says nothing.
    fn read(said: Option<&Json>) -> Option<Self> {
        (said != Some(&Json::Null)).then(|| Self {
            warn_after: Limit::read(said.and_then(|said| said.get("warn_after"))),
            error_after: Limit::read(said.and_then(|said| said.get("error_after"))),
            filter: said.and_then(|said| said.get("filter")).cloned().unwrap_or(Json::Null),
        })
    }
    fn says_something(&self) -> bool {
        [&self.warn_after, &self.error_after].into_iter().flatten().any(Limit::says_something)
    }
    fn joined(self, update: Self) -> Self {
        Self {
            warn_after: Limit::joined(self.warn_after, update.warn_after),
            error_after: Limit::joined(self.error_after, update.error_after),
            filter: if update.filter.is_null() { self.filter } else { update.filter },
        }
    }
    fn to_json(&self) -> Json {
        let limit = |limit: &Option<Limit>| {
            limit.as_ref().map_or(Json::Null, |limit| json!({"count": limit.count, "period": limit.period}))
        };
        json!({
            "warn_after": limit(&self.warn_after), "error_after": limit(&self.error_after),
            "filter": self.filter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(source: Json, table: Json) -> Option<Json> {
        of(source.as_object().unwrap(), table.as_object().unwrap())
    }

    #[test]
    fn absent_empty_and_null_differ_at_each_level() {
        let day = json!({"warn_after": {"count": 1, "period": "day"}});
        let nothing = json!({"count": null, "period": null});
        let full =
            |error: Json| json!({"warn_after": day["warn_after"], "error_after": error, "filter": null});
        assert_eq!(joined(json!({}), json!({})), None);
        assert_eq!(joined(json!({"freshness": {}}), json!({"freshness": {}})), None);
        assert_eq!(joined(json!({"freshness": day}), json!({})), Some(full(nothing.clone())));
        assert_eq!(joined(json!({"freshness": day}), json!({"freshness": {}})), Some(full(nothing.clone())));
        assert_eq!(joined(json!({"freshness": day}), json!({"freshness": null})), Some(Json::Null));
        assert_eq!(
            joined(json!({"config": {"freshness": day}}), json!({"config": {"freshness": null}})),
            Some(Json::Null)
        );
        assert_eq!(joined(json!({"freshness": null}), json!({"freshness": day})), Some(full(nothing)));
        assert_eq!(
            joined(json!({"freshness": day}), json!({"freshness": {"error_after": null}})),
            Some(full(Json::Null))
        );
        assert_eq!(
            joined(
                json!({"freshness": day}),
                json!({"freshness": {"error_after": {"count": 2, "period": "hour"}}})
            ),
            Some(full(json!({"count": 2, "period": "hour"})))
        );
    }
}
