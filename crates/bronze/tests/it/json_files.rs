//! JSON in other layouts than lines: arrays, pretty-printed and concatenated documents, records within a document.

use crate::feed::Feed;
use ingot_bronze::LoadOptions;

const MEMBERS: &str = "id i64 {required: true}\ntext str";

fn feed(path: &str) -> Feed {
    let server = if path.is_empty() { String::new() } else { format!("recordPath: \"{path}\"") };
    Feed::new("json", "t*.json", &server, MEMBERS)
}

/// The rows, the rejects as row, line, byte offset and code, and the rejects' texts.
type Taken = (Vec<String>, Vec<(u64, u64, u64, String)>, Vec<String>);

fn load(path: &str, text: &str) -> Taken {
    let feed = feed(path);
    feed.write("t.json", text);
    let summary = feed.load();
    assert_eq!(summary.files[0].error, None, "{text}");
    let rejects = feed.rejects();
    assert_eq!(summary.read(), summary.accepted() + rejects.len() as u64);
    (
        feed.shown(),
        rejects
            .iter()
            .map(|reject| {
                (reject.row, reject.line.unwrap(), reject.byte_offset.unwrap(), reject.codes.clone())
            })
            .collect(),
        rejects.into_iter().map(|reject| reject.raw).collect(),
    )
}

fn failure(path: &str, text: &str) -> (String, String) {
    let feed = feed(path);
    feed.write("t.json", text);
    let code = feed.failure();
    (code, feed.load().files[0].error.clone().unwrap())
}

#[test]
fn every_layout_gives_the_same_rows() {
    let rows = ["id=1 text=a]}", "id=2 text={\"b\": [1, 2.50]}"];
    let (one, two) = ("{\"id\": 1, \"text\": \"a]}\"}", "{\"id\": 2, \"text\": {\"b\": [1, 2.50]}}");
    for text in [
        format!("[{one},{two}]"),
        format!("\u{feff}[\r\n  {one},\r\n  {two}\r\n]\r\n"),
        format!("{one}\n{two}\n"),
        format!("{one}{two}"),
        format!("[{one}] [] [{two}]"),
        format!("{}\n{two}", one.replace(", ", ",\n  ").replace('{', "{\n  ")),
    ] {
        let taken = load("", &text);
        assert_eq!(taken, (rows.map(str::to_owned).to_vec(), Vec::new(), Vec::new()), "{text}");
    }
    for text in ["", " \n", "[]", "[ ]\n"] {
        assert_eq!(load("", text), (Vec::new(), Vec::new(), Vec::new()));
    }
}

#[test]
fn records_are_found_by_their_path() {
    let text = "{\"count\": 2, \"skipped\": [{\"id\": 9}, \"]}\\\"\"],\n \"data\": {\"items\": [{\"id\": 1}, {\"id\": 2}], \"x\": null}}\n";
    assert_eq!(load("$.data.items", text).0, ["id=1", "id=2"]);
    assert_eq!(load("$.data['items'][*]", text).0, ["id=1", "id=2"]);
    assert_eq!(load("$.skipped", text).1, [(2, 1, 36, "NOT_A_JSON_OBJECT".to_owned())]);
    let pages =
        "[{\"items\": [{\"id\": 1}]}, {\"items\": []}, {\"items\": null}, {\"\\u0069tems\": {\"id\": 4}}]";
    assert_eq!(load("$[*].items", pages).0, ["id=1", "id=4"]);
    // Each document of several is followed.
    assert_eq!(load("$.data.items", &format!("{text}{text}")).0, ["id=1", "id=2", "id=1", "id=2"]);
    for (path, text) in [
        ("$.data.rows", text),
        ("$.count.items", text),
        ("$.items", "[{\"id\":1}]"),
        ("$.data[*]", text),
        ("$.a", "{}"),
    ] {
        let (code, error) = failure(path, text);
        assert_eq!(code, "RECORD_PATH_MISSING", "{path}");
        assert!(error.contains("line 1") || error.contains("line 2"), "{error}");
    }
}

#[test]
fn a_record_that_is_not_json_is_rejected_by_itself() {
    let text = "[\n{\"id\": 1},\n{\"id\": NaN},\n7,\n\"é\", null,\n[{\"id\": 5}],\n{\"id\": 6,},\n{\"text\":\n\"b\"},\n{\"id\": 8}\n]";
    let (rows, rejects, raws) = load("", text);
    assert_eq!(rows, ["id=1", "id=8"]);
    let lines: Vec<(u64, u64, &str)> =
        rejects.iter().map(|(row, line, _, code)| (*row, *line, code.as_str())).collect();
    assert_eq!(
        lines,
        [
            (2, 3, "NOT_JSON"),
            (3, 4, "NOT_A_JSON_OBJECT"),
            (4, 5, "NOT_A_JSON_OBJECT"),
            (5, 5, "NOT_A_JSON_OBJECT"),
            (6, 6, "NOT_A_JSON_OBJECT"),
            (7, 7, "NOT_JSON"),
            (8, 8, "REQUIRED_MISSING"),
        ]
    );
    for ((_, _, offset, _), raw) in rejects.iter().zip(&raws) {
        assert!(text[*offset as usize..].starts_with(raw.as_str()), "{raw}");
    }
    assert_eq!(raws[6], "{\"text\":\n\"b\"}");
}

#[test]
fn a_file_whose_structure_is_broken_is_refused_with_the_place() {
    for (text, place) in [
        ("[{\"id\": 1}", "line 1, at byte 11"),
        ("[{\"id\": 1},\n{\"id\": 2", "line 2"),
        ("[{\"id\": 1}\n{\"id\": 2}]", "line 2, at byte 12"),
        ("[{\"id\": 1},]", "byte 12"),
        ("{\"id\": 1}]", "byte 10"),
        ("id,text\n1,a\n", "line 1, at byte 1"),
        ("[{\"id\": 1}] x", "byte 13"),
        ("{\"id\": \"1}", "line 1"),
    ] {
        let (code, error) = failure("", text);
        assert_eq!(code, "BROKEN_JSON", "{text}");
        assert!(error.contains(place), "{error}");
    }
    assert_eq!(failure("$.a", "{\"b\" 1, \"a\": []}").0, "BROKEN_JSON");
    assert_eq!(failure("$.a", "{\"b\": {\"a\": [}").0, "BROKEN_JSON");
}

#[test]
fn a_record_of_seventy_megabytes_costs_itself_only() {
    let feed = feed("$.rows");
    let long = format!("{{\"id\": 1, \"text\": \"{}\"}}", "]\\\"\n".repeat(17 << 20));
    feed.write("t.json", format!("{{\"about\": {long}, \"rows\": [{long}, {{\"id\": 2}}]}}"));
    feed.load();
    assert_eq!(feed.shown(), ["id=2"]);
    let [reject] = &feed.rejects()[..] else { panic!() };
    assert_eq!((reject.codes.as_str(), reject.row), ("LINE_TOO_LONG", 1));
    assert_eq!(reject.byte_offset, Some(long.len() as u64 + 21));
    assert!(long.starts_with(&reject.raw) && reject.raw.len() == 64 << 10);
}

#[test]
fn utf16_and_compression_are_read() {
    let feed = Feed::new("json", "t.json", "encoding: utf-16", MEMBERS);
    let text = "\u{feff}[{\"id\":1,\"text\":\"é😀\"},\r\n{\"id\":x}]";
    feed.write("t.json", text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    feed.load();
    assert_eq!(feed.shown(), ["id=1 text=é😀"]);
    let [reject] = &feed.rejects()[..] else { panic!() };
    assert_eq!((reject.line, reject.byte_offset), (Some(2), Some(52)));
}

#[test]
fn a_corrected_record_is_loaded_whatever_its_lines() {
    let feed = feed("$.rows");
    feed.write("t.json", "{\"rows\": [\n{\n  \"id\": \"x\",\n  \"text\": \"a\"\n}, [{\"id\": 2}]]}");
    feed.load();
    let file = walkdir::WalkDir::new(feed.raw("../lake/_rejects/t"))
        .into_iter()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().ends_with(".csv"))
        .unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let corrected = text.replace("\"\"id\"\": \"\"x\"\"", "\"\"id\"\": 7");
    assert_ne!(text, corrected, "{text}");
    std::fs::write(file.path(), corrected).unwrap();
    let folder = feed.raw("..");
    let options = LoadOptions::new(
        folder.join("raw"),
        folder.join("lake"),
        folder.join("warehouse.duckdb"),
        folder.join("schemas"),
    );
    let summary = ingot_bronze::replay(&options, "t", None, &ingot_core::report::Silent).unwrap();
    // The other record is still an array, and not the object inside it.
    assert_eq!((summary.loaded(), summary.rejected()), (1, 1));
    assert_eq!(feed.shown(), ["id=7 text=a"]);
}
