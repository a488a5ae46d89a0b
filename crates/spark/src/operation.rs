//! One statement, from its request to its last message, through connections that break.
//!
//! The server keeps the messages of an operation until they are released, so that a client that lost its stream attaches
//! again and goes on behind the last message that it has (`ExecutePlanResponseReattachableIterator` of Spark's own
//! client). The statement is sent a second time only if the server never began to answer, and says that it does not know it.

use crate::answer::Answer;
use crate::calls::{Calls, ERROR_DETAILS, EXECUTE_PLAN, INTERRUPT, REATTACH, RELEASE_EXECUTE};
use crate::failure::{self, Failure};
use crate::protocol::{
    Empty, ExecutePlanRequest, ExecutePlanResponse, FetchErrorDetailsRequest, FetchErrorDetailsResponse,
    INTERRUPT_OPERATION, InterruptRequest, Plan, ReattachExecuteRequest, ReattachOptions,
    ReleaseExecuteRequest, RequestOption,
};
use crate::stop::Running;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::{Status, Streaming};

/// How long the server may take for a small answer that a statement's end does not depend on.
const SMALL: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Spark cuts the message of a status at 2,048 characters and ends it with this.
const CUT: &str = "...";

/// What a statement gave: rows, or a relation that has the rows.
#[derive(Default)]
pub(crate) struct Outcome {
    pub answer: Answer,
    /// The `Relation` of a command, encoded.
    pub relation: Option<Vec<u8>>,
}

/// A statement under way.
pub(crate) struct Operation {
    calls: Arc<Calls>,
    id: String,
    plan: Plan,
    /// For how long a connection that is lost is tried again, from the last sign of life on.
    patience: Duration,
    /// The last message that arrived.
    last: Option<String>,
    /// Whether the server has numbered its messages, so that it is possible to attach again.
    is_numbered: bool,
    /// Whether the server has begun to answer. From then on it has had the statement: if it no longer knows of it, it was
    /// started again, which Sail does not say otherwise.
    is_accepted: bool,
    outcome: Outcome,
}

/// What follows an error of a stream.
enum Next {
    Attach,
    Send,
}

impl Operation {
    pub(crate) fn new(calls: Arc<Calls>, plan: Plan, patience: Duration) -> Self {
        Self {
            calls,
            id: uuid::Uuid::new_v4().to_string(),
            plan,
            patience,
            last: None,
            is_numbered: false,
            is_accepted: false,
            outcome: Outcome::default(),
        }
    }

    /// Runs the statement to its end, or until it is stopped.
    pub(crate) async fn run(mut self, running: &Running<'_>) -> Result<Outcome, Failure> {
        let (calls, id) = (self.calls.clone(), self.id.clone());
        let result = tokio::select! {
            // What has ended has ended.
            biased;
            result = self.run_to_end() => result,
            () = running.stopped() => {
                interrupt(&calls, &id).await;
                Err(Failure::Interrupted)
            }
        };
        tokio::spawn(async move { release(&calls, id).await });
        result.map(|()| self.outcome)
    }

    async fn run_to_end(&mut self) -> Result<(), Failure> {
        let mut next = Next::Send;
        let mut alive = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.last.clone();
            let (is_attached, opened) = match next {
                Next::Send => (false, self.send().await),
                Next::Attach => (true, self.attach().await),
            };
            let ended = match opened {
                Ok(stream) => {
                    self.is_accepted = true;
                    self.read(stream).await?
                }
                Err(status) => Err(status),
            };
            if self.last != before {
                (alive, pause) = (Instant::now(), FIRST_PAUSE);
            }
            next = match ended {
                Ok(true) => return Ok(()),
                // The server ends a stream of its own accord after a while: the operation goes on.
                Ok(false) => {
                    alive = Instant::now();
                    Next::Attach
                }
                Err(status) => self.after(status, is_attached, alive).await?,
            };
            if self.last == before {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    async fn send(&self) -> Result<Streaming<ExecutePlanResponse>, Status> {
        let reattachable = RequestOption { reattach_options: Some(ReattachOptions { reattachable: true }) };
        let request = ExecutePlanRequest {
            session_id: self.calls.session_id.clone(),
            observed_session: self.calls.observed.get().cloned(),
            user_context: Some(self.calls.user.clone()),
            operation_id: Some(self.id.clone()),
            plan: Some(self.plan.clone()),
            client_type: Calls::client_type(),
            request_options: vec![reattachable],
        };
        self.calls.stream(EXECUTE_PLAN, request).await
    }

    async fn attach(&self) -> Result<Streaming<ExecutePlanResponse>, Status> {
        let request = ReattachExecuteRequest {
            session_id: self.calls.session_id.clone(),
            observed_session: self.calls.observed.get().cloned(),
            user_context: Some(self.calls.user.clone()),
            operation_id: self.id.clone(),
            client_type: Calls::client_type(),
            last_response_id: self.last.clone(),
        };
        self.calls.stream(REATTACH, request).await
    }

    /// Reads messages. `Ok(true)` at the end of the operation, `Ok(false)` where the stream ends before it.
    async fn read(
        &mut self,
        mut stream: Streaming<ExecutePlanResponse>,
    ) -> Result<Result<bool, Status>, Failure> {
        loop {
            match stream.message().await {
                Ok(Some(message)) => {
                    if self.take(message)? {
                        return Ok(Ok(true));
                    }
                }
                // Spark 3.4 numbers nothing and ends the stream with the operation.
                Ok(None) => return Ok(Ok(!self.is_numbered && self.last.is_some())),
                Err(status) => return Ok(Err(status)),
            }
        }
    }

    /// Takes a message in; `true` if it is the last one.
    fn take(&mut self, message: ExecutePlanResponse) -> Result<bool, Failure> {
        self.is_numbered |= !message.response_id.is_empty();
        self.last = Some(message.response_id);
        if let Some(batch) = message.arrow_batch {
            self.outcome.answer.add(&batch.data)?;
        }
        if let Some(result) = message.sql_command_result {
            self.outcome.relation = result.relation;
        }
        Ok(message.result_complete.is_some())
    }

    /// What to do after an error of a stream, or of the try to open one.
    async fn after(&self, status: Status, was_attached: bool, alive: Instant) -> Result<Next, Failure> {
        if failure::is_other_session(&status) {
            return Err(Failure::Lost(
                "the server no longer has the session: it was started again, or the session ended".to_owned(),
            ));
        }
        if was_attached && !self.is_accepted && failure::is_unknown_operation(&status) {
            return Ok(Next::Send);
        }
        if was_attached && (failure::is_unknown_operation(&status) || failure::is_gone_operation(&status)) {
            return Err(Failure::Lost("the server no longer has the result of the statement".to_owned()));
        }
        if failure::is_passing(&status) {
            if alive.elapsed() < self.patience {
                return Ok(Next::Attach);
            }
            return Err(Failure::Lost(format!(
                "no connection for {} s ({})",
                self.patience.as_secs(),
                failure::of_status(&status)
            )));
        }
        let mut failed = failure::of_status(&status);
        if let Failure::Statement(statement) = &mut failed
            && statement.message.ends_with(CUT)
            && let Some(error_id) = &statement.error_id
            && let Some(whole) = whole_message(&self.calls, error_id).await
        {
            statement.message = whole;
        }
        Err(failed)
    }
}

async fn interrupt(calls: &Calls, operation: &str) {
    let request = InterruptRequest {
        session_id: calls.session_id.clone(),
        user_context: Some(calls.user.clone()),
        client_type: Calls::client_type(),
        interrupt_type: INTERRUPT_OPERATION,
        operation_id: Some(operation.to_owned()),
    };
    // If the server cannot be told, there is nothing more to be done here.
    let _: Result<Empty, Status> = calls.unary(INTERRUPT, request, SMALL).await;
}

/// The server need not keep the messages of an operation any longer. If it is not told, it forgets them after some minutes.
async fn release(calls: &Calls, operation_id: String) {
    let request = ReleaseExecuteRequest {
        session_id: calls.session_id.clone(),
        user_context: Some(calls.user.clone()),
        operation_id,
        client_type: Calls::client_type(),
        release_all: Some(Empty {}),
    };
    let _: Result<Empty, Status> = calls.unary(RELEASE_EXECUTE, request, SMALL).await;
}

/// The text of an error that was too long for a status.
async fn whole_message(calls: &Calls, error_id: &str) -> Option<String> {
    let request = FetchErrorDetailsRequest {
        session_id: calls.session_id.clone(),
        user_context: Some(calls.user.clone()),
        error_id: error_id.to_owned(),
        client_type: Calls::client_type(),
    };
    let details: FetchErrorDetailsResponse = calls.unary(ERROR_DETAILS, request, SMALL).await.ok()?;
    let index = usize::try_from(details.root_error_idx?).ok()?;
    details.errors.into_iter().nth(index).map(|error| error.message).filter(|message| !message.is_empty())
}
