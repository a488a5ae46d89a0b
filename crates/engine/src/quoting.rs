//! Text and names as SQL, quoted so that no content can break out of the quotes. Double quotes around names and
//! single quotes around text are the SQL standard's.

/// `'it''s'`.
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `"a ""name"""`, always quoted.
pub fn name_literal(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name as it is where SQL needs no quotes around it, else quoted. For people to read: it does not know the
/// reserved words, so SQL that is run uses [`name_literal`].
pub fn name_if_needed(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_string() } else { name_literal(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(text_literal("it's"), "'it''s'");
        assert_eq!(name_literal("a\"b"), "\"a\"\"b\"");
        assert_eq!(name_if_needed("order_id"), "order_id");
        assert_eq!(name_if_needed("Order Id"), "\"Order Id\"");
    }
}
