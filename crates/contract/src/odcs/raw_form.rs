//! The server named `raw` of a contract: how the feed's files look and where they are.
//!
//! The standard gives a local server a `path` and a `format`; everything else about a file's form is in
//! custom properties of that server: `delimiter`, `quote`, `escape`, `header` (CSV), `encoding` (CSV,
//! JSONL and JSON), `recordPath` (JSON), `sheet` (XLSX), and those on the form of values (`value_form`).

use super::reader::Reader;
use super::value_form;
use crate::raw_form::{CsvForm, Encoding, Format, RawForm};
use crate::record_path::RecordPath;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml::Node;

/// The custom properties that are read here, and the formats that they apply to.
const PROPERTIES: [(&str, &[Format]); 7] = [
    ("delimiter", &[Format::Csv]),
    ("quote", &[Format::Csv]),
    ("escape", &[Format::Csv]),
    ("header", &[Format::Csv]),
    ("encoding", &[Format::Csv, Format::Jsonl, Format::Json]),
    ("recordPath", &[Format::Json]),
    ("sheet", &[Format::Xlsx]),
];

impl Reader<'_> {
    pub(super) fn raw_server<'n>(&self, document: &'n Node) -> Result<&'n Node> {
        self.items(document, "servers")?
            .iter()
            .find(|server| server.get("server").and_then(Node::as_str) == Some("raw"))
            .ok_or_else(|| self.error("the contract has no server named 'raw'", document))
    }

    pub(super) fn raw_form(&self, document: &Node) -> Result<RawForm> {
        let server = self.raw_server(document)?;
        let format = self.choice(
            self.member(server, "format")?,
            &[
                ("csv", Format::Csv),
                ("jsonl", Format::Jsonl),
                ("json", Format::Json),
                ("parquet", Format::Parquet),
                ("xlsx", Format::Xlsx),
                ("delta", Format::Delta),
            ],
        )?;
        let path = self.text(server, "path")?;
        if path.starts_with('/') || path.split('/').any(|segment| segment == "..") {
            return Err(
                self.error("the path should be relative, below the raw folder", self.member(server, "path")?)
            );
        }
        self.check_properties(server, format)?;
        Ok(RawForm {
            format,
            path: path.to_owned(),
            encoding: match self.custom(server, "encoding")? {
                None => Encoding::Utf8,
                Some(node) => self.choice(node, &Encoding::NAMES)?,
            },
            csv: self.csv_form(server)?,
            record_path: self.record_path(server)?,
            sheet: self.custom_text(server, "sheet")?,
        })
    }

    /// Properties of other tools are allowed; a misspelled one, or one without effect, is an error.
    fn check_properties(&self, server: &Node, format: Format) -> Result<()> {
        for property in self.items(server, "customProperties")? {
            let name = self.text(property, "property")?;
            match PROPERTIES.iter().find(|(known, _)| *known == name) {
                Some((_, formats)) if formats.contains(&format) => {}
                None if value_form::names().any(|known| known == name) => {}
                Some(_) => {
                    return Err(
                        self.error(format!("'{name}' does not apply to files of this format"), property)
                    );
                }
                None => {
                    let known = PROPERTIES.iter().map(|(known, _)| *known).chain(value_form::names());
                    if let Some(near) = nearest(name, known) {
                        return Err(self
                            .error(format!("the property '{name}' is not known"), property)
                            .hint(format!("did you mean '{near}'?")));
                    }
                }
            }
        }
        Ok(())
    }

    fn record_path(&self, server: &Node) -> Result<RecordPath> {
        let Some(node) = self.custom(server, "recordPath")? else { return Ok(RecordPath::default()) };
        let text = node.as_str().ok_or_else(|| self.error("'recordPath' should be text", node))?;
        RecordPath::parse(text).map_err(|why| {
            self.error(format!("the recordPath '{text}': {why}"), node)
                .hint("name the members that lead to the records, such as $.data.items or $.pages[*].items")
        })
    }

    fn csv_form(&self, server: &Node) -> Result<CsvForm> {
        let default = CsvForm::default();
        let delimiter = self.character(server, "delimiter")?.unwrap_or(default.delimiter);
        let quote = match self.custom(server, "quote")? {
            Some(node) if node.as_str() == Some("none") => None,
            _ => self.character(server, "quote")?.or(default.quote),
        };
        // An escape that is the quote itself is the doubled quote, as other tools put it.
        let escape = self.character(server, "escape")?.filter(|escape| Some(*escape) != quote);
        let header = match self.custom(server, "header")? {
            None => default.header,
            Some(node) => {
                node.as_bool().ok_or_else(|| self.error("'header' should be true or false", node))?
            }
        };
        if quote == Some(delimiter) || escape == Some(delimiter) {
            return Err(self.error("delimiter, quote and escape should differ", server));
        }
        if quote.is_none() && escape.is_some() {
            return Err(self.error("an escape works only within quotes, and there are none", server));
        }
        let null_texts = match self.custom(server, "nullText")? {
            None => Vec::new(),
            Some(node) => self.texts(node, "nullText")?,
        };
        Ok(CsvForm { delimiter, quote, escape, header, null_texts })
    }

    fn custom_text(&self, node: &Node, name: &str) -> Result<Option<String>> {
        self.custom(node, name)?
            .map(|node| {
                node.scalar_text().ok_or_else(|| self.error(format!("'{name}' should be text"), node))
            })
            .transpose()
    }

    /// A character that separates or marks: ASCII, and not the end of a line.
    fn character(&self, server: &Node, name: &str) -> Result<Option<u8>> {
        let Some(node) = self.custom(server, name)? else { return Ok(None) };
        match node.scalar_text().as_deref().map(str::as_bytes) {
            Some([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Some(*byte)),
            _ => Err(self.character_error(name, node)),
        }
    }

    fn character_error(&self, name: &str, node: &Node) -> Error {
        self.error(format!("'{name}' should be one ASCII character"), node).hint(match name {
            "delimiter" => "a tab is written as \"\\t\" in double quotes",
            "quote" => "files without quotes say `none`",
            _ => "the usual one is \"\\\\\", a backslash",
        })
    }
}
