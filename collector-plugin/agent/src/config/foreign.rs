//! Keys that a pasted or a newer configuration may have and this version refuses, by block.
//!
//! A key is named here so that its author is told that it is no typing error.

use scoutline_detect::yaml::Fields;

/// Keys of one block.
pub(super) struct Foreign {
    /// Documented for Scoutline, not in this version.
    later: &'static [&'static str],
    /// The OpenTelemetry Collector has them in this block.
    collector: &'static [&'static str],
}

impl Foreign {
    /// Refuses each of them that is there.
    pub(super) fn refuse(&self, fields: &mut Fields<'_, '_>) {
        for key in self.later {
            fields.unsupported(key, "leave it out");
        }
        for key in self.collector {
            fields.unsupported(
                key,
                "the OpenTelemetry Collector has this setting, Scoutline has not; leave it out",
            );
        }
    }
}

pub(super) const TOP: Foreign = Foreign {
    later: &["extensions"],
    collector: &["receivers", "processors", "connectors", "service"],
};

pub(super) const RECIPES: Foreign = Foreign {
    later: &["exceptions"],
    collector: &[],
};

pub(super) const GRPC: Foreign = Foreign {
    later: &[],
    collector: &[
        "auth",
        "authority",
        "balancer_name",
        "keepalive",
        "middlewares",
        "read_buffer_size",
        "wait_for_ready",
        "write_buffer_size",
    ],
};

pub(super) const HTTP: Foreign = Foreign {
    later: &[],
    collector: &[
        "auth",
        "compression_params",
        "cookies",
        "disable_keep_alives",
        "encoding",
        "force_attempt_http2",
        "http2_ping_timeout",
        "http2_read_idle_timeout",
        "idle_conn_timeout",
        "logs_endpoint",
        "max_conns_per_host",
        "max_idle_conns",
        "max_idle_conns_per_host",
        "metrics_endpoint",
        "middlewares",
        "profiles_endpoint",
        "proxy_url",
        "read_buffer_size",
        "traces_endpoint",
        "write_buffer_size",
    ],
};

pub(super) const TLS: Foreign = Foreign {
    later: &[
        "include_system_ca_certs_pool",
        "insecure_skip_verify",
        "min_version",
        "reload_interval",
    ],
    collector: &[
        "ca_pem",
        "cert_pem",
        "cipher_suites",
        "curve_preferences",
        "key_pem",
        "max_version",
        "tpm",
    ],
};

pub(super) const QUEUE: Foreign = Foreign {
    later: &["enabled", "num_consumers", "storage"],
    collector: &["block_on_overflow", "wait_for_result"],
};

pub(super) const BATCH: Foreign = Foreign {
    later: &[],
    collector: &["min_size", "partition", "sizer"],
};

pub(super) const FILE: Foreign = Foreign {
    later: &["rotation"],
    collector: &[
        "append",
        "compression",
        "create_directory",
        "encoding",
        "flush_interval",
        "format",
        "group_by",
        "path",
    ],
};
