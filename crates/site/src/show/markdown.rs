//! Descriptions, which dbt projects write in Markdown, as HTML. HTML in them is shown as text.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// Text as HTML shows it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Markdown as HTML. Pictures become their text, since pages fetch nothing; links lead only to `http`, `https` and `mailto`.
pub(crate) fn markdown(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let is_safe = ["http://", "https://", "mailto:"].iter().any(|start| dest_url.starts_with(start));
            let dest_url = if is_safe { dest_url } else { CowStr::from("#") };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::Start(Tag::Image { .. }) | Event::End(pulldown_cmark::TagEnd::Image) => None,
        // A page has its own headings.
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(pulldown_cmark::TagEnd::Heading(_)) => Some(Event::End(pulldown_cmark::TagEnd::Paragraph)),
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_cannot_run_scripts_or_fetch() {
        assert_eq!(markdown("a `b` *c*"), "<p>a <code>b</code> <em>c</em></p>\n");
        let text = markdown("<script>alert(1)</script>\n\n<img src=x onerror=y> z");
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
        let text =
            markdown("[x](javascript:alert) ![pic](https://example.org/a.png) [y](https://example.org)");
        assert!(!text.contains("javascript") && !text.contains("a.png"), "{text}");
        assert!(text.contains("href=\"https://example.org\""), "{text}");
    }
}
