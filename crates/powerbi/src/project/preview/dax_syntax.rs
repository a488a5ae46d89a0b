//! DAX as a tree (<https://learn.microsoft.com/dax/dax-syntax-reference>): what measures are written in, whether ingot made
//! them from a formula or a person wrote them. Functions and names are not looked up here.

use crate::project::definition::Field;
use ingot_core::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(String),
    Text(String),
    Column(Field),
    /// `[name]`: a measure, or the column of a list.
    Bracketed(String),
    /// A variable, a table or a word such as `HOUR`.
    Name(String),
    /// The function in upper case.
    Call(String, Vec<Expression>),
    /// `{ a, b }`
    List(Vec<Expression>),
    Negative(Box<Expression>),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `VAR a = … VAR b = … RETURN …`
    With(Vec<(String, Expression)>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Join,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Number(String),
    Text(String),
    Quoted(String),
    Bracketed(String),
    Symbol(&'static str),
}

/// Reads an expression.
///
/// # Errors
/// It is not DAX.
pub(super) fn parse(text: &str) -> Result<Expression> {
    let mut parser = Parser { tokens: tokens(text)?, position: 0, depth: 0 };
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(unexpected(token)),
    }
}

fn unexpected(token: &Token) -> Error {
    let text = match token {
        Token::Word(text) | Token::Number(text) => text.clone(),
        Token::Text(text) => format!("\"{text}\""),
        Token::Quoted(text) => format!("'{text}'"),
        Token::Bracketed(text) => format!("[{text}]"),
        Token::Symbol(text) => (*text).to_owned(),
    };
    Error::new(format!("'{text}' is not expected here in DAX"))
}

/// Longer symbols before those that they begin with.
const SYMBOLS: [&str; 19] =
    ["<>", "<=", ">=", "&&", "||", "<", ">", "=", "&", "+", "-", "*", "/", "^", "(", ")", "{", "}", ","];

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        if first.is_whitespace() {
            rest = after;
        } else if rest.starts_with("//") || rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, next)| next);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, next)| next);
        } else if let Some(close) = match first {
            '"' => Some('"'),
            '\'' => Some('\''),
            '[' => Some(']'),
            _ => None,
        } {
            let (content, next) = enclosed(after, close)
                .ok_or_else(|| Error::new(format!("the {first} is not closed in the DAX")))?;
            found.push(match first {
                '"' => Token::Text(content),
                '\'' => Token::Quoted(content),
                _ => Token::Bracketed(content),
            });
            rest = next;
        } else if first.is_ascii_digit() || first == '.' {
            let end = rest.find(|one: char| !one.is_ascii_digit() && one != '.').unwrap_or(rest.len());
            found.push(Token::Number(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let is_word = |one: char| one.is_alphanumeric() || one == '_' || one == '.';
            let end = rest.find(|one| !is_word(one)).unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            found.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            return Err(Error::new(format!("'{first}' is not expected here in DAX")));
        }
    }
    Ok(found)
}

/// What is before the closing sign, which is doubled where it is meant, and what comes after it.
fn enclosed(text: &str, close: char) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, one)) = characters.next() {
        if one != close {
            content.push(one);
        } else if characters.next_if(|(_, next)| *next == close).is_some() {
            content.push(close);
        } else {
            return Some((content, &text[at + close.len_utf8()..]));
        }
    }
    None
}

/// Deeper expressions are refused, so that a text cannot exhaust the stack.
const DEEPEST: usize = 100;

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is_it =
            self.peek() == Some(&Token::Symbol(SYMBOLS.into_iter().find(|one| *one == symbol).unwrap_or("")));
        self.position += usize::from(is_it);
        is_it
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(text)) if text.eq_ignore_ascii_case(word));
        self.position += usize::from(is_it);
        is_it
    }

    fn next(&mut self) -> Result<Token> {
        let token = self.peek().cloned().ok_or_else(|| Error::new("the DAX ends too early"))?;
        self.position += 1;
        Ok(token)
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.takes(symbol) {
            return Ok(());
        }
        Err(self.peek().map_or_else(|| Error::new("the DAX ends too early"), unexpected))
    }

    fn expression(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new("the DAX is nested too deeply"));
        }
        let mut variables = Vec::new();
        while self.takes_word("VAR") {
            let Token::Word(name) = self.next()? else {
                return Err(Error::new("VAR must be followed by a name"));
            };
            self.expect("=")?;
            variables.push((name, self.expression()?));
        }
        let expression = if variables.is_empty() {
            self.binary(0)?
        } else if self.takes_word("RETURN") {
            Expression::With(variables, Box::new(self.expression()?))
        } else {
            return Err(Error::new("VAR without RETURN"));
        };
        self.depth -= 1;
        Ok(expression)
    }

    /// Operators that bind at least as strongly as `level`.
    fn binary(&mut self, level: usize) -> Result<Expression> {
        const LEVELS: [&[(&str, Operator)]; 7] = [
            &[("||", Operator::Or)],
            &[("&&", Operator::And)],
            &[
                ("=", Operator::Equal),
                ("<>", Operator::NotEqual),
                ("<=", Operator::LessOrEqual),
                (">=", Operator::GreaterOrEqual),
                ("<", Operator::Less),
                (">", Operator::Greater),
            ],
            &[("&", Operator::Join)],
            &[("+", Operator::Add), ("-", Operator::Subtract)],
            &[("*", Operator::Multiply), ("/", Operator::Divide)],
            &[("^", Operator::Power)],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let found =
                operators.iter().find(|(symbol, _)| self.takes(symbol)).map(|(_, operator)| *operator);
            let found = found.or_else(|| (level == 2 && self.takes_word("IN")).then_some(Operator::In));
            let Some(operator) = found else { return Ok(left) };
            left = Expression::Binary(operator, Box::new(left), Box::new(self.binary(level + 1)?));
        }
    }

    fn unary(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new("the DAX is nested too deeply"));
        }
        let expression = if self.takes("-") {
            Expression::Negative(Box::new(self.unary()?))
        } else if self.takes("+") {
            self.unary()?
        } else if self.takes_word("NOT") {
            // It binds more weakly than a comparison.
            Expression::Not(Box::new(self.binary(2)?))
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn primary(&mut self) -> Result<Expression> {
        let token = self.next()?;
        match token {
            Token::Number(text) => Ok(Expression::Number(text)),
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Bracketed(name) => Ok(Expression::Bracketed(name)),
            Token::Quoted(table) => Ok(self.column_or_table(table)),
            Token::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("{") => Ok(Expression::List(self.arguments("}")?)),
            Token::Word(word) if self.takes("(") => {
                Ok(Expression::Call(word.to_uppercase(), self.arguments(")")?))
            }
            Token::Word(word) => Ok(self.column_or_table(word)),
            token @ Token::Symbol(_) => Err(unexpected(&token)),
        }
    }

    fn column_or_table(&mut self, table: String) -> Expression {
        if let Some(Token::Bracketed(column)) = self.peek().cloned() {
            self.position += 1;
            return Expression::Column(Field { table, column });
        }
        Expression::Name(table)
    }

    fn arguments(&mut self, close: &str) -> Result<Vec<Expression>> {
        let mut arguments = Vec::new();
        if self.takes(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.takes(close) {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Box<Expression> {
        Box::new(Expression::Number(text.to_owned()))
    }

    #[test]
    fn operators_bind_as_in_dax() {
        let product = Expression::Binary(Operator::Multiply, number("2"), number("3"));
        assert_eq!(
            parse("1 + 2 * 3").unwrap(),
            Expression::Binary(Operator::Add, number("1"), Box::new(product))
        );
        let less = Expression::Binary(Operator::Less, number("1"), number("2"));
        assert_eq!(parse("NOT 1 < 2").unwrap(), Expression::Not(Box::new(less)));
    }

    #[test]
    fn names_are_read_with_their_quotes_and_brackets() {
        let field = Field { table: "Bob's sales".into(), column: "a]b".into() };
        assert_eq!(parse("'Bob''s sales'[a]]b]").unwrap(), Expression::Column(field));
        let field = Field { table: "fct_sales".into(), column: "x".into() };
        assert_eq!(
            parse("sum(fct_sales[x])").unwrap(),
            Expression::Call("SUM".into(), vec![Expression::Column(field)])
        );
        assert_eq!(parse("\"a \"\"b\"\"\" // comment").unwrap(), Expression::Text("a \"b\"".into()));
    }

    #[test]
    fn variables_come_before_what_is_returned() {
        let Expression::With(variables, result) =
            parse("VAR a = 1\nVAR b = a\nRETURN [x] /* y */ - b").unwrap()
        else {
            panic!("not variables");
        };
        assert_eq!(variables.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(matches!(*result, Expression::Binary(Operator::Subtract, ..)));
    }

    #[test]
    fn what_is_not_dax_is_refused() {
        let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
        for text in ["", "1 +", "SUM(x", "'open", "VAR a = 1", "1 2", "§", "{1,}", &deep, &"-".repeat(10_000)]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
