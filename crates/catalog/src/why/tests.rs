//! Small projects in a DuckDB file: which rows of the sources are named for a row of a model.

use super::names::by_relation;
use super::reach::Reach;
use super::values::Values;
use super::{Why, WhyPlaces, WhyQuestion, why};
use crate::lineage::Parser;
use crate::source_types::SourceTypes;
use ingot_core::error::{Kind, Result};
use ingot_core::project::Project;
use ingot_engine::EngineOptions;
use ingot_models::{
    CheckOutcome, RelationName, SourceOrigin, TestedColumn, TypedColumn, TypedNode, TypedProject,
};
use std::path::PathBuf;
use std::time::Duration;

/// A project of tables that are given, and of models over them.
struct Shop {
    folder: tempfile::TempDir,
    nodes: Vec<TypedNode>,
}

fn node(name: &str, kind: &'static str, materialized: &str) -> TypedNode {
    TypedNode {
        unique_id: format!("{kind}.shop.{name}"),
        name: name.to_owned(),
        alias: name.to_owned(),
        resource_type: kind,
        package: "shop".to_owned(),
        file: String::new(),
        line: 1,
        description: String::new(),
        materialized: materialized.to_owned(),
        tags: Vec::new(),
        group: None,
        access: None,
        readers: Vec::new(),
        meta: serde_json::Value::Null,
        owner: String::new(),
        relation: Some(RelationName {
            database: "shop".to_owned(),
            schema: "main".to_owned(),
            identifier: name.to_owned(),
        }),
        depends_on: Vec::new(),
        calls: Vec::new(),
        columns: Vec::new(),
        outcome: CheckOutcome::Checked,
        watched: Vec::new(),
        written: String::new(),
        compiled: None,
        test: None,
        source: None,
        exposure: None,
        semantics: None,
        function: None,
    }
}

impl Shop {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), nodes: Vec::new() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("shop.duckdb")
    }

    fn execute(&self, sql: &str) {
        let engine = EngineOptions::file(self.file()).open().unwrap();
        engine.session().unwrap().execute(sql).unwrap();
    }

    fn add(mut self, mut node: TypedNode, read: &str) -> Self {
        let engine = EngineOptions::file(self.file()).open().unwrap();
        let rows = engine.session().unwrap().query(&format!("describe select * from {read}")).unwrap();
        node.columns =
            rows.rows.iter().map(|row| TypedColumn::new(row[0].to_string(), row[1].to_string())).collect();
        // Rows are told apart by their id.
        if node.columns.iter().any(|column| column.name == "id") && node.compiled.is_none() {
            let mut test = self::node(&format!("unique_{}", node.name), "test", "test");
            test.relation = None;
            test.test = Some(TestedColumn {
                test: "unique".to_owned(),
                node: Some(node.unique_id.clone()),
                column: Some("id".to_owned()),
                counts_rows: true,
            });
            self.nodes.push(test);
        }
        self.nodes.push(node);
        self
    }

    /// A table of a source.
    fn table(self, name: &str, sql: &str) -> Self {
        self.execute(&format!("create table {name} as {sql}"));
        let mut node = node(name, "source", "");
        node.source =
            Some(SourceOrigin { source_name: "raw".to_owned(), loader: String::new(), external: None });
        self.add(node, name)
    }

    /// A source that is read from Parquet files.
    fn files(self, name: &str, sql: &str) -> Self {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let at = folder.to_string_lossy().into_owned();
        self.execute(&format!(
            "copy ({sql}) to '{at}' (format parquet, partition_by (part), overwrite_or_ignore true)"
        ));
        let external = format!("read_parquet('{at}/**/*.parquet', hive_partitioning = true)");
        let mut node = node(name, "source", "");
        node.source = Some(SourceOrigin {
            source_name: "raw".to_owned(),
            loader: String::new(),
            external: Some(external.clone()),
        });
        self.add(node, &external)
    }

    /// A model; tables are named as `{name}`.
    fn model(self, name: &str, materialized: &str, sql: &str) -> Self {
        let mut compiled = sql.to_owned();
        for known in &self.nodes {
            compiled = compiled
                .replace(&format!("{{{}}}", known.name), &format!("\"shop\".\"main\".\"{}\"", known.name));
        }
        let mut runs = compiled.clone();
        for known in &self.nodes {
            if let Some(external) = known.source.as_ref().and_then(|source| source.external.as_ref()) {
                runs = runs
                    .replace(&format!("\"shop\".\"main\".\"{}\"", known.name), &format!("(from {external})"));
            }
        }
        let kind = if materialized == "view" { "view" } else { "table" };
        self.execute(&format!("create {kind} {name} as {runs}"));
        let mut node = node(name, "model", materialized);
        node.compiled = Some(compiled);
        self.add(node, name)
    }

    fn ask(&self, table: &str, condition: &str, column: Option<&str>) -> Result<Why> {
        self.answer(&WhyQuestion {
            table: table.to_owned(),
            condition: condition.to_owned(),
            column: column.map(str::to_owned),
            limit: 100,
            loaded: None,
        })
    }

    /// The numbers of the rows of raw files that were loaded on the second of January and that changed a row; and why that is
    /// not certain.
    #[track_caller]
    fn changed_by(&self, table: &str, condition: &str) -> (Vec<u64>, Option<String>) {
        let day = |day: &str| format!("2024-01-{day}T00:00:00Z").parse().unwrap();
        let answer = self.answer(&WhyQuestion {
            table: table.to_owned(),
            condition: condition.to_owned(),
            column: None,
            limit: 100,
            loaded: Some((day("02"), day("03"))),
        });
        let answer = answer.unwrap_or_else(|error| panic!("{}", error.with_hint()));
        let rows = answer.tables.iter().flat_map(|table| &table.raw).map(|row| row.row_number).collect();
        (rows, answer.uncertain)
    }

    fn answer(&self, question: &WhyQuestion) -> Result<Why> {
        let project = TypedProject {
            name: "shop".to_owned(),
            root: self.folder.path().to_path_buf(),
            target_folder: self.folder.path().join("target"),
            nodes: self.nodes.clone(),
            macros: Vec::new(),
            findings: Vec::new(),
            kept: 0,
        };
        let sources = SourceTypes::of(&Project::at(self.folder.path())).unwrap();
        let places = WhyPlaces {
            warehouse: EngineOptions::existing_file(self.file()),
            raw: self.folder.path().join("data_raw"),
            lake: self.folder.path().join("lake"),
            confined: false,
            patience: Some(Duration::from_secs(60)),
        };
        why(&project, &sources, &places, question)
    }

    /// The first column of the rows of a table that are named, in their order, one text.
    #[track_caller]
    fn named(&self, asked: (&str, &str, Option<&str>), of: &str) -> String {
        let answer =
            self.ask(asked.0, asked.1, asked.2).unwrap_or_else(|error| panic!("{}", error.with_hint()));
        let Some(table) = answer.tables.iter().find(|table| table.table.ends_with(&format!(".{of}"))) else {
            return "not reached".to_owned();
        };
        assert!(
            !table.notes.iter().any(|note| note.contains("cannot be followed further")),
            "{:?}",
            table.notes
        );
        let Some(at) = table.shown.iter().position(|name| name == "id") else {
            return format!("{} rows", table.rows);
        };
        let mut ids: Vec<String> = table.sample.iter().filter_map(|row| row[at].clone()).collect();
        assert_eq!(ids.len() as u64, table.rows, "{table:?}");
        ids.sort_by_key(|id| id.parse::<i64>().unwrap());
        ids.join(" ")
    }
}

fn orders() -> Shop {
    Shop::new()
        .table("orders", "select * from (values (1, 'a', 10, 1), (2, 'a', 20, 1), (3, 'b', 5, 1), (4, 'b', 7, 2), (5, null, 9, 2)) t(id, customer, amount, day)")
        .table("clients", "select * from (values (100, 'a', 'Ann'), (101, 'b', 'Bob'), (102, 'c', 'Cy')) t(id, code, name)")
}

#[test]
fn joins_groups_and_views_are_followed() {
    let shop = orders()
        .model("stg_orders", "view", "select id, upper(customer) as customer, amount, day from {orders}")
        .model(
            "totals",
            "table",
            "with sums as (select customer, sum(amount) as total, count(*) as n from {stg_orders} group by customer) \
             select c.id, c.name, coalesce(s.total, 0) as total, s.n from {clients} as c left join sums as s on upper(c.code) = s.customer",
        )
        .model("big", "table", "select * from {totals} where total > 5 order by total");
    let asked = ("main.totals", "name = 'Ann'", Some("total"));
    assert_eq!(shop.named(asked, "orders"), "1 2");
    assert_eq!(shop.named(asked, "clients"), "100");
    assert_eq!(shop.named(asked, "stg_orders"), "2 rows");
    assert_eq!(
        shop.named(("totals", "name = 'Ann'", Some("name")), "orders"),
        "not reached",
        "a name has nothing to do with orders"
    );
    assert_eq!(shop.named(("totals", "name = 'Cy'", None), "orders"), "");
    assert_eq!(shop.named(("big", "name = 'Bob'", None), "orders"), "3 4");
    assert_eq!(
        shop.named(("stg_orders", "amount > 8", None), "orders"),
        "1 2 5",
        "a view can be asked for itself"
    );
    let answer = shop.ask("totals", "name = 'Ann'", Some("total")).unwrap();
    assert_eq!(answer.tables[0].expressions[0].sql, "COALESCE(s.total, 0)");
}

#[test]
fn the_smallest_and_largest_are_made_of_the_rows_that_have_them() {
    let shop = orders()
        .model("extremes", "table", "select customer, max(amount) as most, min(day) as first, count(*) as n from {orders} group by customer")
        .model("newest", "table", "select max(day) as day from {orders}");
    assert_eq!(shop.named(("extremes", "customer = 'a'", Some("most")), "orders"), "2");
    assert_eq!(shop.named(("extremes", "customer = 'a'", Some("first")), "orders"), "1 2");
    assert_eq!(shop.named(("extremes", "customer = 'b'", Some("n")), "orders"), "3 4");
    assert_eq!(shop.named(("extremes", "customer is null", Some("most")), "orders"), "5");
    assert_eq!(shop.named(("newest", "true", None), "orders"), "4 5");
}

#[test]
fn windows_name_the_rows_that_they_look_at() {
    let shop = orders()
        .model("latest", "table", "select * from {orders} qualify row_number() over (partition by day order by amount desc) = 1")
        .model("running", "table", "select *, sum(amount) over (partition by day order by id rows between 1 preceding and current row) as two, lag(amount) over (order by id) as before from {orders}")
        .model("ranked", "table", "select *, rank() over (partition by day order by amount) as place from {orders}");
    assert_eq!(shop.named(("latest", "day = 1", None), "orders"), "2");
    assert_eq!(shop.named(("running", "id = 3", Some("two")), "orders"), "2 3");
    assert_eq!(shop.named(("running", "id = 2", Some("amount")), "orders"), "2");
    assert_eq!(shop.named(("ranked", "id = 1", Some("place")), "orders"), "1 3");
    let answer = shop.ask("running", "id = 3", Some("before")).unwrap();
    assert_eq!(answer.tables[0].notes, ["lag() looks at all rows: only the row itself is followed"]);
}

#[test]
fn rows_that_would_take_the_place_of_another_and_look_like_it_are_named_with_it() {
    let by_day = "row_number() over (partition by customer order by day)";
    let shop = Shop::new()
        .table("orders", "select * from (values (1, 'a', 10, 1), (2, 'a', 10, 2), (3, 'a', 30, 3), (4, 'a', 10, 4), (5, 'b', 7, 1), (6, 'b', null, 2), (7, 'c', null, 1), (8, 'c', null, 2)) t(id, customer, amount, day)")
        .model("firsts", "table", &format!("select customer, amount, id from {{orders}} qualify {by_day} = 1"))
        .model("starred", "table", &format!("select o.* from {{orders}} as o qualify {by_day} = 1"))
        .model("numbered", "table", &format!("select customer, amount + 1 as more from (select *, {by_day} as n from {{orders}}) where n = 1"))
        .model("second", "table", &format!("with n as (select amount, customer, {by_day} as n from {{orders}}) select customer, amount from n where n = 2"));
    assert_eq!(shop.named(("firsts", "customer = 'a'", Some("amount")), "orders"), "1 2");
    assert_eq!(shop.named(("firsts", "customer = 'a'", Some("id")), "orders"), "1");
    assert_eq!(shop.named(("firsts", "customer = 'a'", Some("customer")), "orders"), "1 2 3 4");
    assert_eq!(shop.named(("firsts", "customer = 'b'", Some("amount")), "orders"), "5");
    assert_eq!(shop.named(("firsts", "customer = 'c'", Some("amount")), "orders"), "7 8");
    assert_eq!(shop.named(("firsts", "customer = 'a'", None), "orders"), "1");
    assert_eq!(shop.named(("starred", "customer = 'a'", Some("amount")), "orders"), "1 2");
    assert_eq!(shop.named(("numbered", "customer = 'a'", Some("more")), "orders"), "1 2");
    assert_eq!(shop.named(("second", "customer = 'c'", Some("amount")), "orders"), "7 8");
}

#[test]
fn unions_distinct_and_queries_as_values_are_followed() {
    let shop = orders()
        .model("pair", "table", "select id, amount from {orders} where day = 1 union all by name select amount, id from {orders} where day = 2")
        .model("codes", "table", "select distinct customer from {orders}")
        .model("buyers", "table", "select id, name from {clients} where code in (select customer from {orders} where amount > 5)")
        .model("quiet", "table", "select id, name from {clients} as c where not exists (select 1 from {orders} as o where o.customer = c.code)")
        .model("best", "table", "select name, (select max(amount) from {orders} as o where o.customer = c.code) as most from {clients} as c")
        .model("half", "table", "select id, name from {clients} as c semi join (select id as o, customer, amount from {orders}) as o on o.customer = c.code and o.amount > 8")
        .model("by_code", "table", "select * from {clients} semi join (select customer as code from {orders}) using (code)");
    assert_eq!(shop.named(("pair", "id = 4", None), "orders"), "4");
    let codes = shop.ask("codes", "customer = 'b'", None).unwrap();
    let orders = codes.tables.iter().find(|table| table.table == "raw.orders").unwrap();
    assert_eq!((orders.rows, orders.any_of), (2, true));
    assert_eq!(shop.named(("buyers", "name = 'Bob'", None), "orders"), "4");
    assert_eq!(shop.named(("quiet", "name = 'Cy'", None), "clients"), "102");
    assert_eq!(shop.named(("best", "name = 'Ann'", Some("most")), "orders"), "2");
    assert_eq!(shop.named(("best", "name = 'Ann'", Some("name")), "orders"), "not reached");
    assert_eq!(shop.named(("half", "name = 'Ann'", None), "orders"), "1 2");
    assert_eq!(shop.named(("by_code", "name = 'Bob'", None), "orders"), "3 4");
}

#[test]
fn a_row_of_which_any_would_do_is_not_named_beside_one_that_is_needed() {
    let shop = orders().model(
        "per_customer",
        "table",
        "with keys as materialized (select customer, row_number() over () as number from {orders} group by customer) \
         select o.id, k.customer, o.amount from {orders} as o inner join keys as k on o.customer = k.customer",
    );
    assert_eq!(shop.named(("per_customer", "id = 1", None), "orders"), "1");
}

#[test]
fn rows_of_files_are_told_apart_in_every_folder() {
    let shop = Shop::new()
        .files("gauges", "select range as id, range % 3 as part, range * 2 as value from range(30)")
        .model("stg", "view", "select id, part, value from {gauges}")
        .model("sums", "table", "select part, sum(value) as total from {stg} where value > 30 group by part");
    assert_eq!(shop.named(("sums", "part = 2", None), "gauges"), "17 20 23 26 29");
    assert_eq!(shop.named(("sums", "part = 2", None), "stg"), "5 rows");
    assert_eq!(shop.named(("stg", "id in (4, 5)", None), "gauges"), "4 5");
    assert_eq!(shop.named(("gauges", "id in (4, 5)", None), "gauges"), "4 5");
}

#[test]
fn what_cannot_be_followed_is_said() {
    let shop = orders()
        .model("rest", "table", "select id from {orders} except select 3")
        .model("cut", "table", "select id from {orders} order by amount limit 2")
        .model("steps", "table", "with recursive r as (select 1 as id union all select id + 1 from r where id < 3) select id from r")
        .model("kept", "table", "select customer, count(*) as n from {orders} where id not in (select id from {orders} where day = 2) group by customer");
    let notes =
        |table: &str, condition: &str| shop.ask(table, condition, None).unwrap().tables[0].notes.join("; ");
    assert!(notes("rest", "id = 1").contains("EXCEPT"), "{}", notes("rest", "id = 1"));
    assert!(notes("cut", "id = 3").contains("LIMIT"));
    assert!(notes("steps", "id = 2").contains("recursive"));
    assert!(notes("kept", "customer = 'a'").contains("NOT IN"));
    // The warehouse was built of other rows than there are now.
    shop.execute("update cut set id = 77 where id = 3");
    assert!(
        notes("cut", "id = 77").contains("not what the model's SQL gives now"),
        "{}",
        notes("cut", "id = 77")
    );
}

#[test]
fn a_question_that_has_no_answer_is_refused() {
    let shop = orders();
    let said = |table: &str, condition: &str, column: Option<&str>| {
        shop.ask(table, condition, column).unwrap_err().with_hint().to_string()
    };
    assert!(said("ordres", "true", None).contains("did you mean"), "{}", said("ordres", "true", None));
    assert!(said("orders", "id = 1", Some("amuont")).contains("did you mean 'amount'"));
    assert!(said("orders", "id = 77", None).contains("no row of raw.orders has id = 77"));
    assert!(said("orders", "id = 1; drop table orders", None).contains("not"));
    assert!(said("orders", "1 = 1) order by (id", None).contains("is not a condition"));
    assert!(said("orders", "nosuch = 1", None).contains("nosuch"));
    // What is asked is wrong, so nothing has failed: the columns that there are help.
    let refused = |condition: &str| shop.ask("orders", condition, None).unwrap_err();
    for condition in ["nosuch = 1", "foo", "id = ", "id = 'abc'", "nosuch(id) = 1", "orders.nosuch = 1"] {
        assert_eq!(*refused(condition).kind(), Kind::Invalid, "{condition}: {}", refused(condition));
    }
    assert_eq!(refused("foo").message(), "raw.orders has no column 'foo', which --where names");
    let hint = refused("foo").hint_text().unwrap_or_default().to_owned();
    assert!(hint.starts_with("name one of its columns: ") && hint.contains("amount"), "{hint}");
    assert_eq!(refused("amuont = 1").hint_text(), Some("did you mean 'amount'?"));
}

/// What is read of a table for the rows of a model that pass a test of a column.
#[track_caller]
fn read_of(shop: &Shop, model: &str, (column, test): (&str, &str), table: &str) -> String {
    let at = |name: &str| {
        shop.nodes.iter().position(|node| node.name == name && node.resource_type != "test").unwrap()
    };
    let (by_relation, mut parser) = (by_relation(&shop.nodes), Parser::new().unwrap());
    let reach = Reach::new(&mut parser, &shop.nodes, &by_relation);
    let found = reach.of(at(model), &[(column.to_owned(), test.to_owned())]).unwrap();
    match found.get(&at(table)) {
        None => "nothing".to_owned(),
        Some(reading) => reading.condition.clone().unwrap_or_else(|| "everything".to_owned()),
    }
}

#[test]
fn only_rows_that_can_matter_are_read() {
    let shop = orders()
        .model("stg", "view", "select id, upper(customer) as buyer, amount, cast(day as varchar) as day from {orders}")
        .model("days", "table", "select day, sum(amount) as total, count(*) as n from {stg} group by day")
        .model("ranked", "table", "select id, day, buyer, rank() over (partition by buyer order by amount) as place from {stg}")
        .model("named", "table", "select o.id, o.customer, c.name from {orders} as o left join {clients} as c on o.customer = c.code")
        .model("pairs", "table", "select o.id, c.id as client from {orders} as o, {clients} as c where o.customer = c.code")
        .model("lone", "table", "select * from {clients} anti join (select customer as code from {orders}) using (code)")
        .model("mixed", "table", "select id, amount from {orders} union all select id, 0 as nothing from {clients}")
        .model("cut", "table", "select id from {orders} order by amount limit 2")
        .model("own", "table", "select * from (select id, row_number() over (order by amount) as place from {orders})")
        .model("nearest", "table", "select o.id, c.id as client, c.name from {orders} as o asof join {clients} as c on o.customer = c.code and o.id + 100 >= c.id");
    let read = |model, condition, table| read_of(&shop, model, condition, table);
    assert_eq!(read("stg", ("id", "__why_value = 1"), "orders"), "((id = 1))");
    assert_eq!(read("stg", ("BUYER", "__why_value = 'A'"), "orders"), "((upper(customer) = 'A'))");
    assert_eq!(read("days", ("day", "__why_value = '1'"), "orders"), "((CAST(\"day\" AS VARCHAR) = '1'))");
    assert_eq!(read("days", ("total", "__why_value = 30"), "orders"), "everything");
    assert_eq!(read("ranked", ("buyer", "__why_value = 'A'"), "orders"), "((upper(customer) = 'A'))");
    assert_eq!(read("ranked", ("id", "__why_value = 1"), "orders"), "everything", "others decide its place");
    assert_eq!(read("named", ("id", "__why_value = 1"), "orders"), "((id = 1))");
    assert_eq!(read("named", ("id", "__why_value = 1"), "clients"), "everything");
    assert_eq!(read("named", ("customer", "__why_value = 'a'"), "clients"), "((code = 'a'))");
    assert_eq!(read("named", ("name", "__why_value = 'Ann'"), "clients"), "everything", "it may be missing");
    assert_eq!(read("pairs", ("client", "__why_value = 100"), "clients"), "((id = 100))");
    assert_eq!(read("lone", ("code", "__why_value = 'c'"), "orders"), "((customer = 'c'))");
    assert_eq!(read("mixed", ("amount", "__why_value = 0"), "orders"), "((amount = 0))");
    assert_eq!(read("mixed", ("id", "__why_value = 100"), "clients"), "((id = 100))");
    assert_eq!(read("cut", ("id", "__why_value = 3"), "orders"), "everything");
    assert_eq!(read("own", ("id", "__why_value = 3"), "orders"), "everything");
    assert_eq!(
        read("nearest", ("name", "__why_value = 'Ann'"), "clients"),
        "everything",
        "another one may be nearer"
    );
}

#[test]
fn a_table_that_numbers_keys_is_read_for_one_of_them() {
    let shop = orders()
        .model(
            "running",
            "table",
            "with keys as materialized (select customer, row_number() over () as number from {orders} group by customer), \
             numbered as (select keys.number, o.day, o.id, o.amount from {orders} as o inner join keys on o.customer = keys.customer), \
             sums as (select *, sum(amount) over days as total, count(*) over days as n from numbered \
                      window days as (partition by number order by day range between 1 preceding and current row)) \
             select keys.customer, sums.id, sums.total, sums.n from sums inner join keys on sums.number = keys.number",
        );
    assert_eq!(read_of(&shop, "running", ("customer", "__why_value = 'b'"), "orders"), "((customer = 'b'))");
    assert_eq!(shop.named(("running", "id = 4", Some("total")), "orders"), "3 4");
    assert_eq!(shop.named(("running", "id = 4", None), "orders"), "3 4");
}

#[test]
fn an_aggregate_of_everything_that_is_not_asked_for_names_no_row() {
    let shop = orders()
        .model("newest", "table", "select max(day) as day from {orders}")
        .model("with_day", "table", "select c.id, c.name, n.day from {clients} as c cross join {newest} as n")
        .model("inline", "table", "with n as (select max(day) as day from {orders}) select c.id, c.name, n.day from {clients} as c cross join n");
    assert_eq!(shop.named(("with_day", "id = 100", Some("day")), "orders"), "4 5");
    assert_eq!(shop.named(("with_day", "id = 100", Some("name")), "orders"), "");
    assert_eq!(shop.named(("inline", "id = 100", Some("day")), "orders"), "4 5");
    assert_eq!(shop.named(("inline", "id = 100", Some("name")), "orders"), "");
}

/// Notes of what was known when: each counts until the next one of its thing. Those of 5 January were loaded after the period.
fn notes() -> Shop {
    let rows = "(1, 'a', 1, 10, 1), (2, 'b', 1, 20, 1), (3, 'a', 2, 5, 2), (4, 'c', 1, 7, 2), (5, 'd', 3, 9, 2), (6, 'd', 3, 9, 2), \
                (7, 'e', 1, 100, 5), (8, 'f', 4, 1, 2), (9, 'f', 4, 2, 2)";
    Shop::new()
        .files(
            "notes",
            &format!(
                "select id, 0 as part, thing, day, amount, 'notes.csv' as src_filename, id as src_row_number, \
                 timestamptz '2024-01-01 12:00:00+00' + to_days(loaded - 1) as ingestion_ts \
                 from (values {rows}) as t(id, thing, day, amount, loaded)"
            ),
        )
        .model("stg_notes", "view", "select * exclude (part) from {notes}")
        .model(
            "known",
            "table",
            "select thing, day, amount, lead(day) over (partition by thing order by day, src_row_number) as until from {stg_notes}",
        )
        .model(
            "reports",
            "table",
            "with days as (select unnest(generate_series(min(day), max(day))) as day from {stg_notes}) \
             select days.day as id, count(*) as n, cast(sum(known.amount) as double) as total from days inner join {known} as known \
             on known.day <= days.day and (known.until is null or known.until > days.day) group by days.day",
        )
        .model("largest", "table", "select thing as id, max(amount) as amount from {stg_notes} group by thing")
        .model("things", "table", "select count(distinct thing) as n from {stg_notes} where day <> 3")
}

#[test]
fn only_rows_that_changed_a_figure_are_named() {
    let notes = notes();
    let changed = |table: &str, condition: &str| {
        let (rows, uncertain) = notes.changed_by(table, condition);
        assert_eq!(uncertain, None, "{table}");
        rows
    };
    // The third note ends the first one on the day after this, and only the fourth came late.
    assert_eq!(changed("reports", "id = 1"), [4]);
    assert_eq!(changed("reports", "id = 2"), [3, 4]);
    // Either of two has the largest amount, and either of two would do for another thing to be there: both are named.
    assert_eq!(changed("largest", "id = 'd'"), [5, 6]);
    assert_eq!(changed("largest", "id = 'f'"), [9]);
    // The third says again what the first has said.
    assert_eq!(changed("things", "true"), [3, 4, 8, 9]);
}

#[test]
fn what_cannot_be_tried_names_every_row_that_it_may_depend_on() {
    let notes = notes();
    notes.execute("update reports set total = total + 1 where id = 1");
    let (rows, uncertain) = notes.changed_by("reports", "id = 1");
    assert!(rows.contains(&3) && rows.contains(&4), "{rows:?}");
    assert!(uncertain.is_some_and(|why| why.contains("give other rows now")));
}

/// The columns of a table whose values can matter for these columns of a model.
#[track_caller]
fn values_of(shop: &Shop, model: &str, asked: &[&str], table: &str) -> String {
    let at = |name: &str| {
        shop.nodes.iter().position(|node| node.name == name && node.resource_type != "test").unwrap()
    };
    let (by_relation, mut parser) = (by_relation(&shop.nodes), Parser::new().unwrap());
    let need = Some(asked.iter().map(|name| (*name).to_owned()).collect());
    let found = Values::new(&mut parser, &shop.nodes, &by_relation).of(at(model), &need).unwrap();
    let of_table = |names: &std::collections::BTreeSet<String>| {
        let columns = shop.nodes[at(table)].columns.iter().map(|column| column.name.to_lowercase());
        columns.filter(|name| names.contains(name)).collect::<Vec<_>>().join(" ")
    };
    match found.get(&at(table)) {
        None => "nothing".to_owned(),
        Some(None) => "all".to_owned(),
        Some(Some(names)) => of_table(names),
    }
}

#[test]
fn only_columns_that_can_matter_have_their_values() {
    let shop = orders()
        .model("stg", "view", "select id, upper(customer) as buyer, amount, cast(day as varchar) as day from {orders}")
        .model("days", "table", "select max(day) as newest, max(amount) as most from {stg} where id > 0")
        .model("per_buyer", "table", "select buyer, max(day) as newest from {stg} group by 1")
        .model("per_name", "table", "select upper(customer) as named, max(day) as newest from {orders} group by named")
        .model("starred", "table", "with all_of as (select * from {orders}) select id, max(day) as newest from all_of group by id")
        .model("once", "table", "select distinct id, day from {orders}")
        .model("stacked", "table", "select id, amount, day from {orders} union all select id, id * 2, id from {clients}")
        .model("merged", "table", "select id, amount from {orders} union select id, id from {clients}")
        .model("least", "table", "select id, day from {orders} order by amount limit 1")
        .model("doubled", "table", "select amount * 2 as twice, twice + 1 as more, day from {orders}")
        .model("kept", "table", "select id, day, row_number() over (partition by customer order by amount) as n from {orders} qualify n = 1")
        .model("known", "table", "select id, day from {orders} as o where exists (select 1 from {clients} as c where c.code = o.customer)")
        .model("unrolled", "table", "select id, unnest([customer]) as one, day from {orders}")
        .model("wrapped", "table", "select o.id, o as everything from {orders} as o");
    let values = |model, asked: &[&str], table| values_of(&shop, model, asked, table);
    assert_eq!(values("stg", &["day"], "orders"), "day");
    assert_eq!(values("days", &["newest"], "orders"), "id day");
    assert_eq!(values("days", &["most"], "orders"), "id amount");
    assert_eq!(values("per_buyer", &["newest"], "orders"), "customer day", "a group by position");
    assert_eq!(values("per_name", &["newest"], "orders"), "customer day", "a group by a name of the list");
    assert_eq!(values("starred", &["newest"], "orders"), "id day");
    assert_eq!(values("once", &["id"], "orders"), "id day", "the day decides which rows are one");
    assert_eq!(values("stacked", &["amount"], "orders"), "amount");
    assert_eq!(values("stacked", &["amount"], "clients"), "id");
    assert_eq!(values("merged", &["id"], "orders"), "id amount");
    assert_eq!(values("least", &["id"], "orders"), "id amount day");
    assert_eq!(values("doubled", &["more"], "orders"), "amount");
    assert_eq!(values("kept", &["day"], "orders"), "customer amount day");
    assert_eq!(values("known", &["day"], "orders"), "customer day");
    assert_eq!(values("unrolled", &["day"], "orders"), "customer day", "it decides how many rows there are");
    assert_eq!(values("wrapped", &["everything"], "orders"), "all");
}
