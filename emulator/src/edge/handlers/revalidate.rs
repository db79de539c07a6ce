//! Answers that clients keep: their tag, and 304 for those who have it already.

use mockreel_contracts::{Reply, ReplyBody};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::edge::call::check::Checked;

/// The bytes of a digest that make a tag.
const TAG_BYTES: usize = 16;

/// Gives a good answer its tag, where the contract has one for the operation; answers with 304 where the request
/// names that tag.
pub(super) fn revalidate(checked: &Checked<'_>, reply: Reply) -> Reply {
    let Some(facts) = &checked.matched.operation.revalidation else { return reply };
    let ReplyBody::Json(body) = &reply.body else { return reply };
    let part = body.pointer(&facts.over).unwrap_or(&Value::Null).to_string();
    let digest: String =
        Sha256::digest(part.as_bytes()).iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{digest}\"");
    let known = checked.context.header("if-none-match").is_some_and(|given| names_tag(given, &tag));
    let mut reply = reply.with_header("etag", tag);
    if let Some(control) = &facts.cache_control {
        reply = reply.with_header("cache-control", control);
    }
    if known { Reply { status: 304, body: ReplyBody::Empty, ..reply } } else { reply }
}

/// Whether a list of tags has a tag, compared weakly (RFC 9110, 8.8.3.2).
fn names_tag(given: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    given.trim() == "*" || given.split(',').any(|one| opaque(one) == opaque(tag))
}
