//! A folder over HTTP: for `ingot dbt docs serve`, which serves what `docs generate` wrote.

use super::answer::{Answer, kind_of};
use super::server::listen;
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use tiny_http::{Method, Server};

/// A folder that is served.
pub struct StaticFiles {
    server: Server,
    folder: PathBuf,
    address: String,
}

impl StaticFiles {
    /// # Errors
    /// The folder has no pages, or the port is taken.
    pub fn open(folder: &Path, host: &str, port: u16) -> Result<Self> {
        if !folder.join("index.html").is_file() {
            return Err(Error::new("there are no pages to serve")
                .at(folder)
                .hint("write them with `ingot dbt docs generate`"));
        }
        let server = listen(host, port)?;
        let port = server.server_addr().to_ip().map(|address| address.port()).unwrap_or(port);
        Ok(Self { server, folder: folder.to_path_buf(), address: format!("http://{host}:{port}/") })
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Answers until it is interrupted.
    pub fn serve(&self, interrupt: &Interrupt) {
        while !interrupt.is_set() {
            if let Ok(Some(request)) = self.server.recv_timeout(Duration::from_millis(200)) {
                let answer = match request.method() {
                    Method::Get => file(&self.folder, request.url()),
                    _ => Answer::error(405, "this server knows GET"),
                };
                // Who asked may be gone.
                let _ = request.respond(answer.response());
            }
        }
    }
}

/// A file of the folder: pages, what belongs to them, and dbt's two artifacts that pages of others read.
fn file(folder: &Path, url: &str) -> Answer {
    let none = || Answer::error(404, "there is no such file");
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let is_page = path.starts_with("docs")
        || ["index.html", "static_index.html", "manifest.json", "catalog.json"]
            .iter()
            .any(|name| path == Path::new(name));
    if !is_inside || !is_page {
        return none();
    }
    match std::fs::read(folder.join(path)) {
        Ok(bytes) => Answer::of(kind_of(&path.to_string_lossy()), bytes),
        Err(_) => none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        std::fs::create_dir_all(target.join("docs")).unwrap();
        std::fs::write(target.join("index.html"), "first").unwrap();
        std::fs::write(target.join("docs/a.html"), "a").unwrap();
        std::fs::write(target.join("graph.json"), "other").unwrap();
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        assert_eq!(file(&target, "/").body, b"first");
        assert_eq!(file(&target, "/docs/a.html?x=1").body, b"a");
        for path in
            ["/../secret", "/docs/../../secret", "//etc/passwd", "/docs/%2e%2e/x", "/graph.json", "/docs"]
        {
            assert_eq!(file(&target, path).status, 404, "{path}");
        }
    }
}
