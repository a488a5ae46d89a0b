//! Pages and visuals as PBIR: a folder of small JSON files, by the versions of Microsoft's schemas that Desktop in the field
//! knows (<https://learn.microsoft.com/power-bi/developer/projects/projects-report>).

use super::definition::{Definition, Field, Page, Shown, Visual};
use super::model::Model;
use super::sorting::sorting;
use ingot_core::error::{Error, Result};
use serde_json::{Value, json};
use std::path::Path;

const SCHEMAS: &str = "https://developer.microsoft.com/json-schemas/fabric/item/report";
/// Of a page, in pixels.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// Between visuals, and around them.
const GAP: u32 = 12;

/// A kind of visual: its name in Power BI, and the roles that take the category, the series and the values.
struct Kind {
    name: &'static str,
    visual_type: &'static str,
    category: Option<&'static str>,
    series: Option<&'static str>,
    values: &'static str,
}

const fn kind(
    name: &'static str,
    visual_type: &'static str,
    category: Option<&'static str>,
    series: Option<&'static str>,
    values: &'static str,
) -> Kind {
    Kind { name, visual_type, category, series, values }
}

/// Stands for X, Y and Size.
const SCATTER_VALUES: &str = "X, Y, Size";

const KINDS: [Kind; 13] = [
    kind("card", "card", None, None, "Values"),
    kind("line", "lineChart", Some("Category"), Some("Series"), "Y"),
    kind("area", "areaChart", Some("Category"), Some("Series"), "Y"),
    kind("column", "clusteredColumnChart", Some("Category"), Some("Series"), "Y"),
    kind("stacked_column", "columnChart", Some("Category"), Some("Series"), "Y"),
    kind("bar", "clusteredBarChart", Some("Category"), Some("Series"), "Y"),
    kind("donut", "donutChart", Some("Category"), None, "Y"),
    kind("scatter", "scatterChart", Some("Category"), Some("Series"), SCATTER_VALUES),
    kind("map", "map", Some("Category"), None, "Size"),
    kind("gauge", "gauge", None, None, "Y"),
    kind("table", "tableEx", None, None, "Values"),
    kind("matrix", "pivotTable", Some("Rows"), Some("Columns"), "Values"),
    kind("slicer", "slicer", None, None, "Values"),
];

/// Path below `definition/` and content of each file of the report. `own_pages` were added by hand.
///
/// # Errors
/// A visual is of a kind that does not exist, or lacks what its kind shows.
pub(super) fn files(
    definition: &Definition,
    file: &Path,
    model: &Model,
    own_pages: &[String],
) -> Result<Vec<(String, Value)>> {
    let schema = |name: &str| format!("{SCHEMAS}/definition/{name}/schema.json");
    let mut files = vec![
        ("version.json".to_owned(), json!({"$schema": schema("versionMetadata/1.0.0"), "version": "2.0.0"})),
        ("report.json".to_owned(), report(&schema("report/3.0.0"))),
    ];
    let mut order: Vec<String> = definition.pages.iter().map(|page| folder_name(&page.name)).collect();
    let first = order.first().cloned().unwrap_or_default();
    order.extend(own_pages.iter().cloned());
    files.push((
        "pages/pages.json".to_owned(),
        json!({"$schema": schema("pagesMetadata/1.0.0"), "pageOrder": order, "activePageName": first}),
    ));
    for page in &definition.pages {
        let folder = folder_name(&page.name);
        files.push((format!("pages/{folder}/page.json"), page_json(page, &folder, &schema("page/2.0.0"))));
        for (index, visual) in page.visuals.iter().enumerate() {
            let name = format!("{:02}-{}", index + 1, folder_name(&visual.title));
            let place = format!("pages/{folder}/visuals/{name}");
            let body = visual_json(visual, file, model, &name, index, &schema("visualContainer/2.1.0"))?;
            files.push((format!("{place}/visual.json"), body));
            if page.mobile {
                let body = mobile_json(index, &page.visuals, &schema("visualContainerMobileState/2.1.0"));
                files.push((format!("{place}/mobile.json"), body));
            }
        }
    }
    Ok(files)
}

/// Names of folders match `[\w-]+`, or Desktop passes over them without a word. At most 50 characters.
pub(super) fn folder_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    name.truncate(40);
    name.trim_end_matches('-').to_owned()
}

/// The theme on disk; every resource that a report names must be there.
pub(super) fn theme(definition: &Definition) -> Value {
    json!({
        "name": definition.name,
        "dataColors": definition.colors,
        "background": "#FFFFFF",
        "foreground": "#1F2933",
        "tableAccent": definition.colors.first().map_or("#0072B2", String::as_str),
        "textClasses": {
            "title": {"fontFace": "Segoe UI Semibold", "fontSize": 12, "color": "#1F2933"},
            "label": {"fontFace": "Segoe UI", "fontSize": 10, "color": "#3E4C59"},
            "callout": {"fontFace": "Segoe UI Semibold", "fontSize": 28, "color": "#1F2933"}
        }
    })
}

fn report(schema: &str) -> Value {
    let version = json!({"visual": "2.1.0", "page": "2.0.0", "report": "3.0.0"});
    json!({
        "$schema": schema,
        "themeCollection": {
            "customTheme": {"name": "theme.json", "reportVersionAtImport": version, "type": "RegisteredResources"}
        },
        "resourcePackages": [{
            "name": "RegisteredResources",
            "type": "RegisteredResources",
            "items": [{"name": "theme.json", "path": "theme.json", "type": "CustomTheme"}]
        }],
        "settings": {"useStylableVisualContainerHeader": true, "useEnhancedTooltips": true}
    })
}

fn page_json(page: &Page, folder: &str, schema: &str) -> Value {
    let mut body = json!({
        "$schema": schema,
        "name": folder,
        "displayName": page.name,
        "displayOption": "FitToPage",
        "height": HEIGHT,
        "width": WIDTH,
    });
    if let Some(field) = &page.drill_through {
        let filter = format!("{folder}-filter");
        body["filterConfig"] = json!({"filters": [{
            "name": filter, "field": column_field(field), "type": "Categorical", "howCreated": "Drillthrough"
        }]});
        body["pageBinding"] = json!({
            "name": format!("{folder}-binding"),
            "type": "Drillthrough",
            "parameters": [{
                "name": format!("{folder}-parameter"), "boundFilter": filter, "fieldExpr": column_field(field)
            }]
        });
        body["type"] = json!("Drillthrough");
        body["visibility"] = json!("HiddenInViewMode");
    }
    body
}

fn visual_json(
    visual: &Visual,
    file: &Path,
    model: &Model,
    name: &str,
    index: usize,
    schema: &str,
) -> Result<Value> {
    let kinds = || KINDS.iter().map(|kind| kind.name);
    let Some(kind) = KINDS.iter().find(|kind| kind.name == visual.kind) else {
        return Err(Error::new(format!("there is no kind of visual '{}'", visual.kind))
            .at_line(file, visual.line)
            .hint(format!("choose one of {}", kinds().collect::<Vec<_>>().join(", "))));
    };
    let mut state = serde_json::Map::new();
    let parts = [
        ("category", kind.category, &visual.category),
        ("series", kind.series, &visual.series),
        ("values", Some(kind.values), &visual.values),
    ];
    for (part, role, shown) in parts {
        match role {
            None if !shown.is_empty() => {
                return Err(Error::new(format!("a {} has no {part}", visual.kind)).at_line(file, visual.line));
            }
            // Each measure has an axis of its own.
            Some(SCATTER_VALUES) => {
                for (role, one) in ["X", "Y", "Size"].into_iter().zip(shown) {
                    state.insert(role.to_owned(), json!({"projections": [projection(model, one)]}));
                }
            }
            Some(role) if !shown.is_empty() => {
                let projections: Vec<Value> = shown.iter().map(|one| projection(model, one)).collect();
                state.insert(role.to_owned(), json!({"projections": projections}));
            }
            _ => {}
        }
    }
    if visual.values.is_empty() {
        return Err(Error::new(format!("the {} shows nothing", visual.kind))
            .at_line(file, visual.line)
            .hint("add the key 'values'"));
    }
    if visual.kind == "scatter" && !(2..=3).contains(&visual.values.len()) {
        return Err(Error::new("a scatter has two values, along and up, or three, the last for size")
            .at_line(file, visual.line));
    }
    let mut query = json!({"queryState": state});
    if let Some(sorting) = sorting(visual, model) {
        let direction = if sorting.descending { "Descending" } else { "Ascending" };
        query["sortDefinition"] = json!({
            "sort": [{"field": field(model, &sorting.shown), "direction": direction}], "isDefaultSort": false
        });
    }
    let [x, y, width, height] = pixels(visual.at);
    let mut body = json!({
        "$schema": schema,
        "name": name,
        "position": {"x": x, "y": y, "z": index, "height": height, "width": width, "tabOrder": index},
        "visual": {
            "visualType": kind.visual_type,
            "query": query,
            "visualContainerObjects": {
                "title": [{"properties": {"show": literal("true"), "text": literal(&quoted(&visual.title))}}],
                "general": [{"properties": {"altText": literal(&quoted(&visual.alt))}}]
            },
            "drillFilterOtherVisuals": true
        }
    });
    if let Some(objects) = objects(visual, model) {
        body["visual"]["objects"] = objects;
    }
    let mut filters = Vec::new();
    if let Some(top) = visual.top {
        let mut shown = visual.category.iter().chain(&visual.values);
        let first = shown.find_map(|one| if let Shown::Column(field) = one { Some(field) } else { None });
        let by = visual
            .values
            .iter()
            .find_map(|one| if let Shown::Measure(name) = one { Some(name) } else { None });
        let (Some(first), Some(by)) = (first, by) else {
            return Err(Error::new("'top' needs a column and a measure").at_line(file, visual.line));
        };
        filters.push(top_filter(name, top, first, model, by));
    }
    filters.extend(visual.only_with.as_ref().map(|measure| value_filter(name, model, measure)));
    if !filters.is_empty() {
        body["filterConfig"] = json!({"filters": filters});
    }
    Ok(body)
}

/// Settings by which a visual differs from Power BI's default: a gauge of a share ends at 100 % and not at twice its value; a
/// slicer fits into one row of the grid.
fn objects(visual: &Visual, model: &Model) -> Option<Value> {
    match (visual.kind.as_str(), visual.values.first()?) {
        ("gauge", Shown::Measure(name)) => {
            let measures = model.tables.iter().flat_map(|table| &table.measures);
            let is_share = measures.into_iter().any(|one| one.name == *name && one.format.contains('%'));
            is_share.then(|| json!({"axis": [{"properties": {"min": literal("0D"), "max": literal("1D")}}]}))
        }
        ("slicer", Shown::Column(field)) => {
            let mode = match model.column(field)?.data_type {
                "dateTime" => "'Between'",
                "double" | "decimal" => "'Single'",
                _ => "'Dropdown'",
            };
            Some(json!({"data": [{"properties": {"mode": literal(mode)}}]}))
        }
        _ => None,
    }
}

/// Members for which a measure is not blank.
fn value_filter(name: &str, model: &Model, measure: &str) -> Value {
    let home = model.home_of(measure).unwrap_or_default();
    let of_source = json!({"Measure": {"Expression": {"SourceRef": {"Source": "m"}}, "Property": measure}});
    json!({
        "name": format!("{name}-only"),
        "field": field(model, &Shown::Measure(measure.to_owned())),
        "type": "Advanced",
        "filter": {
            "Version": 2,
            "From": [{"Name": "m", "Entity": home, "Type": 0}],
            "Where": [{"Condition": {"Not": {"Expression": {"Comparison": {
                "ComparisonKind": 0, "Left": of_source, "Right": {"Literal": {"Value": "null"}}
            }}}}}]
        }
    })
}

/// The first so many values of a column by a measure.
fn top_filter(name: &str, top: u32, category: &Field, model: &Model, by: &str) -> Value {
    let of_source = |source: &str, property: &str, kind: &str| json!({kind: {"Expression": {"SourceRef": {"Source": source}}, "Property": property}});
    let home = model.home_of(by).unwrap_or_default();
    let column = of_source("c", &category.column, "Column");
    json!({
        "name": format!("{name}-top"),
        "field": column_field(category),
        "type": "TopN",
        "filter": {
            "Version": 2,
            "From": [
                {"Name": "subquery", "Expression": {"Subquery": {"Query": {
                    "Version": 2,
                    "From": [
                        {"Name": "c", "Entity": category.table, "Type": 0},
                        {"Name": "m", "Entity": home, "Type": 0}
                    ],
                    "Select": [{
                        "Column": column["Column"], "Name": "field"
                    }],
                    "OrderBy": [{"Direction": 2, "Expression": of_source("m", by, "Measure")}],
                    "Top": top
                }}}, "Type": 2},
                {"Name": "c", "Entity": category.table, "Type": 0}
            ],
            "Where": [{"Condition": {"In": {
                "Expressions": [column], "Table": {"SourceRef": {"Source": "subquery"}}
            }}}]
        }
    })
}

/// One below the other, cards and slicers two in a row, on a phone's page of 324 pixels.
fn mobile_json(index: usize, visuals: &[Visual], schema: &str) -> Value {
    let (mut x, mut y) = (0, 0);
    for (position, visual) in visuals.iter().enumerate() {
        let is_small = matches!(visual.kind.as_str(), "card" | "slicer");
        let (width, height) = if is_small { (158, 96) } else { (324, 240) };
        if x + width > 324 {
            (x, y) = (0, y + 104);
        }
        if position == index {
            return json!({
                "$schema": schema,
                "position": {"x": x, "y": y, "z": index, "width": width, "height": height, "tabOrder": index}
            });
        }
        let next_is_small =
            visuals.get(position + 1).is_some_and(|next| matches!(next.kind.as_str(), "card" | "slicer"));
        if is_small && x == 0 && next_is_small {
            x = 166;
        } else {
            (x, y) = (0, y + height + 8);
        }
    }
    Value::Null
}

/// x, y, width and height in pixels of a place on the grid of 12 by 8.
pub(super) fn pixels([column, row, width, height]: [u32; 4]) -> [u32; 4] {
    let along = |cells: u32, of: u32, size: u32| GAP + cells * (size - GAP) / of;
    let (x, y) = (along(column, 12, WIDTH), along(row, 8, HEIGHT));
    [x, y, along(column + width, 12, WIDTH) - x - GAP, along(row + height, 8, HEIGHT) - y - GAP]
}

/// What a column is called in a visual: `net_sales_aud` as `Net sales aud`.
pub(super) fn caption(column: &str) -> String {
    let words = column.replace('_', " ");
    let mut characters = words.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn projection(model: &Model, shown: &Shown) -> Value {
    let (entity, property) = match shown {
        Shown::Column(field) => (field.table.as_str(), field.column.as_str()),
        Shown::Measure(name) => (model.home_of(name).unwrap_or_default(), name.as_str()),
    };
    let mut projection = json!({
        "field": field(model, shown), "queryRef": format!("{entity}.{property}"), "nativeQueryRef": property
    });
    if let Shown::Column(field) = shown {
        let caption = caption(&field.column);
        if caption != field.column {
            projection["displayName"] = json!(caption);
        }
    }
    projection
}

fn field(model: &Model, shown: &Shown) -> Value {
    match shown {
        Shown::Column(field) => column_field(field),
        Shown::Measure(name) => {
            let home = model.home_of(name).unwrap_or_default();
            json!({"Measure": {"Expression": {"SourceRef": {"Entity": home}}, "Property": name}})
        }
    }
}

fn column_field(field: &Field) -> Value {
    json!({"Column": {"Expression": {"SourceRef": {"Entity": field.table}}, "Property": field.column}})
}

fn literal(value: &str) -> Value {
    json!({"expr": {"Literal": {"Value": value}}})
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_names_that_desktop_accepts() {
        assert_eq!(folder_name("Net sales, AUD (top 10)"), "net-sales-aud-top-10");
        assert_eq!(folder_name("Ünïcode"), "n-code");
    }

    #[test]
    fn places_on_the_grid_fill_the_page_and_do_not_touch() {
        assert_eq!(pixels([0, 0, 12, 8]), [GAP, GAP, WIDTH - 2 * GAP, HEIGHT - 2 * GAP]);
        let (left, right) = (pixels([0, 0, 6, 8]), pixels([6, 0, 6, 8]));
        assert_eq!(left[0] + left[2] + GAP, right[0]);
    }
}
