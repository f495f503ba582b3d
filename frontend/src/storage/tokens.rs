use gloo_storage::LocalStorage;
use logout_event::{LogoutEvent, SessionRef};

use super::{Storages, delete, get, is_there, set};
use crate::config::Renew;
use crate::json::{self, Json, Object};
use crate::oidc::discovery::Metadata;
use crate::possession::Credentials;

/// Key in localStorage.
const KEY: &str = "curfew-b-tokens";

const VERSION: u64 = 2;

/// The tokens of a session, and what is known of it. Not `Debug`: tokens are not to be printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenRecord {
    pub(crate) access_token: String,
    /// Kept for `id_token_hint`.
    pub(crate) id_token: String,
    /// Good once.
    pub(crate) refresh_token: Option<String>,
    pub(crate) token_type: String,
    /// When the access token was asked for, in seconds since the Unix epoch by this machine's clock.
    pub(crate) issued_at: u64,
    /// When it expires, likewise.
    pub(crate) expires_at: u64,
    pub(crate) session: SessionRef,
    /// The name to show.
    pub(crate) user: String,
    pub(crate) frames: Frames,
    /// Random: which sign-in these tokens go back to.
    pub(crate) sign_in: String,
    /// How often they were renewed since.
    pub(crate) renewals: u64,
    /// The provider as it was at the sign-in, so that a sign-out works when discovery is slow.
    pub(crate) metadata: Metadata,
}

/// Whether the provider gets its cookie in a frame of this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    /// Nobody has tried, or it did not answer.
    Untried,
    /// It did while its session was there: when it finds none, there is none.
    Seen,
    /// It found no session, though there was one.
    Blocked,
}

impl Frames {
    const ALL: [Self; 3] = [Self::Untried, Self::Seen, Self::Blocked];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Untried => "untried",
            Self::Seen => "seen",
            Self::Blocked => "blocked",
        }
    }
}

impl TokenRecord {
    fn read(object: Object<'_>) -> Option<Self> {
        if object.number("v") != Some(VERSION) {
            return None;
        }
        let (access_token, id_token) = (object.text("access_token")?, object.text("id_token")?);
        let (refresh_token, token_type) = (object.optional_text("refresh_token")?, object.text("token_type")?);
        let (issued_at, expires_at) = (object.number("issued_at")?, object.number("expires_at")?);
        let (user, frames) = (object.text("user")?, object.text("frames")?);
        let session = json::session(object.object("session")?)?;
        Some(Self {
            access_token: access_token.to_owned(),
            id_token: id_token.to_owned(),
            refresh_token: refresh_token.map(str::to_owned),
            token_type: token_type.to_owned(),
            issued_at,
            expires_at,
            session,
            user: user.to_owned(),
            frames: Frames::ALL.into_iter().find(|known| known.as_str() == frames)?,
            sign_in: object.text("sign_in")?.to_owned(),
            renewals: object.number("renewals")?,
            metadata: Metadata::read(object.object("metadata")?)?,
        })
    }

    fn value(&self) -> Json {
        Json::object([
            ("v", VERSION.into()),
            ("access_token", (&self.access_token).into()),
            ("id_token", (&self.id_token).into()),
            ("refresh_token", (&self.refresh_token).into()),
            ("token_type", (&self.token_type).into()),
            ("issued_at", self.issued_at.into()),
            ("expires_at", self.expires_at.into()),
            ("session", json::session_value(&self.session)),
            ("user", (&self.user).into()),
            ("frames", self.frames.as_str().into()),
            ("sign_in", (&self.sign_in).into()),
            ("renewals", self.renewals.into()),
            ("metadata", self.metadata.value()),
        ])
    }

    /// What requests show.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials { access_token: self.access_token.clone(), is_bound: self.is_bound() }
    }

    /// Whether the access token is good only with the key of this browser.
    pub(crate) fn is_bound(&self) -> bool {
        self.token_type.eq_ignore_ascii_case("DPoP")
    }

    /// Whether there is a way to the next access token.
    pub(crate) fn is_renewable(&self, renew: Renew) -> bool {
        match renew {
            Renew::Iframe => self.frames != Frames::Blocked,
            Renew::RefreshToken => self.refresh_token.is_some(),
            Renew::Off => false,
        }
    }

    /// Whether it can be used with this provider, now or after a renewal.
    fn is_usable(&self, issuer: &str, renew: Renew, now: u64) -> bool {
        self.session.iss == issuer && (now < self.expires_at || self.is_renewable(renew))
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
    /// The stored tokens, if they can be used with this provider, now or after a renewal. Others are removed.
    pub(crate) fn load_tokens(self, issuer: &str, renew: Renew, now: u64) -> Option<TokenRecord> {
        match self.read_tokens() {
            Some(record) if record.is_usable(issuer, renew, now) => Some(record),
            Some(_) => {
                self.remove_tokens();
                None
            }
            None => None,
        }
    }

    /// Removes what is stored in the place of the tokens and cannot be read, and says whether there was such a thing.
    pub(crate) fn remove_unreadable_tokens(self) -> bool {
        let is_unreadable = is_there::<LocalStorage>(KEY) && self.read_tokens().is_none();
        if is_unreadable {
            self.remove_tokens();
        }
        is_unreadable
    }

    /// Stores the tokens of a new sign-in for all tabs, in place of any others. False if the browser refuses: then they
    /// last as long as this tab.
    pub(crate) fn store_tokens(self, record: &TokenRecord) -> bool {
        self.begin_generation();
        set::<LocalStorage>(KEY, &record.value())
    }

    /// Stores what a renewal gave, unless the tokens that were there at its beginning are gone. True if it is stored.
    pub(crate) fn store_renewed(self, record: &TokenRecord, generation: u64) -> bool {
        self.generation() == generation && set::<LocalStorage>(KEY, &record.value())
    }

    /// Removes the stored tokens if they are among these.
    pub(crate) fn drop_tokens(self, which: &Which, access_token: &str) {
        if self.read_tokens().is_some_and(|record| which.includes(&record, access_token)) {
            self.remove_tokens();
        }
    }

    fn remove_tokens(self) {
        // First the count: a renewal in another process that looks in between must not find the old one without tokens.
        self.begin_generation();
        delete::<LocalStorage>(KEY);
    }

    /// Whether this is the key of the stored tokens.
    pub(crate) fn is_tokens_key(key: &str) -> bool {
        key == KEY
    }

    /// The stored tokens, whether they can be used or not.
    pub(crate) fn read_tokens(self) -> Option<TokenRecord> {
        let json = get::<LocalStorage>(KEY)?;
        Object::of(&json).and_then(TokenRecord::read)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use logout_event::Channel;

    use super::*;
    use crate::storage::transaction;

    pub(crate) fn record(access_token: &str, sid: &str) -> TokenRecord {
        TokenRecord {
            access_token: access_token.to_owned(),
            id_token: "d.e.f".to_owned(),
            refresh_token: None,
            token_type: "Bearer".to_owned(),
            issued_at: 100,
            expires_at: 400,
            session: SessionRef {
                iss: "op".to_owned(),
                sid: Some(sid.to_owned()),
                sub: "u1".to_owned(),
                auth_time: 100,
            },
            user: "alice".to_owned(),
            frames: Frames::Untried,
            sign_in: "i1".to_owned(),
            renewals: 0,
            metadata: transaction("t", 0).metadata,
        }
    }

    fn read(json: &str) -> Option<TokenRecord> {
        json::parse(json, TokenRecord::read)
    }

    #[test]
    fn only_a_live_record_of_this_version_and_provider_is_used() {
        let live = record("a", "s1");
        assert!(live.is_usable("op", Renew::Off, 399));
        assert!(!live.is_usable("op", Renew::Off, 400));
        assert!(!live.is_usable("other", Renew::Iframe, 100));
        let json = live.value().write();
        assert!(read(&json).is_some());
        assert!(read(&json.replace(r#""v":2"#, r#""v":1"#)).is_none());
    }

    #[test]
    fn an_expired_record_is_of_use_where_it_can_be_renewed() {
        let with = |refresh_token: Option<&str>, frames| TokenRecord {
            refresh_token: refresh_token.map(str::to_owned),
            frames,
            ..record("a", "s1")
        };
        let table = [
            (Renew::RefreshToken, with(Some("r"), Frames::Untried), true),
            (Renew::RefreshToken, with(None, Frames::Seen), false),
            (Renew::Iframe, with(None, Frames::Seen), true),
            (Renew::Iframe, with(None, Frames::Untried), true),
            (Renew::Iframe, with(Some("r"), Frames::Blocked), false),
            (Renew::Off, with(Some("r"), Frames::Seen), false),
        ];
        for (renew, record, expected) in table {
            assert_eq!(record.is_usable("op", renew, 400), expected, "{renew:?}");
            assert!(!record.is_usable("other", renew, 400), "{renew:?}");
        }
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
        let record = record("a.b.c", "s1");
        let metadata = record.metadata.value().write();
        let json = format!(
            r#"{{"v":2,"access_token":"a.b.c","id_token":"d.e.f","refresh_token":null,"token_type":"Bearer","issued_at":100,"expires_at":400,"session":{{"iss":"op","sid":"s1","sub":"u1","auth_time":100}},"user":"alice","frames":"untried","sign_in":"i1","renewals":0,"metadata":{metadata}}}"#
        );
        assert_eq!(record.value().write(), json);
        assert!(read(&json) == Some(record));
    }
}
