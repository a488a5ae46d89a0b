//! What agate's tables make of themselves: other rows, other columns, groups. Where agate takes a function, a template has
//! a macro to give.

use super::data::{ResultTable, names_in, position, sort};
use super::table_set::TableSet;
use crate::values;
use ingot_jinja::{Args, Error, Result, State, Value};
use std::sync::Arc;

type Row = Arc<[Value]>;
/// Values by the name of their column.
type Cells = Vec<(String, Value)>;

impl ResultTable {
    fn with_rows(&self, rows: impl IntoIterator<Item = Row>) -> Value {
        Value::object(Self { rows: rows.into_iter().collect(), ..self.clone() })
    }

    /// The column of this name.
    fn place_of(&self, name: &Value) -> Result<usize> {
        let name = values::text(name);
        position(&self.names, &name).ok_or_else(|| {
            let known = self.names.join(", ");
            Error::value(format!("the result has no column '{name}'; it has: {known}"))
        })
    }

    /// The columns of a key: one, or those of a list.
    fn places_of(&self, key: &Value) -> Result<Vec<usize>> {
        let names = names_in(key).unwrap_or_else(|| vec![key.clone()]);
        names.iter().map(|name| self.place_of(name)).collect()
    }

    /// What a key gives for a row: a value, or those of several columns.
    fn key_of(&self, key: &Value, row: &Row, state: &mut State<'_>) -> Result<Value> {
        if key.is_callable() {
            return state.call(key, Args::of([self.row(row)]));
        }
        match names_in(key) {
            Some(_) => Ok(Value::tuple(self.places_of(key)?.into_iter().map(|place| row[place].clone()))),
            None => Ok(row[self.place_of(key)?].clone()),
        }
    }

    /// `limit(start_or_stop, stop, step)`: a slice of the rows, as Python has it.
    pub(super) fn limit(&self, args: Args) -> Result<Value> {
        let mut bound = args.bind("limit", &["start_or_stop?", "stop?", "step?"])?;
        let mut given = |name: &str| bound.take(name).unwrap_or(Value::None);
        let (first, stop, step) = (given("start_or_stop"), given("stop"), given("step"));
        let (start, stop) =
            if stop.is_true() || step.is_true() { (first, stop) } else { (Value::None, first) };
        let all = Value::list((0..self.rows.len()).map(Value::from));
        let kept = all.slice(&start, &stop, &step)?.iterate()?;
        let kept = kept.iter().filter_map(|index| usize::try_from(index.as_int()?).ok());
        Ok(self.with_rows(kept.map(|index| self.rows[index].clone())))
    }

    /// `order_by(key, reverse=false)`: nulls come last.
    pub(super) fn order_by(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let mut bound = args.bind("order_by", &["key", "reverse?"])?;
        let key = bound.value("key");
        let is_reversed = bound.take("reverse").is_some_and(|reverse| reverse.is_true());
        let mut keyed: Vec<(Value, Row)> = Vec::with_capacity(self.rows.len());
        for row in &*self.rows {
            keyed.push((self.key_of(&key, row, state)?, row.clone()));
        }
        sort(&mut keyed, is_reversed, |(key, _)| key)?;
        Ok(self.with_rows(keyed.into_iter().map(|(_, row)| row)))
    }

    /// `where(test)`: the rows for which a macro gives something true.
    pub(super) fn rows_where(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let test = args.bind("where", &["test"])?.value("test");
        let mut kept = Vec::new();
        for row in &*self.rows {
            if state.call(&test, Args::of([self.row(row)]))?.is_true() {
                kept.push(row.clone());
            }
        }
        Ok(self.with_rows(kept))
    }

    /// `find(test)`: the first such row.
    pub(super) fn find(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let test = args.bind("find", &["test"])?.value("test");
        for row in &*self.rows {
            if state.call(&test, Args::of([self.row(row)]))?.is_true() {
                return Ok(self.row(row));
            }
        }
        Ok(Value::None)
    }

    /// `distinct(key=none)`: the first row of each key.
    pub(super) fn distinct(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let key = args.bind("distinct", &["key?"])?.take("key").unwrap_or(Value::None);
        // agate compares the generators that it makes of several columns, no two of which are equal: it keeps all rows then.
        if names_in(&key).is_some() {
            return Ok(self.with_rows(self.rows.iter().cloned()));
        }
        let mut seen: Vec<Value> = Vec::new();
        let mut kept = Vec::new();
        for row in &*self.rows {
            let found = if key.is_none() {
                Value::tuple(row.iter().cloned())
            } else {
                self.key_of(&key, row, state)?
            };
            if !seen.iter().any(|other| other.equals(&found)) {
                seen.push(found);
                kept.push(row.clone());
            }
        }
        Ok(self.with_rows(kept))
    }

    /// `group_by(key)`: a table for each value.
    pub(super) fn group_by(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let mut bound = args.bind("group_by", &["key", "key_name?", "key_type?"])?;
        let key = bound.value("key");
        let usual = || if key.is_callable() { "group".to_owned() } else { values::text(&key) };
        let key_name = bound
            .take("key_name")
            .filter(|name| !name.is_none())
            .map_or_else(usual, |name| values::text(&name));
        let mut groups: Vec<(Value, Vec<Row>)> = Vec::new();
        for row in &*self.rows {
            let found = self.key_of(&key, row, state)?;
            match groups.iter_mut().find(|(known, _)| known.equals(&found)) {
                Some((_, rows)) => rows.push(row.clone()),
                None => groups.push((found, vec![row.clone()])),
            }
        }
        let (keys, tables) =
            groups.into_iter().map(|(key, rows)| (key, Self { rows: rows.into(), ..self.clone() })).unzip();
        Ok(Value::object(TableSet {
            key_name,
            keys,
            tables,
            sample: Self { rows: [].into(), ..self.clone() },
        }))
    }

    /// `merge([table, …])`: the rows of all of them; a column that one lacks is null there.
    pub(super) fn merge(args: Args) -> Result<Value> {
        let mut bound = args.bind("merge", &["tables", "row_names?", "column_names?"])?;
        let given = bound.value("tables").iterate()?;
        let tables: Vec<&Self> = given
            .iter()
            .map(|table| {
                table.downcast::<Self>().ok_or_else(|| Error::type_error("merge() takes a list of tables"))
            })
            .collect::<Result<_>>()?;
        let wanted: Option<Vec<String>> = bound
            .take("column_names")
            .and_then(|names| names_in(&names))
            .map(|names| names.iter().map(values::text).collect());
        let (mut names, mut types): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for table in &tables {
            for (name, kind) in table.names.iter().zip(table.types.iter()) {
                let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(name));
                if is_wanted && !names.contains(name) {
                    names.push(name.clone());
                    types.push(kind.clone());
                }
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        for table in &tables {
            let places: Vec<Option<usize>> =
                names.iter().map(|name| table.names.iter().position(|own| own == name)).collect();
            let fill = |row: &Row| {
                places.iter().map(|place| place.map_or(Value::None, |at| row[at].clone())).collect()
            };
            rows.extend(table.rows.iter().map(fill));
        }
        Ok(Value::object(Self { names: names.into(), types: types.into(), rows: rows.into() }))
    }

    /// `join(right_table, left_key, right_key=none, inner=false)` on equal values; columns of the right table whose names
    /// stand in the left one are called `name2`.
    pub(super) fn join(&self, state: &mut State<'_>, args: Args) -> Result<Value> {
        let mut bound = args.bind(
            "join",
            &["right_table", "left_key", "right_key?", "inner?", "full_outer?", "require_match?", "columns?"],
        )?;
        let given = bound.value("right_table");
        let right = given.downcast::<Self>().ok_or_else(|| Error::type_error("join() takes a table"))?;
        let left_key = bound.value("left_key");
        let right_key =
            bound.take("right_key").filter(|key| !key.is_none()).unwrap_or_else(|| left_key.clone());
        let mut is_set = |name: &str| bound.take(name).is_some_and(|value| value.is_true());
        let (inner, outer, must_match) = (is_set("inner"), is_set("full_outer"), is_set("require_match"));
        let wanted = bound.take("columns").filter(|names| names_in(names).is_some());
        // The right key says nothing new, unless rows without a match on the left are kept.
        let keys = right.places_of(&right_key)?;
        let mut taken: Vec<usize> = (0..right.names.len()).filter(|at| outer || !keys.contains(at)).collect();
        if let Some(wanted) = wanted {
            let wanted = right.places_of(&wanted)?;
            taken.retain(|at| wanted.contains(at));
        }
        let (mut names, mut types) = (self.names.to_vec(), self.types.to_vec());
        for &at in &taken {
            let name = &right.names[at];
            names.push(if self.names.contains(name) { format!("{name}2") } else { name.clone() });
            types.push(right.types[at].clone());
        }
        let mut right_keys = Vec::with_capacity(right.rows.len());
        for row in &*right.rows {
            right_keys.push(right.key_of(&right_key, row, state)?);
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut was_met = vec![false; right.rows.len()];
        let of_right = |row: Option<&Row>| -> Vec<Value> {
            taken.iter().map(|&at| row.map_or(Value::None, |row| row[at].clone())).collect()
        };
        for row in &*self.rows {
            let key = self.key_of(&left_key, row, state)?;
            let mut has_match = false;
            for (at, other) in right.rows.iter().enumerate().filter(|(at, _)| right_keys[*at].equals(&key)) {
                has_match = true;
                was_met[at] = true;
                rows.push(row.iter().cloned().chain(of_right(Some(other))).collect());
            }
            if !has_match && must_match {
                return Err(Error::value(format!(
                    "Left key {} does not have a matching right key.",
                    key.repr()
                )));
            }
            if !has_match && !inner {
                rows.push(row.iter().cloned().chain(of_right(None)).collect());
            }
        }
        if outer {
            for (_, row) in right.rows.iter().enumerate().filter(|(at, _)| !was_met[*at]) {
                let nothing = std::iter::repeat_n(Value::None, self.names.len());
                rows.push(nothing.chain(of_right(Some(row))).collect());
            }
        }
        Ok(Value::object(Self { names: names.into(), types: types.into(), rows: rows.into() }))
    }

    /// `normalize(key, properties, property_column='property', value_column='value')`: a row for each property.
    pub(super) fn normalize(&self, args: Args) -> Result<Value> {
        let mut bound = args.bind(
            "normalize",
            &["key", "properties", "property_column?", "value_column?", "column_types?"],
        )?;
        let (keys, properties) =
            (self.places_of(&bound.value("key"))?, self.places_of(&bound.value("properties"))?);
        let mut named =
            |name: &str, usual: &str| bound.take(name).map_or(usual.to_owned(), |given| values::text(&given));
        let more = [named("property_column", "property"), named("value_column", "value")];
        let mut rows: Vec<Row> = Vec::with_capacity(self.rows.len() * properties.len());
        for row in &*self.rows {
            for &property in &properties {
                let own = keys.iter().map(|key| row[*key].clone());
                rows.push(own.chain([self.names[property].as_str().into(), row[property].clone()]).collect());
            }
        }
        Ok(Value::object(Self {
            names: keys.iter().map(|key| self.names[*key].clone()).chain(more).collect(),
            types: keys
                .iter()
                .map(|key| self.types[*key].clone())
                .chain(["VARCHAR".to_owned(), String::new()])
                .collect(),
            rows: rows.into(),
        }))
    }

    /// `denormalize(key=none, property_column='property', value_column='value', default_value)`: a column for each property.
    pub(super) fn denormalize(&self, args: Args) -> Result<Value> {
        let mut bound = args.bind(
            "denormalize",
            &["key?", "property_column?", "value_column?", "default_value?", "column_types?"],
        )?;
        let keys: Vec<usize> = match bound.take("key") {
            None | Some(Value::None) => Vec::new(),
            Some(given) => self.places_of(&given)?,
        };
        let property = self.place_of(&bound.take("property_column").unwrap_or_else(|| "property".into()))?;
        let value = self.place_of(&bound.take("value_column").unwrap_or_else(|| "value".into()))?;
        let is_number =
            self.rows.iter().any(|row| matches!(row[value].type_name(), "decimal.Decimal" | "float"));
        let absent = bound.take("default_value").unwrap_or(if is_number { 0.into() } else { Value::None });
        let mut properties: Vec<String> = Vec::new();
        let mut groups: Vec<(Vec<Value>, Cells)> = Vec::new();
        for row in &*self.rows {
            let own: Vec<Value> = keys.iter().map(|key| row[*key].clone()).collect();
            let name = values::text(&row[property]);
            if !properties.contains(&name) {
                properties.push(name.clone());
            }
            let same = |known: &[Value]| known.iter().zip(&own).all(|(known, own)| known.equals(own));
            match groups.iter_mut().find(|(known, _)| same(known)) {
                Some((_, found)) => found.push((name, row[value].clone())),
                None => groups.push((own, vec![(name, row[value].clone())])),
            }
        }
        let rows: Vec<Row> = groups
            .into_iter()
            .map(|(own, found)| {
                let cell = |name: &String| {
                    let last = found.iter().rev().find(|(known, _)| known == name);
                    last.map_or_else(|| absent.clone(), |(_, value)| value.clone())
                };
                own.into_iter().chain(properties.iter().map(cell)).collect()
            })
            .collect();
        let count = properties.len();
        Ok(Value::object(Self {
            names: keys.iter().map(|key| self.names[*key].clone()).chain(properties).collect(),
            types: keys
                .iter()
                .map(|key| self.types[*key].clone())
                .chain(std::iter::repeat_n(self.types[value].clone(), count))
                .collect(),
            rows: rows.into(),
        }))
    }

    /// `rename(column_names, slug_columns=false)`: by name, in order, or as they are with all but letters, digits and `_` made `_`.
    pub(super) fn rename(&self, args: Args) -> Result<Value> {
        let mut bound =
            args.bind("rename", &["column_names?", "row_names?", "slug_columns?", "slug_rows?", "*"])?;
        let given = bound.take("column_names").unwrap_or(Value::None);
        let in_order = names_in(&given);
        let names = self.names.iter().enumerate().map(|(index, name)| match (&given, &in_order) {
            (Value::Dict(dict), _) => {
                dict.get_str(name).map_or_else(|| name.clone(), |new| values::text(&new))
            }
            (_, Some(list)) => list.get(index).map_or_else(|| name.clone(), values::text),
            _ => name.clone(),
        });
        let mut names: Vec<String> = names.collect();
        if bound.take("slug_columns").is_some_and(|slug| slug.is_true()) {
            names = names.iter().map(|name| slug(name)).collect();
        }
        Ok(Value::object(Self { names: names.into(), ..self.clone() }))
    }
}

/// A name in small letters and digits, with `_` in place of whatever stands between.
fn slug(name: &str) -> String {
    let parts: Vec<String> = name
        .split(|character: char| !character.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect();
    parts.join("_")
}
