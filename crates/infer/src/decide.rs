//! From evidence to a column of a contract: a type that loses nothing, and the reasons.

use crate::ask::{Ask, Question};
use crate::decision::{Decision, Whole};
use crate::evidence::{
    ColumnEvidence, Digits, MOST_DIGITS, MOST_VALUES, NotANumber, Notation, form_of, notations,
};
use crate::nested::{is_stated, personal_inside, within};
use crate::personal;
use crate::words::counted;
use ingot_contract::{BooleanWords, Column, DataType, Format, NumberForm, ValueForm};

/// Words for true and false, besides `true` and `false`.
const WORDS: [(&str, &str); 7] =
    [("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("ja", "nein"), ("oui", "non"), ("si", "no")];

/// Rows without a gap from which on a column is required.
const ENOUGH_ROWS: u64 = 10;
/// Decimal places beyond which numbers are measurements, which a double holds.
const MANY_PLACES: usize = 9;

/// What all columns of a feed show together, for those that are unclear by themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Habits {
    /// Decimal sign of columns in which it is clear.
    decimal: Option<(char, String)>,
    /// Whether days come before months in columns in which it is clear, and the column that says so.
    day_first: Option<(bool, String)>,
}

impl Habits {
    pub(crate) fn of(columns: &[ColumnEvidence], format: Format) -> Self {
        let mut habits = Self::default();
        for column in columns.iter().filter(|column| column.values > 0) {
            let found = column.numbers.notations();
            if let Some((form, _)) = found.first()
                && column.numbers.has_signs()
                && found.iter().all(|(other, _)| other.decimal_sign == form.decimal_sign)
                && found[0].1.fraction > 0
                && habits.decimal.is_none()
            {
                habits.decimal = Some((form.decimal_sign, column.name.clone()));
            }
            let all = notations(format);
            let alive = column.moments.alive();
            if let Some(index) = alive.first()
                && let Some(twin) = all[*index].twin
                && !alive.contains(&twin)
                && habits.day_first.is_none()
            {
                habits.day_first = Some((all[*index].pattern.starts_with('d'), column.name.clone()));
            }
        }
        habits
    }
}

/// What is decided of a type.
struct Type {
    data_type: DataType,
    form: Option<ValueForm>,
    pattern: String,
    is_without_zone: bool,
    /// What is inside objects and lists.
    inside: Vec<Decision>,
}

impl Type {
    fn plain(data_type: DataType) -> Self {
        Self { data_type, form: None, pattern: String::new(), is_without_zone: false, inside: Vec::new() }
    }
}

/// A column that is being decided.
struct Deciding<'a> {
    /// Its name in the table.
    name: &'a str,
    evidence: &'a ColumnEvidence,
    habits: &'a Habits,
    format: Format,
    ask: &'a mut dyn Ask,
    reasons: Vec<String>,
    assumptions: Vec<String>,
}

/// Decides a column, or something inside one, which is then named by its path. `is_everywhere` says that every file, or
/// every object, has it.
pub(crate) fn decide(
    name: &str,
    evidence: &ColumnEvidence,
    habits: &Habits,
    format: Format,
    of: Whole,
    is_everywhere: bool,
    ask: &mut dyn Ask,
) -> Decision {
    let mut deciding =
        Deciding { name, evidence, habits, format, ask, reasons: Vec::new(), assumptions: Vec::new() };
    let mut decided = deciding.type_of();
    let Deciding { mut reasons, mut assumptions, .. } = deciding;
    let is_text = decided.data_type == DataType::Str;
    // A text column keeps such words, because they may be values (NA is Namibia); only `\N` is never one.
    let nulls: Vec<&str> =
        evidence.null_texts.iter().map(|(text, _)| *text).filter(|text| !is_text || *text == "\\N").collect();
    if !nulls.is_empty() {
        reasons.push(format!("No value is written as {}.", list(&nulls)));
        let form = decided.form.get_or_insert_with(ValueForm::default);
        form.null_texts = nulls.iter().map(|text| (*text).to_owned()).collect();
    }
    let without = if is_text {
        evidence.empty
            + evidence.null_texts.iter().filter(|(text, _)| *text == "\\N").map(|(_, n)| n).sum::<u64>()
    } else {
        evidence.without_value()
    };
    let is_unique = evidence.distinct.is_unique() && without == 0 && evidence.values > 1;
    let is_full = without == 0 && is_everywhere && evidence.cells > 0;
    let required = is_full && evidence.cells >= ENOUGH_ROWS;
    let rows = of.many();
    reasons.push(match (without, is_everywhere) {
        (_, false) => format!("Not every {} has it.", of.owner()),
        (0, _) if required => format!("All {} {rows} have a value.", evidence.cells),
        (0, _) if evidence.cells == 1 => {
            "It has a value, but one of them is too few to require one.".to_owned()
        }
        (0, _) => format!("All {rows} have a value, but {} are too few to require one.", evidence.cells),
        (1, _) => format!("1 of {} {rows} has no value.", evidence.cells),
        (without, _) => format!("{without} of {} {rows} have no value.", evidence.cells),
    });
    let personal = personal::reason(name, evidence, &decided.data_type)
        .or_else(|| personal_inside(name, evidence, &decided.data_type));
    let mut values = match of {
        Whole::Row => set_of_values(evidence, &decided.data_type, is_unique),
        Whole::Object | Whole::List => Vec::new(),
    };
    if personal.is_some() {
        // A contract is shared with people who may not see such data.
        values.clear();
        hide_values(evidence, &mut reasons);
        hide_values(evidence, &mut assumptions);
    }
    let mut column = Column::plain(name, decided.data_type);
    column.required = required;
    column.personal = personal.is_some();
    column.form = decided.form;
    if !evidence.name.is_empty() && evidence.name != name {
        column.physical_name = Some(evidence.name.clone());
    }
    Decision {
        column,
        inside: decided.inside,
        pattern: decided.pattern,
        is_without_zone: decided.is_without_zone,
        values,
        is_unique,
        personal,
        reasons,
        assumptions,
    }
}

/// Takes values out of sentences; where they are stays.
fn hide_values(evidence: &ColumnEvidence, sentences: &mut [String]) {
    let of_numbers = evidence.not_numbers.iter().map(|(_, seen)| seen);
    let of_moments = evidence.moments.ruled_out.iter().map(|(_, seen)| seen).chain(&evidence.moments.first);
    for sentence in sentences {
        for seen in of_numbers.clone().chain(of_moments.clone()) {
            *sentence = sentence.replace(&seen.to_string(), &format!("the value in {}", seen.place()));
        }
        let examples = evidence.examples.iter().map(String::as_str).chain(evidence.numbers.samples());
        for example in examples.filter(|example| !example.is_empty()) {
            *sentence = sentence.replace(&format!("'{example}'"), "a value");
        }
    }
}

impl Deciding<'_> {
    fn type_of(&mut self) -> Type {
        let evidence = self.evidence;
        if evidence.has_nanoseconds {
            self.reasons.push(
                "Times have nanoseconds, which no type of the lake keeps, so they are text.".to_owned(),
            );
            return Type::plain(DataType::Str);
        }
        if let Some(stated) = &evidence.stated {
            self.reasons.push(format!("The files state its type: {}.", stated.word()));
            if evidence.stated_without_zone {
                self.assumptions.push(
                    "Times have no zone in the files; they are kept as the clock shows them.".to_owned(),
                );
            }
            let (data_type, inside) = is_stated(self.name, stated);
            return Type { is_without_zone: evidence.stated_without_zone, inside, ..Type::plain(data_type) };
        }
        if evidence.values == 0 {
            self.reasons.push("No row has a value, so it is text.".to_owned());
            return Type::plain(DataType::Str);
        }
        if evidence.nested > 0 {
            return self.nested();
        }
        if let Some(found) = self.boolean() {
            return found;
        }
        if let Some(found) = self.number() {
            return found;
        }
        if let Some(found) = self.moment() {
            return found;
        }
        if let Some((why, seen)) = &evidence.not_numbers
            && self.reasons.is_empty()
        {
            self.reasons.push(match why {
                NotANumber::LeadingZero => {
                    format!("Text, because zeros at the beginning would be lost: {seen}.")
                }
                NotANumber::Plus => format!("Text, because a plus would be lost: {seen}."),
                NotANumber::Text => format!("Text, for example {seen}."),
            });
        }
        Type::plain(DataType::Str)
    }

    fn nested(&mut self) -> Type {
        let (name, evidence) = (self.name, self.evidence);
        let found = within(name, evidence, &mut |name, evidence, of, is_everywhere| {
            decide(name, evidence, self.habits, self.format, of, is_everywhere, self.ask)
        });
        match found {
            Ok((data_type, inside)) => {
                self.reasons.push(match inside.len() {
                    _ if matches!(data_type, DataType::List(_)) => "Every value is a list.".to_owned(),
                    1 => "Every value is an object with one member.".to_owned(),
                    members => format!("Every value is an object with some of {members} members."),
                });
                Type { inside, ..Type::plain(data_type) }
            }
            Err(why) => {
                self.reasons.push(format!(
                    "Values are objects or lists; they are kept as JSON text, as written, because {why}."
                ));
                Type::plain(DataType::Str)
            }
        }
    }

    fn boolean(&mut self) -> Option<Type> {
        let evidence = self.evidence;
        let values = evidence.distinct.values()?;
        let has = |word: &str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
        let only = |yes: &str, no: &str| {
            values.iter().all(|value| value.eq_ignore_ascii_case(yes) || value.eq_ignore_ascii_case(no))
        };
        if only("true", "false") {
            self.reasons.push("Every value is true or false.".to_owned());
            return Some(Type::plain(DataType::Bool));
        }
        let (yes, no) = WORDS.into_iter().find(|(yes, no)| only(yes, no) && has(yes) && has(no))?;
        self.reasons.push(format!("Every value is '{yes}' or '{no}'."));
        let words = BooleanWords { yes: vec![yes.to_owned()], no: vec![no.to_owned()] };
        let form = ValueForm { words: Some(words), ..ValueForm::default() };
        Some(Type { form: Some(form), ..Type::plain(DataType::Bool) })
    }

    fn number(&mut self) -> Option<Type> {
        let evidence = self.evidence;
        if evidence.not_numbers.is_some() {
            return None;
        }
        let found = evidence.numbers.notations();
        let (form, digits) = found.first()?;
        let is_whole = |digits: &Digits| digits.fraction == 0;
        if personal::keeps_digits(self.name) && is_whole(digits) && evidence.typed == 0 {
            self.reasons.push("Digits that are not a quantity (by its name), so it is text.".to_owned());
            return Some(Type::plain(DataType::Str));
        }
        let (form, digits) =
            if evidence.typed == evidence.values { (form.clone(), *digits) } else { self.notation(&found)? };
        let kept = (form != NumberForm::default())
            .then(|| ValueForm { number: Some(form.clone()), ..ValueForm::default() });
        let data_type = if evidence.numbers.is_i64(digits) {
            self.reasons
                .push(format!("Whole numbers of at most {}.", counted(digits.whole.max(1) as u64, "digit")));
            DataType::I64
        } else if evidence.numbers.has_exponent
            || digits.fraction > MANY_PLACES
            || self.format == Format::Xlsx && digits.fraction > 6
        {
            if evidence.numbers.fits_double {
                self.reasons.push("Numbers whose digits a double holds all.".to_owned());
                DataType::F64
            } else if !evidence.numbers.has_exponent && digits.whole + digits.fraction <= MOST_DIGITS {
                decimal(digits, &mut self.reasons)
            } else {
                self.reasons.push("Text, because a number would lose digits.".to_owned());
                return Some(Type::plain(DataType::Str));
            }
        } else if digits.whole + digits.fraction <= MOST_DIGITS {
            decimal(digits, &mut self.reasons)
        } else {
            self.reasons.push(format!("Text, because it has more than {MOST_DIGITS} digits."));
            return Some(Type::plain(DataType::Str));
        };
        if let Some(text) = evidence.numbers.not_accepted(&data_type, kept.as_ref(), self.format) {
            self.reasons.clear();
            self.reasons.push(format!(
                "Text, because no settings of a contract make every value a number: '{text}'."
            ));
            return Some(Type::plain(DataType::Str));
        }
        if let Some(kept) = &kept {
            self.reasons.push(format!("Written {}.", shown_form(kept)));
        }
        Some(Type { form: kept, ..Type::plain(data_type) })
    }

    /// The notation of a column of numbers; `None` if two are possible, and nothing decides.
    fn notation(&mut self, found: &[(NumberForm, Digits)]) -> Option<(NumberForm, Digits)> {
        let evidence = self.evidence;
        let (first, digits) = &found[0];
        if !evidence.numbers.has_signs() {
            return Some((first.clone(), *digits));
        }
        // `1,234` is 1234 in one notation and 1.234 in another.
        let other = found.iter().find(|(other, of_other)| {
            other.decimal_sign != first.decimal_sign && (of_other.fraction == 0) != (digits.fraction == 0)
        });
        let Some((other, of_other)) = other else { return Some((first.clone(), *digits)) };
        let habit = self.habits.decimal.as_ref();
        if let Some((sign, column)) = habit {
            let chosen = if *sign == first.decimal_sign { (first, digits) } else { (other, of_other) };
            if chosen.0.decimal_sign == *sign {
                self.reasons.push(format!("The decimal sign is '{sign}', as in the column '{column}'."));
                return Some((chosen.0.clone(), *chosen.1));
            }
        }
        if first.decimal_sign == '.' && first.thousands_sign.is_none() {
            // A point between digits is a decimal point to nearly every program that writes files.
            self.assumptions
                .push("A point is the decimal sign; no column of the file says otherwise.".to_owned());
            return Some((first.clone(), *digits));
        }
        let example =
            evidence.examples.iter().find(|text| text.contains([',', '.'])).cloned().unwrap_or_default();
        let question = Question {
            column: self.name.to_owned(),
            text: format!("What is '{example}' in the column '{}'?", self.name),
            choices: vec![
                format!("the decimal sign is '{}'", first.decimal_sign),
                format!("the decimal sign is '{}'", other.decimal_sign),
                "text, as it is".to_owned(),
            ],
        };
        match self.ask.ask(&question) {
            Some(0) => Some((first.clone(), *digits)),
            Some(1) => Some((other.clone(), *of_other)),
            _ => {
                self.assumptions.push(format!(
                    "Text, because nothing says whether the comma in '{example}' is a decimal sign or separates thousands."
                ));
                self.reasons.push("Numbers, but their notation is not clear.".to_owned());
                None
            }
        }
    }

    fn moment(&mut self) -> Option<Type> {
        let evidence = self.evidence;
        let all = notations(self.format);
        let alive = evidence.moments.alive();
        let (first, rest) = alive.split_first()?;
        let mut chosen = *first;
        if let Some(twin) = all[chosen].twin {
            let evident = evidence.moments.ruled_out.iter().find(|(index, _)| *index == twin);
            if let Some((_, seen)) = evident.filter(|_| !rest.contains(&twin)) {
                self.reasons
                    .push(format!("{} comes first: {seen} is a date in no other order.", part(&all[chosen])));
            } else if !rest.contains(&twin) {
                let shown = evidence
                    .moments
                    .first
                    .as_ref()
                    .map(|seen| format!(", as {seen} shows"))
                    .unwrap_or_default();
                self.reasons.push(format!("{} comes first{shown}.", part(&all[chosen])));
            } else if let Some((day_first, column)) = &self.habits.day_first {
                if all[chosen].pattern.starts_with('d') != *day_first {
                    chosen = twin;
                }
                self.reasons
                    .push(format!("{} comes first, as in the column '{column}'.", part(&all[chosen])));
            } else {
                let example = evidence.examples.first().cloned().unwrap_or_default();
                let question = Question {
                    column: self.name.to_owned(),
                    text: format!("What comes first in '{example}' in the column '{}'?", self.name),
                    choices: [chosen, twin]
                        .iter()
                        .map(|index| {
                            format!("{} ({})", part(&all[*index]).to_lowercase(), all[*index].pattern)
                        })
                        .chain(["text, as it is".to_owned()])
                        .collect(),
                };
                match self.ask.ask(&question) {
                    Some(0) => {}
                    Some(1) => chosen = twin,
                    _ => {
                        self.assumptions.push(format!(
                            "Text, because no row says whether the day or the month comes first, for example '{example}'; \
                             `format: {}` or `{}` in logicalTypeOptions makes it a date.",
                            all[chosen].pattern, all[twin].pattern
                        ));
                        self.reasons.push("Dates, but their order is not clear.".to_owned());
                        return None;
                    }
                }
                self.reasons.push(format!("{} comes first, by your answer.", part(&all[chosen])));
            }
        }
        let notation = &all[chosen];
        self.reasons.push(match (&notation.data_type, notation.pattern.as_str()) {
            (DataType::Date, "") => "Every value is a date in ISO 8601.".to_owned(),
            (_, "") if notation.is_local => "Every value is a time in ISO 8601 without an offset.".to_owned(),
            (_, "") if self.format == Format::Xlsx => {
                "Every value is a date with a time of day; Excel has no zones, so it is taken as UTC."
                    .to_owned()
            }
            (_, "") => "Every value is a time in ISO 8601 with an offset.".to_owned(),
            (_, pattern) => format!("Every value fits {pattern}."),
        });
        if notation.is_local {
            self.assumptions
                .push("Times have no zone; they are kept as the clock shows them (UTC).".to_owned());
        }
        let mut form = form_of(&notation.pattern, notation.is_local);
        if notation.pattern.is_empty() {
            form = form.filter(|form| form.local_time.is_some());
        }
        Some(Type {
            data_type: notation.data_type.clone(),
            form,
            pattern: notation.pattern.clone(),
            is_without_zone: notation.is_local,
            inside: Vec::new(),
        })
    }
}

/// Room for larger numbers than those seen: a decimal of 18 digits costs as much as one of 5.
fn decimal(digits: Digits, reasons: &mut Vec<String>) -> DataType {
    let needed = digits.whole + digits.fraction;
    reasons.push(format!(
        "Numbers of at most {} before the decimal sign and {} after it.",
        counted(digits.whole.max(1) as u64, "digit"),
        digits.fraction
    ));
    let precision = if needed <= 18 { 18 } else { MOST_DIGITS };
    DataType::Decimal { precision: precision as u8, scale: digits.fraction as i8 }
}

fn shown_form(form: &ValueForm) -> String {
    let Some(number) = &form.number else { return String::new() };
    let mut parts = vec![format!("with '{}' as decimal sign", number.decimal_sign)];
    if let Some(sign) = number.thousands_sign {
        parts.push(format!("'{sign}' between thousands"));
    }
    if !number.currency_signs.is_empty() {
        parts.push(format!("the currency {}", number.currency_signs.join(", ")));
    }
    if number.percent.is_some() {
        parts.push("a percent sign, which is dropped".to_owned());
    }
    if number.negative_in_parentheses {
        parts.push("negative numbers in parentheses".to_owned());
    }
    if number.trailing_minus {
        parts.push("the minus at the end".to_owned());
    }
    parts.join(", ")
}

fn part(notation: &Notation) -> &'static str {
    if notation.pattern.starts_with('d') { "The day" } else { "The month" }
}

/// The values of a column that has few of them, each often.
fn set_of_values(evidence: &ColumnEvidence, data_type: &DataType, is_unique: bool) -> Vec<String> {
    let Some(values) = evidence.distinct.values() else { return Vec::new() };
    let is_set = *data_type == DataType::Str
        && !is_unique
        && values.len() >= 2
        && values.len() < MOST_VALUES / 2
        && evidence.values >= 20
        && evidence.values >= values.len() as u64 * 5;
    if !is_set {
        return Vec::new();
    }
    // In a column of text, such words are values.
    let words = evidence.null_texts.iter().map(|(text, _)| (*text).to_owned()).filter(|text| text != "\\N");
    values.into_iter().map(str::to_owned).chain(words).collect()
}

fn list(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(" or ")
}
