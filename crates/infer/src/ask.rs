//! Questions that the files do not answer.

/// Something that only a person knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub column: String,
    pub text: String,
    /// The last one is the safe reading.
    pub choices: Vec<String>,
}

/// Who is asked.
pub trait Ask {
    /// The index of the choice; `None` if nobody is there to answer, which means the safe reading.
    fn ask(&mut self, question: &Question) -> Option<usize>;
}

/// Nobody is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Ask for Nobody {
    fn ask(&mut self, _question: &Question) -> Option<usize> {
        None
    }
}
