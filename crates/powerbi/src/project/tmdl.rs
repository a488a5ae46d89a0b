//! The model as TMDL, by the templates beside this file. TMDL indents by tabs; a name with anything but letters, digits and
//! underscores is quoted; a description is `///` above its object
//! (<https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview>).

use super::definition::Definition;
use super::model::Model;
use ingot_core::error::{Error, Result};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

const TEMPLATES: [(&str, &str); 5] = [
    ("model", include_str!("templates/model.tmdl.j2")),
    ("expressions", include_str!("templates/expressions.tmdl.j2")),
    ("relationships", include_str!("templates/relationships.tmdl.j2")),
    ("table", include_str!("templates/table.tmdl.j2")),
    ("role", include_str!("templates/role.tmdl.j2")),
];

/// Path below `definition/` and text of each file. `own_tables` and `own_roles` are those that somebody added by hand.
///
/// # Errors
/// Only if a template is wrong.
pub(super) fn files(
    definition: &Definition,
    model: &Model,
    own: &OwnObjects,
) -> Result<Vec<(String, String)>> {
    let environment = environment()?;
    let render = |name: &str, context: Value| -> Result<String> {
        let template = environment.get_template(name);
        let text = template.and_then(|template| template.render(context));
        text.map_err(|error| Error::defect(format!("the template '{name}' fails: {error:#}")))
    };
    let mut files = vec![("database.tmdl".to_owned(), "database\n\tcompatibilityLevel: 1567\n".to_owned())];
    let settings = context! {
        culture => definition.culture, schema => definition.schema, warehouse => definition.warehouse,
    };
    files.push((
        "model.tmdl".to_owned(),
        render("model", context! {
            settings, tables => model.tables, roles => definition.roles.iter().map(|role| &role.name).collect::<Vec<_>>(),
            own_tables => own.tables, own_roles => own.roles,
        })?,
    ));
    files.push(("expressions.tmdl".to_owned(), render("expressions", context! { settings })?));
    files.push((
        "relationships.tmdl".to_owned(),
        render("relationships", context! { relationships => model.relationships })?,
    ));
    for table in &model.tables {
        let what_if = definition.what_if.iter().find(|one| one.name == table.name);
        let what_if = what_if
            .map(|one| context! { from => one.from, to => one.to, step => one.step, format => one.format });
        let text = render("table", context! { settings, table, what_if })?;
        files.push((format!("tables/{}.tmdl", file_name(&table.name)), text));
    }
    for role in &definition.roles {
        let text = render(
            "role",
            context! { name => role.name, table => role.table, filter => role.filter.trim() },
        )?;
        files.push((format!("roles/{}.tmdl", file_name(&role.name)), text));
    }
    Ok(files)
}

/// What somebody added in files of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnObjects {
    pub tables: Vec<String>,
    pub roles: Vec<String>,
}

fn environment() -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(false);
    environment.set_keep_trailing_newline(true);
    environment.add_filter("name", |text: String| name(&text));
    environment.add_filter("tag", |text: String| lineage_tag(&text));
    environment.add_filter("description", |text: String, tabs: usize| description(&text, tabs));
    environment.add_filter("dax", |text: String, tabs: usize| expression(&text, tabs));
    environment.add_filter("m_text", |text: String| format!("\"{}\"", text.replace('"', "\"\"")));
    for (name, text) in TEMPLATES {
        environment
            .add_template(name, text)
            .map_err(|error| Error::defect(format!("the template '{name}' is wrong: {error}")))?;
    }
    Ok(environment)
}

/// A name without what Windows does not allow in names of files (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn file_name(name: &str) -> String {
    let is_allowed = |one: char| !one.is_control() && !r#"<>:"/\|?*"#.contains(one);
    let name: String = name.chars().map(|one| if is_allowed(one) { one } else { '_' }).collect();
    name.trim_end_matches([' ', '.']).to_owned()
}

/// A name as TMDL writes it.
pub(super) fn name(text: &str) -> String {
    let is_plain =
        !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || character == '_');
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// By which Power BI knows an object when its name changes: made of the name, so that the same input gives the same bytes.
pub(super) fn lineage_tag(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-5{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// Lines `///`, with the line break behind them; nothing for an empty text.
fn description(text: &str, tabs: usize) -> String {
    let indent = "\t".repeat(tabs);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("{indent}/// {line}\n")).collect()
}

/// What stands behind `=`: on the same line, or below it if there are several lines.
fn expression(text: &str, tabs: usize) -> String {
    if !text.contains('\n') {
        return format!(" {text}");
    }
    let indent = "\t".repeat(tabs);
    text.lines().map(|line| format!("\n{indent}{line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_and_quotes_are_quoted() {
        assert_eq!(name("fct_sales"), "fct_sales");
        assert_eq!(name("Total sales"), "'Total sales'");
        assert_eq!(name("Bob's"), "'Bob''s'");
    }

    #[test]
    fn files_have_names_that_windows_allows() {
        assert_eq!(file_name("Größe [m]"), "Größe [m]");
        assert_eq!(file_name("a/b: \"c\"."), "a_b_ _c_");
    }

    #[test]
    fn an_expression_of_several_lines_is_below_its_name() {
        assert_eq!(expression("SUM(x)", 3), " SUM(x)");
        assert_eq!(expression("VAR a = 1\nRETURN a", 2), "\n\t\tVAR a = 1\n\t\tRETURN a");
    }

    #[test]
    fn a_lineage_tag_is_a_uuid_that_depends_only_on_the_name() {
        assert_eq!(lineage_tag("a"), lineage_tag("a"));
        assert_ne!(lineage_tag("a"), lineage_tag("b"));
        assert_eq!(lineage_tag("a").len(), 36);
    }
}
