//! How tests come along with the nodes that they test.

use ingot_core::error::{Error, Result};

/// How tests come along with what they test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndirectSelection {
    /// A test runs if any of the nodes it touches is selected.
    #[default]
    Eager,
    /// … if all of them are.
    Cautious,
    /// … if all of them are selected, or needed by what is selected.
    Buildable,
    /// Only tests that are selected themselves.
    Empty,
}

impl IndirectSelection {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Cautious => "cautious",
            Self::Buildable => "buildable",
            Self::Empty => "empty",
        }
    }

    /// As it is written on the command line and in YAML.
    ///
    /// # Errors
    /// Another word.
    pub fn of(word: &str) -> Result<Self> {
        match word {
            "eager" => Ok(Self::Eager),
            "cautious" => Ok(Self::Cautious),
            "buildable" => Ok(Self::Buildable),
            "empty" => Ok(Self::Empty),
            _ => Err(Error::new(format!("'{word}' is not a way of selecting tests"))
                .hint("use eager, cautious, buildable or empty")),
        }
    }
}
