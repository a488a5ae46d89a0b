//! A rule or a test that would notice a defect, as YAML with the names above it: tests of dbt on the source where dbt has
//! one, else rules of the contract, which `ingot load-bronze` checks. Values and bounds are those of the rehearsed rows.

use crate::defect::{Change, Defect};
use crate::kinds::categories;
use crate::lineage::Lineage;
use crate::rows::TableRows;
use crate::whole_files::day_column;
use ingot_contract::DataType;
use ingot_generate::Value;
use std::collections::BTreeSet;

/// What would notice the defect: a comment that names the file, and YAML. Empty if nothing is known.
pub(crate) fn suggestion(
    defect: &Defect,
    rows: &TableRows,
    tables: &[TableRows],
    lineage: &Lineage,
) -> String {
    let place = Place { rows, lineage, column: defect.column };
    match (&defect.change, defect.kind.as_str()) {
        (_, "mostly_missing") => place.few_nulls(),
        (Change::Value(Value::Null), _) => place.test("- not_null\n"),
        (_, "unknown_category" | "category_renamed") => place.accepted_values(),
        (_, "reference_to_nothing") => place.reference(tables),
        (Change::RowTwice | Change::FileTwice, _) => place.key(),
        (Change::DayMissing, _) => place.days(),
        (Change::Scale(_), _) => place.mean(None),
        (Change::Swap(other), _) => place.mean(Some(*other)),
        (_, "negative") => place.option("minimum: 0"),
        (_, "far_future") => place.option(match place.data_type() {
            Some(DataType::Timestamp) => "maximum: \"2050-12-31T00:00:00Z\"",
            _ => "maximum: \"2050-12-31\"",
        }),
        _ => format!(
            "# {}: the rule that forbids this in '{}' has the severity warning; with `severity: error` such rows are rejected\n",
            place.contract_file(),
            place.name()
        ),
    }
}

struct Place<'a> {
    rows: &'a TableRows,
    lineage: &'a Lineage,
    column: Option<usize>,
}

impl Place<'_> {
    fn table(&self) -> &str {
        &self.rows.contract.name
    }

    fn name(&self) -> &str {
        self.column.map(|place| self.rows.contract.columns[place].name.as_str()).unwrap_or_default()
    }

    fn data_type(&self) -> Option<&DataType> {
        self.column.map(|place| &self.rows.contract.columns[place].data_type)
    }

    fn contract_file(&self) -> String {
        let name = self.rows.contract.file.file_name().unwrap_or_default();
        format!("schemas/{}", name.to_string_lossy())
    }

    /// A test of dbt on the column.
    fn test(&self, test: &str) -> String {
        self.test_on(self.name(), test)
    }

    fn test_on(&self, column: &str, test: &str) -> String {
        let table = self.table();
        match self.lineage.source_of(table) {
            Some(source) => format!(
                "# the file with the source '{source}'\nsources:\n  - name: {source}\n    tables:\n      - name: {table}\n        columns:\n          - name: {column}\n            data_tests:\n{}",
                indented(test, 14)
            ),
            None => format!(
                "# the model that reads {table}\nmodels:\n  - name: {table}\n    columns:\n      - name: {column}\n        data_tests:\n{}",
                indented(test, 10)
            ),
        }
    }

    /// A rule of the contract on the table.
    fn rule(&self, rule: &str) -> String {
        format!(
            "# {}\nschema:\n  - name: {}\n    quality:\n{}",
            self.contract_file(),
            self.table(),
            indented(rule, 6)
        )
    }

    /// An option of the contract's column.
    fn option(&self, option: &str) -> String {
        format!(
            "# {}\nschema:\n  - name: {}\n    properties:\n      - name: {}\n        logicalTypeOptions:\n          {option}\n",
            self.contract_file(),
            self.table(),
            self.name()
        )
    }

    fn accepted_values(&self) -> String {
        let Some(column) = self.column else { return String::new() };
        let values: Vec<String> = categories(self.rows, column)
            .into_keys()
            .map(|value| format!("'{}'", value.replace('\'', "''")))
            .collect();
        self.test(&format!("- accepted_values:\n    arguments:\n      values: [{}]\n", values.join(", ")))
    }

    fn reference(&self, tables: &[TableRows]) -> String {
        let contract = &self.rows.contract;
        let Some((reference, place)) = contract.relationships.iter().find_map(|one| {
            let place = one.columns.iter().position(|own| own == self.name())?;
            Some((one, place))
        }) else {
            return String::new();
        };
        let field = reference.to.get(place).cloned().unwrap_or_default();
        let is_rehearsed = tables.iter().any(|table| table.contract.name == reference.table);
        let to = match self.lineage.source_of(&reference.table) {
            Some(source) if is_rehearsed => format!("source('{source}', '{}')", reference.table),
            _ => format!("ref('{}')", reference.table),
        };
        self.test(&format!("- relationships:\n    arguments:\n      to: {to}\n      field: {field}\n"))
    }

    fn key(&self) -> String {
        let names = match self.rows.key.as_slice() {
            [] => (0..self.rows.contract.columns.len()).collect::<Vec<_>>(),
            key => key.to_vec(),
        };
        let names: Vec<&str> =
            names.iter().map(|place| self.rows.contract.columns[*place].name.as_str()).collect();
        match names.as_slice() {
            [key] if self.lineage.source_of(self.table()).is_some() => self.test_on(key, "- unique\n"),
            _ => self.rule(&format!(
                "- {{type: library, metric: duplicateValues, mustBe: 0, arguments: {{properties: [{}]}}}}\n",
                names.join(", ")
            )),
        }
    }

    fn few_nulls(&self) -> String {
        let Some(column) = self.column else { return String::new() };
        let values = self.rows.values(column).count();
        let empty = 100.0 * (1.0 - values as f64 / self.rows.count().max(1) as f64);
        // Half of the way to what the defect makes of it.
        let most = empty + (90.0 - empty) / 4.0;
        self.rule(&format!(
            "- type: sql\n  query: \"select count(*) filter ({} is null) * 100.0 / count(*) from {{object}}\"\n  mustBeLessThan: {}\n",
            self.name(),
            short(most)
        ))
    }

    fn days(&self) -> String {
        let Some(column) = day_column(self.rows) else {
            return self.rule(&format!(
                "- {{type: library, metric: rowCount, mustBeGreaterOrEqualTo: {}}}\n",
                self.rows.count()
            ));
        };
        let days: BTreeSet<jiff::civil::Date> = self
            .rows
            .values(column)
            .filter_map(|value| value.text().get(..10).and_then(|day| day.parse().ok()))
            .collect();
        let days: Vec<_> = days.into_iter().collect();
        let gap = days.windows(2).map(|two| (two[1] - two[0]).get_days()).max().unwrap_or(1);
        let name = &self.rows.contract.columns[column].name;
        self.rule(&format!(
            "- type: sql\n  query: \"select coalesce(max(day - before), 0) from (select day, lag(day) over (order by day) as before from (select distinct {name}::date as day from {{object}}))\"\n  mustBeLessOrEqualTo: {gap}\n"
        ))
    }

    /// A mean that stays where it is. `other` is the column that it is exchanged with.
    fn mean(&self, other: Option<usize>) -> String {
        let Some(column) = self.column else { return String::new() };
        let numbers = self.rows.numbers(column);
        let (own, absolute) =
            (mean(&numbers), mean(&numbers.iter().map(|one| one.abs()).collect::<Vec<_>>()));
        let is_signed = own.abs() < absolute / 5.0 && other.is_none();
        let (value, of) = if is_signed {
            (absolute, format!("abs({})", self.name()))
        } else {
            (own, self.name().to_owned())
        };
        let width = match other {
            Some(other) => (mean(&self.rows.numbers(other)) - own).abs() / 4.0,
            None => value.abs() / 10.0,
        };
        self.rule(&format!(
            "- type: sql\n  query: \"select avg({of}) from {{object}}\"\n  mustBeBetween: [{}, {}]\n",
            short(value - width),
            short(value + width)
        ))
    }
}

fn indented(text: &str, spaces: usize) -> String {
    text.lines().map(|line| format!("{:spaces$}{line}\n", "")).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// A number with few digits.
fn short(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return 0.0;
    }
    let digits = 3 - number.abs().log10().floor() as i32;
    let factor = 10f64.powi(digits);
    (number * factor).round() / factor
}
