//! The server named `raw` of a contract: how the feed's files look and where they are.
//!
//! The standard gives a local server a `path` and a `format`; everything else about a file's form is in
//! custom properties of that server: `delimiter`, `quote`, `escape`, `header`, `nullText` (CSV), `encoding` (CSV and
//! JSONL), `sheet` (XLSX).

use super::reader::Reader;
use crate::raw_form::{CsvForm, Encoding, Format, RawForm};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml::Node;

/// The custom properties that are read here, and the formats that they apply to.
const PROPERTIES: [(&str, &[Format]); 7] = [
    ("delimiter", &[Format::Csv]),
    ("quote", &[Format::Csv]),
    ("escape", &[Format::Csv]),
    ("header", &[Format::Csv]),
    ("nullText", &[Format::Csv]),
    ("encoding", &[Format::Csv, Format::Jsonl]),
    ("sheet", &[Format::Xlsx]),
];

impl Reader<'_> {
    /// How the files of an object look: by the server that the object's custom property `server` names, by the server
    /// `raw`, or by the only local server. The inner error says why nothing can be loaded.
    ///
    /// # Errors
    /// A server that is meant to be read here, and is not valid.
    pub(super) fn raw_form(&self, document: &Node, object: &Node, name: &str) -> Result<Result<RawForm>> {
        let servers = self.items(document, "servers")?;
        let called = |wanted: &str| {
            servers.iter().find(|server| server.get("server").and_then(Node::as_str) == Some(wanted))
        };
        if let Some(node) = self.custom(object, "server")? {
            let wanted = node.as_str().unwrap_or_default();
            let server = called(wanted)
                .ok_or_else(|| self.error(format!("the contract has no server named '{wanted}'"), node))?;
            return self.form_of_server(server, object, name).map(Ok);
        }
        if let Some(server) = called("raw") {
            return self.form_of_server(server, object, name).map(Ok);
        }
        let is_local = |server: &&Node| {
            server.get("type").and_then(Node::as_str) == Some("local") && server.get("path").is_some()
        };
        let local: Vec<&Node> = servers.iter().filter(is_local).collect();
        match local.as_slice() {
            [server] => Ok(self.form_of_server(server, object, name)),
            [] => Ok(Err(self
                .error(
                    "the contract has no server named 'raw', so it does not say where the files are",
                    document,
                )
                .hint("add a server: `{server: raw, type: local, path: \"orders/*.csv\", format: csv}`"))),
            _ => Ok(Err(self
                .error("the contract has several local servers, and none is named 'raw'", document)
                .hint("name the server with the raw files `raw`"))),
        }
    }

    fn form_of_server(&self, server: &Node, object: &Node, name: &str) -> Result<RawForm> {
        let format = self.choice(
            self.member(server, "format")?,
            &[
                ("csv", Format::Csv),
                ("jsonl", Format::Jsonl),
                ("parquet", Format::Parquet),
                ("xlsx", Format::Xlsx),
                ("delta", Format::Delta),
            ],
        )?;
        let path = self.text(server, "path")?;
        let path = path.strip_prefix("./").unwrap_or(path);
        if path.starts_with('/') || path.split('/').any(|segment| segment == "..") {
            return Err(
                self.error("the path should be relative, below the raw folder", self.member(server, "path")?)
            );
        }
        // As in the queries of rules; datacontract-cli writes {model}.
        let mut path = path.to_owned();
        for placeholder in ["object", "model"] {
            let is_column =
                |property: &Node| property.get("name").and_then(Node::as_str) == Some(placeholder);
            if !self.items(object, "properties")?.iter().any(is_column) {
                path = path.replace(&format!("{{{placeholder}}}"), name);
            }
        }
        self.check_properties(server, format)?;
        Ok(RawForm {
            format,
            path,
            encoding: match self.custom(server, "encoding")? {
                None => Encoding::Utf8,
                Some(node) => self.choice(node, &Encoding::NAMES)?,
            },
            csv: self.csv_form(server)?,
            sheet: self.custom_text(server, "sheet")?,
        })
    }

    /// Properties of other tools are allowed; a misspelled one, or one without effect, is an error.
    fn check_properties(&self, server: &Node, format: Format) -> Result<()> {
        for property in self.items(server, "customProperties")? {
            let name = self.text(property, "property")?;
            match PROPERTIES.iter().find(|(known, _)| *known == name) {
                Some((_, formats)) if formats.contains(&format) => {}
                Some(_) => {
                    return Err(
                        self.error(format!("'{name}' does not apply to files of this format"), property)
                    );
                }
                None => {
                    if let Some(near) = nearest(name, PROPERTIES.iter().map(|(known, _)| *known)) {
                        return Err(self
                            .error(format!("the property '{name}' is not known"), property)
                            .hint(format!("did you mean '{near}'?")));
                    }
                }
            }
        }
        Ok(())
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
        Ok(CsvForm { delimiter, quote, escape, header, null_text: self.custom_text(server, "nullText")? })
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
