use super::serve::serve;
use super::toolbox::{Resource, Tool, Toolbox};
use ingot_core::error::{Error, Result};
use serde_json::{Map, Value, json};

/// Tools that need no project.
struct Tools;

impl Toolbox for Tools {
    fn tools(&self) -> Vec<Tool> {
        let tool =
            |name, writes| Tool { name, title: name, description: name, arguments: Map::new(), writes };
        vec![tool("echo", false), tool("spoil", true)]
    }

    fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Result<Value> {
        match tool {
            "echo" => Ok(arguments.clone().into()),
            _ => Err(Error::new("it is spoilt").hint("leave it")),
        }
    }

    fn resources(&self) -> Result<Vec<Resource>> {
        Ok(vec![Resource {
            uri: "ingot://a".to_owned(),
            name: "a".to_owned(),
            description: String::new(),
            mime_type: "text/plain",
        }])
    }

    fn read(&self, uri: &str) -> Result<Option<(String, &'static str)>> {
        Ok((uri == "ingot://a").then(|| ("text of a".to_owned(), "text/plain")))
    }
}

/// What lines are answered with.
fn answers(lines: &str) -> Vec<Value> {
    let mut out = Vec::new();
    serve(&Tools, "what it is for", lines.as_bytes(), &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn answer(message: &Value) -> Value {
    let mut found = answers(&format!("{message}\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn ask(method: &str, params: Value) -> Value {
    answer(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
}

#[test]
fn the_version_that_the_client_wants_is_taken_if_it_is_known() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        assert_eq!(
            ask("initialize", json!({"protocolVersion": version}))["result"]["protocolVersion"],
            version
        );
    }
    for version in [json!("1999-01-01"), json!("2026-07-28"), json!(7), Value::Null] {
        let answered = ask("initialize", json!({"protocolVersion": version}));
        assert_eq!(answered["result"]["protocolVersion"], "2025-11-25", "{version}");
    }
    let begun = ask("initialize", json!({"protocolVersion": "2025-06-18"}));
    assert_eq!(begun["result"]["serverInfo"]["name"], "ingot");
    assert_eq!(begun["result"]["instructions"], "what it is for");
    assert!(begun["result"].get("resultType").is_none(), "older clients do not know it");
}

#[test]
fn a_request_can_name_its_version_instead_of_a_beginning() {
    let meta = |version: &str| json!({"_meta": {"io.modelcontextprotocol/protocolVersion": version}});
    let found = ask("server/discover", meta("2026-07-28"));
    assert!(found["result"]["supportedVersions"].as_array().unwrap().contains(&"2026-07-28".into()));
    let listed = ask("tools/list", meta("2026-07-28"));
    assert_eq!(
        (&listed["result"]["resultType"], &listed["result"]["ttlMs"]),
        (&json!("complete"), &json!(0))
    );
    let refused = ask("tools/list", meta("2031-01-01"));
    assert_eq!(refused["error"]["code"], -32022);
    assert_eq!(refused["error"]["data"], json!({"supported": ["2026-07-28"], "requested": "2031-01-01"}));
}

#[test]
fn tools_are_listed_and_called_and_what_they_refuse_is_a_result() {
    let tools = ask("tools/list", json!({}));
    assert_eq!(tools["result"]["tools"][0]["annotations"]["readOnlyHint"], true);
    assert_eq!(tools["result"]["tools"][1]["annotations"]["readOnlyHint"], false);
    let echo = ask("tools/call", json!({"name": "echo", "arguments": {"a": [1, "ä\n"]}}));
    assert_eq!(echo["result"]["isError"], false);
    assert_eq!(echo["result"]["content"][0]["text"], "{\"a\":[1,\"ä\\n\"]}");
    let refused = ask("tools/call", json!({"name": "spoil"}));
    assert_eq!(refused["result"]["isError"], true);
    assert_eq!(refused["result"]["content"][0]["text"], "it is spoilt\n  hint: leave it");
    for params in
        [json!({"name": "nosuch"}), json!({"name": 1}), json!({}), json!({"name": "echo", "arguments": [1]})]
    {
        assert_eq!(ask("tools/call", params.clone())["error"]["code"], -32602, "{params}");
    }
    assert_eq!(ask("tools/list", json!({"cursor": "x"}))["error"]["code"], -32602);
}

#[test]
fn documents_are_listed_and_read() {
    assert_eq!(ask("resources/list", json!({}))["result"]["resources"][0]["uri"], "ingot://a");
    assert_eq!(
        ask("resources/read", json!({"uri": "ingot://a"}))["result"]["contents"][0]["text"],
        "text of a"
    );
    assert_eq!(ask("resources/read", json!({"uri": "file:///etc/passwd"}))["error"]["code"], -32002);
    assert_eq!(ask("resources/templates/list", json!({}))["result"], json!({"resourceTemplates": []}));
    assert_eq!(ask("prompts/list", json!({}))["error"]["code"], -32601);
}

#[test]
fn what_is_not_a_request_is_refused_or_ignored_and_the_next_one_is_answered() {
    let ping = "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}\n";
    let too_deep = format!("{}{}\n", "[".repeat(5000), "]".repeat(5000));
    for (line, code) in [
        ("{\"jsonrpc\": \n", -32700),
        ("\u{0}\n", -32700),
        (too_deep.as_str(), -32700),
        ("17\n", -32600),
        ("[]\n", -32600),
        ("[[]]\n", -32600),
        ("{}\n", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}\n", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}\n", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[1]}\n", -32602),
    ] {
        let found = answers(&format!("{line}{ping}"));
        let codes: Vec<&Value> = found
            .iter()
            .map(|one| if one.is_array() { &one[0]["error"]["code"] } else { &one["error"]["code"] })
            .collect();
        assert!(codes.contains(&&json!(code)), "{line}: {found:?}");
        assert!(found.contains(&json!({"jsonrpc": "2.0", "id": "p", "result": {}})), "{line}: {found:?}");
    }
    for line in [
        "\n",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n",
        "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"spoil\"}}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n",
    ] {
        assert_eq!(answers(line), Vec::<Value>::new(), "{line}");
    }
    let not_text = [b"{\"a\": \"\xff\"}\n".as_slice(), ping.as_bytes()].concat();
    let mut out = Vec::new();
    serve(&Tools, "", not_text.as_slice(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
}

#[test]
fn a_line_without_end_takes_no_memory_and_the_next_one_is_answered() {
    let huge = format!("{{\"a\":\"{}\"}}\n", "x".repeat(9 << 20));
    let found = answers(&format!("{huge}{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}}"));
    assert_eq!((&found[0]["error"]["code"], &found[1]["result"]), (&json!(-32700), &json!({})));
}

#[test]
fn several_messages_of_one_line_are_answered_together() {
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let told = json!({"jsonrpc": "2.0", "method": "notifications/cancelled"});
    let found = answers(&format!("{}\n{}\n", json!([ping, told, 3]), json!([told])));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0][0]["result"], &found[0][1]["error"]["code"]), (&json!({}), &json!(-32600)));
}
