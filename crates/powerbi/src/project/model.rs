//! The semantic model: the star as people of BI see it. Built from the catalog of the warehouse, the descriptions and
//! relationships of the project, and the definition; everything that the definition names must be there.

use super::dax;
use super::definition::{Definition, Field, Formula, Measure, Period, Shown};
use crate::dbt_manifest::{DbtManifest, Reference};
use crate::warehouse::{WarehouseColumn, WarehouseTable};
use ingot_core::error::{Error, Result};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What contracts say of a column, by the names of the feed and of the column in lower case.
pub(super) type ContractDescriptions = BTreeMap<(String, String), String>;

#[derive(Debug, Clone, Serialize)]
pub(super) struct Model {
    pub tables: Vec<Table>,
    pub relationships: Vec<Relationship>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Table {
    pub name: String,
    pub description: String,
    /// The date dimension.
    pub is_date: bool,
    pub columns: Vec<TableColumn>,
    pub measures: Vec<TableMeasure>,
    pub hierarchies: Vec<TableHierarchy>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TableColumn {
    pub name: String,
    pub description: String,
    /// TMDL's: `int64`, `decimal`, `double`, `string`, `dateTime`.
    pub data_type: &'static str,
    pub format: Option<&'static str>,
    pub is_hidden: bool,
    pub is_key: bool,
    pub sort_by: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TableMeasure {
    pub name: String,
    pub description: String,
    pub dax: String,
    pub format: String,
    pub folder: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct TableHierarchy {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Relationship {
    pub from_table: String,
    pub from_column: String,
    pub to_table: String,
    pub to_column: String,
    /// Power BI follows only one path between two tables.
    pub is_active: bool,
}

impl Model {
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub(super) fn column(&self, field: &Field) -> Option<&TableColumn> {
        self.table(&field.table)?.columns.iter().find(|column| column.name == field.column)
    }

    /// The table that a measure is listed under.
    pub(super) fn home_of(&self, measure: &str) -> Option<&str> {
        let has = |table: &&Table| table.measures.iter().any(|one| one.name == measure);
        self.tables.iter().find(has).map(|table| table.name.as_str())
    }
}

/// Builds the model and checks every name of the definition against it.
///
/// # Errors
/// The definition (`file`) names a table, a column or a measure that does not exist, or names two things alike.
pub(super) fn build(
    definition: &Definition,
    file: &Path,
    manifest: &DbtManifest,
    contracts: &ContractDescriptions,
    relations: &[WarehouseTable],
) -> Result<Model> {
    let references = manifest.references(&definition.schema);
    let chosen = choose(definition, file, relations, &references)?;
    let relationships = relationships(&references, &chosen);
    let keys: BTreeSet<(String, String)> = relationships
        .iter()
        .flat_map(|one| {
            [(one.from_table.clone(), one.from_column.clone()), (one.to_table.clone(), one.to_column.clone())]
        })
        .collect();
    let tables = chosen
        .iter()
        .map(|relation| Table {
            name: relation.name.clone(),
            description: manifest
                .model(&definition.schema, &relation.name)
                .map(|model| model.description.clone())
                .unwrap_or_default(),
            is_date: definition.calendar() == Some(&relation.name),
            columns: relation
                .columns
                .iter()
                .map(|column| table_column(definition, (manifest, contracts), &keys, relation, column))
                .collect(),
            measures: Vec::new(),
            hierarchies: definition
                .hierarchies
                .iter()
                .filter(|one| one.table == relation.name)
                .map(|one| TableHierarchy { name: one.name.clone(), columns: one.columns.clone() })
                .collect(),
        })
        .collect();
    let mut model = Model { tables, relationships };
    check_columns(&model, definition, file)?;
    add_what_if(&mut model, definition);
    add_measures(&mut model, definition, file)?;
    check_shown(&model, definition, file)?;
    Ok(model)
}

/// Facts and dimensions (what refers to another table, or is referred to), and what the definition adds.
fn choose<'a>(
    definition: &Definition,
    file: &Path,
    relations: &'a [WarehouseTable],
    references: &[Reference],
) -> Result<Vec<&'a WarehouseTable>> {
    let names = || relations.iter().map(|relation| relation.name.as_str());
    for name in definition.tables.iter().map(String::as_str).chain(definition.calendar()) {
        if !names().any(|other| other == name) {
            return Err(Error::new(format!("there is no table or view '{}.{name}'", definition.schema))
                .at(file)
                .did_you_mean(name, names()));
        }
    }
    let is_chosen = |relation: &&WarehouseTable| {
        let name = &relation.name;
        references.iter().any(|one| one.from_table == *name || one.to_table == *name)
            || definition.tables.contains(name)
            || definition.calendar() == Some(name)
    };
    Ok(relations.iter().filter(is_chosen).collect())
}

/// The first reference from one table to another is active, unless it would make a second path for a filter; references of
/// tables that nothing refers to (facts) come first.
fn relationships(references: &[Reference], chosen: &[&WarehouseTable]) -> Vec<Relationship> {
    let position = |one: &Reference| {
        let table = chosen.iter().position(|relation| relation.name == one.from_table)?;
        let column = chosen[table].columns.iter().position(|column| column.name == one.from_column)?;
        chosen.iter().find(|relation| relation.name == one.to_table)?;
        Some((table, column))
    };
    let mut sorted: Vec<_> = references.iter().filter_map(|one| Some((position(one)?, one))).collect();
    let is_referred_to = |name: &str| references.iter().any(|one| one.to_table == name);
    sorted.sort_by_key(|(place, one)| (is_referred_to(&one.from_table), *place));
    // For each table, the tables that filter it, and whom it filters.
    let mut filters: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut result = Vec::new();
    for (_, one) in sorted {
        let reach = |start: &str| {
            let mut reached = BTreeSet::from([start.to_owned()]);
            let mut open = vec![start.to_owned()];
            while let Some(table) = open.pop() {
                for next in filters.get(&table).into_iter().flatten() {
                    if reached.insert(next.clone()) {
                        open.push(next.clone());
                    }
                }
            }
            reached
        };
        let below = reach(&one.from_table);
        let above = filters.keys().map(String::as_str).chain([one.to_table.as_str()]);
        let above: Vec<&str> = above.filter(|table| reach(table).contains(&one.to_table)).collect();
        let is_second_path =
            above.iter().any(|table| !reach(table).is_disjoint(&below)) || below.contains(&one.to_table);
        if !is_second_path {
            filters.entry(one.to_table.clone()).or_default().insert(one.from_table.clone());
        }
        result.push(Relationship {
            from_table: one.from_table.clone(),
            from_column: one.from_column.clone(),
            to_table: one.to_table.clone(),
            to_column: one.to_column.clone(),
            is_active: !is_second_path,
        });
    }
    result
}

fn table_column(
    definition: &Definition,
    (manifest, contracts): (&DbtManifest, &ContractDescriptions),
    keys: &BTreeSet<(String, String)>,
    relation: &WarehouseTable,
    column: &WarehouseColumn,
) -> TableColumn {
    let field = Field { table: relation.name.clone(), column: column.name.clone() };
    let is_key = definition.date.as_ref() == Some(&field);
    let (data_type, format) = tmdl_type(&column.data_type);
    let is_technical = keys.contains(&(relation.name.clone(), column.name.clone()))
        || column.name.ends_with("_key")
        || column.name.ends_with("_id")
        || column.name == "ingestion_ts";
    TableColumn {
        name: column.name.clone(),
        description: manifest
            .model(&definition.schema, &relation.name)
            .and_then(|model| manifest.inherited_description(model, &column.name, contracts))
            .unwrap_or_default(),
        data_type,
        format,
        is_hidden: !is_key && (is_technical || definition.hidden.contains(&field)),
        is_key,
        sort_by: definition.sort_by.iter().find(|(of, _)| *of == field).map(|(_, by)| by.clone()),
    }
}

/// TMDL's data type for a type that BI reads right, and how its values are shown.
fn tmdl_type(type_name: &str) -> (&'static str, Option<&'static str>) {
    match type_name {
        "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" => ("int64", Some("0")),
        "FLOAT" | "DOUBLE" => ("double", None),
        "DATE" => ("dateTime", Some("yyyy-mm-dd")),
        "TIMESTAMP" => ("dateTime", Some("yyyy-mm-dd hh:nn:ss")),
        name if name.starts_with("DECIMAL") => ("decimal", None),
        _ => ("string", None),
    }
}

fn add_what_if(model: &mut Model, definition: &Definition) {
    for one in &definition.what_if {
        model.tables.push(Table {
            name: one.name.clone(),
            description: one.description.clone(),
            is_date: false,
            columns: vec![TableColumn {
                name: one.name.clone(),
                description: one.description.clone(),
                data_type: "double",
                format: None,
                is_hidden: false,
                is_key: false,
                sort_by: None,
            }],
            measures: vec![TableMeasure {
                name: format!("{} value", one.name),
                description: format!("The chosen value: {}", one.description),
                dax: format!(
                    "SELECTEDVALUE({}, {})",
                    dax::column(&Field { table: one.name.clone(), column: one.name.clone() }),
                    one.default
                ),
                format: one.format.clone(),
                folder: "What if".to_owned(),
            }],
            hierarchies: Vec::new(),
        });
    }
}

fn add_measures(model: &mut Model, definition: &Definition, file: &Path) -> Result<()> {
    let of_tables = model.tables.iter().flat_map(|table| table.measures.iter().map(|one| one.name.clone()));
    let names: Vec<String> =
        definition.measures.iter().map(|one| one.name.clone()).chain(of_tables).collect();
    for one in &definition.measures {
        let error =
            |what: String| Error::new(format!("the measure '{}': {what}", one.name)).at_line(file, one.line);
        if names.iter().filter(|name| name.eq_ignore_ascii_case(&one.name)).count() > 1 {
            return Err(error("there are two with this name".to_owned()));
        }
        for other in referred_measures(one) {
            if !names.contains(&other) {
                return Err(error(format!("there is no measure '{other}'"))
                    .did_you_mean(&other, names.iter().map(String::as_str)));
            }
        }
        let home = home(definition, one, 0)
            .ok_or_else(|| error("it does not say its table".to_owned()).hint("add the key 'table'"))?;
        if matches!(one.formula, Formula::Period { period: Period::Forecast90Days, .. })
            && definition.last_day.is_none()
        {
            return Err(error("a forecast begins after the last day with facts".to_owned())
                .hint("add the key 'last_day' with a column of dates of a fact"));
        }
        if let Formula::Aggregate { column: Some(column), only, .. } = &one.formula {
            for name in only.iter().map(|(name, _)| name).chain([column]) {
                check_column(model, &Field { table: home.clone(), column: name.clone() })
                    .map_err(|what| error(what.message().to_owned()))?;
            }
        }
        let dax = dax::expression(definition, one);
        let Some(table) = model.tables.iter_mut().find(|table| table.name == home) else {
            return Err(error(format!("there is no table '{home}'")));
        };
        // Power BI refuses the model: `[name]` could mean either.
        if table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&one.name)) {
            return Err(error(format!("a column of '{home}' has the same name")).hint("rename the measure"));
        }
        table.measures.push(TableMeasure {
            name: one.name.clone(),
            description: one.description.clone(),
            dax,
            format: one.format.clone(),
            folder: one.folder.clone(),
        });
    }
    Ok(())
}

/// The measures that a formula needs.
pub(super) fn referred_measures(one: &Measure) -> Vec<String> {
    match &one.formula {
        Formula::Ratio(part, whole) => vec![part.clone(), whole.clone()],
        Formula::Period { of, .. } => vec![of.clone()],
        Formula::Aggregate { .. } | Formula::Written(_) => Vec::new(),
    }
}

/// The table that a measure is listed under: the one it names, that of its column, or that of the measure it is made of.
fn home(definition: &Definition, one: &Measure, depth: usize) -> Option<String> {
    if let Some(table) = &one.table {
        return Some(table.clone());
    }
    if let Formula::Aggregate { table, .. } = &one.formula {
        return Some(table.clone());
    }
    let first = referred_measures(one).into_iter().next()?;
    let other = definition.measures.iter().find(|measure| measure.name == first)?;
    // A measure that is made of itself has no home.
    if depth > definition.measures.len() { None } else { home(definition, other, depth + 1) }
}

fn check_column(model: &Model, field: &Field) -> Result<()> {
    let Some(table) = model.table(&field.table) else {
        return Err(Error::new(format!("there is no table '{}' in the model", field.table))
            .did_you_mean(&field.table, model.tables.iter().map(|table| table.name.as_str())));
    };
    if table.columns.iter().any(|column| column.name == field.column) {
        return Ok(());
    }
    Err(Error::new(format!("there is no column '{}.{}'", field.table, field.column))
        .did_you_mean(&field.column, table.columns.iter().map(|column| column.name.as_str())))
}

fn check_columns(model: &Model, definition: &Definition, file: &Path) -> Result<()> {
    let mut fields: Vec<Field> = definition.date.iter().chain(&definition.last_day).cloned().collect();
    fields.extend(definition.hidden.iter().cloned());
    for (column, by) in &definition.sort_by {
        fields.extend([column.clone(), Field { table: column.table.clone(), column: by.clone() }]);
    }
    for hierarchy in &definition.hierarchies {
        let columns = hierarchy.columns.iter();
        fields.extend(columns.map(|column| Field { table: hierarchy.table.clone(), column: column.clone() }));
    }
    for field in &fields {
        check_column(model, field).map_err(|error| error.at(file))?;
    }
    for role in &definition.roles {
        if model.table(&role.table).is_none() {
            return Err(
                Error::new(format!("the role '{}': there is no table '{}'", role.name, role.table)).at(file)
            );
        }
    }
    Ok(())
}

fn check_shown(model: &Model, definition: &Definition, file: &Path) -> Result<()> {
    for page in &definition.pages {
        if let Some(field) = &page.drill_through {
            check_column(model, field).map_err(|error| error.at(file))?;
        }
        for visual in &page.visuals {
            let only_with =
                visual.only_with.iter().map(|name| Shown::Measure(name.clone())).collect::<Vec<_>>();
            for shown in visual.category.iter().chain(&visual.series).chain(&visual.values).chain(&only_with)
            {
                match shown {
                    Shown::Column(field) => {
                        check_column(model, field).map_err(|error| error.at_line(file, visual.line))?;
                    }
                    Shown::Measure(name) if model.home_of(name).is_none() => {
                        let names = model
                            .tables
                            .iter()
                            .flat_map(|table| &table.measures)
                            .map(|one| one.name.as_str());
                        return Err(Error::new(format!("there is no measure '{name}'"))
                            .at_line(file, visual.line)
                            .did_you_mean(name, names));
                    }
                    Shown::Measure(_) => {}
                }
            }
        }
    }
    Ok(())
}
