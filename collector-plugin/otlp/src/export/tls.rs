//! Certificates and keys, read from where the configuration says.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::config::Tls;
use super::error::BuildError;

/// Contents of the files of [`Tls`].
pub(super) struct Pem {
    pub(super) ca: Option<Vec<u8>>,
    pub(super) identity: Option<Identity>,
}

pub(super) struct Identity {
    pub(super) cert: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl Pem {
    /// Reads what is configured. TLS libraries skip what they do not find in a file, and then trust nobody or
    /// show nothing, so each file is looked into here.
    pub(super) fn read(tls: &Tls) -> Result<Self, BuildError> {
        let identity = match (&tls.cert_file, &tls.key_file) {
            (Some(cert), Some(key)) => Some(Identity {
                cert: read::<CertificateDer<'_>>("cert_file", cert)?,
                key: read::<PrivateKeyDer<'_>>("key_file", key)?,
            }),
            (None, None) => None,
            _ => return Err(BuildError::HalfIdentity),
        };
        let ca = match &tls.ca_file {
            Some(path) => Some(read::<CertificateDer<'_>>("ca_file", path)?),
            None => None,
        };
        Ok(Self { ca, identity })
    }
}

/// Reads a file that must hold at least one `T`.
fn read<T: PemObject>(key: &'static str, path: &Path) -> Result<Vec<u8>, BuildError> {
    let content = fs::read(path).map_err(|source| BuildError::ReadPem {
        key,
        path: path.to_owned(),
        source,
    })?;
    match T::from_pem_slice(&content) {
        Ok(_) => Ok(content),
        Err(source) => Err(BuildError::NotPem {
            key,
            path: path.to_owned(),
            source,
        }),
    }
}
