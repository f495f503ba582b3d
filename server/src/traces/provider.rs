use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use moka::sync::Cache;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::trace::SdkTracer;
use provider::observation::{Attempt, Carried, EndCause, Grant, Next, Outcome};
use provider::{Observation, Observer};

use super::attributes::{
    ACTOR, APPS, ATTEMPT, CLIENT, ERROR, GRANT, METHOD, OUTCOME, PART_OF, REASON, SESSION, SESSIONS, SID, SIGN_OUT,
    STATUS, count, number, text, word,
};
use super::{here, traceparent};

/// So many ends are remembered, for so long: an attempt that comes later has a trace of its own.
const ENDS: u64 = 10_000;
const END_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// So many attempts can be under way, for so long; the provider makes 64 at a time and waits for seconds.
const ATTEMPTS: u64 = 1_024;
const ATTEMPT_LIFETIME: Duration = Duration::from_secs(60);

/// Traces what the provider does.
pub(super) struct ProviderObserver {
    tracer: SdkTracer,
    /// By the number of the sign-out.
    ends: Cache<i64, SpanContext>,
    /// By `jti`. One that is forgotten ends its span.
    attempts: Cache<String, Context>,
}

impl ProviderObserver {
    pub(super) fn new(tracer: SdkTracer) -> Self {
        let ends = Cache::builder().max_capacity(ENDS).time_to_live(END_LIFETIME).build();
        let attempts = Cache::builder().max_capacity(ATTEMPTS).time_to_live(ATTEMPT_LIFETIME).build();
        Self { tracer, ends, attempts }
    }

    fn ended(&self, sign_out: i64, part_of: Option<i64>, session: &str, cause: &EndCause<'_>, apps: usize) {
        let mut about = vec![
            number(SIGN_OUT, sign_out),
            text(SESSION, session),
            word(REASON, cause.reason),
            word(ACTOR, cause.actor),
            count(APPS, apps),
        ];
        about.extend(part_of.map(|first| number(PART_OF, first)));
        let builder = self.tracer.span_builder("session ended").with_attributes(about);
        // What ends by itself, or at the word of another process, begins a trace here.
        let context = Context::current();
        let span = context.with_span(self.tracer.build_with_context(builder, &context));
        self.ends.insert(sign_out, span.span().span_context().clone());
        span.span().end();
    }

    fn sent(&self, attempt: &Attempt<'_>) {
        let about = [
            word(METHOD, "POST"),
            number(SIGN_OUT, attempt.sign_out),
            text(CLIENT, attempt.client),
            text(SID, attempt.sid),
            number(ATTEMPT, attempt.number),
        ];
        let builder = self.tracer.span_builder("POST logout token").with_kind(SpanKind::Client).with_attributes(about);
        let parent = here::below(self.ends.get(&attempt.sign_out));
        let context = parent.with_span(self.tracer.build_with_context(builder, &parent));
        self.attempts.insert(attempt.jti.to_owned(), context);
    }

    fn answered(&self, attempt: &Attempt<'_>, status: Option<u16>, error: Option<&str>, next: Next) {
        // There is none where nothing could be sent: an app that has no back-channel any more.
        let Some(context) = self.attempts.remove(attempt.jti) else { return };
        let span = context.span();
        span.set_attributes(status.map(|status| number(STATUS, status.into())));
        span.set_attribute(word(
            OUTCOME,
            match next {
                Next::Delivered => "delivered",
                Next::TryAgain { .. } => "pending",
                Next::GiveUp => "given-up",
            },
        ));
        if let Some(error) = error {
            span.set_attribute(text(ERROR, status.map_or_else(|| error.to_owned(), |status| status.to_string())));
            span.set_status(Status::error(error.to_owned()));
        }
        span.end();
    }

    fn given_up(&self, sign_out: i64, client: &str, attempts: i64, reason: &str) {
        let about = [number(SIGN_OUT, sign_out), text(CLIENT, client), number(ATTEMPT, attempts), text(REASON, reason)];
        let builder = self.tracer.span_builder("logout token given up").with_attributes(about);
        self.tracer.build_with_context(builder, &here::below(self.ends.get(&sign_out)));
    }
}

impl Observer for ProviderObserver {
    fn observe(&self, observation: &Observation<'_>) {
        match *observation {
            Observation::SessionEnded { sign_out, part_of, session, ref cause, apps, .. } => {
                self.ended(sign_out, part_of, session, cause, apps.len());
            }
            Observation::LogoutTokenSent { ref attempt } => self.sent(attempt),
            Observation::LogoutTokenAnswered { ref attempt, status, error, next, .. } => {
                self.answered(attempt, status, error, next);
            }
            Observation::GivenUp { sign_out, client, attempts, reason, .. } => {
                self.given_up(sign_out, client, attempts, reason);
            }
            _ => note(observation),
        }
    }

    fn carry(&self) -> Option<Arc<dyn Carried>> {
        here::carry().map(|here| here as Arc<dyn Carried>)
    }

    fn traceparent(&self, attempt: &Attempt<'_>) -> Option<HeaderValue> {
        let context = self.attempts.get(attempt.jti)?;
        HeaderValue::try_from(traceparent::write(context.span().span_context())).ok()
    }
}

/// What is a part of the request at hand.
fn note(observation: &Observation<'_>) {
    let client = |client: Option<&str>| client.map(|client| text(CLIENT, client)).into_iter().collect::<Vec<_>>();
    let (name, about) = match *observation {
        Observation::SignedIn { session, client: app, .. } => {
            ("signed in", [client(app), vec![text(SESSION, session)]].concat())
        }
        Observation::CodeIssued { session, client: app, .. } => {
            ("code issued", [client(Some(app)), vec![text(SESSION, session)]].concat())
        }
        Observation::TokensIssued { grant, client: app, sid, .. } => {
            let about = vec![word(GRANT, grant.as_str())];
            let sid = sid.map(|sid| text(SID, sid)).into_iter().collect();
            ("tokens issued", [client(Some(app)), about, sid].concat())
        }
        Observation::TokensRefused { grant, client: app, error } => {
            let grant = grant.map(Grant::as_str).unwrap_or("unknown");
            ("tokens refused", [client(app), vec![word(GRANT, grant), word(REASON, error)]].concat())
        }
        Observation::SignOutRequested { client: app, .. } => ("sign-out requested", client(app)),
        Observation::SignOutRefused => ("sign-out refused", vec![]),
        Observation::SignOutQuestioned { session } => ("sign-out questioned", vec![text(SESSION, session)]),
        Observation::SignOutDeclined { session } => ("sign-out declined", vec![text(SESSION, session)]),
        Observation::NothingToEnd => ("nothing to end", vec![]),
        Observation::SignOutAnswered { sign_out, answer, apps, .. } => {
            let ended = apps.iter().filter(|app| app.outcome == Outcome::Ended).count();
            let about = vec![number(SIGN_OUT, sign_out), word(OUTCOME, answer.as_str()), count(APPS, apps.len())];
            ("sign-out answered", [about, vec![count("logout.apps_ended", ended)]].concat())
        }
        Observation::FrameReported { sign_out, client: app, outcome, .. } => {
            let about = vec![number(SIGN_OUT, sign_out), word(OUTCOME, outcome.as_str())];
            ("frame reported", [client(Some(app)), about].concat())
        }
        Observation::UserinfoRefused { reason } => ("userinfo refused", vec![word(REASON, reason)]),
        Observation::IntrospectionRefused { error } => ("introspection refused", vec![word(REASON, error)]),
        Observation::EverythingRevoked { administrator, sessions } => {
            ("everything revoked", vec![text(ACTOR, administrator), count(SESSIONS, sessions)])
        }
        _ => return,
    };
    here::note(name, about);
}
