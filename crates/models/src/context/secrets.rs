//! Secrets of the environment in YAML files: while a template is rendered they are a placeholder, so that no filter can give
//! them a form in which a message shows them.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/config/renderer.py> (SecretRenderer)

use crate::secrets::is_secret;
use serde_json::Value as Json;

const START: &str = "$$$DBT_SECRET_START$$$";
const END: &str = "$$$DBT_SECRET_END$$$";

/// What stands for the variable while a template is rendered; `None` if it is no secret.
pub(super) fn placeholder(name: &str) -> Option<String> {
    is_secret(name).then(|| format!("{START}{name}{END}"))
}

/// A rendered value with secrets in the place of their placeholders.
pub(super) fn put_in_place(value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, inside)) = rest.split_once(START) {
        let Some((name, behind)) = inside.split_once(END) else { break };
        out.push_str(before);
        out.push_str(&std::env::var(name).unwrap_or_default());
        rest = behind;
    }
    out.push_str(rest);
    Json::String(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_placeholder_is_a_secret() {
        // A variable that is not set is empty.
        let text = format!("a{}b", placeholder("DBT_ENV_SECRET_NOT_SET_HERE").unwrap());
        assert_eq!(put_in_place(text.into()), "ab");
        let spread = "$$$DBT_SECRET_START$$$DBT_ENV_SECRET_X";
        assert_eq!(put_in_place(spread.into()), spread);
        assert_eq!((placeholder("HOME"), put_in_place(1.into())), (None, Json::from(1)));
    }
}
