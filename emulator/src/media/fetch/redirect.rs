//! The redirects that are followed when an image is fetched.

use reqwest::redirect::{Attempt, Policy};
use thiserror::Error;
use url::Url;

use super::private::is_private;
use crate::loopback::{is_loopback, literal_ip};

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
}

/// Follows a few redirects, and none to a private address.
pub(super) fn limited_redirects() -> Policy {
    Policy::custom(|attempt| {
        let private = |url: &Url| literal_ip(url).is_some_and(is_private);
        follow(attempt, |url| private(url).then_some(RedirectRefusal::Private))
    })
}

/// Follows a few redirects as long as they stay on loopback.
pub(super) fn loopback_redirects() -> Policy {
    Policy::custom(|attempt| {
        follow(attempt, |url| (!is_loopback(url)).then_some(RedirectRefusal::BeyondLoopback))
    })
}

fn follow(
    attempt: Attempt<'_>,
    refusal: impl Fn(&Url) -> Option<RedirectRefusal>,
) -> reqwest::redirect::Action {
    // The first of those before is the address that was asked for.
    if attempt.previous().len() > MAX_REDIRECTS {
        return attempt.error(RedirectRefusal::TooMany);
    }
    match refusal(attempt.url()) {
        Some(refusal) => attempt.error(refusal),
        None => attempt.follow(),
    }
}
