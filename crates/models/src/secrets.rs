//! Environment variables whose values must not be written anywhere: those of `DBT_ENV_SECRET…`.
//! <https://docs.getdbt.com/reference/dbt-jinja-functions/env_var#secrets>

/// How the names of such variables begin.
const PREFIX: &str = "DBT_ENV_SECRET";

pub(crate) fn is_secret(variable: &str) -> bool {
    variable.starts_with(PREFIX)
}

/// The values of all such variables that have one.
pub(crate) fn values() -> Vec<String> {
    let texts = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts
        .filter(|(name, value)| is_secret(name) && !value.trim().is_empty())
        .map(|(_, value)| value)
        .collect()
}

/// The text with asterisks in the place of every secret.
pub(crate) fn without_secrets(text: &str) -> String {
    without(&values(), text.to_owned())
}

/// The text with asterisks in the place of these secrets.
pub(crate) fn without(secrets: &[String], mut text: String) -> String {
    for secret in secrets {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), "*****");
        }
    }
    text
}
