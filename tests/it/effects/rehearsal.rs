//! A client that was written with care survives the rehearsal of every vendor; a naive one does not.

use std::time::Duration;

use mockreel_contracts::contract::check::read::{Observation, observe};
use mockreel_contracts::{Operation, Phase};
use mockreel_emulator::Emulator;
use reqwest::Method;
use serde_json::Value;

use super::{Surface, with_stamps};
use crate::support::{KEY, newest, quiet};

/// How often the client asks for one thing before it gives up.
const PATIENCE: usize = 8;

/// What came of one request: an answer that can be read, or nothing that can.
#[expect(clippy::large_enum_variant, reason = "one at a time is held")]
enum Came {
    Read(Observation),
    Unreadable(String),
}

/// A client that knows the vendor's documentation, and nothing of the stand-in but its clock.
struct Client<'a> {
    surface: &'a Surface<'a>,
}

impl Client<'_> {
    async fn ask(&self, operation: Operation, request: reqwest::RequestBuilder) -> Came {
        let contract = self.surface.contract();
        let expected = contract.operations[&operation].status.enforced;
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Came::Unreadable(error.to_string()),
        };
        if answer.status().as_u16() != expected {
            return Came::Unreadable(format!("status {}", answer.status()));
        }
        let Ok(bytes) = answer.bytes().await else { return Came::Unreadable("broken off".to_owned()) };
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(body) => Came::Read(observe(&contract.operations[&operation], contract, &body)),
            Err(error) => Came::Unreadable(error.to_string()),
        }
    }

    fn submitting(&self) -> reqwest::RequestBuilder {
        let request = self.surface.caller.request(Method::POST, &self.surface.submit_url());
        request.json(&self.surface.body("a cat"))
    }

    fn polling(&self, id: &str) -> reqwest::RequestBuilder {
        self.surface.caller.request(Method::GET, &self.surface.poll_url(id))
    }

    async fn submitted(&self) -> Result<String, String> {
        let mut last = String::new();
        for _ in 0..PATIENCE {
            match self.ask(Operation::Submit, self.submitting()).await {
                Came::Read(Observation { id: Some(id), .. }) => return Ok(id),
                Came::Read(other) => last = format!("{other:?}"),
                Came::Unreadable(why) => last = why,
            }
            self.surface.wait(1.0).await;
        }
        Err(format!("no submit was taken: {last}"))
    }

    /// Follows a job to its end; the address of its video, or nothing if it failed.
    async fn followed(&self, id: &str) -> Result<Option<String>, String> {
        let mut failures = 0;
        for _ in 0..1000 {
            match self.ask(Operation::Poll, self.polling(id)).await {
                Came::Read(seen) => match seen.phase {
                    Some(Phase::Succeeded) if seen.video_url.is_some() => return Ok(seen.video_url),
                    Some(Phase::Failed | Phase::Cancelled) => return Ok(None),
                    _ => failures = 0,
                },
                Came::Unreadable(why) => {
                    failures += 1;
                    if failures > PATIENCE {
                        return Err(format!("polls are lost: {why}"));
                    }
                }
            }
            self.surface.wait(1.0).await;
        }
        Err("the job never ended".to_owned())
    }

    /// A download is good if it is whole and a video.
    async fn downloaded(&self, url: &str) -> Result<(), String> {
        let mut last = String::new();
        for _ in 0..PATIENCE {
            match self.downloaded_once(url).await {
                Ok(()) => return Ok(()),
                Err(why) => last = why,
            }
        }
        Err(format!("no download was whole: {last}"))
    }

    async fn downloaded_once(&self, url: &str) -> Result<(), String> {
        let answer =
            self.surface.caller.request(Method::GET, url).send().await.map_err(|error| error.to_string())?;
        if answer.status() != 200 {
            return Err(format!("status {}", answer.status()));
        }
        let bytes = answer.bytes().await.map_err(|error| error.to_string())?;
        let is_video = bytes.get(4..8) == Some(b"ftyp");
        if is_video { Ok(()) } else { Err("that is no video".to_owned()) }
    }

    async fn careful(&self) -> Result<(), String> {
        for _ in 0..PATIENCE {
            let id = self.submitted().await?;
            if let Some(url) = self.followed(&id).await? {
                return self.downloaded(&url).await;
            }
        }
        Err("every job failed".to_owned())
    }

    /// Believes that whatever is asked is answered, and that whatever is answered is good.
    async fn naive(&self) -> Result<(), String> {
        let Came::Read(Observation { id: Some(id), .. }) =
            self.ask(Operation::Submit, self.submitting()).await
        else {
            return Err("the submit was not taken".to_owned());
        };
        let url = loop {
            match self.ask(Operation::Poll, self.polling(&id)).await {
                Came::Read(Observation { video_url: Some(url), .. }) => break url,
                Came::Read(Observation { phase: Some(Phase::Queued | Phase::Running), .. }) => {}
                Came::Read(other) => return Err(format!("{other:?}")),
                Came::Unreadable(why) => return Err(why),
            }
            self.surface.wait(1.0).await;
        };
        self.downloaded_once(&url).await
    }
}

async fn rehearsing(vendor: &mockreel_contracts::Vendor, seed: u64) -> Emulator {
    let builder = quiet().seed(seed).vendor(with_stamps(vendor)).scenario_set("rehearsal").unwrap();
    builder.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careful_client_survives_the_rehearsal_of_every_vendor_and_a_naive_one_does_not() {
    for vendor in newest() {
        let mut survived = 0;
        for seed in 0..=100 {
            let emulator = rehearsing(&vendor, seed).await;
            let surface = Surface::new(&emulator, &vendor, KEY);
            let client = Client { surface: &surface };
            let careful = tokio::time::timeout(Duration::from_secs(60), client.careful());
            let outcome = careful.await.unwrap_or_else(|_| Err("it hangs".to_owned()));
            assert!(outcome.is_ok(), "{} with seed {seed}: {outcome:?}", vendor.id());
            let surface = Surface::new(&emulator, &vendor, "another key");
            survived += usize::from(Client { surface: &surface }.naive().await.is_ok());
        }
        assert!(survived < 20, "{}: the naive client survived {survived} of 101 runs", vendor.id());
    }
}

#[tokio::test]
async fn without_the_rehearsal_the_naive_client_is_fine() {
    for vendor in newest() {
        let emulator = quiet().vendor(with_stamps(&vendor)).start().await.unwrap();
        let surface = Surface::new(&emulator, &vendor, KEY);
        assert_eq!(Client { surface: &surface }.naive().await, Ok(()), "{}", vendor.id());
    }
}

#[tokio::test]
async fn the_rehearsal_never_meets_more_than_two_in_a_row_and_spares_whoever_says_so() {
    let emulator = quiet().scenario_set("rehearsal").unwrap().start().await.unwrap();
    let surface = Surface::named(&emulator, "gmicloud", KEY);
    let mut row = 0;
    for _ in 0..60 {
        row = if surface.submit().await.status == 200 { 0 } else { row + 1 };
        assert!(row <= 2);
    }
    for _ in 0..20 {
        assert_eq!(surface.submit_with("none").await.status, 200);
    }
}
