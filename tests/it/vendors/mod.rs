//! The vendors' contract tables, row by row, over HTTP.
//!
//! Each test names its row in a comment. Texts are written out as the pages quote them, so that a
//! contract which reworded one is noticed.

mod ai302;
mod aimlapi;
mod apilaplas;
mod gmicloud;
mod upstream;

use std::time::Duration;

use mockreel_emulator::{Emulator, EmulatorBuilder};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Caller, KEY, quiet};

/// What the manual clock of [`quiet`] says at first, in seconds since 1970: 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600;

/// A caller at one vendor of an emulator of its own.
struct Visit {
    emulator: Emulator,
    vendor: &'static str,
    caller: Caller,
}

impl Visit {
    /// With every option as it is by default.
    async fn to(vendor: &'static str) -> Self {
        Self::at(vendor, quiet()).await
    }

    /// With one of the vendor's options chosen.
    async fn with(vendor: &'static str, option: &str, value: &str) -> Self {
        Self::at(vendor, quiet().option(vendor, option, value)).await
    }

    /// With whatever the builder says.
    async fn at(vendor: &'static str, builder: EmulatorBuilder) -> Self {
        let emulator = builder.start().await.unwrap();
        Self { emulator, vendor, caller: Caller::with_key(KEY) }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url(self.vendor))
    }

    async fn get(&self, path: &str) -> Answer {
        self.caller.get(&self.url(path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.caller.post(&self.url(path), body).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.caller.request(method, &self.url(path))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        self.caller.send(request).await
    }

    fn image(&self, name: &str) -> String {
        crate::support::fixture(&self.emulator, name)
    }

    async fn start(&self, id: &str) {
        self.emulator.jobs(KEY).start(id).await.unwrap();
    }

    async fn finish(&self, id: &str) {
        self.emulator.clock(KEY).advance_until_job(id).await.unwrap();
    }

    async fn wait(&self, seconds: u64) {
        self.emulator.clock(KEY).advance(Duration::from_secs(seconds)).await.unwrap();
    }

    /// What the control API says of a job.
    async fn order(&self, path: &str) -> Value {
        self.caller.get(&format!("{}/__admin/{path}", self.emulator.base())).await.json()
    }
}

/// A refusal, to the byte.
#[track_caller]
fn assert_whole(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.text().as_str()), (status, body));
}

/// The names of an object's members, in order.
#[track_caller]
fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Whether a text is a UUID in lower case.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(place, letter)| match place {
            8 | 13 | 18 | 23 => letter == '-',
            _ => matches!(letter, '0'..='9' | 'a'..='f'),
        })
}
