//! A Parquet file in a bucket, of which only the parts are fetched that are read.

use super::objects::Bucket;
use crate::runtime::wait_for;
use bytes::{Buf as _, Bytes};
use ingot_core::error::Result;
use object_store::ObjectStoreExt as _;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

/// An object that is read by ranges.
pub struct ObjectChunks {
    bucket: Bucket,
    relative: String,
    bytes: u64,
}

impl ObjectChunks {
    /// The object of this name and size.
    pub fn new(bucket: &Bucket, relative: &str, bytes: u64) -> Result<Self> {
        bucket.key(relative)?;
        Ok(Self { bucket: bucket.clone(), relative: relative.to_owned(), bytes })
    }

    fn range(&self, from: u64, to: u64) -> ParquetResult<Bytes> {
        let outside = |error: ingot_core::error::Error| ParquetError::External(error.to_string().into());
        let key = self.bucket.key(&self.relative).map_err(outside)?;
        wait_for(self.bucket.store.get_range(&key, from..to))
            .map_err(outside)?
            .map_err(|error| outside(self.bucket.refused("read the object", &self.relative, &error)))
    }
}

impl Length for ObjectChunks {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for ObjectChunks {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(self.range(start, self.bytes)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.range(start, start + length as u64)
    }
}
