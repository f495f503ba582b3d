use crate::json::{self, Json, Object};

/// A note, as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) text: String,
    /// Seconds since the Unix epoch.
    pub(crate) created_at: u64,
}

impl Note {
    fn read(json: &Json) -> Option<Self> {
        let object = Object::of(json)?;
        let (id, text, created_at) = (object.integer("id")?, object.text("text")?, object.number("created_at")?);
        Some(Self { id, text: text.to_owned(), created_at })
    }
}

/// Reads the answer to `GET /api/notes`.
pub(crate) fn parse_list(json: &str) -> Option<Vec<Note>> {
    json::parse(json, |object| object.value("notes")?.as_list()?.iter().map(Note::read).collect())
}

/// The body of `POST /api/notes`.
pub(crate) fn new_note(text: &str) -> String {
    Json::object([("text", text.into())]).write()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_and_written() {
        let json = r#"{"notes":[{"id":1,"text":"Milk","created_at":1790000000}]}"#;
        let note = Note { id: 1, text: "Milk".to_owned(), created_at: 1_790_000_000 };
        assert_eq!(parse_list(json), Some(vec![note]));
        assert_eq!(parse_list("[]"), None);
        assert_eq!(new_note("say \"hi\""), r#"{"text":"say \"hi\""}"#);
    }
}
