//! The names of what spans hold: OpenTelemetry's own for HTTP, the log's for everything else.

use opentelemetry::{KeyValue, Value};

pub(super) const METHOD: &str = "http.request.method";
pub(super) const ROUTE: &str = "http.route";
pub(super) const STATUS: &str = "http.response.status_code";
pub(super) const ERROR: &str = "error.type";
pub(super) const CLIENT: &str = "client.id";
pub(super) const SIGN_OUT: &str = "logout.sign_out";
pub(super) const PART_OF: &str = "logout.part_of";
pub(super) const SESSION: &str = "logout.session";
pub(super) const SID: &str = "logout.sid";
pub(super) const CHANNEL: &str = "logout.channel";
pub(super) const OUTCOME: &str = "logout.outcome";
pub(super) const ATTEMPT: &str = "logout.attempt";
pub(super) const REASON: &str = "logout.reason";
pub(super) const ACTOR: &str = "logout.actor";
pub(super) const APPS: &str = "logout.apps";
pub(super) const SESSIONS: &str = "logout.sessions";
pub(super) const TABS: &str = "logout.tabs";
pub(super) const SEQ: &str = "logout.seq";
pub(super) const GRANT: &str = "oauth.grant_type";

pub(super) fn text(name: &'static str, value: impl ToString) -> KeyValue {
    KeyValue::new(name, value.to_string())
}

pub(super) fn word(name: &'static str, value: &'static str) -> KeyValue {
    KeyValue::new(name, value)
}

pub(super) fn number(name: &'static str, value: i64) -> KeyValue {
    KeyValue::new(name, Value::I64(value))
}

pub(super) fn count(name: &'static str, value: impl TryInto<i64>) -> KeyValue {
    number(name, value.try_into().unwrap_or(i64::MAX))
}
