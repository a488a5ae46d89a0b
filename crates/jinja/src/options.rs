//! What a host chooses for its environment: how undefined values behave, and the forms of its block tags.

/// What may be done with an undefined value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndefinedMode {
    /// jinja's default: it prints as nothing and is false; attributes, items and calls of it are errors.
    #[default]
    Lenient,
    /// Attributes, items and calls of it are undefined again (for a first pass in which not everything is
    /// known).
    Chainable,
}

/// The form of a block tag of the host's: `{% tag name … %} body {% endtag %}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagShape {
    /// `{% docs name %}`: the body is text, in which nothing is parsed.
    Raw,
    /// `{% snapshot name %}`: the body is a template.
    Body,
    /// `{% test name(a, b=1) %}`: a macro.
    Signature,
    /// `{% materialization name, default %}`, `{% materialization name, adapter='x' %}`: a macro without
    /// parameters; the options are literals.
    Options,
}
