//! What single cells look like, for telling names of columns from data.

/// Whether the text is a number, a date or a time rather than a word.
pub(super) fn is_data(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    let is_word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "\\n");
    is_word
        || (digits > 0
            && (letters == 0
                || letters <= 3 && digits >= 4 && text.starts_with(|c: char| c.is_ascii_digit())))
        || text.contains('@') && text.contains('.')
}

/// Whether a row of cells may name columns: words, each once. The first may be missing, as indexes of data frames have no name.
pub(super) fn may_be_header(cells: &[&str]) -> bool {
    let named = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    named > 0
        && named + 2 >= cells.len()
        && named * 2 >= cells.len()
        && cells.iter().all(|cell| !is_data(cell) && cell.len() <= 120)
}

/// The names, each once: the second `n` is `n_2`.
pub(super) fn told_apart(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let mut own = name.clone();
        let mut number = 2;
        while found.contains(&own) {
            own = format!("{name}_{number}");
            number += 1;
        }
        found.push(own);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_data_and_words_are_not() {
        for text in
            ["1", "-2.5", "2024-01-01", "12:30", "1,5", "50%", "2024-01-01T10:00:00Z", "a@b.de", "true"]
        {
            assert!(is_data(text), "{text}");
        }
        for text in ["id", "Q1", "amount_2", "Name", "address line 1", ""] {
            assert!(!is_data(text), "{text}");
        }
    }
}
