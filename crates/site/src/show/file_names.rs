//! Names of files that every file system and every address takes.

/// Lower case letters, digits, `.`, `_` and `-`; everything else becomes `-`. A name that begins with a dot does not stay
/// hidden.
pub(crate) fn file_name(text: &str) -> String {
    let kept = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '.' | '_' | '-' => letter,
        _ => '-',
    };
    let name: String = text.to_lowercase().chars().map(kept).take(120).collect();
    let name = name.trim_matches('.').replace("..", ".");
    if name.is_empty() { "-".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_as_files_and_addresses() {
        assert_eq!(file_name("gold.Fct_Sales"), "gold.fct_sales");
        assert_eq!(file_name("../../etc/passwd"), "-.-etc-passwd");
        assert_eq!(file_name("Net sales %"), "net-sales--");
        assert_eq!(file_name("..."), "-");
    }
}
