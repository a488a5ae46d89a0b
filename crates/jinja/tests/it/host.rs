//! What a host sees: errors with their places, values from macros, block tags, threads.

use ingot_jinja::{
    Args, Chain, Environment, Error, Globals, Kind, Object, State, TagShape, Template, UndefinedMode, Value,
    has_jinja,
};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

fn render(source: &str) -> Result<String, Error> {
    let environment = Environment::new();
    environment.render(&environment.parse(source, "a.sql")?, &())
}

#[test]
fn one_of_the_items_is_drawn() {
    let before = ingot_jinja::python::datetime::clock_reads().0;
    for _ in 0..20 {
        assert!(["a", "b", "é"].contains(&render("{{ 'abé' | random }}").unwrap().as_str()));
        assert!(["1", "2"].contains(&render("{{ [1, 2] | random }}").unwrap().as_str()));
    }
    assert_eq!(render("{{ [] | random is defined }}").unwrap(), "False");
    // Whoever keeps what a template gave must ask it again.
    assert_eq!(ingot_jinja::python::datetime::clock_reads().0, before + 41);
}

/// `message | hint | line:column [in macro]; …`, innermost first.
fn told(error: &Error) -> String {
    let traces: Vec<String> = error
        .traces()
        .map(|t| {
            let within = t.macro_name.as_ref().map_or(String::new(), |name| format!(" in {name}"));
            format!("{}:{}:{}{within}", t.file.display(), t.line, t.column)
        })
        .collect();
    format!("{} | {} | {}", error.message(), error.hint_text().unwrap_or("-"), traces.join("; "))
}

fn failure(source: &str) -> String {
    told(&render(source).expect_err("an error"))
}

#[test]
fn errors_name_their_place() {
    assert_eq!(failure("select\n  {{ 1 / 0 }}"), "division by zero | - | a.sql:2:8");
    assert_eq!(failure("a\n{{ nope.x }}"), "'nope' is undefined | - | a.sql:2:9");
    assert_eq!(failure("é {{ 1|uper }}"), "there is no filter 'uper' | did you mean 'upper'? | a.sql:1:8");
    assert_eq!(failure("{{ rnge(3) }}"), "'rnge' is undefined | did you mean 'range'? | a.sql:1:4");
    assert_eq!(
        failure("x\n\n{% if true %}\n{{ a"),
        "this expression is never closed: '}}' is missing | - | a.sql:4:1"
    );
    assert_eq!(
        failure("x\n{% if true %}\ny"),
        "'{% if %}' is never closed: '{% endif %}' is missing | - | a.sql:2:1"
    );
    assert_eq!(
        failure("{% for x in [1] %}\n{% endif %}"),
        "unexpected '{% endif %}': '{% for %}' of line 1 is still open | - | a.sql:2:4"
    );
    assert_eq!(failure("{% sett x = 1 %}"), "unknown tag 'sett' | did you mean 'set'? | a.sql:1:4");
    assert_eq!(
        failure("{% macro m(number) %}{% endmacro %}\n{{ m(numbr=1) }}"),
        "macro 'm' takes no keyword argument 'numbr' | did you mean 'number'? | a.sql:2:4"
    );
    assert_eq!(
        failure("{{ 'a' + 1 }}"),
        "unsupported operand type(s) for +: 'str' and 'int' | use '~' to join values of any type as text | a.sql:1:8"
    );
}

#[test]
fn errors_name_the_calls_that_led_there() {
    let source = "{% macro inner(x) %}\n  {{ x.a.b }}\n{% endmacro %}\n{% macro outer() %}\n\n{{ inner({}) }}{% endmacro %}\n\n{{ outer() }}";
    let error = render(source).expect_err("an error");
    assert_eq!(
        told(&error),
        "'dict object' has no attribute 'a' | - | a.sql:2:10 in inner; a.sql:6:4 in outer; a.sql:8:4"
    );
    let shown = ingot_core::error::Error::from(error);
    assert_eq!(shown.place().and_then(|place| place.line), Some(2));
    let text = shown.to_string();
    assert!(text.contains("> in macro inner (a.sql:2:10)"), "{text}");
    assert!(text.contains("> called by template (a.sql:8:4)"), "{text}");
    assert!(text.contains("2 |   {{ x.a.b }}"), "{text}");
}

#[test]
fn host_errors_pass_through() {
    let names = HashMap::from([(
        "fail".to_owned(),
        Value::function("fail", |_, _| {
            Err(ingot_core::error::Error::new("no such table")
                .of_kind(ingot_core::error::Kind::Sql)
                .hint("run it first")
                .into())
        }),
    )]);
    let environment = Environment::new();
    let template = environment.parse("one\n{{ fail() }}", "models/m.sql").expect("a template");
    let error = environment.render(&template, &names).expect_err("an error");
    assert_eq!(error.kind(), Kind::Host);
    let shown = ingot_core::error::Error::from(error);
    assert_eq!(shown.message(), "no such table");
    assert_eq!(shown.hint_text(), Some("run it first"));
    assert_eq!(*shown.kind(), ingot_core::error::Kind::Sql);
    assert_eq!(shown.place().and_then(|place| place.line), Some(2));
}

#[test]
fn endless_recursion_is_an_error_on_a_small_stack() {
    let run = || {
        let error = render("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}").expect_err("an error");
        assert_eq!(error.kind(), Kind::Recursion);
        let deep = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(render(&deep).expect_err("an error").kind(), Kind::Recursion);
        let long = format!("{{{{ 1{} }}}}", " + 1".repeat(20_000));
        assert_eq!(render(&long).expect_err("an error").kind(), Kind::Syntax);
        assert!(render(&"{% if 1 %}".repeat(20_000)).is_err());
        assert_eq!(render(&format!("{{{{ 1{} }}}}", " ~ 1".repeat(20_000))).expect("text").len(), 20_001);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn recursion_goes_deep_enough() {
    let source =
        "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{% else %}end{% endif %}{% endmacro %}{{ m(150) }}";
    let run = move || assert_eq!(render(source).expect("text"), "end");
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn macros_of_one_file_are_called_from_another_and_see_the_running_names() {
    let environment = Environment::new();
    let library = environment
        .parse("{% macro double(xs) %}{{ return(xs + xs) }}{% endmacro %}\n{% macro who(a, b: string = 'x') %}{{ model }}{{ helper() }}{% endmacro %}\n{% macro helper() %}!{{ varargs }}{% endmacro %}", "lib.sql")
        .expect("a template");
    let macros: HashMap<String, Value> =
        library.macros().map(|item| (item.name().to_owned(), item.value())).collect();
    let who = library.macros().nth(1).expect("who");
    assert_eq!(who.line(), 2);
    assert_eq!(who.parameters()[1].annotation.as_deref(), Some("string"));
    assert_eq!(who.body_text(), "{{ model }}{{ helper() }}");
    assert!(who.text().starts_with("{% macro who") && who.text().ends_with("{% endmacro %}"));
    let node = HashMap::from([("model".to_owned(), Value::from("orders"))]);
    let layers = Chain(vec![&node, &macros]);
    let template = environment.parse("{{ double([1])[1] }} {{ who(1) }}", "m.sql").expect("a template");
    assert_eq!(environment.render(&template, &layers).expect("text"), "1 orders!()");
    let value = State::new(&environment, &layers)
        .call(&macros["double"], Args::of([Value::list([Value::from(1)])]))
        .expect("a value");
    assert_eq!(value.repr(), "[1, 1]");
}

#[test]
fn native_renders_give_values() {
    let environment = Environment::new();
    let value = |source: &str| {
        let template = environment.parse(source, "a").expect("a template");
        environment.render_value(&template, &()).expect("a value").repr()
    };
    assert_eq!(value("{{ [1, 2] }}"), "[1, 2]");
    assert_eq!(value("{{ 1 == 1 }}"), "True");
    assert_eq!(value("{{ none }}"), "None");
    assert_eq!(value("plain"), "'plain'");
    assert_eq!(value("{{ 1 }}{{ 2 }}"), "'12'");
    assert_eq!(value("a{{ 1 }}"), "'a1'");
    assert_eq!(value("{% if true %}{{ 5 }}{% endif %}"), "5");
    assert_eq!(value(""), "''");
}

#[test]
fn chainable_undefined_lets_a_first_pass_go_through() {
    let mut environment = Environment::new();
    environment.set_undefined(UndefinedMode::Chainable);
    let template =
        environment.parse("[{{ a.b.c(1)['x'] }}]{% for r in q.rows %}x{% endfor %}", "a").expect("parses");
    assert_eq!(environment.render(&template, &()).expect("text"), "[]");
}

fn tagged() -> Environment {
    let mut environment = Environment::new();
    environment.add_tag("snapshot", TagShape::Body);
    environment.add_tag("materialization", TagShape::Options);
    environment.add_tag("test", TagShape::Signature);
    environment.add_tag("docs", TagShape::Raw);
    environment
}

#[test]
fn block_tags_of_the_host() {
    let environment = tagged();
    let source = "{% docs intro %}\nsee {{ this }} {% and %} # that\n{% enddocs %}\n{% snapshot snap %}select {{ x }}{% endsnapshot %}\n{% materialization m, adapter='duckdb', supported_languages=['sql', 'python'] -%}{{ return(x) }}{%- endmaterialization %}{% materialization n, default %}{% endmaterialization %}\n{% test positive(model, column=none) %}{{ model }}.{{ column }}{% endtest %}";
    let template = environment.parse(source, "f.sql").expect("a template");
    let blocks: Vec<_> = template.blocks().collect();
    let names: Vec<String> =
        blocks.iter().map(|b| format!("{} {} {}", b.tag(), b.name(), b.line())).collect();
    assert_eq!(
        names,
        ["docs intro 1", "snapshot snap 4", "materialization m 5", "materialization n 5", "test positive 6"]
    );
    assert_eq!(blocks[0].body_text(), "\nsee {{ this }} {% and %} # that\n");
    assert_eq!(blocks[1].body_text(), "select {{ x }}");
    assert_eq!(blocks[1].text(), "{% snapshot snap %}select {{ x }}{% endsnapshot %}");
    assert_eq!(blocks[2].option("adapter").and_then(Value::as_str), Some("duckdb"));
    assert_eq!(
        blocks[2].option("supported_languages").map(Value::repr).as_deref(),
        Some("['sql', 'python']")
    );
    assert_eq!(blocks[3].option("default").map(Value::repr).as_deref(), Some("True"));
    let names = HashMap::from([("x".to_owned(), Value::from(7))]);
    let mut state = State::new(&environment, &names);
    assert_eq!(state.call(&blocks[1].body().value(), Args::new()).expect("text").to_string(), "select 7");
    assert_eq!(state.call(&blocks[2].body().value(), Args::new()).expect("a value").repr(), "7");
    let args = Args::of([Value::from("t")]).with("column", "c");
    assert_eq!(state.call(&blocks[4].body().value(), args).expect("text").to_string(), "t.c");
    // Where they stand, they print nothing.
    assert_eq!(environment.render(&template, &names).expect("text").trim(), "");
}

#[test]
fn pieces_of_a_larger_file_keep_its_lines() {
    let environment = Environment::new();
    let template =
        Template::parse_piece("a\n{{ 1 / 0 }}", "schema.yml", 40, &environment).expect("a template");
    let error = environment.render(&template, &()).expect_err("an error");
    assert_eq!(error.traces().next().map(|t| t.line), Some(41));
    assert_eq!(ingot_core::error::Error::from(error).place().and_then(|p| p.line), Some(41));
}

struct Relation(&'static str);

impl Object for Relation {
    fn type_name(&self) -> &str {
        "Relation"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        (name == "name").then(|| Value::from(self.0))
    }
    fn method_names(&self) -> &[&'static str] {
        &["include", "apply"]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value, Error>> {
        match name {
            "include" => Some(args.clone().bind("include", &["schema?"]).map(|mut bound| {
                Value::from(if bound.truth("schema", true) {
                    format!("main.{}", self.0)
                } else {
                    self.0.to_owned()
                })
            })),
            "apply" => Some(state.call(&args.positional[0], Args::of([Value::from(self.0)]))),
            _ => None,
        }
    }
    fn to_str(&self) -> String {
        format!("\"main\".\"{}\"", self.0)
    }
}

#[test]
fn objects_of_the_host() {
    let names = HashMap::from([("this".to_owned(), Value::object(Relation("orders")))]);
    let environment = Environment::new();
    let run = |source: &str| {
        environment.parse(source, "a").and_then(|template| environment.render(&template, &names))
    };
    assert_eq!(
        run("{{ this }} {{ this.name }} {{ this['name'] }}").expect("text"),
        "\"main\".\"orders\" orders orders"
    );
    assert_eq!(
        run("{{ this.include(schema=false) }} {{ this.include() }}").expect("text"),
        "orders main.orders"
    );
    assert_eq!(
        run("{% set f = this.include %}{{ f() }}{{ this.nope is defined }}").expect("text"),
        "main.ordersFalse"
    );
    assert_eq!(
        run("{% macro up(x) %}{{ x|upper }}{% endmacro %}{{ this.apply(up) }}").expect("text"),
        "ORDERS"
    );
    assert_eq!(run("{{ [this] }} {{ this == this }}").expect("text"), "[<Relation object>] True");
    let error = run("{{ this.inclde() }}").expect_err("an error");
    assert_eq!(error.hint_text(), Some("did you mean 'include'?"));
}

#[test]
fn values_and_templates_are_shared_by_threads() {
    fn both<T: Send + Sync>() {}
    both::<Value>();
    both::<Template>();
    both::<Environment>();
    let environment = Arc::new(Environment::new());
    let library = environment
        .parse("{% macro m(n) %}{% set xs = [] %}{% for i in range(n) %}{% do xs.append(i) %}{% endfor %}{{ return(xs) }}{% endmacro %}", "lib")
        .expect("a template");
    let names: Arc<HashMap<String, Value>> =
        Arc::new(library.macros().map(|item| (item.name().to_owned(), item.value())).collect());
    let template = environment.parse("{{ m(50)|sum }}", "t").expect("a template");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(environment.render(&template, &*names).expect("text"), "1225");
                }
            });
        }
    });
}

#[test]
fn filters_of_the_host_come_first() {
    let mut environment = Environment::new();
    environment.add_filter("as_bool", |_, value, _| Ok(Value::Bool(value.to_string() == "true")));
    environment.add_filter("upper", |_, _, _| Ok(Value::from("mine")));
    environment.add_test("short", |_, value, _| Ok(value.length()? < 3));
    let template = environment
        .parse("{{ 'true'|as_bool }} {{ 'a'|upper }} {{ 'ab' is short }} {{ ['a']|map('upper')|list }}", "a")
        .expect("a template");
    assert_eq!(environment.render(&template, &()).expect("text"), "True mine True ['mine']");
}

#[test]
fn knows_texts_without_jinja() {
    assert!(!has_jinja("select {a} } { from t"));
    assert!(has_jinja("a {{ b }}") && has_jinja("{# x #}") && has_jinja("{% raw %}"));
    assert_eq!(render("select 1\n\n").expect("text"), "select 1\n");
    assert_eq!(render("a\r\nb\r\n").expect("text"), "a\nb");
}

#[test]
fn names_are_asked_anew() {
    struct Counter(std::sync::atomic::AtomicUsize);
    impl Globals for Counter {
        fn lookup(&self, name: &str) -> Option<Value> {
            let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            (name == "tick").then(|| Value::from(count))
        }
    }
    let environment = Environment::new();
    let template = environment.parse("{{ tick }}{{ tick }}", "a").expect("a template");
    assert_eq!(environment.render(&template, &Counter(0.into())).expect("text"), "01");
}
