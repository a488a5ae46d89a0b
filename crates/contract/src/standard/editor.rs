//! The JSON Schema of contracts for editors: the standard's own, with the names of the custom properties that are read here.

use crate::odcs::{column_properties, server_properties, table_properties};
use ingot_core::error::{Error, Result};
use serde_json::{Value, json};

/// The schema of ODCS v3.1 in which an editor also finds the custom properties of ingot, each where it is read. Properties of
/// other tools are allowed; one that begins with `ingot.` must be one of these.
///
/// # Errors
/// The embedded schema cannot be read, which does not happen.
pub fn editor_schema() -> Result<Value> {
    let mut schema: Value = serde_json::from_str(super::check::V3_1)
        .map_err(|error| Error::defect("the embedded schema of the standard is not JSON").caused_by(error))?;
    schema["title"] = "A contract of ingot: Open Data Contract Standard v3.1".into();
    let of_element = table_properties().chain(column_properties());
    for (definition, place, names) in [
        ("IngotElementProperty", "SchemaElement", names(of_element)),
        ("IngotServerProperty", "Server", names(server_properties())),
    ] {
        let mut property = schema["$defs"]["CustomProperty"].clone();
        property["properties"]["property"] = json!({
            "type": "string",
            "description": property["properties"]["property"]["description"],
            "anyOf": [{"enum": names}, {"not": {"pattern": "^ingot\\."}}],
        });
        schema["$defs"][definition] = property;
        schema["$defs"][place]["properties"]["customProperties"] = json!({
            "type": "array",
            "description": schema["$defs"]["CustomProperties"]["description"],
            "items": {"$ref": format!("#/$defs/{definition}")},
        });
    }
    Ok(schema)
}

/// Each name as it is, and with the `ingot.` that may tell it from properties of other tools.
fn names(known: impl Iterator<Item = &'static str>) -> Vec<String> {
    // The generator reads its own.
    let mut bare: Vec<&str> = known.chain(["generate"]).collect();
    bare.sort_unstable();
    bare.dedup();
    let full: Vec<String> = bare.iter().map(|name| format!("ingot.{name}")).collect();
    bare.into_iter().map(str::to_owned).chain(full).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard::validator::Validator;
    use ingot_core::yaml;
    use std::path::Path;

    fn faults(text: &str) -> usize {
        let schema = editor_schema().unwrap();
        let file = Path::new("t.odcs.yaml");
        Validator::new(&schema).faults(&yaml::parse(text, file).unwrap()).len()
    }

    fn contract(property: &str, value: &str, of_column: bool) -> String {
        let custom = format!("customProperties: [{{property: {property}, value: {value}}}]");
        let (of_table, of_column) = if of_column {
            (String::new(), format!(", {custom}"))
        } else {
            (format!("\n    {custom}"), String::new())
        };
        format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\n\
             servers:\n  - {{server: raw, type: local, path: 't-*.csv', format: csv}}\n\
             schema:\n  - name: t{of_table}\n    properties:\n      - {{name: id, logicalType: integer, physicalType: i64{of_column}}}\n"
        )
    }

    /// What the reader takes, the schema takes, and the other way round.
    #[test]
    fn the_schema_knows_the_properties_that_are_read() {
        let values = [
            ("evolution", "freeze"),
            ("rowHash", "none"),
            ("sameContent", "skip"),
            ("lakeKeepHours", "24"),
            ("server", "raw"),
        ];
        for (name, value) in values {
            for written in [name.to_owned(), format!("ingot.{name}")] {
                let text = contract(&written, value, false);
                assert!(crate::read_text(&text, Path::new("t.odcs.yaml")).is_ok(), "{text}");
                assert_eq!(faults(&text), 0, "{text}");
            }
        }
        let text = contract("ingot.decimalSign", "','", true);
        assert!(crate::read_text(&text, Path::new("t.odcs.yaml")).is_ok(), "{text}");
        assert_eq!(faults(&text), 0, "{text}");
        assert_eq!(faults(&contract("ourOwnTool", "1", false)), 0);
        let wrong = contract("ingot.evolutoin", "freeze", false);
        assert!(crate::read_text(&wrong, Path::new("t.odcs.yaml")).is_err());
        assert!(faults(&wrong) > 0);
        let listed = editor_schema().unwrap();
        let listed =
            listed["$defs"]["IngotElementProperty"]["properties"]["property"]["anyOf"][0]["enum"].clone();
        let bare: Vec<&str> = listed
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| !name.contains('.'))
            .collect();
        for name in table_properties().chain(column_properties()) {
            assert!(bare.contains(&name), "{name}");
        }
        assert_eq!(
            bare.len(),
            table_properties().chain(column_properties()).collect::<std::collections::BTreeSet<_>>().len()
                + 1
        );
    }
}
