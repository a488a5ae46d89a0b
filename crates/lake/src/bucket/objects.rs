//! Objects of a bucket, named relative to a prefix: listed, read and written.

use super::address::{Address, Provider};
use super::refusals::explain;
use crate::runtime::wait_for;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ingot_core::error::{Context as _, Error, Result};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{
    Error as StoreError, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, RetryConfig,
    WriteMultipart,
};
use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Objects up to this size are sent and fetched in one request, larger ones in parts of it.
const PART: u64 = 8 << 20;
/// Parts of one object that are under way at once.
const PARTS_AT_ONCE: usize = 2;
/// Objects that are fetched, and that are sent, at once. Each takes up to a few parts of memory.
const FETCHED_AT_ONCE: usize = 16;
const SENT_AT_ONCE: usize = 8;
/// A request that fails for a moment is tried again for so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where no answer comes at all when a bucket is opened, a person should not wait long to hear it.
const FIRST_PATIENCE: Duration = Duration::from_secs(8);

/// An object as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Relative to the bucket's prefix, with `/`.
    pub relative: String,
    pub bytes: u64,
    /// The store's word for its content (ETag): another content has another.
    pub tag: Option<String>,
    /// By the store's clock, milliseconds since 1970.
    pub modified: i64,
}

/// An object to be fetched.
#[derive(Debug, Clone)]
pub struct Fetch<'a> {
    pub relative: &'a str,
    pub bytes: u64,
    /// Nothing is fetched if the object has another content by now.
    pub tag: Option<&'a str>,
    pub to: PathBuf,
}

/// What became of an object that was to be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    Here,
    /// It has another content than when it was listed.
    Changed,
    Vanished,
}

/// A prefix in a bucket of an object store.
#[derive(Clone)]
pub struct Bucket {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: String,
    pub(super) url: Url,
    pub(super) provider: Provider,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.url)
    }
}

impl Bucket {
    /// Opens `s3://bucket/prefix` and sees whether it can be listed. Credentials, region and endpoint come from the environment, by
    /// the names that the stores' own tools use: `AWS_…`, `AZURE_…`, `GOOGLE_…`.
    ///
    /// # Errors
    /// The address is not understood, the store cannot be reached or refuses, or there is no such bucket.
    pub fn open(address: &str) -> Result<Self> {
        let address = Address::parse(address)?;
        let prefix = Key::from_url_path(address.url.path())
            .or_cannot("read the prefix of the address")?
            .as_ref()
            .to_owned();
        let with = |retry| -> Result<Self> {
            let store = store(&address, retry).map_err(|error| {
                explain(address.provider, "open the bucket", address.url.as_str(), &error)
            })?;
            Ok(Self { store, prefix: prefix.clone(), url: address.url.clone(), provider: address.provider })
        };
        let first =
            with(RetryConfig { max_retries: 2, retry_timeout: FIRST_PATIENCE, ..RetryConfig::default() })?;
        let under = (!first.prefix.is_empty()).then(|| Key::from(first.prefix.as_str()));
        let listed = wait_for(async { first.store.list(under.as_ref()).next().await.transpose() })?;
        listed.map_err(|error| first.refused("list the bucket", "", &error))?;
        with(RetryConfig { retry_timeout: PATIENCE, ..RetryConfig::default() })
    }

    /// `s3://bucket/prefix`.
    pub fn address(&self) -> &str {
        self.url.as_str()
    }

    /// The address of an object.
    pub fn address_of(&self, relative: &str) -> String {
        if relative.is_empty() { self.url.to_string() } else { format!("{}/{relative}", self.url) }
    }

    pub(super) fn key(&self, relative: &str) -> Result<Key> {
        let whole = match (self.prefix.is_empty(), relative.is_empty()) {
            (true, _) => relative.to_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => format!("{}/{relative}", self.prefix),
        };
        // As it is: a partition folder may have an escape in its name.
        Key::parse(&whole).or_cannot(format!("name the object {}", self.address_of(relative)))
    }

    pub(super) fn refused(&self, task: &str, relative: &str, error: &StoreError) -> Error {
        explain(self.provider, task, &self.address_of(relative), error)
    }

    /// Hands over every object below a folder, in the order of their names where the store lists so. A folder that is not there has
    /// none. Takes one request for a thousand objects.
    ///
    /// # Errors
    /// The store refuses, or `take` does.
    pub fn each(&self, folder: &str, mut take: impl FnMut(Object) -> Result<()>) -> Result<()> {
        let under = self.key(folder)?;
        let under = (!under.as_ref().is_empty()).then_some(under);
        let skip = if self.prefix.is_empty() { 0 } else { self.prefix.len() + 1 };
        let mut listed = self.store.list(under.as_ref());
        while let Some(found) = wait_for(listed.next())? {
            let found = found.map_err(|error| self.refused("list the objects", folder, &error))?;
            let Some(relative) = found.location.as_ref().get(skip..) else { continue };
            take(Object {
                relative: relative.to_owned(),
                bytes: found.size,
                tag: found.e_tag,
                modified: found.last_modified.timestamp_millis(),
            })?;
        }
        Ok(())
    }

    /// The bytes of an object; `None` if there is none.
    ///
    /// # Errors
    /// The store refuses.
    pub fn read(&self, relative: &str) -> Result<Option<Bytes>> {
        Ok(wait_for(self.read_dated(relative))??.map(|(bytes, _)| bytes))
    }

    /// The bytes of an object, and when it was written, by the store's clock in milliseconds since 1970.
    pub(super) async fn read_dated(&self, relative: &str) -> Result<Option<(Bytes, i64)>> {
        let key = self.key(relative)?;
        let found = async {
            let found = self.store.get(&key).await?;
            let written = found.meta.last_modified.timestamp_millis();
            Ok((found.bytes().await?, written))
        };
        match found.await {
            Ok(found) => Ok(Some(found)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.refused("read the object", relative, &error)),
        }
    }

    /// Fetches objects into files, several at once, and says of each what became of it.
    ///
    /// # Errors
    /// The store refuses, or the disk is full.
    pub fn fetch_all(&self, objects: &[Fetch<'_>]) -> Result<Vec<Fetched>> {
        let fetched = stream::iter(objects.iter().map(|object| self.fetch(object))).buffered(FETCHED_AT_ONCE);
        wait_for(fetched.try_collect())?
    }

    async fn fetch(&self, object: &Fetch<'_>) -> Result<Fetched> {
        let key = self.key(object.relative)?;
        let mut file = File::create(&object.to).or_cannot_at("create the file", &object.to)?;
        let mut from = 0;
        while from < object.bytes {
            let range = from..object.bytes.min(from + PART);
            from = range.end;
            let options = GetOptions {
                if_match: object.tag.map(str::to_owned),
                range: Some(range.into()),
                ..GetOptions::default()
            };
            let part = async { self.store.get_opts(&key, options).await?.bytes().await }.await;
            match part {
                Ok(part) => file.write_all(&part).or_cannot_at("write the file", &object.to)?,
                Err(StoreError::Precondition { .. }) => return Ok(Fetched::Changed),
                Err(StoreError::NotFound { .. }) => return Ok(Fetched::Vanished),
                Err(error) => return Err(self.refused("read the object", object.relative, &error)),
            }
        }
        Ok(Fetched::Here)
    }

    /// Writes an object if there is none of its name, in one step that only one writer can win. Gives whether the object is these
    /// bytes. An answer that was lost on its way is asked for: the bytes tell whose object it is, so they should be like no others.
    ///
    /// # Errors
    /// The store refuses. If its answer was lost and it does not answer again, the object may still be written.
    pub fn put_new(&self, relative: &str, bytes: &Bytes) -> Result<bool> {
        let key = self.key(relative)?;
        let payload = PutPayload::from(bytes.clone());
        match wait_for(self.store.put_opts(&key, payload, PutMode::Create.into()))? {
            Ok(_) => Ok(true),
            Err(error) => match self.read(relative) {
                Ok(Some(found)) => Ok(found == *bytes),
                _ => Err(self.refused("write the object", relative, &error)),
            },
        }
    }

    /// Sends files, several at once.
    ///
    /// # Errors
    /// A file cannot be read, or the store refuses.
    pub fn put_all(&self, files: &[(String, PathBuf)]) -> Result<()> {
        let sent = stream::iter(files.iter().map(|(relative, from)| self.send(relative, from)));
        wait_for(sent.buffer_unordered(SENT_AT_ONCE).try_collect())?
    }

    async fn send(&self, relative: &str, from: &Path) -> Result<()> {
        let key = self.key(relative)?;
        let refused = |error: StoreError| self.refused("write the object", relative, &error);
        let mut file = File::open(from).or_cannot_at("open the file", from)?;
        let bytes = file.metadata().or_cannot_at("read the file", from)?.len();
        let mut part = Vec::new();
        if bytes <= 2 * PART {
            file.read_to_end(&mut part).or_cannot_at("read the file", from)?;
            return self.store.put(&key, part.into()).await.map(drop).map_err(refused);
        }
        let upload = self.store.put_multipart(&key).await.map_err(refused)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART as usize);
        loop {
            part.clear();
            (&file).take(PART).read_to_end(&mut part).or_cannot_at("read the file", from)?;
            if part.is_empty() {
                break;
            }
            upload.wait_for_capacity(PARTS_AT_ONCE).await.map_err(refused)?;
            upload.write(&part);
        }
        upload.finish().await.map(drop).map_err(refused)
    }

    /// Copies an object within the bucket. Gives whether it was there.
    ///
    /// # Errors
    /// The store refuses.
    pub fn copy(&self, from: &str, to: &str) -> Result<bool> {
        let (key, target) = (self.key(from)?, self.key(to)?);
        match wait_for(self.store.copy(&key, &target))? {
            Ok(()) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.refused("copy the object", from, &error)),
        }
    }

    /// Removes objects, which need not be there.
    ///
    /// # Errors
    /// The store refuses.
    pub fn remove(&self, relatives: &[String]) -> Result<()> {
        for relative in relatives {
            let key = self.key(relative)?;
            match wait_for(self.store.delete(&key))? {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.refused("remove the object", relative, &error)),
            }
        }
        Ok(())
    }

    /// Sees to it that of two writers of one new object only one can win: commits have no other lock. `marker` names an object that
    /// is there for this alone.
    ///
    /// # Errors
    /// The store overwrites what it should keep, or refuses.
    pub fn check_conditional_puts(&self, marker: &str) -> Result<()> {
        let own = || Bytes::from(uuid::Uuid::new_v4().to_string());
        if self.put_new(marker, &own())? && self.put_new(marker, &own())? {
            return Err(Error::new(
                "the object store overwrites an object that it was told to keep, so two loads could overwrite each other's commits",
            )
            .at(self.address())
            .hint("load into a store with conditional writes (If-None-Match), such as Amazon S3, MinIO, Azure or Google Cloud Storage"));
        }
        Ok(())
    }
}

fn store(address: &Address, retry: RetryConfig) -> Result<Arc<dyn ObjectStore>, StoreError> {
    let url = address.url.as_str();
    Ok(match address.provider {
        Provider::S3 => Arc::new(AmazonS3Builder::from_env().with_url(url).with_retry(retry).build()?),
        Provider::Azure => {
            Arc::new(MicrosoftAzureBuilder::from_env().with_url(url).with_retry(retry).build()?)
        }
        Provider::Google => {
            Arc::new(GoogleCloudStorageBuilder::from_env().with_url(url).with_retry(retry).build()?)
        }
    })
}
