//! JSON, one object a line, composed by hand into a reusable buffer.

use super::csv::push_timestamp;

/// Composes lines of JSON.
#[derive(Default)]
pub(crate) struct JsonLine {
    pub(crate) bytes: Vec<u8>,
    /// Whether the next member needs a comma before it.
    comma: bool,
}

impl JsonLine {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.comma = false;
    }
    pub(crate) fn open(&mut self) {
        self.bytes.push(b'{');
        self.comma = false;
    }
    pub(crate) fn close(&mut self) {
        self.bytes.push(b'}');
        self.comma = true;
    }
    /// A member that is an object: call `close` after its own members.
    pub(crate) fn object(&mut self, name: &str) {
        self.name(name);
        self.open();
    }
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }
    pub(crate) fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
    /// A text that ends with a number of at least so many digits: `EVT-19358-0000001`.
    pub(crate) fn numbered(&mut self, name: &str, before: &str, number: u64, digits: usize) {
        self.name(name);
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(before.as_bytes());
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(number);
        self.bytes.resize(self.bytes.len() + digits.saturating_sub(text.len()), b'0');
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'"');
    }
    /// Sixteen hexadecimal digits.
    pub(crate) fn hexadecimal(&mut self, name: &str, value: u64) {
        self.name(name);
        self.bytes.push(b'"');
        for shift in (0..16).rev() {
            self.bytes.push(b"0123456789abcdef"[(value >> (shift * 4) & 15) as usize]);
        }
        self.bytes.push(b'"');
    }
    /// An amount in hundredths.
    pub(crate) fn cents(&mut self, name: &str, value: i64) {
        self.name(name);
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value / 100).as_bytes());
        self.bytes.extend_from_slice(&[b'.', b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
    }
    /// An instant in UTC, with seconds.
    pub(crate) fn instant(&mut self, name: &str, utc: i64) {
        self.name(name);
        self.bytes.push(b'"');
        push_timestamp(&mut self.bytes, utc, 0);
        // +00:00 is written as Z.
        self.bytes.truncate(self.bytes.len() - 6);
        self.bytes.extend_from_slice(b"Z\"");
    }

    fn name(&mut self, name: &str) {
        if self.comma {
            self.bytes.push(b',');
        }
        self.comma = true;
        // Names are ours, and have nothing in them that must be escaped.
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    fn string(&mut self, value: &str) {
        self.bytes.push(b'"');
        if value.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
            self.bytes.extend_from_slice(value.as_bytes());
            self.bytes.push(b'"');
            return;
        }
        for byte in value.bytes() {
            match byte {
                b'"' | b'\\' => self.bytes.extend_from_slice(&[b'\\', byte]),
                0..0x20 => self.bytes.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.bytes.push(byte),
            }
        }
        self.bytes.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_composed_is_json() {
        let mut line = JsonLine::default();
        line.open();
        line.text("a", "q\"\\\n");
        line.int("b", -3);
        line.object("c");
        line.cents("d", 1205);
        line.close();
        line.instant("e", 0);
        line.numbered("f", "N-", 42, 5);
        line.hexadecimal("g", 0x1f);
        line.close();
        let text = String::from_utf8(line.bytes).unwrap();
        assert_eq!(
            text,
            r#"{"a":"q\"\\\u000a","b":-3,"c":{"d":12.05},"e":"1970-01-01T00:00:00Z","f":"N-00042","g":"000000000000001f"}"#
        );
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}
