//! Where inside a column's value something is: `customer.emails[2]`, `prices['EUR']`.

use std::borrow::Cow;
use std::fmt;

/// A place as a chain to the column. It is put into words only when there is something to say about it.
#[derive(Clone, Copy)]
pub(crate) enum Place<'p> {
    Column(&'p str),
    Member(&'p Place<'p>, &'p str),
    /// Counted from 0.
    Item(&'p Place<'p>, usize),
    Key(&'p Place<'p>, &'p str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => out.write_str(name),
            Self::Member(of, name) => write!(out, "{of}.{name}"),
            Self::Item(of, index) => write!(out, "{of}[{index}]"),
            Self::Key(of, key) => write!(out, "{of}['{key}']"),
        }
    }
}

/// A place without the numbers of items and the keys of maps, of which there may be as many as rows: `emails[2]` as
/// `emails[]`.
pub(crate) fn any_item(place: &str) -> Cow<'_, str> {
    let mut rest = place;
    let mut all = String::new();
    while let Some((before, after)) = rest.split_once('[') {
        let Some((_, after)) = after.split_once(']') else { break };
        all.push_str(before);
        all.push_str("[]");
        rest = after;
    }
    if all.is_empty() {
        return Cow::Borrowed(place);
    }
    all.push_str(rest);
    Cow::Owned(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_paths() {
        let column = Place::Column("customer");
        let emails = Place::Member(&column, "emails");
        assert_eq!(Place::Item(&emails, 2).to_string(), "customer.emails[2]");
        assert_eq!(Place::Key(&column, "a").to_string(), "customer['a']");
        assert_eq!(any_item("customer.emails[2].host"), "customer.emails[].host");
        assert_eq!(any_item("customer"), "customer");
    }
}
