//! Whole templates to text, or to the one value that they give.

use crate::error::Result;
use crate::run::frame::Frame;
use crate::run::sink::Sink;
use crate::run::source_map::SourceMap;
use crate::syntax::Template;
use crate::syntax::ast::NodeKind;
use crate::value::{Environment, Globals, State, Value};

impl Environment {
    /// The text of `template` with the names of `globals`.
    ///
    /// # Errors
    /// What went wrong in the template, with the place and the macros that led there.
    pub fn render(&self, template: &Template, globals: &dyn Globals) -> Result<String> {
        State::new(self, globals).render(template)
    }
    /// As jinja's native environment: a template that is one expression gives its value, else text.
    ///
    /// # Errors
    /// As [`Environment::render`].
    pub fn render_value(&self, template: &Template, globals: &dyn Globals) -> Result<Value> {
        State::new(self, globals).render_value(template)
    }
}

impl Template {
    /// As [`Environment::render`].
    ///
    /// # Errors
    /// As [`Environment::render`].
    pub fn render(&self, environment: &Environment, globals: &dyn Globals) -> Result<String> {
        State::new(environment, globals).render(self)
    }
    /// The same, and which place of the template wrote which part of the text.
    ///
    /// # Errors
    /// As [`Environment::render`].
    pub fn render_with_map(
        &self,
        environment: &Environment,
        globals: &dyn Globals,
    ) -> Result<(String, SourceMap)> {
        let mut sink = Sink::mapped();
        run(&mut State::new(environment, globals), self, &mut sink)?;
        Ok(sink.into_mapped())
    }
}

impl State<'_> {
    /// Renders a template with the same globals.
    ///
    /// # Errors
    /// As [`Environment::render`].
    pub fn render(&mut self, template: &Template) -> Result<String> {
        let mut sink = Sink::text();
        run(self, template, &mut sink)?;
        Ok(sink.into_string())
    }
    /// As [`Environment::render_value`].
    ///
    /// # Errors
    /// As [`Environment::render`].
    pub fn render_value(&mut self, template: &Template) -> Result<Value> {
        let mut sink = Sink::native();
        run(self, template, &mut sink)?;
        Ok(sink.into_value())
    }
}

fn run(state: &mut State<'_>, template: &Template, sink: &mut Sink) -> Result<()> {
    let parsed = template.parsed();
    if let [node] = &parsed.body[..]
        && let NodeKind::Text(text) = &node.kind
    {
        sink.note_place(&parsed.source, node.span, true);
        sink.write_text(text);
        return Ok(());
    }
    let mut frame = Frame::of_template(parsed.source.clone(), parsed.symbol_count);
    let result = frame.execute(state, &parsed.body, sink);
    frame.forget_root();
    match result {
        Ok(_) => Ok(()),
        Err(mut error) => {
            error.leave_template();
            Err(error)
        }
    }
}
