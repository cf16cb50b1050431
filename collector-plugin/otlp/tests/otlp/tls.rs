//! Both transports over TLS, with an authority of their own.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair,
};
use scoutline_otlp::{BuildError, Destination, HttpPath, ProbeError, Remote, Tls, probe};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tonic::transport::ServerTlsConfig;

use crate::collector::{PATIENCE, Running, Scripted, remote, start};
use crate::{http, records};

/// An authority, and what it signed, as files.
struct Authority {
    directory: TempDir,
    ca: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "test authority");
        let ca = params.self_signed(&key).unwrap();
        let it = Self {
            directory: tempfile::tempdir().unwrap(),
            ca,
            issuer: Issuer::new(params, key),
        };
        it.write("ca.pem", &it.ca.pem());
        it
    }

    fn sign(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn ca_file(&self) -> Option<PathBuf> {
        Some(self.directory.path().join("ca.pem"))
    }

    /// Trusts this authority and has a certificate of it.
    fn client(&self) -> Tls {
        let (cert, key) = self.sign("sensor");
        Tls {
            ca_file: self.ca_file(),
            cert_file: Some(self.write("cert.pem", &cert.pem())),
            key_file: Some(self.write("key.pem", &key.serialize_pem())),
            ..Tls::default()
        }
    }

    /// A gRPC receiver named `name` that wants a certificate of this authority.
    fn grpc(&self, name: &str) -> Running {
        let (cert, key) = self.sign(name);
        let identity = tonic::transport::Identity::from_pem(cert.pem(), key.serialize_pem());
        let tls = ServerTlsConfig::new()
            .identity(identity)
            .client_ca_root(tonic::transport::Certificate::from_pem(self.ca.pem()));
        let (service, received) = Scripted::new([]);
        // Answers are what counts here; a receiver that nobody reads from must not fill up.
        std::mem::forget(received);
        service.tcp(0, Some(tls))
    }

    /// The same over HTTP.
    fn http(&self, name: &str) -> Running {
        let (cert, key) = self.sign(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(self.ca.der().to_vec()))
            .unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (service, received) = http::Scripted::new([]);
        std::mem::forget(received);
        Running::tcp(0, |listener| async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (service, acceptor) = (service.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        service.serve(stream).await;
                    }
                });
            }
        })
    }
}

fn destinations(remote: Remote) -> [Destination; 2] {
    [
        Destination::Grpc(remote.clone()),
        Destination::Http {
            remote,
            path: HttpPath::Base,
        },
    ]
}

/// gRPC and HTTP receivers, and how to reach them.
fn receivers(authority: &Authority, tls: &Tls) -> [(Running, Destination); 2] {
    let with = |server: &Running| Remote {
        tls: tls.clone(),
        ..remote(format!("https://localhost:{}", server.address.port()))
    };
    let (grpc, http) = (authority.grpc("localhost"), authority.http("localhost"));
    let [over_grpc, _] = destinations(with(&grpc));
    let [_, over_http] = destinations(with(&http));
    [(grpc, over_grpc), (http, over_http)]
}

#[tokio::test]
async fn both_sides_show_a_certificate() {
    let authority = Authority::new();
    for (_server, destination) in receivers(&authority, &authority.client()) {
        probe(&destination).await.unwrap();
        let (sender, exporter) = start(destination, None);
        sender.push(records::batch(3)).unwrap();
        assert_eq!(exporter.shutdown(PATIENCE).await.records.exported, 3);
    }
}

#[tokio::test]
async fn a_receiver_of_another_authority_is_not_trusted() {
    let authority = Authority::new();
    let client = Tls {
        ca_file: Authority::new().client().ca_file,
        ..authority.client()
    };
    // Its directory is gone by now: that, too, must be said.
    for (_server, destination) in receivers(&authority, &client) {
        let error = probe(&destination).await.unwrap_err();
        assert!(
            matches!(error, ProbeError::Build(BuildError::ReadPem { .. })),
            "{error}"
        );
    }
    let other = Authority::new();
    let client = Tls {
        ca_file: other.ca_file(),
        ..authority.client()
    };
    for (_server, destination) in receivers(&authority, &client) {
        let error = probe(&destination).await.unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
}

#[tokio::test]
async fn without_an_own_certificate_the_receiver_refuses() {
    let authority = Authority::new();
    let client = Tls {
        ca_file: authority.ca_file(),
        ..Tls::default()
    };
    for (_server, destination) in receivers(&authority, &client) {
        assert!(matches!(
            probe(&destination).await,
            Err(ProbeError::Send(_))
        ));
    }
}

#[tokio::test]
async fn the_expected_name_can_be_another_than_the_endpoints() {
    let authority = Authority::new();
    let server = authority.grpc("collector.example");
    let mut remote = Remote {
        tls: authority.client(),
        ..remote(format!("https://localhost:{}", server.address.port()))
    };
    assert!(probe(&Destination::Grpc(remote.clone())).await.is_err());
    remote.tls.server_name_override = Some("collector.example".to_owned());
    let [grpc, http] = destinations(remote);
    probe(&grpc).await.unwrap();
    let error = probe(&http).await.unwrap_err();
    assert!(
        matches!(
            error,
            ProbeError::Build(BuildError::ServerNameOverHttp { .. })
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_broken_configuration_is_told() {
    let authority = Authority::new();
    let tls = |change: fn(&mut Tls)| {
        let mut tls = authority.client();
        change(&mut tls);
        Remote {
            tls,
            ..remote("https://localhost:1")
        }
    };
    for destination in destinations(tls(|tls| tls.key_file = None)) {
        let error = probe(&destination).await.unwrap_err();
        assert!(
            matches!(error, ProbeError::Build(BuildError::HalfIdentity)),
            "{error}"
        );
    }
    let spoil: [fn(&Tls) -> &Option<PathBuf>; 3] = [
        |tls| &tls.ca_file,
        |tls| &tls.cert_file,
        |tls| &tls.key_file,
    ];
    for file in spoil {
        let remote = tls(|_| ());
        std::fs::write(file(&remote.tls).as_ref().unwrap(), "no PEM").unwrap();
        for destination in destinations(remote) {
            let error = probe(&destination).await.unwrap_err();
            assert!(
                matches!(error, ProbeError::Build(BuildError::NotPem { .. })),
                "{error:?}"
            );
        }
        authority.write("ca.pem", &authority.ca.pem());
    }
    let unrelated = tls(|_| ());
    authority.write("key.pem", &authority.sign("other").1.serialize_pem());
    for destination in destinations(unrelated) {
        let error = probe(&destination).await.unwrap_err();
        assert!(
            matches!(error, ProbeError::Build(BuildError::Tls { .. })),
            "{error:?}"
        );
    }
}
