//! The server named `raw` of a contract: how the feed's files look and where they are.
//!
//! The standard gives a local server a `path` and a `format`; everything else about a file's form is in
//! custom properties of that server: `delimiter`, `quote`, `escape`, `escapeOutsideQuotes` (CSV), `encoding` (CSV, JSONL
//! and JSON), `recordPath` (JSON), `sheet` (XLSX), where the table is in a file of cells (`table_place`), and the form
//! of values (`value_form`).

use super::reader::Reader;
use super::value_form;
use crate::raw_form::{CsvForm, Encoding, Format, RawForm, WideCsvForm};
use crate::record_path::RecordPath;
use ingot_core::error::{Error, Result};
use ingot_core::yaml::Node;

const CELLS: &[Format] = &[Format::Csv, Format::Xlsx];

/// The custom properties that are read here, and the formats that they apply to.
const PROPERTIES: [(&str, &[Format]); 17] = [
    ("delimiter", &[Format::Csv]),
    ("quote", &[Format::Csv]),
    ("escape", &[Format::Csv]),
    ("escapeOutsideQuotes", &[Format::Csv]),
    ("comment", &[Format::Csv]),
    ("header", CELLS),
    ("headerRow", CELLS),
    ("headerRows", CELLS),
    ("skipRows", CELLS),
    ("footerRows", CELLS),
    ("tableEnd", CELLS),
    ("sheetNumber", &[Format::Xlsx]),
    ("range", &[Format::Xlsx]),
    ("table", &[Format::Xlsx]),
    ("encoding", &[Format::Csv, Format::Jsonl, Format::Json]),
    ("recordPath", &[Format::Json]),
    ("sheet", &[Format::Xlsx]),
];

/// The custom properties of a server that are read.
pub(crate) fn server_properties() -> impl Iterator<Item = &'static str> {
    PROPERTIES.iter().map(|(name, _)| *name).chain(value_form::names())
}

impl Reader<'_> {
    /// How the files of an object look: by the server that the object's custom property `server` names, by the server
    /// `raw`, or by the only local server; with that server. The inner error says why nothing can be loaded.
    ///
    /// # Errors
    /// A server that is meant to be read here, and is not valid.
    pub(super) fn raw_form<'n>(
        &self,
        document: &'n Node,
        object: &Node,
        name: &str,
    ) -> Result<Result<(RawForm, &'n Node)>> {
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

    fn form_of_server<'n>(&self, server: &'n Node, object: &Node, name: &str) -> Result<(RawForm, &'n Node)> {
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
        let (csv, wide_csv) = self.csv_form(server)?;
        let form = RawForm {
            format,
            path,
            encoding: match self.custom(server, "encoding")? {
                None => Encoding::Utf8,
                Some(node) => self.choice(node, &Encoding::NAMES)?,
            },
            wide_csv,
            csv,
            record_path: self.record_path(server)?,
            place: self.table_place(server)?,
            sheet: self.custom_text(server, "sheet")?,
        };
        Ok((form, server))
    }

    /// Properties of other tools are allowed; a misspelled one, or one without effect, is an error.
    fn check_properties(&self, server: &Node, format: Format) -> Result<()> {
        for property in self.items(server, "customProperties")? {
            let name = self.property_name(property)?;
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
                    self.check_unknown_property(property, known)?;
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

    /// The dialect; the second one if marks of single ASCII characters do not express it.
    fn csv_form(&self, server: &Node) -> Result<(CsvForm, Option<WideCsvForm>)> {
        let delimiter = self.mark(server, "delimiter")?.unwrap_or_else(|| ",".to_owned());
        let quote = match self.mark(server, "quote")? {
            Some(word) if word == "none" => None,
            Some(quote) => Some(quote),
            None => Some("\"".to_owned()),
        };
        // An escape that is the quote itself is the doubled quote, as other tools put it.
        let escape = self.mark(server, "escape")?.filter(|escape| quote.as_ref() != Some(escape));
        let escapes_everywhere = match self.custom(server, "escapeOutsideQuotes")? {
            None => false,
            Some(node) => node
                .as_bool()
                .ok_or_else(|| self.error("'escapeOutsideQuotes' should be true or false", node))?,
        };
        let null_texts = match self.custom(server, "nullText")? {
            None => Vec::new(),
            Some(node) => self.texts(node, "nullText")?,
        };
        // A mark that begins another one could be read in two ways.
        let overlap = |one: &str, other: Option<&String>| {
            other.is_some_and(|other| one.starts_with(other.as_str()) || other.starts_with(one))
        };
        if overlap(&delimiter, quote.as_ref())
            || overlap(&delimiter, escape.as_ref())
            || quote.as_ref().is_some_and(|quote| overlap(quote, escape.as_ref()))
        {
            return Err(self.error("delimiter, quote and escape should differ", server));
        }
        if quote.is_none() && escape.is_some() && !escapes_everywhere {
            return Err(self
                .error("an escape works only within quotes, and there are none", server)
                .hint("write `escapeOutsideQuotes: true` if it works in fields without quotes"));
        }
        if escape.is_none() && escapes_everywhere {
            return Err(self.error("'escapeOutsideQuotes' needs an 'escape'", server));
        }
        let single = |mark: &String| match mark.as_bytes() {
            [byte] => Some(*byte),
            _ => None,
        };
        let marks = (single(&delimiter), quote.as_ref().map(single), escape.as_ref().map(single));
        if let (Some(delimiter), None | Some(Some(_)), None | Some(Some(_))) = marks
            && !escapes_everywhere
        {
            let form = CsvForm { delimiter, quote: marks.1.flatten(), escape: marks.2.flatten(), null_texts };
            return Ok((form, None));
        }
        let wide = WideCsvForm { delimiter, quote, escape, escapes_everywhere };
        Ok((CsvForm { null_texts, ..CsvForm::default() }, Some(wide)))
    }

    pub(super) fn custom_text(&self, node: &Node, name: &str) -> Result<Option<String>> {
        self.custom(node, name)?
            .map(|node| {
                node.scalar_text().ok_or_else(|| self.error(format!("'{name}' should be text"), node))
            })
            .transpose()
    }

    /// A text that separates or marks: not empty, and without the end of a line.
    fn mark(&self, server: &Node, name: &str) -> Result<Option<String>> {
        let Some(node) = self.custom(server, name)? else { return Ok(None) };
        match node.scalar_text() {
            Some(text) if !text.is_empty() && !text.contains(['\n', '\r']) => Ok(Some(text.to_string())),
            _ => Err(self.mark_error(name, node)),
        }
    }

    fn mark_error(&self, name: &str, node: &Node) -> Error {
        self.error(format!("'{name}' should be a text of one or more characters on one line"), node).hint(
            match name {
                "delimiter" => "a tab is written as \"\\t\" in double quotes",
                "quote" => "files without quotes say `none`",
                _ => "the usual one is \"\\\\\", a backslash",
            },
        )
    }
}
