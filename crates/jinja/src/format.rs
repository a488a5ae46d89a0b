//! Python's two ways to fill in a text: `'%s' % x` and `'{}'.format(x)`, and the little language of both.

use super::args::Args;
use super::attributes;
use super::collections::Key;
use super::display::float_repr;
use super::environment::State;
use super::error::{Error, Kind, Result};
use super::value::Value;

/// Wider than this is a mistake.
const WIDEST: usize = 1 << 20;

/// `[[fill]align][sign][#][0][width][,][.precision][type]`
#[derive(Debug, Clone, Default)]
struct Specification {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse_number(rest: &mut &str) -> Result<Option<usize>> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok(None);
    }
    let number = rest[..digits].parse().ok().filter(|number| *number <= WIDEST);
    *rest = &rest[digits..];
    number.map(Some).ok_or_else(|| Error::value("too wide a format"))
}

impl Specification {
    fn parse(text: &str) -> Result<Self> {
        let mut specification = Self::default();
        let mut rest = text;
        let mut characters = text.chars();
        let (first, second) = (characters.next(), characters.next());
        let is_align = |c: Option<char>| matches!(c, Some('<' | '>' | '^' | '='));
        if is_align(second) {
            specification.fill = first;
            specification.align = second;
            rest = characters.as_str();
        } else if is_align(first) {
            specification.align = first;
            rest = &text[1..];
        }
        let mut take = |allowed: &[char]| {
            let found = rest.chars().next().filter(|c| allowed.contains(c));
            if found.is_some() {
                rest = &rest[1..];
            }
            found
        };
        specification.sign = take(&['+', '-', ' ']);
        take(&['z']);
        specification.alternate = take(&['#']).is_some();
        specification.zero = take(&['0']).is_some();
        specification.width = parse_number(&mut rest)?.unwrap_or(0);
        if let Some(grouping) = rest.chars().next().filter(|c| matches!(c, ',' | '_')) {
            specification.grouping = Some(grouping);
            rest = &rest[1..];
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            specification.precision = Some(
                parse_number(&mut rest)?.ok_or_else(|| Error::value("Format specifier missing precision"))?,
            );
        }
        specification.kind = rest.chars().next();
        if rest.chars().count() > 1 {
            return Err(Error::value(format!("Invalid format specifier '{text}'")));
        }
        Ok(specification)
    }

    fn pad(&self, text: &str, default_align: char) -> String {
        let length = text.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self.align.unwrap_or(if self.zero && default_align == '>' { '=' } else { default_align });
        let fill_of = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        match align {
            '<' => format!("{text}{}", fill_of(missing)),
            '^' => format!("{}{text}{}", fill_of(missing / 2), fill_of(missing - missing / 2)),
            '=' => {
                let signs = text.bytes().take_while(|b| matches!(b, b'+' | b'-' | b' ')).count();
                format!("{}{}{}", &text[..signs], fill_of(missing), &text[signs..])
            }
            _ => format!("{}{text}", fill_of(missing)),
        }
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }

    fn number(&self, negative: bool, digits: &str, rest: &str) -> String {
        let grouped = match self.grouping {
            Some(mark) => group(digits, mark),
            None => digits.to_owned(),
        };
        self.pad(&format!("{}{grouped}{rest}", self.sign_of(negative)), '>')
    }

    fn int(&self, value: i128, kind: char) -> Result<String> {
        let size = value.unsigned_abs();
        let (prefix, digits) = match kind {
            'b' => ("0b", format!("{size:b}")),
            'o' => ("0o", format!("{size:o}")),
            'x' => ("0x", format!("{size:x}")),
            'X' => ("0X", format!("{size:X}")),
            'c' => {
                let character = u32::try_from(value).ok().and_then(char::from_u32);
                let character = character.ok_or_else(|| Error::new(Kind::Overflow, "%c arg not in range"))?;
                return Ok(self.pad(&character.to_string(), '<'));
            }
            _ => ("", size.to_string()),
        };
        let digits = if self.alternate { format!("{prefix}{digits}") } else { digits };
        Ok(self.number(value < 0, &digits, ""))
    }

    fn float(&self, value: f64, kind: char) -> String {
        let negative = value.is_sign_negative() && !value.is_nan();
        let size = value.abs();
        if !size.is_finite() {
            let text = if size.is_nan() { "nan" } else { "inf" };
            let text = if kind.is_uppercase() { text.to_uppercase() } else { text.to_owned() };
            return self.pad(&format!("{}{text}", self.sign_of(negative)), '>');
        }
        let precision = self.precision.unwrap_or(6);
        let mut text = match kind {
            'f' | 'F' => format!("{size:.precision$}"),
            'e' | 'E' => exponent_form(size, precision),
            '%' => format!("{:.precision$}%", size * 100.0),
            'n' | 'g' | 'G' => general(size, precision.max(1), self.alternate),
            // No type: as repr, or general with at least one digit after the point.
            _ => match self.precision {
                None => float_repr(size),
                Some(precision) => {
                    let text = general(size, precision.max(1), false);
                    if text.contains(['.', 'e']) { text } else { text + ".0" }
                }
            },
        };
        if kind.is_uppercase() {
            text = text.to_uppercase();
        }
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        self.number(negative, &text[..split], &text[split..])
    }
}

fn group(digits: &str, mark: char) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

fn exponent_form(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn general(value: f64, precision: usize, keep_zeros: bool) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= precision as i32 {
        let text = exponent_form(value, precision - 1);
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", trim(digits));
    }
    let decimals = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
    trim(&format!("{value:.decimals$}"))
}

/// `format(value, specification)`.
pub fn format_value(value: &Value, specification: &str) -> Result<String> {
    if specification.is_empty() {
        return Ok(value.to_string());
    }
    if let Value::Object(object) = value
        && let Some(text) = object.format(specification)
    {
        return Ok(text);
    }
    let parsed = Specification::parse(specification)?;
    let unknown = |kind: char| {
        Err(Error::value(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name())))
    };
    match (value, parsed.kind) {
        (Value::Int(_) | Value::Bool(_), kind) => {
            let int = value.as_int().unwrap_or(0);
            match kind {
                // A bool without a type is a text to Python, but padded as a number.
                None if matches!(value, Value::Bool(_)) => Ok(parsed.int(int, 'd')?),
                None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c') => parsed.int(int, kind.unwrap_or('d')),
                Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => Ok(parsed.float(int as f64, kind)),
                Some(kind) => unknown(kind),
            }
        }
        (Value::Float(float), None) => Ok(parsed.float(*float, 'r')),
        (Value::Float(float), Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%'))) => {
            Ok(parsed.float(*float, kind))
        }
        (Value::Str(_) | Value::Object(_), None | Some('s')) => {
            let mut text = value.to_string();
            if let Some(precision) = parsed.precision {
                text = text.chars().take(precision).collect();
            }
            Ok(parsed.pad(&text, '<'))
        }
        (Value::Str(_) | Value::Float(_), Some(kind)) => unknown(kind),
        _ => Err(Error::type_error(format!(
            "unsupported format string passed to {}.__format__",
            value.type_name()
        ))),
    }
}

/// `text.format(*args, **kwargs)`.
pub fn str_format(state: &State<'_>, text: &str, args: &Args) -> Result<String> {
    let mut next = 0;
    fill(state, text, args, &mut next, 2)
}

fn fill(state: &State<'_>, text: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String> {
    if depth == 0 {
        return Err(Error::value("Max string recursion exceeded"));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(Error::value("Single '}' encountered in format string"));
        }
        let mut open = 1;
        let end = rest.find(|c: char| {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            open == 0
        });
        let Some(end) = end else {
            return Err(Error::value("expected '}' before end of string"));
        };
        let field = &rest[..end];
        rest = &rest[end + 1..];
        let bracket =
            field.find('[').map_or(0, |open| field[open..].find(']').map_or(0, |close| open + close));
        let split = field[bracket..].find(['!', ':']).map_or(field.len(), |found| bracket + found);
        let (name, mut tail) = field.split_at(split);
        let mut value = look_up(state, name, args, next)?;
        if let Some(conversion) = tail.strip_prefix('!') {
            value = match conversion.chars().next() {
                Some('r' | 'a') => Value::from(value.repr()),
                Some('s') => Value::from(value.to_string()),
                _ => return Err(Error::value(format!("Unknown conversion specifier in '{{{field}}}'"))),
            };
            tail = &conversion[1..];
        }
        let specification = tail.strip_prefix(':').unwrap_or("");
        let specification = if specification.contains('{') {
            fill(state, specification, args, next, depth - 1)?
        } else {
            specification.to_owned()
        };
        out.push_str(&format_value(&value, &specification)?);
    }
    out.push_str(rest);
    Ok(out)
}

/// `0.name[key]` of a field.
fn look_up(state: &State<'_>, field: &str, args: &Args, next: &mut usize) -> Result<Value> {
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (name, mut rest) = field.split_at(end);
    let position = if name.is_empty() {
        *next += 1;
        Some(*next - 1)
    } else {
        name.parse().ok()
    };
    let mut value = match position {
        Some(index) => args.positional.get(index).cloned().ok_or_else(|| {
            Error::new(
                Kind::Index,
                format!("Replacement index {index} out of range for positional args tuple"),
            )
        })?,
        None => args.named.get(name).cloned().ok_or_else(|| {
            Error::new(Kind::Key, format!("'{name}'")).hint("format() got no argument of this name")
        })?,
    };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let end = after.find(']').ok_or_else(|| Error::value("Missing ']' in format string"))?;
            let key = &after[..end];
            let key = key.parse().map(Value::Int).unwrap_or_else(|_| Value::from(key));
            value = attributes::get_item(state, &value, &key)?;
            rest = &after[end + 1..];
        } else {
            let after = &rest[1..];
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = attributes::get_attribute(state, &value, &after[..end].into())?;
            rest = &after[end..];
        }
    }
    Ok(value)
}

/// `template % values`.
pub fn percent(template: &str, values: &Value) -> Result<String> {
    let items: Vec<Value> = match values {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut used = 0;
    let mut by_name = false;
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut named = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = after.find(')').ok_or_else(|| Error::value("incomplete format key"))?;
            let Value::Dict(dict) = values else {
                return Err(Error::type_error("format requires a mapping"));
            };
            let key = &after[..end];
            let found = dict.get(&Key::str(key));
            named = Some(found.ok_or_else(|| Error::new(Kind::Key, format!("'{key}'")))?);
            by_name = true;
            rest = &after[end + 1..];
        }
        let mut next = || {
            used += 1;
            items
                .get(used - 1)
                .cloned()
                .ok_or_else(|| Error::type_error("not enough arguments for format string"))
        };
        let mut specification = Specification::default();
        let mut left = false;
        while let Some(flag) = rest.chars().next().filter(|c| matches!(c, '-' | '+' | ' ' | '#' | '0')) {
            match flag {
                '-' => left = true,
                '#' => specification.alternate = true,
                '0' => specification.zero = true,
                ' ' if specification.sign == Some('+') => {}
                sign => specification.sign = Some(sign),
            }
            rest = &rest[1..];
        }
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            let width = next()?.as_int().ok_or_else(|| Error::type_error("* wants int"))?;
            left |= width < 0;
            specification.width = usize::try_from(width.abs()).unwrap_or(WIDEST).min(WIDEST);
        } else {
            specification.width = parse_number(&mut rest)?.unwrap_or(0);
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            if let Some(after) = rest.strip_prefix('*') {
                rest = after;
                let precision = next()?.as_int().ok_or_else(|| Error::type_error("* wants int"))?;
                specification.precision = Some(usize::try_from(precision).unwrap_or(0).min(WIDEST));
            } else {
                specification.precision = Some(parse_number(&mut rest)?.unwrap_or(0));
            }
        }
        rest = rest.trim_start_matches(['l', 'h', 'L']);
        let Some(kind) = rest.chars().next() else {
            return Err(Error::value("incomplete format"));
        };
        rest = &rest[kind.len_utf8()..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        if left {
            specification.align = Some('<');
            specification.fill = Some(' ');
        }
        let value = match named {
            Some(value) => value,
            None => next()?,
        };
        out.push_str(&percent_one(specification, kind, &value)?);
    }
    out.push_str(rest);
    if used < items.len() && !by_name && !matches!(values, Value::Dict(_) | Value::List(_) | Value::Object(_))
    {
        return Err(Error::type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn percent_one(mut specification: Specification, kind: char, value: &Value) -> Result<String> {
    let wrong = |needed: &str| {
        Err(Error::type_error(format!("%{kind} format: {needed} is required, not {}", value.type_name())))
    };
    match kind {
        's' | 'r' | 'a' => {
            let mut text = if kind == 's' { value.to_string() } else { value.repr() };
            if let Some(precision) = specification.precision {
                text = text.chars().take(precision).collect();
            }
            specification.zero = false;
            Ok(specification.pad(&text, '>'))
        }
        'd' | 'i' | 'u' => match value {
            Value::Float(float) if float.is_finite() => specification.int(*float as i128, 'd'),
            other => other.as_int().map_or_else(|| wrong("a real number"), |int| specification.int(int, 'd')),
        },
        'x' | 'X' | 'o' => {
            value.as_int().map_or_else(|| wrong("an integer"), |int| specification.int(int, kind))
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => value
            .as_float()
            .map_or_else(|| wrong("a real number"), |float| Ok(specification.float(float, kind))),
        'c' => match value {
            Value::Str(text) if text.chars().count() == 1 => Ok(specification.pad(text, '>')),
            other => other
                .as_int()
                .map_or_else(|| wrong("an int or a character"), |int| specification.int(int, 'c')),
        },
        other => Err(Error::value(format!("unsupported format character '{other}'"))),
    }
}
