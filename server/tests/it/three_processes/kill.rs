//! The steps of a sign-out, and how a process is killed exactly there.

use server::cli::PartyKind;

use super::eventually;
use super::gate::{Gate, Hold};
use super::stage::{Leaver, SigningOut, Stage};

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

impl Stage {
    /// Begins the sign-out, waits until it has come to this step, and kills this party.
    pub(super) async fn kill_at(&mut self, step: Step, leaver: &Leaver, killed: PartyKind) -> SigningOut {
        match step {
            Step::BeforeCommit => self.before_commit(leaver, killed).await,
            Step::BeforeDelivery => self.before_delivery(leaver, killed).await,
            Step::BeforeAppCommits => self.before_app_commits(leaver, killed).await,
            Step::BeforeAnswer => self.before_answer(leaver, killed).await,
            Step::BeforeRecord => self.before_record(leaver, killed).await,
            Step::AppDown => self.app_down(leaver, killed).await,
            Step::StreamCut => self.stream_cut(leaver, killed).await,
        }
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

    fn gate(&self, app: PartyKind) -> &Gate {
        &self.gates[usize::from(app == PartyKind::AppB)]
    }

    fn lose(&self, killed: PartyKind) {
        for app in told(killed) {
            self.gate(*app).lose();
        }
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
