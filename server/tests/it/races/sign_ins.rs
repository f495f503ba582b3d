//! The steps of signing in, each of which may be the one that a sign-out overtakes.

use std::time::{Duration, Instant};

use relying_party::CLOCK_SKEW;
use reqwest::{Method, StatusCode};
use url::Url;

use super::model::{Model, WebSession};
use super::op::{App, Party, User, When};
use super::steps::{CODE, latest};
use super::under_way::{Callback, CodeForB, LoginForm, Paused, UnderWay, is_signed_in};
use super::world::{World, soon};
use crate::browser::{Page, claim};

/// How long a sign-in may take, at App A and at the provider, in seconds.
const LOGIN: u64 = 600;
/// How long App A takes an ID token, in seconds: as long as it is good for, and as much longer as clocks may differ.
const ID_TOKEN: u64 = 600 + CLOCK_SKEW;
/// App A gives the provider 3 s; a sign-in that was held for longer may fail for that reason.
const HELD_TOO_LONG: Duration = Duration::from_secs(2);

impl World {
    pub(super) async fn begin_at_a(&mut self, browser: usize) {
        let is_sign_in = |under_way: &&UnderWay| matches!(under_way, UnderWay::Form(_) | UnderWay::Callback(_));
        // App A keeps eight sign-ins of a browser.
        if self.under_way.iter().filter(is_sign_in).count() >= 8 {
            return;
        }
        let login = format!("{}/login", self.wire.parties.app_a);
        let to_provider = self.browsers[browser].clone().send(Method::GET, &login, None).await;
        let url = to_provider.location().unwrap();
        self.authorize(browser, App::A, url).await;
    }

    pub(super) async fn begin_at_b(&mut self, browser: usize) {
        let url = self.wire.parties.authorization_request_of_b("login");
        self.authorize(browser, App::B, url).await;
    }

    /// To the login form, or straight back where the session answers.
    async fn authorize(&mut self, browser: usize, app: App, url: Url) {
        let now = self.now();
        let answer = self.browsers[browser].clone().send(Method::GET, url.as_str(), None).await;
        let to = answer.location().unwrap();
        let live = self.model.of_browser(browser).filter(|session| self.model.is_live(*session, now));
        if app == App::A
            && let Some(session) = live
        {
            return self.on_the_way_back(browser, app, session, &to, now + LOGIN);
        }
        assert_eq!(to.path(), "/login", "nobody is signed in: {to}");
        let page = self.browsers[browser].clone().send(Method::GET, to.as_str(), None).await;
        let form = LoginForm { app, browser, page, opened_in: live, until: now + LOGIN };
        self.under_way.push(UnderWay::Form(form));
    }

    fn on_the_way_back(&mut self, browser: usize, app: App, session: usize, to: &Url, login_until: u64) {
        let code = to.query_pairs().find(|(name, _)| name == "code");
        let code = code.unwrap_or_else(|| panic!("a code, not {to}")).1.into_owned();
        let until = self.now() + CODE;
        let url = to.to_string();
        self.under_way.push(match app {
            App::A => UnderWay::Callback(Callback { browser, session, url, code_until: until, login_until }),
            App::B => UnderWay::Code(CodeForB { session, code, until }),
        });
    }

    pub(super) async fn silent_at_b(&mut self, browser: usize) {
        let url = self.wire.parties.authorization_request_of_b("none");
        let answer = self.browsers[browser].clone().send(Method::GET, url.as_str(), None).await;
        let (to, now) = (answer.location().unwrap(), self.now());
        match self.model.of_browser(browser).filter(|session| self.model.is_live(*session, now)) {
            Some(session) => self.on_the_way_back(browser, App::B, session, &to, 0),
            None => assert!(to.as_str().contains("error=login_required"), "CORE-02: {to}"),
        }
    }

    /// The user fills in the form.
    pub(super) async fn log_in(&mut self, form: LoginForm, user: User) {
        let LoginForm { app, browser, page, opened_in, until } = form;
        let hidden = page.all_hidden();
        let mut fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend([("username", user.name()), ("password", user.name())]);
        let mut tab = self.browsers[browser].clone();
        let answer = tab.send(Method::POST, page.form_action().as_str(), Some(&fields)).await;
        let now = self.now();
        // A pending authorization ends with the session that it was to renew.
        if now >= until || opened_in.is_some_and(|session| self.model.has_ended(session)) {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "T-10: a form of an ended session: {}", answer.body);
            return;
        }
        let to = answer.location().unwrap_or_else(|| panic!("signed in, not {}", answer.body));
        let cookie = tab.cookie(&self.cookie_name(Party::Provider)).unwrap();
        let session = self.model.sign_in(browser, user, cookie, now);
        // The form of App A was opened when its sign-in began.
        self.on_the_way_back(browser, app, session, &to, until);
    }

    pub(super) async fn call_back(&mut self, callback: Callback) {
        let now = self.now();
        let mut tab = self.browsers[callback.browser].clone();
        let old_cookie = tab.cookie(&self.cookie_name(Party::AppA));
        let answer = tab.send(Method::GET, &callback.url, None).await;
        let is_good =
            self.model.is_live(callback.session, now) && now < callback.code_until && now < callback.login_until;
        assert_eq!(is_signed_in(&answer), is_good, "T-10: {} {}", answer.status, answer.body);
        if is_good {
            self.signed_in_at_a(&callback, &answer, old_cookie).await;
        }
    }

    /// Follows the way back, and stops App A in the middle of it.
    pub(super) async fn pause(&mut self, nth: usize, when: When) {
        let is_callback = |at: &usize| matches!(self.under_way[*at], UnderWay::Callback(_));
        let callbacks: Vec<usize> = (0..self.under_way.len()).filter(is_callback).collect();
        let Some(at) = latest(callbacks.len(), nth) else { return };
        let UnderWay::Callback(callback) = self.under_way.remove(callbacks[at]) else {
            unreachable!("looked for above")
        };
        let mut tab = self.browsers[callback.browser].clone();
        let old_cookie = tab.cookie(&self.cookie_name(Party::AppA));
        let mut held = self.wire.hold_next_exchange(when);
        let url = callback.url.clone();
        let mut answer = tokio::spawn(async move { tab.send(Method::GET, &url, None).await });
        let arrived = async {
            tokio::select! {
                arrived = &mut held.arrived => arrived.ok(),
                // App A asks for no tokens: it has waited for too long.
                _ = &mut answer => None,
            }
        };
        let now = self.now();
        let Some(sid) = soon(arrived).await else {
            self.wire.hold_nothing();
            assert!(now >= callback.login_until, "App A takes the code to the provider");
            return;
        };
        let is_good = self.model.is_live(callback.session, now) && now < callback.code_until;
        assert_eq!(sid.is_some(), is_good && when == When::AfterExchange, "T-10: session {}", callback.session);
        let paused = Paused {
            when,
            since: Instant::now(),
            made: sid.map(|sid| (sid, now + ID_TOKEN)),
            starts_of_a: self.starts_of_a,
            old_cookie,
            release: held.release,
            answer,
            callback,
        };
        self.under_way.push(UnderWay::Paused(Box::new(paused)));
    }

    /// App A goes on.
    pub(super) async fn resume(&mut self, paused: Paused) {
        let Paused { callback, when, since, made, starts_of_a, old_cookie, release, answer } = paused;
        let (heard, now) = (self.wire.heard(), self.now());
        let _ = release.send(());
        let answer = soon(answer).await.unwrap();
        let is_good = match when {
            When::BeforeExchange => self.model.is_live(callback.session, now) && now < callback.code_until,
            // App A may not have heard yet that the session has ended.
            When::AfterExchange => {
                made.is_some_and(|(sid, until)| now < until && !self.model.is_told(App::A, &sid, &heard, now))
            }
        };
        if is_signed_in(&answer) {
            assert!(is_good, "T-10: signed in to session {}, which has ended", callback.session);
            self.signed_in_at_a(&callback, &answer, old_cookie).await;
        } else {
            let disturbed = starts_of_a != self.starts_of_a || since.elapsed() > HELD_TOO_LONG;
            let is_live = self.model.is_live(callback.session, now);
            assert!(disturbed || !is_good || !is_live, "{} {}", answer.status, answer.body);
        }
    }

    /// The browser has a new cookie of App A; the one that it had before stands for nothing any more.
    async fn signed_in_at_a(&mut self, callback: &Callback, answer: &Page, old_cookie: Option<String>) {
        let name = self.cookie_name(Party::AppA);
        let cookie = answer.set_cookie(&name).unwrap();
        assert_ne!(Some(&cookie), old_cookie.as_ref(), "a new session has a new cookie");
        for old in self.model.web_sessions.iter_mut().filter(|old| Some(&old.cookie) == old_cookie.as_ref()) {
            old.kept = false;
        }
        let home = self.home(&cookie).await;
        let session = callback.session;
        if let Some(sid) = claim(&home, "sid") {
            self.model.learn_sid(session, App::A, &sid);
            self.model.web_sessions.push(WebSession { session, sid, cookie, kept: true });
        } else {
            let heard = self.wire.heard();
            let may_be_told = heard.begun.iter().any(|(app, _)| *app == App::A);
            assert!(
                self.model.has_ended(session) && may_be_told,
                "signed in to a live session, and not shown it: {home}"
            );
        }
    }

    /// App A's page for whoever holds this cookie.
    pub(super) async fn home(&self, cookie: &str) -> String {
        let cookie = format!("{}={cookie}", self.cookie_name(Party::AppA));
        let answer = self.client.get(&self.wire.parties.app_a).header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }
}

/// What is known of each session: an app, and the `sid` there.
pub(super) fn sids(model: &Model) -> Vec<(App, usize, String)> {
    let at = |app| {
        let sessions = model.sessions.iter().enumerate();
        sessions.filter_map(move |(session, known)| Some((app, session, known.sid(app)?.to_owned())))
    };
    at(App::A).chain(at(App::B)).collect()
}
