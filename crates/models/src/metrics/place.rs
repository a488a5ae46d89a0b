//! Which rows count for a period of the time spine.

use crate::graph::semantics::given::TimeWindow;
use crate::graph::semantics::words::Granularity;
use crate::metrics::rows::TIME;
use crate::metrics::time;
use ingot_core::error::Result;

/// Which rows count for a period of the time spine.
pub(super) enum Place {
    /// Those of the beginning of the longer period that it is in.
    Beginning(Granularity),
    /// Those of so long before it.
    Before(TimeWindow),
    /// All up to it: of a window before it, or since the beginning of a longer period.
    UpTo { window: Option<TimeWindow>, grain: Option<Granularity> },
}

impl Place {
    pub(super) fn condition(&self, spine: &str) -> Result<String> {
        Ok(match self {
            Self::Beginning(grain) => format!("{} = rows.{TIME}", time::truncated(*grain, spine)),
            Self::Before(window) => format!("{spine} - {} = rows.{TIME}", time::interval(window)?),
            Self::UpTo { window: Some(window), .. } => {
                format!("rows.{TIME} <= {spine} and rows.{TIME} > {spine} - {}", time::interval(window)?)
            }
            Self::UpTo { window: None, grain: Some(grain) } => {
                format!("rows.{TIME} <= {spine} and rows.{TIME} >= {}", time::truncated(*grain, spine))
            }
            Self::UpTo { window: None, grain: None } => format!("rows.{TIME} <= {spine}"),
        })
    }
}
