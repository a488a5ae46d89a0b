//! Where in a JSON document its records are: `$.data.items`, the part of
//! [JSONPath](https://www.rfc-editor.org/rfc/rfc9535) that names members and takes all elements of arrays.

/// Steps from a document to its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPath {
    pub steps: Vec<PathStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// The member of this name, of an object that must have it.
    Member(String),
    /// Each element, of a value that must be an array.
    Each,
    /// Each element if it is an array, nothing if it is null, and else the value itself.
    EachOrSelf,
}

impl Default for RecordPath {
    /// The elements of a document that is an array, or the document itself.
    fn default() -> Self {
        Self { steps: vec![PathStep::EachOrSelf] }
    }
}

impl RecordPath {
    /// Every document is a record, whatever it is.
    pub fn of_documents() -> Self {
        Self { steps: Vec::new() }
    }

    /// `$`, followed by `.name`, `['name']` and `[*]`. An array at its end is taken by its elements in any case.
    ///
    /// # Errors
    /// What is wrong with the path, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(mut rest) = text.strip_prefix('$') else {
            return Err("it begins with `$`, the document".to_owned());
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[*]") {
                steps.push(PathStep::Each);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("['") {
                let (name, after) =
                    after.split_once("']").ok_or_else(|| "a `['` is not closed".to_owned())?;
                steps.push(PathStep::Member(name.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let name = &after[..end];
                if name.is_empty() || name.contains(|character: char| "*?@ '\"".contains(character)) {
                    return Err(format!("`.{name}` is not the name of a member"));
                }
                steps.push(PathStep::Member(name.to_owned()));
                rest = &after[end..];
            } else {
                return Err(format!("`{rest}` is not `.name`, `['name']` or `[*]`"));
            }
        }
        if steps.last() != Some(&PathStep::Each) {
            steps.push(PathStep::EachOrSelf);
        }
        Ok(Self { steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_members_and_elements() {
        use PathStep::{Each, EachOrSelf, Member};
        let steps = |text: &str| RecordPath::parse(text).unwrap().steps;
        let member = |name: &str| Member(name.to_owned());
        assert_eq!(steps("$"), [EachOrSelf]);
        assert_eq!(steps("$.data.items"), [member("data"), member("items"), EachOrSelf]);
        assert_eq!(steps("$[*].a['b.c'][*]"), [Each, member("a"), member("b.c"), Each]);
        for text in ["", "data", "$data", "$.", "$..items", "$.a[0]", "$['a", "$.*"] {
            assert!(RecordPath::parse(text).is_err(), "{text}");
        }
    }
}
