//! Which run something belongs to: its name and time, and how the names of files tell their commit.

/// `20261121T040102-3fa9c1`: sorts by time.
const RUN_ID_LENGTH: usize = 22;

/// Digits behind the name of a run that tell the commits of many loaders apart.
const LOADER_DIGITS: usize = 12;

/// Behind the name of the run for the commit that changes the types of columns.
const CHANGING_TYPES: &str = "-types";

/// The name and the time of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunStamp {
    /// Begins with the time, so that names sort by it.
    pub(crate) id: String,
    /// When the run began, in microseconds since 1970: the `ingestion_ts` of all its rows.
    pub(crate) at: i64,
}

impl RunStamp {
    pub(crate) fn now() -> Self {
        let now = jiff::Timestamp::now();
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{}-{}", now.strftime("%Y%m%dT%H%M%S"), &unique[..6]);
        Self { id, at: now.as_microsecond() }
    }

    /// A stamp for one commit of one of many loaders that know nothing of each other: no two are equal, and none is like the
    /// beginning of another.
    pub(crate) fn of_a_loader() -> Self {
        let stamp = Self::now();
        let unique = uuid::Uuid::new_v4().simple().to_string();
        Self { id: format!("{}-{}", stamp.id, &unique[..LOADER_DIGITS]), ..stamp }
    }

    /// The same run while it changes the types of a table's columns, which is a commit of its own before the load's.
    pub(crate) fn changing_types(&self) -> Self {
        Self { id: format!("{}{CHANGING_TYPES}", self.id), at: self.at }
    }
}

/// The commit that the name of a data file or reject file belongs to: its run, for followed tables the version
/// (`…-v00003`), of loaders into a bucket twelve digits more, and `…-types` for the commit that changes the types of columns. Compare with `CommitRecord::key`.
pub(crate) fn commit_of(name: &str) -> Option<&str> {
    let run = name.get(..RUN_ID_LENGTH)?;
    let bytes = run.as_bytes();
    let is_run = bytes[8] == b'T'
        && bytes[15] == b'-'
        && bytes[..8].iter().chain(&bytes[9..15]).all(u8::is_ascii_digit)
        && bytes[16..].iter().all(u8::is_ascii_hexdigit);
    if !is_run {
        return None;
    }
    let length = RUN_ID_LENGTH + CHANGING_TYPES.len();
    if let Some(changing) = name.get(..length).filter(|name| name.ends_with(CHANGING_TYPES)) {
        return Some(changing);
    }
    let length = RUN_ID_LENGTH + 1 + LOADER_DIGITS;
    let is_loader = |name: &&str| {
        let digits = name[RUN_ID_LENGTH..].strip_prefix('-').unwrap_or_default();
        digits.len() == LOADER_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if let Some(of_a_loader) = name.get(..length).filter(is_loader) {
        return Some(of_a_loader);
    }
    let is_version = |tail: &str| {
        tail.strip_prefix("-v").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let with_version = name.get(..RUN_ID_LENGTH + 7).filter(|long| is_version(&long[RUN_ID_LENGTH..]));
    Some(with_version.unwrap_or(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_commit() {
        let run = RunStamp::now().id;
        assert_eq!(commit_of(&format!("{run}-00001-0.parquet")), Some(run.as_str()));
        assert_eq!(commit_of(&format!("{run}-v00003-kept-0.parquet")), Some(&*format!("{run}-v00003")));
        assert_eq!(commit_of(&format!("{run}-v00003.csv.inprogress")), Some(&*format!("{run}-v00003")));
        let types = format!("{run}-types");
        assert_eq!(commit_of(&format!("{types}-00000-0.parquet")), Some(&*types));
        let loader = RunStamp::of_a_loader().id;
        assert_eq!(commit_of(&format!("{loader}-00000-0.parquet")), Some(&*loader));
        assert_eq!(commit_of("part-00000-8a2e.snappy.parquet"), None);
    }
}
