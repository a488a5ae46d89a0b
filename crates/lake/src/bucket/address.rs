//! Addresses of object stores: `s3://bucket/prefix`.

use ingot_core::error::{Context as _, Error, Result};
use std::path::Path;
use url::Url;

/// Whose protocol an address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    S3,
    Azure,
    Google,
}

/// A bucket and a prefix in it.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) provider: Provider,
    /// Without a slash at the end.
    pub(super) url: Url,
}

/// Whether a path is the address of an object store, or looks like one, rather than a folder.
pub fn is_bucket_address(path: &Path) -> bool {
    path.to_str().and_then(|text| text.split_once("://")).is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

impl Address {
    /// # Errors
    /// It is not an address of a store that is known, or names no bucket.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let hint = "write s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX";
        let what = || format!("'{text}' is not the address of an object store");
        let mut url = Url::parse(text).or_cannot(what()).map_err(|error| error.hint(hint))?;
        let provider = match url.scheme() {
            "s3" | "s3a" => Provider::S3,
            "az" | "abfs" | "abfss" => Provider::Azure,
            "gs" => Provider::Google,
            _ => return Err(Error::new(what()).hint(hint)),
        };
        if url.host_str().is_none_or(str::is_empty) {
            return Err(Error::new(format!("the address '{text}' names no bucket")).hint(hint));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { provider, url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_folders() {
        for address in ["s3://b/lake", "az://c", "gs://b/x/", "http://example.com/x"] {
            assert!(is_bucket_address(Path::new(address)), "{address}");
        }
        for folder in ["lake", "/data/lake", "s3:/b", "./a://b", r"C:\lake"] {
            assert!(!is_bucket_address(Path::new(folder)), "{folder}");
        }
    }

    #[test]
    fn an_address_has_a_known_scheme_and_a_bucket() {
        let address = Address::parse("s3://bucket/a/b/").unwrap();
        assert_eq!((address.provider, address.url.as_str()), (Provider::S3, "s3://bucket/a/b"));
        for wrong in ["http://example.com/x", "s3:///x", "hdfs://n/x"] {
            let error = Address::parse(wrong).unwrap_err();
            assert!(error.hint_text().is_some_and(|hint| hint.contains("s3://BUCKET/PREFIX")), "{wrong}");
        }
    }
}
