//! The content encoding of a body: it is inflated where the vendor does so, and never beyond the limit of bodies.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use mockreel_contracts::Options;

use super::Received;

/// The option of a contract that says which content encodings the vendor takes.
const OPTION: &str = "request_encoding";

/// Decodes a body, of at most `limit` bytes when it is decoded, as far as the vendor with these options does.
pub(in crate::edge) async fn decode_body(
    received: Received,
    encoding: Option<&str>,
    options: &Options,
    limit: u64,
) -> Received {
    let Received::Whole(bytes) = received else { return received };
    let name = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    if bytes.is_empty() || name.is_empty() || name == "identity" {
        return Received::Whole(bytes);
    }
    if !options.is(OPTION, "gzip") {
        return Received::Encoded(name, bytes);
    }
    // Inflating takes long enough to make other connections wait.
    let inflated = tokio::task::spawn_blocking(move || inflate_body(name, bytes, limit)).await;
    inflated.unwrap_or_else(|error| Received::Undecodable(error.to_string()))
}

fn inflate_body(name: String, bytes: Bytes, limit: u64) -> Received {
    let packed = bytes.as_ref();
    let read = match name.as_str() {
        "gzip" | "x-gzip" => read_up_to(MultiGzDecoder::new(packed), limit),
        "deflate" => read_up_to(ZlibDecoder::new(packed), limit),
        _ => return Received::Encoded(name, bytes),
    };
    match read {
        Ok(content) if content.len() as u64 > limit => Received::TooLarge,
        Ok(content) => Received::Whole(content.into()),
        Err(error) => Received::Undecodable(format!("the body is no {name}: {error}")),
    }
}

/// At most one byte more than the limit.
fn read_up_to(decoder: impl Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    decoder.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    Ok(content)
}
