//! A session on a server.

use crate::address::Address;
use crate::answer::Answer;
use crate::calls::{CONFIG, Calls, RELEASE_SESSION};
use crate::failure::{self, Failure};
use crate::operation::Operation;
use crate::protocol::{
    Command, ConfigOperation, ConfigPairs, ConfigRequest, ConfigResponse, Empty, KeyValue, Plan, Relation,
    ReleaseSessionRequest, Sql, SqlCommand,
};
use crate::statements::is_query;
use crate::stop::Stop;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tonic::Status;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

/// Spark's server closes connections that ping more often than every five minutes.
const PING_EVERY: Duration = Duration::from_secs(6 * 60);
const PROBE_EVERY: Duration = Duration::from_secs(60);
/// The session is opened and set up by the first answer, for which a server that has just started needs some seconds.
const FIRST_ANSWER: Duration = Duration::from_secs(120);
const FAREWELL: Duration = Duration::from_secs(2);

/// How a session is opened.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub address: Address,
    /// Settings of the session, such as `spark.sql.session.timeZone`.
    pub settings: Vec<(String, String)>,
    /// How long one try to connect may take.
    pub connect_timeout: Duration,
    /// How many more tries follow one that fails.
    pub connect_retries: u32,
    /// For how long a connection that broke under a statement is tried again.
    pub patience: Duration,
}

/// A session on a server. Any number of threads may run statements in it at once; they share its temporary views and
/// its settings. It is released when the value is dropped, unless the address named it.
pub struct Client {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    calls: Arc<Calls>,
    patience: Duration,
    is_ours: bool,
}

impl Client {
    /// Connects, opens the session and gives it its settings.
    ///
    /// # Errors
    /// [`Failure::Unreachable`], [`Failure::Denied`], or the server refuses a setting.
    pub fn connect(options: &ConnectOptions) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("spark-connect")
            .enable_all()
            .build()
            .map_err(|error| Failure::Protocol(format!("cannot start a thread: {error}")))?;
        let calls = runtime.block_on(async {
            let channel = connect(options).await?;
            let calls = Calls::new(channel, &options.address).map_err(Failure::Protocol)?;
            set_up(&calls, &options.settings, options.connect_retries).await?;
            Ok(calls)
        })?;
        Ok(Self {
            runtime: Some(runtime),
            calls: Arc::new(calls),
            patience: options.patience,
            is_ours: options.address.session_id.is_none(),
        })
    }

    /// Runs one statement, and waits for its whole result. `stop` stops it.
    ///
    /// # Errors
    /// What the server says of the statement, or that the connection was lost.
    pub fn run(&self, statement: &str, stop: &Stop) -> Result<Answer, Failure> {
        let Some(runtime) = &self.runtime else {
            return Err(Failure::Protocol("the session is closed".to_owned()));
        };
        let running = stop.begin();
        let operate = |plan| Operation::new(self.calls.clone(), plan, self.patience).run(&running);
        runtime.block_on(async {
            let sql = Relation { sql: Some(Sql { query: statement.to_owned() }), ..Relation::default() };
            // A query is a relation: it need not be asked for first, and then for its rows.
            if is_query(statement) {
                return Ok(operate(Plan { root: Some(sql.encode_to_vec()), command: None }).await?.answer);
            }
            let sql_command = SqlCommand { sql: statement.to_owned(), input: Some(sql) };
            let command = Command { sql_command: Some(sql_command) };
            let outcome = operate(Plan { root: None, command: Some(command) }).await?;
            let Some(relation) = outcome.relation else { return Ok(outcome.answer) };
            let known = Relation::decode(relation.as_slice())
                .map_err(|error| Failure::Protocol(format!("a relation: {error}")))?;
            match known.local_relation {
                Some(local) => {
                    let mut answer = Answer::default();
                    if let Some(data) = local.data.filter(|data| !data.is_empty()) {
                        answer.add(&data)?;
                    }
                    Ok(answer)
                }
                None => Ok(operate(Plan { root: Some(relation), command: None }).await?.answer),
            }
        })
    }

    /// The id of the session.
    pub fn session_id(&self) -> &str {
        &self.calls.session_id
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        if self.is_ours {
            let request = ReleaseSessionRequest {
                session_id: self.calls.session_id.clone(),
                user_context: Some(self.calls.user.clone()),
                client_type: Calls::client_type(),
            };
            // A server that is not told ends the session after an hour without work.
            let _: Result<Empty, Status> =
                runtime.block_on(self.calls.unary(RELEASE_SESSION, request, FAREWELL));
        }
        runtime.shutdown_timeout(FAREWELL);
    }
}

async fn connect(options: &ConnectOptions) -> Result<Channel, Failure> {
    let address = &options.address;
    let scheme = if address.use_ssl { "https" } else { "http" };
    let wrong = |error: tonic::transport::Error| Failure::Unreachable(with_causes(&error));
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{}:{}", address.host, address.port))
        .map_err(wrong)?
        .connect_timeout(options.connect_timeout)
        .tcp_keepalive(Some(PROBE_EVERY))
        .http2_keep_alive_interval(PING_EVERY)
        .http2_adaptive_window(true);
    if address.use_ssl {
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(wrong)?;
    }
    let mut tries = 0;
    loop {
        // The timeout of the endpoint does not include the handshake of TLS.
        let limit = options.connect_timeout;
        let failed = match tokio::time::timeout(limit, endpoint.connect()).await {
            Ok(Ok(channel)) => return Ok(channel),
            Ok(Err(error)) => with_causes(&error),
            Err(_) => format!("no connection within {} s", limit.as_secs_f64()),
        };
        if tries == options.connect_retries {
            return Err(Failure::Unreachable(failed));
        }
        tries += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Gives the session its settings, which opens it.
async fn set_up(calls: &Calls, settings: &[(String, String)], retries: u32) -> Result<(), Failure> {
    let pairs = settings.iter().map(|(key, value)| KeyValue { key: key.clone(), value: Some(value.clone()) });
    let request = ConfigRequest {
        session_id: calls.session_id.clone(),
        user_context: Some(calls.user.clone()),
        operation: Some(ConfigOperation { set: Some(ConfigPairs { pairs: pairs.collect() }) }),
        client_type: Calls::client_type(),
    };
    let mut tries = 0;
    let answer: ConfigResponse = loop {
        match calls.unary(CONFIG, request.clone(), FIRST_ANSWER).await {
            Ok(answer) => break answer,
            Err(status) if failure::is_passing(&status) && tries < retries => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(status) => return Err(failure::of_status(&status)),
        }
    };
    if !answer.server_side_session_id.is_empty() {
        // It is empty until now.
        let _ = calls.observed.set(answer.server_side_session_id);
    }
    Ok(())
}

/// tonic's own message is `transport error`; what happened is in its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        source = cause.source();
    }
    if parts.len() > 1 && parts[0] == "transport error" {
        parts.remove(0);
    }
    parts.join(": ")
}
