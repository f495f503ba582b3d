//! What was measured.

use std::time::Duration;

use super::Answer;
use super::percentiles::Samples;

/// Everything about one answer.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) answer: Answer,
    pub(crate) sign_out: SignOut,
    pub(crate) latency: Latency,
    pub(crate) requests_per_100_calls: f64,
    pub(crate) requests_per_idle_hour: usize,
    pub(crate) outage: Outage,
}

/// From the request to the provider's `end_session_endpoint`.
#[derive(Clone, Debug)]
pub(crate) struct SignOut {
    /// Until the API refuses the token.
    pub(crate) api_refuses: Wait,
    /// Until the tab that shows the user's data hides them.
    pub(crate) tab_locks: Wait,
    /// When the provider's answer is there: how many of the tokens the API then refused, of how many. Nothing where only the
    /// clock ends a token, or where each call has a token of its own.
    pub(crate) refused_at_the_answer: Option<(usize, usize)>,
    /// For how many seconds the API takes a token that was fetched before the sign-out and is not spent.
    pub(crate) unspent_is_good_for: Option<u64>,
    /// The first call with a token.
    pub(crate) first_call: Samples,
}

/// How long something takes, and how that is known.
#[derive(Clone, Debug)]
pub(crate) enum Wait {
    /// By the machine's clock.
    Measured(Samples),
    /// By the clock that the stage's parties share, in seconds, when the user signs out right after the token was issued.
    Simulated(u64),
    /// The tab asks nothing until the user does something; then so long.
    AtNextCall(Samples),
}

impl Wait {
    /// The middle of what was measured, or what the clock showed.
    pub(crate) fn typical(&self) -> Duration {
        match self {
            Self::Measured(samples) | Self::AtNextCall(samples) => samples.median(),
            Self::Simulated(seconds) => Duration::from_secs(*seconds),
        }
    }
}

/// Of a request to the API, as the client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    /// Without any check, at all the APIs of the run.
    pub(crate) open: Samples,
    /// With the check, and with all that the client has to do first.
    pub(crate) guarded: Samples,
    /// With the check, when the client has all it needs.
    pub(crate) prepared: Samples,
}

impl Latency {
    /// What the answer adds at this percentile; `None`: less than a microsecond, which is less than what else varies.
    pub(crate) fn added(&self, percent: usize) -> Option<Duration> {
        let added = self.guarded.percentile(percent).checked_sub(self.open.percentile(percent));
        added.filter(|added| *added >= Duration::from_micros(1))
    }

    /// How much longer the median request takes.
    pub(crate) fn ratio(&self) -> f64 {
        self.guarded.median().as_secs_f64() / self.open.median().as_secs_f64()
    }
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Served,
    /// The API answered with this status.
    Refused(u16),
    /// There was no token to call with.
    NoToken,
}

/// What happens while the provider is down.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    /// Two calls, one after the other, by a tab whose session lives.
    pub(crate) live: [Call; 2],
    /// The same by one whose session had ended before.
    pub(crate) ended: [Call; 2],
    /// Whether a sign-out meanwhile reached the provider.
    pub(crate) sign_out_arrived: bool,
    /// What the API says to the live session's tab after that.
    pub(crate) after_sign_out: Call,
    /// For how many seconds the live session's tab can go on, by the shared clock, when its token was issued just before.
    pub(crate) goes_on_for: u64,
}
