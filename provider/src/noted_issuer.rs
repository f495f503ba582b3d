//! Whose data a folder holds. The provider notes its issuer there when it starts; an operator's command with the configuration
//! of another provider would know neither its apps nor how long its keys matter, and does nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "issuer";

/// Why it is not known whose data it is, or whose it is instead.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerError {
    #[error("cannot read or write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is not there: the provider makes it when it starts. Start the provider of this version first", path.display())]
    Missing { path: PathBuf },
    #[error(
        "the data in {} is that of the provider {noted}, and this configuration is that of {configured}: give the --config, \
         or the --port-base and --topology, that the provider runs with",
        folder.display()
    )]
    Another { folder: PathBuf, noted: String, configured: String },
}

/// Notes that the data is this provider's.
pub(crate) fn note(data_dir: &Path, issuer: &str) -> Result<(), IssuerError> {
    let path = data_dir.join(NAME);
    if noted(&path)?.is_some_and(|noted| noted == issuer) {
        return Ok(());
    }
    // Beside it and renamed, so that a crash leaves no half of it.
    let draft = path.with_extension("new");
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(issuer.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &path)
    };
    write().map_err(|source| IssuerError::Io { path, source })
}

/// Whether the data is the provider's that is configured.
pub(crate) fn check(data_dir: &Path, configured: &str) -> Result<(), IssuerError> {
    let path = data_dir.join(NAME);
    match noted(&path)? {
        None => Err(IssuerError::Missing { path }),
        Some(noted) if noted == configured => Ok(()),
        Some(noted) => {
            Err(IssuerError::Another { folder: data_dir.to_owned(), noted, configured: configured.to_owned() })
        }
    }
}

fn noted(path: &Path) -> Result<Option<String>, IssuerError> {
    match fs::read_to_string(path) {
        Ok(noted) => Ok(Some(noted.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(IssuerError::Io { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_that_of_the_provider_that_started_last() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(matches!(check(folder, "https://a.example"), Err(IssuerError::Missing { .. })));
        for issuer in ["https://a.example", "https://a.example", "https://b.example"] {
            note(folder, issuer).unwrap();
            check(folder, issuer).unwrap();
        }
        let refused = check(folder, "https://a.example").unwrap_err().to_string();
        assert!(refused.contains("https://b.example") && refused.contains("--config"), "{refused}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no draft is left behind");
    }
}
