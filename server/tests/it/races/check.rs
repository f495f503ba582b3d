//! The rules, after each step: nothing of an ended session lives where its end is known, and nothing else has ended.

use reqwest::StatusCode;
use serde_json::Value;

use super::model::AccessToken;
use super::op::{App, Party};
use super::sign_ins::sids;
use super::under_way::{CodeForB, UnderWay};
use super::world::World;

impl World {
    /// What is handed over while this looks may be known or not: what was done before must be.
    pub(super) async fn check(&mut self) {
        let (before, now) = (self.wire.heard(), self.now());
        for at in 0..self.model.access_tokens.len() {
            self.check_access_token(at).await;
        }
        for at in 0..self.model.unnamed.len() {
            self.check_unnamed(at).await;
        }
        for at in 0..self.model.web_sessions.len() {
            self.check_web_session(at).await;
        }
        self.streams.check(&self.model, &before, now).await;
        self.streams.check_open(&self.model, &self.wire.heard());
        self.check_provider().await;
    }

    /// Rules 1 and 6: a token of an ended session is refused as such from the moment that App B knows, for ever.
    async fn check_access_token(&self, at: usize) {
        let token = &self.model.access_tokens[at];
        let (before, now) = (self.wire.heard(), self.now());
        let told = self.model.is_told(App::B, &token.sid, &before, now);
        // The first use of a token is a step of its own.
        if !token.used && !told {
            return;
        }
        let (status, body) = self.call_api(&token.token).await;
        if status == StatusCode::OK {
            assert!(
                !told && !token.revoked && now < token.expires_at,
                "an access token of session {} lives",
                token.session
            );
            return;
        }
        assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &Value::from("invalid_token")));
        match body["reason"].as_str() {
            Some("session_ended") => {
                let may_be_told = self.model.may_be_told(App::B, &token.sid, &self.wire.heard());
                assert!(may_be_told || token.revoked, "T-06, T-13: session {} was not to end", token.session);
            }
            Some("expired") => assert!(now >= token.expires_at && !told, "told, and not said so: {body}"),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn call_api(&self, token: &str) -> (StatusCode, Value) {
        let url = format!("{}/api/me", self.wire.parties.app_b);
        let answer = self.client.get(url).bearer_auth(token).send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    async fn check_web_session(&self, at: usize) {
        let web = &self.model.web_sessions[at];
        let (before, now) = (self.wire.heard(), self.now());
        let told = self.model.is_told(App::A, &web.sid, &before, now);
        let home = self.home(&web.cookie).await;
        let user = self.model.sessions[web.session].user.name();
        if home.contains("data-session=\"signed-in\"") {
            assert!(web.kept && !told, "T-21: a cookie of session {} is signed in", web.session);
            assert!(home.contains(&format!("data-user=\"{user}\"")));
        } else {
            assert!(home.contains("data-session=\"signed-out\""), "{home}");
            let may_be_told = self.model.may_be_told(App::A, &web.sid, &self.wire.heard());
            assert!(!web.kept || may_be_told, "T-13, T-22: {user}'s cookie of session {} is signed out", web.session);
        }
    }

    /// Rule 2: at the provider nothing of an ended session is good from the commit on.
    async fn check_provider(&self) {
        for token in self.model.access_tokens.iter().filter(|token| self.model.has_ended(token.session)) {
            assert_eq!(self.userinfo(token).await, StatusCode::UNAUTHORIZED, "T-02: session {}", token.session);
            if token.refresh_token.is_some() {
                let (status, body) = self.renew(token).await;
                let refused = (StatusCode::BAD_REQUEST, &Value::from("invalid_grant"));
                assert_eq!((status, &body["error"]), refused, "T-11: session {}", token.session);
            }
        }
        let dead = |cookie: &&super::model::ProviderCookie| cookie.replaced || self.model.has_ended(cookie.session);
        for cookie in self.model.provider_cookies.iter().filter(dead) {
            let answer = self.silent(&cookie.value).await;
            assert!(answer.contains("error=login_required"), "CORE-02, T-12: session {}: {answer}", cookie.session);
        }
        for under_way in &self.under_way {
            if let UnderWay::Code(CodeForB { session, code, .. }) = under_way
                && self.model.has_ended(*session)
            {
                let (status, body) = self.wire.parties.exchange_by(&self.client, code).await;
                assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &Value::from("invalid_grant")), "T-10");
            }
        }
    }

    async fn userinfo(&self, token: &AccessToken) -> StatusCode {
        let url = format!("{}/userinfo", self.wire.parties.provider);
        self.client.get(url).bearer_auth(&token.token).send().await.unwrap().status()
    }

    /// Where the provider sends a tab of App B that asks with this cookie.
    async fn silent(&self, cookie: &str) -> String {
        let cookie = format!("{}={cookie}", self.cookie_name(Party::Provider));
        let request = self.wire.parties.authorization_request_of_b("none");
        let answer = self.client.get(request).header("cookie", cookie).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// What an app knows to have ended is not in its store either, where it could come up when the ledger has forgotten.
    pub(super) async fn check_rows(&self) {
        let (heard, now) = (self.wire.heard(), self.now());
        for (app, session, sid) in sids(&self.model) {
            if self.model.is_told(app, &sid, &heard, now) {
                assert_eq!(self.rows(app, &sid).await, 0, "{app:?} has kept something of session {session}");
            }
        }
    }

    /// What did not end is alive, at each party: tokens, cookies of App A, and the provider's session.
    pub(super) async fn check_the_living(&self) {
        let now = self.now();
        for token in self.model.access_tokens.iter().filter(|token| self.model.is_live(token.session, now)) {
            let is_good = !token.revoked && now < token.expires_at;
            assert_eq!(self.call_api(&token.token).await.0 == StatusCode::OK, is_good, "session {}", token.session);
            assert_eq!(self.userinfo(token).await == StatusCode::OK, now < token.expires_at);
        }
        for token in self.model.unnamed.iter().filter(|token| self.model.is_live(token.session, now)) {
            let is_good = now < token.expires_at;
            assert_eq!(self.call_api(&token.token).await.0 == StatusCode::OK, is_good, "session {}", token.session);
        }
        for cookie in self.model.provider_cookies.iter().filter(|cookie| !cookie.replaced) {
            let is_live = self.model.is_live(cookie.session, now);
            let answer = self.silent(&cookie.value).await;
            assert_eq!(answer.contains("code="), is_live, "session {}: {answer}", cookie.session);
        }
    }
}
