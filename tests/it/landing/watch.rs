//! What lands is taken once and whole, and what depends on it is run.

use super::watched::{Running, Watched, orders, until, within};
use std::io::{Read as _, Write as _};
use std::time::Duration;

#[test]
fn what_lands_is_loaded_and_what_depends_on_it_is_run() {
    let project = Watched::new();
    project.drop_in("orders/a.jsonl", &orders(0, 10));
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 3));
    let watch = project.watch(&[]);
    until("the first load", || project.state()["feeds"]["orders"]["built"].is_u64());
    project.drop_in("orders/b.jsonl", &orders(10, 5));
    until("the second load", || project.rows("orders") == 15);
    until("its run", || project.rounds().len() == 2);
    watch.signal("TERM");
    let (code, out, err) = watch.ended();
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert_eq!(project.totals(), "15 15 15");
    // Only what depends on orders ran the second time.
    assert_eq!(project.rounds()[0]["nodes"]["success"], 2);
    assert_eq!(project.rounds()[1]["nodes"]["success"], 1);
    let line = out.lines().find(|line| line.contains("orders: 1 file, 5 rows; 1 built")).unwrap_or_default();
    assert!(line.ends_with(" s"), "{out}");
}

#[test]
fn a_file_that_is_being_written_is_taken_when_it_is_complete() {
    let project = Watched::new();
    project.drop_in("orders/first.jsonl", &orders(100, 1));
    let watch = project.watch(&[]);
    until("the first load", || project.rows("orders") == 1);
    let mut file = std::fs::File::create(project.raw("orders/slow.jsonl")).unwrap();
    for id in 0..12 {
        file.write_all(orders(id, 1).as_bytes()).unwrap();
        file.sync_all().unwrap();
        std::thread::sleep(Duration::from_millis(150));
        assert_eq!(project.rows("orders"), 1, "taken while it was written");
    }
    drop(file);
    until("the load of the file", || project.rows("orders") == 13);
    watch.signal("TERM");
    watch.ended();
    assert_eq!(project.totals(), "13 13 13");
    let loaded: u64 =
        project.rounds().iter().filter_map(|round| round["feeds"]["orders"]["files"].as_u64()).sum();
    assert_eq!(loaded, 2, "each file once");
}

#[test]
fn a_folder_without_notices_is_listed() {
    let project = Watched::new();
    // A clock that is wrong by years does not matter.
    let watch = project.watch(&["--poll", "200ms"]);
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 1));
    std::fs::create_dir_all(project.raw("orders")).unwrap();
    std::fs::write(project.raw("orders/a.jsonl"), orders(0, 4)).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(5_000_000_000);
    std::fs::File::options()
        .write(true)
        .open(project.raw("orders/a.jsonl"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    until("the load", || project.rows("orders") == 4 && project.rows("stores") == 1);
    watch.signal("TERM");
    watch.ended();
}

#[test]
fn a_bad_file_stops_no_other_and_is_told_once() {
    let project = Watched::new();
    let watch = project.watch(&[]);
    project.drop_in("orders/a.jsonl", &orders(0, 2));
    until("the first load", || project.rows("orders") == 2);
    project.drop_in("orders/b.jsonl", "{\"id\": 5, \"amount\": 1}\n{\"id\": 6, \"amount\": \"many\"}\n");
    std::fs::write(project.raw("orders/c.jsonl.beside"), [0x1f, 0x8b, 8, 0, 0, 0]).unwrap();
    std::fs::rename(project.raw("orders/c.jsonl.beside"), project.raw("orders/c.jsonl")).unwrap();
    project.drop_in("orders/d.jsonl", &orders(7, 1));
    until("the others", || project.rows("orders") == 4);
    until("the bad file", || project.state()["feeds"]["orders"]["failed"]["orders/c.jsonl"].is_string());
    let status = project.sandbox.ingot(&["status", "--watch"]);
    assert_eq!(status.code, Some(1), "{}", status.stdout);
    assert!(status.stdout.contains("orders/c.jsonl of orders is not loaded"), "{}", status.stdout);
    // Corrected, it is taken.
    project.drop_in("orders/c.jsonl", &orders(20, 2));
    until("the corrected file", || project.rows("orders") == 6);
    until("its state", || {
        project.state()["feeds"]["orders"]["failed"].as_object().is_some_and(|all| all.is_empty())
    });
    assert_eq!(project.sandbox.ingot(&["status", "--watch"]).success().code, Some(0));
    watch.signal("TERM");
    let (_, out, err) = watch.ended();
    assert_eq!(format!("{out}{err}").matches("orders/c.jsonl was not loaded").count(), 1, "{out}{err}");
    assert_eq!(
        project.ask("select count(*)::varchar from main.manifest_processed_files where status = 'loaded'"),
        ["4"]
    );
    let ended = project.sandbox.ingot(&["status", "--watch"]);
    ended.fails_with(1, &["the watch does not run"]);
}

#[test]
fn a_file_that_breaks_a_rule_of_its_table_is_found_among_others() {
    let project = Watched::new();
    let path = project.sandbox.join("schemas/orders.odcs.yaml");
    let rule = "    quality:\n      - {metric: duplicateValues, arguments: {properties: [id]}, mustBe: 0, severity: error}\n";
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace("    properties:\n", &format!("{rule}    properties:\n"));
    std::fs::write(&path, text).unwrap();
    for number in 0..9 {
        project.drop_in(&format!("orders/{number}.jsonl"), &orders(number * 10, 10));
    }
    project.drop_in("orders/again.jsonl", &orders(35, 1));
    let (code, out, err) = Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(code, Some(1), "{out}\n{err}");
    assert_eq!(project.rows("orders"), 90, "{out}\n{err}");
    let failed = project.state()["feeds"]["orders"]["failed"].clone();
    assert!(failed["orders/again.jsonl"].is_string() || failed["orders/3.jsonl"].is_string(), "{failed}");
    assert_eq!(failed.as_object().unwrap().len(), 1);
    assert_eq!(project.totals(), "90 90 90");
}

#[test]
fn many_small_files_are_few_commits_and_few_runs() {
    let project = Watched::new();
    let watch = project.watch(&["--gather", "1s"]);
    for number in 0..600 {
        project.drop_in(&format!("orders/{number}.jsonl"), &orders(number * 2, 2));
    }
    until("all of them", || project.rows("orders") == 1200);
    watch.signal("TERM");
    watch.ended();
    assert_eq!(project.totals(), "1200 1200 1200");
    let rounds = project.rounds().len();
    assert!(rounds <= 12, "{rounds} rounds");
}

#[test]
fn a_killed_watch_loses_nothing() {
    let project = Watched::new();
    let mut next = 0;
    for kill in 0..6 {
        let mut watch = project.watch(&[]);
        for _ in 0..10 {
            project.drop_in(&format!("orders/{next:04}.jsonl"), &orders(next * 3, 3));
            next += 1;
            std::thread::sleep(Duration::from_millis(13 * (kill + 1)));
        }
        watch.0.kill().unwrap();
        watch.0.wait().unwrap();
    }
    let (code, out, err) = Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(code, Some(0), "{out}\n{err}");
    let all = next * 3;
    assert_eq!(project.totals(), format!("{all} {all} {all}"));
}

#[test]
fn rows_that_were_loaded_and_not_run_are_run_by_the_next_watch() {
    let project = Watched::new();
    project.drop_in("orders/a.jsonl", &orders(0, 2));
    Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(project.totals(), "2 2 2");
    let rounds = project.rounds().len();
    // As if the watch had been killed between the load and the run.
    project.drop_in("orders/b.jsonl", &orders(2, 2));
    project.sandbox.ingot(&["load-bronze", "--table", "orders"]).success();
    let (code, out, err) = Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert_eq!(project.totals(), "4 4 4");
    let built: u64 =
        project.rounds()[rounds..].iter().filter_map(|round| round["nodes"]["success"].as_u64()).sum();
    assert_eq!(built, 1, "and nothing else");
    let rounds = project.rounds().len();
    Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(project.rounds().len(), rounds, "nothing was left to do");
}

#[test]
fn contracts_and_models_are_read_again_on_a_signal() {
    let project = Watched::new();
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 1));
    project.drop_in("orders/a.jsonl", &orders(0, 2));
    let watch = project.watch(&[]);
    until("the first runs", || {
        ["orders", "stores"].iter().all(|feed| project.state()["feeds"][feed]["built"].is_u64())
    });
    project.sandbox.write(
        "models/totals.sql",
        "select 7 as orders, 7 as ids, sum(amount) as amount from {{ source('bronze', 'orders') }}",
    );
    // A broken contract is told, and the old ones stay.
    let path = project.sandbox.join("schemas/stores.odcs.yaml");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "apiVersion: v3.1.0\nkind: DataContract\nschema: [\n").unwrap();
    watch.signal("HUP");
    project.drop_in("orders/b.jsonl", &orders(2, 2));
    until("the next load", || project.rows("orders") == 4);
    std::fs::write(&path, good).unwrap();
    let rounds = project.rounds().len();
    watch.signal("HUP");
    // Everything is run, and only what has another text than before is not as it was.
    until("the run of everything", || {
        project.rounds().iter().skip(rounds).any(|round| round["nodes"]["success"] == 1)
    });
    watch.signal("TERM");
    let (code, out, err) = watch.ended();
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(err.contains("stay as they were read before") && out.contains("were read again"), "{out}\n{err}");
    assert_eq!(project.totals(), "7 7 4");
}

#[test]
fn a_feed_with_a_cadence_waits_for_its_period() {
    let project = Watched::new();
    project.set_frequency("stores", "stores/day=*/*.jsonl", "monthly");
    project.drop_in("stores/day=1/a.jsonl", &orders(0, 1));
    let watch = project.watch(&[]);
    until("the first load of the month", || project.rows("stores") == 1);
    project.drop_in("stores/day=1/b.jsonl", &orders(1, 1));
    project.drop_in("orders/a.jsonl", &orders(0, 1));
    until("a feed without a cadence", || project.rows("orders") == 1);
    until("what waits", || project.state()["feeds"]["stores"]["waiting"] == 1);
    assert!(!within(Duration::from_millis(1500), || project.rows("stores") > 1), "taken in the same month");
    let shown = project.sandbox.ingot(&["status", "--watch"]).success().stdout;
    assert!(shown.contains("every month"), "{shown}");
    watch.signal("TERM");
    watch.ended();
    // The next watch knows that this month's load was made.
    let (code, ..) = Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(code, Some(0));
    assert_eq!(project.rows("stores"), 0);
    // Which of the files it has loaded, it sees when it looks at them.
    assert_eq!(project.state()["feeds"]["stores"]["waiting"], 2);
}

#[test]
fn copies_in_the_lake_follow_now_and_then_and_after_a_restart() {
    let project = Watched::new();
    project.sandbox.write(
        "models/totals.sql",
        "{{ config(meta={'lake_folder': 'lake/gold'}) }} select count(*) as orders, count(distinct id) as ids, sum(amount) as amount from {{ source('bronze', 'orders') }}",
    );
    project.drop_in("orders/a.jsonl", &orders(0, 2));
    let watch = project.watch(&["--copies-every", "1h"]);
    until("the first run", || project.state()["feeds"]["orders"]["built"].is_u64());
    let commits =
        || std::fs::read_dir(project.sandbox.join("lake/gold/delta/totals/_delta_log")).unwrap().count();
    let first = commits();
    project.drop_in("orders/b.jsonl", &orders(2, 2));
    until("the second run", || project.rounds().len() == 2);
    assert_eq!(commits(), first, "copied with each round");
    watch.signal("TERM");
    watch.ended();
    assert_eq!(project.totals(), "4 4 4");
    let watch = project.watch(&["--copies-every", "1s"]);
    until("the copy", || commits() > first);
    watch.signal("TERM");
    watch.ended();
    assert!(project.state()["not_copied"].as_array().unwrap().is_empty());
}

#[test]
fn numbers_are_written_and_served() {
    let project = Watched::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let watch = project.watch(&["--metrics-address", &address]);
    project.drop_in("orders/a.jsonl", &orders(0, 3));
    until("the load", || project.rows("orders") == 3);
    let mut served = String::new();
    until("the numbers", || {
        served.clear();
        let Ok(mut stream) = std::net::TcpStream::connect(&address) else { return false };
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut served).unwrap();
        served.contains("ingot_watch_rows_accepted_total{feed=\"orders\"} 3\n")
    });
    let written = std::fs::read_to_string(project.sandbox.join("target/watch/metrics.prom")).unwrap();
    assert!(written.contains("# TYPE ingot_watch_rounds_total counter\n"), "{written}");
    // One watch at a time.
    project.sandbox.ingot(&["watch"]).fails_with(2, &["is watching this project"]);
    watch.signal("TERM");
    watch.ended();
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let project = Watched::new();
    project.sandbox.ingot(&["watch", "--table", "order"]).fails_with(2, &["did you mean 'orders'?"]);
    project.sandbox.ingot(&["watch", "--gather", "soon"]).fails_with(2, &["500ms"]);
    project.sandbox.ingot(&["status", "--watch"]).fails_with(2, &["was not watched yet"]);
}

/// Models of each kind, which many rounds, a restart and a reload have built piece by piece, are what one run of everything
/// builds from the same files.
#[test]
fn what_a_watch_has_built_equals_a_run_of_everything() {
    let models = [
        (
            "silver",
            "{{ config(materialized='incremental', unique_key='id') }}
             select id, max(amount) as amount, max(ingestion_ts) as seen from {{ source('bronze', 'orders') }}
             {% if is_incremental() %} where id in (
                 select id from {{ source('bronze', 'orders') }} where ingestion_ts > (select max(seen) from {{ this }})
             ) {% endif %} group by id",
        ),
        (
            "both",
            "select id, silver.amount, shops.amount as shop from {{ ref('silver') }} as silver left join {{ ref('shops') }} as shops using (id)",
        ),
        ("sums", "select count(*) as n, sum(amount) as amount, count(shop) as shops from {{ ref('both') }}"),
        ("few", "{{ config(materialized='view') }} select * from {{ ref('sums') }} where n < 1000"),
        ("steady", "select 1 as id"),
        ("per_shop", "select amount, count(*) as n from {{ ref('shops') }} group by all"),
    ];
    let lay = |project: &Watched| {
        for (name, sql) in models {
            project.sandbox.write(&format!("models/{name}.sql"), sql);
        }
        let once = "select id from {{ ref('silver') }} group by id having count(*) > 1";
        project.sandbox.write("tests/each_once.sql", once);
    };
    let project = Watched::new();
    lay(&project);
    let mut watch = project.watch(&[]);
    let (mut of_orders, mut of_stores) = (0, 0);
    let mut files = Vec::new();
    for step in 0..6 {
        // Some orders come again, with another amount.
        let lines =
            (8 * step..8 * step + 12).map(|id| format!("{{\"id\": {id}, \"amount\": {}}}\n", id % 5 + step));
        let mut landed = vec![(format!("orders/{step}.jsonl"), lines.collect::<String>())];
        of_orders += 12;
        if step % 2 == 0 {
            landed.push((format!("stores/day={step}/a.jsonl"), orders(10 * step, 3)));
            of_stores += 3;
        }
        for (file, text) in &landed {
            project.drop_in(file, text);
        }
        files.extend(landed);
        // The state is written when the models have run.
        until("a round", || project.rows("orders") == of_orders && project.rows("stores") == of_stores);
        match step {
            2 => {
                watch.signal("TERM");
                watch.ended();
                (of_orders, of_stores) = (0, 0);
                watch = project.watch(&[]);
            }
            4 => watch.signal("HUP"),
            _ => {}
        }
    }
    watch.signal("TERM");
    let (code, out, err) = watch.ended();
    assert_eq!(code, Some(0), "{out}\n{err}");

    let fresh = Watched::new();
    lay(&fresh);
    for (file, text) in &files {
        fresh.drop_in(file, text);
    }
    fresh.sandbox.ingot(&["load-bronze", "-q"]).success();
    fresh.sandbox.ingot(&["run-models", "-q"]).success();
    for table in ["totals", "shops", "both", "sums", "few", "steady", "per_shop"] {
        let rows = |one: &Watched| one.ask(&format!("select t::varchar from main.{table} as t order by 1"));
        assert!(!rows(&fresh).is_empty(), "{table}");
        assert_eq!(rows(&project), rows(&fresh), "{table}");
    }
    let silver = |one: &Watched| one.ask("select id || ' ' || amount from main.silver order by id");
    assert_eq!(silver(&project), silver(&fresh));
}
