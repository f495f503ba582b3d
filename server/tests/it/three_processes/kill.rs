//! One sign-out during which one process dies, and what becomes of it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use server::cli::PartyKind;
use tokio::task::JoinHandle;

use super::gate::{Gate, Hold};
use super::{Processes, eventually};
use crate::browser::Page;
use crate::curfew::{access_token, claims};
use crate::sign_out::{Both, assert_ended, end_session_of_b, signed_in};

const END_SESSION: &str = "/end_session";
const BACK_CHANNEL: &str = "/logout/back-channel";

/// The steps of a sign-out at which a process can die, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The provider has the request, and has not ended the session.
    BeforeCommit,
    /// The provider has ended the session, and no app has been told.
    BeforeDelivery,
    /// The app has the logout token, and has not recorded it.
    BeforeAppCommits,
    /// The app has recorded the sign-out, and its answer has not arrived.
    BeforeAnswer,
    /// The app's answer has arrived, and the provider has not recorded it.
    BeforeRecord,
    /// The app was down all the time.
    AppDown,
    /// All has been done, but a tab's stream was cut and has heard nothing.
    StreamCut,
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::BeforeCommit,
        Self::BeforeDelivery,
        Self::BeforeAppCommits,
        Self::BeforeAnswer,
        Self::BeforeRecord,
        Self::AppDown,
        Self::StreamCut,
    ];
}

/// What became of the sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It had not happened at all; the user asked again, and then it reached everyone.
    AskedAgain,
    /// It reached everyone, by a logout token that was sent after the restart.
    ToldAgain,
    /// It reached everyone, and nothing had to be sent again.
    Remembered,
}

/// Three processes, and sessions that nobody signs out of.
pub(super) struct Stage {
    processes: Processes,
    gates: [Gate; 2],
    bystanders: [Both; 2],
}

/// Somebody who signs out.
struct Leaver {
    /// With the cookies from before: what becomes of them is nobody's guess but the servers' word.
    before: Both,
    /// Where the browser goes to sign out.
    url: String,
    /// Where the open page of App A has its stream.
    stream_of_a: String,
}

impl Stage {
    pub(super) async fn start() -> Self {
        let (processes, gates) = Processes::start_with_gates().await;
        let bystanders = [signed_in(&processes, "alice").await, signed_in(&processes, "bob").await];
        Self { processes, gates, bystanders }
    }

    /// Signs somebody out, kills this party at this step, starts it again, and shows that all agree in the end.
    pub(super) async fn play(&mut self, killed: PartyKind, step: Step) -> End {
        let leaver = self.leaver(killed).await;
        let signing_out = match step {
            Step::BeforeCommit => self.before_commit(&leaver, killed).await,
            Step::BeforeDelivery => self.before_delivery(&leaver, killed).await,
            Step::BeforeAppCommits => self.before_app_commits(&leaver, killed).await,
            Step::BeforeAnswer => self.before_answer(&leaver, killed).await,
            Step::BeforeRecord => self.before_record(&leaver, killed).await,
            Step::AppDown => self.app_down(&leaver, killed).await,
            Step::StreamCut => self.stream_cut(&leaver, killed).await,
        };
        let page = signing_out.await.unwrap();
        if killed != PartyKind::Provider {
            assert_eq!(page.expect("the provider answers whatever becomes of an app").status, StatusCode::OK);
        }
        let accepted = self.accepted();
        self.restart_all().await;
        let not_at_all = (killed, step) == (PartyKind::Provider, Step::BeforeCommit);
        assert_eq!(self.has_ended(&leaver).await, !not_at_all, "at the provider");
        if not_at_all {
            self.assert_untouched(&leaver.before).await;
            leaver.before.browser.clone().open(&leaver.url).await;
        }
        self.assert_all_agree(leaver).await;
        match (not_at_all, self.accepted() > accepted) {
            (true, _) => End::AskedAgain,
            (false, true) => End::ToldAgain,
            (false, false) => End::Remembered,
        }
    }

    /// The same with these parties killed, one after the other, so long after the browser has left for the provider.
    pub(super) async fn play_at_any_moment(&mut self, killed: &[PartyKind], moment: Duration) -> End {
        let leaver = self.leaver(killed[0]).await;
        let signing_out = leaver.sign_out();
        // The moment is what is being tried; nothing is expected of it.
        tokio::time::sleep(moment).await;
        for party in killed {
            self.processes.kill(*party);
        }
        // Whatever the browser was told, or not.
        drop(signing_out.await.unwrap());
        let accepted = self.accepted();
        for party in killed {
            self.processes.restart(*party).await;
        }
        let not_at_all = !self.has_ended(&leaver).await;
        if not_at_all {
            self.assert_untouched(&leaver.before).await;
            leaver.before.browser.clone().open(&leaver.url).await;
        }
        self.assert_all_agree(leaver).await;
        match (not_at_all, self.accepted() > accepted) {
            (true, _) => End::AskedAgain,
            (false, true) => End::ToldAgain,
            (false, false) => End::Remembered,
        }
    }

    /// Signs in to both apps, and goes as far as the way to the provider. What App A ends by itself proves nothing of it,
    /// so where App A is killed, the sign-out begins at App B.
    async fn leaver(&self, killed: PartyKind) -> Leaver {
        let parties = &self.processes;
        let mut before = signed_in(parties, "alice").await;
        let home = before.browser.open(&parties.app_a).await;
        let tag = home.body.split("/events?").nth(1).unwrap().split("&quot;").next().unwrap();
        let stream_of_a = format!("{}/events?{tag}", parties.app_a);
        let url = if killed == PartyKind::AppA {
            end_session_of_b(parties, &before.tokens)
        } else {
            let logout = format!("{}/logout", parties.app_a);
            let mut tab = before.browser.clone();
            tab.send(Method::POST, &logout, Some(&[("csrf", &home.hidden("csrf"))])).await.location().unwrap().into()
        };
        Leaver { before, url, stream_of_a }
    }

    async fn before_commit(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        let received = self.processes.received(PartyKind::Provider, END_SESSION);
        let lock = self.processes.lock(PartyKind::Provider).await;
        let signing_out = leaver.sign_out();
        self.processes.until_received(PartyKind::Provider, END_SESSION, received + 1).await;
        self.processes.kill(killed);
        lock.release().await;
        signing_out
    }

    async fn before_delivery(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        for app in told(killed) {
            self.gate(*app).hold(Hold::Requests);
        }
        let signing_out = leaver.sign_out();
        for app in told(killed) {
            self.gate(*app).until_held().await;
        }
        self.processes.kill(killed);
        self.lose(killed);
        signing_out
    }

    async fn before_app_commits(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        let mut locks = Vec::new();
        let mut before = Vec::new();
        for app in told(killed) {
            before.push((*app, self.processes.received(*app, BACK_CHANNEL), self.gate(*app).answered()));
            locks.push(self.processes.lock(*app).await);
        }
        let signing_out = leaver.sign_out();
        for (app, received, _) in &before {
            self.processes.until_received(*app, BACK_CHANNEL, received + 1).await;
        }
        self.processes.kill(killed);
        for lock in locks {
            lock.release().await;
        }
        for (app, _, answered) in before {
            // What lives on finishes what it has begun.
            if self.processes.is_running(app) {
                self.gate(app).until_answered(answered + 1).await;
            }
        }
        signing_out
    }

    async fn before_answer(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        let mut before = Vec::new();
        for app in told(killed) {
            before.push((*app, self.ended_at(*app).await));
            self.gate(*app).hold(Hold::Answers);
        }
        let signing_out = leaver.sign_out();
        for (app, ended) in before {
            let what = format!("{} has recorded it", app.name());
            eventually(&what, async || self.ended_at(app).await > ended).await;
        }
        self.processes.kill(killed);
        self.lose(killed);
        signing_out
    }

    async fn before_record(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        for app in told(killed) {
            self.gate(*app).hold(Hold::Answers);
        }
        let signing_out = leaver.sign_out();
        for app in told(killed) {
            self.gate(*app).until_held().await;
        }
        let lock = self.processes.lock(PartyKind::Provider).await;
        for app in told(killed) {
            self.gate(*app).open();
        }
        self.processes.kill(killed);
        lock.release().await;
        signing_out
    }

    async fn app_down(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        let down = if killed == PartyKind::Provider { PartyKind::AppB } else { killed };
        self.processes.kill(down);
        let page = leaver.sign_out().await.unwrap().unwrap();
        let pending = format!("data-client=\"{}\" data-outcome=\"pending\"", down.name());
        assert!(page.body.contains(&pending), "{}", page.body);
        if killed == PartyKind::Provider {
            self.processes.kill(PartyKind::Provider);
            self.processes.restart(PartyKind::Provider).await;
        }
        tokio::spawn(async move { Ok(page) })
    }

    async fn stream_cut(&mut self, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        let mut stream = match killed {
            PartyKind::AppA => leaver.before.browser.stream(&leaver.stream_of_a).await,
            _ => crate::sign_out::stream_of_b(&self.processes, &leaver.before.tokens).await,
        };
        assert!(stream.chunk().await.unwrap().unwrap().starts_with(b":"), "the stream is open");
        drop(stream);
        let page = leaver.sign_out().await.unwrap().unwrap();
        assert!(!page.url.as_str().starts_with(&self.processes.provider), "back at an app: all apps have ended");
        self.processes.kill(killed);
        tokio::spawn(async move { Ok(page) })
    }

    pub(super) async fn restart_all(&mut self) {
        for party in [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB] {
            if !self.processes.is_running(party) {
                self.processes.restart(party).await;
            }
        }
    }

    fn gate(&self, app: PartyKind) -> &Gate {
        &self.gates[usize::from(app == PartyKind::AppB)]
    }

    fn lose(&self, killed: PartyKind) {
        for app in told(killed) {
            self.gate(*app).lose();
        }
    }

    fn accepted(&self) -> usize {
        self.gates.iter().map(Gate::accepted).sum()
    }

    /// How many sign-outs the app has recorded.
    async fn ended_at(&self, app: PartyKind) -> i64 {
        self.processes.stored(app, "SELECT count(*) FROM rp_ended").await
    }
}

/// The apps of which the step is: the one that dies, or all, where it is the provider.
fn told(killed: PartyKind) -> &'static [PartyKind] {
    match killed {
        PartyKind::Provider => &[PartyKind::AppA, PartyKind::AppB],
        PartyKind::AppA => &[PartyKind::AppA],
        PartyKind::AppB => &[PartyKind::AppB],
    }
}

type SigningOut = JoinHandle<Result<Page, reqwest::Error>>;

impl Leaver {
    /// The browser goes to the provider, and waits for what comes.
    fn sign_out(&self) -> SigningOut {
        let (mut browser, url) = (self.before.browser.clone(), self.url.clone());
        tokio::spawn(async move { browser.try_to_open(&url).await })
    }
}

/// What is true in the end.
impl Stage {
    /// Whether the provider has ended the session.
    async fn has_ended(&self, leaver: &Leaver) -> bool {
        match self.processes.try_to_sign_in_at_b(&mut leaver.before.browser.clone()).await {
            Ok(tokens) => {
                assert_eq!(sid(&tokens), sid(&leaver.before.tokens), "the same session");
                false
            }
            Err(error) => {
                assert_eq!(error, "login_required");
                true
            }
        }
    }

    async fn assert_untouched(&self, both: &Both) {
        let answer = self.processes.call(Method::GET, "/notes", access_token(&both.tokens), None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// The provider, both apps and their tabs have ended this session, and no other one; and nothing is owed any more.
    async fn assert_all_agree(&mut self, mut leaver: Leaver) {
        let parties = &self.processes;
        let owed = "SELECT count(*) FROM outbox WHERE delivered_at IS NULL";
        eventually("nothing is owed", async || parties.stored(PartyKind::Provider, owed).await == 0).await;
        assert!(self.has_ended(&leaver).await, "at the provider");
        for path in ["/notes", "/events"] {
            let refused = parties.call(Method::GET, path, access_token(&leaver.before.tokens), None).await;
            assert_ended(&refused);
            assert_eq!(refused.body["channel"], "back-channel");
        }
        let home = leaver.before.browser.open(&parties.app_a).await;
        assert!(home.body.contains("data-session=\"signed-out\""), "{}", home.body);
        let told = leaver.before.browser.open(&leaver.stream_of_a).await;
        assert!(told.body.starts_with("event: sign-out\n"), "the tab comes back and is told: {}", told.body);

        for bystander in &mut self.bystanders {
            let answer = parties.call(Method::GET, "/notes", access_token(&bystander.tokens), None).await;
            assert_eq!(answer.status, StatusCode::OK, "another session: {}", answer.body);
            let home = bystander.browser.open(&parties.app_a).await;
            assert!(home.body.contains("data-session=\"signed-in\""), "another session: {}", home.body);
            let tokens = parties.sign_in_at_b(&mut bystander.browser).await;
            assert_eq!(sid(&tokens), sid(&bystander.tokens));
        }
    }
}

fn sid(tokens: &serde_json::Value) -> serde_json::Value {
    claims(access_token(tokens))["sid"].clone()
}
