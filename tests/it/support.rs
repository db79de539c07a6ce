//! Support for all tests: an emulator on a manual clock, and a client that keeps status, headers and bytes.

use mockreel_contracts::Vendor;
use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, EmulatorBuilder};
use reqwest::Method;
use serde_json::Value;

/// The key that tests use unless they need another.
pub(crate) const KEY: &str = "test-key";

/// An emulator on a manual clock with seed 1: nothing moves unless a test says so.
pub(crate) fn quiet() -> EmulatorBuilder {
    Emulator::builder().manual_clock(MANUAL_START).seed(1)
}

/// The newest edition of every vendor.
pub(crate) fn newest() -> Vec<Vendor> {
    mockreel_contracts::vendors().unwrap().iter().filter(|vendor| vendor.newest).cloned().collect()
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("the answer is text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The names of the members of the top object, in order.
    pub(crate) fn members(&self) -> Vec<String> {
        self.json().as_object().expect("the answer is an object").keys().cloned().collect()
    }
}

/// A caller with a key.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    client: reqwest::Client,
    key: Option<String>,
}

impl Caller {
    pub(crate) fn with_key(key: &str) -> Self {
        Self { client: client(), key: Some(key.to_owned()) }
    }

    pub(crate) fn without_key() -> Self {
        Self { client: client(), key: None }
    }

    pub(crate) fn request(&self, method: Method, url: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, url);
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the emulator answers");
        let status = answer.status().as_u16();
        let text =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let bytes = answer.bytes().await.expect("the answer is whole").to_vec();
        Answer { status, headers, bytes }
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.send(self.request(Method::GET, url)).await
    }

    pub(crate) async fn post(&self, url: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, url).json(body)).await
    }

    pub(crate) async fn put(&self, url: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, url).json(body)).await
    }
}

fn client() -> reqwest::Client {
    // Tests in one process share the provider; whoever installs it first is as good as any.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client can be made")
}

/// A fixture's address on an emulator.
pub(crate) fn fixture(emulator: &Emulator, name: &str) -> String {
    format!("{}/__fixtures/{name}", emulator.base())
}

/// A fixture's bytes.
pub(crate) fn fixture_bytes(name: &str) -> Vec<u8> {
    mockreel_emulator::fixtures::find(name)
        .unwrap_or_else(|| panic!("no fixture {name}"))
        .content()
        .into_owned()
}
