//! JSON, one object a line, composed by hand into a reusable buffer.

use super::csv::push_timestamp;

/// Composes lines of JSON.
#[derive(Default)]
pub struct JsonLine {
    pub bytes: Vec<u8>,
    /// Whether the next member needs a comma before it.
    comma: bool,
}

impl JsonLine {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.comma = false;
    }
    pub fn open(&mut self) {
        self.bytes.push(b'{');
        self.comma = false;
    }
    pub fn close(&mut self) {
        self.bytes.push(b'}');
        self.comma = true;
    }
    /// A member that is an object: call `close` after its own members.
    pub fn object(&mut self, name: &str) {
        self.name(name);
        self.open();
    }
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }
    pub fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
    /// An amount in hundredths.
    pub fn cents(&mut self, name: &str, value: i64) {
        self.name(name);
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value / 100).as_bytes());
        self.bytes.extend_from_slice(&[b'.', b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
    }
    /// An instant in UTC, with seconds.
    pub fn instant(&mut self, name: &str, utc: i64) {
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
        self.string(name);
        self.bytes.push(b':');
    }

    fn string(&mut self, value: &str) {
        self.bytes.push(b'"');
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
        line.close();
        let text = String::from_utf8(line.bytes).unwrap();
        assert_eq!(text, r#"{"a":"q\"\\\u000a","b":-3,"c":{"d":12.05},"e":"1970-01-01T00:00:00Z"}"#);
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}
