//! The Model Context Protocol: what a message is answered with.
//!
//! Messages are those of JSON-RPC 2.0. In versions up to 2025-11-25 a client begins with `initialize`
//! (<https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle>). From 2026-07-28 on there is no beginning:
//! each request names its version in `_meta`, and `server/discover` lists those that are known
//! (<https://modelcontextprotocol.io/specification/2026-07-28>). Nothing is remembered between messages.

use super::toolbox::{Resource, Tool, Toolbox};
use ingot_core::error::Error;
use serde_json::{Map, Value, json};

/// The versions that begin with `initialize`, the newest last.
const WITH_BEGINNING: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/// The versions that each request names.
const WITHOUT_BEGINNING: [&str; 1] = ["2026-07-28"];
/// Where a request names its version.
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const INTERNAL_ERROR: i32 = -32603;
/// Up to 2025-11-25; an invalid parameter since.
const RESOURCE_NOT_FOUND: i32 = -32002;
const UNSUPPORTED_VERSION: i32 = -32022;

/// What a request that cannot be answered is answered with.
struct Failure {
    code: i32,
    message: String,
    data: Value,
}

impl Failure {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Value::Null }
    }

    fn answer(self, id: &Value) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if !self.data.is_null() {
            error["data"] = self.data;
        }
        json!({"jsonrpc": "2.0", "id": id, "error": error})
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(INTERNAL_ERROR, error.with_hint().to_string())
    }
}

/// What a line is answered with that is not JSON, or too long to be read.
pub(super) fn unreadable(why: &str) -> Value {
    Failure::new(PARSE_ERROR, why).answer(&Value::Null)
}

/// Whether a message asks nothing but whether the server is there.
pub(super) fn is_ping(message: &Value) -> bool {
    message["method"] == "ping"
}

pub(super) struct Protocol<'a> {
    pub(super) toolbox: &'a dyn Toolbox,
    /// What the tools are for.
    pub(super) instructions: &'a str,
}

impl Protocol<'_> {
    /// The answer to a message, if it wants one.
    pub(super) fn answer(&self, message: &Value) -> Option<Value> {
        match message {
            // Several at once, as version 2025-03-26 has it.
            Value::Array(batch) if !batch.is_empty() => {
                let answers: Vec<Value> = batch.iter().filter_map(|one| self.answer_one(one)).collect();
                (!answers.is_empty()).then(|| answers.into())
            }
            one => self.answer_one(one),
        }
    }

    fn answer_one(&self, message: &Value) -> Option<Value> {
        let invalid = |why: &str| Some(Failure::new(INVALID_REQUEST, why).answer(&Value::Null));
        let Some(request) = message.as_object() else {
            return invalid("a message must be a JSON object");
        };
        let id = match request.get("id") {
            None | Some(Value::String(_) | Value::Number(_)) => request.get("id"),
            Some(_) => return invalid("an id must be a text or a number"),
        };
        let Some(method) = request.get("method").and_then(Value::as_str) else {
            // The server asks nothing, so that an answer to it means nothing.
            let is_answer = request.contains_key("result") || request.contains_key("error");
            return if is_answer { None } else { invalid("the message names no method") };
        };
        // Without an id it is a notification.
        let id = id?;
        if request.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Some(Failure::new(INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"").answer(id));
        }
        let params = match request.get("params") {
            None => &Value::Null,
            Some(params @ Value::Object(_)) => params,
            Some(_) => {
                return Some(Failure::new(INVALID_PARAMS, "\"params\" must be an object").answer(id));
            }
        };
        Some(match self.result(method, params) {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(failure) => failure.answer(id),
        })
    }

    fn result(&self, method: &str, params: &Value) -> std::result::Result<Value, Failure> {
        let named = &params["_meta"][VERSION_KEY];
        if !named.is_null() && !WITHOUT_BEGINNING.iter().any(|version| named == version) {
            return Err(Failure {
                data: json!({"supported": WITHOUT_BEGINNING, "requested": named}),
                ..Failure::new(UNSUPPORTED_VERSION, "this version of the protocol is not known")
            });
        }
        let is_stateless = !named.is_null();
        let mut result = match method {
            "initialize" => self.initialize(params),
            "server/discover" => self.discover(),
            "ping" => json!({}),
            "tools/list" => {
                only_page(params)?;
                json!({"tools": self.toolbox.tools().iter().map(listed_tool).collect::<Vec<_>>()})
            }
            "tools/call" => self.call(params)?,
            "resources/list" => {
                only_page(params)?;
                json!({"resources": self.toolbox.resources()?.iter().map(listed_resource).collect::<Vec<_>>()})
            }
            "resources/templates/list" => json!({"resourceTemplates": []}),
            "resources/read" => self.read(params, is_stateless)?,
            other => {
                return Err(Failure::new(METHOD_NOT_FOUND, format!("there is no method '{other}'")));
            }
        };
        if is_stateless || method == "server/discover" {
            result["resultType"] = "complete".into();
            if method != "tools/call" {
                // The project changes while its agent works: nothing is kept.
                result["ttlMs"] = 0.into();
                result["cacheScope"] = "private".into();
            }
        }
        Ok(result)
    }

    /// The version that the client wants, or the newest: then the client decides whether it goes on.
    fn initialize(&self, params: &Value) -> Value {
        let wanted = params["protocolVersion"].as_str().unwrap_or_default();
        let newest = WITH_BEGINNING[WITH_BEGINNING.len() - 1];
        let version = WITH_BEGINNING.iter().find(|known| **known == wanted).unwrap_or(&newest);
        json!({
            "protocolVersion": version, "capabilities": capabilities(), "serverInfo": server_info(),
            "instructions": self.instructions,
        })
    }

    fn discover(&self) -> Value {
        let supported: Vec<&str> = WITHOUT_BEGINNING.iter().chain(&WITH_BEGINNING).copied().collect();
        json!({
            "supportedVersions": supported, "capabilities": capabilities(), "instructions": self.instructions,
            "_meta": {"io.modelcontextprotocol/serverInfo": server_info()},
        })
    }

    fn call(&self, params: &Value) -> std::result::Result<Value, Failure> {
        let name = required(params, "name")?;
        if !self.toolbox.tools().iter().any(|tool| tool.name == name) {
            return Err(Failure::new(INVALID_PARAMS, format!("there is no tool '{name}'")));
        }
        let none = Map::new();
        let arguments = match &params["arguments"] {
            Value::Null => &none,
            Value::Object(arguments) => arguments,
            _ => return Err(Failure::new(INVALID_PARAMS, "\"arguments\" must be an object")),
        };
        // What a tool refuses is a result, so that the agent reads it and can do better.
        let (text, is_error) = match self.toolbox.call(name, arguments) {
            Ok(value) => (value.to_string(), false),
            Err(error) => (error.with_hint().to_string(), true),
        };
        Ok(json!({"content": [{"type": "text", "text": text}], "isError": is_error}))
    }

    fn read(&self, params: &Value, is_stateless: bool) -> std::result::Result<Value, Failure> {
        let uri = required(params, "uri")?;
        let Some((text, mime_type)) = self.toolbox.read(uri)? else {
            let code = if is_stateless { INVALID_PARAMS } else { RESOURCE_NOT_FOUND };
            return Err(Failure {
                data: json!({"uri": uri}),
                ..Failure::new(code, format!("there is no resource '{uri}'"))
            });
        };
        Ok(json!({"contents": [{"uri": uri, "mimeType": mime_type, "text": text}]}))
    }
}

fn capabilities() -> Value {
    json!({"tools": {}, "resources": {}})
}

fn server_info() -> Value {
    json!({"name": "ingot", "version": env!("CARGO_PKG_VERSION")})
}

fn required<'p>(params: &'p Value, name: &str) -> std::result::Result<&'p str, Failure> {
    params[name].as_str().ok_or_else(|| Failure::new(INVALID_PARAMS, format!("\"{name}\" must be a text")))
}

/// Lists have one page, so that a request for another one is a mistake.
fn only_page(params: &Value) -> std::result::Result<(), Failure> {
    match params["cursor"].is_null() {
        true => Ok(()),
        false => Err(Failure::new(INVALID_PARAMS, "the list has no more pages")),
    }
}

fn listed_tool(tool: &Tool) -> Value {
    json!({
        "name": tool.name, "title": tool.title, "description": tool.description, "inputSchema": tool.arguments,
        "annotations": {
            "title": tool.title, "readOnlyHint": !tool.writes, "destructiveHint": false, "openWorldHint": false,
        },
    })
}

fn listed_resource(resource: &Resource) -> Value {
    json!({
        "uri": resource.uri, "name": resource.name, "description": resource.description,
        "mimeType": resource.mime_type,
    })
}
