//! Access tokens of App B that do not say which session they are of, as other providers make them, and the ID tokens that do.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::op::App;
use super::steps::latest;
use super::world::World;
use crate::curfew::claims;

/// So many are enough for a case: each is looked at after every step.
const MOST: usize = 4;

/// An access token without `sid`, and the ID token that came with it.
#[derive(Debug)]
pub(super) struct Unnamed {
    pub(super) session: usize,
    /// In the ID token.
    pub(super) sid: String,
    pub(super) token: String,
    pub(super) id_token: String,
    pub(super) expires_at: u64,
    /// Whether App B's API has seen it.
    pub(super) used: bool,
    /// Whether App B has seen the ID token: from then on it knows the session, and whether that has ended.
    pub(super) presented: bool,
    /// Whether App B took it for one of a live session then.
    pub(super) admitted: bool,
}

impl World {
    /// A tab of App B gets one, in the session of one that names it.
    pub(super) fn get_unnamed(&mut self, nth: usize) {
        let now = self.now();
        let is_good = |at: &usize| {
            let token = &self.model.access_tokens[*at];
            self.model.is_live(token.session, now) && now < token.expires_at
        };
        let good: Vec<usize> = (0..self.model.access_tokens.len()).filter(is_good).collect();
        let Some(at) = latest(good.len(), nth).map(|at| good[at]) else { return };
        if self.model.unnamed.len() >= MOST {
            return;
        }
        let named = &self.model.access_tokens[at];
        let jti = format!("unnamed-{}", self.model.unnamed.len());
        let nothing = Value::Null;
        let token = self.signed_as(&named.token, &[("sid", &nothing), ("auth_time", &nothing), ("jti", &json!(jti))]);
        let at_hash = json!(URL_SAFE_NO_PAD.encode(&Sha256::digest(&token)[..16]));
        let id_token = self.signed_as(&named.id_token, &[("at_hash", &at_hash)]);
        let (session, sid, expires_at) = (named.session, named.sid.clone(), named.expires_at);
        let (used, presented, admitted) = (false, false, false);
        self.model.unnamed.push(Unnamed { session, sid, token, id_token, expires_at, used, presented, admitted });
    }

    /// A token of the provider's like this one, but for some claims; null takes one out.
    fn signed_as(&self, token: &str, changes: &[(&str, &Value)]) -> String {
        let header = token.split('.').next().unwrap();
        let mut claims = claims(token);
        for (name, value) in changes {
            claims[*name] = (*value).clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let keys = self.keys_of_provider();
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "RS256").unwrap();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(key["private_key"].as_str().unwrap()).unwrap()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The tab calls the API before it has presented the ID token.
    pub(super) async fn call_by_unnamed(&mut self, nth: usize) {
        let Some(at) = latest(self.model.unnamed.len(), nth) else { return };
        self.model.unnamed[at].used = true;
        self.check_unnamed(at).await;
    }

    pub(super) async fn present(&mut self, nth: usize) {
        let Some(at) = latest(self.model.unnamed.len(), nth) else { return };
        self.present_at(at).await;
    }

    /// What was not presented yet is presented now.
    pub(super) async fn present_all(&mut self) {
        for at in 0..self.model.unnamed.len() {
            if !self.model.unnamed[at].presented {
                self.present_at(at).await;
            }
        }
    }

    /// Rule 8: a token gets its session in the transaction that checks the ledger, or hears that it has ended.
    async fn present_at(&mut self, at: usize) {
        let (before, now) = (self.wire.heard(), self.now());
        let unnamed = &self.model.unnamed[at];
        let told = self.model.is_told(App::B, &unnamed.sid, &before, now);
        let (status, body) = self.wire.present(&self.client, &unnamed.token, &unnamed.id_token).await;
        if status == StatusCode::NO_CONTENT {
            assert!(!told && now < unnamed.expires_at, "an access token was bound to session {}", unnamed.session);
            let (sid, token, is_first) = (unnamed.sid.clone(), unnamed.token.clone(), !unnamed.admitted);
            self.model.present(at, status);
            if is_first {
                self.streams.open(&self.client, &self.wire.parties.app_b, &sid, &token).await;
            }
            return;
        }
        assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &Value::from("invalid_token")));
        match body["reason"].as_str() {
            Some("session_ended") => {
                let may_be_told = self.model.may_be_told(App::B, &unnamed.sid, &self.wire.heard());
                assert!(may_be_told, "T-13: session {} was not to end", unnamed.session);
                self.model.present(at, status);
            }
            Some("expired") => assert!(now >= unnamed.expires_at, "{body}"),
            other => panic!("{other:?}"),
        }
    }

    /// Rules 1, 6 and 8: once App B knows the session, the token ends with it, whichever of the two came first; before, no
    /// end of a `sid` is the token's.
    pub(super) async fn check_unnamed(&self, at: usize) {
        let unnamed = &self.model.unnamed[at];
        // The first use of a token is a step of its own.
        if !unnamed.used {
            return;
        }
        let (before, now) = (self.wire.heard(), self.now());
        let told = unnamed.presented && self.model.is_told(App::B, &unnamed.sid, &before, now);
        let (status, body) = self.call_api(&unnamed.token).await;
        if status == StatusCode::OK {
            assert!(!told && now < unnamed.expires_at, "a bound access token of session {} lives", unnamed.session);
            return;
        }
        assert_eq!((status, &body["error"]), (StatusCode::UNAUTHORIZED, &Value::from("invalid_token")));
        match body["reason"].as_str() {
            Some("session_ended") => {
                let may_be_told = self.model.may_be_told(App::B, &unnamed.sid, &self.wire.heard());
                assert!(unnamed.presented && may_be_told, "T-13: session {} was not to end", unnamed.session);
            }
            // What it was bound to is forgotten some time after its expiry.
            Some("expired") => assert!(now >= unnamed.expires_at, "{body}"),
            other => panic!("{other:?}"),
        }
    }
}
