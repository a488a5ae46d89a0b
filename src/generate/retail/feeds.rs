//! From a task to its files: rows made, spoiled where the draw says so, written, and the defects noted.

use super::defects::{
    BROKEN_DATES, BROKEN_TIMESTAMPS, DUPLICATE_PRIMARY_KEY, NEGATIVE_QUANTITY, ORDER_IN_TWO_FILES,
    PRICE_NOT_A_NUMBER, UNKNOWN_CUSTOMER, UNKNOWN_PRODUCT, UNKNOWN_STORE, UNPARSEABLE_DATE,
    UNPARSEABLE_TIMESTAMP, ZERO_PRICE,
};
use super::orders::{Line, LinesOfDay, Order, OrdersOfDay};
use super::{
    CUSTOMERS, EVENTS, EXCHANGE_RATES, ORDERS_HEADER, ORDERS_LINES, PRODUCTS, RETURNS, Retail, SENSORS,
    STORES, SUPPLIERS,
};
use super::{customers, events, exchange_rates, products, sensors, shipments, stores, suppliers};
use crate::error::Result;
use crate::generate::anomalies::Anomaly;
use crate::generate::calendar::{Day, first_of_next_month};
use crate::generate::cell::Record;
use crate::generate::output::{Findings, Outcome};
use crate::generate::plan::Task;
use crate::generate::write::OutputFile;
use crate::generate::write::csv::CsvTable;
use crate::generate::write::parquet::ParquetFile;
use crate::generate::write::xlsx::XlsxFile;
use std::path::Path;

/// A feed of rows that are numbered from 1, in one CSV file.
struct Numbered<'a, R> {
    feed: &'static str,
    table: &'a CsvTable<R>,
    count: i64,
}

impl<R: Record> Numbered<'_, R> {
    /// `spoil` gets the defect and the number of an earlier row without one; the text that it gives back
    /// is written in place of the column's value.
    fn write(
        &self,
        retail: &Retail,
        task: &Task,
        out: &Path,
        make: impl Fn(i64) -> R,
        spoil: impl Fn(&mut R, &Anomaly, i64) -> Option<&'static str>,
    ) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let anomalies = retail.anomalies(self.feed);
        let purpose = format!("{}.defects", self.feed);
        let defect_of = |id: i64| anomalies.of_numbered(id, &mut retail.world.random(&purpose, id));
        let mut findings = Findings::new(relative);
        let mut file = self.table.create(&out.join(relative))?;
        for id in 1..=self.count {
            let mut row = make(id);
            let Some(anomaly) = defect_of(id) else {
                file.write(&row)?;
                continue;
            };
            let text = spoil(&mut row, anomaly, anomalies.whole_before(id, defect_of));
            match text {
                Some(text) => {
                    file.write_with(&row, anomaly.column, text)?;
                    findings.add(anomaly, id.to_string(), text.to_owned());
                }
                None => {
                    file.write(&row)?;
                    if anomaly.code == DUPLICATE_PRIMARY_KEY {
                        file.write(&row)?;
                    }
                    findings.add(anomaly, id.to_string(), self.table.value_of(&row, anomaly.column));
                }
            }
        }
        let (rows, bytes) = file.finish()?;
        Ok(Outcome::of_file(self.feed, rows, bytes, findings))
    }
}

impl Retail {
    pub(super) fn make_customers(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, as_of) = (&self.world, self.world.as_of());
        Numbered { feed: CUSTOMERS, table: &self.customers, count: world.customers.count(as_of) }.write(
            self,
            task,
            out,
            |id| customers::Customer::new(world, id, as_of),
            |row, anomaly, whole| {
                row.spoil(world, anomaly.code, whole);
                None
            },
        )
    }

    pub(super) fn make_products(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, as_of) = (&self.world, self.world.as_of());
        Numbered { feed: PRODUCTS, table: &self.products, count: world.products.len() as i64 }.write(
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
        )
    }

    pub(super) fn make_stores(&self, task: &Task, out: &Path) -> Result<Outcome> {
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
        )
    }

    pub(super) fn make_suppliers(&self, task: &Task, out: &Path) -> Result<Outcome> {
        Numbered { feed: SUPPLIERS, table: &self.suppliers, count: self.world.suppliers }.write(
            self,
            task,
            out,
            |id| suppliers::Supplier::new(&self.world, id),
            |_, _, _| None,
        )
    }

    /// Headers and lines of a day, made together because a fee depends on the lines.
    pub(super) fn make_orders(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, day) = (&self.world, task.part.0 as Day);
        let (header_path, line_path) = (&task.files[0].relative, &task.files[1].relative);
        let (header_anomalies, line_anomalies) =
            (self.anomalies(ORDERS_HEADER), self.anomalies(ORDERS_LINES));
        let mut header_draws = world.random("orders_header.defects", task.part.0);
        let mut line_draws = world.random("orders_lines.defects", task.part.0);
        let (mut header_findings, mut line_findings) = (Findings::new(header_path), Findings::new(line_path));
        let mut header_file = self.headers.create(&out.join(header_path))?;
        let mut line_file = self.lines.create(&out.join(line_path))?;
        let mut sent_again: Vec<(Order, &'static Anomaly)> = Vec::new();
        let mut lines_of_day = LinesOfDay::new(world, day);
        let mut lines = Vec::new();
        for mut order in OrdersOfDay::new(world, day) {
            lines_of_day.fill(&mut order, &mut lines);
            for line in &mut lines {
                let Some(anomaly) = line_anomalies.draw(&mut line_draws) else {
                    line_file.write(line)?;
                    continue;
                };
                spoil_line(line, anomaly, line_draws.below(1_000) as i64);
                line_file.write(line)?;
                if anomaly.code == DUPLICATE_PRIMARY_KEY {
                    line_file.write(line)?;
                }
                let key = format!("{}|{}", line.order, line.number);
                line_findings.add(anomaly, key, self.lines.value_of(line, anomaly.column));
            }
            let Some(anomaly) = header_anomalies.draw(&mut header_draws) else {
                header_file.write(&order)?;
                continue;
            };
            let key = order.id.to_string();
            let choice = header_draws.below(6_000) as usize;
            if let Some(text) = broken_text(anomaly, choice) {
                header_file.write_with(&order, anomaly.column, text)?;
                header_findings.add(anomaly, key, text.to_owned());
                continue;
            }
            match anomaly.code {
                // Numbers that were never given to anybody.
                UNKNOWN_CUSTOMER => order.customer = 900_000_000 + choice as i64,
                UNKNOWN_STORE => order.store = 9_000_000 + choice as i64,
                _ => {}
            }
            header_file.write(&order)?;
            match anomaly.code {
                DUPLICATE_PRIMARY_KEY => header_file.write(&order)?,
                ORDER_IN_TWO_FILES => {
                    sent_again.push((order, anomaly));
                    continue;
                }
                _ => {}
            }
            header_findings.add(anomaly, key, self.headers.value_of(&order, anomaly.column));
        }
        let (rows, bytes) = header_file.finish()?;
        let mut outcome = Outcome::of_file(ORDERS_HEADER, rows, bytes, header_findings);
        if !sent_again.is_empty() {
            outcome.extend(self.write_again(&sent_again, day, out)?);
        }
        let (rows, bytes) = line_file.finish()?;
        outcome.extend(Outcome::of_file(ORDERS_LINES, rows, bytes, line_findings));
        Ok(outcome)
    }

    /// A second file of the day, with orders that the first one has as well.
    fn write_again(&self, orders: &[(Order, &'static Anomaly)], day: Day, out: &Path) -> Result<Outcome> {
        let date = crate::generate::calendar::iso(day);
        let relative = self.contract(ORDERS_HEADER)?.raw_path(&[("order_dt", &date)], "00001");
        let mut findings = Findings::new(&relative);
        let mut file = self.headers.create(&out.join(&relative))?;
        for (order, anomaly) in orders {
            file.write(order)?;
            findings.add(anomaly, order.id.to_string(), order.id.to_string());
        }
        let (rows, bytes) = file.finish()?;
        Ok(Outcome::of_file(ORDERS_HEADER, rows, bytes, findings))
    }

    pub(super) fn make_events(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let relative = &task.files[0].relative;
        let day = events::events_of_day(&self.world, task.part.0 as Day, &self.anomalies(EVENTS));
        let mut file = OutputFile::create(&out.join(relative))?;
        file.write(&day.bytes)?;
        let bytes = file.finish()?;
        let mut findings = Findings::new(relative);
        for spoiled in day.spoiled {
            let key = spoiled.event_id.unwrap_or_else(|| format!("line:{}", spoiled.line));
            findings.add(spoiled.anomaly, key, spoiled.text);
        }
        Ok(Outcome::of_file(EVENTS, day.lines, bytes, findings))
    }

    pub(super) fn make_sensors(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, relative) = (&self.world, &task.files[0].relative);
        let (place, first) = (task.part.0 as usize, task.part.1 as Day);
        let end = first_of_next_month(first).min(world.window().end());
        let shelves = world.sensor_stores().iter().find(|(other, _)| *other == place).map_or(0, |(_, n)| *n);
        let anomalies = self.anomalies(SENSORS);
        let store = world.stores[place].id;
        let mut findings = Findings::new(relative);
        let mut file = self.sensors.create(&out.join(relative))?;
        // The header is line 1.
        let mut line = 1;
        // A stream for each day, so that a day has the same defects in a month that is cut short.
        let mut draws = (first - 1, world.random("sensors.defects", 0));
        sensors::each_reading(world, place, shelves, first, end, |day, reading| {
            line += 1;
            if draws.0 != day {
                draws = (day, world.random("sensors.defects", store * 1_000_000 + i64::from(day)));
            }
            let Some(anomaly) = anomalies.draw(&mut draws.1) else { return file.write(reading) };
            reading.spoil(anomaly.code);
            file.write(reading)?;
            let key = reading.key(&self.sensors.value_of(reading, "sensor_ts"));
            findings.add(
                anomaly,
                key.unwrap_or_else(|| format!("line:{line}")),
                self.sensors.value_of(reading, anomaly.column),
            );
            Ok(())
        })?;
        let (rows, bytes) = file.finish()?;
        Ok(Outcome::of_file(SENSORS, rows, bytes, findings))
    }

    pub(super) fn make_exchange_rates(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let path = out.join(&task.files[0].relative);
        let mut file = XlsxFile::create(self.contract(EXCHANGE_RATES)?, &path)?;
        for rate in exchange_rates::rates(&self.world) {
            file.write(&rate)?;
        }
        let (rows, bytes) = file.finish()?;
        Ok(Outcome::of_file(EXCHANGE_RATES, rows, bytes, Findings::default()))
    }

    pub(super) fn make_shipments(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let mut file = ParquetFile::create(&self.shipments, &out.join(&task.files[0].relative))?;
        shipments::each_shipment(&self.world, task.part.0 as Day, task.part.1 as Day, |row| file.write(row))?;
        let (rows, bytes) = file.finish()?;
        Ok(Outcome::of_file(super::SHIPMENTS, rows, bytes, Findings::default()))
    }

    pub(super) fn make_returns(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let table = out.join(&task.files[0].relative);
        let (commits, rows) = self.returns.write(&self.world, &table, RETURNS)?;
        let bytes = commits.versions.iter().flat_map(|version| &version.add).map(|file| file.bytes).sum();
        let mut outcome = Outcome::of_file(RETURNS, rows, bytes, Findings::default());
        outcome.commits = Some(commits);
        Ok(outcome)
    }
}

fn spoil_line(line: &mut Line, anomaly: &Anomaly, choice: i64) {
    match anomaly.code {
        UNKNOWN_PRODUCT => line.product = 90_000_000 + choice,
        NEGATIVE_QUANTITY => line.quantity = -line.quantity,
        ZERO_PRICE => line.unit_price = 0,
        _ => debug_assert!(anomaly.code == DUPLICATE_PRIMARY_KEY),
    }
}

/// What stands in place of a date or instant that cannot be read.
fn broken_text(anomaly: &Anomaly, choice: usize) -> Option<&'static str> {
    match anomaly.code {
        UNPARSEABLE_TIMESTAMP => Some(BROKEN_TIMESTAMPS[choice % BROKEN_TIMESTAMPS.len()]),
        UNPARSEABLE_DATE => Some(BROKEN_DATES[choice % BROKEN_DATES.len()]),
        _ => None,
    }
}
