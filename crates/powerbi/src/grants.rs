//! What roles may read, as the YAML beside the models says.
//!
//! ```yaml
//! models:
//!   - name: dim_customer
//!     config:
//!       grants: {select: [marketing, finance]}
//!       meta:
//!         row_filter: {marketing: "country = 'AU'"}
//!     columns:
//!       - name: email
//!         config:
//!           meta:
//!             grants: {select: [finance]}
//!             mask: {marketing: "regexp_replace(email, '^[^@]*', '***')"}
//! ```
//!
//! `grants` of a model is dbt's (<https://docs.getdbt.com/reference/resource-configs/grants>). dbt has none for columns and
//! rows, so these are in `meta`, which it passes on.

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The grants of a table. Names of roles are compared as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableGrants {
    /// The roles that may read the table.
    select: Vec<String>,
    /// By role, the condition that its rows meet.
    row_filter: ByRole,
    /// By column, lower case; those that nothing is said of are not in it.
    columns: BTreeMap<String, ColumnGrants>,
    /// What cannot be understood. A grant that is not understood must not be taken for one that is not there.
    mistakes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ColumnGrants {
    /// The roles that may read the column as it is; `None`: those that may read the table.
    select: Option<Vec<String>>,
    mask: ByRole,
}

/// SQL for some roles, and for all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ByRole {
    named: BTreeMap<String, String>,
    others: Option<String>,
}

/// What a role sees of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen<'g> {
    Plain,
    /// An SQL expression in its place.
    Masked(&'g str),
    LeftOut,
}

impl ByRole {
    fn of(&self, role: &str) -> Option<&str> {
        self.named.get(role).or(self.others.as_ref()).map(String::as_str)
    }
}

impl TableGrants {
    /// From a node of `manifest.json`.
    pub(crate) fn of(node: &Json) -> Self {
        let mut mistakes = Vec::new();
        let config = &node["config"];
        let mut grants = Self {
            select: roles(&config["grants"]["select"], "grants.select", &mut mistakes).unwrap_or_default(),
            row_filter: by_role(&config["meta"]["row_filter"], "meta.row_filter", &mut mistakes),
            ..Self::default()
        };
        for (name, column) in node["columns"].as_object().into_iter().flatten() {
            // dbt has `meta` of a column at both places since 1.10; one place is enough.
            let said = |key: &str| {
                let found = [&column["config"]["meta"][key], &column["meta"][key]];
                found.into_iter().find(|value| !value.is_null()).unwrap_or(&Json::Null)
            };
            let place = |key: &str| format!("meta.{key} of the column '{name}'");
            let column = ColumnGrants {
                select: roles(&said("grants")["select"], &place("grants.select"), &mut mistakes),
                mask: by_role(said("mask"), &place("mask"), &mut mistakes),
            };
            if column != ColumnGrants::default() {
                grants.columns.insert(name.to_lowercase(), column);
            }
        }
        grants.mistakes = mistakes;
        grants
    }

    pub(crate) fn mistakes(&self) -> &[String] {
        &self.mistakes
    }

    pub(crate) fn may_read(&self, role: &str) -> bool {
        self.select.iter().any(|one| one == role)
    }

    /// The roles that may read the table.
    pub(crate) fn readers(&self) -> &[String] {
        &self.select
    }

    /// The condition that the role's rows meet; `None`: it sees all rows.
    pub(crate) fn row_filter(&self, role: &str) -> Option<&str> {
        self.row_filter.of(role)
    }

    /// What the role sees of a column. One that holds personal data (`is_personal`) needs a grant of its own: a grant of
    /// the table is not one of the people in it.
    pub(crate) fn column(&self, role: &str, column: &str, is_personal: bool) -> Seen<'_> {
        let Some(said) = self.columns.get(&column.to_lowercase()) else {
            return if is_personal { Seen::LeftOut } else { Seen::Plain };
        };
        if let Some(mask) = said.mask.named.get(role) {
            return Seen::Masked(mask);
        }
        let may_read = match &said.select {
            Some(roles) => roles.iter().any(|one| one == role),
            // A mask for all others says that there is something to hide.
            None => !is_personal && said.mask.others.is_none(),
        };
        match &said.mask.others {
            _ if may_read => Seen::Plain,
            Some(mask) => Seen::Masked(mask),
            None => Seen::LeftOut,
        }
    }

    /// The columns that something is said of, lower case.
    pub(crate) fn named_columns(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }
}

/// A name, or a list of names.
fn roles(value: &Json, place: &str, mistakes: &mut Vec<String>) -> Option<Vec<String>> {
    match value {
        Json::Null => None,
        Json::String(one) => Some(vec![one.clone()]),
        Json::Array(list) if list.iter().all(Json::is_string) => {
            Some(list.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        }
        other => {
            mistakes.push(format!("{place} must be a list of roles, and is {other}"));
            None
        }
    }
}

/// SQL by role, or one text for all roles.
fn by_role(value: &Json, place: &str, mistakes: &mut Vec<String>) -> ByRole {
    match value {
        Json::Null => ByRole::default(),
        Json::String(text) => ByRole { others: Some(text.clone()), ..ByRole::default() },
        Json::Object(members) if members.values().all(Json::is_string) => ByRole {
            named: members
                .iter()
                .filter_map(|(role, sql)| Some((role.clone(), sql.as_str()?.to_owned())))
                .collect(),
            others: None,
        },
        other => {
            mistakes.push(format!(
                "{place} must be SQL by role ({{marketing: \"...\"}}) or one text, and is {other}"
            ));
            ByRole::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn grants() -> TableGrants {
        TableGrants::of(&json!({
            "config": {"grants": {"select": ["marketing", "finance"]}, "meta": {"row_filter": {"marketing": "x > 1"}}},
            "columns": {
                "Email": {"config": {"meta": {"grants": {"select": ["finance"]}, "mask": {"marketing": "'***'"}}}},
                "salary": {"meta": {"grants": {"select": "finance"}}},
                "phone": {"meta": {"mask": "left(phone, 3)", "grants": {"select": ["finance"]}}},
                "note": {"meta": {"mask": "'-'"}},
                "free": {"meta": {"owner": "x"}}
            }
        }))
    }

    #[test]
    fn a_role_sees_what_it_was_granted_and_nothing_else() {
        let grants = grants();
        assert!(grants.mistakes().is_empty());
        assert!(grants.may_read("marketing") && !grants.may_read("sales") && !grants.may_read("Marketing"));
        assert_eq!((grants.row_filter("marketing"), grants.row_filter("finance")), (Some("x > 1"), None));
        for (role, column, seen) in [
            ("finance", "email", Seen::Plain),
            ("marketing", "EMAIL", Seen::Masked("'***'")),
            ("sales", "email", Seen::LeftOut),
            ("finance", "salary", Seen::Plain),
            ("marketing", "salary", Seen::LeftOut),
            ("finance", "phone", Seen::Plain),
            ("marketing", "phone", Seen::Masked("left(phone, 3)")),
            ("finance", "note", Seen::Masked("'-'")),
            ("marketing", "free", Seen::Plain),
            ("marketing", "unsaid", Seen::Plain),
        ] {
            assert_eq!(grants.column(role, column, false), seen, "{role} {column}");
        }
    }

    #[test]
    fn a_personal_column_needs_a_grant_of_its_own() {
        let grants = grants();
        assert_eq!(grants.column("finance", "unsaid", true), Seen::LeftOut);
        assert_eq!(grants.column("finance", "free", true), Seen::LeftOut);
        assert_eq!(grants.column("finance", "email", true), Seen::Plain);
        assert_eq!(grants.column("marketing", "email", true), Seen::Masked("'***'"));
    }

    #[test]
    fn what_is_not_a_grant_is_a_mistake_and_not_a_missing_rule() {
        let grants = TableGrants::of(&json!({
            "config": {"grants": {"select": {"role": "a"}}, "meta": {"row_filter": ["x > 1"]}},
            "columns": {"email": {"meta": {"mask": {"a": 5}}}}
        }));
        assert_eq!(grants.mistakes().len(), 3, "{:?}", grants.mistakes());
    }
}
