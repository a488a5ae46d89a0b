//! Values of environment variables that must not be written anywhere: those of `DBT_ENV_SECRET…`.

/// The text with asterisks in the place of every secret.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if name.starts_with("DBT_ENV_SECRET") && !value.trim().is_empty() {
            text = text.replace(value, "*****");
        }
    }
    text
}
