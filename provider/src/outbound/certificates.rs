use std::io;
use std::path::{Path, PathBuf};

use reqwest::{Certificate, Client, ClientBuilder};

/// Why the file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificatesError {
    #[error("trusted_certificates_file {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("trusted_certificates_file {}: must be one or more certificates in PEM", path.display())]
    NotCertificates { path: PathBuf },
}

/// What calls to apps trust beside the public authorities.
pub(crate) fn certificates(file: Option<&Path>) -> Result<Vec<Certificate>, CertificatesError> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let pem = std::fs::read(path).map_err(|source| CertificatesError::Unreadable { path: path.to_owned(), source })?;
    let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    // What is in them is only looked at when a client is made.
    let client = certificates.iter().cloned().fold(Client::builder(), ClientBuilder::add_root_certificate).build();
    if certificates.is_empty() || client.is_err() {
        return Err(CertificatesError::NotCertificates { path: path.to_owned() });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_said_to_be_one() {
        assert!(certificates(None).unwrap().is_empty());
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.pem");
        assert!(matches!(certificates(Some(&missing)), Err(CertificatesError::Unreadable { .. })));
        let other = folder.path().join("other.pem");
        std::fs::write(&other, "no certificate").unwrap();
        assert!(matches!(certificates(Some(&other)), Err(CertificatesError::NotCertificates { .. })));
    }
}
