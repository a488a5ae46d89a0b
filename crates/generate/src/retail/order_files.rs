//! The files of a day's orders: headers and lines, made together because a fee depends on the lines. Most come
//! with their day; some orders, if the window has it so, some days later in files of their own.

use super::defects::{
    BROKEN_DATES, BROKEN_TIMESTAMPS, DUPLICATE_PRIMARY_KEY, NEGATIVE_QUANTITY, ORDER_IN_TWO_FILES,
    UNKNOWN_CUSTOMER, UNKNOWN_PRODUCT, UNKNOWN_STORE, UNPARSEABLE_DATE, UNPARSEABLE_TIMESTAMP, ZERO_PRICE,
};
use super::feed_names::{ORDERS_HEADER, ORDERS_LINES};
use super::generator::Retail;
use super::late::{self, LateOrders};
use super::orders::{Line, LinesOfDay, Order, OrdersOfDay};
use super::rejected::HeaderDefects;
use crate::anomalies::{Anomalies, Anomaly};
use crate::calendar::{Day, iso};
use crate::ledger::HeldBack;
use crate::output::{Findings, Outcome};
use crate::plan::{PlannedFile, Task};
use crate::random::Random;
use crate::write::csv::CsvFile;
use ingot_core::error::Result;
use std::path::Path;

/// The number of the file with the orders that another file of the day has as well.
const SENT_AGAIN: &str = "00001";

impl Retail {
    /// After how many days this window delivers orders of a day: 0 with the day, 1 and so on late.
    fn delays(&self, day: Day) -> Vec<Day> {
        let window = self.world.window();
        (0..=self.world.late_days(day)).filter(|delay| window.contains(day + delay)).collect()
    }

    pub(crate) fn planned_order_files(&self, day: Day) -> Vec<PlannedFile> {
        let date = iso(day);
        let partition = [("order_dt", date.as_str())];
        let late = self.world.late_days(day);
        let held = if late > 0 { self.world.late_share } else { 0.0 };
        let mut files = Vec::new();
        for delay in self.delays(day) {
            let share = if delay == 0 { 1.0 - held } else { held / f64::from(late) };
            let (part, orders) = (part(delay), self.world.expected_orders(day) * share);
            files.push(self.file(ORDERS_HEADER, &partition, &part, orders));
            files.push(self.file(ORDERS_LINES, &partition, &part, orders * 3.5));
        }
        files
    }

    pub(crate) fn make_orders(&self, task: &Task, out: &Path) -> Result<Outcome> {
        let (world, day) = (&self.world, task.part.0 as Day);
        let delays = self.delays(day);
        let mut files: Vec<Option<OrderFiles>> = delays.iter().map(|_| None).collect();
        // A file comes into being with its first order; that of the day itself always.
        if delays.first() == Some(&0) {
            files[0] = Some(OrderFiles::create(self, out, day, 0)?);
        }
        let orders = OrdersOfDay::new(world, day);
        let late = LateOrders::of_day(world, day, orders.how_many());
        let tells_late = world.window().contains(day);
        let mut header_defects = HeaderDefects::new(world, &self.rejected.headers, day);
        let mut lines_of_day = LinesOfDay::new(world, day);
        let mut line_defects = LineDefects::new(self, day);
        let mut lines = Vec::new();
        let mut sent_again: Vec<(Order, &'static Anomaly)> = Vec::new();
        let mut held_back = Vec::new();
        for mut order in orders {
            lines_of_day.fill(&mut order, &mut lines);
            let defect = header_defects.next();
            let is_sent_again = defect.is_some_and(|(anomaly, _)| anomaly.code == ORDER_IN_TWO_FILES);
            let delay = if is_sent_again { 0 } else { late.delay(order.id, order.place) };
            if delay > 0 && tells_late {
                held_back.extend(self.tell_late(&order, &lines, delay));
            }
            let place = delays.iter().position(|other| *other == delay);
            let mut file = match place {
                Some(place) => {
                    if files[place].is_none() {
                        files[place] = Some(OrderFiles::create(self, out, day, delay)?);
                    }
                    files[place].as_mut()
                }
                None => None,
            };
            for line in &mut lines {
                let spoiled = line_defects.spoil(line);
                if let Some(file) = &mut file {
                    file.write_line(self, &order, defect.map(|(anomaly, _)| anomaly), line, spoiled)?;
                }
            }
            if let Some(file) = file {
                file.write_header(self, &mut order, defect)?;
                if let (true, Some((anomaly, _))) = (is_sent_again, defect) {
                    sent_again.push((order, anomaly));
                }
            }
        }
        let mut outcome = Outcome::default();
        for files in files.into_iter().flatten() {
            outcome.extend(files.finish()?);
        }
        if !sent_again.is_empty() {
            outcome.extend(self.write_again(&sent_again, day, out)?);
        }
        outcome.ledger.held_back = held_back;
        Ok(outcome)
    }

    /// A second file of the day, with orders that the first one has as well.
    fn write_again(&self, orders: &[(Order, &'static Anomaly)], day: Day, out: &Path) -> Result<Outcome> {
        let relative = self.contract(ORDERS_HEADER)?.raw_path(&[("order_dt", &iso(day))], SENT_AGAIN);
        let mut findings = Findings::new(&relative);
        let mut file = self.headers.create(&out.join(&relative))?;
        for (order, anomaly) in orders {
            file.write(order)?;
            findings.defect(anomaly, file.rows(), order.id.to_string(), order.id.to_string());
        }
        Ok(Outcome::of_file(ORDERS_HEADER, file.finish()?, findings))
    }

    /// The rows of an order that comes late.
    fn tell_late(&self, order: &Order, lines: &[Line], delay: Day) -> Vec<HeldBack> {
        let date = iso(order.day);
        let held = |feed: &'static str, row_key: String| HeldBack {
            feed,
            row_key,
            day: order.day,
            released: order.day + delay,
            file: self
                .contract(feed)
                .map(|contract| contract.raw_path(&[("order_dt", &date)], &part(delay)).into())
                .unwrap_or_default(),
        };
        let lines = lines.iter().map(|line| held(ORDERS_LINES, format!("{}|{}", line.order, line.number)));
        std::iter::once(held(ORDERS_HEADER, order.id.to_string())).chain(lines).collect()
    }
}

fn part(delay: Day) -> String {
    if delay == 0 { "00000".to_owned() } else { late::file_number(delay) }
}

/// A pair of files in the making.
struct OrderFiles<'r> {
    headers: CsvFile<'r, Order>,
    lines: CsvFile<'r, Line>,
    header_findings: Findings,
    line_findings: Findings,
}

impl<'r> OrderFiles<'r> {
    fn create(retail: &'r Retail, out: &Path, day: Day, delay: Day) -> Result<Self> {
        let date = iso(day);
        let path = |feed: &str| -> Result<String> {
            Ok(retail.contract(feed)?.raw_path(&[("order_dt", &date)], &part(delay)))
        };
        let (header_path, line_path) = (path(ORDERS_HEADER)?, path(ORDERS_LINES)?);
        Ok(Self {
            headers: retail.headers.create(&out.join(&header_path))?,
            lines: retail.lines.create(&out.join(&line_path))?,
            header_findings: Findings::new(&header_path),
            line_findings: Findings::new(&line_path),
        })
    }

    fn write_line(
        &mut self,
        retail: &Retail,
        order: &Order,
        header_defect: Option<&'static Anomaly>,
        line: &Line,
        defect: Option<&'static Anomaly>,
    ) -> Result<()> {
        let key = || format!("{}|{}", line.order, line.number);
        let is_double = defect.is_some_and(|anomaly| anomaly.code == DUPLICATE_PRIMARY_KEY);
        for _ in 0..1 + usize::from(is_double) {
            self.lines.write(line)?;
            let findings = &mut self.line_findings;
            let row = || (ORDERS_LINES, findings.file.clone(), Some(self.lines.rows()), key());
            retail.rejected.note((order, header_defect), Some(line.product), row, &mut findings.consequences);
        }
        if let Some(anomaly) = defect {
            let written = retail.lines.value_of(line, anomaly.column);
            self.line_findings.defect(anomaly, self.lines.rows(), key(), written);
        }
        Ok(())
    }

    fn write_header(
        &mut self,
        retail: &Retail,
        order: &mut Order,
        defect: Option<(&'static Anomaly, usize)>,
    ) -> Result<()> {
        let Some((anomaly, choice)) = defect else { return self.headers.write(order) };
        let key = order.id.to_string();
        if let Some(text) = broken_text(anomaly, choice) {
            self.headers.write_with(order, anomaly.column, text)?;
            self.header_findings.defect(anomaly, self.headers.rows(), key, text.to_owned());
            return Ok(());
        }
        match anomaly.code {
            // Numbers that were never given to anybody.
            UNKNOWN_CUSTOMER => order.customer = 900_000_000 + choice as i64,
            UNKNOWN_STORE => order.store = 9_000_000 + choice as i64,
            _ => {}
        }
        self.headers.write(order)?;
        match anomaly.code {
            DUPLICATE_PRIMARY_KEY => self.headers.write(order)?,
            // Named where it is the second time.
            ORDER_IN_TWO_FILES => return Ok(()),
            _ => {}
        }
        let written = retail.headers.value_of(order, anomaly.column);
        self.header_findings.defect(anomaly, self.headers.rows(), key, written);
        Ok(())
    }

    fn finish(self) -> Result<Outcome> {
        let mut outcome = Outcome::of_file(ORDERS_HEADER, self.headers.finish()?, self.header_findings);
        outcome.extend(Outcome::of_file(ORDERS_LINES, self.lines.finish()?, self.line_findings));
        Ok(outcome)
    }
}

/// The defects of a day's lines: ask for each line, in their order.
struct LineDefects {
    anomalies: Anomalies,
    random: Random,
}

impl LineDefects {
    fn new(retail: &Retail, day: Day) -> Self {
        let random = retail.world.random("orders_lines.defects", i64::from(day));
        Self { anomalies: retail.anomalies(ORDERS_LINES), random }
    }

    #[inline]
    fn spoil(&mut self, line: &mut Line) -> Option<&'static Anomaly> {
        let anomaly = self.anomalies.draw(&mut self.random)?;
        let choice = self.random.below(1_000) as i64;
        match anomaly.code {
            UNKNOWN_PRODUCT => line.product = 90_000_000 + choice,
            NEGATIVE_QUANTITY => line.quantity = -line.quantity,
            ZERO_PRICE => line.unit_price = 0,
            // Another line is written, by the caller.
            _ => debug_assert!(anomaly.code == DUPLICATE_PRIMARY_KEY),
        }
        Some(anomaly)
    }
}

/// What is written in place of a date or instant that cannot be read.
fn broken_text(anomaly: &Anomaly, choice: usize) -> Option<&'static str> {
    match anomaly.code {
        UNPARSEABLE_TIMESTAMP => Some(BROKEN_TIMESTAMPS[choice % BROKEN_TIMESTAMPS.len()]),
        UNPARSEABLE_DATE => Some(BROKEN_DATES[choice % BROKEN_DATES.len()]),
        _ => None,
    }
}
