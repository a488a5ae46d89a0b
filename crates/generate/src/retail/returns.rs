//! Returns: a Delta table with versions. The first window makes three: inserts, inserts with the new
//! column, then updates and deletes in what the first inserted. Every later window makes two: inserts, then
//! updates and deletes in what the window before inserted last.

use super::catalogue::{CATEGORIES, MISFIT, RETURN_REASONS};
use super::orders::{Line, LinesOfDay, Order, OrdersOfDay};
use super::rejected::HeaderDefects;
use super::shipments::{ShipmentsOfDay, open_from};
use super::world::{World, midnight};
use crate::anomalies::{Anomalies, Anomaly};
use crate::calendar::{DAY_SECONDS, Day};
use crate::cell::{Cell, Fill, Record};
use crate::plan::Window;
use crate::random::{hash, label, unit, weighted};
use crate::write::delta::{DeltaCommits, DeltaFile, Version};
use crate::write::parquet::BatchTable;
use ingot_contract::Contract;
use ingot_core::error::Result;
use std::path::Path;

/// Share of orders that something comes back of.
const SHARE: f64 = 0.107;
/// Something comes back within so many days after its order.
const LONGEST: Day = 75;
/// The column that the table gains in its second version.
const NEW_COLUMN: &str = "return_reason_code";

#[derive(Debug, Clone)]
pub(crate) struct Return {
    pub(crate) id: i64,
    order: i64,
    pub(crate) product: i64,
    /// Seconds since 1970, UTC.
    at: i64,
    quantity: i64,
    reason: &'static str,
    code: Option<&'static str>,
}

impl Record for Return {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "return_id" => |row, cell| cell.int(row.id),
            "order_id" => |row, cell| cell.int(row.order),
            "product_id" => |row, cell| cell.int(row.product),
            "return_ts" => |row, cell| cell.timestamp(row.at, 0),
            "qty" => |row, cell| cell.int(row.quantity),
            "reason" => |row, cell| cell.text(row.reason),
            NEW_COLUMN => |row, cell| cell.maybe_text(row.code),
            _ => return None,
        };
        Some(fill)
    }
}

/// How the rows of the table are made up to a version.
pub(crate) struct ReturnsTable {
    before: BatchTable<Return>,
    after: BatchTable<Return>,
}

/// Rows that were inserted together: those that came back from one day to before another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Insert {
    first: Day,
    end: Day,
    /// They were inserted before the table had the new column.
    is_old: bool,
}

impl ReturnsTable {
    pub(crate) fn new(contract: &Contract) -> Result<Self> {
        Ok(Self {
            before: BatchTable::new(contract, |column| column.name != NEW_COLUMN)?,
            after: BatchTable::new(contract, |_| true)?,
        })
    }

    /// Writes the data files of the window's versions and says which commits make them part of the table;
    /// with the number of rows inserted. `told` is called with each of these, its order and the defect of the
    /// order's header.
    pub(crate) fn write(
        &self,
        world: &World,
        header_anomalies: &Anomalies,
        table: &Path,
        name: &str,
        mut told: impl FnMut(&Return, &Order, Option<&'static Anomaly>),
    ) -> Result<(DeltaCommits, u64)> {
        let inserts = inserts(&world.windows);
        let is_first = world.windows.len() == 1;
        // The first window inserts twice.
        let new = if is_first { &inserts[..] } else { &inserts[inserts.len() - 1..] };
        let changed = inserts[inserts.len() - 2];
        let mut inserted: Vec<_> = new
            .iter()
            .map(|insert| {
                let batches = if insert.is_old { &self.before } else { &self.after };
                Ok((*insert, DeltaFile::create(batches, table, &file_name("insert", *insert))?))
            })
            .collect::<Result<_>>()?;
        let mut rewritten = DeltaFile::create(&self.after, table, &file_name("change", changed))?;
        let mut rows = 0;
        let first = new.iter().map(|insert| insert.first).chain([changed.first]).min().unwrap_or_default();
        each_return(world, header_anomalies, first, world.window().end(), |row, order, defect| {
            let day = entered(row, order);
            for (insert, file) in &mut inserted {
                if insert.contains(day) {
                    rows += 1;
                    told(row, order, defect);
                    file.write(row)?;
                }
            }
            if changed.contains(day)
                && let Some(row) = later(world, row, changed.is_old)
            {
                rewritten.write(&row)?;
            }
            Ok(())
        })?;

        let mut versions = Vec::new();
        for (insert, file) in inserted {
            versions.push(Version {
                operation: "WRITE",
                add: vec![file.finish()?],
                remove: Vec::new(),
                schema: if insert.is_old { self.before.schema.clone() } else { self.after.schema.clone() },
                timestamp: midnight(insert.end) * 1000,
            });
        }
        versions.push(Version {
            operation: "MERGE",
            add: vec![rewritten.finish()?],
            remove: vec![file_name("insert", changed)],
            schema: self.after.schema.clone(),
            // An hour after the window's last inserts.
            timestamp: (midnight(world.window().end()) + 3600) * 1000,
        });
        let commits = DeltaCommits {
            table: table.to_path_buf(),
            name: name.to_owned(),
            id: table_id(world.seed),
            // The first window makes three versions, each later one two.
            first_version: if is_first { 0 } else { 2 * world.windows.len() as u64 - 1 },
            versions,
        };
        Ok((commits, rows))
    }
}

impl Insert {
    fn contains(&self, day: Day) -> bool {
        (self.first..self.end).contains(&day)
    }
}

/// All inserts of these windows, in their order.
fn inserts(windows: &[Window]) -> Vec<Insert> {
    let mut inserts = Vec::with_capacity(windows.len() + 1);
    for (index, window) in windows.iter().enumerate() {
        if index == 0 {
            let middle = window.start + window.days / 2;
            inserts.push(Insert { first: window.start, end: middle, is_old: true });
            inserts.push(Insert { first: middle, end: window.end(), is_old: false });
        } else {
            inserts.push(Insert { first: window.start, end: window.end(), is_old: false });
        }
    }
    inserts
}

fn file_name(kind: &str, insert: Insert) -> String {
    format!("part-{kind}-{:05}-{:05}.parquet", insert.first, insert.end)
}

/// A UUID that belongs to the seed.
fn table_id(seed: u64) -> String {
    let high = hash(seed, label("returns.table"), 0);
    let low = hash(seed, label("returns.table"), 1);
    uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        .into_uuid()
        .to_string()
}

/// What becomes of a row later: one in a hundred is deleted (entered by mistake), one in thirty corrected.
fn later(world: &World, row: &Return, is_old: bool) -> Option<Return> {
    let bits = hash(world.seed, label("returns.later"), row.id);
    let fate = unit(bits);
    if fate < 0.01 {
        return None;
    }
    let mut row = row.clone();
    if is_old {
        row.code = None;
    }
    if fate < 0.043 {
        // Whatever does not need a size.
        let (code, reason, _) = RETURN_REASONS[1 + (bits % (RETURN_REASONS.len() as u64 - 1)) as usize];
        row.reason = reason;
        row.code = Some(code);
    }
    Some(row)
}

/// The place of the line that comes back of an order: some things do more often than others.
fn line_that_comes_back(world: &World, lines: &[Line], uniform: f64) -> usize {
    let weight =
        |line: &Line| CATEGORIES[usize::from(world.products[line.product as usize - 1].category)].returned;
    let mut left = uniform * lines.iter().map(weight).sum::<f64>();
    for (place, line) in lines.iter().enumerate() {
        left -= weight(line);
        if left < 0.0 {
            return place;
        }
    }
    0
}

/// The day on which a return gets into the books: that of UTC, where it may still be the day before the order's own.
fn entered(row: &Return, order: &Order) -> Day {
    (row.at.div_euclid(DAY_SECONDS) as Day).max(order.day)
}

/// Hands over what came back from the day `first` to before the day `end`, at most one product of an order.
fn each_return(
    world: &World,
    header_anomalies: &Anomalies,
    first: Day,
    end: Day,
    mut take: impl FnMut(&Return, &Order, Option<&'static Anomaly>) -> Result<()>,
) -> Result<()> {
    let (mut lines, mut shipments) = (Vec::new(), Vec::new());
    for day in (first - LONGEST).max(world.known_since())..(end + 1).min(world.window().end()) {
        let mut random = world.random("returns", i64::from(day));
        let (mut lines_of_day, mut shipments_of_day) =
            (LinesOfDay::new(world, day), ShipmentsOfDay::new(world, day));
        let mut header_defects = HeaderDefects::new(world, header_anomalies, day);
        for mut order in OrdersOfDay::new(world, day) {
            lines_of_day.fill(&mut order, &mut lines);
            shipments_of_day.fill(&order, &mut shipments);
            let defect = header_defects.next().map(|(anomaly, _)| anomaly);
            let comes_back = random.chance(SHARE);
            let (which, days, part, reason) =
                (random.unit(), random.exponential(8.0), random.unit(), random.unit());
            if !comes_back {
                continue;
            }
            // After the last parcel has come; never for one that got lost.
            let received = shipments.iter().try_fold(order.utc, |latest, shipment| {
                shipment.delivered.map(|delivered| latest.max(delivered))
            });
            let Some(received) = received else { continue };
            let at = received + 3 * 3600 + (days.min(27.0) * DAY_SECONDS as f64) as i64;
            // People bring it back, or ask for a label, while they are awake.
            let at = open_from(at, order.offset, 8, 21);
            let line = &lines[line_that_comes_back(world, &lines, which)];
            let category = &CATEGORIES[usize::from(world.products[line.product as usize - 1].category)];
            let reasons: [((&str, &str), f64); RETURN_REASONS.len()] = std::array::from_fn(|index| {
                let (code, text, weight) = RETURN_REASONS[index];
                ((code, text), if code == MISFIT { weight * category.misfit } else { weight })
            });
            let (code, reason) = weighted(&reasons, reason);
            let row = Return {
                id: order.id * 10 + 1,
                order: order.id,
                product: line.product,
                at,
                quantity: 1 + (part * part * line.quantity as f64) as i64,
                reason,
                code: Some(code),
            };
            if (first..end).contains(&entered(&row, &order)) {
                take(&row, &order, defect)?;
            }
        }
    }
    Ok(())
}
