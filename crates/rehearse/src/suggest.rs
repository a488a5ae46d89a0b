//! A rule or a test that would notice a defect, as YAML to paste: tests of dbt where dbt has one, else rules of the
//! contract, which `ingot load-bronze` checks.

use crate::kinds::{Change, Defect, categories};
use crate::lineage::Lineage;
use crate::rows::TableRows;
use ingot_contract::DataType;
use ingot_generate::Value;

/// The values of a category that are listed at most.
const MOST_VALUES: usize = 12;

pub(crate) fn suggestion(defect: &Defect, rows: &TableRows, lineage: &Lineage) -> String {
    let contract = &rows.contract;
    let column = defect.column.map(|place| contract.columns[place].name.as_str()).unwrap_or_default();
    let on_source = |test: &str| match lineage.source_of(&contract.name) {
        Some(source) => format!(
            "sources:\n  - name: {source}\n    tables:\n      - name: {}\n        columns:\n          - name: {column}\n            data_tests:\n{test}",
            contract.name
        ),
        None => format!(
            "# in the properties of the model that reads {}\ncolumns:\n  - name: {column}\n    data_tests:\n{test}",
            contract.name
        ),
    };
    let in_contract =
        |rule: String| format!("# in {}, under `quality` of {}\n{rule}", file_name(rows), contract.name);
    match (&defect.change, defect.kind.as_str()) {
        (Change::Value(Value::Null), _) | (Change::Empty, _) if defect.kind != "mostly_missing" => {
            on_source("              - not_null\n")
        }
        (Change::Empty, _) => in_contract(format!(
            "- {{type: sql, query: \"select count(*) filter ({column} is null) * 100 / count(*) from {{object}}\", mustBeLessThan: 50}}\n"
        )),
        (_, "unknown_category" | "category_renamed") => {
            let values: Vec<String> = defect
                .column
                .map(|place| {
                    categories(rows, place)
                        .into_keys()
                        .take(MOST_VALUES)
                        .map(|value| quoted(&value))
                        .collect()
                })
                .unwrap_or_default();
            on_source(&format!(
                "              - accepted_values:\n                  arguments:\n                    values: [{}]\n",
                values.join(", ")
            ))
        }
        (_, "reference_to_nothing") => {
            let reference =
                contract.relationships.iter().find(|one| one.columns.iter().any(|own| own == column));
            let (table, field) = reference.map_or((String::new(), String::new()), |one| {
                (one.table.clone(), one.to.first().cloned().unwrap_or_default())
            });
            let to = match lineage.source_of(&table) {
                Some(source) => format!("source('{source}', '{table}')"),
                None => format!("ref('{table}')"),
            };
            on_source(&format!(
                "              - relationships:\n                  arguments:\n                    to: {to}\n                    field: {field}\n"
            ))
        }
        (Change::RowTwice, _) => match contract.primary_key().as_slice() {
            [key] if lineage.source_of(&contract.name).is_some() => {
                let column = &key.name;
                let source = lineage.source_of(&contract.name).unwrap_or_default();
                format!(
                    "sources:\n  - name: {source}\n    tables:\n      - name: {}\n        columns:\n          - name: {column}\n            data_tests:\n              - unique\n",
                    contract.name
                )
            }
            key => {
                let names: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
                in_contract(format!(
                    "- {{metric: duplicateValues, mustBe: 0, arguments: {{properties: [{}]}}}}\n",
                    names.join(", ")
                ))
            }
        },
        (Change::FileTwice, _) => {
            let names: Vec<&str> = match contract.primary_key().as_slice() {
                [] => contract.columns.iter().map(|column| column.name.as_str()).collect(),
                key => key.iter().map(|column| column.name.as_str()).collect(),
            };
            in_contract(format!(
                "- {{metric: duplicateValues, mustBe: 0, arguments: {{properties: [{}]}}}}\n",
                names.join(", ")
            ))
        }
        (Change::DayMissing, _) => {
            let time = contract
                .columns
                .iter()
                .find(|column| matches!(column.data_type, DataType::Date | DataType::Timestamp))
                .map_or("day", |column| column.name.as_str());
            in_contract(format!(
                "- type: sql\n  query: \"select coalesce(max(day - before), 0) from (select day, lag(day) over (order by day) as before from (select distinct {time}::date as day from {{object}}))\"\n  mustBeLessOrEqualTo: 1\n"
            ))
        }
        (Change::Scale(_) | Change::Move(_) | Change::Swap(_), _) => {
            let median = defect.column.and_then(|place| median(rows, place)).unwrap_or(0.0);
            let (low, high) = (round(median * 0.8), round(median * 1.2));
            in_contract(format!(
                "- {{type: sql, query: \"select median({column}) from {{object}}\", mustBeBetween: [{}, {}]}}\n",
                low.min(high),
                low.max(high)
            ))
        }
        (Change::Value(_), kind) => {
            let option = match kind {
                "negative" => "minimum: 0".to_owned(),
                "far_future" => "maximum: \"2050-12-31\"".to_owned(),
                _ => "enum: [\u{2026}]".to_owned(),
            };
            format!(
                "# in {}, in the property {column} of {}\nlogicalTypeOptions: {{{option}}}\n",
                file_name(rows),
                contract.name
            )
        }
        _ => String::new(),
    }
}

fn file_name(rows: &TableRows) -> String {
    let name = rows.contract.file.file_name().unwrap_or_default();
    format!("schemas/{}", name.to_string_lossy())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn median(rows: &TableRows, place: usize) -> Option<f64> {
    let mut numbers: Vec<f64> = rows.values(place).filter_map(|value| value.text().parse().ok()).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
