//! Not in turns but at the same time, on two threads: whatever comes first, nothing of the session is left.

use reqwest::Method;
use tokio::task::JoinHandle;

use super::model::WebSession;
use super::op::{App, Op, Party, User, signed_in};
use super::under_way::{Callback, CodeForB, EndSession, UnderWay, is_signed_in};
use super::world::{World, soon};
use crate::browser::Page;

const ROUNDS: usize = 10;

/// What has begun when the sign-out comes.
struct Ready {
    session: usize,
    sid_at_a: String,
    callback: Callback,
    code: CodeForB,
    request: tower_sessions::Session,
    sign_out: EndSession,
    /// An access token without `sid`, whose ID token App B has not seen.
    unnamed: usize,
}

/// T-02, T-10, T-21: a sign-out against a code exchange, a silent sign-in, a login callback, a slow request, the first use
/// of an access token, and an ID token that names the session of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_against_everything_at_once() {
    let mut world = World::new().await;
    for op in signed_in(1, User::Alice) {
        world.apply(op).await;
    }
    for round in 0..ROUNDS {
        // Where the user signs out: App A has ended its own session already when everything else begins.
        let from = if round % 2 == 0 { Op::SignOutAtA(0) } else { Op::SignOutAtB(0) };
        let ready = world.make_ready(from).await;
        world.at_once(ready).await;
        world.check().await;
        world.check_rows().await;
        world.model.unnamed.clear();
        // Codes of the ended session, which have been tried.
        world.under_way.clear();
    }
    assert!(!world.model.has_ended(0), "T-13: Alice's other session lives");
    world.settle().await;
    world.stop().await;
}

impl World {
    /// Signs in, and has one of each under way. One access token is in use, one is not, and one names no session.
    async fn make_ready(&mut self, from: Op) -> Ready {
        let under_way = [Op::Unnamed(0), Op::SilentAtB(0), Op::BeginRequest(0), Op::BeginAtA(0), from];
        let unused = [Op::SilentAtB(0), Op::Continue(0, User::Alice)];
        for op in [&signed_in(0, User::Alice)[..], &under_way, &unused].concat() {
            self.apply(op).await;
        }
        let mut next = || self.under_way.pop();
        let (
            Some(UnderWay::EndSession(sign_out)),
            Some(UnderWay::Callback(callback)),
            Some(UnderWay::Request(request)),
            Some(UnderWay::Code(code)),
        ) = (next(), next(), next(), next())
        else {
            panic!("a sign-out, a callback, a request and a code")
        };
        let session = callback.session;
        let sid_at_a = self.model.sessions[session].sid(App::A).unwrap().to_owned();
        let unnamed = self.model.unnamed.len() - 1;
        Ready { session, sid_at_a, callback, code, request: request.session, sign_out, unnamed }
    }

    async fn at_once(&mut self, ready: Ready) {
        let Ready { session, sid_at_a, callback, code, request, sign_out, unnamed } = ready;
        let (wire, client) = (self.wire.clone(), self.client.clone());
        let exchange = tokio::spawn(async move { wire.parties.exchange_by(&client, &code.code).await });
        let silent = self.get(self.wire.parties.authorization_request_of_b("none").as_str());
        let back = self.get(&callback.url);
        let unused = self.model.access_tokens.last().unwrap().token.clone();
        let first_use = self.client.get(format!("{}/api/me", self.wire.parties.app_b)).bearer_auth(unused);
        let first_use = tokio::spawn(async move { first_use.send().await.unwrap().status() });
        let (wire, client) = (self.wire.clone(), self.client.clone());
        let of_session = &self.model.unnamed[unnamed];
        let (access_token, id_token) = (of_session.token.clone(), of_session.id_token.clone());
        let present = tokio::spawn(async move { wire.present(&client, &access_token, &id_token).await });
        let save = tokio::spawn(async move {
            request.insert("seen", true).await.unwrap();
            let _ = request.save().await;
        });
        let sign_out = self.get(&sign_out.url);

        let (tokens, silent, back) = (soon(exchange).await.unwrap(), joined(silent).await, joined(back).await);
        let (used, out) = (soon(first_use).await.unwrap(), joined(sign_out).await);
        soon(save).await.unwrap();
        let (bound, body) = soon(present).await.unwrap();
        assert!(bound == 204 || bound == 401 && body["reason"] == "session_ended", "{bound} {body}");
        assert!(used.is_success() || used == 401, "{used}");
        assert!(out.status.is_redirection() || out.body.contains("app-result"), "{} {}", out.url, out.body);
        // What the apps were not told in the user's time, they are told now.
        self.provider.deliver_due().await.unwrap();

        self.model.end(session, self.now());
        self.model.web_sessions.iter_mut().filter(|web| web.session == session).for_each(|web| web.kept = false);
        let token = self.model.access_tokens.last_mut().unwrap();
        token.used = true;
        self.model.present(unnamed, bound);
        if tokens.0.is_success() {
            self.model.learn_access_token(session, &tokens.1, None);
        }
        if let Some(code) = silent.location().and_then(|to| value_of(&to, "code")) {
            self.under_way.push(UnderWay::Code(CodeForB { session, code, until: self.now() }));
        }
        if is_signed_in(&back) {
            let cookie = back.set_cookie(&self.cookie_name(Party::AppA)).unwrap();
            self.model.web_sessions.push(WebSession { session, sid: sid_at_a, cookie, kept: true });
        }
    }

    /// A tab of browser 0 goes there.
    fn get(&self, url: &str) -> JoinHandle<Page> {
        let (mut tab, url) = (self.browsers[0].clone(), url.to_owned());
        tokio::spawn(async move { tab.send(Method::GET, &url, None).await })
    }
}

async fn joined(task: JoinHandle<Page>) -> Page {
    soon(task).await.unwrap()
}

fn value_of(url: &url::Url, wanted: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}
