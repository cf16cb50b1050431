//! Many accesses in a short time, counted to the last one over as many windows as it takes.

use scoutline_semconv::attr;

use crate::row::{Fact, NETWORK, OS, Row, Who};

const VERSION: &str = "/proc/version";

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new(
            "a million opens",
            &["ways", "threads", "1", "1000000", VERSION],
        )
        .long()
        .finds(OS.opened(VERSION, "ways").times(1_000_000, 1)),
        Row::new(
            "a million opens by four threads",
            &["ways", "threads", "4", "250000", VERSION],
        )
        .long()
        .finds(OS.opened(VERSION, "ways").times(1_000_000, 1)),
        Row::new(
            "two recipes in turn",
            &["ways", "threads", "2", "50000", VERSION, "/proc/net/arp"],
        )
        .long()
        .finds(OS.opened(VERSION, "ways").times(100_000, 1))
        .finds(NETWORK.opened("/proc/*/net/arp", "ways").times(100_000, 1)),
        Row::new("fifty processes", &["ways", "processes", "50", VERSION])
            .long()
            .finds(
                OS.opened(VERSION, "ways")
                    .by(Who::Child, "ways")
                    .times(50, 50),
            ),
        // More objects than the kernel folds apart for one program.
        Row::new(
            "three hundred files",
            &[
                "unshare",
                "--mount",
                "sh",
                "-ec",
                "mkdir -p etc/ufw; for i in $(seq 300); do : >etc/ufw/$i; done
                mount --bind etc /etc; cd /etc/ufw; exec ways threads 1 3 $(seq 300)",
            ],
        )
        .needs(&["unshare", "--mount", "true"])
        .long()
        .finds(
            NETWORK
                .opened("/etc/ufw/1", "ways")
                .times(900, 1)
                .fact(attr::PROCESS_WORKING_DIRECTORY, Fact::Text("/etc/ufw")),
        ),
    ]
}
