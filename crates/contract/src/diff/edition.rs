//! The contracts of one side of a comparison.

use crate::odcs::{Described, read_text};
use ingot_core::error::Result;
use ingot_core::yaml::{self, Node};
use std::path::{Path, PathBuf};

/// Contracts at one time.
#[derive(Debug)]
pub struct Edition {
    pub(super) documents: Vec<Document>,
}

/// One file.
#[derive(Debug)]
pub(super) struct Document {
    /// The file's name without its folder, by which it is found in the other edition.
    pub(super) name: String,
    pub(super) node: Node,
    pub(super) feeds: Vec<Described>,
}

impl Edition {
    /// Reads contracts, given as paths and texts.
    ///
    /// # Errors
    /// A text is not a valid contract, or two describe one feed.
    pub fn read(texts: &[(PathBuf, String)]) -> Result<Self> {
        let mut documents: Vec<Document> = Vec::new();
        for (file, text) in texts {
            let feeds = read_text(text, file)?;
            for feed in &feeds {
                let mut known = documents.iter().flat_map(|document| &document.feeds);
                if let Some(other) = known.find(|other| other.name == feed.name) {
                    return Err(feed.also_in(other));
                }
            }
            documents.push(Document { name: name_of(file), node: yaml::parse(text, file)?, feeds });
        }
        Ok(Self { documents })
    }

    pub(super) fn feeds(&self) -> impl Iterator<Item = (&Document, &Described)> {
        self.documents.iter().flat_map(|document| document.feeds.iter().map(move |feed| (document, feed)))
    }

    pub(super) fn feed(&self, name: &str) -> Option<(&Document, &Described)> {
        self.feeds().find(|(_, feed)| feed.name == name)
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Document {
    /// The object of the schema with this name.
    pub(super) fn object(&self, name: &str) -> Option<&Node> {
        named(self.node.get("schema"), "name", name)
    }
}

/// The item of a list whose member `key` is this text.
pub(super) fn named<'n>(list: Option<&'n Node>, key: &str, name: &str) -> Option<&'n Node> {
    list?.as_list()?.iter().find(|item| item.get(key).and_then(Node::as_str) == Some(name))
}
