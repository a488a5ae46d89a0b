//! Parts of a big file, each read into a profile of its own on any thread, and put together in their order.

use super::file_sink::{FileFacts, FileSink};
use super::profile::Profile;
use super::tail::Tail;
use ingot_bronze::inspect::{Before, PartSinks, ReadError, ReadInto};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Sinks for the parts of one file.
pub(super) struct PartProfiles<'a> {
    pub(super) facts: FileFacts<'a>,
    /// The notations of dates that can still fit each column, so that not every part tries all of them.
    moments: RwLock<HashMap<String, Vec<usize>>>,
}

impl<'a> PartProfiles<'a> {
    pub(super) fn new(facts: FileFacts<'a>, so_far: &Profile) -> Self {
        Self { facts, moments: RwLock::new(so_far.moments()) }
    }
}

/// What a part showed.
pub(super) struct PartProfile {
    profile: Profile,
    tail: Tail,
}

impl<'a> PartSinks<FileSink<'a>> for PartProfiles<'a> {
    type Part = PartProfile;

    fn read(&self, rows: impl ReadInto) -> Result<PartProfile, ReadError> {
        let moments = self.moments.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut profile = Profile::of_part(moments);
        let mut sink = FileSink::new(self.facts, &mut profile);
        rows.read_into(&mut sink)?;
        let tail = sink.tail;
        Ok(PartProfile { profile, tail })
    }

    fn hand_over(&self, part: PartProfile, before: Before, sink: &mut FileSink<'a>) -> Result<(), ReadError> {
        sink.profile.absorb(part.profile, before.lines)?;
        sink.tail.absorb(part.tail, before.lines);
        *self.moments.write().unwrap_or_else(PoisonError::into_inner) = sink.profile.moments();
        Ok(())
    }
}
