use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use moka::sync::Cache;
use opentelemetry::Context;
use opentelemetry::trace::{Link, Span as _, SpanContext, Status, TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;
use relying_party::observation::{Carried, Event, Fingerprint, RefusalReason, Session};
use relying_party::{Observation, Observer, Trust};

use super::attributes::{CHANNEL, OUTCOME, REASON, SEQ, SESSIONS, SID, TABS, count, text, word};
use super::here;

/// So many ends are remembered, for so long: a refusal that comes later is noted in its own request's trace only.
const ENDS: u64 = 10_000;
const END_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// So many refusals are shown in the trace of the end: a tab that goes on asking must not make it grow for ever.
const REFUSALS: u32 = 8;

/// Of an end that ends something from now on.
const RECORDED: &str = "recorded";

/// Traces what an app does about sign-outs.
pub(super) struct AppObserver {
    tracer: SdkTracer,
    ends: Cache<Whose, Arc<End>>,
}

/// Whom an end concerns: one session, or all of a user. It stays in memory.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Whose {
    Session(Fingerprint),
    User(String),
}

/// The span in which an end was recorded, and how many refusals were shown below it.
struct End {
    recorded: SpanContext,
    refusals: AtomicU32,
}

impl Whose {
    fn of(event: &Event<'_>) -> Option<Self> {
        let user = || event.sub.map(|sub| Self::User(sub.to_owned()));
        event.sid.map(|sid| Self::Session(sid.fingerprint())).or_else(user)
    }
}

impl AppObserver {
    pub(super) fn new(tracer: SdkTracer) -> Self {
        Self { tracer, ends: Cache::builder().max_capacity(ENDS).time_to_live(END_LIFETIME).build() }
    }

    fn recorded(&self, event: &Event<'_>, seq: u64, outcome: &'static str, sessions: usize, took: Duration) {
        let mut about = vec![
            word(CHANNEL, event.channel.as_str()),
            word(OUTCOME, outcome),
            count(SEQ, seq),
            count(SESSIONS, sessions),
        ];
        about.extend(event.sid.map(|sid| text(SID, sid)));
        let begun = SystemTime::now().checked_sub(took).unwrap_or_else(SystemTime::now);
        let builder = self.tracer.span_builder("end recorded").with_start_time(begun).with_attributes(about);
        let span = self.tracer.build_with_context(builder, &Context::current());
        // By the second channel nothing ends that had not ended by the first; and what nobody has signed, of sessions that are
        // not known here, may not take the room of others.
        if let Some(whose) = Whose::of(event).filter(|_| outcome == RECORDED) {
            let recorded = span.span_context().clone();
            self.ends.insert(whose, Arc::new(End { recorded, refusals: AtomicU32::new(0) }));
        }
    }

    fn pushed(&self, event: &Event<'_>, streams: usize) {
        let end = Whose::of(event).and_then(|whose| self.ends.get(&whose));
        let parent = end.map(|end| end.recorded.clone()).or_else(here::span_context);
        let builder = self.tracer.span_builder("tabs told").with_attributes([count(TABS, streams)]);
        self.tracer.build_with_context(builder, &here::below(parent));
    }

    fn refused(&self, session: Option<&Session<'_>>, reason: RefusalReason) {
        let end = session.filter(|_| matches!(reason, RefusalReason::SessionEnded(_))).and_then(|s| self.end_of(s));
        let mut about = vec![word(REASON, reason.as_str())];
        if let RefusalReason::SessionEnded(Some(channel)) = reason {
            about.push(word(CHANNEL, channel.as_str()));
        }
        about.extend(session.and_then(|session| session.sid).map(|sid| text(SID, sid)));
        // Both ways: from the request to the sign-out that it came too late for, and back.
        if let Some(end) = &end {
            Context::current().span().add_link(end.recorded.clone(), Vec::new());
        }
        here::note("request refused", about.clone());
        let Some(end) = end.filter(|end| end.refusals.fetch_add(1, Ordering::Relaxed) < REFUSALS) else { return };
        let request = here::span_context().map(Link::with_context).into_iter().collect();
        let builder = self.tracer.span_builder("request refused").with_attributes(about).with_links(request);
        self.tracer.build_with_context(builder, &here::below(Some(end.recorded.clone())));
    }

    fn end_of(&self, session: &Session<'_>) -> Option<Arc<End>> {
        let of_session = session.sid.and_then(|sid| self.ends.get(&Whose::Session(sid.fingerprint())));
        of_session.or_else(|| self.ends.get(&Whose::User(session.sub.to_owned())))
    }
}

impl Observer for AppObserver {
    fn observe(&self, observation: &Observation<'_>) {
        let sid = |sid: Option<relying_party::observation::Sid<'_>>| {
            sid.map(|sid| text(SID, sid)).into_iter().collect::<Vec<_>>()
        };
        match *observation {
            Observation::EndRecorded { ref event, seq, repeated, held_as, sessions, took } => {
                let outcome = match (repeated, held_as) {
                    (true, _) => "repeated",
                    (false, Trust::Verified) => RECORDED,
                    (false, Trust::Unsigned) => "suspected",
                };
                self.recorded(event, seq, outcome, sessions, took);
            }
            Observation::EndRefused { ref event, .. } => {
                here::note("end not recorded", [sid(event.sid), vec![word(CHANNEL, event.channel.as_str())]].concat());
                Context::current().span().set_status(Status::error("the end could not be recorded"));
            }
            Observation::Pushed { ref event, streams, .. } => self.pushed(event, streams),
            Observation::RequestRefused { ref session, reason } => self.refused(session.as_ref(), reason),
            Observation::LogoutTokenReceived { sid: of, .. } => here::note("logout token received", sid(of)),
            Observation::LogoutTokenRefused { .. } => here::note("logout token refused", Vec::new()),
            Observation::FrontChannelReceived { sid: of, .. } => here::note("front-channel received", sid(Some(of))),
            Observation::FrontChannelRefused { .. } => here::note("front-channel refused", Vec::new()),
            Observation::TokenRevoked { .. } => here::note("token revoked", Vec::new()),
            Observation::SignedIn { session } => here::note("signed in", sid(session.sid)),
            Observation::SignInRefused { reason } => here::note("sign-in refused", vec![text(REASON, reason)]),
            Observation::SignedOut { session } => here::note("signed out", sid(session.sid)),
            _ => {}
        }
    }

    fn carry(&self) -> Option<Arc<dyn Carried>> {
        here::carry().map(|here| here as Arc<dyn Carried>)
    }
}
