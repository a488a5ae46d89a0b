//! Rows below a table that count or sum it up.

/// Words for a total.
const WORDS: [&str; 10] = [
    "total",
    "totals",
    "grand total",
    "sum",
    "subtotal",
    "summe",
    "gesamt",
    "gesamtsumme",
    "totaal",
    "totale",
];

/// Whether the text may begin the last row of a report: a total.
pub fn is_total(text: &str) -> bool {
    let text = bare(text);
    WORDS.contains(&text.as_str()) || text.starts_with("total ") || is_count(&text)
}

/// Whether it is such a word and nothing else, or a number of rows in words. A name may begin with the word.
pub fn is_only_total(text: &str) -> bool {
    let text = bare(text);
    WORDS.contains(&text.as_str()) || is_count(&text)
}

/// Whether it is a number of rows in words, as `(3 rows)`, which is a value in no table.
pub fn is_count(text: &str) -> bool {
    let text = bare(text);
    let inner = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(&text);
    inner.split_once(' ').is_some_and(|(number, words)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(
                words,
                "row" | "rows" | "rows affected" | "row(s) affected" | "rows selected." | "rows selected"
            )
    })
}

fn bare(text: &str) -> String {
    text.trim().trim_end_matches(':').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_words_of_their_own() {
        assert!(is_total("Total") && is_total("Summe:") && is_total("(3 rows)") && !is_total("Totally"));
        assert!(is_total("Total Care Ltd") && !is_only_total("Total Care Ltd") && is_only_total("TOTAL:"));
        assert!(is_count("(1 row)") && is_count("3 rows") && !is_count("(a rows)") && !is_count("Total"));
    }
}
