//! The fetcher of images, videos and sound: only from permitted addresses, only over GET, bounded in bytes and time.

mod private;
mod redirect;

use std::sync::{Arc, OnceLock};

use axum::http::header::LOCATION;
use bytes::{Bytes, BytesMut};
use thiserror::Error;
use tokio::sync::Semaphore;
use url::Url;

use self::private::{PublicNames, is_private};
use self::redirect::{OwnAddresses, RedirectRefusal, limited_redirects, loopback_redirects};
use crate::edge::addresses::Addresses;
use crate::loopback::literal_ip;
use crate::media::intake::MAX_MEDIA_BYTES;
use crate::served::ServedVendor;
use crate::timeouts::FETCH_TIMEOUT;

/// The largest image that is fetched, in bytes; one more than what vendors take, so that too much can be seen.
const MAX_IMAGE_BYTES: usize = 10 * 1024 * 1024 + 1;

/// How many videos and sounds are fetched at once; the others wait.
const MEDIA_AT_ONCE: usize = 4;

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchedKind {
    /// An image.
    Image,
    /// A video or a sound.
    Media,
}

/// Why a file was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum FetchError {
    /// For a limit of the emulator's own.
    #[error("{0}")]
    OwnLimit(String),
    /// Its address does not answer with it.
    #[error("{0}")]
    Unreachable(String),
}

/// The fetcher before anything is fetched. Its clients are made for the first file: each reads the machine's certificates,
/// which takes longer than all the rest of a start.
#[derive(Debug)]
pub(crate) struct LazyFetcher {
    own: OwnAddresses,
    fetcher: OnceLock<Option<Fetcher>>,
}

impl LazyFetcher {
    /// Redirects to `addresses`, known once the emulator listens, and to vendors' hosts are not followed.
    pub(crate) fn new(addresses: Arc<OnceLock<Addresses>>, vendors: &[ServedVendor]) -> Self {
        // An error means that a provider was installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { own: OwnAddresses::new(addresses, vendors), fetcher: OnceLock::new() }
    }

    /// The fetcher. `None` if the machine's TLS settings cannot be read; then nothing is fetched.
    pub(crate) fn get(&self) -> Option<&Fetcher> {
        self.fetcher.get_or_init(|| Fetcher::new(self.own.clone())).as_ref()
    }
}

/// Two ways to fetch: from loopback, and from everywhere that is not private.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    loopback: reqwest::Client,
    public: reqwest::Client,
    media: Arc<Semaphore>,
}

impl Fetcher {
    /// Both clients.
    fn new(own: OwnAddresses) -> Option<Self> {
        let builder = || reqwest::Client::builder().timeout(FETCH_TIMEOUT).no_proxy().user_agent("mockreel");
        let loopback = builder().redirect(loopback_redirects(own.clone())).build().ok()?;
        let public =
            builder().redirect(limited_redirects(own)).dns_resolver(Arc::new(PublicNames)).build().ok()?;
        Some(Self { loopback, public, media: Arc::new(Semaphore::new(MEDIA_AT_ONCE)) })
    }

    /// Fetches from a loopback address.
    pub(crate) async fn fetch_loopback(&self, url: Url, kind: FetchedKind) -> Result<Bytes, FetchError> {
        self.fetch(&self.loopback, url, kind).await
    }

    /// Fetches from anywhere but a private address.
    pub(crate) async fn fetch_public(&self, url: Url, kind: FetchedKind) -> Result<Bytes, FetchError> {
        if literal_ip(&url).is_some_and(is_private) {
            return Err(FetchError::OwnLimit("the address is private".to_owned()));
        }
        self.fetch(&self.public, url, kind).await
    }

    async fn fetch(
        &self,
        client: &reqwest::Client,
        url: Url,
        kind: FetchedKind,
    ) -> Result<Bytes, FetchError> {
        match kind {
            FetchedKind::Image => fetch_bounded(client, url, MAX_IMAGE_BYTES).await,
            FetchedKind::Media => {
                let _turn = self.media.acquire().await;
                fetch_bounded(client, url, MAX_MEDIA_BYTES + 1).await
            }
        }
    }
}

/// Fetches a file, or as many bytes of it as `most`.
async fn fetch_bounded(client: &reqwest::Client, url: Url, most: usize) -> Result<Bytes, FetchError> {
    let describe = |error: reqwest::Error| {
        // The address may hold a signature, so it stays out of the message.
        let error = error.without_url();
        let refusal = std::error::Error::source(&error).and_then(|why| why.downcast_ref::<RedirectRefusal>());
        match refusal {
            Some(refusal) => FetchError::OwnLimit(refusal.to_string()),
            None if error.is_timeout() => FetchError::OwnLimit("no answer in time".to_owned()),
            None => FetchError::Unreachable(error.to_string()),
        }
    };
    let mut answer = client.get(url).send().await.map_err(describe)?;
    if answer.status().is_redirection() && answer.headers().contains_key(LOCATION) {
        let why = "redirected to what is no address of http or https, which is not fetched";
        return Err(FetchError::Unreachable(why.to_owned()));
    }
    if answer.status().is_redirection() {
        let status = answer.status().as_u16();
        return Err(FetchError::Unreachable(format!(
            "answered with status {status} and no address to go to"
        )));
    }
    if !answer.status().is_success() {
        return Err(FetchError::Unreachable(format!("answered with status {}", answer.status().as_u16())));
    }
    let mut content = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(describe)? {
        let room = most - content.len();
        content.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if content.len() == most {
            break;
        }
    }
    Ok(content.freeze())
}
