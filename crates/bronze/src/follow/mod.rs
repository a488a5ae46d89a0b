//! A feed that is itself a Delta table with versions (`returns`): bronze follows it version by version, one commit for
//! each. Rows are identified by the contract's primary key: new and changed ones are upserted, those that vanish stay as
//! tombstones (`is_deleted`, `deleted_at`), and a column is added in the version in which the source first has it. So a
//! reader can travel in time through bronze as through the source.
//!
//! The raw file of a version is its commit in the source's log. Rows that a version only carries over from one file to
//! another do not count as read: nothing happened to them.
//!
//! If the source's log was cleaned so far that the next version cannot be compared with the last one that was taken, the
//! newest version is compared as a whole with bronze instead, in one commit: only the versions between are lost.
//!
//! `follower` goes from version to version, `step` takes one; `source_rows` finds out what it changed, `bronze_rows`
//! reads what bronze has, and `rewrite` writes bronze's files again without what was replaced.

mod bronze_rows;
mod check_source;
mod followed_feed;
mod follower;
mod rewrite;
mod row_keys;
mod source_rows;
mod step;

pub(crate) use follower::follow_table;
