//! A message as a line of JSON.

/// One line without its end; `None` if there is nothing in the message. JSON is the same with spaces in place of its line
/// breaks, since its texts have none; what is not JSON stays readable and is rejected by its contract.
pub(super) fn as_line(message: &[u8]) -> Option<Vec<u8>> {
    let message = message.trim_ascii();
    if message.is_empty() {
        return None;
    }
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    Some(message.iter().map(|byte| if is_break(byte) { b' ' } else { *byte }).collect())
}

/// The lines of a text, each with its number, without empty ones.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.map(|(index, line)| (index + 1, line.trim_ascii())).filter(|(_, line)| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(as_line(b"{\"a\": 1}\n").unwrap(), b"{\"a\": 1}");
        assert_eq!(as_line(b" {\r\n  \"a\": \"x\\ny\"\n}").unwrap(), b"{    \"a\": \"x\\ny\" }");
        assert_eq!(as_line(b" \n"), None);
        assert_eq!(as_line(b"no\njson").unwrap(), b"no json");
    }

    #[test]
    fn lines_keep_their_numbers() {
        let found: Vec<(usize, &[u8])> = lines(b"{}\r\n\n {\"b\":2}").collect();
        assert_eq!(found, [(1, &b"{}"[..]), (3, &b"{\"b\":2}"[..])]);
    }
}
