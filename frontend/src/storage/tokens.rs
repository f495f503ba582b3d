use gloo_storage::errors::StorageError;
use gloo_storage::{LocalStorage, Storage};
use logout_event::{LogoutEvent, SessionRef};

use super::Storages;
use crate::json::{self, Json, Object};

/// Key in localStorage.
const KEY: &str = "curfew-b-tokens";

const VERSION: u64 = 1;

/// The tokens of a session, and what is known of it. Not `Debug`: tokens are not to be printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenRecord {
    pub(crate) access_token: String,
    /// Kept for `id_token_hint`.
    pub(crate) id_token: String,
    pub(crate) token_type: String,
    /// When the access token expires, in seconds since the Unix epoch by this machine's clock.
    pub(crate) expires_at: u64,
    pub(crate) session: SessionRef,
    /// The name to show.
    pub(crate) user: String,
    /// Kept so that a sign-out works when discovery is slow.
    pub(crate) end_session_endpoint: Option<String>,
}

impl TokenRecord {
    fn read(object: Object<'_>) -> Option<Self> {
        if object.number("v") != Some(VERSION) {
            return None;
        }
        let (access_token, id_token) = (object.text("access_token")?, object.text("id_token")?);
        let (token_type, expires_at) = (object.text("token_type")?, object.number("expires_at")?);
        let (user, end_session_endpoint) = (object.text("user")?, object.optional_text("end_session_endpoint")?);
        let session = json::session(object.object("session")?)?;
        Some(Self {
            access_token: access_token.to_owned(),
            id_token: id_token.to_owned(),
            token_type: token_type.to_owned(),
            expires_at,
            session,
            user: user.to_owned(),
            end_session_endpoint: end_session_endpoint.map(str::to_owned),
        })
    }

    fn value(&self) -> Json {
        Json::object([
            ("v", VERSION.into()),
            ("access_token", (&self.access_token).into()),
            ("id_token", (&self.id_token).into()),
            ("token_type", (&self.token_type).into()),
            ("expires_at", self.expires_at.into()),
            ("session", json::session_value(&self.session)),
            ("user", (&self.user).into()),
            ("end_session_endpoint", (&self.end_session_endpoint).into()),
        ])
    }

    /// Whether it can be used now, with this provider.
    fn is_usable(&self, issuer: &str, now: u64) -> bool {
        self.session.iss == issuer && now < self.expires_at
    }
}

/// Which record is to be removed. Another tab may have signed in anew, as somebody else perhaps: that one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one of a session that this event ends.
    EndedBy(LogoutEvent),
    /// The one with the access token that this tab uses.
    OfThisTab,
}

impl Which {
    fn includes(&self, record: &TokenRecord, access_token: &str) -> bool {
        match self {
            Self::EndedBy(event) => event.ends(&record.session),
            Self::OfThisTab => record.access_token == access_token,
        }
    }
}

impl Storages {
    /// The stored tokens, if they can be used now with this provider. Others are removed.
    pub(crate) fn load_tokens(self, issuer: &str, now: u64) -> Option<TokenRecord> {
        match self.read_tokens() {
            Some(record) if record.is_usable(issuer, now) => Some(record),
            Some(_) => {
                LocalStorage::delete(KEY);
                None
            }
            None => None,
        }
    }

    /// Stores the tokens for all tabs. False if the browser refuses: then they last as long as this tab.
    pub(crate) fn store_tokens(self, record: &TokenRecord) -> bool {
        LocalStorage::set(KEY, record.value()).is_ok()
    }

    /// Removes the stored tokens if they are among these.
    pub(crate) fn drop_tokens(self, which: &Which, access_token: &str) {
        if self.read_tokens().is_some_and(|record| which.includes(&record, access_token)) {
            LocalStorage::delete(KEY);
        }
    }

    fn read_tokens(self) -> Option<TokenRecord> {
        let record = match LocalStorage::get::<Json>(KEY) {
            Ok(json) => Object::of(&json).and_then(TokenRecord::read),
            Err(StorageError::KeyNotFound(_)) => return None,
            Err(_) => None,
        };
        if record.is_none() {
            LocalStorage::delete(KEY);
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use logout_event::Channel;

    use super::*;

    fn record(access_token: &str, sid: &str) -> TokenRecord {
        TokenRecord {
            access_token: access_token.to_owned(),
            id_token: "d.e.f".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_at: 400,
            session: SessionRef {
                iss: "op".to_owned(),
                sid: Some(sid.to_owned()),
                sub: "u1".to_owned(),
                auth_time: 100,
            },
            user: "alice".to_owned(),
            end_session_endpoint: None,
        }
    }

    fn read(json: &str) -> Option<TokenRecord> {
        json::parse(json, TokenRecord::read)
    }

    #[test]
    fn only_a_live_record_of_this_version_and_provider_is_used() {
        let live = record("a", "s1");
        assert!(live.is_usable("op", 399));
        assert!(!live.is_usable("op", 400));
        assert!(!live.is_usable("other", 100));
        let json = live.value().write();
        assert!(read(&json).is_some());
        assert!(read(&json.replace(r#""v":1"#, r#""v":2"#)).is_none());
    }

    /// T-22
    #[test]
    fn another_sessions_record_stays() {
        let event = LogoutEvent {
            iss: "op".to_owned(),
            sid: Some("s1".to_owned()),
            sub: None,
            channel: Channel::BackChannel,
            not_before: 0,
        };
        let ended = Which::EndedBy(event);
        assert!(ended.includes(&record("b", "s1"), "a"), "renewed by another tab, but of the ended session");
        assert!(!ended.includes(&record("a", "s2"), "a"));
        assert!(Which::OfThisTab.includes(&record("a", "s1"), "a"));
        assert!(!Which::OfThisTab.includes(&record("b", "s1"), "a"));
    }

    #[test]
    fn the_record_is_stored_as_documented() {
        let json = r#"{"v":1,"access_token":"a.b.c","id_token":"d.e.f","token_type":"Bearer","expires_at":400,"session":{"iss":"op","sid":"s1","sub":"u1","auth_time":100},"user":"alice","end_session_endpoint":null}"#;
        assert_eq!(record("a.b.c", "s1").value().write(), json);
        assert!(read(json) == Some(record("a.b.c", "s1")));
    }
}
