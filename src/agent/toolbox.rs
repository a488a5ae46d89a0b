//! What the protocol needs to know of tools and documents, whatever they are about.

use ingot_core::error::Result;
use serde_json::{Map, Value};

/// What an agent can ask for.
#[derive(Debug, Clone)]
pub struct Tool {
    pub name: &'static str,
    pub title: &'static str,
    /// What it does and what it answers, for the agent.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub arguments: Map<String, Value>,
    /// Whether it changes anything on disk.
    pub writes: bool,
}

/// A document that an agent can read.
#[derive(Debug, Clone)]
pub struct Resource {
    pub uri: String,
    pub name: String,
    pub description: String,
    pub mime_type: &'static str,
}

/// Tools and documents.
pub trait Toolbox: Sync {
    fn tools(&self) -> Vec<Tool>;

    /// What a tool answers. It is called once at a time, and may take long.
    ///
    /// # Errors
    /// What the agent is told: the arguments do not fit, or there is nothing to answer with.
    fn call(&self, tool: &str, arguments: &Map<String, Value>) -> Result<Value>;

    /// # Errors
    /// The project cannot be read.
    fn resources(&self) -> Result<Vec<Resource>>;

    /// The document at an address with its MIME type; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, uri: &str) -> Result<Option<(String, &'static str)>>;
}
