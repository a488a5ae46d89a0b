//! Queries and what their columns are made of.

use super::parser::Parser;
use super::query::{TracedColumn, reads, trace};
use super::sources::{How, InputColumn};
use super::tracer::Input;

/// Each column as `name=sources`, and the rows as `kind column`, of a query over t(a, b, s) and u(a, c).
fn traced(sql: &str, expected: &[&str]) -> (Vec<String>, Vec<String>) {
    let inputs = [
        Input { is_function: false, database: "db", schema: "main", name: "t", columns: vec!["a", "b", "s"] },
        Input { is_function: false, database: "db", schema: "main", name: "u", columns: vec!["a", "c"] },
        Input { is_function: true, database: "db", schema: "main", name: "half", columns: vec!["half"] },
    ];
    let mut parser = Parser::new().unwrap();
    let traced = trace(&mut parser, sql, &inputs, expected).unwrap();
    let label = |source: &InputColumn| format!("{}.{}", inputs[source.input].name, source.column);
    let column = |(column, name): (&TracedColumn, &&str)| {
        let sources = column.sources.iter().map(|(source, used)| {
            let sign = match used.how {
                How::Copied => "",
                How::Transformed => "~",
                How::Aggregated => "+",
            };
            format!("{sign}{}", label(source))
        });
        let sources: Vec<String> = sources.collect();
        format!("{name}={}{}", sources.join(","), if column.is_resolved { "" } else { "?" })
    };
    let columns = traced.columns.iter().zip(expected).map(column).collect();
    let rows = traced.influences.iter().flat_map(|(source, kinds)| {
        kinds.iter().map(|kind| format!("{} {}", kind.word(), label(source))).collect::<Vec<_>>()
    });
    (columns, rows.collect())
}

#[track_caller]
fn is(sql: &str, expected: &[&str]) {
    let names: Vec<&str> = expected.iter().map(|one| one.split('=').next().unwrap()).collect();
    assert_eq!(traced(sql, &names).0, expected, "{sql}");
}

/// The columns of t and u whose value may come out of an expression as it is.
#[track_caller]
fn holds(expression: &str, expected: &[&str]) {
    let inputs = [
        Input { is_function: false, database: "db", schema: "main", name: "t", columns: vec!["a", "b", "s"] },
        Input { is_function: false, database: "db", schema: "main", name: "u", columns: vec!["a", "c"] },
    ];
    let mut parser = Parser::new().unwrap();
    let traced = trace(&mut parser, &format!("select {expression} as x from t"), &inputs, &["x"]).unwrap();
    let held = traced.columns[0].sources.iter().filter(|(_, used)| used.holds);
    let held: Vec<String> =
        held.map(|(source, _)| format!("{}.{}", inputs[source.input].name, source.column)).collect();
    assert_eq!(held, expected, "{expression}");
}

#[test]
fn what_may_come_out_as_it_is_is_told_from_what_something_is_made_of() {
    for expression in [
        "a",
        "a::varchar",
        "try_cast(a as int)",
        "coalesce(a, 0)",
        "max(a) filter (where b > 1)",
        "[a]",
        "{'k': a}",
        "first_value(a) over (partition by b order by s)",
        "lag(a) over (order by b)",
        "any_value(a order by s)",
        "case when b = 1 then a when s is null then -a end",
        "string_agg(a::varchar, ',' order by s)",
        "coalesce(max(a) over (partition by s), 0)",
        "case when a > 1 then a else 0 end",
    ] {
        holds(expression, &["t.a"]);
    }
    for expression in [
        "count(a)",
        "count(*) filter (where a is null)",
        "sum(a)",
        "avg(a)",
        "a is null",
        "a = 1",
        "a + 1",
        "hash(a)",
        "md5(s)",
        "a in (1, 2)",
        "case when a is null then 1 else 0 end",
        "count(distinct a) over (partition by b)",
        "length(s)",
        "row_number() over (order by a)",
        "not exists (select 1 from u where u.a = t.a)",
        "a in (select a from u)",
        "(count(*) filter (where a is null))::double / count(*)",
        "max(a % 2)",
        "max(a) % 2",
        "t.a % 2",
    ] {
        holds(expression, &[]);
    }
    holds("(select max(c) from u where u.a = t.a)", &["u.c"]);
    holds("case when a is null then b else s end", &["t.b", "t.s"]);
    holds("coalesce(a, b % 2)", &["t.a"]);
}

#[test]
fn columns_are_copied_transformed_and_aggregated() {
    is("select a, b as x, a + 1, upper(s) as s from t", &["a=t.a", "x=t.b", "(a + 1)=~t.a", "s=~t.s"]);
    is("select a, sum(b) as n, count(*) as k from t group by a", &["a=t.a", "n=+t.b", "k="]);
    is("select case when a = 1 then b end as x, 1 as one from t", &["x=~t.a,~t.b", "one="]);
    is("select sum(b) over (partition by a order by s) as w from t", &["w=~t.a,+t.b,~t.s"]);
    is("select row_number() over (order by s) as w from t", &["w=~t.s"]);
    is(
        "select db.main.half(a) as h, main.half(1) as i, half(b) as j from t",
        &["h=~t.a,~half.half", "i=~half.half", "j=~t.b"],
    );
    is("select s.x.y as f, t.s.z as g, t from t", &["f=~t.s", "g=~t.s", "t=~t.a,~t.b,~t.s"]);
    is("select list_transform([b], lambda x: x + a) as l from t", &["l=~t.a,~t.b"]);
    is("select a + 1 as x, x * 2 as y from t", &["x=~t.a", "y=~t.a"]);
}

#[test]
fn stars_ctes_and_subqueries_are_followed() {
    is(
        "with x as (select *, a + b as d from t) select * exclude (s), d as e from x",
        &["a=t.a", "b=t.b", "d=~t.a,~t.b", "e=~t.a,~t.b"],
    );
    is("with t as (select a from t) select * from t", &["a=t.a"]);
    is("select * replace (b as a) rename (s as z) from db.main.t", &["a=t.b", "b=t.b", "z=t.s"]);
    is("select columns('^[ab]$') from t", &["a=t.a", "b=t.b"]);
    is("select max(columns(* exclude (s))) from t", &["max(a)=+t.a", "max(b)=+t.b"]);
    is("select (select max(c) from u where u.a = t.a) as m from t", &["m=~t.a,~u.a,+u.c"]);
    is("select x from (select b from t) as q(x)", &["x=t.b"]);
    is("select v.p, t.b from t, (values (1, 2)) as v(p, q)", &["p=", "b=t.b"]);
    is("select n.e from t, unnest([t.a, t.b]) as n(e)", &["e=~t.a,~t.b"]);
    is(
        "with recursive r as (select a, b from t union all select r.a, c from r join u on r.a = u.a) select * from r",
        &["a=t.a", "b=t.b,u.c"],
    );
    is("from t select b", &["b=t.b"]);
    is("select m, x from t unpivot (x for m in (a, b))", &["m=", "x=~t.a,~t.b"]);
}

#[test]
fn joins_and_unions_bring_columns_together() {
    is("select * from t join u using (a)", &["a=t.a", "b=t.b", "s=t.s", "c=u.c"]);
    is("select a, c from t full join u using (a)", &["a=t.a,u.a", "c=u.c"]);
    is("select a, c from t natural join u", &["a=t.a", "c=u.c"]);
    is("select a, b from t union all select c, a from u", &["a=t.a,u.c", "b=t.b,u.a"]);
    is("select b, a from t union all by name select a, c from u", &["b=t.b", "a=t.a,u.a", "c=u.c"]);
    is("select * from t semi join u using (a)", &["a=t.a", "b=t.b", "s=t.s"]);
}

#[test]
fn what_decides_which_rows_there_are_is_told_apart() {
    let rows = |sql: &str, names: &[&str]| traced(sql, names).1;
    assert_eq!(rows("select a from t where b > 1", &["a"]), ["filters by t.b"]);
    assert_eq!(rows("select t.a from t join u on t.a = u.a", &["a"]), ["joins by t.a", "joins by u.a"]);
    assert_eq!(rows("select count(*) as n from t group by s", &["n"]), ["groups by t.s"]);
    assert_eq!(rows("select s, count(*) as n from t group by all", &["s", "n"]), ["groups by t.s"]);
    assert_eq!(rows("select s, count(*) as n from t group by 1", &["s", "n"]), ["groups by t.s"]);
    assert_eq!(
        rows("select a from t qualify row_number() over (partition by b order by s) = 1", &["a"]),
        ["filters by t.b", "filters by t.s"]
    );
    assert_eq!(rows("select a from t order by b", &["a"]), [""; 0]);
    assert_eq!(rows("select a from t order by b limit 1", &["a"]), ["orders by t.b"]);
    assert_eq!(rows("select distinct a, b from t", &["a", "b"]), ["groups by t.a", "groups by t.b"]);
    assert_eq!(
        rows("select a from t where a in (select a from u where c > 1)", &["a"]),
        ["filters by t.a", "filters by u.a", "filters by u.c"]
    );
    let used = "with f as (select a from t where b > 1), g as (select a from u where c > 1) select a from f";
    assert_eq!(rows(used, &["a"]), ["filters by t.b"], "a CTE that nobody reads decides nothing");
}

#[test]
fn the_number_of_rows_does_not_depend_on_what_a_star_shows() {
    let inputs = [Input {
        is_function: false,
        database: "db",
        schema: "main",
        name: "t",
        columns: vec!["a", "b", "s"],
    }];
    let mut parser = Parser::new().unwrap();
    let mut read = |sql: &str, counts_rows: bool| -> Vec<String> {
        let (columns, is_resolved) = reads(&mut parser, sql, &inputs, counts_rows).unwrap();
        assert!(is_resolved, "{sql}");
        columns.into_iter().map(|source| source.column).collect()
    };
    assert_eq!(read("select * from t where b is null", true), ["b"]);
    assert_eq!(read("select * from t where b is null", false), ["a", "b", "s"]);
    assert_eq!(read("select distinct * from t", true), ["a", "b", "s"]);
    assert_eq!(read("select a from t where b is null", true), ["a", "b"]);
    assert_eq!(
        read("with f as (select a, b from t where s = 'x') select * from f where a > 1", true),
        ["a", "s"]
    );
    assert_eq!(read("select * from (select a from t union select b from t)", true), ["a", "b"]);
}

#[test]
fn what_cannot_be_resolved_is_said_and_not_guessed() {
    is("select nosuch, a from t", &["nosuch=?", "a=t.a"]);
    is("select x from elsewhere", &["x=?"]);
    is("select a, b from t", &["a=t.a", "b=t.b", "one_more=?"]);
    let mut parser = Parser::new().unwrap();
    assert!(trace(&mut parser, "pivot t on a using sum(b)", &[], &[]).is_err());
}
