//! From a task to its files: rows made, spoiled where the draw says so, written, and the defects noted.

use super::defects::{DUPLICATE_PRIMARY_KEY, PRICE_NOT_A_NUMBER};
use super::feed_names::{
    CUSTOMERS, EVENTS, EXCHANGE_RATES, PRODUCTS, RETURNS, SENSORS, SHIPMENTS, STORES, SUPPLIERS,
};
use super::generator::Retail;
use super::history::{Version, versions_to_tell};
use super::{customers, events, exchange_rates, products, sensors, shipments, stores, suppliers};
use crate::anomalies::Anomaly;
use crate::calendar::{Day, first_of_next_month};
use crate::cell::Record;
use crate::ledger::{Delivered, Rows};
use crate::output::{Findings, Outcome};
use crate::plan::Task;
use crate::write::csv::CsvTable;
use crate::write::parquet::ParquetFile;
use crate::write::xlsx::XlsxFile;
use crate::write::{Finished, OutputFile};
use ingot_core::error::Result;
use std::path::Path;
use std::sync::Arc;

/// A feed of rows that are numbered from 1, in one CSV file.
struct Numbered<'a, R> {
    feed: &'static str,
    table: &'a CsvTable<R>,
    count: i64,
}

impl<R: Record> Numbered<'_, R> {
    /// `tell` is called with each row as it truly is, and the code of the defect that it will have.
    /// `spoil` gets the defect and the number of an earlier row without one; the text that it gives back
    /// is written in place of the column's value.
    fn write(
        &self,
        retail: &Retail,
        task: &Task,
        out: &Path,
        make: impl Fn(i64) -> R,
        spoil: impl Fn(&mut R, &Anomaly, i64) -> Option<&'static str>,
        mut tell: impl FnMut(i64, &R, Option<&'static str>) -> Result<()>,
    ) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let anomalies = retail.anomalies(self.feed);
        let purpose = format!("{}.defects", self.feed);
        let defect_of = |id: i64| anomalies.of_numbered(id, &mut retail.world.random(&purpose, id));
        let mut findings = Findings::new(relative);
        let mut file = self.table.create(&out.join(relative))?;
        for id in 1..=self.count {
            let mut row = make(id);
            let defect = defect_of(id);
            tell(id, &row, defect.map(|anomaly| anomaly.code))?;
            let Some(anomaly) = defect else {
                file.write(&row)?;
                continue;
            };
            let text = spoil(&mut row, anomaly, anomalies.whole_before(id, defect_of));
            match text {
                Some(text) => {
                    file.write_with(&row, anomaly.column, text)?;
                    findings.defect(anomaly, file.rows(), id.to_string(), text.to_owned());
                }
                None => {
                    file.write(&row)?;
                    if anomaly.code == DUPLICATE_PRIMARY_KEY {
                        file.write(&row)?;
                    }
                    let written = self.table.value_of(&row, anomaly.column);
                    findings.defect(anomaly, file.rows(), id.to_string(), written);
                }
            }
        }
        Ok(Outcome::of_file(self.feed, file.finish()?, findings))
    }
}

impl Retail {
    pub(crate) fn make_customers(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, as_of) = (&self.world, self.world.as_of());
        let mut history = self.customer_history.create(out, CUSTOMERS, &self.delivery)?;
        let outcome =
            Numbered { feed: CUSTOMERS, table: &self.customers, count: world.customers.count(as_of) }.write(
                self,
                task,
                out,
                |id| customers::Customer::new(world, id, customers::homes(world, id, as_of).len() as i64 - 1),
                |row, anomaly, whole| {
                    row.spoil(world, anomaly.code, whole);
                    None
                },
                |id, shown, defect| {
                    let homes = customers::homes(world, id, as_of);
                    for (valid_from, delivered) in versions_to_tell(world, &homes) {
                        let earlier;
                        let row = if delivered {
                            shown
                        } else {
                            let moves = homes.iter().filter(|day| **day <= valid_from).count() as i64 - 1;
                            earlier = customers::Customer::new(world, id, moves);
                            &earlier
                        };
                        history.write(&Version { row, valid_from, delivered, defect })?;
                    }
                    Ok(())
                },
            )?;
        history.finish()?;
        Ok(outcome)
    }

    pub(crate) fn make_products(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, as_of) = (&self.world, self.world.as_of());
        let mut history = self.product_history.create(out, PRODUCTS, &self.delivery)?;
        let outcome = Numbered { feed: PRODUCTS, table: &self.products, count: world.products.len() as i64 }
            .write(
                self,
                task,
                out,
                |id| products::ProductRow::new(world, id, as_of),
                |row, anomaly, _| {
                    if anomaly.code == PRICE_NOT_A_NUMBER {
                        return Some(row.broken_price());
                    }
                    row.spoil(anomaly.code);
                    None
                },
                |id, shown, defect| {
                    for (valid_from, delivered) in versions_to_tell(world, &world.product_begins(id, as_of)) {
                        let earlier;
                        let row = if delivered {
                            shown
                        } else {
                            earlier = products::ProductRow::new(world, id, valid_from);
                            &earlier
                        };
                        history.write(&Version { row, valid_from, delivered, defect })?;
                    }
                    Ok(())
                },
            )?;
        history.finish()?;
        Ok(outcome)
    }

    pub(crate) fn make_stores(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, as_of) = (&self.world, self.world.as_of());
        Numbered { feed: STORES, table: &self.stores, count: world.stores.len() as i64 }.write(
            self,
            task,
            out,
            |id| stores::StoreRow::new(world, id as usize - 1, as_of),
            |row, anomaly, whole| {
                row.spoil(world, anomaly.code, whole);
                None
            },
            |_, _, _| Ok(()),
        )
    }

    pub(crate) fn make_suppliers(&self, task: &Task, out: &Path) -> Result<Outcome> {
        Numbered { feed: SUPPLIERS, table: &self.suppliers, count: self.world.suppliers }.write(
            self,
            task,
            out,
            |id| suppliers::Supplier::new(&self.world, id),
            |_, _, _| None,
            |_, _, _| Ok(()),
        )
    }

    pub(crate) fn make_events(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let day = events::events_of_day(&self.world, task.part.0 as Day, &self.anomalies(EVENTS));
        let mut file = OutputFile::create(&out.join(relative))?;
        file.write(&day.bytes)?;
        let finished = Finished { rows: day.lines, ..file.finish()? };
        let mut findings = Findings::new(relative);
        for spoiled in day.spoiled {
            let key = spoiled.event_id.unwrap_or_else(|| format!("line:{}", spoiled.line));
            findings.defect(spoiled.anomaly, spoiled.line, key, spoiled.text);
        }
        Ok(Outcome::of_file(EVENTS, finished, findings))
    }

    pub(crate) fn make_sensors(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, relative) = (&self.world, &task.files[0].relative);
        let (place, first) = (task.part.0 as usize, task.part.1 as Day);
        let end = first_of_next_month(first).min(world.window().end());
        let shelves = world.sensor_stores().iter().find(|(other, _)| *other == place).map_or(0, |(_, n)| *n);
        let anomalies = self.anomalies(SENSORS);
        let store = world.stores[place].id;
        let mut findings = Findings::new(relative);
        let mut file = self.sensors.create(&out.join(relative))?;
        // A stream for each day, so that a day has the same defects in a month that is cut short.
        let mut draws = (first - 1, world.random("sensors.defects", 0));
        sensors::each_reading(world, place, shelves, first, end, |day, reading| {
            if draws.0 != day {
                draws = (day, world.random("sensors.defects", store * 1_000_000 + i64::from(day)));
            }
            let Some(anomaly) = anomalies.draw(&mut draws.1) else { return file.write(reading) };
            reading.spoil(anomaly.code);
            file.write(reading)?;
            let key = reading.key(&self.sensors.value_of(reading, "sensor_ts"));
            // The header is line 1.
            let key = key.unwrap_or_else(|| format!("line:{}", file.rows() + 1));
            findings.defect(anomaly, file.rows(), key, self.sensors.value_of(reading, anomaly.column));
            Ok(())
        })?;
        Ok(Outcome::of_file(SENSORS, file.finish()?, findings))
    }

    pub(crate) fn make_exchange_rates(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let mut file = XlsxFile::create(self.contract(EXCHANGE_RATES)?, &out.join(relative))?;
        for rate in exchange_rates::rates(&self.world) {
            file.write(&rate)?;
        }
        Ok(Outcome::of_file(EXCHANGE_RATES, file.finish()?, Findings::new(relative)))
    }

    pub(crate) fn make_shipments(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let mut findings = Findings::new(relative);
        let mut file = ParquetFile::create(&self.shipments, &out.join(relative))?;
        let (first, end) = (task.part.0 as Day, task.part.1 as Day);
        shipments::each_shipment(&self.world, &self.rejected.headers, first, end, |row, order, defect| {
            file.write(row)?;
            let this = || (SHIPMENTS, findings.file.clone(), Some(file.rows()), row.id.to_string());
            self.rejected.note((order, defect), None, this, &mut findings.consequences);
            Ok(())
        })?;
        Ok(Outcome::of_file(SHIPMENTS, file.finish()?, findings))
    }

    pub(crate) fn make_returns(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let file: Arc<str> = relative.as_str().into();
        let mut ledger = Rows::default();
        let (commits, rows) = self.returns.write(
            &self.world,
            &self.rejected.headers,
            &out.join(relative),
            RETURNS,
            |row, order, defect| {
                let this = || (RETURNS, file.clone(), None, row.id.to_string());
                self.rejected.note((order, defect), Some(row.product), this, &mut ledger.consequences);
            },
        )?;
        let bytes = commits.versions.iter().flat_map(|version| &version.add).map(|file| file.bytes).sum();
        ledger.delivered.push(Delivered { feed: RETURNS, file, rows, bytes, content_hash: None });
        Ok(Outcome { ledger, commits: Some(commits) })
    }
}
