//! CSV and JSON lines that come compressed.

use crate::feed::Feed;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn feed(format: &str) -> Feed {
    Feed::new(format, &format!("t*.{format}"), "", "id i64 {required: true}\ntext str")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 3).unwrap()
}

#[test]
fn both_ways_of_compressing_are_found_and_read() {
    let csv = "id,text\n1,a\nx,b\n";
    let feed = feed("csv");
    feed.write("t1.csv.gz", gzip(csv.as_bytes()))
        .write("t2.csv.zst", zstd(csv.as_bytes()))
        // Streams behind each other, as `cat a.gz b.gz` makes them.
        .write("t3.csv.gz", [gzip(b"id,te"), gzip(b"xt\n2,b\n3,"), gzip(b"c\n")].concat())
        .write("t4.csv.zst", [zstd(b"id,te"), zstd(b"xt\n4,"), zstd(b"d\n")].concat())
        // Names that lie.
        .write("t5.csv", gzip(b"id,text\n5,e\n"))
        .write("t6.csv.gz", "id,text\n6,f\n")
        .write("t7.csv.gz", zstd(b"id,text\n7,g\n"));
    let summary = feed.load();
    assert!(summary.files.iter().all(|file| file.error.is_none()), "{summary:?}");
    assert_eq!(
        feed.shown(),
        [
            "id=1 text=a",
            "id=1 text=a",
            "id=2 text=b",
            "id=3 text=c",
            "id=4 text=d",
            "id=5 text=e",
            "id=6 text=f",
            "id=7 text=g"
        ]
    );
    // Places are those of the expanded file; sizes those of the file.
    assert!(feed.rejects().iter().all(|reject| (reject.line, reject.byte_offset) == (Some(3), Some(12))));
    for file in &summary.files {
        assert_eq!(file.bytes, std::fs::metadata(feed.raw(&file.path)).unwrap().len());
    }
    assert_eq!(feed.load().read(), 0);

    let feed = self::feed("jsonl");
    feed.write("t.jsonl.gz", gzip(b"{\"id\":1}\n{\"id\":2}")).write("t.jsonl.zst", zstd(b""));
    assert_eq!(feed.load().read(), 2);
}

#[test]
fn of_a_stream_that_ends_early_nothing_is_loaded() {
    let mut text = b"id,text\n".to_vec();
    for row in 0..200_000 {
        text.extend(format!("{row},{}\n", row * 7919 % 1009).into_bytes());
    }
    for (name, bytes) in [("t.csv.gz", gzip(&text)), ("t.csv.zst", zstd(&text))] {
        for length in [bytes.len() - 1, bytes.len() / 2, 9, 5, 0] {
            let feed = feed("csv");
            feed.write(name, &bytes[..length]);
            assert_eq!(feed.failure(), "TRUNCATED", "{name} {length}");
        }
        let mut damaged = bytes.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x55;
        damaged[middle + 1] ^= 0xAA;
        let feed = feed("csv");
        let code = feed.write(name, &damaged).failure();
        assert!(["BAD_COMPRESSION", "TRUNCATED"].contains(&code.as_str()), "{name}: {code}");
    }
    // Bytes after the stream that are not a stream.
    let feed = feed("csv");
    assert_eq!(
        feed.write(
            "t.csv.gz",
            [gzip(b"id,text\n"), b"rubbish that is longer than a header".to_vec()].concat()
        )
        .failure(),
        "BAD_COMPRESSION"
    );
}

#[test]
fn a_file_that_expands_too_far_is_refused() {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(b"id,text\n").unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&zeros).unwrap();
    }
    let feed = feed("csv");
    assert_eq!(feed.write("t.csv.zst", encoder.finish().unwrap()).failure(), "EXPANDS_TOO_FAR");
}
