//! What was typed, without what must not be kept: passwords, tokens, keys.

use regex::{Captures, Regex};
use std::sync::LazyLock;

const HIDDEN: &str = "*****";

/// Words of a name whose value is a secret.
const SECRET: &str = r"(?:password|passwd|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key)";

/// A name and its value inside of an argument: `--token=x`, `{password: x}`, `?access_key=x`.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r#"(?i)([\w-]*{SECRET}[\w-]*)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&}}]+)"#)).ok()
});
/// An option whose value is the next argument.
static OPTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)^--?[\w-]*{SECRET}[\w-]*$")).ok());
/// A password in a URL.
static IN_URL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)([^@\s/]+)@").ok());
/// A variable of the environment whose value is a secret.
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i){SECRET}")).ok());

/// The arguments with asterisks in the place of secrets. `environment` has names and values of variables: a value of one
/// that is named as a secret is one wherever it is.
pub(crate) fn without_secrets(
    arguments: &[String],
    environment: impl Iterator<Item = (String, String)>,
) -> Vec<String> {
    let is = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_some_and(|one| one.is_match(text));
    // A short value would be found everywhere.
    let secrets: Vec<String> = environment
        .filter(|(name, value)| is(&VARIABLE, name) && value.trim().len() >= 4)
        .map(|(_, value)| value)
        .collect();
    let mut is_value = false;
    let mut kept = Vec::with_capacity(arguments.len());
    for argument in arguments {
        if std::mem::replace(&mut is_value, is(&OPTION, argument) && !names_a_file(argument)) && !is_value {
            kept.push(HIDDEN.to_owned());
            continue;
        }
        let mut text = argument.clone();
        // The person who is erased: `--key customer_id=4711`.
        if let Some(key) = kept.last().filter(|before| *before == "--key").and(text.split_once('=')) {
            kept.push(format!("{}={HIDDEN}", key.0));
            continue;
        }
        if let Some((column, _)) = text.strip_prefix("--key=").and_then(|key| key.split_once('=')) {
            kept.push(format!("--key={column}={HIDDEN}"));
            continue;
        }
        for secret in &secrets {
            text = text.replace(secret, HIDDEN);
        }
        if let Some(named) = NAMED.as_ref() {
            let hide = |found: &Captures<'_>| match names_a_file(&found[1]) {
                true => found[0].to_owned(),
                false => format!("{}{}{HIDDEN}", &found[1], &found[2]),
            };
            text = named.replace_all(&text, hide).into_owned();
        }
        if let Some(url) = IN_URL.as_ref() {
            text = url.replace_all(&text, format!("${{1}}{HIDDEN}@")).into_owned();
        }
        kept.push(text);
    }
    kept
}

/// `--password-file` names a place, which is worth knowing.
fn names_a_file(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        let environment = [("DBT_ENV_SECRET_GIT", "hunter22"), ("HOME", "/home/anna"), ("MY_TOKEN", "abc")];
        without_secrets(
            &arguments,
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn secrets_are_left_out_and_everything_else_stays() {
        let all = "load-bronze --table orders --raw /home/anna/raw --key order_id";
        let words: Vec<&str> = all.split(' ').collect();
        assert_eq!(kept(&words).join(" "), all);
        assert_eq!(kept(&["erase", "--key", "id=4711"]), ["erase", "--key", "id=*****"]);
        assert_eq!(kept(&["erase", "--key=id=4711"]), ["erase", "--key=id=*****"]);
        assert_eq!(kept(&["--token", "x y", "--quiet"]), ["--token", HIDDEN, "--quiet"]);
        assert_eq!(
            kept(&["--api-key=abc", "--password-file", "a.txt"]),
            ["--api-key=*****", "--password-file", "a.txt"]
        );
        assert_eq!(kept(&["--password-file=a.txt"]), ["--password-file=a.txt"]);
        assert_eq!(
            kept(&["--vars", "{day: 2024-01-01, db_password: 'a b', n: 1}"]),
            ["--vars", "{day: 2024-01-01, db_password: *****, n: 1}"]
        );
        assert_eq!(kept(&[r#"{"client_secret": "x", "n": 1}"#]), [r#"{"client_secret": *****, "n": 1}"#]);
        assert_eq!(
            kept(&["mqtts://reader:pa:ss@broker/plant/#", "https://host/a?access_key=1&b=2"]),
            ["mqtts://reader:*****@broker/plant/#", "https://host/a?access_key=*****&b=2"]
        );
        assert_eq!(kept(&["git+hunter22@host", "abc"]), ["git+*****@host", "abc"]);
    }
}
