use super::text;

/// How deep values may stand in each other; a text that goes deeper is refused.
pub(super) const MAX_DEPTH: usize = 64;

/// The largest whole number that every reader of JSON keeps as it is (RFC 8259 section 6).
pub(super) const MAX_NUMBER: i64 = (1 << 53) - 1;

/// A JSON value, as far as App B needs it: numbers are whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// A number that is not whole, or too large. It can be read over; written, it is null.
    Other,
}

impl Json {
    /// An object with these fields.
    pub(crate) fn object<const N: usize>(fields: [(&str, Self); N]) -> Self {
        Self::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Reads a text. Of two fields with one name the last counts.
    pub(crate) fn read(text: &str) -> Option<Self> {
        text::read(text)
    }

    /// Writes the text.
    pub(crate) fn write(&self) -> String {
        let mut text = String::new();
        self.write_to(&mut text);
        text
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Self::Null | Self::Other => out.push_str("null"),
            Self::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => write_text(text, out),
            Self::List(list) => {
                let mut before = '[';
                for value in list {
                    out.push(before);
                    value.write_to(out);
                    before = ',';
                }
                close(before, '[', "]", out);
            }
            Self::Object(fields) => {
                let mut before = '{';
                for (name, value) in fields {
                    out.push(before);
                    write_text(name, out);
                    out.push(':');
                    value.write_to(out);
                    before = ',';
                }
                close(before, '{', "}", out);
            }
        }
    }

    /// The string in it.
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The list in it.
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }
}

/// Ends a list or an object, of which nothing was written yet if it is empty.
fn close(before: char, open: char, close: &str, out: &mut String) {
    if before == open {
        out.push(open);
    }
    out.push_str(close);
}

/// RFC 8259 section 7.
fn write_text(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' => {
                let code = usize::from(character as u8);
                out.push_str("\\u00");
                out.extend([HEX[code >> 4], HEX[code & 15]].map(char::from));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Json {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Option<String>> for Json {
    fn from(text: &Option<String>) -> Self {
        text.as_ref().map_or(Self::Null, Self::from)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        if number.unsigned_abs() <= MAX_NUMBER.unsigned_abs() { Self::Number(number) } else { Self::Other }
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Other, Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        // By name, as the stand-in on the host gives them.
        let json = Json::object([
            ("absent", (&None).into()),
            ("flag", Json::Flag(true)),
            ("list", Json::List(vec![Json::object([]), Json::List(vec![])])),
            ("negative", Json::Number(-7)),
            ("number", 7_u64.into()),
            ("text", "say \"hi\"\n".into()),
        ]);
        let text = r#"{"absent":null,"flag":true,"list":[{},[]],"negative":-7,"number":7,"text":"say \"hi\"\u000a"}"#;
        assert_eq!(json.write(), text);
        assert_eq!(Json::read(text), Some(json));
    }

    #[test]
    fn what_app_b_never_needs_is_read_over() {
        for text in ["0.5", "-1e-3", "9007199254740992", "18446744073709551615"] {
            assert_eq!(Json::read(text), Some(Json::Other), "{text}");
        }
        assert_eq!(Json::from(u64::MAX), Json::Other);
        assert_eq!(Json::from(1_u64 << 53), Json::Other);
        assert_eq!(Json::read("9007199254740991"), Some(Json::Number(MAX_NUMBER)));
        assert_eq!(Json::read("1e3"), Some(Json::Number(1_000)));
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for text in ["", "{", "{}{}", "nul", r#"{"a":}"#, &nested(MAX_DEPTH + 1), &nested(1_000)] {
            assert_eq!(Json::read(text), None, "{text}");
        }
        assert!(Json::read(&nested(MAX_DEPTH)).is_some());
    }

    #[test]
    fn the_last_of_two_fields_with_one_name_counts() {
        let expected = Json::object([("a", 2_u64.into())]);
        assert_eq!(Json::read(r#"{"a":1,"\u0061":2}"#), Some(expected));
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Flag),
            (-MAX_NUMBER..=MAX_NUMBER).prop_map(Json::Number),
            any::<String>().prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::List),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_again(json in any_json()) {
            let text = json.write();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
            prop_assert_eq!(Json::read(&text), Some(json));
        }
    }
}
