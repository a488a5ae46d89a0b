//! What holds for any bytes whatever: no panic, and not a byte of the file is lost.
//!
//! `INGOT_FUZZ_SECONDS` makes it go on for so long.

use super::scanner::line_ends;
use super::{Fault, Marks, Scanner};
use crate::read::text_buffer::TextBuffer;
use crate::read_error::FileFailure;
use ingot_contract::{CsvForm, Encoding};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::io::Read;
use std::time::{Duration, Instant};

/// Gives a few bytes at a time, a different number each time.
struct Drip<'a>(&'a [u8], usize);
impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 * 7 % 11 + 1;
        let count = self.1.min(self.0.len()).min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Every record: line, byte offset, text, fault, fields.
type Seen = (u64, u64, Vec<u8>, Option<Fault>, Vec<Vec<u8>>);

fn records(input: impl Read, encoding: Encoding, form: &CsvForm) -> Result<Vec<Seen>, FileFailure> {
    let mut scanner = Scanner::after(0, TextBuffer::open(input, encoding)?, Marks::of(form), None);
    let mut seen = Vec::new();
    while let Some(record) = scanner.next()? {
        // Of a record with a fault only its text is asked.
        let width = if record.fault.is_none() { scanner.width() } else { 0 };
        let fields = (0..width).map(|index| scanner.field(index).to_vec()).collect();
        seen.push((record.line, record.byte_offset, scanner.raw(&record).to_vec(), record.fault, fields));
    }
    Ok(seen)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"a"[..],
        b"b1",
        b",",
        b";",
        b"\"",
        b"\"\"",
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b"\xC3\xA9",
        b"\xF0\x9F\x98\x80",
        b"\xFF",
        b"\xED\xA0\x80",
        b"\\",
        b"'",
        b"\xEF\xBB\xBF",
        b" ",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn form() -> impl Strategy<Value = CsvForm> {
    (
        prop::sample::select(vec![b',', b';', b'a']),
        prop::sample::select(vec![Some(b'"'), Some(b'\''), None]),
        prop::sample::select(vec![None, Some(b'\\')]),
    )
        .prop_map(|(delimiter, quote, escape)| CsvForm {
            delimiter,
            quote,
            escape,
            ..CsvForm::default()
        })
}

fn check(text: &[u8], form: &CsvForm) -> Result<(), TestCaseError> {
    let Ok(seen) = records(text, Encoding::Utf8, form) else { return Ok(()) };
    let mark = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let mut at = mark;
    for (line, offset, raw, _, _) in &seen {
        let offset = *offset as usize;
        prop_assert!(offset >= at);
        // Between records there are ends of lines and nothing else.
        prop_assert!(text[at..offset].iter().all(|byte| matches!(byte, b'\r' | b'\n')));
        prop_assert_eq!(&text[offset..offset + raw.len()], &raw[..]);
        prop_assert_eq!(*line, 1 + line_ends(&text[..offset]));
        at = offset + raw.len();
    }
    prop_assert!(text[at..].iter().all(|byte| matches!(byte, b'\r' | b'\n')));
    // How the bytes come makes no difference.
    prop_assert_eq!(&records(Drip(text, 3), Encoding::Utf8, form).unwrap(), &seen);

    // In other encodings the same text gives the same records, at the places of that encoding.
    let Ok(text) = std::str::from_utf8(&text[mark..]) else { return Ok(()) };
    if text.starts_with('\u{feff}') {
        return Ok(());
    }
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let theirs = records(Drip(&utf16, 1), Encoding::Utf16Be, form).unwrap();
    let units = |text: &str| text.encode_utf16().count() as u64 * 2;
    prop_assert_eq!(theirs.len(), seen.len());
    for (theirs, ours) in theirs.iter().zip(&seen) {
        prop_assert_eq!((theirs.0, &theirs.2, theirs.3, &theirs.4), (ours.0, &ours.2, ours.3, &ours.4));
        prop_assert_eq!(theirs.1, units(&text[..ours.1 as usize - mark]));
    }
    Ok(())
}

#[test]
fn records_cover_the_file() {
    let seconds = std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    loop {
        TestRunner::new(config.clone()).run(&(bytes(), form()), |(text, form)| check(&text, &form)).unwrap();
        TestRunner::new(config.clone())
            .run(&(prop::collection::vec(any::<u8>(), 0..200), form()), |(text, form)| check(&text, &form))
            .unwrap();
        if Instant::now() >= until {
            break;
        }
    }
}
