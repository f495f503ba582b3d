//! What must be true by the rules alone: which provider sessions there are, which have ended, and what was given out in
//! them.

use std::collections::HashMap;

use relying_party::CLOCK_SKEW;
use reqwest::StatusCode;
use serde_json::Value;

use super::op::{App, BROWSERS, User};
use super::unnamed::Unnamed;
use super::wire::Heard;
use crate::curfew::claims;

/// In seconds, from the demo's configuration.
const PROVIDER_SESSION: u64 = 8 * 60 * 60;
/// For how long a family of refresh tokens can be renewed, in all and from one renewal to the next.
const FAMILY: u64 = 8 * 60 * 60;
const FAMILY_IDLE: u64 = 4 * 60 * 60;
/// How long an app remembers an unsigned sign-out of a session that it does not know.
const SUSPICION: u64 = 600 + CLOCK_SKEW;

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) sessions: Vec<Session>,
    /// The session that each browser's cookie stands for, which may have ended.
    pub(super) browsers: [Option<usize>; BROWSERS],
    pub(super) web_sessions: Vec<WebSession>,
    pub(super) access_tokens: Vec<AccessToken>,
    pub(super) unnamed: Vec<Unnamed>,
    pub(super) provider_cookies: Vec<ProviderCookie>,
    /// Until when an app remembers what a frame told it; for ever, if it knew the session.
    by_frame: HashMap<(App, String), u64>,
}

/// A session at the provider.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: User,
    pub(super) expires_at: u64,
    pub(super) ended_at: Option<u64>,
    /// The instant after which its user must have been authenticated: an earlier session of theirs ended then.
    after: Option<u64>,
    sids: HashMap<App, String>,
}

/// A session cookie of App A.
#[derive(Debug)]
pub(super) struct WebSession {
    pub(super) session: usize,
    pub(super) sid: String,
    pub(super) cookie: String,
    /// Whether App A has not ended it by itself: it was not signed out there, nor replaced by another sign-in.
    pub(super) kept: bool,
}

#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) session: usize,
    pub(super) sid: String,
    pub(super) token: String,
    pub(super) id_token: String,
    /// None once it was used.
    pub(super) refresh_token: Option<String>,
    /// Until when it can be, if its session lives.
    pub(super) renewable_until: u64,
    /// Until when any that come after it can be.
    family_until: u64,
    pub(super) expires_at: u64,
    /// Whether App B's API has seen it.
    pub(super) used: bool,
    /// Whether App B has signed it out itself.
    pub(super) revoked: bool,
}

/// A session cookie of the provider.
#[derive(Debug)]
pub(super) struct ProviderCookie {
    pub(super) session: usize,
    pub(super) value: String,
    /// Whether a re-authentication gave the browser another.
    pub(super) replaced: bool,
}

impl Session {
    /// By which this app knows it.
    pub(super) fn sid(&self, app: App) -> Option<&str> {
        self.sids.get(&app).map(String::as_str)
    }
}

impl Model {
    pub(super) fn is_live(&self, session: usize, now: u64) -> bool {
        let session = &self.sessions[session];
        session.ended_at.is_none() && now < session.expires_at
    }

    pub(super) fn has_ended(&self, session: usize) -> bool {
        self.sessions[session].ended_at.is_some()
    }

    /// The browser's session, unless it was ended. It may have expired.
    pub(super) fn of_browser(&self, browser: usize) -> Option<usize> {
        self.browsers[browser].filter(|session| !self.has_ended(*session))
    }

    pub(super) fn end(&mut self, session: usize, now: u64) {
        self.sessions[session].ended_at.get_or_insert(now);
    }

    pub(super) fn sweep(&mut self, now: u64) {
        for session in self.sessions.iter_mut().filter(|session| session.expires_at <= now) {
            session.ended_at.get_or_insert(now);
        }
    }

    /// T-12: the same user's session goes on under a new cookie; any other of this browser ends.
    pub(super) fn sign_in(&mut self, browser: usize, user: User, cookie: String, now: u64) -> usize {
        let old = self.of_browser(browser);
        let same = old.filter(|old| self.sessions[*old].user == user && self.is_live(*old, now));
        let session = match same {
            Some(session) => {
                self.provider_cookies
                    .iter_mut()
                    .filter(|old| old.session == session)
                    .for_each(|old| old.replaced = true);
                session
            }
            None => {
                if let Some(old) = old {
                    self.end(old, now);
                }
                let of_user = self.sessions.iter().filter(|session| session.user == user);
                let after = of_user.filter_map(|session| session.ended_at).max();
                self.sessions.push(Session { user, expires_at: 0, ended_at: None, after, sids: HashMap::new() });
                self.sessions.len() - 1
            }
        };
        self.sessions[session].expires_at = now + PROVIDER_SESSION;
        self.provider_cookies.push(ProviderCookie { session, value: cookie, replaced: false });
        self.browsers[browser] = Some(session);
        session
    }

    /// CORE-04: a session has one `sid` at an app, and no other session has it.
    pub(super) fn learn_sid(&mut self, session: usize, app: App, sid: &str) {
        for (other, known) in self.sessions.iter().enumerate() {
            let has_it = known.sids.get(&app).is_some_and(|known| known == sid);
            assert!(!has_it || other == session, "sessions {other} and {session} have one sid at {app:?}");
        }
        let known = self.sessions[session].sids.entry(app).or_insert_with(|| sid.to_owned());
        assert_eq!(known, sid, "the sid of session {session} at {app:?} is another than before");
    }

    /// The tokens that came by a code; or by the refresh token of `renewed`.
    pub(super) fn learn_access_token(&mut self, session: usize, tokens: &Value, renewed: Option<usize>) {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (token, id_token) = (text("access_token"), text("id_token"));
        let (access, id) = (claims(&token), claims(&id_token));
        let sid = access["sid"].as_str().unwrap().to_owned();
        assert_eq!(access["sid"], id["sid"]);
        self.learn_sid(session, App::B, &sid);
        let auth_time = access["auth_time"].as_u64().unwrap();
        let after = self.sessions[session].after;
        assert!(after.is_none_or(|end| end < auth_time), "T-06: {auth_time} is not after the end at {after:?}");
        let (now, expires_at) = (access["iat"].as_u64().unwrap(), access["exp"].as_u64().unwrap());
        let family_until = renewed.map_or(now + FAMILY, |before| self.access_tokens[before].family_until);
        self.access_tokens.push(AccessToken {
            session,
            sid,
            token,
            id_token,
            refresh_token: Some(text("refresh_token")),
            renewable_until: family_until.min(now + FAMILY_IDLE),
            family_until,
            expires_at,
            used: false,
            revoked: false,
        });
    }

    /// The last one that a tab of this browser has got and not signed out.
    pub(super) fn token_of(&self, browser: usize) -> Option<usize> {
        let session = self.browsers[browser]?;
        self.access_tokens.iter().rposition(|token| token.session == session && !token.revoked)
    }

    /// App B's API was shown the ID token of one that names no session, and answered so.
    pub(super) fn present(&mut self, at: usize, answer: StatusCode) {
        let unnamed = &mut self.unnamed[at];
        (unnamed.used, unnamed.presented) = (true, true);
        unnamed.admitted |= answer == StatusCode::NO_CONTENT;
    }

    /// A frame has told the app. FCL-21: whether it knew the session or not.
    pub(super) fn tell_by_frame(&mut self, app: App, sid: &str, heard: &Heard, now: u64) {
        let about = (app, sid.to_owned());
        let is_known = match app {
            App::A => self.web_sessions.iter().any(|session| session.sid == sid && session.kept),
            App::B => {
                self.access_tokens.iter().any(|token| token.sid == sid && token.used)
                    || self.unnamed.iter().any(|token| token.sid == sid && token.admitted)
            }
        } && !self.is_told(app, sid, heard, now);
        let until = if is_known { u64::MAX } else { now + SUSPICION };
        let known = self.by_frame.entry(about).or_insert(until);
        if *known <= now {
            *known = until;
        }
    }

    /// Whether this app must act upon the end of this session.
    pub(super) fn is_told(&self, app: App, sid: &str, heard: &Heard, now: u64) -> bool {
        let about = (app, sid.to_owned());
        heard.done.contains(&about) || self.by_frame.get(&about).is_some_and(|until| now < *until)
    }

    /// Whether it may.
    pub(super) fn may_be_told(&self, app: App, sid: &str, heard: &Heard) -> bool {
        let about = (app, sid.to_owned());
        heard.begun.contains(&about) || self.by_frame.contains_key(&about)
    }
}
