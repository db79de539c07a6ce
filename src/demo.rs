//! `mockreel demo`: a video from one command, and its requests as `curl` commands.

use std::path::PathBuf;
use std::sync::Arc;

use mockreel_conformance::clock::RunClock;
use mockreel_conformance::profile::{Ask, Credential, Image, Profile, put};
use mockreel_conformance::wire::{HttpSettings, HttpWire};
use mockreel_contracts::contract::check::image::slots;
use mockreel_contracts::contract::views::examples;
use mockreel_contracts::{Model, Operation, Phase, Role, UnixMillis, Vendor};
use mockreel_emulator::Emulator;
use mockreel_evidence::exchange::{Answer, Body, Outgoing, PartContent, Wire};
use serde_json::json;

use crate::cli::DemoFlags;
use crate::error::CliError;
use crate::files::{check_free, write_new};
use crate::output::say;
use crate::serve::start_runtime;
use crate::settings::find_vendor;

/// The server that the printed commands call: the address where `serve` listens unless it is told otherwise.
const PRINTED: &str = "http://127.0.0.1:4747";

/// The seed. With it and the key the ids of the first job are the same on every server, so commands can name them.
const SEED: u64 = 1;

/// The fixture that the video is made of.
const IMAGE: &str = "landscape.jpg";

/// The prompt of the job.
const PROMPT: &str = "the clouds drift by";

/// Milliseconds between two polls.
const POLL_INTERVAL_MS: u64 = 500;

/// Polls after which the job is given up: two minutes.
const MAX_POLLS: usize = 240;

/// Makes a video as a client of the vendor would, and prints how.
pub(crate) fn run(flags: DemoFlags) -> Result<(), CliError> {
    flags.out.as_deref().map_or(Ok(()), check_free)?;
    let vendor = match &flags.vendor {
        Some(name) => find_vendor(name)?,
        None => pick_vendor()?,
    };
    let runtime = start_runtime()?;
    let builder = Emulator::builder().vendor(vendor.clone()).seed(SEED);
    let emulator = runtime.block_on(builder.start()).map_err(CliError::internal)?;
    let mut client = Client::new(&emulator, &vendor)?;
    let video = client.make_video()?;
    let path = flags.out.unwrap_or_else(|| free_name(vendor.id()));
    write_new(&path, &video)?;
    let size = video.len().div_ceil(1024);
    say(&format!(
        "{}: {size} KiB of H.264 video. The requests, in order:\n\n{}\n\
         They work as printed on a server of your own: start `mockreel --seed {SEED}`, then paste them.\n\
         Before the next time: curl -X POST '{PRINTED}/__admin/reset?account={}' -H 'content-type: application/json'\n",
        path.display(),
        client.commands.concat(),
        client.key,
    ));
    runtime.block_on(emulator.stop());
    Ok(())
}

fn pick_vendor() -> Result<Vendor, CliError> {
    let all = mockreel_contracts::vendors().map_err(CliError::internal)?;
    all.iter().find(|vendor| vendor.newest).cloned().ok_or_else(|| CliError::internal("there is no vendor"))
}

/// The first of `VENDOR.mp4`, `VENDOR-2.mp4`, ... that is free.
fn free_name(id: &str) -> PathBuf {
    let names = std::iter::once(format!("{id}.mp4")).chain((2..).map(|number| format!("{id}-{number}.mp4")));
    let free = names.map(PathBuf::from).find(|path| path.symlink_metadata().is_err());
    free.expect("the numbers do not end")
}

/// A client of one vendor that remembers its requests.
struct Client {
    profile: Profile,
    wire: HttpWire,
    /// The key, which is the account: one for each edition, so that each job is the first of its account.
    key: String,
    /// The start of the emulator's addresses.
    origin: String,
    /// The start of the vendor's addresses on it, and on a server of all vendors.
    base: String,
    printed_base: String,
    /// The requests as commands.
    commands: Vec<String>,
}

impl Client {
    fn new(emulator: &Emulator, vendor: &Vendor) -> Result<Self, CliError> {
        let contract = &vendor.contract;
        let name = if vendor.newest { contract.id.clone() } else { contract.full_id() };
        Ok(Self {
            profile: Profile::new(Arc::clone(contract)),
            wire: HttpWire::new(&HttpSettings::usual(), RunClock::start()).map_err(CliError::internal)?,
            origin: emulator.base(),
            base: emulator.url(vendor.id()),
            key: format!("demo-{name}"),
            printed_base: format!("{PRINTED}/{name}"),
            commands: Vec::new(),
        })
    }

    /// Submits a job, polls it until it ends, and downloads the result.
    fn make_video(&mut self) -> Result<Vec<u8>, CliError> {
        let submit = self.submit()?;
        let answer = self.send(&submit, "")?;
        let id = self.profile.accepted(&answer).ok_or_else(|| unexpected("the id of a job", &answer))?;
        let poll = self.profile.poll(&id);
        self.commands.push("# again, until the job has ended\n".to_owned());
        let mut answer = self.send(&poll, "")?;
        let asked_once = self.commands.len();
        for _ in 0..MAX_POLLS {
            let job = self.profile.observe(Operation::Poll, &answer);
            if job.phase.is_some_and(Phase::is_terminal) {
                let url = job.video_url.ok_or_else(|| unexpected("the address of a video", &answer))?;
                self.commands.truncate(asked_once);
                let download = Ask::get(&url).from(Credential::Nobody);
                // Whoever pastes all commands at once asks before the job has ended.
                let options = " --retry 60 --retry-delay 1 --retry-all-errors -o video.mp4";
                return Ok(self.send(&download, options)?.body);
            }
            self.wire.wait_ms(POLL_INTERVAL_MS);
            answer = self.send(&poll, "")?;
        }
        Err(unexpected("a job that ends", &answer))
    }

    /// The plainest good submit with an image.
    fn submit(&mut self) -> Result<Ask, CliError> {
        let profile = self.profile.clone();
        let takes_image = |model: &Model| !slots(&model.request, &examples::minimal(model, &[])).is_empty();
        let model = profile.model_with(takes_image).or_else(|| profile.model());
        let model = model.ok_or_else(|| CliError::internal("the vendor offers no model"))?;
        let url = format!("{}/__fixtures/{IMAGE}", self.origin);
        let bytes = if profile.takes_forms() {
            self.send(&Ask::get(&url).from(Credential::Nobody), &format!(" -o {IMAGE}"))?.body
        } else {
            Vec::new()
        };
        let image = Image { bytes, content_type: "image/jpeg", url: Some(url) };
        let mut body = profile.body(model, &image);
        if let Some(prompt) = profile.member(model, Role::Prompt) {
            put(&mut body, &prompt.pointer, json!(PROMPT));
        }
        Ok(profile.submit(model, &body, &image))
    }

    /// Sends a request, and keeps it as a command with further options.
    fn send(&mut self, ask: &Ask, options: &str) -> Result<Answer, CliError> {
        let mut headers = ask.headers.clone();
        if ask.credential == Credential::Key {
            let now = UnixMillis(RunClock::start().unix_ms());
            headers.push((
                "authorization".to_owned(),
                self.profile.contract().auth.scheme.header(&self.key, now),
            ));
        }
        let path = ask.target();
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { path };
        let request = Outgoing { method: ask.method.clone(), url, headers, body: ask.body.clone() };
        let command = format!("{}{options}\n", curl(&request));
        self.commands.push(command.replace(&self.base, &self.printed_base).replace(&self.origin, PRINTED));
        let answer = self.wire.send("demo", &request).map_err(CliError::internal)?;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(unexpected("a success", &answer)) }
    }
}

fn unexpected(expected: &str, answer: &Answer) -> CliError {
    CliError::Internal(format!("expected {expected}, found {}: {}", answer.status, answer.text()))
}

/// A request as a command.
fn curl(request: &Outgoing) -> String {
    let mut command = format!("curl -fsS {}", quote(&request.url));
    for (name, value) in &request.headers {
        command.push_str(&format!(" -H {}", quote(&format!("{name}: {value}"))));
    }
    match &request.body {
        Body::Json(value) => {
            command.push_str(&format!(
                " -H 'content-type: application/json' \\\n  -d {}",
                quote(&value.to_string())
            ));
        }
        Body::Form(parts) => {
            for part in parts {
                let value = match &part.content {
                    PartContent::Text(text) => text.clone(),
                    PartContent::File { .. } => format!("@{IMAGE}"),
                };
                command.push_str(&format!(" \\\n  -F {}", quote(&format!("{}={value}", part.name))));
            }
        }
        Body::None | Body::Raw { .. } => {}
    }
    command
}

/// A text as one word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
