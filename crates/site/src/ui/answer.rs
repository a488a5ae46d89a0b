//! What is answered to a request.

use serde_json::{Value as Json, json};
use std::io::Cursor;
use tiny_http::{Header, Response, StatusCode};

/// A status, a body and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) kind: &'static str,
    /// Further headers.
    pub(super) headers: Vec<(&'static str, String)>,
}

/// A page may load what is beside it, and nothing else; nobody may show it in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Answer {
    pub(super) fn of(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), kind, headers: Vec::new() }
    }

    pub(super) fn html(body: String) -> Self {
        Self::of("text/html; charset=utf-8", body)
    }

    pub(super) fn json(value: &Json) -> Self {
        Self::of("application/json", value.to_string())
    }

    /// A refusal, with the reason as JSON.
    pub(super) fn error(status: u16, message: &str) -> Self {
        Self { status, ..Self::json(&json!({"error": message})) }
    }

    pub(super) fn response(self) -> Response<Cursor<Vec<u8>>> {
        let mut response = Response::from_data(self.body).with_status_code(StatusCode(self.status));
        let fixed = [
            ("Content-Type", self.kind.to_owned()),
            ("Content-Security-Policy", POLICY.to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("X-Frame-Options", "DENY".to_owned()),
            ("Referrer-Policy", "no-referrer".to_owned()),
            ("Cross-Origin-Resource-Policy", "same-origin".to_owned()),
            ("Cache-Control", "no-store".to_owned()),
        ];
        for (name, value) in fixed.into_iter().chain(self.headers) {
            // All of these are ASCII without line ends.
            if let Ok(header) = Header::from_bytes(name, value) {
                response.add_header(header);
            }
        }
        response
    }
}

/// The type of a file by its name.
pub(super) fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
