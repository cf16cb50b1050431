//! A backend that takes HTTP: keeps what it is sent, and answers as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use flate2::read::GzDecoder;

use crate::PATIENCE;

/// A server on a port of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct HttpBackend {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A request as it was meant: unpacked, names of headers in lower case.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    /// With its query.
    pub target: String,
    /// Names and values.
    pub headers: BTreeMap<String, String>,
    /// Empty if there was none.
    pub body: Vec<u8>,
    /// What it was answered with.
    pub status: u16,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// 200 and the like.
    pub status: u16,
    /// Beside what frames the body.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: String,
}

impl HttpAnswer {
    /// With this status and body.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: &[],
            body: body.into(),
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Vec<HttpRequest>>,
    more: Condvar,
    has_ended: AtomicBool,
}

impl HttpBackend {
    /// Starts one. `answer` also gets how many requests there were before.
    ///
    /// # Errors
    /// If there is no port.
    pub fn start(
        answer: impl Fn(&HttpRequest, usize) -> HttpAnswer + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let (ours, answer) = (Arc::clone(&shared), Arc::new(answer));
        thread::Builder::new().spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if ours.has_ended.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, answer) = (Arc::clone(&ours), Arc::clone(&answer));
                // It ends with the connection, and whatever is wrong with that is for the other side to tell.
                thread::spawn(move || shared.serve(&stream, &*answer));
            }
        })?;
        Ok(Self { address, shared })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until `are_there`, and returns all requests that were answered so far.
    ///
    /// # Errors
    /// If that takes longer than [`PATIENCE`]; then it says what is there.
    pub fn wait_until(
        &self,
        expected: &str,
        are_there: impl Fn(&[HttpRequest]) -> bool,
    ) -> Result<Vec<HttpRequest>> {
        let deadline = Instant::now() + PATIENCE;
        let mut taken = self.shared.lock();
        while !are_there(&taken) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let told = taken.iter().map(|it| (&it.target, it.status));
                let told: Vec<_> = told.collect();
                bail!("waited for {expected}, got {told:#?}");
            }
            let waited = self.shared.more.wait_timeout(taken, left);
            taken = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(taken.clone())
    }
}

impl Drop for HttpBackend {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::Relaxed);
        // The last connection is for the listener to look around. Without it, it is as good as ended.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<HttpRequest>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(
        &self,
        mut stream: &TcpStream,
        answer: &dyn Fn(&HttpRequest, usize) -> HttpAnswer,
    ) -> Result<()> {
        let mut reader = BufReader::new(stream);
        while let Some(mut request) = read(&mut reader)? {
            let mut taken = self.lock();
            let answer = answer(&request, taken.len());
            request.status = answer.status;
            taken.push(request);
            drop(taken);
            self.more.notify_all();
            let mut head = format!("HTTP/1.1 {} told\r\n", answer.status);
            for (name, value) in answer.headers {
                head += &format!("{name}: {value}\r\n");
            }
            head += &format!("content-length: {}\r\n\r\n", answer.body.len());
            stream.write_all((head + &answer.body).as_bytes())?;
        }
        Ok(())
    }
}

/// The next request of a connection, if there is one more.
fn read(reader: &mut BufReader<&TcpStream>) -> Result<Option<HttpRequest>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let target = line.split(' ').nth(1).context("no request line")?;
    let mut request = HttpRequest {
        target: target.to_owned(),
        ..HttpRequest::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = name.to_ascii_lowercase();
        request.headers.insert(name, value.to_owned());
    }
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let mut body = if header("transfer-encoding") == Some("chunked") {
        chunks(reader)?
    } else {
        let mut body = vec![0; header("content-length").unwrap_or("0").parse()?];
        reader.read_exact(&mut body)?;
        body
    };
    if header("content-encoding") == Some("gzip") {
        let packed = std::mem::take(&mut body);
        GzDecoder::new(&*packed).read_to_end(&mut body)?;
    }
    request.body = body;
    Ok(Some(request))
}

/// A body that comes in parts, each after its length.
fn chunks(reader: &mut BufReader<&TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = u64::from_str_radix(line.trim_end(), 16)?;
        reader.take(length).read_to_end(&mut body)?;
        // What ends a part, and after the last one the body.
        reader.read_line(&mut String::new())?;
        if length == 0 {
            return Ok(body);
        }
    }
}
