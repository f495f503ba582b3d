//! The steps: what browsers and tabs do, and what the model learns from the answers.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tower_sessions::Session;
use tower_sessions::session::{Expiry, Id};
use url::Url;

use super::model::{AccessToken, WebSession};
use super::op::{App, Op, Party, User, Weather};
use super::sign_ins::sids;
pub(super) use super::under_way::UnderWay;
use super::under_way::{CodeForB, EndSession, Question, Request};
use super::world::World;
use crate::browser::Page;
use crate::curfew::claims;

/// How long a code, and a question, are good for, in seconds.
pub(super) const CODE: u64 = 60;
const QUESTION: u64 = 600;

impl World {
    pub(super) async fn apply(&mut self, op: Op) {
        match op {
            Op::BeginAtA(browser) => self.begin_at_a(browser).await,
            Op::BeginAtB(browser) => self.begin_at_b(browser).await,
            Op::SilentAtB(browser) => self.silent_at_b(browser).await,
            Op::Continue(nth, user) => self.go_on(nth, user).await,
            Op::Pause(nth, when) => self.pause(nth, when).await,
            Op::FirstCall(nth) => self.first_call(nth).await,
            Op::Refresh(nth) => self.refresh(nth).await,
            Op::Unnamed(nth) => self.get_unnamed(nth),
            Op::CallByUnnamed(nth) => self.call_by_unnamed(nth).await,
            Op::Present(nth) => self.present(nth).await,
            Op::BeginRequest(browser) => self.begin_request(browser).await,
            Op::SignOutAtA(browser) => self.sign_out_at_a(browser).await,
            Op::SignOutAtB(browser) => self.sign_out_at_b(browser).await,
            Op::SignOutAtProvider(browser) => {
                let url = format!("{}/end_session", self.wire.parties.provider);
                self.end_session(EndSession { browser, url, hint: None }).await;
            }
            Op::Deliver(nth) => self.deliver(nth).await,
            Op::LoadFrame(nth) => self.load_frame(nth).await,
            Op::UnknownSid => self.unknown_sid().await,
            Op::Weather(app, weather) => self.wire.set_weather(app, weather),
            Op::Advance(seconds) => self.advance(seconds).await,
            Op::Sweep => self.sweep().await,
            Op::Restart(party) => self.restart(party).await,
        }
    }

    async fn go_on(&mut self, nth: usize, user: User) {
        let Some(at) = latest(self.under_way.len(), nth) else { return };
        match self.under_way.remove(at) {
            UnderWay::Form(form) => self.log_in(form, user).await,
            UnderWay::Callback(callback) => self.call_back(callback).await,
            UnderWay::Paused(paused) => self.resume(*paused).await,
            UnderWay::Code(code) => self.exchange(code).await,
            UnderWay::EndSession(request) => self.end_session(request).await,
            UnderWay::Question(question) => self.confirm(question).await,
            UnderWay::Request(request) => finish(&request).await,
        }
    }

    pub(super) async fn exchange(&mut self, CodeForB { session, code, until }: CodeForB) {
        let now = self.now();
        let (status, tokens) = self.wire.parties.exchange_by(&self.client, &code).await;
        let is_good = self.model.is_live(session, now) && now < until;
        assert_eq!(status == StatusCode::OK, is_good, "T-10: a code of session {session}: {tokens}");
        if is_good {
            self.model.learn_access_token(session, &tokens, None);
        } else {
            assert_eq!(tokens["error"], "invalid_grant");
        }
    }

    /// T-11: new tokens for as long as the session lives, and not an instant longer.
    async fn refresh(&mut self, nth: usize) {
        let unused = |at: &usize| self.model.access_tokens[*at].refresh_token.is_some();
        let unused: Vec<usize> = (0..self.model.access_tokens.len()).filter(unused).collect();
        let Some(at) = latest(unused.len(), nth).map(|at| unused[at]) else { return };
        let now = self.now();
        let token = &self.model.access_tokens[at];
        let session = token.session;
        let (status, tokens) = self.renew(token).await;
        let is_good = self.model.is_live(session, now) && now < token.renewable_until;
        assert_eq!(status == StatusCode::OK, is_good, "T-11: a renewal of session {session}: {tokens}");
        if is_good {
            self.model.access_tokens[at].refresh_token = None;
            self.model.learn_access_token(session, &tokens, Some(at));
        } else {
            assert_eq!(tokens["error"], "invalid_grant");
        }
    }

    /// What the provider says to a refresh token.
    pub(super) async fn renew(&self, token: &AccessToken) -> (StatusCode, Value) {
        let refresh_token = token.refresh_token.as_deref().unwrap();
        let form = [("grant_type", "refresh_token"), ("client_id", "app-b"), ("refresh_token", refresh_token)];
        let url = format!("{}/token", self.wire.parties.provider);
        let answer = self.client.post(url).form(&form).send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    async fn first_call(&mut self, nth: usize) {
        let unused = |at: &usize| !self.model.access_tokens[*at].used;
        let unused: Vec<usize> = (0..self.model.access_tokens.len()).filter(unused).collect();
        let Some(at) = latest(unused.len(), nth) else { return };
        self.use_token(unused[at]).await;
    }

    /// A tab shows something, and opens its stream.
    async fn use_token(&mut self, at: usize) {
        let (heard, now) = (self.wire.heard(), self.now());
        let token = &self.model.access_tokens[at];
        let told = self.model.is_told(App::B, &token.sid, &heard, now);
        if !told && now < token.expires_at {
            let (sid, token) = (token.sid.clone(), token.token.clone());
            self.model.access_tokens[at].used = true;
            self.streams.open(&self.client, &self.wire.parties.app_b, &sid, &token).await;
        }
    }

    /// T-21: a request that takes long.
    async fn begin_request(&mut self, browser: usize) {
        let Some(at) = self.web_session_of(browser) else { return };
        let id: Id = self.model.web_sessions[at].cookie.parse().unwrap();
        let session = Session::new(Some(id), std::sync::Arc::new(self.web_sessions.clone()), None);
        session.load().await.unwrap();
        session.set_expiry(Some(Expiry::AtDateTime(self.far_away())));
        self.under_way.push(UnderWay::Request(Request { session }));
    }

    /// Where the expiry is that a request saves which sets none: two weeks away.
    fn far_away(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.now().cast_signed()).unwrap() + Duration::weeks(2)
    }

    /// The session of App A that the browser's cookie stands for, if App A should know it.
    pub(super) fn web_session_of(&self, browser: usize) -> Option<usize> {
        let cookie = self.browsers[browser].cookie(&self.cookie_name(Party::AppA))?;
        let (heard, now) = (self.wire.heard(), self.now());
        self.model
            .web_sessions
            .iter()
            .position(|web| web.cookie == cookie && web.kept && !self.model.is_told(App::A, &web.sid, &heard, now))
    }

    async fn sign_out_at_a(&mut self, browser: usize) {
        let Some(at) = self.web_session_of(browser) else { return };
        let mut tab = self.browsers[browser].clone();
        let home = tab.send(Method::GET, &self.wire.parties.app_a, None).await;
        if !home.body.contains("data-session=\"signed-in\"") {
            // Told a moment ago, by the provider's worker.
            return;
        }
        let url = format!("{}/logout", self.wire.parties.app_a);
        let answer = tab.send(Method::POST, &url, Some(&[("csrf", &home.hidden("csrf"))])).await;
        let WebSession { session, kept, .. } = &mut self.model.web_sessions[at];
        *kept = false;
        let (url, hint) = (answer.location().unwrap().to_string(), Some(*session));
        self.under_way.push(UnderWay::EndSession(EndSession { browser, url, hint }));
    }

    async fn sign_out_at_b(&mut self, browser: usize) {
        let Some(at) = self.model.token_of(browser) else { return };
        let token = &self.model.access_tokens[at];
        let url = format!("{}/api/sign-out", self.wire.parties.app_b);
        let answer = self.client.post(url).bearer_auth(&token.token).send().await.unwrap();
        let mut url = Url::parse(&format!("{}/end_session", self.wire.parties.provider)).unwrap();
        url.query_pairs_mut().append_pair("id_token_hint", &token.id_token);
        let (url, hint) = (url.to_string(), Some(token.session));
        if answer.status() == StatusCode::NO_CONTENT {
            let token = &mut self.model.access_tokens[at];
            (token.used, token.revoked) = (true, true);
        }
        self.under_way.push(UnderWay::EndSession(EndSession { browser, url, hint }));
    }

    /// RP-Initiated Logout 1.0 section 2: whoever holds an ID token of this browser's session speaks for the user; of
    /// another, the user is asked.
    pub(super) async fn end_session(&mut self, request: EndSession) {
        let EndSession { browser, url, hint } = request;
        let page = self.browsers[browser].clone().send(Method::GET, &url, None).await;
        let of_browser = self.model.of_browser(browser);
        let named = hint.filter(|session| !self.model.has_ended(*session));
        let asks = page.body.contains("data-testid=\"confirm-sign-out\"");
        match of_browser.or(named) {
            None => assert!(!asks, "{}", page.body),
            Some(session) if of_browser.is_some() && hint == Some(session) => {
                assert!(!asks, "{}", page.body);
                self.ended(session, &page);
            }
            Some(asked_about) => {
                assert!(asks, "RPI-22: {}", page.body);
                let until = self.now() + QUESTION;
                self.under_way.push(UnderWay::Question(Question { browser, page, asked_about, hint, until }));
            }
        }
        // It can be sent again: a second sign-out.
        if hint.is_some() && self.under_way.len() < 12 {
            self.under_way.insert(0, UnderWay::EndSession(EndSession { browser, url, hint }));
        }
    }

    async fn confirm(&mut self, question: Question) {
        let Question { browser, page, asked_about, hint, until } = question;
        let (url, hidden) = (page.form_action(), page.all_hidden());
        let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("answer", "sign-out"));
        let answer = self.browsers[browser].clone().send(Method::POST, url.as_str(), Some(&form)).await;
        let of_browser = self.model.of_browser(browser);
        let named = hint.filter(|session| !self.model.has_ended(*session));
        let in_time = self.now() < until;
        if in_time && of_browser.or(named) == Some(asked_about) {
            self.ended(asked_about, &answer);
        } else {
            let is_error = answer.status.is_client_error();
            assert!(is_error || of_browser.or(named).is_none(), "{} {}", answer.status, answer.body);
        }
    }

    /// The provider says that it has ended this session. Its page may hold frames.
    fn ended(&mut self, session: usize, page: &Page) {
        assert!(page.status.is_redirection() || page.status == StatusCode::OK, "{} {}", page.status, page.body);
        self.model.end(session, self.clock.now());
        let frames = page.body.split("<iframe").skip(1);
        let url = |frame: &str| frame.split("src=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        self.frames.extend(frames.map(url));
    }

    async fn deliver(&mut self, nth: usize) {
        let letters = self.wire.letters();
        let Some(at) = latest(letters.len(), nth) else { return };
        let status = self.wire.deliver(&letters[at]).await;
        let is_good = self.now() < claims(&letters[at].logout_token)["exp"].as_u64().unwrap();
        // BCL-46: also when it has arrived before; T-05.
        assert!(status == StatusCode::OK || !is_good && status == StatusCode::BAD_REQUEST, "T-05: {status}");
    }

    async fn load_frame(&mut self, nth: usize) {
        let Some(at) = latest(self.frames.len(), nth) else { return };
        let url = Url::parse(&self.frames[at]).unwrap();
        let (heard, now) = (self.wire.heard(), self.now());
        let answer = self.client.get(url.clone()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let app = if url.as_str().starts_with(&self.wire.parties.app_a) { App::A } else { App::B };
        let sid = url.query_pairs().find(|(name, _)| name == "sid").unwrap().1.into_owned();
        self.model.tell_by_frame(app, &sid, &heard, now);
    }

    /// T-13, T-22: it ends nobody's session, whoever is signed in.
    async fn unknown_sid(&mut self) {
        for app in [&self.wire.parties.app_a, &self.wire.parties.app_b] {
            let url = format!("{app}/logout/front-channel?iss={}&sid=unknown", self.wire.parties.provider);
            for browser in &self.browsers {
                assert_eq!(browser.clone().send(Method::GET, &url, None).await.status, StatusCode::OK);
            }
        }
    }

    /// What is still under way happens now, and everything that was sent arrives, in time, late and twice.
    pub(super) async fn settle(&mut self) {
        while !self.under_way.is_empty() {
            let is_sign_out = matches!(self.under_way[0], UnderWay::EndSession(_) | UnderWay::Question(_));
            match is_sign_out {
                // What was not asked for yet is not asked for any more.
                true => drop(self.under_way.remove(0)),
                false => self.go_on(self.under_way.len() - 1, User::Alice).await,
            }
        }
        for app in [App::A, App::B] {
            self.wire.set_weather(app, Weather::Fair);
        }
        // The longest gap is 30 s in the first hour, and 5 min later.
        for seconds in [31, 301] {
            self.clock.advance(seconds);
            self.provider.deliver_due().await.unwrap();
            self.present_all().await;
        }
        self.check().await;
        for nth in 0..self.wire.letters().len() {
            self.deliver(nth).await;
        }
        for nth in 0..self.frames.len() {
            self.load_frame(nth).await;
        }
        self.check().await;
        self.check_agreement();
        self.check_rows().await;
        self.check_the_living().await;
    }

    /// In the end every app that has something of an ended session knows that it has ended.
    fn check_agreement(&self) {
        let (heard, now) = (self.wire.heard(), self.now());
        for (app, session, sid) in sids(&self.model) {
            if self.model.has_ended(session) {
                assert!(heard.done.contains(&(app, sid.clone())), "T-03: {app:?} was never told of session {session}");
            } else {
                assert!(
                    !self.model.is_told(app, &sid, &heard, now),
                    "{app:?} was told of session {session}, which lives"
                );
            }
        }
    }
}

/// A request saves what it had loaded, and something new.
async fn finish(request: &Request) {
    request.session.insert("seen", true).await.unwrap();
    // It may be refused: then nothing was saved.
    let _ = request.session.save().await;
}

/// The index of the `nth` latest of so many.
pub(super) fn latest(len: usize, nth: usize) -> Option<usize> {
    len.checked_sub(1).map(|last| last - nth % len)
}
