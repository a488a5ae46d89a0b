//! What the report is made of: the columns and measures that each measure and page uses, for lineage.

use super::dax;
use super::definition::{self, Definition, Formula, Shown};
use super::run::DEFINITION;
use ingot_core::error::Result;
use std::path::Path;

/// A measure or a page, and what it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportObject {
    pub name: String,
    pub is_page: bool,
    /// What a measure means.
    pub description: String,
    /// A measure in DAX.
    pub formula: String,
    /// Titles of a page's visuals.
    pub visuals: Vec<String>,
    /// The schema of the tables.
    pub schema: String,
    /// Tables and columns.
    pub columns: Vec<(String, String)>,
    /// Tables whose rows a measure counts.
    pub counted: Vec<String>,
    /// Names of measures.
    pub measures: Vec<String>,
}

/// Measures and pages of the report in `folder`; none if there is no report.
///
/// # Errors
/// The definition cannot be read.
pub fn uses(folder: &Path) -> Result<Vec<ReportObject>> {
    let file = folder.join(DEFINITION);
    if !file.is_file() {
        return Ok(Vec::new());
    }
    Ok(of_definition(&definition::read(&file)?))
}

fn of_definition(definition: &Definition) -> Vec<ReportObject> {
    let mut out = Vec::new();
    for measure in &definition.measures {
        let mut object = object(definition, &measure.name, false);
        object.description.clone_from(&measure.description);
        object.formula = dax::expression(definition, measure);
        match &measure.formula {
            Formula::Aggregate { table, column, only, .. } => {
                let named = column.iter().chain(only.iter().map(|(column, _)| column));
                object.columns.extend(named.map(|column| (table.clone(), column.clone())));
                if column.is_none() {
                    object.counted.push(table.clone());
                }
            }
            Formula::Ratio(above, below) => object.measures.extend([above.clone(), below.clone()]),
            Formula::Period { of, dates, .. } => {
                object.measures.push(of.clone());
                object.columns.push((dates.table.clone(), dates.column.clone()));
            }
            Formula::Written(dax) => read_dax(dax, &mut object),
        }
        out.push(object);
    }
    for page in &definition.pages {
        let mut object = object(definition, &page.name, true);
        let fields = page.drill_through.iter();
        object.columns.extend(fields.map(|field| (field.table.clone(), field.column.clone())));
        for visual in &page.visuals {
            object.visuals.push(visual.title.clone());
            for shown in visual.category.iter().chain(&visual.series).chain(&visual.values) {
                match shown {
                    Shown::Measure(name) => object.measures.push(name.clone()),
                    Shown::Column(field) => object.columns.push((field.table.clone(), field.column.clone())),
                }
            }
            object.measures.extend(visual.only_with.clone());
        }
        object.measures.sort();
        object.measures.dedup();
        object.columns.sort();
        object.columns.dedup();
        out.push(object);
    }
    out
}

fn object(definition: &Definition, name: &str, is_page: bool) -> ReportObject {
    ReportObject {
        name: name.to_owned(),
        is_page,
        description: String::new(),
        formula: String::new(),
        visuals: Vec::new(),
        schema: definition.schema.clone(),
        columns: Vec::new(),
        counted: Vec::new(),
        measures: Vec::new(),
    }
}

/// `table[column]`, `'a table'[column]` and `[measure]` in a formula that is written out.
fn read_dax(dax: &str, object: &mut ReportObject) {
    let mut rest = dax;
    while let Some(open) = rest.find('[') {
        let (before, after) = rest.split_at(open);
        let Some(close) = after.find(']') else { return };
        let name = after[1..close].to_owned();
        let table = match before.strip_suffix('\'') {
            Some(quoted) => quoted.rsplit('\'').next().unwrap_or_default(),
            None => before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
        };
        match table {
            "" => object.measures.push(name),
            table => object.columns.push((table.to_owned(), name)),
        }
        rest = &after[close + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_formula_names_columns_and_measures() {
        let mut object = ReportObject {
            name: String::new(),
            is_page: false,
            description: String::new(),
            formula: String::new(),
            visuals: Vec::new(),
            schema: "gold".to_owned(),
            columns: Vec::new(),
            counted: Vec::new(),
            measures: Vec::new(),
        };
        read_dax("DIVIDE([Net sales], SUM(fct_sales[quantity])) + MAX('dim date'[full date])", &mut object);
        assert_eq!(object.measures, ["Net sales"]);
        let pair = |table: &str, column: &str| (table.to_owned(), column.to_owned());
        assert_eq!(object.columns, [pair("fct_sales", "quantity"), pair("dim date", "full date")]);
    }
}
