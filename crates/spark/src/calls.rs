//! The calls of the service, each one request over the channel.

use crate::address::Address;
use crate::protocol::{ExecutePlanResponse, UserContext};
use http::uri::PathAndQuery;
use prost::Message;
use std::sync::OnceLock;
use std::time::Duration;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

/// A batch of Spark's has at most 4 MiB unless a single row is larger; tonic's own limit is exactly that.
const LARGEST_MESSAGE: usize = 1 << 30;

/// A method of the service, by its path.
pub(crate) struct Method(&'static str);

pub(crate) const EXECUTE_PLAN: Method = Method("/spark.connect.SparkConnectService/ExecutePlan");
pub(crate) const REATTACH: Method = Method("/spark.connect.SparkConnectService/ReattachExecute");
pub(crate) const RELEASE_EXECUTE: Method = Method("/spark.connect.SparkConnectService/ReleaseExecute");
pub(crate) const RELEASE_SESSION: Method = Method("/spark.connect.SparkConnectService/ReleaseSession");
pub(crate) const INTERRUPT: Method = Method("/spark.connect.SparkConnectService/Interrupt");
pub(crate) const CONFIG: Method = Method("/spark.connect.SparkConnectService/Config");
pub(crate) const ERROR_DETAILS: Method = Method("/spark.connect.SparkConnectService/FetchErrorDetails");

/// A session, as every call names it, and the channel to its server.
pub(crate) struct Calls {
    channel: Channel,
    headers: MetadataMap,
    pub session_id: String,
    pub user: UserContext,
    /// The server's own name for the session, from its first answer. With it, a server that was started again refuses
    /// a statement in place of running it in a session that lacks what the statement needs.
    pub observed: OnceLock<String>,
}

impl Calls {
    /// # Errors
    /// A header of the address has a name or a value that HTTP does not take.
    pub(crate) fn new(channel: Channel, address: &Address) -> Result<Self, String> {
        let mut headers = MetadataMap::new();
        let mut add = |key: &str, value: &str| {
            let name: MetadataKey<Ascii> =
                key.parse().map_err(|_| format!("'{key}' is not the name of a header"))?;
            let value: MetadataValue<Ascii> =
                value.parse().map_err(|_| format!("the value of '{key}' is not valid in a header"))?;
            headers.insert(name, value);
            Ok::<_, String>(())
        };
        if let Some(token) = &address.token {
            add("authorization", &format!("Bearer {token}"))?;
        }
        for (key, value) in &address.headers {
            add(key, value)?;
        }
        let named = || std::env::var("USER").ok().filter(|name| !name.is_empty());
        let user_id = address.user_id.clone().or_else(named).unwrap_or_else(|| "ingot".to_owned());
        Ok(Self {
            channel,
            headers,
            session_id: address.session_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            user: UserContext { user_name: user_id.clone(), user_id },
            observed: OnceLock::new(),
        })
    }

    /// What this program calls itself in each request.
    pub(crate) fn client_type() -> Option<String> {
        Some(concat!("ingot/", env!("CARGO_PKG_VERSION")).to_owned())
    }

    fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.headers.clone();
        request
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(LARGEST_MESSAGE);
        grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        Ok(grpc)
    }

    /// A request with one answer, within `limit`.
    pub(crate) async fn unary<M, R>(&self, method: Method, message: M, limit: Duration) -> Result<R, Status>
    where
        M: Message + Default + 'static,
        R: Message + Default + 'static,
    {
        let call = async {
            let (path, codec) = (PathAndQuery::from_static(method.0), ProstCodec::<M, R>::default());
            Ok(self.ready().await?.unary(self.request(message), path, codec).await?.into_inner())
        };
        match tokio::time::timeout(limit, call).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(Status::unavailable(format!("there was no answer within {} s", limit.as_secs_f64())))
            }
        }
    }

    /// A request whose answer is a stream of a statement's messages.
    pub(crate) async fn stream<M>(
        &self,
        method: Method,
        message: M,
    ) -> Result<Streaming<ExecutePlanResponse>, Status>
    where
        M: Message + Default + 'static,
    {
        let (path, codec) = (PathAndQuery::from_static(method.0), ProstCodec::<M, _>::default());
        let request = self.request(message);
        Ok(self.ready().await?.server_streaming(request, path, codec).await?.into_inner())
    }
}
