//! What an operator does with the signing keys; see `docs/operating.md`.

use std::path::Path;

use super::file::{ALGS, KeyFile, KeyFileError, StoredKey};
use super::key::SigningKey;
use super::schedule::{KeyState, PUBLISHED_BEFORE_USE, Slot, states};
use crate::config::{ConfigError, ProviderConfig, Registry, SigningAlg};
use crate::noted_issuer::{self, IssuerError};

/// The signing keys of a data folder, also while a provider runs on it: that one notices within 10 seconds.
#[derive(Debug)]
pub struct SigningKeys {
    file: KeyFile,
    /// How long a retired key is kept, in seconds.
    kept: i64,
}

/// A signing key, and what it is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// Its name in tokens and at `/jwks`: the thumbprint of RFC 7638.
    pub kid: String,
    /// What it signs by.
    pub alg: SigningAlg,
    /// What it is there for.
    pub state: KeyState,
}

/// Why the signing keys cannot be listed or changed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SigningKeysError(#[from] OperatorError);

#[derive(Debug, thiserror::Error)]
enum OperatorError {
    #[error("configuration of the provider: {0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("signing keys: {0}")]
    File(#[from] KeyFileError),
    #[error("signing keys: a rotation is under way already; its keys sign in {seconds} seconds")]
    UnderWay { seconds: i64 },
}

impl SigningKeys {
    /// Those of the provider with this configuration and folder.
    ///
    /// # Errors
    /// The configuration is not valid, or the data is not that of the provider with this issuer.
    pub fn of(config: &ProviderConfig, data_dir: &Path) -> Result<Self, SigningKeysError> {
        let registry = Registry::new(config).map_err(OperatorError::from)?;
        noted_issuer::check(data_dir, &config.issuer).map_err(OperatorError::from)?;
        Ok(Self { file: KeyFile::of(data_dir), kept: registry.keys_kept() })
    }

    #[cfg(test)]
    pub(super) fn at(data_dir: &Path, kept: i64) -> Self {
        Self { file: KeyFile::of(data_dir), kept }
    }

    /// The keys at this time (seconds since the Unix epoch).
    ///
    /// # Errors
    /// There are none yet, or the file cannot be read.
    pub fn list(&self, now: i64) -> Result<Vec<KeyStatus>, SigningKeysError> {
        Ok(self.statuses(&self.read()?, now))
    }

    /// Makes a new key of each algorithm. It is published at once, and signs in ten minutes. What cannot matter any more is
    /// removed. Returns the keys as they are then.
    ///
    /// # Errors
    /// New keys wait already, there are no keys yet, or the file cannot be read or written.
    pub fn rotate(&self, now: i64) -> Result<Vec<KeyStatus>, SigningKeysError> {
        let _lock = self.file.lock().map_err(OperatorError::from)?;
        let keys = self.read()?;
        let statuses = self.statuses(&keys, now);
        for status in &statuses {
            if let KeyState::Next { signs_from } = status.state {
                return Err(OperatorError::UnderWay { seconds: signs_from - now }.into());
            }
        }
        let is_kept = |status: &KeyStatus| status.state != KeyState::Forgotten;
        let kept =
            keys.into_iter().zip(&statuses).filter(|(_, status)| is_kept(status)).map(|((stored, _), _)| Ok(stored));
        let new = ALGS.into_iter().map(|alg| StoredKey::generate(alg, now + PUBLISHED_BEFORE_USE));
        self.write(kept.chain(new).collect::<Result<_, _>>(), now)
    }

    /// Drops every key, because somebody else may have one, and makes new ones that sign at once. What was signed before is
    /// good no longer, wherever that is checked. Returns the keys as they are then.
    ///
    /// # Errors
    /// There are no keys yet, or the file cannot be read or written.
    pub fn replace(&self, now: i64) -> Result<Vec<KeyStatus>, SigningKeysError> {
        let _lock = self.file.lock().map_err(OperatorError::from)?;
        self.read()?;
        self.write(ALGS.into_iter().map(|alg| StoredKey::generate(alg, now)).collect(), now)
    }

    fn read(&self) -> Result<Vec<(StoredKey, SigningKey)>, OperatorError> {
        let text = self.file.text()?.ok_or_else(|| self.file.missing())?;
        Ok(self.file.parse(&text)?)
    }

    fn write(&self, keys: Result<Vec<StoredKey>, KeyFileError>, now: i64) -> Result<Vec<KeyStatus>, SigningKeysError> {
        let written = keys.and_then(|keys| self.file.write(keys)).and_then(|text| self.file.parse(&text));
        Ok(self.statuses(&written.map_err(OperatorError::from)?, now))
    }

    fn statuses(&self, keys: &[(StoredKey, SigningKey)], now: i64) -> Vec<KeyStatus> {
        let slots: Vec<Slot> =
            keys.iter().map(|(stored, _)| Slot { alg: stored.alg, signs_from: stored.signs_from }).collect();
        let states = states(&slots, now, self.kept);
        keys.iter()
            .zip(states)
            .map(|((_, key), state)| KeyStatus { kid: key.kid.clone(), alg: key.alg, state })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const KEPT: i64 = 1000;

    fn keys(folder: &Path) -> SigningKeys {
        let keys = SigningKeys::at(folder, KEPT);
        keys.file.text_or_make(NOW - 5000).unwrap();
        keys
    }

    /// The kids of the keys in the one state or the other.
    fn kids(keys: &[KeyStatus], is: fn(&KeyState) -> bool) -> Vec<&str> {
        keys.iter().filter(|key| is(&key.state)).map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn a_rotation_from_its_beginning_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let old = keys.list(NOW).unwrap();
        assert!(old.iter().all(|key| matches!(key.state, KeyState::Active { .. })) && old.len() == 2);

        let published = keys.rotate(NOW).unwrap();
        let signs_from = NOW + PUBLISHED_BEFORE_USE;
        assert_eq!(published[..2], old);
        assert!(published[2..].iter().all(|key| key.state == KeyState::Next { signs_from }));
        assert_eq!(keys.list(NOW).unwrap(), published);
        let error = keys.rotate(signs_from - 1).unwrap_err().to_string();
        assert!(error.contains("in 1 seconds"), "{error}");
        assert_eq!(keys.list(NOW).unwrap(), published, "a second rotation does nothing");

        let in_use = keys.list(signs_from).unwrap();
        assert!(in_use[..2].iter().all(|key| matches!(key.state, KeyState::Retired { .. })));
        assert!(in_use[2..].iter().all(|key| matches!(key.state, KeyState::Active { .. })));

        let later = signs_from + KEPT;
        assert_eq!(kids(&keys.list(later).unwrap(), |state| *state == KeyState::Forgotten).len(), 2);
        let again = keys.rotate(later).unwrap();
        assert_eq!(again.len(), 4, "what cannot matter is removed");
        assert_eq!(again[..2], in_use[2..]);
    }

    #[test]
    fn after_a_replacement_nothing_is_left_of_the_old_keys() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let old = keys.rotate(NOW).unwrap();
        let new = keys.replace(NOW).unwrap();
        assert!(new.iter().all(|key| key.state == KeyState::Active { since: NOW }) && new.len() == 2);
        assert!(new.iter().all(|key| old.iter().all(|old| old.kid != key.kid)));
    }

    #[test]
    fn a_folder_without_keys_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = SigningKeys::at(folder.path(), KEPT);
        for result in [keys.list(NOW), keys.rotate(NOW), keys.replace(NOW)] {
            assert!(result.unwrap_err().to_string().contains("first time"));
        }
        assert!(!folder.path().join("signing-keys.json").exists());
    }

    /// Two operators at once: no key is lost, and only one rotation happens.
    #[test]
    fn rotations_do_not_overtake_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let keys = keys(folder.path());
        let outcomes: Vec<bool> = std::thread::scope(|scope| {
            let rotations: Vec<_> = (0..4).map(|_| scope.spawn(|| keys.rotate(NOW).is_ok())).collect();
            rotations.into_iter().map(|rotation| rotation.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|rotated| **rotated).count(), 1);
        assert_eq!(keys.list(NOW).unwrap().len(), 4);
    }
}
