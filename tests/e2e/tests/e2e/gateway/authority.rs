//! Certificates, made for a test.

use std::fs;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use tempfile::TempDir;

/// An authority, and what it signed, as files that live as long as this.
pub(super) struct Authority {
    directory: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "authority of a test");
        let certificate = params.self_signed(&key)?.pem();
        let it = Self {
            directory: TempDir::new()?,
            issuer: Issuer::new(params, key),
        };
        it.write("ca.pem", &certificate)?;
        Ok(it)
    }

    /// Path of its own certificate.
    pub(super) fn certificate(&self) -> Result<String> {
        self.path("ca.pem")
    }

    /// Paths of a certificate for a name or an address, and of its key.
    pub(super) fn sign(&self, file: &str, name: &str) -> Result<(String, String)> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        let certificate = self.write(&format!("{file}.pem"), &certificate)?;
        let key = self.write(&format!("{file}.key"), &key.serialize_pem())?;
        Ok((certificate, key))
    }

    fn write(&self, name: &str, content: &str) -> Result<String> {
        let path = self.path(name)?;
        fs::write(&path, content)?;
        Ok(path)
    }

    fn path(&self, name: &str) -> Result<String> {
        let path = self.directory.path().join(name);
        let path = path.to_str().context("a folder's name is no UTF-8")?;
        Ok(path.to_owned())
    }
}
