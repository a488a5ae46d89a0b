//! What can go wrong in a template, and where: the innermost place first, then every macro call
//! that led there.

use crate::source::{Source, Span};
use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kinds are Python's exceptions and jinja's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Syntax,
    Undefined,
    Type,
    Value,
    Key,
    Index,
    ZeroDivision,
    Overflow,
    UnknownFilter,
    UnknownTest,
    /// Macros too deep in one another.
    Recursion,
    /// What a sandbox forbids.
    Security,
    /// An error of the host's ([`Error::host`] gives it back).
    Host,
    /// Not an error: `return(value)` on its way to the macro call that it ends.
    Return,
}

/// One place on the way to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The macro that was running, `None` for a template's own body.
    pub macro_name: Option<String>,
    pub file: PathBuf,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
}

/// What went wrong, and where: in which templates and macros.
#[derive(Debug)]
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    hint: Option<String>,
    /// Innermost first.
    traces: Vec<(Arc<Source>, Trace)>,
    /// Whether the running macro's (or template's) place is known yet.
    located: bool,
    host: Option<ingot_core::error::Error>,
    /// What `return()` gave: a `Value`, of which this file, below all values, knows nothing.
    returned: Option<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} at {:?}", self.kind, self.message, self.traces.first().map(|(_, trace)| trace))
    }
}

impl Error {
    pub fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.to_string(),
            hint: None,
            traces: Vec::new(),
            located: false,
            host: None,
            returned: None,
        }))
    }
    pub fn syntax(message: impl fmt::Display) -> Self {
        Self::new(Kind::Syntax, message)
    }
    pub fn undefined(message: impl fmt::Display) -> Self {
        Self::new(Kind::Undefined, message)
    }
    pub fn type_error(message: impl fmt::Display) -> Self {
        Self::new(Kind::Type, message)
    }
    pub fn value(message: impl fmt::Display) -> Self {
        Self::new(Kind::Value, message)
    }
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.0.hint = Some(hint.to_string());
        self
    }
    /// Hints at the nearest of the `known` names, if one is near `name`.
    #[must_use]
    pub(crate) fn suggest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match ingot_core::error::nearest(name, known) {
            Some(near) => self.hint(format!("did you mean '{near}'?")),
            None => self,
        }
    }
    /// The signal that ends the running macro with `value`.
    pub(crate) fn signal(value: impl Any + Send + Sync) -> Self {
        let mut error = Self::new(Kind::Return, "return() outside of a macro");
        error.0.returned = Some(Box::new(value));
        error
    }
    /// What [`Error::signal`] was given, if it was of this type.
    pub(crate) fn take_returned<T: 'static>(&mut self) -> Option<T> {
        self.0.returned.take()?.downcast().ok().map(|value| *value)
    }
    pub(crate) fn is_return(&self) -> bool {
        self.0.returned.is_some()
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    pub fn message(&self) -> &str {
        self.0.host.as_ref().map_or(&self.0.message, |host| host.message())
    }
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref().or_else(|| self.0.host.as_ref().and_then(|host| host.hint_text()))
    }
    /// The host's error that a host function raised.
    pub fn host(&self) -> Option<&ingot_core::error::Error> {
        self.0.host.as_ref()
    }
    /// Forgets the places in files of which `is_internal` holds: an error in the host's own macros is then shown
    /// where a template of somebody else's called them.
    pub fn forget_places(&mut self, is_internal: impl Fn(&Path) -> bool) {
        self.0.traces.retain(|(_, trace)| !is_internal(&trace.file));
    }
    /// Where it happened, innermost first; each further entry is the call that led to the one before.
    pub fn traces(&self) -> impl Iterator<Item = &Trace> {
        self.0.traces.iter().map(|(_, trace)| trace)
    }

    /// Gives the error its place in the running macro, unless it has one.
    pub(crate) fn locate(&mut self, source: &Arc<Source>, span: Span) {
        if !self.0.located && !self.is_return() {
            self.0.located = true;
            let trace = Trace {
                macro_name: None,
                file: source.file.clone(),
                line: source.file_line(span),
                column: span.column as usize,
            };
            self.0.traces.push((source.clone(), trace));
        }
    }
    /// The error leaves macro `name`: what is located next is its caller.
    pub(crate) fn leave_macro(&mut self, name: &str) {
        if self.0.located {
            self.0.located = false;
            if let Some((_, trace)) = self.0.traces.last_mut() {
                trace.macro_name = Some(name.to_owned());
            }
        }
        // A runaway recursion has thousands of equal entries; both ends say all there is to say.
        if self.0.traces.len() > 40 {
            self.0.traces.remove(20);
        }
    }
    /// The error leaves a template that was rendered inside another.
    pub(crate) fn leave_template(&mut self) {
        self.0.located = false;
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        if let Some((_, trace)) = self.0.traces.first() {
            write!(f, " ({}:{}:{})", trace.file.display(), trace.line, trace.column)?;
        }
        Ok(())
    }
}
impl std::error::Error for Error {}

impl From<ingot_core::error::Error> for Error {
    fn from(host: ingot_core::error::Error) -> Self {
        let mut error = Self::new(Kind::Host, host.message());
        error.0.host = Some(host);
        error
    }
}

/// The place becomes the innermost line with the lines around it; the calls that led there follow the message.
impl From<Error> for ingot_core::error::Error {
    fn from(error: Error) -> Self {
        let mut inner = *error.0;
        // Of an error that happened in no template there is nothing to add to what the host knows.
        if inner.traces.is_empty()
            && let Some(host) = inner.host.take_if(|host| host.place().is_some())
        {
            return host;
        }
        let mut message = match &inner.host {
            Some(host) => host.message().to_owned(),
            None => inner.message,
        };
        if inner.traces.len() > 1 || inner.traces.first().is_some_and(|(_, t)| t.macro_name.is_some()) {
            for (index, (_, trace)) in inner.traces.iter().enumerate() {
                let what = trace.macro_name.as_ref().map_or("template".to_owned(), |m| format!("macro {m}"));
                let verb = if index == 0 { "in" } else { "called by" };
                message += &format!(
                    "\n  > {verb} {what} ({}:{}:{})",
                    trace.file.display(),
                    trace.line,
                    trace.column
                );
            }
        }
        let mut out = Self::new(&message);
        if let Some(host) = &inner.host {
            out = out.of_kind(host.kind().clone());
            if let Some(words) = host.dbts_words() {
                out = out.in_dbts_words(words);
            }
        }
        let hint = inner.hint.or_else(|| inner.host.as_ref()?.hint_text().map(str::to_owned));
        if let Some(hint) = hint {
            out = out.hint(hint);
        }
        if let Some((source, trace)) = inner.traces.first() {
            let excerpt_line = trace.line + 1 - source.first_line;
            out = if source.first_line == 1 {
                out.in_text(&trace.file, &source.text, excerpt_line, Some(trace.column))
            } else {
                out.at_line(&trace.file, trace.line)
            };
        }
        match inner.host {
            // The host's error may know a place (or a cause) of its own, which would be lost otherwise.
            Some(host) if host.place().is_some() => out.caused_by(host),
            _ => out,
        }
    }
}
