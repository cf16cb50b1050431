//! What a receiver gets, byte for byte: the sensor's own queue and exporter, and a receiver that keeps all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use scoutline_otlp::{
    Compression, DEFAULT_CAPACITY, Destination, Exporter, ExporterConfig, Headers, HttpPath,
    QueueSender, Remote, Signal, Tls, queue,
};
use tokio::runtime::{Builder, Runtime};

/// Long enough for any machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Requests that nobody has looked at yet; each is looked at before the next but one is made.
const REQUESTS: usize = 16;

/// A body that was posted, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// An exporter and its receiver.
pub(crate) struct Wire {
    pub(crate) runtime: Runtime,
    pub(crate) exporter: Exporter,
    pub(crate) queue: QueueSender,
    received: Receiver<Request>,
}

impl Wire {
    pub(crate) fn open() -> Result<Self> {
        let (queue, end) = queue(DEFAULT_CAPACITY);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, received) = sync_channel(REQUESTS);
        // Both end with the exporter, which ends the connection.
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let sender = sender.clone();
                std::thread::spawn(move || serve(&stream, &sender));
            }
        });
        let config = config("otlp", format!("http://{address}"));
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let exporter = Exporter::spawn(&config, end, runtime.handle())?;
        Ok(Self {
            runtime,
            exporter,
            queue,
            received,
        })
    }

    /// The next request.
    pub(crate) fn next(&self) -> Result<Request> {
        let next = self.received.recv_timeout(PATIENCE);
        next.context("nothing more was sent")
    }

    /// All that is still to come.
    pub(crate) fn close(self) -> Result<Vec<Request>> {
        let counts = self.runtime.block_on(self.exporter.shutdown(PATIENCE));
        for tally in [&counts.records, &counts.spans] {
            ensure!(tally.exported == tally.offered(), "{tally:?}");
        }
        Ok(self.received.try_iter().collect())
    }
}

/// An exporter that tries once.
pub(crate) fn config(name: &str, endpoint: String) -> ExporterConfig {
    ExporterConfig {
        name: name.to_owned(),
        destination: Destination::Http {
            remote: Remote {
                endpoint,
                tls: Tls::default(),
                headers: Headers::default(),
                compression: Compression::None,
                timeout: PATIENCE,
            },
            path: HttpPath::Base,
        },
        signals: Signal::ALL.to_vec(),
        retry: None,
        // One after another, so that the order is that of the queue.
        consumers: NonZeroUsize::MIN,
    }
}

/// Keeps each request, and takes it.
fn serve(stream: &TcpStream, requests: &SyncSender<Request>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).context("no request")?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        requests.send(Request { path, body })?;
        let mut stream = stream;
        stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
}
