//! Three processes in which somebody signs out while somebody is killed, and what must be true in the end.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use server::cli::PartyKind;
use tokio::task::JoinHandle;

use super::gate::Gate;
use super::kill::Step;
use super::{Processes, eventually};
use crate::browser::Page;
use crate::curfew::{access_token, claims};
use crate::sign_out::{Both, assert_ended, end_session_of_b, signed_in};

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
    pub(super) processes: Processes,
    pub(super) gates: [Gate; 2],
    bystanders: [Both; 2],
}

/// Somebody who signs out.
pub(super) struct Leaver {
    /// With the cookies from before: what becomes of them is nobody's guess but the servers' word.
    pub(super) before: Both,
    /// Where the browser goes to sign out.
    url: String,
    /// Where the open page of App A has its stream.
    pub(super) stream_of_a: String,
}

/// The browser's way to the provider, and to where it is sent from there.
pub(super) type SigningOut = JoinHandle<Result<Page, reqwest::Error>>;

impl Leaver {
    /// The browser goes to the provider, and waits for what comes.
    pub(super) fn sign_out(&self) -> SigningOut {
        let (mut browser, url) = (self.before.browser.clone(), self.url.clone());
        tokio::spawn(async move { browser.try_to_open(&url).await })
    }
}

impl Stage {
    /// For tests in which this party is killed; `None`: any.
    pub(super) async fn start(killed: Option<PartyKind>) -> Self {
        // What an app that lives has not answered in time is sent again, which a table of what is sent again must not show.
        // A provider that was killed in the middle of it would wait for so long before it is.
        let app_timeout_ms = if matches!(killed, Some(PartyKind::AppA | PartyKind::AppB)) { 10_000 } else { 2000 };
        let (processes, gates) = Processes::start_with_gates(app_timeout_ms).await;
        let bystanders = [signed_in(&processes, "alice").await, signed_in(&processes, "bob").await];
        Self { processes, gates, bystanders }
    }

    /// Signs somebody out, kills this party at this step, starts it again, and shows that all agree in the end.
    pub(super) async fn play(&mut self, killed: PartyKind, step: Step) -> End {
        let leaver = self.leaver(killed).await;
        let page = self.kill_at(step, &leaver, killed).await.await.unwrap();
        if killed != PartyKind::Provider {
            assert_eq!(page.expect("the provider answers whatever becomes of an app").status, StatusCode::OK);
        }
        let end = self.recover(leaver, &[PartyKind::Provider, PartyKind::AppA, PartyKind::AppB]).await;
        let not_at_all = (killed, step) == (PartyKind::Provider, Step::BeforeCommit);
        assert_eq!(end == End::AskedAgain, not_at_all, "whether the user had to ask again");
        end
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
        self.recover(leaver, killed).await
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

    /// Starts in this order what is down, has the user ask again if nothing has happened, and shows that all agree.
    async fn recover(&mut self, leaver: Leaver, order: &[PartyKind]) -> End {
        let accepted = self.accepted();
        for party in order {
            if !self.processes.is_running(*party) {
                self.processes.restart(*party).await;
            }
        }
        let ask_again = !self.has_ended(&leaver).await;
        if ask_again {
            let answer = self.processes.call(Method::GET, "/notes", access_token(&leaver.before.tokens), None).await;
            assert_eq!(answer.status, StatusCode::OK, "the session goes on: {}", answer.body);
            leaver.before.browser.clone().open(&leaver.url).await;
        }
        self.assert_all_agree(leaver).await;
        match (ask_again, self.accepted() > accepted) {
            (true, _) => End::AskedAgain,
            (false, true) => End::ToldAgain,
            (false, false) => End::Remembered,
        }
    }

    /// How many logout tokens the apps have accepted.
    fn accepted(&self) -> usize {
        self.gates.iter().map(Gate::accepted).sum()
    }

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
