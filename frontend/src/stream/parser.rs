//! The event stream format: [HTML](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! section 9.2.5.

/// The longest event, in bytes.
const MAX_EVENT: usize = 16 * 1024;

/// An event of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The `event:` field; `message` without one.
    pub(super) name: String,
    /// The `data:` fields, one per line.
    pub(super) data: String,
}

/// The server sends more than an event may hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes the stream as it comes, in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    after_carriage_return: bool,
    begun: bool,
    name: String,
    data: String,
    last_event_id: Option<String>,
}

impl Parser {
    /// A parser for the next connection, which knows how far the one before came.
    pub(super) fn resume(last_event_id: Option<String>) -> Self {
        Self { last_event_id, ..Self::default() }
    }

    /// Takes the next piece and gives the events that it completes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == b'\r');
            match byte {
                b'\n' if after_carriage_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > MAX_EVENT {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    /// The value for the `Last-Event-ID` header, if an event had an id.
    pub(super) fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = if self.begun { &*line } else { line.strip_prefix('\u{feff}').unwrap_or(&line) };
        self.begun = true;
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.last_event_id = Some(value.to_owned()),
            // A comment has an empty field name; `retry` is not needed; others are ignored.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        // The last line's end does not belong to the data, and without data there is no event.
        data.pop()?;
        Some(Event { name: if name.is_empty() { "message".to_owned() } else { name }, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn the_format_is_read() {
        let table = [
            (": hello\n\n", vec![]),
            ("event: sign-out\nid: 7\ndata: {}\n\n", vec![event("sign-out", "{}")]),
            ("data:a\ndata: b\n\n", vec![event("message", "a\nb")]),
            ("data:  two spaces\n\n", vec![event("message", " two spaces")]),
            ("data\n\n", vec![event("message", "")]),
            ("event: sign-out\n\ndata: x\n\n", vec![event("message", "x")]),
            ("\u{feff}data: x\n\n", vec![event("message", "x")]),
            (
                "data: x\r\n\r\ndata: y\r\rdata: z\n\n",
                vec![event("message", "x"), event("message", "y"), event("message", "z")],
            ),
            ("retry: 10\nfoo: bar\ndata: x\n\n", vec![event("message", "x")]),
            ("data: unfinished\n", vec![]),
            ("data: Zoë ❤\n\n", vec![event("message", "Zoë ❤")]),
        ];
        for (text, expected) in table {
            assert_eq!(Parser::default().push(text.as_bytes()), Ok(expected.clone()), "{text:?}");
            let mut parser = Parser::default();
            let bytewise: Vec<_> = text.bytes().flat_map(|byte| parser.push(&[byte]).unwrap()).collect();
            assert_eq!(bytewise, expected, "{text:?}, byte by byte");
        }
    }

    #[test]
    fn the_last_id_is_kept() {
        let mut parser = Parser::default();
        assert_eq!(parser.last_event_id(), None);
        parser.push(b"id: 7\ndata: x\n\ndata: y\n\n").unwrap();
        assert_eq!(parser.last_event_id(), Some("7"));
        parser.push(b"id: 8\0\ndata: z\n\n").unwrap();
        assert_eq!(parser.last_event_id(), Some("7"));
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut parser = Parser::default();
        assert_eq!(parser.push(&[b'x'; MAX_EVENT]), Ok(vec![]));
        assert_eq!(parser.push(b"x"), Err(TooLong));
        let mut parser = Parser::default();
        assert_eq!(parser.push(b"data: x\n".repeat(MAX_EVENT).as_slice()), Err(TooLong));
        let mut parser = Parser::default();
        assert!(parser.push(b"data: x\n\n".repeat(MAX_EVENT).as_slice()).is_ok());
    }
}
