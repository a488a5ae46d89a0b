//! The server: this machine only, some threads, until it is interrupted.

use super::current::{Current, MakeSite};
use super::guard::Guard;
use super::query::SqlBox;
use super::routes::Routes;
use crate::pages::Site;
use ingot_catalog::WhyQuestion;
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use std::path::PathBuf;
use std::time::Duration;
use tiny_http::Server;

/// Requests that are answered at once. One may wait for DuckDB, another for a replay.
const THREADS: usize = 6;

/// What the page is about.
pub struct UiOptions {
    pub project: Project,
    /// The DuckDB file; `None` for a database in memory.
    pub warehouse: Option<PathBuf>,
    /// 0: one that is free.
    pub port: u16,
    /// How long a query may take.
    pub patience: Duration,
}

/// The page, listening.
pub struct Ui {
    server: Server,
    routes: Routes,
    port: u16,
}

impl Ui {
    /// Begins to listen. `make` makes the pages: now, and again whenever a run has left something new.
    /// `why` says where a value came from.
    ///
    /// # Errors
    /// The port is taken, or the pages cannot be made.
    pub fn open(
        options: &UiOptions,
        make: impl Fn() -> Result<Site> + Send + Sync + 'static,
        why: impl Fn(&WhyQuestion) -> Result<String> + Send + Sync + 'static,
    ) -> Result<Self> {
        let server = listen("127.0.0.1", options.port)?;
        let port = server.server_addr().to_ip().map(|address| address.port()).unwrap_or(options.port);
        let token = uuid::Uuid::new_v4().simple().to_string() + &uuid::Uuid::new_v4().simple().to_string();
        let project = options.project.clone();
        let of_pages = token.clone();
        let make: MakeSite = Box::new(move || Ok(make()?.for_ui(&of_pages)));
        let lake = project.lake();
        let watched = vec![
            lake.join("_runs"),
            lake.join("_quality"),
            lake.join("_rejects"),
            project.target().join("run_results.json"),
        ];
        let routes = Routes {
            guard: Guard::new(port, token),
            current: Current::new(make, watched)?,
            sql: SqlBox::new(
                options.warehouse.clone(),
                vec![lake, project.data_raw()],
                project.live_runs(),
                options.patience,
            ),
            why: Box::new(why),
            project,
        };
        Ok(Self { server, routes, port })
    }

    /// The address to open, with the token.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.routes.guard.token())
    }

    /// Answers until it is interrupted.
    pub fn serve(&self, interrupt: &Interrupt) {
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while !interrupt.is_set() {
                        if let Ok(Some(mut request)) = self.server.recv_timeout(Duration::from_millis(200)) {
                            let answer = self.routes.answer(&mut request);
                            // Who asked may be gone.
                            let _ = request.respond(answer.response());
                        }
                    }
                });
            }
            scope.spawn(|| {
                while !interrupt.is_set() {
                    self.routes.current.renew();
                    std::thread::sleep(Duration::from_millis(300));
                }
            });
        });
    }
}

/// # Errors
/// The port is taken.
pub(super) fn listen(host: &str, port: u16) -> Result<Server> {
    Server::http((host, port)).map_err(|error| {
        Error::new(format!("cannot listen on {host}:{port}: {error}"))
            .hint("name a port that is free with --port, or 0 for any")
    })
}
