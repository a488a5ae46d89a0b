//! From a place in rendered text back to the place in the template that wrote it.

/// Where a piece of output begins, and the place in the template that wrote it.
#[derive(Debug, Clone, Copy)]
struct Mark {
    output: usize,
    line: usize,
    column: usize,
    /// Text of the template itself, whose lines go on in the output; else the value of an expression.
    is_text: bool,
}

/// Which place of a template wrote which part of its output. What a macro or an expression wrote belongs to the
/// place that called it.
#[derive(Debug, Clone, Default)]
pub struct SourceMap(Vec<Mark>);

/// A place in a template's file. Both numbers count from 1; the column (in characters) is known only where the
/// output is the template's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenPlace {
    pub line: usize,
    pub column: Option<usize>,
}

impl SourceMap {
    pub(crate) fn note(&mut self, output: usize, line: usize, column: usize, is_text: bool) {
        self.0.push(Mark { output, line, column, is_text });
    }

    /// The place that wrote the byte `at` of `output`, which is the text that was rendered with this map.
    pub fn place(&self, output: &str, at: usize) -> Option<WrittenPlace> {
        // Of several marks at one place, all but the last wrote nothing.
        let mark = self.0.iter().rev().find(|mark| mark.output <= at)?;
        if !mark.is_text {
            return Some(WrittenPlace { line: mark.line, column: None });
        }
        let before = output.get(mark.output..at)?;
        let characters = |text: &str| text.chars().count();
        Some(match before.rfind('\n') {
            None => WrittenPlace { line: mark.line, column: Some(mark.column + characters(before)) },
            Some(last) => WrittenPlace {
                line: mark.line + before.matches('\n').count(),
                column: Some(1 + characters(&before[last + 1..])),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::WrittenPlace;
    use crate::{Environment, Value};
    use std::collections::HashMap;

    #[test]
    fn each_part_of_the_output_knows_the_line_that_wrote_it() {
        let environment = Environment::new();
        let text = "{% macro twice(x) %}{{ x }},\n{{ x }}{% endmacro %}\n{%- set y = 1 %}\nselect\n  é, {{ twice('a') }},\n\
                    {%- for n in [1, 2] %}\n  col_{{ n }},\n{%- endfor %}\n  last";
        let template = environment.parse(text, "model.sql").unwrap();
        let names: HashMap<String, Value> = HashMap::new();
        let (output, map) = template.render_with_map(&environment, &names).unwrap();
        assert_eq!(output, "\nselect\n  é, a,\na,\n  col_1,\n  col_2,\n  last");
        let place = |part: &str| map.place(&output, output.rfind(part).unwrap()).unwrap();
        assert_eq!(place("select"), WrittenPlace { line: 4, column: Some(1) });
        assert_eq!(place("é"), WrittenPlace { line: 5, column: Some(3) });
        assert_eq!(place("a,\n  col_1"), WrittenPlace { line: 5, column: None });
        assert_eq!(place("col_1"), WrittenPlace { line: 7, column: Some(3) });
        assert_eq!(place("2,"), WrittenPlace { line: 7, column: None });
        assert_eq!(place("col_2"), WrittenPlace { line: 7, column: Some(3) });
        assert_eq!(place("last"), WrittenPlace { line: 9, column: Some(3) });
    }

    #[test]
    fn a_template_without_tags_is_its_own_map() {
        let environment = Environment::new();
        let template = environment.parse("select\n  1", "model.sql").unwrap();
        let names: HashMap<String, Value> = HashMap::new();
        let (output, map) = template.render_with_map(&environment, &names).unwrap();
        assert_eq!(map.place(&output, 9), Some(WrittenPlace { line: 2, column: Some(3) }));
    }
}
