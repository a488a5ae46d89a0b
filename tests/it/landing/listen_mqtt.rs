//! Messages of a real broker: each in the raw files at least once, whoever is killed, and in gold once.

use super::broker::{Broker, Certificates, left_out};
use super::watched::{Running, Watched, orders, until, within};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

fn listen(project: &Watched, source: &str, more: &[&str]) -> Running {
    let fixed = ["listen", source, "--table", "orders", "--rotate-every", "200ms"];
    Running::start(project.sandbox.command(&[&fixed[..], more].concat()))
}

/// The lines of all files of the feed, sorted.
fn landed(project: &Watched) -> Vec<String> {
    let entries = std::fs::read_dir(project.raw("orders")).into_iter().flatten().flatten();
    let mut lines: Vec<String> = entries
        .flat_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    lines.sort();
    lines
}

/// How many different messages have landed.
fn different(project: &Watched) -> usize {
    landed(project).into_iter().collect::<BTreeSet<_>>().len()
}

/// The broker knows the receiver, so that nothing that is published from now on is lost.
fn connected(project: &Watched, broker: &Broker) {
    let mut number = 1_000_000;
    until("the subscription", || {
        number += 1;
        broker.publish("shop/orders", &orders(number, 1), &[]);
        within(Duration::from_millis(500), || different(project) > 0)
    });
    until("the rest", || {
        let before = landed(project).len();
        std::thread::sleep(Duration::from_millis(500));
        landed(project).len() == before
    });
    for entry in std::fs::read_dir(project.raw("orders")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

#[test]
fn messages_become_files_and_the_files_become_rows() {
    let Some(broker) = Broker::start("") else { return };
    let project = Watched::new();
    let watch = project.watch(&[]);
    let receiver = listen(&project, &broker.address("shop/#"), &[]);
    // Retained, so that it comes whenever the receiver subscribes.
    broker.publish("shop/orders", "{\"id\": 1, \"amount\": 1}", &["-r"]);
    until("the first message", || project.rows("orders") >= 1);
    broker.publish("shop/orders", &orders(2, 500), &[]);
    broker.publish("elsewhere", &orders(5000, 1), &[]);
    until("all messages", || project.rows("orders") >= 501);
    for running in [receiver, watch] {
        running.signal("TERM");
        let (code, out, err) = running.ended();
        assert_eq!(code, Some(0), "{out}\n{err}");
    }
    assert_eq!(project.ask("select ids from main.totals"), ["501"]);
    assert!(
        std::fs::read_dir(project.raw(".landing/orders")).unwrap().next().is_none(),
        "nothing is left unfinished"
    );
}

#[test]
fn nothing_is_lost_when_receiver_and_broker_are_killed() {
    let Some(mut broker) = Broker::start("") else { return };
    let project = Watched::new();
    let mut receiver = listen(&project, &broker.address("shop/orders"), &[]);
    connected(&project, &broker);
    let mut next = 0;
    for round in 0..5 {
        let text = orders(next, 400);
        std::thread::scope(|scope| {
            scope.spawn(|| broker.publish("shop/orders", &text, &[]));
            std::thread::sleep(Duration::from_millis(20 + round * 15));
            receiver.0.kill().unwrap();
            receiver.0.wait().unwrap();
        });
        next += 400;
        if round % 2 == 1 {
            broker.stop();
            broker.restart();
        }
        receiver = listen(&project, &broker.address("shop/orders"), &[]);
    }
    until("all messages", || different(&project) == 2000);
    receiver.signal("TERM");
    receiver.ended();
    let lines = landed(&project);
    assert!(lines.iter().all(|line| line.ends_with('}')), "no half lines");
}

#[test]
fn receivers_of_a_group_share_the_messages() {
    let Some(broker) = Broker::start("") else { return };
    let project = Watched::new();
    let start = |name: &str| {
        let source = broker.address("shop/orders");
        listen(&project, &source, &["--group", "readers", "--client-id", name])
    };
    let receivers = [start("one"), start("two")];
    connected(&project, &broker);
    let files = || std::fs::read_dir(project.raw("orders")).unwrap().flatten();
    let mut next = 0;
    // Names of files have the process in them.
    let from = |receiver: &Running| {
        let own = format!("-{}-", receiver.0.id());
        files().filter(|entry| entry.file_name().to_string_lossy().contains(&own)).count()
    };
    until("messages for both", || {
        broker.publish("shop/orders", &orders(next, 200), &[]);
        next += 200;
        std::thread::sleep(Duration::from_millis(300));
        receivers.iter().all(|receiver| from(receiver) > 0)
    });
    until("all messages", || different(&project) as u64 == next);
    assert_eq!(landed(&project).len() as u64, next, "each to one of them");
    for receiver in receivers {
        receiver.signal("TERM");
        receiver.ended();
    }
}

#[test]
fn a_broker_with_tls_and_passwords_is_trusted_only_by_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::make(folder.path());
    let passwords = folder.path().join("passwords");
    let hashed = std::process::Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(&passwords)
        .args(["reader", "open sesame"])
        .status();
    if !hashed.is_ok_and(|status| status.success()) {
        left_out("mosquitto_passwd is not installed, so no broker asks for a password");
        return;
    }
    let settings = format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\nallow_anonymous false\npassword_file {}\n",
        made.authority.display(),
        made.server.0.display(),
        made.server.1.display(),
        passwords.display()
    );
    let Some(broker) = Broker::start(&settings) else { return };
    let project = Watched::new();
    let source = format!("mqtts://reader@localhost:{}/shop/orders", broker.port);
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let (authority, certificate, key) = (file(&made.authority), file(&made.client.0), file(&made.client.1));
    project.sandbox.write("secret", "open sesame\n");
    let trusted = ["--ca", &authority, "--cert", &certificate, "--key", &key, "--password-file", "secret"];
    let receiver = listen(&project, &source, &trusted);
    let publish = |text: &str| {
        let more = [
            "--cafile",
            &authority,
            "--cert",
            &certificate,
            "--key",
            &key,
            "-u",
            "reader",
            "-P",
            "open sesame",
        ];
        broker.publish("shop/orders", text, &more);
    };
    let mut number = 0;
    until("a message", || {
        publish(&orders(number, 1));
        number += 1;
        within(Duration::from_millis(500), || different(&project) > 0)
    });
    receiver.signal("TERM");
    assert_eq!(receiver.ended().0, Some(0));

    // Another authority does not vouch for this broker; without a password it refuses us.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = file(&Certificates::make(elsewhere.path()).authority);
    let cases: [(&[&str], &str); 2] = [
        (
            &["--ca", &other, "--cert", &certificate, "--key", &key, "--password-file", "secret"],
            "certificate",
        ),
        (&["--ca", &authority, "--cert", &certificate, "--key", &key], "refused"),
    ];
    for (arguments, word) in cases {
        let receiver = listen(&project, &source, arguments);
        std::thread::sleep(Duration::from_secs(3));
        receiver.signal("TERM");
        let (_, out, err) = receiver.ended();
        assert!(!out.contains("connected") && err.to_lowercase().contains(word), "{word}: {out}\n{err}");
    }
}

#[test]
fn what_cannot_be_listened_to_is_refused() {
    let project = Watched::new();
    let refused = |arguments: &[&str], text: &str| {
        project.sandbox.ingot(&[&["listen"], arguments].concat()).fails_with(2, &[text]);
    };
    refused(&["mqtt://broker", "--table", "orders"], "there is no topic");
    refused(&["mqtt://broker/a", "--table", "order"], "did you mean 'orders'?");
    refused(&["mqtt://broker/a", "--table", "orders", "--set", "day=1"], "has no {day}");
    refused(&["mqtt://broker/a", "--table", "orders", "--ca", "none.pem"], "mqtts://");
    refused(&["mqtts://broker/a", "--table", "orders", "--ca", "none.pem"], "cannot read");
    refused(&["mqtt://broker/a", "--table", "orders", "--password-file", "none"], "cannot read");
    refused(&["mqtt://me:secret@broker/a", "--table", "orders"], "--password-file");
}
