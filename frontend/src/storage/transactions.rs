use gloo_storage::SessionStorage;

use super::{Storages, delete, get, set};
use crate::json::{Json, Object};
use crate::oidc::discovery::Metadata;

/// Key in sessionStorage.
const KEY: &str = "curfew-b-transactions";

const VERSION: u64 = 1;

/// How many sign-ins of one tab may be under way; the oldest makes room.
const CAPACITY: usize = 5;

/// How long a sign-in may take, in seconds.
const LIFETIME: u64 = 600;

/// A sign-in that is under way. Not `Debug`: it holds secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) code_verifier: String,
    pub(crate) redirect_uri: String,
    /// The provider as it was when it was asked: the answer is judged, and the code exchanged, by this.
    pub(crate) metadata: Metadata,
    /// Seconds since the Unix epoch.
    pub(crate) started_at: u64,
}

impl Transaction {
    fn read(json: &Json) -> Option<Self> {
        let object = Object::of(json)?;
        let (state, nonce, code_verifier) =
            (object.text("state")?, object.text("nonce")?, object.text("code_verifier")?);
        let (redirect_uri, started_at) = (object.text("redirect_uri")?, object.number("started_at")?);
        let metadata = Metadata::read(object.object("metadata")?)?;
        Some(Self {
            state: state.to_owned(),
            nonce: nonce.to_owned(),
            code_verifier: code_verifier.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            metadata,
            started_at,
        })
    }

    fn value(&self) -> Json {
        Json::object([
            ("state", (&self.state).into()),
            ("nonce", (&self.nonce).into()),
            ("code_verifier", (&self.code_verifier).into()),
            ("redirect_uri", (&self.redirect_uri).into()),
            ("metadata", self.metadata.value()),
            ("started_at", self.started_at.into()),
        ])
    }
}

#[derive(Default)]
struct Transactions {
    entries: Vec<Transaction>,
}

impl Transactions {
    fn read(object: Object<'_>) -> Option<Self> {
        if object.number("v") != Some(VERSION) {
            return None;
        }
        let entries = object.value("entries")?.as_list()?.iter().map(Transaction::read).collect::<Option<_>>()?;
        Some(Self { entries })
    }

    fn value(&self) -> Json {
        let entries = self.entries.iter().map(Transaction::value).collect();
        Json::object([("v", VERSION.into()), ("entries", Json::List(entries))])
    }

    fn expire(&mut self, now: u64) {
        // A start in the future means that the clock was set back; such an entry would live too long.
        self.entries.retain(|entry| entry.started_at <= now && now - entry.started_at < LIFETIME);
    }

    fn insert(&mut self, transaction: Transaction, now: u64) {
        self.expire(now);
        let surplus = (self.entries.len() + 1).saturating_sub(CAPACITY);
        self.entries.drain(..surplus);
        self.entries.push(transaction);
    }

    fn take(&mut self, state: &str, now: u64) -> Option<Transaction> {
        self.expire(now);
        let position = self.entries.iter().position(|entry| entry.state == state)?;
        Some(self.entries.remove(position))
    }
}

impl Storages {
    /// Remembers a sign-in that begins. False if the browser refuses.
    pub(crate) fn begin(self, transaction: Transaction) -> bool {
        let now = transaction.started_at;
        let mut transactions = self.read_transactions();
        transactions.insert(transaction, now);
        set::<SessionStorage>(KEY, &transactions.value())
    }

    /// The sign-in of this tab with this `state`, once.
    pub(crate) fn take(self, state: &str, now: u64) -> Option<Transaction> {
        let mut transactions = self.read_transactions();
        let transaction = transactions.take(state, now);
        if !set::<SessionStorage>(KEY, &transactions.value()) {
            delete::<SessionStorage>(KEY);
        }
        transaction
    }

    fn read_transactions(self) -> Transactions {
        let stored = get::<SessionStorage>(KEY);
        stored.as_ref().and_then(Object::of).and_then(Transactions::read).unwrap_or_default()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::json;

    /// A transaction of the tests.
    pub(crate) fn transaction(state: &str, started_at: u64) -> Transaction {
        Transaction {
            state: state.to_owned(),
            nonce: format!("nonce-{state}"),
            code_verifier: format!("verifier-{state}"),
            redirect_uri: "http://127.0.0.1:4002/callback".to_owned(),
            metadata: Metadata {
                issuer: "http://localhost:4000".to_owned(),
                authorization_endpoint: "http://localhost:4000/authorize".to_owned(),
                token_endpoint: "http://localhost:4000/token".to_owned(),
                userinfo_endpoint: None,
                end_session_endpoint: Some("http://localhost:4000/end_session".to_owned()),
                revocation_endpoint: None,
                binds_to_es256: true,
                authorization_response_iss_parameter_supported: true,
            },
            started_at,
        }
    }

    fn states(transactions: &Transactions) -> Vec<&str> {
        transactions.entries.iter().map(|entry| entry.state.as_str()).collect()
    }

    #[test]
    fn a_transaction_is_taken_once() {
        let mut transactions = Transactions::default();
        transactions.insert(transaction("s1", 100), 100);
        transactions.insert(transaction("s2", 101), 101);
        assert!(transactions.take("s3", 102).is_none());
        assert_eq!(transactions.take("s1", 102).map(|taken| taken.nonce).as_deref(), Some("nonce-s1"));
        assert!(transactions.take("s1", 102).is_none());
        assert_eq!(states(&transactions), ["s2"]);
    }

    #[test]
    fn they_are_stored_and_read_again() {
        let mut transactions = Transactions::default();
        transactions.insert(transaction("s1", 100), 100);
        let json = transactions.value().write();
        let read = |json: &str| json::parse(json, Transactions::read);
        assert!(read(&json).is_some_and(|again| again.entries == transactions.entries));
        assert!(read(&json.replace(r#""v":1"#, r#""v":2"#)).is_none());
    }

    #[test]
    fn it_expires() {
        for (now, there) in [(100, true), (699, true), (700, false), (99, false)] {
            let mut transactions = Transactions::default();
            transactions.insert(transaction("s1", 100), 100);
            assert_eq!(transactions.take("s1", now).is_some(), there, "{now}");
        }
    }

    #[test]
    fn their_number_is_bounded() {
        let mut transactions = Transactions::default();
        for n in 0..7 {
            transactions.insert(transaction(&format!("s{n}"), 100), 100);
        }
        assert_eq!(states(&transactions), ["s2", "s3", "s4", "s5", "s6"]);
    }
}
