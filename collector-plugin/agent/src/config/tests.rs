use std::path::Path;
use std::time::Duration;

use scoutline_loader::FileOpen;
use scoutline_otlp::{Compression, Destination, HttpPath, Signal};
use scoutline_semconv::Severity;

use super::*;

fn resolve(text: &str, variables: &Variables) -> (Option<Config>, Vec<String>) {
    let (config, findings) = resolve::resolve(Some((Path::new("s.yaml"), text)), variables);
    let told = findings.iter().map(ToString::to_string).collect();
    (config, told)
}

fn good(text: &str) -> Config {
    let (config, told) = resolve(text, &Variables::default());
    assert_eq!(told, Vec::<String>::new());
    config.expect("a configuration without errors")
}

fn told(text: &str) -> String {
    let (_, told) = resolve(text, &Variables::from([("TOKEN", "hunter2")]));
    told.join("\n")
}

fn from_environment<const N: usize>(variables: [(&str, &str); N]) -> (Vec<Exporter>, Vec<String>) {
    let (config, findings) = resolve::resolve(None, &Variables::from(variables));
    let exporters = config.map(|config| config.exporters).unwrap_or_default();
    let told = findings.iter().map(ToString::to_string).collect();
    (exporters, told)
}

/// Protocol with the path rule, and endpoint.
fn target(exporter: &Exporter) -> (&'static str, &str) {
    match &exporter.config.destination {
        Destination::Grpc(remote) => ("grpc", &remote.endpoint),
        Destination::Http { remote, path } => match path {
            HttpPath::Base => ("http", &remote.endpoint),
            HttpPath::Exact(_) => ("http exact", &remote.endpoint),
        },
        Destination::File { directory } => ("file", directory.to_str().unwrap_or_default()),
    }
}

#[test]
fn nothing_typed_is_a_configuration() {
    for text in ["", "\n# nothing\n  # at all\n", "exporters:\n", "{}"] {
        let config = good(text);
        assert!(config.resource.is_empty() && config.exporters.is_empty());
        assert_eq!(config.file_open, FileOpen::Auto);
        assert_eq!(config.window, Duration::from_secs(60));
        let defaults = Telemetry {
            metrics_interval: Some(Duration::from_secs(60)),
            heartbeat: Some(Duration::from_secs(300)),
        };
        assert_eq!(config.telemetry, defaults);
    }
}

#[test]
fn what_the_sensor_tells_of_itself_can_be_switched_off() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let config = |text: &str, word: &str| {
        let (config, told) = resolve(text, &Variables::from([("OTEL_SDK_DISABLED", word)]));
        let telemetry = config.expect("no error").telemetry;
        (telemetry.metrics_interval, telemetry.heartbeat, told.len())
    };
    let both = "telemetry: {metrics_interval: 5s, heartbeat: 1h}";
    assert_eq!(config(both, ""), (seconds(5), seconds(3600), 0));
    assert_eq!(config(both, "FALSE"), (seconds(5), seconds(3600), 0));
    assert_eq!(config(both, "True"), (None, seconds(3600), 0));
    assert_eq!(config("", "true"), (None, seconds(300), 0));
    assert_eq!(config("", "yes"), (seconds(60), seconds(300), 1));
    let none = "telemetry: {metrics_interval: 0s, heartbeat: 0s}";
    assert_eq!(config(none, ""), (None, None, 0));
}

#[test]
fn every_key_arrives() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "hunter2\n").expect("written");
    let text = format!(
        "resource: {{deployment.environment.name: staging, team: '${{env:TEAM:-core}}'}}
sensor: {{hooks: {{file_open: fentry}}}}
recipes:
  directories: [/etc/a, /etc/b]
  disable: [os_fingerprint]
  severity: {{net_scan_tool_exec: low}}
detection: {{window: 5s}}
exporters:
  otlp_grpc/main:
    endpoint: c:4317
    tls: {{ca_file: /ca, cert_file: /cert, key_file: /key, server_name_override: n, insecure: true}}
    headers: {{Authorization: 'Bearer ${{file:{}}}'}}
    compression: zstd
    timeout: 0s
    retry_on_failure: {{initial_interval: 1s, multiplier: 2, randomization_factor: 0.25, max_interval: 9s, max_elapsed_time: 1h}}
    sending_queue: {{sizer: bytes, queue_size: 8MiB, batch: {{flush_timeout: 1s, max_size: 524288}}}}
  otlphttp: {{endpoint: http://h:4318, compression: none, retry_on_failure: {{enabled: false}}}}
  file: {{directory: /var/log/scoutline}}
",
        token.display()
    );
    let config = good(&text);
    assert_eq!(config.environment_name(), Some("staging"));
    assert!(
        config
            .resource
            .contains(&("team".to_owned(), "core".to_owned()))
    );
    assert_eq!(config.file_open, FileOpen::Fentry);
    assert_eq!(
        config.recipes.directories,
        ["/etc/a", "/etc/b"].map(PathBuf::from)
    );
    assert!(config.recipes.options.disable.contains("os_fingerprint"));
    assert_eq!(
        config.recipes.options.severity.get("net_scan_tool_exec"),
        Some(&Severity::Low)
    );
    assert_eq!(config.window, Duration::from_secs(5));
    let names: Vec<_> = config
        .exporters
        .iter()
        .map(|exporter| exporter.config.name.as_str())
        .collect();
    assert_eq!(names, ["otlp_grpc/main", "otlphttp", "file"]);
    assert_eq!(target(&config.exporters[1]), ("http", "http://h:4318"));
    assert_eq!(config.exporters[1].config.retry, None);
    assert_eq!(target(&config.exporters[2]), ("file", "/var/log/scoutline"));

    let main = &config.exporters[0];
    assert_eq!(main.queue_bytes, 8 << 20);
    assert_eq!(
        (main.batch.bytes, main.batch.age),
        (512 << 10, Duration::from_secs(1))
    );
    let retry = main.config.retry.expect("enabled unless said otherwise");
    assert_eq!(
        (
            retry.initial_interval,
            retry.max_interval,
            retry.max_elapsed
        ),
        (
            Duration::from_secs(1),
            Duration::from_secs(9),
            Duration::from_secs(3600)
        )
    );
    assert_eq!((retry.multiplier, retry.randomization_factor), (2.0, 0.25));
    let Destination::Grpc(remote) = &main.config.destination else {
        panic!("{main:?}");
    };
    assert_eq!(remote.endpoint, "c:4317");
    assert_eq!(remote.compression, Compression::Zstd);
    assert_eq!(remote.timeout, Duration::ZERO);
    assert!(remote.tls.insecure);
    for (path, expected) in [
        (&remote.tls.ca_file, "/ca"),
        (&remote.tls.cert_file, "/cert"),
        (&remote.tls.key_file, "/key"),
    ] {
        assert_eq!(path.as_deref(), Some(Path::new(expected)));
    }
    let shown = format!("{config:?}");
    assert!(shown.contains("authorization") && !shown.contains("hunter2"));
}

#[test]
fn a_longer_first_interval_raises_the_bound() {
    let config = good(
        "exporters: {otlp: {endpoint: 'http://c:4317', retry_on_failure: {initial_interval: 2m}}}",
    );
    let retry = config.exporters[0].config.retry.expect("enabled");
    assert_eq!(retry.max_interval, Duration::from_secs(120));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let text = r#"
resource: {service.name: mine, team: [a], empty: ""}
sensor: {hooks: {file_open: kprobe}, threads: 4}
recipes: {directories: [recipes.d], severity: {x: hihg}, exceptions: [/a]}
detection: {window: 2h, spans: maybe, command_args: some}
exporters:
  otlp_grpc:
    endpoint: collector
    tls: {cert_file: /c, min_version: "1.2", cipher_suites: []}
    headers: {"bad name": x, good: "${env:TOKEN}\n"}
    compression: snappy
    timeout: 10
    keepalive: {time: 1s}
    retry_on_failure: {multiplier: 0.5, initial_interval: 0s}
    sending_queue: {sizer: items, num_consumers: 4, queue_size: 1KiB, batch: {max_size: 1GiB}}
  otlp_http/: {endpoint: "http://c:4318"}
  otlp_http/two: {}
  otlp_htpt: {endpoint: "http://c:4318"}
  kafka: {brokers: []}
  file: {directory: relative, rotation: {max_backups: 1}, path: /x}
telemetry: {heartbeat: 10ms, metrics: 1m}
service: {pipelines: {}}
exporter: {}
"#;
    insta::assert_snapshot!(told(text), @r#"
s.yaml:2:12: error: "service.name" is always set by the sensor
  help: leave it out; searches and dashboards depend on its value
s.yaml:2:38: error: expected a string, found a sequence
s.yaml:2:50: error: expected a string, found an empty one
s.yaml:3:29: error: "kprobe" is not supported by this version
  help: write auto, lsm, fentry or syscall
s.yaml:3:38: error: unknown key "threads"
  help: known here: hooks
s.yaml:4:25: error: expected a path that begins with /, found "recipes.d"
s.yaml:4:51: error: expected one of informational, low, medium, high, critical, found "hihg"
  help: did you mean "high"?
s.yaml:4:58: error: "exceptions" is not supported by this version
  help: leave it out
s.yaml:5:21: error: expected a duration from 100ms to 1h, found "2h"
s.yaml:5:32: error: expected true or false, found "maybe"
s.yaml:5:53: error: expected one of none, redacted, full, found "some"
s.yaml:8:15: error: the port is missing
  help: write https://collector:4317
s.yaml:9:10: error: the key "key_file" is missing
  help: cert_file and key_file go together
s.yaml:9:26: error: "min_version" is not supported by this version
  help: leave it out
s.yaml:9:46: error: "cipher_suites" is not supported by this version
  help: the OpenTelemetry Collector has this setting, Scoutline has not; leave it out
s.yaml:10:15: error: "bad name" is not a header name
s.yaml:10:36: error: the value of header "good" has characters that can not be sent
s.yaml:11:18: error: expected one of gzip, zstd, none, found "snappy"
s.yaml:12:14: error: expected a duration such as 250ms, 5s or 1h, found "10"
s.yaml:13:5: error: "keepalive" is not supported by this version
  help: the OpenTelemetry Collector has this setting, Scoutline has not; leave it out
s.yaml:14:36: error: expected a number from 1 to 10, found "0.5"
s.yaml:14:59: error: expected a duration longer than 0s, found "0s"
s.yaml:15:28: error: this sizer is not supported by this version
  help: write bytes, and queue_size and max_size in bytes
s.yaml:15:35: error: "num_consumers" is not supported by this version
  help: leave it out
s.yaml:15:65: error: the queue is smaller than one batch
  help: write at least 1048576, or make batch.max_size smaller
s.yaml:15:89: error: expected a size from 64KiB to 4MiB, found "1GiB"
s.yaml:16:3: error: an exporter has no name after its /
s.yaml:17:18: error: the key "endpoint" is missing
s.yaml:18:3: error: unknown exporter "otlp_htpt"
  help: did you mean "otlp_http"?
s.yaml:19:3: error: unknown exporter "kafka"
  help: known: otlp_grpc, otlp_http, file, each also as otlp_grpc/name
s.yaml:20:21: error: expected a path that begins with /, found "relative"
s.yaml:20:31: error: "rotation" is not supported by this version
  help: leave it out
s.yaml:20:59: error: "path" is not supported by this version
  help: the OpenTelemetry Collector has this setting, Scoutline has not; leave it out
s.yaml:21:24: error: expected a duration from 1s on, or 0s for never, found "10ms"
s.yaml:21:30: error: unknown key "metrics"
  help: did you mean "metrics_interval"?
s.yaml:22:1: error: "service" is not supported by this version
  help: the OpenTelemetry Collector has this setting, Scoutline has not; leave it out
s.yaml:23:1: error: unknown key "exporter"
  help: did you mean "exporters"?
"#);
}

#[test]
fn text_that_is_no_configuration() {
    insta::assert_snapshot!(
        ["[a, b]", "a: b: c", "a: 1\na: 2", "42", "resource: ${env:NONE}"]
            .map(told)
            .join("\n"),
        @r#"
s.yaml:1:1: error: expected a mapping (`key: value`), found a sequence
s.yaml:1:5: error: not valid YAML: mapping values are not allowed in this context
s.yaml:1:1: error: unknown key "a"
  help: known here: resource, sensor, recipes, detection, exporters, telemetry
s.yaml:2:1: error: duplicate key "a", first on line 1
s.yaml:1:1: error: expected a mapping (`key: value`), found "42"
s.yaml:1:11: error: the environment variable NONE is not set; `${env:NONE:-default}` would do without
"#
    );
}

#[test]
fn a_secret_is_never_told() {
    let text = "detection: {window: '${env:TOKEN}'}\nexporters: {otlp: {endpoint: '${env:TOKEN}', headers: {a: \"${env:TOKEN}\\n\"}}}";
    let told = told(text);
    assert_eq!(
        told.lines().filter(|line| line.contains("error")).count(),
        3
    );
    assert!(!told.contains("hunter2"), "{told}");
}

/// Every exporter: what it is for, and where to.
fn targets(exporters: &[Exporter]) -> Vec<String> {
    let told = |exporter: &Exporter| {
        let (kind, endpoint) = target(exporter);
        let signals: Vec<_> = exporter
            .config
            .signals
            .iter()
            .map(Signal::to_string)
            .collect();
        assert!(Signal::ALL.iter().all(|signal| {
            exporter.config.carries(*signal) == exporter.config.signals.contains(signal)
        }));
        format!("{} {kind} {endpoint}", signals.join("+"))
    };
    exporters.iter().map(told).collect()
}

#[test]
fn the_environment_makes_exporters_only_if_asked() {
    let e = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let l = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    let t = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let x = "OTEL_LOGS_EXPORTER";
    let p = "OTEL_EXPORTER_OTLP_PROTOCOL";
    let all = |target: &str| vec![format!("logs+traces+metrics {target}")];
    let each = |targets: &[&str]| targets.iter().copied().map(str::to_owned).collect();
    for (variables, expected) in [
        ([("A", ""), ("B", "")], vec![]),
        ([(p, "grpc"), (e, " ")], vec![]),
        ([(e, "http://c:4318"), ("B", "")], all("http http://c:4318")),
        (
            [(e, "http://c:4317"), (p, "GRPC")],
            all("grpc http://c:4317"),
        ),
        (
            [(e, "http://c:4318"), (l, "http://l/x")],
            each(&[
                "logs http exact http://l/x",
                "traces+metrics http http://c:4318",
            ]),
        ),
        (
            [(l, "http://c/v1/logs"), (t, "http://c/v1/traces")],
            each(&[
                "logs http exact http://c/v1/logs",
                "traces http exact http://c/v1/traces",
            ]),
        ),
        (
            [(l, "http://c:4317"), (p, "grpc")],
            each(&["logs grpc http://c:4317"]),
        ),
        (
            [(e, "http://c:4318"), (x, "none")],
            each(&["traces+metrics http http://c:4318"]),
        ),
        (
            [(e, "http://c:4318"), (x, "console")],
            each(&["traces+metrics http http://c:4318"]),
        ),
        (
            [(e, "http://c:4318"), ("OTEL_TRACES_EXPORTER", "none")],
            each(&["logs+metrics http http://c:4318"]),
        ),
        (
            [(e, "http://c:4318"), (x, "OTLP,console")],
            all("http http://c:4318"),
        ),
        ([(x, "otlp"), (p, "")], all("http http://localhost:4318")),
        (
            [(x, "otlp"), (p, "grpc")],
            all("grpc http://localhost:4317"),
        ),
        ([("OTEL_TRACES_EXPORTER", "otlp"), (p, "grpc")], vec![]),
    ] {
        let (exporters, told) = from_environment(variables);
        assert_eq!(targets(&exporters), expected, "{variables:?}");
        assert_eq!(told, Vec::<String>::new(), "{variables:?}");
        let mut names: Vec<_> = exporters.iter().map(|it| &it.config.name).collect();
        names.dedup();
        assert_eq!(names.len(), exporters.len(), "{names:?}");
    }
}

#[test]
fn a_variable_for_one_signal_wins() {
    let (exporters, told) = from_environment([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "TRUE"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "b=2,c=x%20y"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca"),
    ]);
    assert_eq!(told, Vec::<String>::new());
    let [logs, others] = exporters.as_slice() else {
        panic!("{exporters:?}");
    };
    let Destination::Grpc(remote) = &logs.config.destination else {
        panic!("{logs:?}");
    };
    assert!(remote.tls.insecure);
    assert_eq!(remote.timeout, Duration::ZERO);
    assert_eq!(remote.compression, Compression::None);
    assert_eq!(format!("{:?}", remote.headers), r#"{"b", "c"}"#);
    assert_eq!(remote.tls.ca_file.as_deref(), Some(Path::new("/ca")));
    let Destination::Http { remote, .. } = &others.config.destination else {
        panic!("{others:?}");
    };
    assert_eq!(others.config.signals, [Signal::Traces, Signal::Metrics]);
    assert_eq!(remote.timeout, Duration::from_secs(1));
    assert_eq!(format!("{:?}", remote.headers), r#"{"a"}"#);
}

#[test]
fn what_the_environment_has_wrong() {
    let (_, told) = from_environment([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:hunter2@c:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "snappy"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=hunter2,nonsense",
        ),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key"),
        ("OTEL_LOGS_EXPORTER", "otlp,jaeger"),
        ("OTEL_SERVICE_NAME", "mine"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,team=core"),
    ]);
    insta::assert_snapshot!(told.join("\n"), @r#"
environment variable OTEL_SERVICE_NAME: warning: ignored: service.name is always scoutline
environment variable OTEL_RESOURCE_ATTRIBUTES: warning: service.name ignored: it is always set by the sensor
environment variable OTEL_LOGS_EXPORTER: warning: ignored: expected otlp, console or none
environment variable OTEL_EXPORTER_OTLP_PROTOCOL: warning: ignored: expected grpc or http/protobuf, http/protobuf is used
environment variable OTEL_EXPORTER_OTLP_ENDPOINT: error: an endpoint has no user name or password; put credentials into headers, as authorization
environment variable OTEL_EXPORTER_OTLP_CLIENT_KEY: error: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is missing, they go together
environment variable OTEL_EXPORTER_OTLP_HEADERS: warning: ignored: not of the form key=value,key=value, or not fit for headers
environment variable OTEL_EXPORTER_OTLP_COMPRESSION: warning: ignored: expected gzip, zstd or none
environment variable OTEL_EXPORTER_OTLP_TIMEOUT: warning: ignored: expected a whole number of milliseconds
"#);
}

#[test]
fn a_file_that_names_exporters_wins_and_resources_add_up() {
    let variables = Variables::from([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://evil:4318"),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=env,zone=a"),
    ]);
    let text = "resource: {team: file}\nexporters: {otlp: {endpoint: 'http://good:4317'}}";
    let (config, told) = resolve(text, &variables);
    assert_eq!(told, Vec::<String>::new());
    let config = config.expect("no errors");
    assert_eq!(config.exporters.len(), 1);
    assert_eq!(target(&config.exporters[0]), ("grpc", "http://good:4317"));
    let mut resource = config.resource;
    resource.sort();
    let expected = [("team", "file"), ("zone", "a")];
    assert_eq!(
        resource,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[test]
fn load_tells_a_missing_file_from_a_wrong_one() {
    let nowhere = load(Some(Path::new("/nonexistent.yaml")), &Variables::default());
    assert!(matches!(nowhere, Err(LoadError::Unreadable { .. })));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("s.yaml");
    std::fs::write(&path, "detection: {window: 1}").expect("written");
    let wrong = load(Some(&path), &Variables::default());
    let Err(LoadError::Wrong(findings)) = wrong else {
        panic!("{wrong:?}");
    };
    assert_eq!(findings.len(), 1);
    std::fs::write(&path, "detection: {window: 1s}").expect("written");
    let loaded = load(
        Some(&path),
        &Variables::from([("OTEL_SERVICE_NAME", "mine")]),
    );
    let loaded = loaded.expect("a warning is no error");
    assert_eq!((loaded.warnings.len(), loaded.file), (1, Some(path)));
}
