//! The heap allocations of a request. The counts are exact: they depend on the code, not on the machine.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, Limits};
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// How many requests are counted.
const COUNTED: u64 = 200;

/// What one request costs on the average.
#[derive(Debug)]
struct Cost {
    allocations: u64,
    bytes: u64,
}

/// A client that allocates nothing while it asks.
struct Client {
    stream: TcpStream,
    answer: Box<[u8]>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: vec![0; 64 * 1024].into_boxed_slice() }
    }

    /// Sends a request, and reads the answer whole.
    fn send(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        let mut length = 0;
        loop {
            let count = self.stream.read(&mut self.answer[length..]).unwrap();
            assert!(count > 0, "the answer broke off");
            length += count;
            let answer = &self.answer[..length];
            let Some(head) = find(answer, b"\r\n\r\n") else { continue };
            let at = find(answer, b"content-length: ").expect("an answer says how long it is") + 16;
            let digits = answer[at..].iter().take_while(|byte| byte.is_ascii_digit());
            let body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            if length == head + 4 + body {
                return &self.answer[..length];
            }
        }
    }

    fn body(&mut self, request: &[u8]) -> Value {
        let answer = self.send(request);
        let head = find(answer, b"\r\n\r\n").unwrap();
        serde_json::from_slice(&answer[head + 4..]).unwrap()
    }

    /// Counts what a request costs, once everything that is kept for the next one is there.
    fn count(&mut self, request: &[u8]) -> Cost {
        for _ in 0..50 {
            self.send(request);
        }
        let before = dhat::HeapStats::get();
        for _ in 0..COUNTED {
            self.send(request);
        }
        let after = dhat::HeapStats::get();
        Cost {
            allocations: (after.total_blocks - before.total_blocks) / COUNTED,
            bytes: (after.total_bytes - before.total_bytes) / COUNTED,
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn get(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer counted-key\r\naccept: */*\r\n\
         user-agent: counter/1\r\n\r\n"
    )
    .into_bytes()
}

fn post(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer counted-key\r\naccept: */*\r\n\
         user-agent: counter/1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Serves something on a thread of its own, and answers where.
fn serve<F: Future<Output = SocketAddr> + Send + 'static>(
    start: impl FnOnce() -> F + Send + 'static,
) -> SocketAddr {
    let (tell, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(start().await).unwrap();
            std::future::pending::<()>().await;
        });
    });
    address.recv().unwrap()
}

fn serve_emulator() -> SocketAddr {
    serve(|| async {
        // What is done behind the requests is not of any one of them.
        let limits = Limits { journal_entries: 0, ..Limits::default() };
        let builder = Emulator::builder().manual_clock(MANUAL_START).seed(1).limits(limits);
        let emulator = builder.start().await.unwrap();
        let address = emulator.address();
        std::mem::forget(emulator);
        address
    })
}

/// A vendor's requests, and how many allocations each may cost.
struct Bounds {
    vendor: &'static str,
    submit_path: &'static str,
    submit_body: &'static str,
    /// The name of the job's id in the answer to a submit.
    id_at: &'static str,
    /// The path of a poll, with `{id}` in it.
    poll_path: &'static str,
    poll: u64,
    submit: u64,
    refusal: u64,
}

const TEXT_TO_VIDEO: &str =
    r#"{"model":"kling-video/v1.6/pro/text-to-video","prompt":"waves","duration":5,"cfg_scale":0.5}"#;

const IMAGE_TO_VIDEO: &str = r#"{"model":"kling-video/v1.6/standard/image-to-video","image_url":"https://pictures.example/a.png","prompt":"waves","duration":5,"cfg_scale":0.5}"#;

const VENDORS: [Bounds; 4] = [
    Bounds {
        vendor: "apilaplas",
        submit_path: "/v2/generate/video/kling/generation",
        submit_body: IMAGE_TO_VIDEO,
        id_at: "/id",
        poll_path: "/v2/generate/video/kling/generation?generation_id={id}",
        poll: 30,
        // With an image: its address is read, and a note says that it is not fetched.
        submit: 210,
        refusal: 280,
    },
    Bounds {
        vendor: "aimlapi",
        submit_path: "/v2/video/generations",
        submit_body: TEXT_TO_VIDEO,
        id_at: "/id",
        poll_path: "/v2/video/generations?generation_id={id}",
        poll: 30,
        submit: 90,
        refusal: 300,
    },
    Bounds {
        vendor: "gmicloud",
        submit_path: "/api/v1/ie/requestqueue/apikey/requests",
        submit_body: r#"{"model":"Kling-Text2Video-V1.6-Standard","payload":{"prompt":"waves","duration":"5"}}"#,
        id_at: "/request_id",
        poll_path: "/api/v1/ie/requestqueue/apikey/requests/{id}",
        poll: 40,
        submit: 90,
        refusal: 300,
    },
    Bounds {
        vendor: "302ai",
        submit_path: "/klingai/m2v_txt2video_hq_5s",
        submit_body: r#"{"prompt":"waves"}"#,
        id_at: "/data/task/id",
        poll_path: "/klingai/task/{id}/fetch",
        poll: 170,
        submit: 200,
        refusal: 300,
    },
];

impl Bounds {
    /// A poll, a submit and a submit that is refused, each with its name and how many allocations it may cost.
    fn requests(&self, client: &mut Client) -> [(&'static str, Vec<u8>, u64); 3] {
        let path = |path: &str| format!("/{}{path}", self.vendor);
        let submit = post(&path(self.submit_path), self.submit_body);
        let accepted = client.body(&submit);
        let id = accepted.pointer(self.id_at).and_then(Value::as_str);
        let id = id.unwrap_or_else(|| panic!("{}: no id in {accepted}", self.vendor));
        let poll = get(&path(&self.poll_path.replace("{id}", id)));
        let refused = post(&path(self.submit_path), "{}");
        [("poll", poll, self.poll), ("submit", submit, self.submit), ("refusal", refused, self.refusal)]
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures, with `--nocapture`")]
fn a_request_costs_no_more_allocations_than_it_needs() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let address = serve_emulator();
    let mut report = String::new();
    let mut too_many = String::new();
    for bounds in VENDORS {
        let mut client = Client::connect(address);
        for (kind, request, most) in bounds.requests(&mut client) {
            let Cost { allocations, bytes } = client.count(&request);
            let line = format!(
                "{} {kind}: {allocations} allocations, {bytes} bytes; at most {most}\n",
                bounds.vendor
            );
            if allocations > most {
                too_many.push_str(&line);
            }
            report.push_str(&line);
        }
    }
    println!("{report}");
    assert!(too_many.is_empty(), "{too_many}");
}

/// Says where the allocations come from: `ALLOCATIONS_OF="aimlapi poll"` writes `dhat-heap.json`, which the viewer of DHAT
/// shows.
#[test]
#[ignore = "writes a profile"]
fn the_allocations_of_one_kind_of_request_are_written_down() {
    let wanted = std::env::var("ALLOCATIONS_OF").unwrap_or_else(|_| "aimlapi poll".to_owned());
    let address = serve_emulator();
    for bounds in VENDORS {
        let mut client = Client::connect(address);
        for (kind, request, _) in bounds.requests(&mut client) {
            if format!("{} {kind}", bounds.vendor) == wanted {
                for _ in 0..50 {
                    client.send(&request);
                }
                let _profiler = dhat::Profiler::new_heap();
                for _ in 0..100 {
                    client.send(&request);
                }
            }
        }
    }
}
