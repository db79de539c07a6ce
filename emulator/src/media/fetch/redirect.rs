//! The redirects that are followed when an image is fetched.

use std::sync::{Arc, OnceLock};

use reqwest::redirect::{Attempt, Policy};
use thiserror::Error;
use url::Url;

use super::private::is_private;
use crate::edge::addresses::Addresses;
use crate::loopback::{is_loopback, literal_ip};
use crate::served::ServedVendor;

/// How many redirects of an image's host are followed.
const MAX_REDIRECTS: usize = 3;

/// Why a redirect was not followed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum RedirectRefusal {
    /// One too many.
    #[error("redirected more than {MAX_REDIRECTS} times")]
    TooMany,
    /// From outside to a network that callers from there have no business in.
    #[error("redirected to a private address, which is not fetched")]
    Private,
    /// From this machine to another.
    #[error("redirected from loopback to an address beyond it, which is not fetched")]
    BeyondLoopback,
    /// To the emulator itself, where a redirect could give orders or speak for others.
    #[error("redirected to this emulator itself, which is not fetched")]
    Own,
}

/// The addresses of the emulator itself, and of the vendors that it stands in for.
#[derive(Clone, Debug)]
pub(super) struct OwnAddresses {
    addresses: Arc<OnceLock<Addresses>>,
    vendors: Arc<[ServedVendor]>,
}

impl OwnAddresses {
    pub(super) fn new(addresses: Arc<OnceLock<Addresses>>, vendors: &[ServedVendor]) -> Self {
        Self { addresses, vendors: vendors.into() }
    }

    /// Whether a URL leads to the emulator, but to none of its images.
    fn lead_here(&self, url: &Url) -> bool {
        let Some(addresses) = self.addresses.get() else { return false };
        let path = addresses.own_path(url, &addresses.main(), &self.vendors);
        path.is_some_and(|path| !path.starts_with("/__media/") && !path.starts_with("/__fixtures/"))
    }
}

/// Follows a few redirects, and none to a private address.
pub(super) fn limited_redirects(own: OwnAddresses) -> Policy {
    Policy::custom(move |attempt| {
        let private = |url: &Url| literal_ip(url).is_some_and(is_private);
        follow(attempt, &own, |url| private(url).then_some(RedirectRefusal::Private))
    })
}

/// Follows a few redirects as long as they stay on loopback.
pub(super) fn loopback_redirects(own: OwnAddresses) -> Policy {
    Policy::custom(move |attempt| {
        follow(attempt, &own, |url| (!is_loopback(url)).then_some(RedirectRefusal::BeyondLoopback))
    })
}

fn follow(
    attempt: Attempt<'_>,
    own: &OwnAddresses,
    refusal: impl Fn(&Url) -> Option<RedirectRefusal>,
) -> reqwest::redirect::Action {
    // The first of those before is the address that was asked for.
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error(RedirectRefusal::TooMany);
    }
    let here = own.lead_here(attempt.url()).then_some(RedirectRefusal::Own);
    match here.or_else(|| refusal(attempt.url())) {
        Some(refusal) => attempt.error(refusal),
        None => attempt.follow(),
    }
}
