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
const ALGS: [SigningAlg; 2] = [SigningAlg::RS256, SigningAlg::ES256];

/// Why there are no signing keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    #[error("cannot read or write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{} can be read by others: run `chmod 600` on it, and if somebody may have read it, remove it so that new keys \
         are made",
        path.display()
    )]
    Exposed { path: PathBuf },
    #[error("{} is damaged: restore it from a backup, or remove it so that new keys are made", path.display())]
    Damaged { path: PathBuf },
    #[error("cannot make a signing key")]
    Generate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    alg: SigningAlg,
    /// PKCS #8 in base64.
    private_key: String,
}

pub(super) fn open(data_dir: &Path) -> Result<Vec<SigningKey>, KeyFileError> {
    let path = data_dir.join(NAME);
    match File::open(&path) {
        Ok(file) => read(file, &path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path),
        Err(source) => Err(KeyFileError::Io { path, source }),
    }
}

fn read(file: File, path: &Path) -> Result<Vec<SigningKey>, KeyFileError> {
    if is_exposed(&file).map_err(|source| KeyFileError::Io { path: path.to_owned(), source })? {
        return Err(KeyFileError::Exposed { path: path.to_owned() });
    }
    let damaged = || KeyFileError::Damaged { path: path.to_owned() };
    let text = io::read_to_string(file).map_err(|source| KeyFileError::Io { path: path.to_owned(), source })?;
    let stored: Stored = serde_json::from_str(&text).map_err(|_| damaged())?;
    let keys = load(&stored).map_err(|_| damaged())?;
    if ALGS.iter().all(|alg| keys.iter().any(|key| key.alg == *alg)) { Ok(keys) } else { Err(damaged()) }
}

fn make(path: &Path) -> Result<Vec<SigningKey>, KeyFileError> {
    let keys = ALGS
        .into_iter()
        .map(|alg| key::generate(alg).map(|der| StoredKey { alg, private_key: STANDARD.encode(der) }))
        .collect::<Result<_, _>>()
        .map_err(|_| KeyFileError::Generate)?;
    let stored = Stored { keys };
    let text = serde_json::to_string_pretty(&stored).map_err(|_| KeyFileError::Generate)?;
    write(path, &text).map_err(|source| KeyFileError::Io { path: path.to_owned(), source })?;
    load(&stored).map_err(|_| KeyFileError::Generate)
}

fn load(stored: &Stored) -> Result<Vec<SigningKey>, UnusableKey> {
    let load = |key: &StoredKey| {
        let pkcs8 = STANDARD.decode(&key.private_key).map_err(|_| UnusableKey)?;
        SigningKey::from_pkcs8(key.alg, &pkcs8)
    };
    stored.keys.iter().map(load).collect()
}

/// Writes beside the target and renames, so that a crash leaves no half of a file.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kids(data_dir: &Path) -> Result<Vec<String>, KeyFileError> {
        open(data_dir).map(|keys| keys.into_iter().map(|key| key.kid).collect())
    }

    #[test]
    fn the_keys_are_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let made = kids(folder.path()).unwrap();
        assert_eq!(made, kids(folder.path()).unwrap());
        assert_ne!(made, kids(tempfile::tempdir().unwrap().path()).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        kids(folder.path()).unwrap();
        let path = folder.path().join(NAME);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
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
}
