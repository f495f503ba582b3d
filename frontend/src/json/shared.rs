//! The types that App B shares with its server and with the front-channel page, as their derived serde writes them.

use logout_event::wire::{TabMessage, Teller};
use logout_event::{Channel, LogoutEvent, SessionRef};

use super::{Json, Object};

/// Reads a [`SessionRef`].
pub(crate) fn session(object: Object<'_>) -> Option<SessionRef> {
    let (iss, sid, sub) = (object.text("iss")?, object.optional_text("sid")?, object.text("sub")?);
    let auth_time = object.number("auth_time")?;
    Some(SessionRef { iss: iss.to_owned(), sid: sid.map(str::to_owned), sub: sub.to_owned(), auth_time })
}

/// Writes a [`SessionRef`].
pub(crate) fn session_value(session: &SessionRef) -> Json {
    let SessionRef { iss, sid, sub, auth_time } = session;
    Json::object([("iss", iss.into()), ("sid", sid.into()), ("sub", sub.into()), ("auth_time", (*auth_time).into())])
}

/// Reads a [`LogoutEvent`].
pub(crate) fn event(object: Object<'_>) -> Option<LogoutEvent> {
    let (iss, sid, sub) = (object.text("iss")?, object.optional_text("sid")?, object.optional_text("sub")?);
    let (channel, not_before) = (Channel::from_name(object.text("channel")?)?, object.number("not_before")?);
    Some(LogoutEvent {
        iss: iss.to_owned(),
        sid: sid.map(str::to_owned),
        sub: sub.map(str::to_owned),
        channel,
        not_before,
    })
}

/// Reads a [`TabMessage`].
pub(crate) fn message(object: Object<'_>) -> Option<TabMessage> {
    let from = match object.text("from")? {
        "frame" => Teller::Frame,
        "tab" => Teller::Tab,
        _ => return None,
    };
    Some(TabMessage { from, event: event(object.object("event")?)? })
}

/// Writes a [`TabMessage`].
pub(crate) fn message_value(message: &TabMessage) -> Json {
    let TabMessage { from, event: LogoutEvent { iss, sid, sub, channel, not_before } } = message;
    let from = match from {
        Teller::Frame => "frame",
        Teller::Tab => "tab",
    };
    let event = Json::object([
        ("iss", iss.into()),
        ("sid", sid.into()),
        ("sub", sub.into()),
        ("channel", channel.as_str().into()),
        ("not_before", (*not_before).into()),
    ]);
    Json::object([("from", from.into()), ("event", event)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_and_written_as_the_servers_do() {
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
                    let json = serde_json::to_string(&message).unwrap();
                    assert_eq!(message_value(&message).write(), json);
                    assert_eq!(super::super::parse(&json, super::message), Some(message));
                }
            }
        }
        let session = SessionRef { iss: "op".to_owned(), sid: None, sub: "u1".to_owned(), auth_time: 100 };
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(session_value(&session).write(), json);
        assert_eq!(super::super::parse(&json, super::session), Some(session));
    }
}
