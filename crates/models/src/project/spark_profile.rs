//! An output of type `spark`: the keys of dbt-spark, reached over Spark Connect.

use crate::json_values::{Object, scalar_text, text};
use ingot_core::error::{Error, Result};
use ingot_engine::spark::{Address, DEFAULT_PORT, SparkOptions};
use serde_json::Value as Json;
use std::time::Duration;

const URL: &str = "url: sc://host:15002";

/// How a session is opened, and the schema.
///
/// # Errors
/// The method is another one than `connect`, or a key is missing or wrong.
pub(super) fn read(name: &str, keys: &Object) -> Result<(SparkOptions, String)> {
    let wrong = |what: String| Error::new(format!("target '{name}' {what}"));
    match text(keys, "method").as_deref() {
        Some("connect") => {}
        // dbt-spark's own methods need drivers, or Spark itself.
        Some(other @ ("thrift" | "http" | "odbc" | "session")) => {
            return Err(wrong(format!("has the method '{other}', and Spark is reached over Spark Connect alone"))
                .hint(format!(
                    "set `method: connect` and `{URL}`; Spark has had a Spark Connect server since 3.4 (sbin/start-connect-server.sh)"
                )));
        }
        Some(other) => {
            return Err(wrong(format!("has the unknown method '{other}'")).hint("set `method: connect`"));
        }
        None => {
            return Err(wrong("has no method".to_owned()).hint(format!("set `method: connect` and `{URL}`")));
        }
    }
    let schema = text(keys, "schema")
        .ok_or_else(|| wrong("has no schema".to_owned()).hint("set `schema` to that of the models"))?;
    if let Some(database) = text(keys, "database").filter(|database| *database != schema) {
        return Err(wrong(format!("has the database '{database}', and Spark has schemas alone"))
            .hint(format!("take `database` out, or set it to '{schema}'")));
    }
    let mut options =
        SparkOptions::new(address(keys).map_err(|what| wrong(what).hint(format!("set `{URL}`")))?);
    if let Some(Json::Object(given)) = keys.get("server_side_parameters") {
        let pairs = given.iter().filter_map(|(key, value)| Some((key.clone(), scalar_text(value)?)));
        options.settings = pairs.collect();
    }
    let number = |key: &str| keys.get(key).and_then(Json::as_u64);
    if let Some(seconds) = number("connect_timeout") {
        options.connect_timeout = Duration::from_secs(seconds.max(1));
    }
    if let Some(tries) = number("connect_retries") {
        options.connect_retries = u32::try_from(tries).unwrap_or(u32::MAX);
    }
    Ok((options, schema))
}

/// From `url`; else from `host` and `port`, which a profile may still have from another method of dbt-spark's.
/// `token`, `user` and `use_ssl` add to both.
fn address(keys: &Object) -> std::result::Result<Address, String> {
    let mut address = match (text(keys, "url"), text(keys, "host")) {
        (Some(url), _) => {
            Address::parse(&url).map_err(|error| format!("has a url that is not valid: {error}"))?
        }
        (None, None) => return Err("does not say where the server is".to_owned()),
        (None, Some(host)) => {
            let port = match keys.get("port") {
                None => DEFAULT_PORT.to_string(),
                Some(port) => scalar_text(port).unwrap_or_default(),
            };
            Address::parse(&format!("sc://{host}:{port}"))
                .map_err(|error| format!("has a host or port that is not valid: {error}"))?
        }
    };
    if let Some(token) = text(keys, "token") {
        address.token = Some(token);
        address.use_ssl |= address.needs_ssl();
    }
    if let Some(user) = text(keys, "user") {
        address.user_id = Some(user);
    }
    address.use_ssl |= keys.get("use_ssl").and_then(Json::as_bool) == Some(true);
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(value: Json) -> Object {
        let Json::Object(keys) = value else { panic!("{value}") };
        keys
    }

    #[test]
    fn a_url_says_where_the_server_is() {
        // What the profile said for the method `thrift` may stay.
        let given = json!({"method": "connect", "url": "sc://127.0.0.1:7", "schema": "shop", "host": "old", "port": 10000,
                           "server_side_parameters": {"spark.sql.shuffle.partitions": 2}, "connect_retries": 3});
        let (options, schema) = read("dev", &keys(given)).unwrap();
        assert_eq!((schema.as_str(), options.address.port, options.connect_retries), ("shop", 7, 3));
        assert_eq!(options.settings, [("spark.sql.shuffle.partitions".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn a_host_and_a_token_do_so_too() {
        let given =
            json!({"method": "connect", "host": "spark.example", "port": 443, "token": "t", "schema": "s"});
        let (options, _) = read("dev", &keys(given)).unwrap();
        assert_eq!((options.address.use_ssl, options.address.port), (true, 443));
        assert_eq!(options.address.to_string(), "sc://spark.example:443");
    }

    #[test]
    fn other_methods_and_missing_keys_end_with_what_to_set() {
        for (given, what, hint) in [
            (json!({"method": "thrift", "host": "h", "schema": "s"}), "'thrift'", "method: connect"),
            (json!({"host": "h", "schema": "s"}), "no method", "method: connect"),
            (json!({"method": "connect", "schema": "s"}), "where the server is", "sc://host:15002"),
            (json!({"method": "connect", "url": "http://h", "schema": "s"}), "not valid", "sc://host:15002"),
            (json!({"method": "connect", "url": "sc://h"}), "no schema", "`schema`"),
            (json!({"method": "connect", "url": "sc://h", "schema": "s", "database": "d"}), "'d'", "'s'"),
        ] {
            let error = read("dev", &keys(given)).unwrap_err();
            assert!(error.message().contains(what), "{error}");
            assert!(error.hint_text().unwrap().contains(hint), "{error}");
        }
    }
}
