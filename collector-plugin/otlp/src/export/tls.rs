//! Certificates and keys, read from where the configuration says.

use std::fs;
use std::path::Path;

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
    pub(super) fn read(tls: &Tls) -> Result<Self, BuildError> {
        let identity = match (&tls.cert_file, &tls.key_file) {
            (Some(cert), Some(key)) => Some(Identity {
                cert: read("cert_file", cert)?,
                key: read("key_file", key)?,
            }),
            (None, None) => None,
            _ => return Err(BuildError::HalfIdentity),
        };
        let ca = match &tls.ca_file {
            Some(path) => Some(read("ca_file", path)?),
            None => None,
        };
        Ok(Self { ca, identity })
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::ReadPem {
        key,
        path: path.to_owned(),
        source,
    })
}
