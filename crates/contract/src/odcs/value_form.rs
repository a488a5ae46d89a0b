//! How values are written: properties of a column (custom ones, and `logicalTypeOptions` for dates and times) or of the
//! server `raw`, where they are for all columns that they fit. A column's own property counts more.

use super::reader::Reader;
use crate::contract::{Column, DataType};
use crate::date_pattern::DatePattern;
use crate::raw_form::Format;
use crate::value_form::{BooleanWords, LocalTime, MomentForm, NumberForm, Percent, UnclearTimes, ValueForm};
use ingot_core::error::Result;
use ingot_core::yaml::{Node, Value};
use std::sync::Arc;

/// The kinds of columns that a property is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Boolean,
    Date,
    Timestamp,
    Other,
}

impl Kind {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => Self::Number,
            DataType::Bool => Self::Boolean,
            DataType::Date => Self::Date,
            DataType::Timestamp => Self::Timestamp,
            _ => Self::Other,
        }
    }
}

/// The properties, and the kinds of columns that they are for; none: all of them.
const PROPERTIES: [(&str, &[Kind]); 13] = [
    ("decimalSign", &[Kind::Number]),
    ("thousandsSign", &[Kind::Number]),
    ("currencySigns", &[Kind::Number]),
    ("percentSign", &[Kind::Number]),
    ("negatives", &[Kind::Number]),
    ("trueWords", &[Kind::Boolean]),
    ("falseWords", &[Kind::Boolean]),
    ("dateFormat", &[Kind::Date]),
    ("timestampFormat", &[Kind::Timestamp]),
    ("twoDigitYears", &[Kind::Date, Kind::Timestamp]),
    ("defaultTimezone", &[Kind::Timestamp]),
    ("unclearTimes", &[Kind::Timestamp]),
    ("nullText", &[]),
];

/// The names that the server may have as well, for the check of its properties.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PROPERTIES.iter().map(|(name, _)| *name)
}

/// A column and the server that its files come from.
struct Place<'n> {
    property: &'n Node,
    server: &'n Node,
}

impl Reader<'_> {
    /// Sets how the values of a column, and of what is inside it, are written.
    pub(super) fn set_forms(
        &self,
        column: &mut Column,
        property: &Node,
        server: &Node,
        format: Format,
    ) -> Result<()> {
        column.form = self.value_form(property, &column.data_type, server, format)?;
        // What a word such as `list<date>` spells has no properties of its own.
        let unsaid = Node { value: Value::Null, line: property.line, column: property.column };
        match &mut column.data_type {
            DataType::List(item) => {
                let items = property.get("items").unwrap_or(&unsaid);
                self.set_forms(Arc::make_mut(item), items, server, format)?;
            }
            DataType::Struct(members) => {
                let properties = self.items(property, "properties")?;
                for (index, member) in Arc::make_mut(members).iter_mut().enumerate() {
                    self.set_forms(member, properties.get(index).unwrap_or(&unsaid), server, format)?;
                }
            }
            DataType::Map(key, value) => {
                self.set_forms(Arc::make_mut(key), &unsaid, server, format)?;
                self.set_forms(Arc::make_mut(value), &unsaid, server, format)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The form of a column's values; `None` if it is the default of its type.
    pub(super) fn value_form(
        &self,
        property: &Node,
        data_type: &DataType,
        server: &Node,
        format: Format,
    ) -> Result<Option<ValueForm>> {
        let kind = Kind::of(data_type);
        self.check_value_properties(property, kind)?;
        let place = Place { property, server };
        let mut form = ValueForm::default();
        // In CSV the file's null text is one only without quotes, which its reader sees.
        let nulls = match self.custom(property, "nullText")? {
            None if format == Format::Csv => None,
            None => self.custom(server, "nullText")?,
            found => found,
        };
        if let Some(node) = nulls {
            form.null_texts = self.texts(node, "nullText")?;
        }
        match kind {
            Kind::Number => form.number = self.number_form(&place)?,
            Kind::Boolean => form.words = self.boolean_words(&place)?,
            Kind::Date => form.moment = self.moment_form(&place, kind, format)?,
            Kind::Timestamp => {
                form.moment = self.moment_form(&place, kind, format)?;
                form.local_time = self.local_time(&place)?;
            }
            Kind::Other => {}
        }
        Ok((form != ValueForm::default()).then_some(form))
    }

    /// Properties of other tools are allowed; a misspelled one, or one without effect, is an error.
    fn check_value_properties(&self, property: &Node, kind: Kind) -> Result<()> {
        for custom in self.items(property, "customProperties")? {
            let name = self.property_name(custom)?;
            match PROPERTIES.iter().find(|(known, _)| *known == name) {
                Some((_, kinds)) if kinds.is_empty() || kinds.contains(&kind) => {}
                Some(_) => {
                    return Err(
                        self.error(format!("'{name}' does not apply to a column of this type"), custom)
                    );
                }
                None => self.check_unknown_property(custom, names())?,
            }
        }
        Ok(())
    }

    /// The value of a property of the column, or else of the server.
    fn stated<'n>(&self, place: &Place<'n>, name: &str) -> Result<Option<&'n Node>> {
        match self.custom(place.property, name)? {
            None => self.custom(place.server, name),
            found => Ok(found),
        }
    }

    /// One text or a list of them.
    pub(super) fn texts(&self, node: &Node, name: &str) -> Result<Vec<String>> {
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        items
            .iter()
            .map(|item| {
                item.scalar_text()
                    .filter(|text| !text.is_empty())
                    .ok_or_else(|| self.error(format!("'{name}' should be a text or a list of texts"), item))
            })
            .collect()
    }

    fn sign(&self, node: &Node, name: &str) -> Result<char> {
        let text = node.scalar_text().unwrap_or_default();
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(sign), None) if !sign.is_ascii_digit() && !matches!(sign, '+' | '-' | '(' | ')' | '%') => {
                Ok(sign)
            }
            _ => {
                Err(self
                    .error(format!("'{name}' should be one character that is not a digit or a sign"), node))
            }
        }
    }

    fn number_form(&self, place: &Place<'_>) -> Result<Option<NumberForm>> {
        let mut form = NumberForm::default();
        if let Some(node) = self.stated(place, "decimalSign")? {
            form.decimal_sign = self.sign(node, "decimalSign")?;
        }
        if let Some(node) = self.stated(place, "thousandsSign")? {
            let sign = self.sign(node, "thousandsSign")?;
            if sign == form.decimal_sign {
                return Err(self
                    .error(format!("the decimal sign and the thousands sign are both '{sign}'"), node)
                    .hint("state the other one as well: `decimalSign` is \".\" if nothing else is stated"));
            }
            form.thousands_sign = Some(sign);
        }
        if let Some(node) = self.stated(place, "currencySigns")? {
            form.currency_signs = self.texts(node, "currencySigns")?;
            if form.currency_signs.iter().any(|sign| sign.contains(|c: char| c.is_ascii_digit())) {
                return Err(self.error("a currency sign should not have digits", node));
            }
            // `US$` is tried before `$`.
            form.currency_signs.sort_by_key(|sign| std::cmp::Reverse(sign.len()));
        }
        if let Some(node) = self.stated(place, "percentSign")? {
            form.percent = Some(self.choice(node, &[("drop", Percent::Drop), ("divide", Percent::Divide)])?);
        }
        if let Some(node) = self.stated(place, "negatives")? {
            for item in node.as_list().unwrap_or(std::slice::from_ref(node)) {
                match self.choice(item, &[("parentheses", true), ("trailing-minus", false)])? {
                    true => form.negative_in_parentheses = true,
                    false => form.trailing_minus = true,
                }
            }
        }
        Ok((form != NumberForm::default()).then_some(form))
    }

    fn boolean_words(&self, place: &Place<'_>) -> Result<Option<BooleanWords>> {
        let (yes, no) = match (self.stated(place, "trueWords")?, self.stated(place, "falseWords")?) {
            (None, None) => return Ok(None),
            (Some(yes), Some(no)) => (yes, no),
            (Some(node), None) | (None, Some(node)) => {
                return Err(self.error("'trueWords' and 'falseWords' need each other", node));
            }
        };
        let words = |node, name| -> Result<Vec<String>> {
            Ok(self.texts(node, name)?.iter().map(|word| word.to_lowercase()).collect())
        };
        let words = BooleanWords { yes: words(yes, "trueWords")?, no: words(no, "falseWords")? };
        match words.yes.iter().find(|word| words.no.contains(word)) {
            Some(word) => Err(self.error(format!("'{word}' is both a word for true and one for false"), no)),
            None => Ok(Some(words)),
        }
    }

    fn moment_form(&self, place: &Place<'_>, kind: Kind, format: Format) -> Result<Option<MomentForm>> {
        let own = place.property.get("logicalTypeOptions").and_then(|options| options.get("format"));
        let name = if kind == Kind::Date { "dateFormat" } else { "timestampFormat" };
        let Some(node) = own
            .filter(|node| !node.is_null())
            .map_or_else(|| self.stated(place, name), |node| Ok(Some(node)))?
        else {
            return Ok(None);
        };
        let text = node.as_str().ok_or_else(|| self.error("the format should be text", node))?;
        const DAY: i64 = 86_400;
        Ok(Some(match text {
            "excel" => MomentForm::Excel1900,
            "excel-1904" => MomentForm::Excel1904,
            "epoch-days" => MomentForm::Epoch { per_day: 1 },
            "epoch-seconds" => MomentForm::Epoch { per_day: DAY },
            "epoch-millis" => MomentForm::Epoch { per_day: DAY * 1_000 },
            "epoch-micros" => MomentForm::Epoch { per_day: DAY * 1_000_000 },
            "epoch-nanos" => MomentForm::Epoch { per_day: DAY * 1_000_000_000 },
            _ => {
                let pattern = DatePattern::parse(text, self.two_digit_years(place)?).map_err(|why| {
                    self.error(format!("the format '{text}': {why}"), node).hint(
                        "write a pattern such as dd/MM/yyyy or %d/%m/%Y, or one of excel, excel-1904, epoch-days, \
                         epoch-seconds, epoch-millis, epoch-micros, epoch-nanos",
                    )
                })?;
                if pattern.is_iso_date() && kind == Kind::Date {
                    return Ok(None);
                }
                if matches!(format, Format::Xlsx | Format::Parquet | Format::Delta)
                    && pattern.contradicts_iso()
                {
                    return Err(self.error(
                        format!(
                            "the format '{text}': files of this kind have dates that are not text, which are shown \
                             as 2024-12-31, and that would be another date"
                        ),
                        node,
                    ));
                }
                MomentForm::Pattern(pattern)
            }
        }))
    }

    /// The first of the hundred years that two digits can mean.
    fn two_digit_years(&self, place: &Place<'_>) -> Result<Option<i64>> {
        self.stated(place, "twoDigitYears")?
            .map(|node| {
                node.as_int()
                    .filter(|year| (1..=9900).contains(year))
                    .ok_or_else(|| self.error("'twoDigitYears' should be a year, such as 1950", node))
            })
            .transpose()
    }

    fn local_time(&self, place: &Place<'_>) -> Result<Option<LocalTime>> {
        let unclear = match self.stated(place, "unclearTimes")? {
            None => UnclearTimes::Reject,
            Some(node) => self.choice(
                node,
                &[
                    ("reject", UnclearTimes::Reject),
                    ("earlier", UnclearTimes::Earlier),
                    ("later", UnclearTimes::Later),
                    ("compatible", UnclearTimes::Compatible),
                ],
            )?,
        };
        let options = place.property.get("logicalTypeOptions");
        let option =
            |name: &str| options.and_then(|options| options.get(name)).filter(|node| !node.is_null());
        let node = match option("defaultTimezone") {
            Some(node) => Some(node),
            None => self.stated(place, "defaultTimezone")?,
        };
        let has_zone = match option("timezone") {
            None => None,
            Some(node) => {
                Some(node.as_bool().ok_or_else(|| self.error("'timezone' should be true or false", node))?)
            }
        };
        let zone = match (node, has_zone) {
            (Some(node), _) => {
                let zone = node.as_str().unwrap_or_default();
                if !is_zone(zone) {
                    return Err(self
                        .error(format!("'{zone}' is not a time zone"), node)
                        .hint("write a name of the IANA database, such as Europe/Berlin, or an offset such as +02:00"));
                }
                zone.to_owned()
            }
            // The standard: times without a zone are in UTC if no other is named.
            (None, Some(false)) => "UTC".to_owned(),
            (None, _) => return Ok(None),
        };
        Ok(Some(LocalTime { zone, unclear }))
    }
}

fn is_zone(name: &str) -> bool {
    crate::value_form::time_zone(name).is_some()
}
