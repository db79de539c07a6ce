//! The tour and the examples of the pages work as printed: their commands are taken from there and run by `bash`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::json;

use crate::support::Caller;

/// The address that the pages name.
const PRINTED: &str = "127.0.0.1:4747";

/// A page, by its path from the root.
fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The blocks that open with these words, each with what follows them on its first line.
fn blocks(text: &str, opening: &str) -> Vec<(String, String)> {
    let parts = text.split("\n```").collect::<Vec<_>>();
    let opened = parts.iter().filter_map(|part| part.strip_prefix(opening));
    let split = opened.filter_map(|block| block.split_once('\n'));
    split.map(|(rest, block)| (rest.to_owned(), block.to_owned())).collect()
}

/// The program, started as a user starts it but on a free port, and ended with the test.
struct Served {
    process: Child,
    address: String,
    folder: PathBuf,
}

impl Served {
    fn start(folder: &str, flags: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        // What an earlier run has left must not pass for what this one made.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_mockreel"))
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let output = process.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut first).unwrap();
        let address = first.trim().strip_prefix("mockreel serves on http://");
        let address = address.unwrap_or_else(|| panic!("`{first}` does not say where")).to_owned();
        Self { process, address, folder }
    }

    /// Runs a script in a folder of its own, and answers that folder.
    fn bash(&self, name: &str, script: &str) -> PathBuf {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let script = script.replace(PRINTED, &self.address);
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(&folder)
            .env("NO_PROXY", "*")
            .output()
            .expect("this test needs bash and curl: install them");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name}: {} in\n{script}\n{said}", done.status);
        folder
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; either way it must not outlive the test.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn assert_is_mp4(path: &Path) {
    let mut start = [0; 12];
    let mut file = std::fs::File::open(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    file.read_exact(&mut start).unwrap();
    assert_eq!(&start[4..8], b"ftyp", "{} is no MP4", path.display());
}

#[test]
fn the_tour_downloads_a_video_from_each_surface() {
    let tour = blocks(&page("docs/tour.md"), "bash tour");
    let [(_, preparation), surfaces @ ..] = tour.as_slice() else { panic!("docs/tour.md has no tour") };
    let names: Vec<&str> = surfaces.iter().map(|(name, _)| name.trim_start_matches('=')).collect();
    assert_eq!(names, ["apilaplas", "aimlapi-legacy", "aimlapi", "gmicloud", "302ai"]);
    // The tour's loop goes round, and nothing depends on how fast this machine is.
    let served = Served::start("tour", &["--progress", "polls=1"]);
    for (name, (_, block)) in names.iter().zip(surfaces) {
        let folder = served.bash(name, &format!("{preparation}\n{block}"));
        assert_is_mp4(&folder.join(format!("{name}.mp4")));
    }
}

#[test]
fn the_orders_about_time_work_as_printed() {
    let orders = blocks(&page("docs/guide/time.md"), "bash")
        .into_iter()
        .find(|(_, block)| block.contains("clock/advance"));
    let (_, orders) = orders.expect("the page shows how to control time");
    let served = Served::start("time", &["--latency", "real"]);
    let submit = "QUEUE=http://127.0.0.1:4747/gmicloud/api/v1/ie/requestqueue/apikey/requests\n\
        ID=$(curl -fsS $QUEUE -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \
        -d '{\"model\": \"Kling-Text2Video-V1.6-Standard\", \"payload\": {}}' \
        | sed -n 's/.*\"request_id\":\"\\([^\"]*\\)\".*/\\1/p')";
    let setting = "BASE=http://127.0.0.1:4747 KEY=some-key";
    // Without `-f` a refused order would pass for one that was carried out.
    let orders = orders.replace("curl ", "curl -fsS ");
    served.bash("orders", &format!("{setting}\n{submit}\n{orders}"));
}

/// A client as a user's tests have one, for the page's example.
struct YourClient {
    caller: Caller,
    queue: String,
}

impl YourClient {
    fn new(base: &str, key: &str) -> Self {
        let queue = format!("{base}/api/v1/ie/requestqueue/apikey/requests");
        Self { caller: Caller::with_key(key), queue }
    }

    async fn submit(&self, prompt: &str) -> String {
        let body = json!({"model": "Kling-Text2Video-V1.6-Standard", "payload": {"prompt": prompt}});
        let mut answer = self.caller.post(&self.queue, &body).await;
        while answer.status == 429 {
            answer = self.caller.post(&self.queue, &body).await;
        }
        answer.json()["request_id"].as_str().expect("a submit answers with an id").to_owned()
    }

    async fn status(&self, id: &str) -> String {
        let request = self.caller.request(Method::GET, &format!("{}/{id}", self.queue));
        self.caller.send(request).await.json()["status"].as_str().expect("a record has a status").to_owned()
    }
}

// The page's example, between its `rust` fences.
use mockreel_emulator::Emulator;
use mockreel_emulator::clock::MANUAL_START;

#[tokio::test]
async fn a_client_gets_its_video() {
    let emulator = Emulator::builder().manual_clock(MANUAL_START).start().await.unwrap();
    let client = YourClient::new(&emulator.url("gmicloud"), "some-key");

    let id = client.submit("a walk at dusk").await;
    assert_eq!(client.status(&id).await, "queued");

    // Minutes pass at once, for this key only.
    emulator.clock("some-key").advance_until_job(&id).await.unwrap();
    assert_eq!(client.status(&id).await, "success");
}

use mockreel_emulator::expect::Expectation;

#[tokio::test]
async fn a_client_comes_back_after_a_burst_of_429() {
    let emulator = Emulator::builder().manual_clock(MANUAL_START).start().await.unwrap();
    let client = YourClient::new(&emulator.url("gmicloud"), "some-key");
    emulator.scenarios("some-key").add_set("gmicloud/rate-burst").await.unwrap();
    emulator.expect(Expectation::of("submit").vendor("gmicloud").status(429).times(3));
    emulator.expect(Expectation::of("submit").vendor("gmicloud").status(200).times(1));

    client.submit("a walk at dusk").await;

    emulator.verify().await.unwrap();
}

#[test]
fn the_examples_in_rust_are_ones_that_run() {
    let examples = blocks(&page("docs/guide/rust.md"), "rust");
    assert_eq!(examples.len(), 2);
    for (_, example) in examples {
        assert!(
            include_str!("tour.rs").contains(example.as_str()),
            "{example}\nis not what tests/it/tour.rs runs"
        );
    }
}
