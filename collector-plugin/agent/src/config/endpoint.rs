//! Addresses of Collectors.

use http::Uri;

/// How an OTLP exporter speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// What is wrong with an endpoint, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadEndpoint {
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

/// Whether something can be sent there at all: a mistake is told with its place while the configuration is read,
/// not when the first detection is lost.
pub(super) fn check(endpoint: &str, protocol: Protocol) -> Result<(), BadEndpoint> {
    let wrong = |message, help| Err(BadEndpoint { message, help });
    if let Some(socket) = endpoint.strip_prefix("unix:") {
        let path = socket.strip_prefix("//").unwrap_or(socket);
        if path.starts_with('/') && path.len() > 1 {
            return Ok(());
        }
        return wrong(
            "the path of a unix socket begins with /",
            "write unix:///run/otel/otlp.sock",
        );
    }
    let example = match protocol {
        Protocol::Grpc => "write https://collector:4317",
        Protocol::Http => "write https://collector:4318",
    };
    let Ok(uri) = endpoint.parse::<Uri>() else {
        return wrong("this is not a URL", example);
    };
    let Some(authority) = uri.authority().filter(|it| !it.host().is_empty()) else {
        return wrong("this URL has no host", example);
    };
    if authority.as_str().contains('@') {
        return wrong(
            "an endpoint has no user name or password",
            "put credentials into headers, as authorization",
        );
    }
    if uri.query().is_some() {
        return wrong("an endpoint has no query", example);
    }
    match (uri.scheme_str(), protocol) {
        (Some("http" | "https"), _) => {}
        (Some(_), _) => return wrong("the scheme is none of https, http, unix", example),
        (None, Protocol::Http) => return wrong("the scheme is missing", example),
        (None, Protocol::Grpc) if authority.port().is_none() => {
            return wrong("the port is missing", example);
        }
        (None, Protocol::Grpc) => {}
    }
    if protocol == Protocol::Grpc && !matches!(uri.path(), "" | "/") {
        return wrong(
            "a gRPC endpoint has no path",
            "leave the path out, or use otlp_http",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_good_endpoints_from_bad_ones() {
        use Protocol::{Grpc, Http};
        for (endpoint, protocol, expected) in [
            ("https://c:4317", Grpc, None),
            ("http://c:4317/", Grpc, None),
            ("https://api.example.com", Grpc, None),
            ("c:4317", Grpc, None),
            ("[::1]:4317", Grpc, None),
            ("unix:///run/o.sock", Grpc, None),
            ("unix:/run/o.sock", Http, None),
            ("http://c:4318", Http, None),
            ("http://c/otlp/", Http, None),
            ("", Grpc, Some("this is not a URL")),
            ("http://", Grpc, Some("this is not a URL")),
            ("http://a b", Grpc, Some("this is not a URL")),
            ("/v1/logs", Http, Some("this URL has no host")),
            ("http://:4317", Grpc, Some("this URL has no host")),
            ("collector", Grpc, Some("the port is missing")),
            ("collector:4318", Http, Some("the scheme is missing")),
            (
                "ftp://c:4317",
                Grpc,
                Some("the scheme is none of https, http, unix"),
            ),
            (
                "https://me:pw@c:4317",
                Grpc,
                Some("an endpoint has no user name or password"),
            ),
            (
                "https://c:4317/v1/logs",
                Grpc,
                Some("a gRPC endpoint has no path"),
            ),
            (
                "https://c:4318/?a=b",
                Http,
                Some("an endpoint has no query"),
            ),
            (
                "unix://run/o.sock",
                Grpc,
                Some("the path of a unix socket begins with /"),
            ),
            (
                "unix:///",
                Grpc,
                Some("the path of a unix socket begins with /"),
            ),
        ] {
            let told = check(endpoint, protocol).err().map(|bad| bad.message);
            assert_eq!(told, expected, "{endpoint} {protocol:?}");
        }
    }
}
