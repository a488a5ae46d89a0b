//! What a contract says of people: how their rows are erased, what must be kept, and for how long.

/// What a feed does with the rows of a person who is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// The rows go.
    Delete,
    /// The rows stay without the person: the key and the personal columns become null.
    Mask,
}

impl Erasure {
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Mask => "mask",
        }
    }
}

/// A member of a column of JSON texts that refers to a column of another table, as a relationship does for columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonMember {
    /// The column with the JSON text.
    pub column: String,
    /// A member of the object at the top of it.
    pub member: String,
    pub table: String,
    pub to: String,
}

/// For how many days something is kept; `None` for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    pub raw: Option<u32>,
    pub bronze: Option<u32>,
    pub rejects: Option<u32>,
}

/// What a contract says of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privacy {
    /// `None`: a feed of which the person is the key deletes, others mask what may be null.
    pub erasure: Option<Erasure>,
    /// Raw files are somebody else's: an erasure lists them and leaves them as they are.
    pub keeps_raw_files: bool,
    /// A legal hold: nothing of the feed is erased or removed by age.
    pub hold: bool,
    pub person_members: Vec<PersonMember>,
    pub retention: Retention,
}
