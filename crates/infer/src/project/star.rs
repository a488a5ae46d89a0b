//! A first gold layer where keys and references make a star plain: dimensions, facts and a dimension of days.
//!
//! A feed that others refer to is a dimension. One that refers to others and has a time is a fact, such as orders, even if
//! others refer to it: its lines then have its references and its times as well. Models only join keys that are unique, so
//! a fact has one row for each accepted row of its feed, and its totals are those of the files; a test says so.

use super::staging::{identifier, named};
use crate::decision::Decision;
use crate::feed::{Feed, Reference};
use crate::names::{dimension_name, fact_name, is_key_name, staging_name};
use crate::yaml_text::scalar;
use ingot_contract::DataType;
use std::fmt::Write;

/// What the feeds are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Star {
    /// Names of feeds.
    pub dimensions: Vec<String>,
    pub facts: Vec<String>,
}

impl Star {
    /// The star of the feeds; `None` if there is no fact, or nothing that it refers to.
    pub(super) fn of(feeds: &[Feed]) -> Option<Self> {
        let is_referred_to = |feed: &Feed| {
            feeds.iter().any(|other| {
                other.name != feed.name
                    && other.references.iter().any(|reference| reference.feed == feed.name)
            })
        };
        let is_fact = |feed: &&Feed| {
            let has_time = feed.columns.iter().any(is_moment);
            let refers = feed.references.iter().any(|reference| reference.feed != feed.name);
            let is_measured = feed.columns.iter().any(|decision| is_measure(feed, decision));
            (refers && has_time) || (!is_referred_to(feed) && (refers || has_time) && is_measured)
        };
        let names = |feeds: Vec<&Feed>| feeds.into_iter().map(|feed| feed.name.clone()).collect::<Vec<_>>();
        let facts = names(feeds.iter().filter(is_fact).collect());
        let dimensions = names(feeds.iter().filter(|feed| is_referred_to(feed) && !is_fact(feed)).collect());
        (!facts.is_empty() && !dimensions.is_empty()).then_some(Self { dimensions, facts })
    }
}

fn is_moment(decision: &Decision) -> bool {
    matches!(decision.column.data_type, DataType::Date | DataType::Timestamp)
}

/// Whether a column is a number that can be added up.
fn is_measure(feed: &Feed, decision: &Decision) -> bool {
    let name = &decision.column.name;
    let is_number = matches!(
        decision.column.data_type,
        DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. }
    );
    let is_key = feed.primary_key.is_some_and(|key| feed.columns[key].column.name == *name)
        || feed.references.iter().any(|reference| feed.columns[reference.column].column.name == *name);
    is_number && !is_key && !is_key_name(name)
}

/// The expression in a type that BI tools read as what it is: truth values as 1 and 0, moments as the clock of UTC shows
/// them, what is nested as JSON. `ingot publish` refuses the others.
fn for_bi(data_type: &DataType, expression: String) -> String {
    match data_type {
        DataType::Bool => format!("cast({expression} as integer)"),
        DataType::Timestamp => format!("{expression} at time zone 'UTC'"),
        DataType::Binary => format!("base64({expression})"),
        nested if nested.is_nested() => format!("cast(to_json({expression}) as varchar)"),
        _ => expression,
    }
}

/// What a person must know to read the column.
fn remark(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Bool => Some("1 if so, 0 if not."),
        DataType::Timestamp => Some("In UTC."),
        _ => None,
    }
}

/// The line of a column in a select list.
fn selected(name: &str, expression: &str) -> String {
    match identifier(name) {
        name if *expression == name || expression.ends_with(&format!(".{name}")) => {
            format!("    {expression}")
        }
        name => format!("    {expression} as {name}"),
    }
}

/// A column of a fact.
struct FactColumn {
    /// Its name in the fact.
    name: String,
    /// What it is in the query.
    expression: String,
    /// The dimension that it refers to, and the key there.
    to: Option<(String, String)>,
    remark: Option<&'static str>,
}

/// A fact with what its headers lend it.
struct Fact<'f> {
    feed: &'f Feed,
    columns: Vec<FactColumn>,
    /// Headers, by the column that refers to each.
    joins: Vec<(&'f Feed, &'f Reference)>,
}

impl<'f> Fact<'f> {
    fn of(feed: &'f Feed, feeds: &'f [Feed], star: &Star) -> Self {
        let mut fact = Self { feed, columns: Vec::new(), joins: Vec::new() };
        for (index, decision) in feed.columns.iter().enumerate() {
            let own = identifier(&decision.column.name);
            fact.add(feed, index, decision, &format!("{}.{own}", identifier(&feed.name)), star);
        }
        for reference in feed.references.iter().filter(|reference| star.facts.contains(&reference.feed)) {
            let Some(header) =
                feeds.iter().find(|other| other.name == reference.feed && other.name != feed.name)
            else {
                continue;
            };
            if fact.joins.iter().any(|(known, _)| known.name == header.name) {
                continue;
            }
            let before = fact.columns.len();
            for (index, decision) in header.columns.iter().enumerate() {
                let is_reference = header.references.iter().any(|reference| reference.column == index);
                let is_taken = fact.columns.iter().any(|column| column.name == decision.column.name);
                if (is_reference || is_moment(decision)) && !is_taken {
                    let own = identifier(&decision.column.name);
                    fact.add(header, index, decision, &format!("{}.{own}", identifier(&header.name)), star);
                }
            }
            if fact.columns.len() > before {
                fact.joins.push((header, reference));
            }
        }
        fact
    }

    fn add(&mut self, feed: &Feed, index: usize, decision: &Decision, expression: &str, star: &Star) {
        let name = &decision.column.name;
        let to_dimension =
            |reference: &&Reference| reference.column == index && star.dimensions.contains(&reference.feed);
        let mut to =
            feed.references.iter().find(to_dimension).map(|one| (dimension_name(&one.feed), one.key.clone()));
        if decision.column.data_type == DataType::Date {
            to = Some(("dim_date".to_owned(), "date_day".to_owned()));
        }
        let data_type = &decision.column.data_type;
        let shown = for_bi(data_type, expression.to_owned());
        self.columns.push(FactColumn {
            name: name.clone(),
            expression: shown,
            to,
            remark: remark(data_type),
        });
        if decision.column.data_type == DataType::Timestamp {
            let day = format!("{name}_day");
            if self.columns.iter().all(|column| column.name != day) {
                let expression = format!("cast({expression} at time zone 'UTC' as date)");
                let to = Some(("dim_date".to_owned(), "date_day".to_owned()));
                self.columns.push(FactColumn { name: day, expression, to, remark: None });
            }
        }
    }

    fn model(&self) -> String {
        let mut text = format!("-- One row for each row of {}.\nselect\n", self.feed.name);
        let columns: Vec<String> =
            self.columns.iter().map(|column| selected(&column.name, &column.expression)).collect();
        let own = identifier(&self.feed.name);
        let staging = staging_name(&self.feed.name);
        let _ = writeln!(text, "{}\nfrom {{{{ ref('{staging}') }}}} as {own}", columns.join(",\n"));
        for (header, reference) in &self.joins {
            let name = identifier(&header.name);
            let from = identifier(&self.feed.columns[reference.column].column.name);
            let _ = writeln!(
                text,
                "left join {{{{ ref('{}') }}}} as {name} on {own}.{from} = {name}.{}",
                staging_name(&header.name),
                identifier(&reference.key)
            );
        }
        text
    }

    /// A test that gives a row if the fact has other totals than bronze.
    fn totals(&self) -> String {
        let sums: Vec<String> = self
            .feed
            .columns
            .iter()
            .filter(|decision| is_measure(self.feed, decision))
            .filter(|decision| decision.column.data_type != DataType::F64)
            .map(|decision| identifier(&decision.column.name))
            .map(|name| format!(", sum({name}) as {name}"))
            .collect();
        let of =
            |relation: &str| format!("select count(*) as number_of_rows{} from {relation}", sums.join(""));
        let fact = fact_name(&self.feed.name);
        format!(
            "-- The totals of {fact} are those of the rows that were loaded.\n{0}\nexcept\n{1}\n",
            of(&format!("{{{{ ref('{fact}') }}}}")),
            of(&format!("{{{{ source('bronze', '{}') }}}}", self.feed.name))
        )
    }

    fn documented(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "  - name: {}\n    description: {}\n    columns:",
            fact_name(&self.feed.name),
            scalar(&format!("One row for each row of {}.", self.feed.name))
        );
        let key = self.feed.primary_key.map(|key| self.feed.columns[key].column.name.as_str());
        for column in &self.columns {
            named(&column.name, 6, text);
            describe(column.remark, text);
            let mut tests = String::new();
            if key == Some(column.name.as_str()) {
                tests.push_str("          - unique\n          - not_null\n");
            }
            if let Some((to, field)) = &column.to {
                let _ = writeln!(
                    tests,
                    "          - relationships:\n              arguments:\n                to: ref('{to}')\n                field: {}",
                    scalar(&identifier(field))
                );
            }
            if !tests.is_empty() {
                let _ = write!(text, "        data_tests:\n{tests}");
            }
        }
    }
}

/// The description of a column, below its name.
fn describe(remark: Option<&str>, text: &mut String) {
    if let Some(remark) = remark {
        let _ = writeln!(text, "        description: {}", scalar(remark));
    }
}

fn dimension(feed: &Feed) -> String {
    let column = |decision: &Decision| {
        let name = &decision.column.name;
        selected(name, &for_bi(&decision.column.data_type, identifier(name)))
    };
    let columns: Vec<String> = feed.columns.iter().map(column).collect();
    format!("select\n{}\nfrom {{{{ ref('{}') }}}}\n", columns.join(",\n"), staging_name(&feed.name))
}

/// A row for each day from the first to the last one in any fact.
fn days(facts: &[Fact<'_>]) -> Option<String> {
    let of_fact = |fact: &Fact<'_>| -> Vec<String> {
        let is_day = |column: &&FactColumn| column.to.as_ref().is_some_and(|(to, _)| to == "dim_date");
        let from = format!("{{{{ ref('{}') }}}}", fact_name(&fact.feed.name));
        let day = |column: &FactColumn| format!("    select {} as day from {from}", identifier(&column.name));
        fact.columns.iter().filter(is_day).map(day).collect()
    };
    let all: Vec<String> = facts.iter().flat_map(of_fact).collect();
    (!all.is_empty()).then(|| {
        format!(
            "with days as (\n{}\n),

-- Years are completed, so that periods can be compared.
bounds as (
    select
        make_date(year(min(day)), 1, 1) as first_day,
        make_date(year(max(day)), 12, 31) as last_day
    from days
)

select
    date_day,
    cast(strftime(date_day, '%Y%m%d') as integer) as date_key,
    cast(year(date_day) as integer) as year_number,
    cast(quarter(date_day) as integer) as quarter_number,
    cast(month(date_day) as integer) as month_number,
    strftime(date_day, '%Y-%m') as year_month,
    cast(day(date_day) as integer) as day_of_month,
    cast(isodow(date_day) as integer) as day_of_week,
    cast(weekofyear(date_day) as integer) as iso_week,
    cast(isodow(date_day) >= 6 as integer) as is_weekend
from (
    select cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as date_day
    from bounds
    where first_day is not null
) as series
",
            all.join("\n    union all\n")
        )
    })
}

/// The files of the gold layer, by their paths in the project.
pub(super) fn files(feeds: &[Feed], star: &Star) -> Vec<(String, String)> {
    let find = |name: &String| feeds.iter().find(|feed| feed.name == *name);
    let mut files = Vec::new();
    let mut documented = "version: 2\n\nmodels:\n".to_owned();
    for feed in star.dimensions.iter().filter_map(find) {
        let name = dimension_name(&feed.name);
        files.push((format!("models/gold/{name}.sql"), dimension(feed)));
        let description = format!("What is known of each of the {}.", feed.name);
        let _ =
            writeln!(documented, "  - name: {name}\n    description: {}\n    columns:", scalar(&description));
        for (index, decision) in feed.columns.iter().enumerate() {
            named(&decision.column.name, 6, &mut documented);
            describe(remark(&decision.column.data_type), &mut documented);
            if feed.primary_key == Some(index) {
                documented.push_str("        data_tests:\n          - unique\n          - not_null\n");
            }
        }
    }
    let facts: Vec<Fact<'_>> =
        star.facts.iter().filter_map(find).map(|feed| Fact::of(feed, feeds, star)).collect();
    for fact in &facts {
        let name = fact_name(&fact.feed.name);
        files.push((format!("models/gold/{name}.sql"), fact.model()));
        files.push((format!("tests/{name}_has_the_totals_of_bronze.sql"), fact.totals()));
        fact.documented(&mut documented);
    }
    if let Some(days) = days(&facts) {
        files.push(("models/gold/dim_date.sql".to_owned(), days));
        documented.push_str(
            "  - name: dim_date\n    description: A row for each day of the years that the facts are about.\n    columns:\n      \
             - name: date_day\n        data_tests:\n          - unique\n          - not_null\n",
        );
    }
    files.push(("models/gold/_gold.yml".to_owned(), documented));
    files
}
