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

/// Whether the text begins the last row of a report: a total.
pub(crate) fn is_total(text: &str) -> bool {
    let text = text.trim().trim_end_matches(':').to_lowercase();
    let words = [
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
    words.contains(&text.as_str())
        || text.starts_with("total ")
        || text.starts_with("(") && text.ends_with(" rows)")
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

/// Whether these rows below make it plain that a row of words above them is a header, or do not speak against it.
pub(super) fn is_header_over(header: &[&str], rows: &[Vec<String>]) -> bool {
    if !may_be_header(header) {
        return false;
    }
    if rows.is_empty() {
        return true;
    }
    // Words over nothing but numbers or dates are names.
    let is_over_data = |at: usize| {
        let mut filled =
            rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty()).peekable();
        filled.peek().is_some() && filled.all(|cell| is_data(cell))
    };
    if header.iter().enumerate().any(|(at, name)| !name.trim().is_empty() && is_over_data(at)) {
        return true;
    }
    // A value that comes again in its own column is data.
    let repeated = header.iter().enumerate().filter(|(at, name)| {
        !name.is_empty() && rows.iter().any(|row| row.get(*at).is_some_and(|cell| cell == *name))
    });
    repeated.count() == 0
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
        assert!(is_total("Total") && is_total("Summe:") && is_total("(3 rows)") && !is_total("Totally"));
    }
}
