//! Which requests are answered: those of this machine's browser, from our own pages, by who knows the token.
//!
//! - `Host` must be this server's own address. A foreign page whose name was made to lead here (DNS rebinding) sends its own.
//! - `Origin` and `Sec-Fetch-Site`, where a browser sends them, must say that our own page asks.
//! - Every request needs the token: in the address once, then in a cookie that other sites' requests do not carry.
//! - What changes something needs it in a header as well, which no form can send.

use tiny_http::{Method, Request};

/// The name of the cookie; ports share cookies, so each has its own.
fn cookie_name(port: u16) -> String {
    format!("ingot-ui-{port}")
}

/// What the guard looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) changes: bool,
    pub(super) host: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) fetch_site: Option<String>,
    pub(super) cookie: Option<String>,
    pub(super) token_header: Option<String>,
    /// The token in the address: `?token=…`.
    pub(super) token_asked: Option<String>,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let header = |name: &'static str| {
            let mut found = request.headers().iter().filter(|header| header.field.equiv(name));
            let first = found.next().map(|header| header.value.as_str().to_owned());
            // A header that comes twice may mean one thing here and another elsewhere.
            if found.next().is_some() { Some(String::new()) } else { first }
        };
        let token_asked = request.url().split_once('?').and_then(|(_, query)| {
            query.split('&').find_map(|pair| pair.strip_prefix("token=").map(str::to_owned))
        });
        Self {
            changes: *request.method() != Method::Get,
            host: header("Host"),
            origin: header("Origin"),
            fetch_site: header("Sec-Fetch-Site"),
            cookie: header("Cookie"),
            token_header: header("X-Ingot-Token"),
            token_asked,
        }
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Answered,
    /// The address has the token: it goes into a cookie, and the address loses it.
    Welcomed {
        cookie: String,
    },
    Refused(&'static str),
}

/// Who may ask.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    port: u16,
    token: String,
}

impl Guard {
    pub(super) fn new(port: u16, token: String) -> Self {
        Self { port, token }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn judge(&self, asked: &Asked) -> Verdict {
        let hosts = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        if !asked.host.as_ref().is_some_and(|host| hosts.contains(host)) {
            return Verdict::Refused("this server answers only under its own name");
        }
        let is_own = |origin: &String| hosts.iter().any(|host| *origin == format!("http://{host}"));
        if asked.origin.as_ref().is_some_and(|origin| !is_own(origin)) {
            return Verdict::Refused("another site may not ask this server");
        }
        // A link typed or opened by the person is `none`.
        let is_foreign = |site: &String| !matches!(site.as_str(), "same-origin" | "none");
        if asked.fetch_site.as_ref().is_some_and(is_foreign) && asked.token_asked.is_none() {
            return Verdict::Refused("another site may not ask this server");
        }
        if !asked.changes && asked.token_asked.as_ref().is_some_and(|token| self.is_token(token)) {
            let cookie =
                format!("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name(self.port), self.token);
            return Verdict::Welcomed { cookie };
        }
        let cookie = asked.cookie.as_deref().unwrap_or_default();
        let name = cookie_name(self.port);
        let is_known = cookie.split(';').any(|pair| {
            pair.trim().split_once('=').is_some_and(|(key, token)| key == name && self.is_token(token))
        });
        if !is_known {
            return Verdict::Refused("open the address that `ingot ui` printed: it has the token");
        }
        if asked.changes
            && !(asked.origin.is_some()
                && asked.token_header.as_ref().is_some_and(|token| self.is_token(token)))
        {
            return Verdict::Refused("only the pages of this server may ask for that");
        }
        Verdict::Answered
    }

    /// Compares all of it, so that the time tells nothing.
    fn is_token(&self, given: &str) -> bool {
        let (own, given) = (self.token.as_bytes(), given.as_bytes());
        own.len() == given.len() && own.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(4000, "secret".to_owned())
    }

    fn own() -> Asked {
        Asked {
            host: Some("127.0.0.1:4000".to_owned()),
            cookie: Some("a=b; ingot-ui-4000=secret".to_owned()),
            ..Asked::default()
        }
    }

    fn is_refused(asked: &Asked) -> bool {
        matches!(guard().judge(asked), Verdict::Refused(_))
    }

    #[test]
    fn our_own_page_is_answered_and_nobody_else() {
        assert_eq!(guard().judge(&own()), Verdict::Answered);
        let text = |text: &str| Some(text.to_owned());
        for host in [None, text("evil.example"), text("127.0.0.1"), text("127.0.0.1:4001"), text("")] {
            assert!(is_refused(&Asked { host, ..own() }));
        }
        for origin in
            ["http://evil.example", "null", "https://127.0.0.1:4000", "http://127.0.0.1:4000.evil.example"]
        {
            assert!(is_refused(&Asked { origin: text(origin), ..own() }), "{origin}");
        }
        assert!(is_refused(&Asked { fetch_site: text("cross-site"), ..own() }));
        for cookie in [None, text("ingot-ui-4000=other"), text("ingot-ui-4001=secret"), text("secret")] {
            assert!(is_refused(&Asked { cookie, ..own() }));
        }
    }

    #[test]
    fn a_change_needs_the_token_twice_and_our_origin() {
        let ask = |origin: Option<&str>, token: Option<&str>| Asked {
            changes: true,
            origin: origin.map(str::to_owned),
            token_header: token.map(str::to_owned),
            ..own()
        };
        let ours = Some("http://localhost:4000");
        assert_eq!(guard().judge(&ask(ours, Some("secret"))), Verdict::Answered);
        for (origin, token) in [(None, Some("secret")), (ours, None), (ours, Some("guess"))] {
            assert!(is_refused(&ask(origin, token)));
        }
        let by_address = Asked { token_asked: Some("secret".to_owned()), ..ask(ours, None) };
        assert!(is_refused(&by_address), "the address alone changes nothing");
    }

    #[test]
    fn the_address_with_the_token_gives_a_cookie() {
        let asked = Asked { cookie: None, token_asked: Some("secret".to_owned()), ..own() };
        let Verdict::Welcomed { cookie } = guard().judge(&asked) else { panic!("not welcomed") };
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        assert!(is_refused(&Asked { cookie: None, token_asked: Some("secreT".to_owned()), ..own() }));
    }
}
