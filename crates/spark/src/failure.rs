//! Why a statement did not end well, as a value.

use crate::protocol::{ErrorInfo, RpcStatus};
use prost::Message;
use std::fmt;
use tonic::{Code, Status};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The server understood the statement and refused or failed it.
    Statement(StatementFailure),
    /// The server knows nobody of this name, or gives them no right.
    Denied(String),
    /// There is no answer from there.
    Unreachable(String),
    /// The connection broke while a statement was under way, and what became of the statement is not known.
    Lost(String),
    /// The statement was stopped by [`crate::Stop`].
    Interrupted,
    /// What the server sent is not what the protocol says.
    Protocol(String),
}

/// An error that the server reports of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatementFailure {
    /// The whole message.
    pub message: String,
    /// Spark's name for the condition, such as `TABLE_OR_VIEW_NOT_FOUND`, where it gives one.
    pub condition: Option<String>,
    /// Five characters, as in the SQL standard.
    pub sql_state: Option<String>,
    /// The class of the exception without its package: `AnalysisException`.
    pub exception: Option<String>,
    /// The id with which the server tells more about it.
    pub error_id: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement(failure) => f.write_str(&failure.message),
            Self::Denied(why) => write!(f, "the server denies access: {why}"),
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::Lost(why) => write!(f, "the connection to the server was lost: {why}"),
            Self::Interrupted => f.write_str("the statement was stopped"),
            Self::Protocol(what) => write!(f, "the server's answer is not valid: {what}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The detail that Spark attaches to a status.
fn error_info(status: &Status) -> Option<ErrorInfo> {
    let details = RpcStatus::decode(status.details()).ok()?.details;
    let info = details.iter().find(|detail| detail.type_url.ends_with("google.rpc.ErrorInfo"))?;
    ErrorInfo::decode(info.value.as_slice()).ok()
}

/// Whether the server says that it never had the operation, in the words of Spark or of Sail.
pub(crate) fn is_unknown_operation(status: &Status) -> bool {
    says_one_of(status, &["INVALID_HANDLE.OPERATION_NOT_FOUND", "operation not found: "])
}

/// Whether the server says that it had the operation, and keeps nothing of it: Spark after some minutes, or where a client
/// attaches to it before its thread has begun (4.0); Sail as soon as it has ended. In all three it may have run.
pub(crate) fn is_gone_operation(status: &Status) -> bool {
    let signs = [
        "INVALID_HANDLE.OPERATION_ABANDONED",
        "Operation was orphaned because of an internal error",
        "task context not found for operation",
    ];
    says_one_of(status, &signs)
}

fn says_one_of(status: &Status, signs: &[&str]) -> bool {
    signs.iter().any(|sign| status.message().contains(sign))
}

/// Whether the session is no longer the one that this client began: the server was started again.
pub(crate) fn is_other_session(status: &Status) -> bool {
    let signs = [
        "INVALID_HANDLE.SESSION_CHANGED",
        "INVALID_HANDLE.SESSION_CLOSED",
        "INVALID_HANDLE.SESSION_NOT_FOUND",
    ];
    says_one_of(status, &signs)
}

/// Whether the same request may succeed a little later. `INVALID_CURSOR.DISCONNECTED` is what Spark says when a stream of
/// an operation was taken over by another.
pub(crate) fn is_passing(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        // The second is tonic's, for a stream that ends within a message.
        Code::Internal => {
            says_one_of(status, &["INVALID_CURSOR.DISCONNECTED", "Unexpected EOF decoding stream"])
        }
        // A stream that breaks within a message: the transport's errors, which carry no detail of Spark's.
        Code::Unknown | Code::Cancelled => {
            error_info(status).is_none() && std::error::Error::source(status).is_some()
        }
        _ => false,
    }
}

/// The status of a call that is not tried again.
pub(crate) fn of_status(status: &Status) -> Failure {
    let info = error_info(status);
    match status.code() {
        Code::Unauthenticated | Code::PermissionDenied if info.is_none() => {
            return Failure::Denied(said(status));
        }
        Code::Unavailable => return Failure::Unreachable(said(status)),
        Code::Unimplemented if info.is_none() => {
            return Failure::Protocol(format!("it does not speak Spark Connect ({})", said(status)));
        }
        _ => {}
    }
    let Some(info) = info else {
        return match std::error::Error::source(status) {
            Some(_) => Failure::Lost(said(status)),
            None => Failure::Statement(StatementFailure { message: said(status), ..Default::default() }),
        };
    };
    let get = |key: &str| info.metadata.get(key).filter(|value| !value.is_empty()).cloned();
    let message = status.message().to_owned();
    Failure::Statement(StatementFailure {
        condition: get("errorClass").or_else(|| bracketed(&message)),
        sql_state: get("sqlState"),
        exception: info.reason.rsplit('.').next().filter(|name| !name.is_empty()).map(str::to_owned),
        error_id: get("errorId"),
        message,
    })
}

/// The condition at the start of a message: `[TABLE_OR_VIEW_NOT_FOUND] The table …`.
fn bracketed(message: &str) -> Option<String> {
    let (name, _) = message.trim_start().strip_prefix('[')?.split_once(']')?;
    let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_.".contains(c));
    (is_name && !name.is_empty()).then(|| name.to_owned())
}

/// What a status says, with the causes that the transport knows.
fn said(status: &Status) -> String {
    let mut text = status.message().to_owned();
    if text.is_empty() {
        text = format!("{:?}", status.code());
    }
    let mut source = std::error::Error::source(status);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Any;

    fn with_details(code: Code, message: &str, metadata: &[(&str, &str)]) -> Status {
        let info = ErrorInfo {
            reason: "org.apache.spark.sql.AnalysisException".to_owned(),
            metadata: metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        let detail = Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
            value: info.encode_to_vec(),
        };
        let details = RpcStatus { details: vec![detail] }.encode_to_vec();
        Status::with_details(code, message, details.into())
    }

    #[test]
    fn the_details_of_a_statement_are_read() {
        let status = with_details(
            Code::Internal,
            "[TABLE_OR_VIEW_NOT_FOUND] The table `a` cannot be found.",
            &[("sqlState", "42P01"), ("errorId", "e1")],
        );
        let Failure::Statement(failure) = of_status(&status) else { panic!("{status:?}") };
        assert_eq!(failure.condition.as_deref(), Some("TABLE_OR_VIEW_NOT_FOUND"));
        assert_eq!(failure.sql_state.as_deref(), Some("42P01"));
        assert_eq!(failure.exception.as_deref(), Some("AnalysisException"));
        assert_eq!(failure.error_id.as_deref(), Some("e1"));
    }

    #[test]
    fn what_may_be_tried_again_is_told_from_what_may_not() {
        assert!(is_passing(&Status::unavailable("gone away")));
        assert!(is_passing(&Status::internal("[INVALID_CURSOR.DISCONNECTED] another stream")));
        assert!(!is_passing(&with_details(Code::Internal, "[DIVIDE_BY_ZERO]", &[])));
        assert!(!is_passing(&Status::unauthenticated("who are you")));
        assert_eq!(of_status(&Status::unauthenticated("who?")), Failure::Denied("who?".to_owned()));
    }

    #[test]
    fn an_operation_that_never_arrived_is_told_from_one_that_has_ended() {
        let sparks = Status::internal("[INVALID_HANDLE.OPERATION_NOT_FOUND] The handle x is invalid.");
        let sails =
            Status::internal("invalid argument: operation not found: 410684e6-9559-4eb3-93b6-6c0ca5542944");
        for status in [&sparks, &sails] {
            assert!(is_unknown_operation(status) && !is_gone_operation(status));
        }
        for text in [
            "[INVALID_HANDLE.OPERATION_ABANDONED] The handle x is invalid.",
            "Operation was orphaned because of an internal error.",
            "internal error: task context not found for operation",
        ] {
            let ended = Status::internal(text);
            assert!(is_gone_operation(&ended) && !is_unknown_operation(&ended), "{text}");
        }
    }

    #[test]
    fn only_a_name_in_brackets_is_a_condition() {
        assert_eq!(bracketed("[A_B.C] text").as_deref(), Some("A_B.C"));
        assert_eq!(bracketed("[a list] of things"), None);
        assert_eq!(bracketed("text [A]"), None);
    }
}
