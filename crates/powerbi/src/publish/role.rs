//! What a role's grants let into its file: a query for each table that it may read.

use super::options::RoleOptions;
use super::publication::KeptBack;
use crate::dbt_manifest::Model;
use crate::grants::Seen;
use crate::warehouse::{WarehouseColumn, WarehouseTable};
use ingot_core::error::{Error, Kind, Result, nearest};
use ingot_engine::name_literal;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a table that are published.
pub(super) struct TableQuery {
    pub sql: String,
    pub kept_back: KeptBack,
    /// Columns that have another type than in the warehouse, and that type.
    pub narrowed: BTreeMap<String, String>,
}

/// A role names a folder and a file.
///
/// # Errors
/// The name has characters that not every system lets into a file's name.
pub(super) fn check_name(role: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if role.is_empty() || !role.chars().all(is_plain) {
        return Err(Error::new(format!("'{role}' is not a valid name of a role"))
            .hint("use letters, digits, - and _, because its file bears the name"));
    }
    Ok(())
}

/// # Errors
/// A grant of any model cannot be understood: it may be one that keeps something back.
pub(super) fn check_grants<'m>(models: impl Iterator<Item = &'m Model>) -> Result<()> {
    let mut mistakes = Vec::new();
    for model in models {
        let name = model.unique_id.rsplit('.').next().unwrap_or(&model.unique_id);
        mistakes.extend(model.grants.mistakes().iter().map(|mistake| format!("{name}: {mistake}")));
    }
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("these grants cannot be understood:\n  {}", mistakes.join("\n  ")))
        .of_kind(Kind::Data)
        .hint("correct them in the YAML beside the models, then run `ingot run-models`"))
}

/// Of `tables`, those that the role may read.
///
/// # Errors
/// It may read none of them.
pub(super) fn granted(
    tables: Vec<WarehouseTable>,
    models: &BTreeMap<String, Model>,
    role: &str,
) -> Result<Vec<WarehouseTable>> {
    let may_read = |table: &WarehouseTable| {
        models.get(&table.full_name().to_lowercase()).is_some_and(|model| model.grants.may_read(role))
    };
    let tables: Vec<WarehouseTable> = tables.into_iter().filter(may_read).collect();
    if !tables.is_empty() {
        return Ok(tables);
    }
    let known: BTreeSet<&str> =
        models.values().flat_map(|model| model.grants.readers()).map(String::as_str).collect();
    let error = Error::new(format!("no table that is selected is granted to the role '{role}'"));
    Err(match nearest(role, known.iter().copied()) {
        _ if known.contains(role) => error.hint("check --select and --exclude"),
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None if known.is_empty() => error.hint(format!(
            "grant a model to it in its YAML, `config: {{grants: {{select: [{role}]}}}}`, then run `ingot run-models`"
        )),
        None => error.hint(format!(
            "the roles are: {}",
            known.iter().copied().collect::<Vec<_>>().join(", ")
        )),
    })
}

/// The query that gives what is published of a table, which is in the database `catalog`.
///
/// # Errors
/// Nothing of the table is left, or a grant names a column that the table does not have: then it may be one that was
/// renamed, and whose new name nobody has hidden.
pub(super) fn query_of(
    catalog: &str,
    table: &WarehouseTable,
    model: Option<&Model>,
    role: Option<&RoleOptions>,
    narrowed: &[(&WarehouseColumn, String)],
) -> Result<TableQuery> {
    let from =
        format!("{}.{}.{}", name_literal(catalog), name_literal(&table.schema), name_literal(&table.name));
    let casts: BTreeMap<&str, &str> =
        narrowed.iter().map(|(column, kind)| (column.name.as_str(), kind.as_str())).collect();
    let plain = |name: &str| match casts.get(name) {
        Some(kind) => format!("cast({0} as {kind}) as {0}", name_literal(name)),
        None => name_literal(name),
    };
    let mut published_as = BTreeMap::new();
    let (Some(role), Some(model)) = (role, model) else {
        let columns: Vec<String> = table.columns.iter().map(|column| plain(&column.name)).collect();
        published_as.extend(casts.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())));
        let sql = format!("select {} from {from}", columns.join(", "));
        return Ok(TableQuery { sql, kept_back: KeptBack::default(), narrowed: published_as });
    };
    check_columns(table, model)?;
    let mut kept_back = KeptBack::default();
    let mut columns = Vec::new();
    let full_name = table.full_name().to_lowercase();
    for column in &table.columns {
        let name = &column.name;
        let is_personal = role.personal.contains(&(full_name.clone(), name.to_lowercase()));
        match model.grants.column(&role.name, name, is_personal) {
            Seen::Plain => {
                columns.push(plain(name));
                published_as.extend(casts.get(name.as_str()).map(|kind| (name.clone(), (*kind).to_owned())));
            }
            Seen::Masked(mask) => {
                columns.push(format!("({mask}) as {}", name_literal(name)));
                kept_back.masked.push(name.clone());
            }
            Seen::LeftOut => {
                if is_personal && model.grants.column(&role.name, name, false) == Seen::Plain {
                    kept_back.personal.push(name.clone());
                }
                kept_back.left_out.push(name.clone());
            }
        }
    }
    if columns.is_empty() {
        return Err(Error::new(format!(
            "the role '{}' may read {} but none of its columns",
            role.name,
            table.full_name()
        ))
        .of_kind(Kind::Data)
        .hint("grant it columns in the YAML beside the model, or take the table's grant away"));
    }
    let mut sql = format!("select {} from {from} as {}", columns.join(", "), name_literal(&table.name));
    if let Some(filter) = model.grants.row_filter(&role.name) {
        sql.push_str(&format!(" where ({filter}\n)"));
        kept_back.row_filter = Some(filter.to_owned());
    }
    Ok(TableQuery { sql, kept_back, narrowed: published_as })
}

fn check_columns(table: &WarehouseTable, model: &Model) -> Result<()> {
    let is_there = |name: &&str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let Some(missing) = model.grants.named_columns().find(|name| !is_there(name)) else { return Ok(()) };
    let error = Error::new(format!(
        "{} has grants or masks for the column '{missing}', which it does not have",
        table.full_name()
    ))
    .of_kind(Kind::Data);
    Err(match nearest(missing, table.columns.iter().map(|column| column.name.as_str())) {
        Some(near) => error.hint(format!("did you mean '{near}'? correct it in the YAML beside the model")),
        None => error.hint("correct it in the YAML beside the model, then run `ingot run-models`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::TableGrants;
    use serde_json::json;

    fn table() -> WarehouseTable {
        let column = |name: &str| WarehouseColumn { name: name.to_owned(), data_type: "VARCHAR".to_owned() };
        WarehouseTable {
            schema: "gold".to_owned(),
            name: "people".to_owned(),
            is_view: false,
            columns: ["id", "email", "phone"].map(column).to_vec(),
        }
    }

    fn model(columns: serde_json::Value) -> Model {
        Model {
            unique_id: "model.shop.people".to_owned(),
            description: String::new(),
            columns: BTreeMap::new(),
            is_ephemeral: false,
            grants: TableGrants::of(&json!({
                "config": {"grants": {"select": ["a"]}, "meta": {"row_filter": {"a": "id > 1 -- not the first"}}},
                "columns": columns
            })),
        }
    }

    fn role(personal: &[&str]) -> RoleOptions {
        let column = |name: &&str| ("gold.people".to_owned(), (*name).to_owned());
        RoleOptions { name: "a".to_owned(), personal: personal.iter().map(column).collect() }
    }

    #[test]
    fn the_query_names_only_what_the_role_sees() {
        let model = model(json!({"phone": {"meta": {"mask": {"a": "left(phone, 3)"}}}}));
        let query = query_of("w", &table(), Some(&model), Some(&role(&["email"])), &[]).unwrap();
        assert_eq!(
            query.sql,
            "select \"id\", (left(phone, 3)) as \"phone\" from \"w\".\"gold\".\"people\" as \"people\" \
             where (id > 1 -- not the first\n)"
        );
        assert_eq!(query.kept_back.left_out, ["email"]);
        assert_eq!(query.kept_back.personal, ["email"]);
        assert_eq!(query.kept_back.masked, ["phone"]);
    }

    #[test]
    fn a_grant_of_a_column_that_is_not_there_is_an_error() {
        let model = model(json!({"emails": {"meta": {"grants": {"select": ["b"]}}}}));
        let error = query_of("w", &table(), Some(&model), Some(&role(&[])), &[]).err().unwrap();
        assert!(error.message().contains("'emails'"), "{error}");
        assert_eq!(error.hint_text(), Some("did you mean 'email'? correct it in the YAML beside the model"));
    }

    #[test]
    fn a_role_that_sees_no_column_gets_no_table() {
        let nobody = json!({"meta": {"grants": {"select": []}}});
        let model = model(json!({"id": nobody, "email": nobody, "phone": nobody}));
        assert!(query_of("w", &table(), Some(&model), Some(&role(&[])), &[]).is_err());
    }
}
