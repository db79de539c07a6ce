//! A receiver on loopback that notes what it was sent and answers what it is told to.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How long a test waits for what must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Something that was sent.
#[derive(Debug)]
pub(super) struct Call {
    /// Method and target.
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver.
pub(super) struct Receiver {
    /// Its address, with a query.
    pub(super) address: String,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl Receiver {
    /// One that answers these statuses in turn, and then 200.
    pub(super) async fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook?key=sesame", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::unbounded_channel();
        let mut statuses: VecDeque<u16> = statuses.iter().copied().collect();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let status = statuses.pop_front().unwrap_or(200);
                if let Some(call) = hear(stream, status).await
                    && sender.send(call).is_err()
                {
                    return;
                }
            }
        });
        Self { address, calls }
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Call {
        tokio::time::timeout(PATIENCE, self.calls.recv()).await.expect("a call comes").unwrap()
    }

    /// Whether nothing has come that nobody looked at.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}

async fn hear(stream: TcpStream, status: u16) -> Option<Call> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    // A redirect to itself: whoever follows it calls twice.
    let answer =
        format!("HTTP/1.1 {status} .\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
    Some(Call { line: line.trim_end().to_owned(), headers, body })
}
