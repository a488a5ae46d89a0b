//! `query-comment` of the project: a comment in front of every statement, or behind it, which tells those who read the
//! engine's log who sent it. <https://docs.getdbt.com/reference/project-configs/query-comment>

use crate::connection::QueryComment;
use crate::json_values::json_string;
use ingot_jinja::{Environment, Error, Globals, Result, Template};
use serde_json::Value as Json;

/// What dbt writes, if the project does not say what.
const USUAL: &str = "
{%- set comment_dict = {} -%}
{%- do comment_dict.update(
    app='dbt',
    dbt_version=dbt_version,
    profile_name=target.get('profile_name'),
    target_name=target.get('target_name'),
) -%}
{%- if node is not none -%}{%- do comment_dict.update(node_id=node.unique_id) -%}
{%- else -%}{%- do comment_dict.update(connection_name=connection_name) -%}
{%- endif -%}
{{ return(tojson(comment_dict)) }}";

/// The comment of the statements of the node `name`, or of what is no node's: `None` if the project has none, which is
/// also so if it does not say anything.
///
/// # Errors
/// Its template fails, or what it gives would end the comment.
pub(super) fn render(
    setting: &Json,
    name: Option<&str>,
    environment: &Environment,
    globals: &dyn Globals,
) -> Result<Option<QueryComment>> {
    let (text, appended) = match setting {
        Json::String(text) => (text.as_str(), false),
        Json::Object(members) => (
            members.get("comment").map_or(Some(USUAL), Json::as_str).unwrap_or_default(),
            members.get("append").and_then(Json::as_bool).unwrap_or(false),
        ),
        _ => return Ok(None),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let (name, node) = name.map_or(("master", "none"), |name| (name, "model"));
    let macro_text = format!(
        "{{%- macro query_comment_macro(connection_name, node) -%}}\n{text}\n{{% endmacro %}}{{{{ query_comment_macro({}, {node}) }}}}",
        json_string(name)
    );
    let text = Template::parse(macro_text, "dbt_project.yml", environment)?.render(environment, globals)?;
    if text.contains("*/") {
        return Err(Error::value(
            "the comment that `query-comment` gives has '*/' in it, which would end it",
        )
        .hint("leave it out of `query-comment` in dbt_project.yml"));
    }
    Ok((!text.trim().is_empty()).then(|| QueryComment { text: text.trim().to_owned(), appended }))
}
