//! JSON lines over HTTP: taken when they are on the disk, and refused with the reason.

use super::watched::{Running, Watched, orders, until};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

struct Receiver {
    running: Running,
    address: String,
}

impl Receiver {
    fn start(project: &Watched, arguments: &[&str]) -> Self {
        let fixed = ["listen", "http://127.0.0.1:0", "--table", "orders"];
        let mut running = Running::start(project.sandbox.command(&[&fixed[..], arguments].concat()));
        let mut out = BufReader::new(running.0.stdout.as_mut().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self { running, address }
    }

    /// The status and the text of the answer to a request with this head and body.
    fn ask(&self, method: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        )
        .unwrap();
        // Who is refused is not read to the end.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        (code, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, text)| text.to_owned()))
    }

    fn post(&self, body: &str) -> (u16, String) {
        self.ask("POST", "", body.as_bytes())
    }
}

#[test]
fn lines_that_were_answered_are_loaded_once() {
    let project = Watched::new();
    let watch = project.watch(&[]);
    let receiver = Receiver::start(&project, &["--rotate-every", "200ms"]);
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let receiver = &receiver;
            scope.spawn(move || {
                for request in 0..25 {
                    let first = (sender * 25 + request) * 4;
                    assert_eq!(receiver.post(&orders(first, 4)).0, 204);
                }
            });
        }
    });
    assert_eq!(receiver.post("").0, 204);
    // Without a line end, with empty lines.
    assert_eq!(receiver.post("\r\n{\"id\": 800, \"amount\": 1}").0, 204);
    until("all rows", || project.rows("orders") == 801);
    receiver.running.signal("TERM");
    assert_eq!(receiver.running.ended().0, Some(0));
    watch.signal("TERM");
    watch.ended();
    assert_eq!(project.totals(), "801 801 801");
}

#[test]
fn what_was_answered_outlasts_a_kill() {
    let project = Watched::new();
    let mut receiver = Receiver::start(&project, &["--rotate-every", "1h"]);
    for request in 0..20 {
        assert_eq!(receiver.post(&orders(request * 3, 3)).0, 204);
    }
    receiver.running.0.kill().unwrap();
    receiver.running.0.wait().unwrap();
    assert!(!project.raw("orders").is_dir(), "its file was not ended");
    // Half a line, of a request that was not answered.
    let folder = project.raw(".landing/orders");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    std::fs::File::options().append(true).open(file).unwrap().write_all(b"{\"id\": 9").unwrap();
    let next = Receiver::start(&project, &[]);
    next.running.signal("TERM");
    next.running.ended();
    let (code, out, err) = Running::start(project.command(&["--until-idle"])).ended();
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert_eq!(project.totals(), "60 60 60");
}

#[test]
fn who_may_not_and_what_is_not_json_is_refused() {
    let project = Watched::new();
    project.sandbox.write("token", "0123456789abcdef\n");
    let receiver = Receiver::start(&project, &["--token-file", "token", "--largest-body", "1kB"]);
    let bearer = "Authorization: Bearer 0123456789abcdef\r\n";
    let post = |headers: &str, body: &str| receiver.ask("POST", headers, body.as_bytes());
    assert_eq!(post(bearer, &orders(0, 1)).0, 204);
    assert_eq!(post("", &orders(0, 1)).0, 401);
    assert_eq!(post("Authorization: Bearer 0123456789abcdeF\r\n", &orders(0, 1)).0, 401);
    assert_eq!(receiver.ask("GET", bearer, b"").0, 405);
    assert_eq!(post(bearer, &orders(0, 100)).0, 413);
    let (code, text) = post(bearer, "{\"id\": 1}\n{\"id\":\n");
    assert!(code == 400 && text.contains("line 2 is not JSON"), "{code} {text}");
    let (code, text) = post(bearer, "[1]\n");
    assert!(code == 400 && text.contains("line 1 is not an object"), "{code} {text}");
    // A body in parts, whose length is not said before.
    let mut stream = TcpStream::connect(&receiver.address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}Transfer-Encoding: chunked\r\n\r\n800\r\n"
    )
    .unwrap();
    let _ = stream.write_all(&[b'x'; 0x800]);
    let _ = stream.write_all(b"\r\n0\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    receiver.running.signal("TERM");
    receiver.running.ended();
    let files: Vec<_> = std::fs::read_dir(project.raw("orders")).unwrap().flatten().collect();
    assert_eq!(files.len(), 1);
    assert_eq!(
        std::fs::read_to_string(files[0].path()).unwrap(),
        orders(0, 1),
        "nothing of what was refused"
    );
}

#[test]
fn others_are_let_in_with_a_token_only() {
    let project = Watched::new();
    let listen = |address: &str| project.sandbox.ingot(&["listen", address, "--table", "orders"]);
    listen("http://0.0.0.0:0").fails_with(2, &["a token is needed"]);
    listen("http://localhost").fails_with(2, &["is not an address to listen on"]);
}
