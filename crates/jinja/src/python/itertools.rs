//! Python's `itertools`, but for what never ends (`cycle`); `count` works inside `islice`.

use super::module::Module;
use crate::error::{Error, Kind, Result};
use crate::value::arithmetic::binary;
use crate::value::{Args, Iter, Object, Operator, State, Value};
use std::any::Any;

/// More results than this fit no template.
const MOST: usize = 1_000_000;

type Made = Result<Vec<Value>>;

fn maker(name: &'static str, make: fn(&mut State<'_>, Args) -> Made) -> (&'static str, Value) {
    (name, Value::function(name, move |state, args| Ok(Value::Iter(Iter::new(name, make(state, args)?)))))
}

pub(super) fn module() -> Value {
    let chain = Module::class(
        "itertools.chain",
        maker("chain", |_, args| chained(&args.positional)).1,
        vec![maker("from_iterable", |_, args| {
            chained(&args.bind("from_iterable", &["iterable"])?.value("iterable").iterate()?)
        })],
    );
    let count = Value::function("count", |_, args| {
        let mut bound = args.bind("count", &["start?", "step?"])?;
        let start = bound.take("start").unwrap_or(Value::Int(0));
        let step = bound.take("step").unwrap_or(Value::Int(1));
        Ok(Value::object(Count { start, step }))
    });
    Module::of(
        "itertools",
        vec![
            ("chain", chain),
            ("count", count),
            maker("product", product),
            maker("combinations", |_, args| choose(args, "combinations")),
            maker("combinations_with_replacement", |_, args| choose(args, "combinations_with_replacement")),
            maker("permutations", |_, args| choose(args, "permutations")),
            maker("zip_longest", zip_longest),
            maker("islice", islice),
            maker("accumulate", accumulate),
            maker("repeat", |_, args| {
                let mut bound = args.bind("repeat", &["object", "times?"])?;
                let object = bound.value("object");
                let Some(times) = bound.optional_int("times")? else {
                    return Err(
                        Error::value("repeat() without a number of times never ends").hint("give it times=…")
                    );
                };
                let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
                check(times)?;
                Ok(vec![object; times])
            }),
            maker("groupby", groupby),
            maker("starmap", |state, args| {
                let mut bound = args.bind("starmap", &["function", "iterable"])?;
                let function = bound.value("function");
                let items = bound.value("iterable").iterate()?;
                items.iter().map(|item| state.call(&function, Args::of(item.iterate()?))).collect()
            }),
            maker("compress", |_, args| {
                let mut bound = args.bind("compress", &["data", "selectors"])?;
                let (data, chosen) = (bound.value("data").iterate()?, bound.value("selectors").iterate()?);
                Ok(data
                    .into_iter()
                    .zip(chosen)
                    .filter(|(_, keep)| keep.is_true())
                    .map(|(item, _)| item)
                    .collect())
            }),
            maker("pairwise", |_, args| {
                let items = args.bind("pairwise", &["iterable"])?.value("iterable").iterate()?;
                Ok(items.windows(2).map(|pair| Value::tuple(pair.to_vec())).collect())
            }),
        ],
    )
}

fn check(count: usize) -> Result<()> {
    if count > MOST {
        return Err(Error::new(Kind::Overflow, format!("more than {MOST} results")));
    }
    Ok(())
}

fn chained(parts: &[Value]) -> Made {
    let mut items = Vec::new();
    for part in parts {
        items.extend(part.iterate()?);
    }
    Ok(items)
}

fn product(_: &mut State<'_>, mut args: Args) -> Made {
    let repeat = args.named.shift_remove("repeat").and_then(|repeat| repeat.as_int()).unwrap_or(1);
    let repeat = usize::try_from(repeat).ok().filter(|repeat| *repeat <= 64);
    let repeat = repeat.ok_or_else(|| Error::value("repeat must be from 0 to 64"))?;
    let pools = args.positional.iter().map(Value::iterate).collect::<Result<Vec<_>>>()?;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for pool in std::iter::repeat_n(&pools, repeat).flatten() {
        check(rows.len().saturating_mul(pool.len()))?;
        rows = rows
            .iter()
            .flat_map(|row| pool.iter().map(move |item| row.iter().chain([item]).cloned().collect()))
            .collect();
    }
    Ok(rows.into_iter().map(Value::tuple).collect())
}

fn choose(args: Args, name: &'static str) -> Made {
    let mut bound = args.bind(name, &["iterable", "r?"])?;
    let pool = bound.value("iterable").iterate()?;
    let size = bound.optional_int("r")?.map_or(pool.len(), |r| usize::try_from(r).unwrap_or(0));
    let mut out = Vec::new();
    let mut chosen = Vec::new();
    pick(&pool, size, name, &mut chosen, &mut out)?;
    Ok(out)
}

fn pick(
    pool: &[Value],
    size: usize,
    name: &str,
    chosen: &mut Vec<usize>,
    out: &mut Vec<Value>,
) -> Result<()> {
    if chosen.len() == size {
        check(out.len() + 1)?;
        out.push(Value::tuple(chosen.iter().map(|index| pool[*index].clone())));
        return Ok(());
    }
    // Without repetition nothing longer than the pool can be chosen; with it, a long choice is a deep one.
    if (size > pool.len() && name != "combinations_with_replacement") || size > 64 {
        return Ok(());
    }
    let first = match (name, chosen.last()) {
        ("combinations", Some(last)) => last + 1,
        ("combinations_with_replacement", Some(last)) => *last,
        _ => 0,
    };
    for index in first..pool.len() {
        if name == "permutations" && chosen.contains(&index) {
            continue;
        }
        chosen.push(index);
        pick(pool, size, name, chosen, out)?;
        chosen.pop();
    }
    Ok(())
}

fn zip_longest(_: &mut State<'_>, mut args: Args) -> Made {
    let fill = args.named.shift_remove("fillvalue").unwrap_or(Value::None);
    let pools = args.positional.iter().map(Value::iterate).collect::<Result<Vec<_>>>()?;
    let longest = pools.iter().map(Vec::len).max().unwrap_or(0);
    let row = |index: usize| Value::tuple(pools.iter().map(|pool| pool.get(index).unwrap_or(&fill).clone()));
    Ok((0..longest).map(row).collect())
}

fn islice(_: &mut State<'_>, args: Args) -> Made {
    let mut given = args.positional.into_iter();
    let source = given.next().ok_or_else(|| Error::type_error("islice() needs an iterable"))?;
    let bounds = given
        .map(|bound| match &bound {
            Value::None => Ok(None),
            other => other
                .as_int()
                .and_then(|int| usize::try_from(int).ok())
                .map(Some)
                .ok_or_else(|| Error::value("Indices for islice() must be None or an integer: 0 <= x")),
        })
        .collect::<Result<Vec<_>>>()?;
    let (start, stop, step) = match bounds[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start.unwrap_or(0), stop, 1),
        [start, stop, step] => (start.unwrap_or(0), stop, step.unwrap_or(1).max(1)),
        _ => return Err(Error::type_error("islice() takes 2 to 4 arguments")),
    };
    if let Some(count) = source.downcast::<Count>() {
        let stop = stop.ok_or_else(|| Error::value("islice() of count() needs an end"))?;
        let mut items = Vec::new();
        for index in (start..stop).step_by(step) {
            check(items.len())?;
            let distance = binary(Operator::Multiply, &count.step, &Value::from(index))?;
            items.push(binary(Operator::Add, &count.start, &distance)?);
        }
        return Ok(items);
    }
    let items = source.iterate()?;
    let stop = stop.unwrap_or(items.len()).min(items.len());
    Ok(items.into_iter().take(stop).skip(start).step_by(step).collect())
}

fn accumulate(state: &mut State<'_>, args: Args) -> Made {
    let mut bound = args.bind("accumulate", &["iterable", "func?", "initial?"])?;
    let items = bound.value("iterable").iterate()?;
    let function = bound.value("func");
    let mut total = bound.take("initial").filter(|initial| !initial.is_none());
    let mut out: Vec<Value> = total.iter().cloned().collect();
    for item in items {
        let next = match (total, function.is_none()) {
            (None, _) => item,
            (Some(total), true) => binary(Operator::Add, &total, &item)?,
            (Some(total), false) => state.call(&function, Args::of([total, item]))?,
        };
        out.push(next.clone());
        total = Some(next);
    }
    Ok(out)
}

fn groupby(state: &mut State<'_>, args: Args) -> Made {
    let mut bound = args.bind("groupby", &["iterable", "key?"])?;
    let items = bound.value("iterable").iterate()?;
    let function = bound.value("key");
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items {
        let key = if function.is_none() {
            item.clone()
        } else {
            state.call(&function, Args::of([item.clone()]))?
        };
        match groups.last_mut() {
            Some((last, group)) if last.equals(&key) => group.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    Ok(groups.into_iter().map(|(key, group)| Value::tuple([key, Value::generator(group)])).collect())
}

/// Never ends, so it can only be sliced.
struct Count {
    start: Value,
    step: Value,
}

impl Object for Count {
    fn type_name(&self) -> &str {
        "itertools.count"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn repr(&self) -> String {
        format!("count({}, {})", self.start.repr(), self.step.repr())
    }
}
