//! The tree that the parser makes and the interpreter walks. Immutable, shared by threads.

use crate::source::{Source, Span};
use crate::value::{BuiltinFilter, BuiltinTest, Operator, Value};
use std::ops::Range;
use std::sync::Arc;

/// A parsed template.
pub(crate) struct Parsed {
    pub source: Arc<Source>,
    pub body: Vec<Node>,
    pub symbol_count: usize,
    /// The macros at the top level (also inside an `if` there), in order.
    pub macros: Vec<Arc<MacroDefinition>>,
    /// The host's block tags at the top level, in order.
    pub blocks: Vec<Arc<BlockDefinition>>,
}

/// A name's number within its template; comparing numbers is all that looking up a variable costs.
pub(crate) type Symbol = u32;

/// The first symbols of every template.
pub(crate) const LOOP: Symbol = 0;
pub(crate) const CALLER: Symbol = 1;
pub(crate) const VARARGS: Symbol = 2;
pub(crate) const KWARGS: Symbol = 3;
pub(crate) const FIXED_SYMBOLS: [&str; 4] = ["loop", "caller", "varargs", "kwargs"];

#[derive(Clone)]
pub(crate) struct Name {
    pub symbol: Symbol,
    pub text: Arc<str>,
}

pub(crate) struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

impl Expr {
    pub(crate) fn new(span: Span, kind: ExprKind) -> Self {
        Self { span, kind }
    }
}

pub(crate) enum ExprKind {
    Const(Value),
    Name(Name),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Attribute(Box<Expr>, Arc<str>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, Box<Slice>),
    Call(Box<Expr>, Box<Arguments>),
    Filter(Box<Expr>, Box<FilterCall>),
    Test(Box<Expr>, Box<TestCall>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a ~ b ~ c`
    Concat(Vec<Expr>),
    /// `a < b <= c`
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Conditional(Box<Conditional>),
}

pub(crate) struct Conditional {
    pub test: Expr,
    pub then: Expr,
    pub otherwise: Option<Expr>,
}

#[derive(Default)]
pub(crate) struct Slice {
    pub start: Option<Expr>,
    pub stop: Option<Expr>,
    pub step: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

#[derive(Default)]
pub(crate) struct Arguments {
    pub positional: Vec<Expr>,
    pub named: Vec<(Arc<str>, Expr)>,
    /// `*args`
    pub star: Option<Expr>,
    /// `**kwargs`
    pub double_star: Option<Expr>,
}

pub(crate) struct FilterCall {
    pub span: Span,
    pub name: Arc<str>,
    pub builtin: Option<BuiltinFilter>,
    pub arguments: Arguments,
}

pub(crate) struct TestCall {
    pub span: Span,
    pub name: Arc<str>,
    pub builtin: Option<BuiltinTest>,
    pub arguments: Arguments,
    pub negated: bool,
}

pub(crate) enum Target {
    Name(Name),
    Tuple(Vec<Target>),
    /// `{% set ns.name = … %}`
    Attribute(Name, Arc<str>),
}

pub(crate) struct Node {
    pub span: Span,
    pub kind: NodeKind,
}

pub(crate) enum NodeKind {
    Text(Arc<str>),
    Output(Expr),
    If {
        branches: Vec<(Expr, Vec<Node>)>,
        otherwise: Vec<Node>,
    },
    For(Arc<For>),
    Set(Target, Expr),
    SetBlock {
        target: Target,
        filters: Vec<FilterCall>,
        body: Vec<Node>,
    },
    With {
        bindings: Vec<(Target, Expr)>,
        body: Vec<Node>,
    },
    Macro(Arc<MacroDefinition>),
    /// `{% call(x) callee(args) %}body{% endcall %}`
    Call {
        callee: Expr,
        arguments: Arguments,
        body: Arc<MacroDefinition>,
    },
    FilterBlock {
        filters: Vec<FilterCall>,
        body: Vec<Node>,
    },
    Do(Expr),
    Break,
    Continue,
    /// A block tag of the host's: prints nothing where it stands.
    Block,
}

pub(crate) struct For {
    pub target: Target,
    pub iterable: Expr,
    pub condition: Option<Expr>,
    pub recursive: bool,
    pub uses_loop: bool,
    pub body: Vec<Node>,
    pub otherwise: Vec<Node>,
}

pub(crate) struct MacroDefinition {
    pub name: Name,
    pub parameters: Vec<ParameterDefinition>,
    pub body: Vec<Node>,
    pub uses_caller: bool,
    pub uses_varargs: bool,
    pub uses_kwargs: bool,
    pub source: Arc<Source>,
    pub span: Span,
    /// From `{%` of the opening tag to `%}` of the closing one, in bytes of the source.
    pub range: Range<usize>,
    /// The text between the tags.
    pub body_range: Range<usize>,
}

pub(crate) struct ParameterDefinition {
    pub name: Name,
    pub annotation: Option<String>,
    pub default: Option<Expr>,
}

/// A block tag of the host's, with its body as a macro.
pub(crate) struct BlockDefinition {
    pub tag: Arc<str>,
    pub options: Vec<(Arc<str>, Value)>,
    pub definition: Arc<MacroDefinition>,
}
