use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jsonwebtoken::{Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::file::{KeyFile, KeyFileError, StoredKey};
use super::jwk::JwkSet;
use super::key::SigningKey;
use super::schedule::{JWKS_LIFETIME, KeyState, Slot, states};
use super::{SignError, Typ, VerifyError};
use crate::config::SigningAlg;

/// The keys.
#[derive(Debug)]
pub(crate) struct KeySet {
    file: KeyFile,
    /// How long a retired key is kept, in seconds.
    kept: i64,
    known: Mutex<Known>,
    in_use: RwLock<Arc<InUse>>,
}

/// What the file says.
#[derive(Debug)]
struct Known {
    /// Of the file's text: the same text need not be read twice.
    digest: [u8; 32],
    keys: Vec<KnownKey>,
}

#[derive(Clone, Debug)]
struct KnownKey {
    key: Arc<SigningKey>,
    /// Seconds since the Unix epoch.
    signs_from: i64,
}

/// What follows from it at some time.
#[derive(Debug)]
struct InUse {
    /// One of each algorithm.
    signing: Vec<Arc<SigningKey>>,
    /// All that are published.
    verifying: Vec<Arc<SigningKey>>,
}

impl KeySet {
    /// Reads the keys of this folder, or makes them. A retired one is kept for so many seconds. Takes a while: for a thread
    /// that may block.
    pub(crate) fn open(data_dir: &Path, kept: i64, now: i64) -> Result<Self, KeyFileError> {
        let file = KeyFile::of(data_dir);
        let text = file.text_or_make(now)?;
        Self::of_text(file, &text, kept, now)
    }

    /// Reads the keys of this folder, and makes none: whoever only looks must not decide by what a provider signs.
    pub(crate) fn open_existing(data_dir: &Path, kept: i64, now: i64) -> Result<Self, KeyFileError> {
        let file = KeyFile::of(data_dir);
        let text = file.text()?.ok_or_else(|| file.missing())?;
        Self::of_text(file, &text, kept, now)
    }

    fn of_text(file: KeyFile, text: &str, kept: i64, now: i64) -> Result<Self, KeyFileError> {
        let known = |(stored, key): (StoredKey, _)| KnownKey { key: Arc::new(key), signs_from: stored.signs_from };
        let keys: Vec<KnownKey> = file.parse(text)?.into_iter().map(known).collect();
        let in_use = RwLock::new(Arc::new(InUse::at(&keys, now, kept)));
        Ok(Self { file, kept, known: Mutex::new(Known { digest: digest(text), keys }), in_use })
    }

    /// Reads the keys again if they have changed, and lets each do what it is its time for, also where they cannot be read.
    /// For a thread that may block.
    pub(crate) fn refresh(&self, now: i64) -> Result<(), KeyFileError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.read_again(&mut known, now);
        let in_use = InUse::at(&known.keys, now, self.kept);
        in_use.log_changes(&self.in_use());
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_use);
        read
    }

    fn read_again(&self, known: &mut Known, now: i64) -> Result<(), KeyFileError> {
        let text = self.file.text()?.ok_or_else(|| self.file.missing())?;
        let digest = digest(&text);
        if digest == known.digest {
            return Ok(());
        }
        let keys = self.file.parse(&text)?.into_iter().map(|(stored, key)| {
            match known.keys.iter().find(|known| known.key.kid == key.kid) {
                Some(known) => known.clone(),
                // Noticed late, it still signs nothing before every copy of `/jwks` that lacks it has expired.
                None => KnownKey { key: Arc::new(key), signs_from: stored.signs_from.max(now + JWKS_LIFETIME) },
            }
        });
        *known = Known { digest, keys: keys.collect() };
        Ok(())
    }

    fn in_use(&self) -> Arc<InUse> {
        Arc::clone(&self.in_use.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs claims as a JWT in compact form.
    pub(crate) fn sign<C: Serialize>(&self, alg: SigningAlg, typ: Typ, claims: &C) -> Result<String, SignError> {
        let in_use = self.in_use();
        let key = in_use.signing.iter().find(|key| key.alg == alg).ok_or(SignError::NoKey)?;
        key.sign(typ.as_str(), claims)
    }

    /// The claims of a token of this type that one of these keys signed.
    pub(crate) fn verify<C: DeserializeOwned + Clone>(&self, typ: Typ, token: &str) -> Result<C, VerifyError> {
        let header: Header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Malformed)?;
        if header.crit.is_some() {
            return Err(VerifyError::Critical);
        }
        if !typ.matches(header.typ.as_deref()) {
            return Err(VerifyError::Typ);
        }
        let kid = header.kid.ok_or(VerifyError::UnknownKey)?;
        let in_use = self.in_use();
        let key = in_use.verifying.iter().find(|key| key.kid == kid).ok_or(VerifyError::UnknownKey)?;
        // The key decides the algorithm, never the token.
        let mut validation = Validation::new(key.alg.into());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        jsonwebtoken::decode(token, &key.verifying, &validation)
            .map(|data| data.claims)
            .map_err(|_| VerifyError::Signature)
    }

    /// The public keys (RFC 7517 section 5).
    pub(crate) fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.in_use().verifying.iter().map(|key| key.public.clone()).collect() }
    }
}

impl InUse {
    fn at(keys: &[KnownKey], now: i64, kept: i64) -> Self {
        let slots: Vec<Slot> =
            keys.iter().map(|known| Slot { alg: known.key.alg, signs_from: known.signs_from }).collect();
        let states = states(&slots, now, kept);
        let those = |is: fn(&KeyState) -> bool| {
            let found = keys.iter().zip(&states).filter(|(_, state)| is(state));
            found.map(|(known, _)| Arc::clone(&known.key)).collect()
        };
        Self {
            signing: those(|state| matches!(state, KeyState::Active { .. })),
            verifying: those(|state| *state != KeyState::Forgotten),
        }
    }

    fn log_changes(&self, before: &Self) {
        let news = |now: &[Arc<SigningKey>], before: &[Arc<SigningKey>], what: &'static str| {
            for key in now.iter().filter(|key| before.iter().all(|before| before.kid != key.kid)) {
                tracing::info!(key.id = key.kid, key.alg = ?key.alg, "{what}");
            }
        };
        news(&self.verifying, &before.verifying, "a signing key is published");
        news(&self.signing, &before.signing, "a signing key signs from now on");
        news(&before.verifying, &self.verifying, "a signing key is no longer accepted");
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKeys;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;
    const KEPT: i64 = 1000;

    fn keys() -> KeySet {
        KeySet::open(tempfile::tempdir().unwrap().path(), KEPT, NOW).unwrap()
    }

    fn verify(keys: &KeySet, typ: Typ, token: &str) -> Result<Value, VerifyError> {
        keys.verify(typ, token)
    }

    #[test]
    fn a_token_is_good_for_what_it_is_and_nothing_else() {
        let keys = keys();
        let typs = [Typ::Id, Typ::Access, Typ::Logout];
        for alg in [SigningAlg::RS256, SigningAlg::ES256] {
            for made_as in typs {
                let token = keys.sign(alg, made_as, &json!({"sub": "alice"})).unwrap();
                for taken_as in typs {
                    let expected =
                        if made_as == taken_as { Ok(json!({"sub": "alice"})) } else { Err(VerifyError::Typ) };
                    assert_eq!(verify(&keys, taken_as, &token), expected, "{alg:?} {made_as:?} {taken_as:?}");
                }
            }
        }
    }

    /// RPI-16
    #[test]
    fn foreign_and_broken_tokens_are_refused() {
        let (ours, theirs) = (keys(), keys());
        let claims = json!({"sub": "alice"});
        let token = ours.sign(SigningAlg::RS256, Typ::Id, &claims).unwrap();
        let foreign = theirs.sign(SigningAlg::RS256, Typ::Id, &claims).unwrap();
        let [header, payload, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let other_payload = foreign.replace(payload, "eyJzdWIiOiJib2IifQ");
        let other_payload = other_payload.split('.').nth(1).unwrap();
        // {"alg":"none"} and {"alg":"HS256"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
        let hmac = format!("eyJhbGciOiJIUzI1NiJ9.{payload}.{signature}");
        let table = [
            ("", VerifyError::Malformed),
            ("a.b.c", VerifyError::Malformed),
            (unsigned.as_str(), VerifyError::Malformed),
            (hmac.as_str(), VerifyError::UnknownKey),
            (foreign.as_str(), VerifyError::UnknownKey),
            (&format!("{header}.{other_payload}.{signature}"), VerifyError::Signature),
            (&format!("{header}.{payload}."), VerifyError::Signature),
            (&format!("{header}.{payload}"), VerifyError::Malformed),
        ];
        for (token, expected) in table {
            assert_eq!(verify(&ours, Typ::Id, token), Err(expected), "{token}");
        }
    }

    #[test]
    fn the_public_keys_are_public_only() {
        let jwks = serde_json::to_value(keys().jwks()).unwrap();
        let keys = jwks["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        for key in keys {
            let members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            let expected: &[&str] = match key["kty"].as_str().unwrap() {
                "RSA" => &["alg", "e", "kid", "kty", "n", "use"],
                _ => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            };
            assert_eq!(members, expected);
        }
    }

    fn kid_that_signs(keys: &KeySet) -> String {
        let token = keys.sign(SigningAlg::ES256, Typ::Id, &json!({})).unwrap();
        jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
    }

    /// What was signed before and after is good, from the first key's time to the last one's.
    #[test]
    fn keys_are_rotated_while_they_are_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeySet::open(folder.path(), KEPT, NOW).unwrap();
        let operator = SigningKeys::at(folder.path(), KEPT);
        let old = kid_that_signs(&keys);
        let before = keys.sign(SigningAlg::RS256, Typ::Id, &json!({"sub": "alice"})).unwrap();
        operator.rotate(NOW).unwrap();
        assert_eq!(keys.jwks().keys.len(), 2, "not noticed yet");
        keys.refresh(NOW + 10).unwrap();
        assert_eq!((keys.jwks().keys.len(), kid_that_signs(&keys)), (4, old.clone()), "published before use");
        keys.refresh(NOW + 599).unwrap();
        assert_eq!(kid_that_signs(&keys), old);

        keys.refresh(NOW + 600).unwrap();
        let new = kid_that_signs(&keys);
        assert_ne!(new, old);
        assert_eq!(keys.jwks().keys.len(), 4);
        assert!(verify(&keys, Typ::Id, &before).is_ok());
        let restarted = KeySet::open(folder.path(), KEPT, NOW + 601).unwrap();
        assert_eq!(kid_that_signs(&restarted), new);
        assert!(verify(&restarted, Typ::Id, &before).is_ok());

        keys.refresh(NOW + 600 + KEPT - 1).unwrap();
        assert!(verify(&keys, Typ::Id, &before).is_ok());
        keys.refresh(NOW + 600 + KEPT).unwrap();
        assert_eq!(verify(&keys, Typ::Id, &before), Err(VerifyError::UnknownKey));
        assert_eq!(keys.jwks().keys.len(), 2);
    }

    #[test]
    fn a_key_that_is_noticed_late_signs_late() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeySet::open(folder.path(), KEPT, NOW).unwrap();
        let old = kid_that_signs(&keys);
        SigningKeys::at(folder.path(), KEPT).rotate(NOW).unwrap();
        keys.refresh(NOW + 700).unwrap();
        keys.refresh(NOW + 999).unwrap();
        assert_eq!((keys.jwks().keys.len(), kid_that_signs(&keys)), (4, old.clone()));
        keys.refresh(NOW + 1000).unwrap();
        assert_ne!(kid_that_signs(&keys), old);
    }

    /// A key that somebody else has is good for nothing any more.
    #[test]
    fn keys_are_replaced_while_they_are_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeySet::open(folder.path(), KEPT, NOW).unwrap();
        let before = keys.sign(SigningAlg::RS256, Typ::Id, &json!({"sub": "alice"})).unwrap();
        let new = SigningKeys::at(folder.path(), KEPT).replace(NOW).unwrap();
        keys.refresh(NOW).unwrap();
        assert_eq!(verify(&keys, Typ::Id, &before), Err(VerifyError::UnknownKey));
        assert!(new.iter().any(|key| key.kid == kid_that_signs(&keys)), "there is no other key to wait with");
    }

    #[test]
    fn a_file_that_cannot_be_read_any_more_stops_neither_signing_nor_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeySet::open(folder.path(), KEPT, NOW).unwrap();
        let old = kid_that_signs(&keys);
        SigningKeys::at(folder.path(), KEPT).rotate(NOW).unwrap();
        keys.refresh(NOW).unwrap();
        let path = folder.path().join("signing-keys.json");
        std::fs::write(&path, "{").unwrap();
        assert!(matches!(keys.refresh(NOW + 1), Err(KeyFileError::Damaged { .. })));
        assert_eq!(kid_that_signs(&keys), old);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(keys.refresh(NOW + 600), Err(KeyFileError::Missing { .. })));
        assert_ne!(kid_that_signs(&keys), old);
        assert!(!path.exists(), "a running provider makes no keys");
    }
}
