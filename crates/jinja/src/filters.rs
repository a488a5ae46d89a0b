//! jinja's own filters, by name.

mod pick;
mod sequence;
mod text;

pub use sequence::length_of;

use super::args::Args;
use super::environment::State;
use super::error::Result;
use super::value::Value;

pub type BuiltinFilter = fn(&mut State<'_>, Value, Args) -> Result<Value>;

const FILTERS: &[(&str, BuiltinFilter)] = &[
    ("abs", text::abs),
    ("attr", pick::attr),
    ("batch", sequence::batch),
    ("capitalize", text::capitalize),
    ("center", text::center),
    ("count", sequence::length),
    ("d", text::default),
    ("default", text::default),
    ("dictsort", sequence::dictsort),
    ("e", text::escape),
    ("escape", text::escape),
    ("filesizeformat", text::filesizeformat),
    ("first", sequence::first),
    ("float", text::float),
    ("forceescape", text::escape),
    ("format", text::format),
    ("groupby", pick::groupby),
    ("indent", text::indent),
    ("int", text::int),
    ("items", sequence::items),
    ("join", sequence::join),
    ("last", sequence::last),
    ("length", sequence::length),
    ("list", sequence::list),
    ("lower", text::lower),
    ("map", pick::map),
    ("max", sequence::max),
    ("min", sequence::min),
    ("pprint", text::pprint),
    ("reject", pick::reject),
    ("rejectattr", pick::rejectattr),
    ("replace", text::replace),
    ("reverse", sequence::reverse),
    ("round", text::round),
    ("safe", text::string),
    ("select", pick::select),
    ("selectattr", pick::selectattr),
    ("slice", sequence::slice),
    ("sort", sequence::sort),
    ("string", text::string),
    ("striptags", text::striptags),
    ("sum", sequence::sum),
    ("title", text::title),
    ("tojson", text::tojson),
    ("trim", text::trim),
    ("truncate", text::truncate),
    ("unique", sequence::unique),
    ("upper", text::upper),
    ("urlencode", text::urlencode),
    ("wordcount", text::wordcount),
    ("wordwrap", text::wordwrap),
];

/// Asked by the parser, once for each use of a filter in a source.
pub fn builtin(name: &str) -> Option<BuiltinFilter> {
    let index = FILTERS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(FILTERS[index].1)
}

pub fn names<'a>() -> impl Iterator<Item = &'a str> {
    FILTERS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn every_filter_is_found_by_its_name() {
        assert!(names().all(|name| builtin(name).is_some()));
    }
}
