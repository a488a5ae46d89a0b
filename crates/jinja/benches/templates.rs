//! Parsing and rendering of templates as dbt projects have them.
//!
//! `cargo bench --profile release -p ingot-jinja`; what it gave before is in `benches/RECORD.md`.

#![allow(clippy::unwrap_used)]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ingot_jinja::{Environment, Value, has_jinja};
use std::collections::HashMap;

fn main() {
    divan::main();
}

/// A model with macros, loops, filters and mutable lists, and some 200 lines of plain SQL around them.
fn model() -> String {
    let head = "{%- macro cents(column, digits=2) -%}round({{ column }} / 100.0, {{ digits }}){%- endmacro -%}\n\
                {%- set columns = [] -%}\n\
                {%- for name in ['id', 'amount', 'fee', 'tax', 'day'] -%}{%- do columns.append(name) -%}{%- endfor -%}\n\
                select\n\
                {%- for column in columns %}\n\
                    {{ cents(column) if column in ['amount', 'fee', 'tax'] else column | lower }} as {{ column }}\n\
                    {{- ',' if not loop.last }}\n\
                {%- endfor %}\nfrom {{ source }}\n";
    let plain = "    -- a line of SQL without anything to render in it\n    and status <> 'cancelled'\n";
    format!("{head}where true\n{}", plain.repeat(100))
}

fn environment() -> (Environment, HashMap<String, Value>) {
    let names = HashMap::from([("source".to_owned(), Value::from("bronze.orders"))]);
    (Environment::new(), names)
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let (environment, _) = environment();
    let text = model();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| environment.parse(black_box(text.as_str()), "model.sql").unwrap());
}

#[divan::bench]
fn render(bencher: Bencher) {
    let (environment, names) = environment();
    let template = environment.parse(model(), "model.sql").unwrap();
    bencher.bench(|| environment.render(black_box(&template), &names).unwrap());
}

/// A thousand turns of a loop with a method call, a comparison and a filter: the interpreter alone.
#[divan::bench]
fn interpret(bencher: Bencher) {
    let (environment, names) = environment();
    let text = "{% set seen = [] %}{% for n in range(1000) %}{% if n % 3 == 0 %}{% do seen.append(n * 2) %}\
                {% endif %}{% endfor %}{{ seen | length }}";
    let template = environment.parse(text, "loop.sql").unwrap();
    bencher.bench(|| environment.render(black_box(&template), &names).unwrap());
}

#[divan::bench]
fn tells_plain_text(bencher: Bencher) {
    let text = "select 1 as one, '{ not jinja }' as two\n".repeat(500);
    bencher.counter(BytesCount::of_str(&text)).bench(|| has_jinja(black_box(&text)));
}
