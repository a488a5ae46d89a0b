//! Why nobody noticed a defect: which tests depend on what it changes, and that they passed.

use crate::defect::Defect;
use crate::report::few;
use crate::rows::TableRows;

/// Kinds of defects that break a rule of the contract.
const OF_RULES: [&str; 11] = [
    "below_minimum",
    "above_maximum",
    "not_a_multiple",
    "not_in_set",
    "pattern_missed",
    "format_missed",
    "too_short",
    "too_long",
    "not_as_agreed",
    "missing_text",
    "member_missing",
];

/// One sentence. `tests` are those that could have noticed the defect.
pub(crate) fn why(defect: &Defect, table: &TableRows, tests: &[String]) -> String {
    let name = &table.contract.name;
    let place = match defect.column {
        Some(column) => format!("{name}.{}", table.contract.columns[column].name),
        None => format!("the rows of {name}"),
    };
    let rule = match OF_RULES.contains(&defect.kind.as_str()) {
        true => "the contract's rule is a warning, so the rows were loaded; ",
        false => "",
    };
    match tests {
        [] => format!("{rule}no test depends on {place}"),
        [test] => format!("{rule}one test depends on {place} and passed: {test}"),
        tests => format!("{rule}{} tests depend on {place} and passed: {}", tests.len(), few(tests)),
    }
}
