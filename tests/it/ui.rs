//! `ingot ui`: attacked, asked, and used while runs go on in other processes.

use crate::support::Sandbox;
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The page of a project, running.
struct Page {
    process: Child,
    port: u16,
    token: String,
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Status, headers and body of an answer.
struct Told {
    status: u16,
    head: String,
    body: String,
}

impl Told {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Page {
    fn of(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut process = sandbox
            .command(&[&["ui"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, token) =
            line.trim().split_once("/?token=").unwrap_or_else(|| panic!("no address: {line}"));
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        assert!(address.starts_with("http://127.0.0.1:") && token.len() == 64, "{line}");
        Self { token: token.to_owned(), process, port }
    }

    fn raw(&self, request: &str) -> Told {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        Told { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\n", self.port)
    }

    fn cookie(&self) -> String {
        format!("Cookie: ingot-ui-{}={}\r\n", self.port, self.token)
    }

    /// As our own page asks.
    fn get(&self, path: &str) -> Told {
        self.raw(&format!("GET {path} HTTP/1.1\r\n{}{}Connection: close\r\n\r\n", self.host(), self.cookie()))
    }

    fn post(&self, path: &str, value: &Json) -> Told {
        let body = value.to_string();
        self.raw(&format!(
            "POST {path} HTTP/1.1\r\n{}{}Origin: http://127.0.0.1:{}\r\nX-Ingot-Token: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.host(), self.cookie(), self.port, self.token, body.len()
        ))
    }

    fn sql(&self, sql: &str) -> Told {
        self.post("/api/query", &json!({"sql": sql}))
    }
}

/// A feed with one row that its contract rejects, loaded, and a model over it.
fn shop() -> Sandbox {
    let sandbox = Sandbox::empty();
    let rows: String = (1..40).map(|id| format!("{id},2026-01-0{},{id}.50\n", id % 9 + 1)).collect();
    sandbox.write("in/sales.csv", &format!("sale_id,day,amount\n{rows}"));
    sandbox.ingot(&["init", ".", "--from", "in/sales.csv"]).success();
    sandbox.ingot(&["load-bronze"]).success();
    sandbox.write("data_raw/sales.csv", &format!("sale_id,day,amount\n{rows}77,not-a-day,1.00\n"));
    sandbox.ingot(&["run-models"]).success();
    sandbox
}

#[test]
fn only_who_has_the_token_and_asks_from_our_page_is_answered() {
    let sandbox = shop();
    let page = Page::of(&sandbox, &[]);
    assert_eq!(page.get("/index.html").status, 200);
    let (host, cookie) = (page.host(), page.cookie());
    let get = |headers: &str| {
        page.raw(&format!("GET /index.html HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).status
    };
    assert_eq!(get(&host), 403, "no token");
    assert_eq!(
        get(&format!("{host}Cookie: ingot-ui-{}={}\r\n", page.port, "0".repeat(64))),
        403,
        "another token"
    );
    assert_eq!(get(&format!("Host: evil.example:{}\r\n{cookie}", page.port)), 403, "DNS rebinding");
    assert_eq!(get(&cookie), 403, "no host");
    assert_eq!(get(&format!("{host}{host}{cookie}")), 403, "two hosts");
    assert_eq!(get(&format!("{host}{cookie}Origin: http://evil.example\r\n")), 403, "another origin");
    assert_eq!(get(&format!("{host}{cookie}Origin: null\r\n")), 403, "a page of no origin");
    assert_eq!(get(&format!("{host}{cookie}Sec-Fetch-Site: cross-site\r\n")), 403, "a link of another site");
    // The address that is printed gives a cookie, and loses the token.
    let welcome =
        page.raw(&format!("GET /?token={} HTTP/1.1\r\n{host}Connection: close\r\n\r\n", page.token));
    assert_eq!(welcome.status, 303);
    assert!(
        welcome.head.contains("HttpOnly; SameSite=Strict") && welcome.head.contains("Location: /index.html"),
        "{}",
        welcome.head
    );
    let own = page.get("/index.html").head;
    for part in ["default-src 'none'", "frame-ancestors 'none'", "nosniff", "no-store"] {
        assert!(own.contains(part), "'{part}' is not in {own}");
    }
    // What changes something needs more than the cookie.
    let body = "{\"sql\":\"select 1\"}";
    let post = |headers: &str| {
        page.raw(&format!("POST /api/query HTTP/1.1\r\n{host}{cookie}{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())).status
    };
    let (ours, token) =
        (format!("Origin: http://127.0.0.1:{}\r\n", page.port), format!("X-Ingot-Token: {}\r\n", page.token));
    assert_eq!(post(&format!("{ours}{token}")), 200);
    for headers in [String::new(), ours, token.clone(), format!("Origin: http://evil.example\r\n{token}")] {
        assert_eq!(post(&headers), 403, "{headers}");
    }
    // Another address of this machine does not lead here.
    assert!(TcpStream::connect(("127.0.0.2", page.port)).is_err(), "it listens on 127.0.0.1 only");
}

#[test]
fn no_address_leads_to_a_file() {
    let sandbox = shop();
    sandbox.write("secret.txt", "a secret");
    let page = Page::of(&sandbox, &[]);
    for path in [
        "/../secret.txt",
        "/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//etc/passwd",
        "/etc/passwd",
        "/profiles.yml",
        "/tables/..%5c..%5csecret.txt",
        "/duckdb/warehouse.duckdb",
        "/%00",
    ] {
        let told = page.get(path);
        assert_eq!(told.status, 404, "{path}: {}", told.body);
        assert!(!told.body.contains("a secret"), "{path}");
    }
    assert!(page.get("/api/rejects?table=..%2f..%2fetc").status == 400);
    let outside = json!({"table": "sales", "rows": [{"reject_file": "../../../x", "file": "a", "row_number": 1, "raw_text": ""}]});
    assert_eq!(page.post("/api/replay", &outside).status, 400);
    assert_eq!(page.post("/api/replay", &json!({"table": "../x", "rows": []})).status, 400);
    assert_eq!(page.post("/api/query", &json!({"sql": "x".repeat(2 << 20)})).status, 413);
}

#[test]
fn sql_reads_the_project_and_nothing_else() {
    let sandbox = shop();
    sandbox.write("secret.csv", "x\na secret\n");
    let page = Page::of(&sandbox, &["--query-timeout", "1"]);
    let found = page.sql("select count(*) as n from main_staging.stg_sales;").json();
    assert_eq!(
        (&found["columns"][0][0], &found["rows"]),
        (&json!("n"), &json!([["39"]])),
        "a view over the lake"
    );
    let secret = sandbox.join("secret.csv");
    let written = sandbox.join("written.csv");
    for attack in [
        format!("select * from read_csv('{}')", secret.display()),
        "select * from 'secret.csv'".to_owned(),
        "select * from read_text('lake/../secret.csv')".to_owned(),
        "select * from read_text('profiles.yml')".to_owned(),
        "select * from read_text('/etc/passwd')".to_owned(),
        "select * from glob('/etc/*')".to_owned(),
        format!("copy (select 1) to '{}'", written.display()),
        format!("attach '{}' as other", written.display()),
        "create table x as select 1".to_owned(),
        "drop view main_staging.stg_sales".to_owned(),
        "select 1; drop view main_staging.stg_sales".to_owned(),
        "set enable_external_access = true".to_owned(),
        "reset lock_configuration".to_owned(),
        "install httpfs".to_owned(),
        "select 1) as a; drop view main_staging.stg_sales; select * from (select 1".to_owned(),
        "call pragma_version()".to_owned(),
        "export database 'x'".to_owned(),
        "vacuum".to_owned(),
    ] {
        let told = page.sql(&attack);
        assert_eq!(told.status, 400, "{attack}: {}", told.body);
        assert!(!told.body.contains("a secret"), "{attack}");
    }
    assert!(!written.exists());
    let begun = Instant::now();
    let endless = page.sql("select count(*) from range(1000000000000) a, range(1000000) b");
    assert!(endless.status == 400 && endless.body.contains("too long"), "{}", endless.body);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(page.sql("from range(100000)").json()["rows"].as_array().unwrap().len(), 1000);
    assert_eq!(
        page.sql("select count(*) from main_staging.stg_sales").json()["rows"],
        json!([["39"]]),
        "nothing was changed"
    );
}

#[test]
fn a_value_is_followed_back_and_its_condition_reads_nothing_else() {
    let sandbox = shop();
    sandbox.write("secret.csv", "x\na secret\n");
    sandbox.write(
        "models/gold/days.sql",
        "{{ config(materialized='table') }}\nselect day, sum(amount) as total from {{ ref('stg_sales') }} group by day\n",
    );
    sandbox.ingot(&["run-models"]).success();
    let page = Page::of(&sandbox, &["--query-timeout", "2"]);
    let ask = |table: &str, condition: &str, column: &str| {
        page.post("/api/why", &json!({"table": table, "where": condition, "column": column}))
    };
    let found = ask("days", "day = date '2026-01-02'", "total");
    assert_eq!(found.status, 200, "{}", found.body);
    let text = found.json()["text"].as_str().unwrap().to_owned();
    // Of ids from 1 to 39, those with the remainder 1 by nine.
    assert!(text.contains("bronze.sales  5 rows") && text.contains("1,2026-01-02,1.50"), "{text}");
    assert!(!text.contains("2,2026-01-03"), "a row of another day: {text}");
    let written = sandbox.join("written.csv");
    for attack in [
        "day in (select x from read_csv('secret.csv'))".to_owned(),
        format!("day in (select x from read_csv('{}'))", sandbox.join("secret.csv").display()),
        "exists (from read_text('lake/../secret.csv'))".to_owned(),
        "exists (from read_text('/etc/passwd'))".to_owned(),
        "exists (from glob('/etc/*'))".to_owned(),
        "exists (from 'secret.csv')".to_owned(),
        "getenv('HOME') <> ''".to_owned(),
        format!("true); copy (select 1) to '{}'; select (1", written.display()),
        format!("true); attach '{}' as other; select (1", written.display()),
        "true; drop table days".to_owned(),
        "true) union all select 1 from (select 1".to_owned(),
        "true) order by (1".to_owned(),
        "true) limit (1".to_owned(),
        "total in (with x as (delete from days returning total) from x)".to_owned(),
        "set enable_external_access = true".to_owned(),
        "exists (from query('drop table days'))".to_owned(),
        "nextval('x') = 1".to_owned(),
        String::new(),
    ] {
        let told = ask("days", &attack, "total");
        assert_eq!(told.status, 400, "{attack}: {}", told.body);
        assert!(!told.body.contains("a secret") && !told.body.contains("root:"), "{attack}: {}", told.body);
    }
    for (table, column) in
        [("days; drop table days", ""), ("../days", ""), ("days", "total; drop table days"), ("", "")]
    {
        assert_eq!(ask(table, "true", column).status, 400, "{table} {column}");
    }
    assert!(!written.exists());
    let begun = Instant::now();
    let endless = ask("days", "(select count(*) from range(1000000000000) a, range(1000000) b) > 0", "total");
    assert!(endless.status == 400 && endless.body.contains("too long"), "{}", endless.body);
    assert!(begun.elapsed() < Duration::from_secs(30));
    // Only who has the token in a header, on our own page.
    let body = "{\"table\":\"days\",\"where\":\"true\"}";
    let post = |headers: &str| {
        page.raw(&format!(
            "POST /api/why HTTP/1.1\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
        .status
    };
    let (host, cookie) = (page.host(), page.cookie());
    let ours = format!("Origin: http://127.0.0.1:{}\r\n", page.port);
    let token = format!("X-Ingot-Token: {}\r\n", page.token);
    assert_eq!(post(&format!("{host}{cookie}{ours}{token}")), 200);
    for headers in [
        format!("{host}{cookie}{ours}"),
        format!("{host}{ours}"),
        format!("{host}{cookie}Origin: http://evil.example\r\n{token}"),
        format!("Host: evil.example:{}\r\n{cookie}{ours}{token}", page.port),
    ] {
        assert_eq!(post(&headers), 403, "{headers}");
    }
    let days = page.sql("select count(*) from days").json();
    assert_eq!(days["rows"], json!([["9"]]), "nothing was changed: {days:#}");
}

#[test]
fn a_reject_is_corrected_and_replayed() {
    let sandbox = shop();
    sandbox.ingot(&["load-bronze"]);
    let page = Page::of(&sandbox, &[]);
    let rejects = page.get("/api/rejects?table=sales").json();
    assert_eq!(rejects["total"], 1, "{rejects:#}");
    let one = &rejects["rejects"][0];
    assert_eq!(one["raw_text"], "77,not-a-day,1.00");
    let correction = |text: &str| {
        json!({"table": "sales", "rows": [{
            "reject_file": one["reject_file"], "file": one["file"], "row_number": one["row_number"], "raw_text": text,
        }]})
    };
    let still_wrong = page.post("/api/replay", &correction("77,no-day-either,1.00")).json();
    assert_eq!(still_wrong["summary"]["rows_rejected"], 1, "{still_wrong:#}");
    let done = page.post("/api/replay", &correction("77,2026-01-09,1.00")).json();
    assert_eq!((&done["ok"], &done["summary"]["rows_loaded"]), (&json!(true), &json!(1)), "{done:#}");
    assert_eq!(page.get("/api/rejects?table=sales").json()["total"], 0);
    let loaded = page.sql("select day::varchar from main_staging.stg_sales where sale_id = 77").json();
    assert_eq!(loaded["rows"], json!([["2026-01-09"]]));
}

#[test]
fn a_run_of_another_process_is_followed_and_the_page_stays_alive() {
    let sandbox = shop();
    sandbox.write(
        "models/gold/slow.sql",
        "{{ config(materialized='table') }}\nselect count(*) as n from range(60000000) a, range(8) b where a.range % 7 = b.range\n",
    );
    let page = Page::of(&sandbox, &[]);
    let mut run = sandbox
        .command(&["run-models", "--force"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut was_running, mut slowest) = (false, Duration::ZERO);
    let ended = loop {
        let begun = Instant::now();
        let live = page.get("/api/live").json();
        assert_eq!(page.get("/tables.html").status, 200);
        slowest = slowest.max(begun.elapsed());
        was_running |= live["runs"][0]["running"] == true && live["runs"][0]["command"] == "run-models";
        if let Some(ended) = run.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(ended.success() && was_running, "the run was seen");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let last = page.get("/api/live").json();
    assert_eq!((&last["runs"][0]["result"], &last["runs"][0]["running"]), (&json!("ok"), &json!(false)));
    let nodes = last["runs"][0]["nodes"].as_object().unwrap();
    assert!(nodes.len() > 1 && nodes.values().all(|node| node["status"] == "ok"), "{last:#}");
    // What need not run counts as done, and is told from what ran.
    sandbox.write("models/gold/slow.sql", "{{ config(materialized='table') }}\nselect 2 as n\n");
    sandbox.ingot(&["run-models"]).success();
    let second = page.get("/api/live").json()["runs"][0].clone();
    assert_eq!(second["done"], second["total"], "{second:#}");
    let count = |status: &str| {
        second["nodes"].as_object().unwrap().values().filter(|node| node["status"] == status).count()
    };
    assert!(count("ok") == 1 && count("unchanged") + 1 == nodes.len(), "{second:#}");
    // The pages are made again with the new run and the new model.
    let begun = Instant::now();
    while page.get("/tables.html").body.matches("slow").count() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the pages are not made again");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_query_makes_way_for_a_run() {
    let sandbox = shop();
    let page = Page::of(&sandbox, &["--query-timeout", "600"]);
    std::thread::scope(|scope| {
        let query = scope.spawn(|| page.sql("select count(*) from range(1000000000000) a, range(1000000) b"));
        std::thread::sleep(Duration::from_millis(700));
        sandbox.ingot(&["run-models"]).success();
        let told = query.join().unwrap();
        assert!(told.status == 400 && told.body.contains("a run"), "{}", told.body);
    });
}

#[test]
fn ten_thousand_requests_leave_it_as_it_was() {
    let sandbox = shop();
    let page = Page::of(&sandbox, &[]);
    let began = memory(page.process.id());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for at in 0..2500 {
                    let told = if at % 50 == 0 { page.get("/tables.html") } else { page.get("/api/live") };
                    assert_eq!(told.status, 200);
                }
            });
        }
    });
    let ended = memory(page.process.id());
    assert!(ended < began + 200_000, "{began} kB before, {ended} kB after");
    assert_eq!(page.get("/index.html").status, 200);
}

/// What a process holds in memory, in kB; 0 where the system does not say.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or_default()
}
