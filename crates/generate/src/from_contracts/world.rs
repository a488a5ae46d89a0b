//! All feeds together, and the value of any column in any row: a function of seed, feed, column and row, so that any part
//! of any file can be made by itself, and references find what they refer to.

use super::choose::{Surroundings, maker};
use super::column::{RowAt, Source};
use super::feed::{Extent, Feed};
use super::hints::{DEFAULT_ROWS, FeedHints};
use super::keys;
use super::kinds::Locale;
use super::paths::{Layout, Placeholder, PlaceholderKind, names_in_path, time_kind};
use super::timing::Timing;
use super::value::Value;
use crate::calendar::Day;
use crate::plan::Window;
use crate::random::label;
use ingot_contract::{Condition, Contract, DataType, Measure, Severity};
use ingot_core::error::{Error, Result};

/// How many rows of each feed are checked against its rules before anything is written.
const CHECKED_ROWS: u64 = 200;
/// Values of a category in paths, at most.
const MOST_CATEGORIES: usize = 4;
/// References that lead from feed to feed, at most.
const DEEPEST: usize = 12;
/// The days of `rows` of a feed with days.
const DAYS_OF_ROWS: f64 = 30.0;

/// The feeds of a project, planned.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) feeds: Vec<Feed>,
    /// The first day of the first window.
    pub(crate) origin: Day,
}

/// What is known of a feed before its columns are.
struct Sketch {
    hints: FeedHints,
    time_column: Option<usize>,
    is_timed: bool,
    /// The column that refers to the feed whose rows have these rows as their lines, and that feed.
    lines_of: Option<(usize, usize)>,
}

impl World {
    /// Plans all feeds. `windows` are those delivered so far, and the one to be made as the last.
    ///
    /// # Errors
    /// A hint is wrong, or there is a column of which no values can be made that keep its rules.
    pub(crate) fn new(seed: u64, scale: f64, windows: &[Window], contracts: Vec<Contract>) -> Result<Self> {
        let origin = windows.first().map_or(0, |window| window.start);
        let end = windows.last().map_or(origin + 1, |window| window.end());
        let mut sketches = Vec::with_capacity(contracts.len());
        for contract in &contracts {
            sketches.push(sketch(contract, origin)?);
        }
        for (index, sketch) in sketches.iter_mut().enumerate() {
            sketch.lines_of = lines_of(index, &contracts, sketch);
        }
        let mut extents: Vec<Option<Extent>> = vec![None; contracts.len()];
        for index in 0..contracts.len() {
            plan_extent(index, &contracts, &sketches, &mut extents, seed, scale, origin..end, 0)?;
        }
        let extents: Vec<Extent> =
            extents.into_iter().map(|extent| extent.unwrap_or(Extent::Fixed(1))).collect();
        let mut feeds = Vec::with_capacity(contracts.len());
        for (index, contract) in contracts.iter().enumerate() {
            feeds.push(plan_feed(index, contract, &contracts, &sketches[index], &extents, origin)?);
        }
        let mut world = Self { seed, feeds, origin };
        for (index, sketch) in sketches.iter().enumerate() {
            world.assign_keys(index, sketch, seed, origin..end)?;
        }
        for index in 0..world.feeds.len() {
            world.take_categories_of_references(index, &contracts);
        }
        world.check()?;
        Ok(world)
    }

    fn assign_keys(
        &mut self,
        index: usize,
        sketch: &Sketch,
        seed: u64,
        days: std::ops::Range<Day>,
    ) -> Result<()> {
        let known: Vec<u64> = self.feeds.iter().map(|feed| feed.extent.known_on(None)).collect();
        let feed = &mut self.feeds[index];
        let lines_of = sketch.lines_of.map(|(column, _)| column);
        let limits = keys::assign(feed, sketch.time_column, lines_of, &|other| known[other]);
        let time = sketch.hints.time.clone().unwrap_or_default();
        let too_many = |limit: u64, rows: u64| {
            Error::new(format!("the keys of {} allow {limit} rows, and {rows} are asked for", feed.name))
                .at(&feed.contract.file)
                .hint("give the object fewer `rows` in its custom property `ingot.generate`, or its key another column")
        };
        if let Some(limit) = limits.rows
            && feed.extent.rows() > limit
        {
            match &feed.extent {
                Extent::Fixed(rows) if sketch.hints.rows.is_some() => return Err(too_many(limit, *rows)),
                Extent::Daily(timing) => return Err(too_many(limit, timing.rows())),
                Extent::Fixed(_) => feed.extent = Extent::Fixed(limit),
            }
        }
        if let (Some(limit), Extent::Daily(timing)) = (limits.rows_of_a_day, &feed.extent)
            && days.clone().any(|day| {
                let rows = timing.rows_of(day..day + 1);
                rows.end - rows.start > limit
            })
        {
            // Even on its busiest day.
            let rate = limit as f64 * 0.6;
            feed.extent =
                Extent::Daily(Timing::new(seed, label(feed.name), days, rate.min(limit as f64), &time));
        }
        Ok(())
    }

    /// A column in the path that refers to another feed has keys of that feed there.
    fn take_categories_of_references(&mut self, index: usize, contracts: &[Contract]) {
        let feed = &self.feeds[index];
        let mut lists: Vec<Vec<String>> = Vec::new();
        for placeholder in &feed.layout.placeholders {
            let PlaceholderKind::Category(place) = placeholder.kind else { continue };
            let mut texts: Vec<String> =
                feed.layout.combinations.iter().map(|texts| texts[place].clone()).collect();
            if let Some((_, parent, to)) = reference_of(&feed.contract, &placeholder.name, contracts) {
                let known = self.feeds[parent].extent.known_on(None).min(MOST_CATEGORIES as u64);
                texts = (0..known)
                    .map(|row| self.value(parent, to, row).text())
                    .filter(|text| fits_path(text))
                    .collect();
            }
            texts.sort();
            texts.dedup();
            lists.push(texts);
        }
        if lists.iter().all(|list| !list.is_empty()) {
            self.feeds[index].layout.combinations = Layout::combine(&lists);
        }
    }

    /// The value of a column in a row.
    pub(crate) fn value(&self, feed: usize, column: usize, row: u64) -> Value {
        self.value_at_depth(feed, column, row, 0)
    }

    fn value_at_depth(&self, feed_index: usize, column: usize, row: u64, depth: usize) -> Value {
        let feed = &self.feeds[feed_index];
        let maker = &feed.makers[column];
        let (day, micros) = feed.time_of(row, self.origin);
        match &maker.source {
            Source::Path(place) => {
                let kind = feed.layout.placeholders[*place].kind;
                let text = feed.layout.text(kind, day, feed.combination_of(row));
                Value::parse(&maker.data_type, &text).unwrap_or(Value::Null)
            }
            Source::Computed(expression) => {
                let of = |name: &str| match feed.contract.column(name) {
                    Some((other, _)) if depth < DEEPEST => {
                        self.value_at_depth(feed_index, other, row, depth + 1)
                    }
                    _ => Value::Null,
                };
                let value = maker.converted(expression.value(&of));
                if maker.constraints.allows(&value) || value.is_null() { value } else { Value::Null }
            }
            Source::Reference { feed: parent, column: to, exponent } => {
                let nulls = super::chance::Chance::of_cell(self.seed, maker.label ^ 1, row).unit();
                if depth >= DEEPEST || nulls < maker.nulls {
                    return Value::Null;
                }
                let target = self.target(feed_index, column, *parent, row, *exponent);
                match target {
                    Some(target) => maker.converted(self.value_at_depth(*parent, *to, target, depth + 1)),
                    None => Value::Null,
                }
            }
            _ => {
                let number = feed.number_for(maker, row);
                maker.make(self.seed, RowAt { row, number, day, micros })
            }
        }
    }

    /// The row that a reference is to; `None` for the first row of a feed that refers to itself.
    pub(crate) fn target(
        &self,
        feed_index: usize,
        column: usize,
        parent: usize,
        row: u64,
        exponent: Option<f64>,
    ) -> Option<u64> {
        let feed = &self.feeds[feed_index];
        let maker = &feed.makers[column];
        if maker.key_part.is_some() {
            return Some(feed.number_for(maker, row));
        }
        let day = matches!(feed.extent, Extent::Daily(_)).then(|| feed.time_of(row, self.origin).0);
        let known = if parent == feed_index { row } else { self.feeds[parent].extent.known_on(day) };
        if known == 0 {
            return maker.constraints.required.then_some(0);
        }
        // Columns of one reference choose together: the label is that of the parent.
        let purpose = label(feed.name) ^ label(self.feeds[parent].name).rotate_left(7);
        let mut chance = super::chance::Chance::of_cell(self.seed, purpose, row);
        Some(match exponent {
            Some(exponent) => chance.zipf(known, exponent),
            None => chance.below(known),
        })
    }

    /// Makes the first rows of every feed and checks them, so that what cannot be generated is reported before anything
    /// is written.
    fn check(&self) -> Result<()> {
        for (index, feed) in self.feeds.iter().enumerate() {
            for column in 0..feed.makers.len() {
                let maker = &feed.makers[column];
                for row in 0..feed.extent.rows().min(CHECKED_ROWS) {
                    let value = self.value(index, column, row);
                    if maker.constraints.allows(&value) {
                        continue;
                    }
                    let what = if value.is_null() {
                        format!(
                            "cannot make values for the required column '{}' of {}",
                            maker.name, feed.name
                        )
                    } else {
                        format!(
                            "cannot make values for column '{}' of {} that keep its rules: '{}' does not",
                            maker.name,
                            feed.name,
                            value.text()
                        )
                    };
                    return Err(Error::new(what).at(&feed.contract.file).hint(
                        "say how with the column's custom property `ingot.generate`, such as `values: [a, b]` or `pattern: \"[A-Z]{3}\"`",
                    ));
                }
            }
        }
        Ok(())
    }
}

fn sketch(contract: &Contract, origin: Day) -> Result<Sketch> {
    let hints = FeedHints::read(contract)?;
    let columns = &contract.columns;
    let is_time = |data_type: &DataType| matches!(data_type, DataType::Date | DataType::Timestamp);
    let stated = match hints.time.as_ref().and_then(|time| time.column.as_deref()) {
        None => None,
        Some(name) => {
            match columns.iter().position(|column| column.name == name && is_time(&column.data_type)) {
                Some(place) => Some(place),
                None => {
                    return Err(Error::new(format!("{} has no date or timestamp '{name}'", contract.name))
                        .at(&contract.file)
                        .hint("correct `time: {column: …}` of the object's `ingot.generate`"));
                }
            }
        }
    };
    let has_day_in_path =
        names_in_path(contract).iter().any(|(name, data_type)| time_kind(name, data_type).is_some());
    let likely = || {
        let not = ["birth", "end", "expiry", "expires", "until", "due", "updated", "delivered", "shipped"];
        columns.iter().position(|column| {
            let name = column.name.to_ascii_lowercase();
            is_time(&column.data_type)
                && (column.required || column.primary_key.is_some())
                && !contract.raw.path_names(&column.name)
                && !not.iter().any(|word| name.contains(word))
        })
    };
    let is_parted = contract.raw.has_wildcard() || has_day_in_path || hints.time.is_some();
    let time_column = stated.or_else(|| is_parted.then(likely).flatten()).filter(|place| {
        // A column whose rules leave these days out has other dates.
        super::constraints::Constraints::of_column(&columns[*place], contract).is_ok_and(|rules| {
            let day = i128::from(origin);
            let at = if columns[*place].data_type == DataType::Date { day } else { day * 86_400_000_000 };
            (rules.least..=rules.most).contains(&at) && rules.accepted.is_none()
        })
    });
    let is_timed = has_day_in_path || hints.time.is_some() || time_column.is_some();
    Ok(Sketch { hints, time_column, is_timed, lines_of: None })
}

/// The feed that a key of several columns makes this one the lines of: a part of the key refers to it, and the contract
/// does not say how many rows there are.
fn lines_of(index: usize, contracts: &[Contract], sketch: &Sketch) -> Option<(usize, usize)> {
    let contract = &contracts[index];
    let key = contract.primary_key();
    let has_rate = sketch.hints.time.as_ref().is_some_and(|time| time.rate.is_some());
    if key.len() != 2 || sketch.hints.rows.is_some() || has_rate {
        return None;
    }
    let (column, parent, _) = reference_of(contract, &key[0].name, contracts)
        .or_else(|| reference_of(contract, &key[1].name, contracts))?;
    let counter = key.iter().find(|other| other.name != contract.columns[column].name)?;
    let counts = matches!(counter.data_type, DataType::I32 | DataType::I64)
        && reference_of(contract, &counter.name, contracts).is_none();
    (parent != index && counts && !contract.raw.path_names(&counter.name)).then_some((column, parent))
}

/// What a column refers to: its place, the feed and the column there. References to what is not there are none.
fn reference_of(contract: &Contract, name: &str, contracts: &[Contract]) -> Option<(usize, usize, usize)> {
    let (place, _) = contract.column(name)?;
    contract.relationships.iter().find_map(|relationship| {
        let at = relationship.columns.iter().position(|column| column == name)?;
        let parent = contracts.iter().position(|other| other.name == relationship.table)?;
        let (to, _) = contracts[parent].column(relationship.to.get(at)?)?;
        let is_itself = contracts[parent].name == contract.name && to == place;
        (!is_itself).then_some((place, parent, to))
    })
}

#[allow(clippy::too_many_arguments)]
fn plan_extent(
    index: usize,
    contracts: &[Contract],
    sketches: &[Sketch],
    extents: &mut Vec<Option<Extent>>,
    seed: u64,
    scale: f64,
    days: std::ops::Range<Day>,
    depth: usize,
) -> Result<()> {
    if extents[index].is_some() || depth > DEEPEST {
        return Ok(());
    }
    let (contract, sketch) = (&contracts[index], &sketches[index]);
    if let Some((_, parent)) = sketch.lines_of {
        plan_extent(parent, contracts, sketches, extents, seed, scale, days.clone(), depth + 1)?;
        extents[index] = match &extents[parent] {
            Some(Extent::Fixed(rows)) if !sketch.is_timed => {
                Some(Extent::Fixed(rows * keys::ROWS_OF_A_PARENT))
            }
            Some(Extent::Daily(timing)) => Some(Extent::Daily(timing.times(keys::ROWS_OF_A_PARENT))),
            _ => None,
        };
        if extents[index].is_some() {
            return Ok(());
        }
    }
    let (mut least, most) = rows_demanded(contract);
    // A key that refers to this feed has as many rows here as there.
    for other in contracts.iter().filter(|other| other.name != contract.name) {
        let is_key = |column: usize| {
            reference_of(other, &other.columns[column].name, contracts)
                .is_some_and(|(_, parent, _)| parent == index)
        };
        if keys::unique_sets(other).iter().any(|set| set.len() == 1 && is_key(set[0])) {
            least = least.max(rows_demanded(other).0);
        }
    }
    let rows = sketch.hints.rows.unwrap_or(DEFAULT_ROWS) * scale;
    let time = sketch.hints.time.clone().unwrap_or_default();
    extents[index] = Some(if sketch.is_timed {
        let rate = time.rate.map_or(rows / DAYS_OF_ROWS, |rate| rate * scale);
        let length = f64::from((days.end - days.start).max(1));
        let rate = rate.max(least as f64 * 1.3 / length).min((most as f64 * 0.7 / length).max(0.0));
        Extent::Daily(Timing::new(seed, label(&contract.name), days, rate, &time))
    } else {
        Extent::Fixed((rows.round() as u64).max(1).clamp(least, most.max(least)))
    });
    Ok(())
}

/// How many rows the rules on the table demand and allow.
fn rows_demanded(contract: &Contract) -> (u64, u64) {
    let (mut least, mut most) = (0u64, u64::MAX);
    for rule in &contract.table_rules {
        if rule.measure != Measure::Rows || rule.severity != Severity::Error || rule.in_percent {
            continue;
        }
        for condition in &rule.conditions {
            match condition {
                Condition::Is(text) => {
                    if let Ok(number) = text.parse() {
                        (least, most) = (number, number);
                    }
                }
                Condition::Above(number) => least = least.max(*number as u64 + 1),
                Condition::AtLeast(number) => least = least.max(number.ceil() as u64),
                Condition::Below(number) => most = most.min((number.ceil() as u64).saturating_sub(1)),
                Condition::AtMost(number) => most = most.min(*number as u64),
                Condition::Between(low, high) => {
                    least = least.max(low.ceil() as u64);
                    most = most.min(*high as u64);
                }
                Condition::IsNot(_) | Condition::NotBetween(..) => {}
            }
        }
    }
    (least, most)
}

fn plan_feed(
    index: usize,
    contract: &Contract,
    contracts: &[Contract],
    sketch: &Sketch,
    extents: &[Extent],
    origin: Day,
) -> Result<Feed> {
    let time_column = sketch.time_column.map(|place| contract.columns[place].name.as_str());
    let around = Surroundings {
        contract,
        locale: sketch.hints.locale.unwrap_or(Locale::En),
        time_column,
        is_timed: matches!(extents[index], Extent::Daily(_)),
        origin,
    };
    let nothing = super::hints::ColumnHints::default();
    let mut makers = Vec::with_capacity(contract.columns.len());
    for (place, column) in contract.columns.iter().enumerate() {
        let hints = sketch.hints.columns.get(&column.name).unwrap_or(&nothing);
        let reference = reference_of(contract, &column.name, contracts);
        let is_free = reference.is_none() && !contract.raw.path_names(&column.name);
        let is_unique = is_free && keys::is_in_key(contract, place);
        let mut made = maker(column, hints, is_unique, around)?;
        if let Some((_, parent, to)) = reference
            && hints.values.is_none()
            && hints.expression.is_none()
        {
            let exponent = match hints.distribution {
                Some(super::hints::Distribution::Zipf { exponent }) => Some(exponent),
                _ => None,
            };
            made.source = Source::Reference { feed: parent, column: to, exponent };
        }
        makers.push(made);
    }
    for name in sketch.hints.columns.keys() {
        if contract.column(name).is_none() {
            return Err(Error::new(format!("{} has no column '{name}'", contract.name)).at(&contract.file));
        }
    }
    for (name, hints) in &sketch.hints.columns {
        let needed = hints.expression.iter().flat_map(|expression| expression.columns());
        if let Some(unknown) = needed.into_iter().find(|needed| contract.column(needed).is_none()) {
            let what = format!(
                "the expression of '{name}' needs a column '{unknown}', which {} has not",
                contract.name
            );
            return Err(Error::new(what).at(&contract.file));
        }
    }
    // An empty line of CSV and an empty row of a sheet are not rows.
    let in_file = |maker: &super::column::Maker| !contract.raw.path_names(&maker.name);
    if !makers.iter().any(|maker| in_file(maker) && maker.nulls == 0.0)
        && let Some(first) = makers.iter_mut().find(|maker| in_file(maker))
    {
        first.nulls = 0.0;
    }
    let layout = plan_layout(contract, &mut makers, matches!(extents[index], Extent::Daily(_)));
    let name: &'static str = lasting(&contract.name);
    let column_names = contract.columns.iter().map(|column| lasting(&column.name)).collect();
    Ok(Feed {
        name,
        contract: contract.clone(),
        column_names,
        makers,
        extent: extents[index].clone(),
        layout,
    })
}

/// The ledger and the plan name feeds and defects for as long as the program runs, and those of a contract are known
/// only then. A program generates once.
pub(crate) fn lasting(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Which files there are; columns that the path names get their values from it.
fn plan_layout(contract: &Contract, makers: &mut [super::column::Maker], is_timed: bool) -> Layout {
    let mut placeholders = Vec::new();
    let mut lists: Vec<Vec<String>> = Vec::new();
    for (name, data_type) in names_in_path(contract) {
        let place = contract.column(&name).map(|(place, _)| place);
        let kind = time_kind(&name, &data_type).filter(|_| is_timed);
        let kind = kind.unwrap_or_else(|| {
            lists.push(categories(place.map(|place| &makers[place]), &data_type));
            PlaceholderKind::Category(lists.len() - 1)
        });
        if let Some(place) = place {
            makers[place].source = Source::Path(placeholders.len());
            makers[place].nulls = 0.0;
        }
        placeholders.push(Placeholder { name, kind });
    }
    let period = Layout::period_of(contract, &placeholders, is_timed);
    Layout { period, placeholders, combinations: Layout::combine(&lists) }
}

/// A few values that a path can have.
fn categories(maker: Option<&super::column::Maker>, data_type: &DataType) -> Vec<String> {
    let from_maker = maker.map(|maker| match &maker.source {
        Source::Values { values, .. } => values.iter().map(Value::text).collect::<Vec<_>>(),
        Source::Reference { .. } => Vec::new(),
        _ => (0..40).map(|row| maker.make(1, RowAt { row, number: row, day: 0, micros: 0 }).text()).collect(),
    });
    let mut texts: Vec<String> =
        from_maker.unwrap_or_default().into_iter().filter(|text| fits_path(text)).collect();
    if texts.is_empty() {
        let is_number = matches!(data_type, DataType::I32 | DataType::I64);
        texts =
            (1..=3).map(|number| if is_number { number.to_string() } else { format!("p{number}") }).collect();
    }
    texts.sort();
    texts.dedup();
    texts.truncate(MOST_CATEGORIES);
    texts
}

/// Whether a text can be part of a path that is read as it is written.
fn fits_path(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '\\']) && !text.starts_with(['.', '_'])
}
