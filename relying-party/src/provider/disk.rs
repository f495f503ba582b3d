use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metadata::ProviderMetadata;
use crate::Jwks;

/// The copy in the data folder, so that a restart while the provider is down still verifies.
pub(crate) const FILE_NAME: &str = "provider-keys.json";

/// A longer file is not ours, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Kept {
    metadata: Value,
    jwks: Value,
}

/// Reads the copy back. What is missing, damaged or of another issuer counts as not there: it will be fetched anew.
pub(super) fn load(data_dir: &Path, issuer: &str) -> Option<(ProviderMetadata, Jwks)> {
    let mut text = String::new();
    fs::File::open(data_dir.join(FILE_NAME)).ok()?.take(MAX_FILE).read_to_string(&mut text).ok()?;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    Some((ProviderMetadata::parse(kept.metadata, issuer).ok()?, Jwks::parse(kept.jwks)?))
}

/// Writes the copy: all of it or nothing, readable by the owner only.
pub(super) fn save(data_dir: &Path, metadata: &Value, jwks: &Value) -> io::Result<()> {
    let kept = Kept { metadata: metadata.clone(), jwks: jwks.clone() };
    let text = serde_json::to_vec(&kept)?;
    let temporary = temporary_name(data_dir);
    let written = write(&temporary, &text).and_then(|()| fs::rename(&temporary, data_dir.join(FILE_NAME)));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// A name of its own for each write: two relying parties of one process may share a folder.
fn temporary_name(data_dir: &Path) -> PathBuf {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    data_dir.join(format!("{FILE_NAME}.{}.{write}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://op.example";

    fn documents() -> (Value, Value) {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://op.example/authorize",
            "token_endpoint": "https://op.example/token",
            "jwks_uri": "https://op.example/jwks",
        });
        let key = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        (metadata, json!({ "keys": [key] }))
    }

    #[test]
    fn what_was_saved_is_loaded_and_nothing_else_lies_about() {
        let folder = tempfile::tempdir().unwrap();
        let (metadata, jwks) = documents();
        save(folder.path(), &metadata, &jwks).unwrap();
        save(folder.path(), &metadata, &jwks).unwrap();
        let (loaded, keys) = load(folder.path(), ISSUER).expect("the copy");
        assert_eq!((loaded.raw, keys.raw), (metadata, jwks));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (metadata, jwks) = documents();
        save(folder.path(), &metadata, &jwks).unwrap();
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_or_foreign_copy_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load(folder.path(), ISSUER).is_none(), "no file");
        let (metadata, jwks) = documents();
        save(folder.path(), &metadata, &jwks).unwrap();
        assert!(load(folder.path(), "https://other.example").is_none(), "another issuer");
        for text in ["", "{", "{}", "{\"metadata\":{},\"jwks\":{\"keys\":[]}}"] {
            fs::write(folder.path().join(FILE_NAME), text).unwrap();
            assert!(load(folder.path(), ISSUER).is_none(), "{text}");
        }
    }
}
