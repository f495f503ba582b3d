//! The file that holds the private keys. Only its owner can read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::key::{self, SigningKey, UnusableKey};
use crate::config::SigningAlg;

const NAME: &str = "signing-keys.json";
pub(super) const ALGS: [SigningAlg; 2] = [SigningAlg::RS256, SigningAlg::ES256];

/// Why there are no signing keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("cannot read or write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is not there: it is made when the provider starts for the first time", path.display())]
    Missing { path: PathBuf },
    #[error(
        "{} can be read by others: run `chmod 600` on it, and if somebody may have read it, remove it so that new keys \
         are made",
        path.display()
    )]
    Exposed { path: PathBuf },
    #[error("{} is damaged: restore it from a backup, or remove it so that new keys are made", path.display())]
    Damaged { path: PathBuf },
    #[error("{} belongs to another user, who could not read it afterwards: run this as the user who runs the provider", path.display())]
    Foreign { path: PathBuf },
    #[error("cannot make a signing key")]
    Generate,
}

/// The file of one data folder.
#[derive(Debug)]
pub(super) struct KeyFile(PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    keys: Vec<StoredKey>,
}

/// A key as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKey {
    pub(super) alg: SigningAlg,
    /// PKCS #8 in base64.
    private_key: String,
    /// Seconds since the Unix epoch. A key from before there were rotations has always signed.
    #[serde(default)]
    pub(super) signs_from: i64,
}

impl StoredKey {
    pub(super) fn generate(alg: SigningAlg, signs_from: i64) -> Result<Self, KeyFileError> {
        let pkcs8 = key::generate(alg).map_err(|_| KeyFileError::Generate)?;
        Ok(Self { alg, private_key: STANDARD.encode(pkcs8), signs_from })
    }

    fn load(&self) -> Result<SigningKey, UnusableKey> {
        let pkcs8 = STANDARD.decode(&self.private_key).map_err(|_| UnusableKey)?;
        SigningKey::from_pkcs8(self.alg, &pkcs8)
    }
}

impl KeyFile {
    pub(super) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join(NAME))
    }

    /// What the file says; `None` where there is no file.
    pub(super) fn text(&self) -> Result<Option<String>, KeyFileError> {
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(self.io(source)),
        };
        if is_exposed(&file).map_err(|source| self.io(source))? {
            return Err(KeyFileError::Exposed { path: self.0.clone() });
        }
        io::read_to_string(file).map(Some).map_err(|source| self.io(source))
    }

    pub(super) fn missing(&self) -> KeyFileError {
        KeyFileError::Missing { path: self.0.clone() }
    }

    /// The keys of such a text: at least one of each algorithm, and all usable.
    pub(super) fn parse(&self, text: &str) -> Result<Vec<(StoredKey, SigningKey)>, KeyFileError> {
        let damaged = || KeyFileError::Damaged { path: self.0.clone() };
        let stored: Stored = serde_json::from_str(text).map_err(|_| damaged())?;
        let load = |stored: StoredKey| stored.load().map(|key| (stored, key));
        let keys: Vec<_> = stored.keys.into_iter().map(load).collect::<Result<_, _>>().map_err(|_| damaged())?;
        let is_whole = ALGS.iter().all(|alg| keys.iter().any(|(stored, _)| stored.alg == *alg));
        if is_whole { Ok(keys) } else { Err(damaged()) }
    }

    /// What the file says; where there is none, it is made.
    pub(super) fn text_or_make(&self, now: i64) -> Result<String, KeyFileError> {
        if let Some(text) = self.text()? {
            return Ok(text);
        }
        let _lock = self.lock()?;
        // Somebody else may have been faster.
        if let Some(text) = self.text()? {
            return Ok(text);
        }
        let keys = ALGS.into_iter().map(|alg| StoredKey::generate(alg, now)).collect::<Result<_, _>>()?;
        self.write(keys)
    }

    /// Keeps other writers out until it is dropped. Readers need not wait: they find the old file or the new one.
    pub(super) fn lock(&self) -> Result<File, KeyFileError> {
        let path = self.0.with_extension("lock");
        let io = |source| KeyFileError::Io { path: path.clone(), source };
        let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(&path).map_err(io)?;
        if is_foreign(&file, &self.0).map_err(io)? {
            // We have made it: the provider could not open it either.
            fs::remove_file(&path).map_err(io)?;
            return Err(KeyFileError::Foreign { path: self.0.clone() });
        }
        file.lock().map_err(io)?;
        Ok(file)
    }

    /// Replaces the file's keys, by whoever holds the lock.
    pub(super) fn write(&self, keys: Vec<StoredKey>) -> Result<String, KeyFileError> {
        let text = serde_json::to_string_pretty(&Stored { keys }).map_err(|_| KeyFileError::Generate)?;
        self.replace(&text)?;
        Ok(text)
    }

    /// Writes beside the file and renames, so that a crash leaves no half of it.
    fn replace(&self, text: &str) -> Result<(), KeyFileError> {
        let draft = self.0.with_extension("new");
        let io = |source| self.io(source);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&draft).map_err(io)?;
        if is_foreign(&file, &self.0).map_err(io)? {
            fs::remove_file(&draft).map_err(io)?;
            return Err(KeyFileError::Foreign { path: self.0.clone() });
        }
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        fs::rename(&draft, &self.0).and_then(|()| sync_folder(&self.0)).map_err(io)
    }

    fn io(&self, source: io::Error) -> KeyFileError {
        KeyFileError::Io { path: self.0.clone(), source }
    }
}

/// A file that is made can be read by its owner only.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The new name must survive a power cut too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Whether the file that is to be replaced is another user's: root's, after an operator forgot to be the provider.
#[cfg(unix)]
fn is_foreign(draft: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(path) {
        Ok(old) => Ok(old.uid() != draft.metadata()?.uid()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_foreign(_: &File, _: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn kids(data_dir: &Path) -> Result<Vec<String>, KeyFileError> {
        let file = KeyFile::of(data_dir);
        let keys = file.parse(&file.text_or_make(NOW)?)?;
        Ok(keys.into_iter().map(|(_, key)| key.kid).collect())
    }

    #[test]
    fn the_keys_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let made = kids(folder.path()).unwrap();
        assert_eq!(made, kids(folder.path()).unwrap());
        assert_ne!(made, kids(tempfile::tempdir().unwrap().path()).unwrap());
    }

    /// The file of a provider that knew no rotations.
    #[test]
    fn keys_from_before_there_were_rotations_are_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let made = kids(folder.path()).unwrap();
        let path = folder.path().join(NAME);
        let mut file: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for key in file["keys"].as_array_mut().unwrap() {
            assert_eq!(key.as_object_mut().unwrap().remove("signs_from"), Some(NOW.into()));
        }
        fs::write(&path, file.to_string()).unwrap();
        assert_eq!(kids(folder.path()).unwrap(), made);
        let file = KeyFile::of(folder.path());
        let keys = file.parse(&file.text().unwrap().unwrap()).unwrap();
        assert!(keys.iter().all(|(stored, _)| stored.signs_from == 0));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        kids(folder.path()).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let path = folder.path().join(NAME);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(kids(folder.path()), Err(KeyFileError::Exposed { .. })));
    }

    #[test]
    fn a_damaged_file_is_neither_used_nor_replaced() {
        let folder = tempfile::tempdir().unwrap();
        kids(folder.path()).unwrap();
        let path = folder.path().join(NAME);
        let whole = fs::read_to_string(&path).unwrap();
        for damaged in ["", "{}", &whole[..whole.len() / 2], r#"{"keys":[]}"#, &whole.replace("RS256", "ES256")] {
            fs::write(&path, damaged).unwrap();
            assert!(matches!(kids(folder.path()), Err(KeyFileError::Damaged { .. })), "{damaged}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }

    /// Only root can make a file another user's, so for anybody else this shows nothing.
    #[cfg(unix)]
    #[test]
    fn root_does_not_take_the_keys_from_the_provider() {
        let folder = tempfile::tempdir().unwrap();
        let made = kids(folder.path()).unwrap();
        let names = ["signing-keys.json", "signing-keys.lock"].map(|name| folder.path().join(name));
        if names.iter().any(|path| std::os::unix::fs::chown(path, Some(4000), None).is_err()) {
            return;
        }
        let file = KeyFile::of(folder.path());
        let keys = || ALGS.into_iter().map(|alg| StoredKey::generate(alg, NOW).unwrap()).collect();
        let _lock = file.lock().unwrap();
        assert!(matches!(file.write(keys()), Err(KeyFileError::Foreign { .. })));
        fs::remove_file(&names[1]).unwrap();
        assert!(matches!(file.lock(), Err(KeyFileError::Foreign { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        assert_eq!(kids(folder.path()).unwrap(), made);
    }

    /// A crash between writing and renaming.
    #[test]
    fn a_draft_that_was_left_behind_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let made = kids(folder.path()).unwrap();
        fs::write(folder.path().join("signing-keys.new"), "half of").unwrap();
        assert_eq!(kids(folder.path()).unwrap(), made);
        let file = KeyFile::of(folder.path());
        let _lock = file.lock().unwrap();
        file.write(ALGS.into_iter().map(|alg| StoredKey::generate(alg, NOW).unwrap()).collect()).unwrap();
        assert_ne!(kids(folder.path()).unwrap(), made);
        assert!(!folder.path().join("signing-keys.new").exists());
    }
}
