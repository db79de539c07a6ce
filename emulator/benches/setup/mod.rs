//! Setup of the benchmarks over HTTP: an emulator and a client.

use mockreel_emulator::clock::MANUAL_START;
use mockreel_emulator::{Emulator, Limits};
use tokio::runtime::Runtime;

/// An emulator on a manual clock, and a client.
pub(crate) struct Server {
    pub(crate) runtime: Runtime,
    pub(crate) emulator: Emulator,
    pub(crate) client: reqwest::Client,
}

impl Server {
    pub(crate) fn start(limits: Limits) -> Self {
        let runtime = Runtime::new().expect("a runtime can be made");
        let start = Emulator::builder().manual_clock(MANUAL_START).seed(1).limits(limits).start();
        let emulator = runtime.block_on(start).expect("the emulator starts");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Self { runtime, emulator, client }
    }

    /// Sends a request that must succeed, and reads the answer whole.
    pub(crate) fn send(&self, request: reqwest::RequestBuilder) -> Vec<u8> {
        self.runtime.block_on(async {
            let answer = request.send().await.expect("the emulator answers");
            assert!(answer.status().is_success(), "{}", answer.status());
            answer.bytes().await.expect("the answer is whole").to_vec()
        })
    }
}
