//! The one table through which the interpreter finds what is built in.

use crate::builtins::filters::FILTERS;
use crate::builtins::functions;
use crate::builtins::is_tests::TESTS;
use crate::builtins::methods;
use crate::value::Builtins;

pub(crate) static BUILTINS: Builtins = Builtins {
    filters: FILTERS,
    tests: TESTS,
    function: functions::find,
    function_names: &functions::NAMES,
    has_method: methods::has,
    call_method: methods::call,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Both tables are searched by halves.
    #[test]
    fn every_filter_and_test_is_found_by_its_name() {
        for (name, _) in BUILTINS.filters {
            assert!(BUILTINS.filter(name).is_some(), "{name}");
        }
        for (name, _) in BUILTINS.tests {
            assert!(BUILTINS.test(name).is_some(), "{name}");
        }
    }
}
