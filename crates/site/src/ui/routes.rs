//! What is answered to which address.

use super::answer::{Answer, kind_of};
use super::corrections;
use super::current::Current;
use super::guard::{Asked, Guard, Verdict};
use super::live_runs::{is_any_running, live_runs};
use super::query::{ROWS, SqlBox};
use ingot_catalog::WhyQuestion;
use ingot_core::error::{Error, Result};
use ingot_core::project::Project;
use serde_json::{Value as Json, json};
use std::io::Read as _;
use std::time::Instant;
use tiny_http::{Method, Request};

/// Bytes of a request's body, at most.
const BODY: u64 = 1 << 20;

/// Everything that answers.
pub(super) struct Routes {
    pub(super) project: Project,
    pub(super) guard: Guard,
    pub(super) current: Current,
    pub(super) sql: SqlBox,
    pub(super) why: AskWhy,
}

/// Follows a value back, and says it as text.
pub(super) type AskWhy = Box<dyn Fn(&WhyQuestion) -> Result<String> + Send + Sync>;

/// Rows of each table that are shown of where a value came from.
const WHY_ROWS: usize = 5;

impl Routes {
    pub(super) fn answer(&self, request: &mut Request) -> Answer {
        match self.guard.judge(&Asked::of(request)) {
            Verdict::Refused(why) => return Answer::error(403, why),
            Verdict::Welcomed { cookie } => {
                let mut answer = Answer::of("text/plain", "");
                answer.status = 303;
                answer.headers = vec![("Set-Cookie", cookie), ("Location", "/index.html".to_owned())];
                return answer;
            }
            Verdict::Answered => {}
        }
        let url = request.url().to_owned();
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        match request.method() {
            Method::Get => self.get(path.trim_start_matches('/'), query),
            Method::Post => match body(request) {
                Ok(asked) => self.post(path, &asked),
                Err(answer) => answer,
            },
            _ => Answer::error(405, "this server knows GET and POST"),
        }
    }

    fn get(&self, path: &str, query: &str) -> Answer {
        let asked = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value)).unwrap_or_default()
        };
        match path {
            "api/live" => {
                let runs = live_runs(&self.project.live_runs());
                Answer::json(&json!({"number": self.current.number(), "runs": runs}))
            }
            "api/rejects" => told(corrections::list(&self.project, &asked("table"), &asked("reason"))),
            _ => self.page(path),
        }
    }

    fn page(&self, path: &str) -> Answer {
        let site = self.current.site();
        let path = if path.is_empty() { "index.html" } else { path };
        if let Some(name) = path.strip_prefix("assets/") {
            return match site.asset(name) {
                Some(text) => Answer::of(kind_of(name), text),
                None => Answer::error(404, "there is no such file"),
            };
        }
        // Only names of pages are looked up, so that no path leads to a file.
        match site.page(&decoded(path)) {
            Ok(Some(page)) => Answer::html(page),
            Ok(None) => Answer::error(404, "there is no such page"),
            Err(error) => Answer::error(500, error.message()),
        }
    }

    fn why(&self, asked: &Json) -> Result<Json> {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().trim().to_owned();
        let question = WhyQuestion {
            table: text("table"),
            condition: text("where"),
            column: Some(text("column")).filter(|column| !column.is_empty()),
            limit: WHY_ROWS,
            loaded: None,
        };
        if is_any_running(&self.project.live_runs()) {
            return Err(Error::new("a run has the warehouse").hint("ask again when it is done"));
        }
        let begun = Instant::now();
        let text = (self.why)(&question)?;
        Ok(json!({"text": text, "seconds": begun.elapsed().as_secs_f64()}))
    }

    fn post(&self, path: &str, asked: &Json) -> Answer {
        match path {
            "/api/query" => told(self.sql.ask(asked["sql"].as_str().unwrap_or_default(), ROWS)),
            "/api/why" => told(self.why(asked)),
            "/api/replay" => told(corrections::correct_and_replay(&self.project, asked)),
            _ => Answer::error(404, "there is no such address"),
        }
    }
}

fn told(outcome: Result<Json>) -> Answer {
    match outcome {
        Ok(value) => Answer::json(&value),
        Err(error) => Answer::error(400, &in_words(&error)),
    }
}

fn in_words(error: &Error) -> String {
    let hint = error.hint_text().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("{error}{hint}")
}

/// The JSON of a request, if it is not too much.
fn body(request: &mut Request) -> Result<Json, Answer> {
    let mut text = String::new();
    let read = request.as_reader().take(BODY + 1).read_to_string(&mut text);
    if read.is_err() || text.len() as u64 > BODY {
        return Err(Answer::error(413, "the request is too large, or is not text"));
    }
    serde_json::from_str(&text).map_err(|_| Answer::error(400, "the request is not JSON"))
}

/// `%41` as `A`.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
