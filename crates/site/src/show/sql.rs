//! SQL with Jinja in it, as HTML with colours.

use super::escaped;

/// Words that are shown as keywords.
const KEYWORDS: &str = " all and any as asc between by case cast create cross delete desc distinct else end except \
     exclude exists false filter first following for from full group having if ilike in inner insert intersect \
     interval into is join last lateral left like limit materialized natural not null nulls offset on or order outer \
     over partition pivot preceding qualify range recursive replace right rows select set table then true try_cast \
     unbounded union unnest unpivot update using values view when where window with within ";

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Plain,
    Comment,
    Text,
    Number,
    Keyword,
    Jinja,
}

impl Piece {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Comment => "co",
            Self::Text => "st",
            Self::Number => "nu",
            Self::Keyword => "ke",
            Self::Jinja => "ji",
        }
    }
}

/// SQL as HTML, each line of it as it was.
pub(crate) fn sql(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let (piece, length) = next(rest);
        let (part, after) = rest.split_at(length);
        match piece.class() {
            "" => out.push_str(&escaped(part)),
            class => {
                out.push_str("<span class=\"");
                out.push_str(class);
                out.push_str("\">");
                out.push_str(&escaped(part));
                out.push_str("</span>");
            }
        }
        rest = after;
    }
    out
}

/// What the text begins with, and how many bytes of it that is: at least one character.
fn next(text: &str) -> (Piece, usize) {
    let until =
        |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    for (start, end, piece) in [
        ("{#", "#}", Piece::Comment),
        ("{{", "}}", Piece::Jinja),
        ("{%", "%}", Piece::Jinja),
        ("/*", "*/", Piece::Comment),
        ("'", "'", Piece::Text),
    ] {
        if text.starts_with(start) {
            return (piece, until(end, start.len()));
        }
    }
    if text.starts_with("--") {
        return (Piece::Comment, text.find('\n').unwrap_or(text.len()));
    }
    let first = text.chars().next().unwrap_or(' ');
    let run = |is_in: &dyn Fn(char) -> bool| text.find(|letter| !is_in(letter)).unwrap_or(text.len());
    if first.is_ascii_digit() {
        return (Piece::Number, run(&|letter| letter.is_ascii_digit() || letter == '.'));
    }
    if first.is_alphabetic() || first == '_' {
        let length = run(&|letter| letter.is_alphanumeric() || letter == '_');
        let word = format!(" {} ", text[..length].to_lowercase());
        return (if KEYWORDS.contains(&word) { Piece::Keyword } else { Piece::Plain }, length);
    }
    (Piece::Plain, first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_has_colours_and_nothing_is_lost() {
        let html = sql("select 'a<b' -- c\nfrom {{ ref('x') }} where n_1 > 1.5");
        assert_eq!(
            html,
            "<span class=\"ke\">select</span> <span class=\"st\">&#39;a&lt;b&#39;</span> <span class=\"co\">-- c</span>\n\
             <span class=\"ke\">from</span> <span class=\"ji\">{{ ref(&#39;x&#39;) }}</span> <span class=\"ke\">where</span> n_1 &gt; \
             <span class=\"nu\">1.5</span>"
        );
        assert_eq!(sql("'open"), "<span class=\"st\">&#39;open</span>");
        assert_eq!(sql("ä{%"), "ä<span class=\"ji\">{%</span>");
    }
}
