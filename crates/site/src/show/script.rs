//! JSON as part of a script.

use serde_json::Value as Json;

/// JSON in which nothing ends the script that it is in: neither `</`, nor `<!--`, nor the line ends U+2028 and U+2029.
pub(crate) fn script_safe(value: &Json) -> String {
    value
        .to_string()
        .replace("</", "<\\/")
        .replace("<!--", "<\\!--")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_the_script() {
        assert_eq!(script_safe(&serde_json::json!(["</script>"])), "[\"<\\/script>\"]");
    }
}
