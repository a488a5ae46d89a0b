//! A domain as resources of Databricks Unity Catalog, for Terraform or OpenTofu
//! (<https://registry.terraform.io/providers/databricks/databricks/latest/docs/guides/unity-catalog>).
//!
//! A domain has a catalog for each environment, with its storage in an external location; schemas as in the project; and
//! the grants of the models. `databricks_grant` is used, which leaves grants that others have made as they are.

use super::described::Domain;
use super::hcl::{Block, Hcl, quoted};
use std::collections::BTreeSet;

/// A table of the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnityTable {
    pub schema: String,
    pub name: String,
    /// Roles that may read it, which are groups of the account.
    pub readers: Vec<String>,
    /// Whether a role sees only some rows, or other values in some columns.
    pub is_restricted: bool,
}

/// The HCL of a domain: one file that stands by itself.
pub fn unity_catalog(domain: &Domain, tables: &[UnityTable]) -> String {
    let mut out = format!(
        "# The domain {} in Unity Catalog. `ingot domain add {0} --terraform` writes this file again.\n\
         # Roles are groups of the Databricks account, which have to be there.\n",
        domain.name
    );
    let restricted: Vec<String> = tables
        .iter()
        .filter(|table| table.is_restricted)
        .map(|table| format!("{}.{}", table.schema, table.name))
        .collect();
    if !restricted.is_empty() {
        out.push_str(&format!(
            "# Row filters and masks of models are SQL of DuckDB and not in this file; these tables are granted to no reader:\n#   {}\n",
            restricted.join(", ")
        ));
    }
    let mut resources = resources(domain, tables);
    let mut labels = BTreeSet::new();
    for block in &mut resources {
        block.name_apart(&mut labels);
    }
    for block in settings(domain).into_iter().chain(resources) {
        out.push('\n');
        block.write(&mut out, 0);
    }
    out
}

fn settings(domain: &Domain) -> Vec<Block> {
    let variable = |name: &str, description: &str| {
        Block::new("variable", &[name])
            .with("type", Hcl::raw("string"))
            .with("description", Hcl::text(description))
    };
    let provider = "{ source = \"databricks/databricks\", version = \">= 1.40\" }";
    let prefix = |name: &str| format!("{}_{name}", domain.name);
    vec![
        Block::new("terraform", &[])
            .holding(Block::new("required_providers", &[]).with("databricks", Hcl::raw(provider))),
        variable(&prefix("environment"), "dev, test or prod: a catalog each"),
        variable(
            &prefix("storage_root"),
            "Where the data is, such as abfss://data@account.dfs.core.windows.net",
        ),
        variable(
            &prefix("storage_credential"),
            "Name of the storage credential, which the platform's owner makes",
        ),
    ]
}

fn resources(domain: &Domain, tables: &[UnityTable]) -> Vec<Block> {
    let name = domain.name.as_str();
    let in_environment = Hcl::raw(format!("\"{name}_${{var.{name}_environment}}\""));
    let catalog = Hcl::raw(format!("databricks_catalog.{name}.name"));
    let engineers = domain.engineers();
    let comment = format!("The domain {name}, owned by {}", domain.owner);
    let mut blocks = vec![
        Block::new("resource", &["databricks_external_location", name])
            .with("name", in_environment.clone())
            .with(
                "url",
                Hcl::raw(format!("\"${{var.{name}_storage_root}}/${{var.{name}_environment}}/{name}\"")),
            )
            .with("credential_name", Hcl::raw(format!("var.{name}_storage_credential")))
            .with("comment", Hcl::text(&comment)),
        Block::new("resource", &["databricks_catalog", name])
            .with("name", in_environment)
            .with("storage_root", Hcl::raw(format!("databricks_external_location.{name}.url")))
            .with("comment", Hcl::text(&comment)),
        grant(
            &format!("{name}_files_engineers"),
            ("external_location", Hcl::raw(format!("databricks_external_location.{name}.id"))),
            &engineers,
            &["READ_FILES", "WRITE_FILES"],
        ),
        grant(
            &format!("{name}_engineers"),
            ("catalog", catalog.clone()),
            &engineers,
            &["USE_CATALOG", "USE_SCHEMA", "CREATE_SCHEMA", "CREATE_TABLE", "SELECT", "MODIFY"],
        ),
    ];
    let shown: Vec<&UnityTable> = tables.iter().filter(|table| !table.is_restricted).collect();
    let readers: BTreeSet<String> = std::iter::once(domain.readers())
        .chain(shown.iter().flat_map(|table| table.readers.clone()))
        .collect();
    blocks.extend(readers.iter().map(|reader| {
        grant(
            &format!("{name}_{}", identifier(reader)),
            ("catalog", catalog.clone()),
            reader,
            &["USE_CATALOG"],
        )
    }));
    let schemas: BTreeSet<&str> =
        ["bronze", name].into_iter().chain(tables.iter().map(|table| table.schema.as_str())).collect();
    for schema in &schemas {
        let label = format!("{name}_{}", identifier(schema));
        blocks.push(
            Block::new("resource", &["databricks_schema", &label])
                .with("catalog_name", catalog.clone())
                .with("name", Hcl::text(*schema))
                .with("comment", Hcl::text(&comment)),
        );
    }
    let mut of_schemas = BTreeSet::new();
    for table in &shown {
        for reader in &table.readers {
            let schema = format!("databricks_schema.{name}_{}.id", identifier(&table.schema));
            if of_schemas.insert((&table.schema, reader)) {
                blocks.push(grant(
                    &format!("{name}_{}_{}", identifier(&table.schema), identifier(reader)),
                    ("schema", Hcl::raw(schema.clone())),
                    reader,
                    &["USE_SCHEMA"],
                ));
            }
            blocks.push(grant(
                &format!(
                    "{name}_{}_{}_{}",
                    identifier(&table.schema),
                    identifier(&table.name),
                    identifier(reader)
                ),
                (
                    "table",
                    Hcl::raw(format!("\"${{{schema}}}.{}", quoted(&table.name).trim_start_matches('"'))),
                ),
                reader,
                &["SELECT"],
            ));
        }
    }
    blocks
}

fn grant(label: &str, (securable, id): (&'static str, Hcl), principal: &str, privileges: &[&str]) -> Block {
    Block::new("resource", &["databricks_grant", label])
        .with(securable, id)
        .with("principal", Hcl::text(principal))
        .with("privileges", Hcl::texts(privileges.iter().copied()))
}

/// Labels of resources have letters, digits and underscores.
fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_table_is_granted_to_nobody() {
        let domain = Domain { name: "sales".to_owned(), owner: "Ada".to_owned(), email: None };
        let table = |name: &str, is_restricted| UnityTable {
            schema: "sales".to_owned(),
            name: name.to_owned(),
            readers: vec!["marketing".to_owned()],
            is_restricted,
        };
        let text = unity_catalog(&domain, &[table("orders", false), table("people", true)]);
        assert!(text.contains("\"sales_sales_orders_marketing\""), "{text}");
        assert!(!text.contains("sales_sales_people"), "{text}");
        assert!(text.contains("#   sales.people"), "{text}");
        assert_eq!(text.matches("\"databricks_schema\"").count(), 2);
    }
}
