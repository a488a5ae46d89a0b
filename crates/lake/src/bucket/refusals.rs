//! What the refusal of an object store means, and what to do about it.

use super::address::Provider;
use ingot_core::error::{Error, Kind};
use object_store::Error as StoreError;

impl Provider {
    fn store(self) -> &'static str {
        match self {
            Self::S3 => "the object store",
            Self::Azure => "Azure Blob Storage",
            Self::Google => "Google Cloud Storage",
        }
    }

    fn credentials(self) -> &'static str {
        match self {
            Self::S3 => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; profiles are not read: \
                 `aws configure export-credentials --format env` prints one as variables"
            }
            Self::Azure => {
                "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_SAS_TOKEN, or the AZURE_CLIENT_ID, \
                 AZURE_CLIENT_SECRET and AZURE_TENANT_ID of an application"
            }
            Self::Google => {
                "set GOOGLE_APPLICATION_CREDENTIALS, or GOOGLE_SERVICE_ACCOUNT, to the file of a service account's key"
            }
        }
    }

    fn endpoint(self) -> &'static str {
        match self {
            Self::S3 => {
                "check the network and AWS_ENDPOINT_URL; without it, requests go to Amazon, to the region in AWS_REGION"
            }
            Self::Azure => "check the network, the account's name and AZURE_STORAGE_ENDPOINT",
            Self::Google => "check the network and GOOGLE_BASE_URL",
        }
    }
}

/// An error for what a store refused: what, where, and what to do next.
pub(super) fn explain(provider: Provider, task: &str, address: &str, error: &StoreError) -> Error {
    let text = whole(error);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let store = provider.store();
    let (what, hint, kind) = if has(&[
        "NoSuchBucket",
        "ContainerNotFound",
        "The specified bucket does not exist",
    ]) {
        let what = "bucket";
        let kind = Kind::NotFound { what, name: address.to_owned() };
        ("there is no such bucket".to_owned(), "create the bucket, or correct the address", kind)
    } else if has(&[
        "169.254.169.254",
        "metadata.google.internal",
        "/latest/api/token",
        "Missing AccessKeyId",
        "Missing SecretAccessKey",
    ]) {
        ("no credentials were found for the bucket".to_owned(), provider.credentials(), Kind::Invalid)
    } else if has(&[
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "AuthenticationFailed",
        "ExpiredToken",
        "InvalidToken",
        "InvalidClientTokenId",
    ]) || matches!(error, StoreError::Unauthenticated { .. })
    {
        (format!("{store} does not accept the credentials"), provider.credentials(), Kind::Invalid)
    } else if has(&["AuthorizationHeaderMalformed", "PermanentRedirect", "IncorrectEndpoint"]) {
        (
            "the bucket is in another region".to_owned(),
            "set AWS_REGION to the region of the bucket",
            Kind::Invalid,
        )
    } else if matches!(error, StoreError::PermissionDenied { .. })
        || has(&["AccessDenied", "status: 403", "403 Forbidden"])
    {
        (
            format!("{store} does not permit it: cannot {task}"),
            "give the credentials the right to list the bucket, and to read, write and delete its objects",
            Kind::Invalid,
        )
    } else if has(&["URL scheme is not allowed", "HTTP URLs are not supported", "BadScheme"]) {
        (
            "the endpoint has no TLS, and is not used without permission".to_owned(),
            "set AWS_ALLOW_HTTP=true, or give the endpoint as https://",
            Kind::Invalid,
        )
    } else if has(&[
        "error sending request",
        "dns error",
        "tcp connect",
        "Connection refused",
        "operation timed out",
    ]) {
        (
            format!("{store} does not answer: cannot {task}"),
            provider.endpoint(),
            Kind::Io(std::io::ErrorKind::NotConnected),
        )
    } else if has(&["NotImplemented", "not implemented"]) {
        (
            format!("{store} lacks what is needed: cannot {task}"),
            "use a store with conditional writes (If-None-Match), such as Amazon S3, MinIO, Azure or Google Cloud Storage",
            Kind::Invalid,
        )
    } else {
        (format!("cannot {task}"), provider.endpoint(), Kind::Io(std::io::ErrorKind::Other))
    };
    Error::new(what).of_kind(kind).at(address).hint(hint).caused_by(short(&text))
}

/// The error with all that caused it.
fn whole(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Answers of stores are documents, of which a person needs the code and the sentence.
fn short(text: &str) -> String {
    let inside = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(inside, _)| inside)
    };
    match (inside("Code"), inside("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => text.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Error {
        let error = StoreError::Generic { store: "S3", source: text.to_owned().into() };
        explain(Provider::S3, "list the bucket", "s3://b/lake", &error)
    }

    #[test]
    fn each_refusal_says_what_to_set() {
        for (answer, hint) in [
            ("<Error><Code>NoSuchBucket</Code><Message>no</Message></Error>", "create the bucket"),
            ("<Code>SignatureDoesNotMatch</Code>", "AWS_SECRET_ACCESS_KEY"),
            ("error sending request for url (http://169.254.169.254/latest/api/token)", "AWS_ACCESS_KEY_ID"),
            ("Missing SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
            ("<Code>AccessDenied</Code>", "the right to list"),
            ("builder error: URL scheme is not allowed", "AWS_ALLOW_HTTP=true"),
            ("error sending request for url (https://nowhere/)", "AWS_ENDPOINT_URL"),
            ("<Code>PermanentRedirect</Code>", "AWS_REGION"),
        ] {
            let error = refusal(answer);
            assert!(error.hint_text().is_some_and(|found| found.contains(hint)), "{answer}: {error:?}");
        }
    }

    #[test]
    fn an_answer_is_shortened_to_what_it_says() {
        assert_eq!(short("x <Error><Code>A</Code><Message>b c</Message></Error>"), "A: b c");
        assert_eq!(short("one\ntwo"), "one");
    }
}
