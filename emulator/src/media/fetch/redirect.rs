//! The redirects that are followed when an image is fetched.

use reqwest::redirect::Policy;

use super::private::is_private;
use crate::loopback::literal_ip;

/// How many redirects of an image's host are followed, with `--images fetch`.
const MAX_REDIRECTS: usize = 3;

/// Follows a few redirects, and none to a private address.
pub(super) fn limited_redirects() -> Policy {
    Policy::custom(|attempt| {
        if attempt.previous().len() > MAX_REDIRECTS || literal_ip(attempt.url()).is_some_and(is_private) {
            attempt.stop()
        } else {
            attempt.follow()
        }
    })
}
