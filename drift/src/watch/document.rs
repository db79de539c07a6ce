//! Descriptions and what stands in their place: an empty file, a web page or another answer is none.

use crate::read;
use mockreel_contracts::text::decode_text;

/// The text of an OpenAPI file that describes something.
///
/// # Errors
///
/// Says what was expected and what was found instead.
pub fn judge_document(name: &str, bytes: &[u8]) -> Result<String, String> {
    let text = judge_part(bytes)?;
    let surface = read::openapi(name, text.as_bytes()).map_err(|unreadable| unreadable.why)?;
    if surface.endpoints.is_empty() && surface.incoming.is_empty() && surface.schemas.is_empty() {
        return Err("expected an OpenAPI file with operations or schemas, found none in it".to_owned());
    }
    Ok(text)
}

/// The text of a file that may be a description or a part of one: no web page, and not empty.
///
/// # Errors
///
/// Says what was expected and what was found instead.
pub(super) fn judge_part(bytes: &[u8]) -> Result<String, String> {
    let text = decode_text(bytes).map_err(|why| format!("expected an OpenAPI file, found no text: {why}"))?;
    let start = text.trim_start();
    if start.is_empty() {
        return Err("expected an OpenAPI file, found an empty file".to_owned());
    }
    if start.starts_with('<') {
        let head: String = start.chars().take(2_000).collect::<String>().to_ascii_lowercase();
        let found =
            if head.contains("<html") || head.contains("<!doctype html") { "a web page" } else { "XML" };
        return Err(format!("expected an OpenAPI file, found {found}"));
    }
    Ok(text.to_owned())
}
