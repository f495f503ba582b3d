//! JSON objects, read field by field.
//!
//! Not by serde's derive: it makes 2 to 4 kB of wasm for every type, all of App B's types together a third of its size.

use logout_event::wire::{TabMessage, Teller};
use logout_event::{Channel, LogoutEvent, SessionRef};
use serde_json::{Map, Value, json};

/// A JSON object. Each reader gives None if the field is not what it should be.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    /// The object in a value.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// A string.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    /// A string that may be absent, or null.
    pub(crate) fn optional_text(self, name: &str) -> Option<Option<String>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => value.as_str().map(|text| Some(text.to_owned())),
        }
    }

    /// A whole number, zero or more.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        self.value(name)?.as_u64()
    }

    /// A whole number, zero or more, that may be absent, or null.
    pub(crate) fn optional_number(self, name: &str) -> Option<Option<u64>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => value.as_u64().map(Some),
        }
    }

    /// True or false, with a value for when it is absent.
    pub(crate) fn flag(self, name: &str, otherwise: bool) -> Option<bool> {
        self.value(name).map_or(Some(otherwise), Value::as_bool)
    }

    /// An object.
    pub(crate) fn object(self, name: &str) -> Option<Self> {
        Self::of(self.value(name)?)
    }

    /// Whatever is there, but null.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// Reads what `read` makes of the object in this text.
pub(crate) fn parse<T>(json: &str, read: impl FnOnce(Object<'_>) -> Option<T>) -> Option<T> {
    let value: Value = serde_json::from_str(json).ok()?;
    read(Object::of(&value)?)
}

/// Reads a [`SessionRef`].
pub(crate) fn session(object: Object<'_>) -> Option<SessionRef> {
    Some(SessionRef {
        iss: object.text("iss")?,
        sid: object.optional_text("sid")?,
        sub: object.text("sub")?,
        auth_time: object.number("auth_time")?,
    })
}

/// Reads a [`LogoutEvent`].
pub(crate) fn event(object: Object<'_>) -> Option<LogoutEvent> {
    Some(LogoutEvent {
        iss: object.text("iss")?,
        sid: object.optional_text("sid")?,
        sub: object.optional_text("sub")?,
        channel: Channel::from_name(object.value("channel")?.as_str()?)?,
        not_before: object.number("not_before")?,
    })
}

/// Reads a [`TabMessage`].
pub(crate) fn message(object: Object<'_>) -> Option<TabMessage> {
    let from = match object.value("from")?.as_str()? {
        "frame" => Teller::Frame,
        "tab" => Teller::Tab,
        _ => return None,
    };
    Some(TabMessage { from, event: event(object.object("event")?)? })
}

/// Writes a [`SessionRef`].
pub(crate) fn session_value(session: &SessionRef) -> Value {
    let SessionRef { iss, sid, sub, auth_time } = session;
    json!({ "iss": iss, "sid": sid, "sub": sub, "auth_time": auth_time })
}

/// Writes a [`TabMessage`].
pub(crate) fn message_value(message: &TabMessage) -> Value {
    let TabMessage { from, event: LogoutEvent { iss, sid, sub, channel, not_before } } = message;
    let from = match from {
        Teller::Frame => "frame",
        Teller::Tab => "tab",
    };
    let event = json!({ "iss": iss, "sid": sid, "sub": sub, "channel": channel.as_str(), "not_before": not_before });
    json!({ "from": from, "event": event })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These readers and writers agree with the derived ones, which the servers use.
    #[test]
    fn the_shared_types_are_read_and_written_as_serde_does() {
        for (sid, sub) in [(Some("s1"), None), (None, Some("u1")), (Some("s1"), Some("u1"))] {
            for channel in
                [Channel::RpInitiated, Channel::FrontChannel, Channel::BackChannel, Channel::Provider, Channel::Expired]
            {
                for from in [Teller::Frame, Teller::Tab] {
                    let event = LogoutEvent {
                        iss: "op".to_owned(),
                        sid: sid.map(str::to_owned),
                        sub: sub.map(str::to_owned),
                        channel,
                        not_before: 7,
                    };
                    let message = TabMessage { from, event };
                    let value = serde_json::to_value(&message).unwrap();
                    assert_eq!(message_value(&message), value);
                    assert_eq!(super::message(Object::of(&value).unwrap()), Some(message));
                }
            }
        }
        let session = SessionRef { iss: "op".to_owned(), sid: None, sub: "u1".to_owned(), auth_time: 100 };
        let value = serde_json::to_value(&session).unwrap();
        assert_eq!(session_value(&session), value);
        assert_eq!(super::session(Object::of(&value).unwrap()), Some(session));
    }

    #[test]
    fn a_field_of_another_kind_is_refused() {
        let value = json!({ "text": "a", "number": 7, "negative": -1, "half": 0.5, "flag": true, "null": null });
        let object = Object::of(&value).unwrap();
        assert_eq!(object.text("text").as_deref(), Some("a"));
        assert_eq!((object.text("number"), object.text("absent"), object.text("null")), (None, None, None));
        assert_eq!((object.optional_text("absent"), object.optional_text("null")), (Some(None), Some(None)));
        assert_eq!(object.optional_text("number"), None);
        assert_eq!((object.number("number"), object.number("negative"), object.number("half")), (Some(7), None, None));
        assert_eq!((object.optional_number("absent"), object.optional_number("text")), (Some(None), None));
        assert_eq!((object.flag("flag", false), object.flag("absent", true)), (Some(true), Some(true)));
        assert_eq!(object.flag("text", true), None);
        assert!(Object::of(&Value::Null).is_none() && object.object("text").is_none());
    }
}
