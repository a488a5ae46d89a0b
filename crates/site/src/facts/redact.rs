//! Messages of runs, without the values that they quote.

use std::collections::HashSet;

/// Names that may be quoted: those of tables, columns and tests.
pub(crate) struct Redactor {
    names: HashSet<String>,
    /// Whether anything has to be left out: only where a project has personal columns.
    is_needed: bool,
}

impl Redactor {
    pub(crate) fn new(names: impl Iterator<Item = String>, is_needed: bool) -> Self {
        Self { names: names.map(|name| name.to_lowercase()).collect(), is_needed }
    }

    /// The message; what it quotes and is not a name of the project is replaced by `…`.
    pub(crate) fn message(&self, text: &str) -> String {
        if !self.is_needed {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find(['\'', '"', '`']) {
            let quote = rest[open..].chars().next().unwrap_or('\'');
            out.push_str(&rest[..=open]);
            rest = &rest[open + 1..];
            let Some(close) = rest.find(quote) else {
                // A quotation that does not end may be anything.
                out.push('…');
                return out;
            };
            let quoted = &rest[..close];
            let is_name = quoted
                .split(['.', '"', ' '])
                .all(|part| part.is_empty() || self.names.contains(&part.to_lowercase()));
            out.push_str(if is_name { quoted } else { "…" });
            out.push(quote);
            rest = &rest[close + 1..];
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_left_out_and_names_stay() {
        let redactor = Redactor::new(["stg_people", "email"].into_iter().map(str::to_owned), true);
        assert_eq!(
            redactor.message("cannot cast 'ann@example.org' of \"stg_people\".\"email\" to INTEGER"),
            "cannot cast '…' of \"stg_people\".\"email\" to INTEGER"
        );
        assert_eq!(redactor.message("unfinished 'ann"), "unfinished '…");
        let open = Redactor::new(std::iter::empty(), false);
        assert_eq!(open.message("cannot cast 'x'"), "cannot cast 'x'");
    }
}
