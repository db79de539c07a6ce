//! Bytes to a value: JSON or YAML, within bounds.

use mockreel_contracts::text::{TextError, decode_text};
use serde_json::Value;

use super::Unreadable;
use super::loose::Loose;

/// More events than this are no description of an interface; YAML aliases can multiply without end.
const MAX_YAML_NODES: usize = 2_000_000;

/// Reads a document of any kind.
pub(super) fn parse_any(name: &str, bytes: &[u8]) -> Result<Loose, Unreadable> {
    let unreadable = |why: String| Unreadable { name: name.to_owned(), why };
    let text = decode_text(bytes).map_err(|why| match why {
        TextError::Encoding(_) => unreadable(why.to_string()),
        TextError::NotUtf8 => {
            let sound =
                std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), |text| text.len());
            unreadable(format!(
                "expected UTF-8, found other bytes after byte {sound}; save the file as UTF-8"
            ))
        }
    })?;
    match text.trim_start().chars().next() {
        None => Err(unreadable("expected an OpenAPI document, found an empty file".to_owned())),
        Some('{' | '[') => json_or_yaml(text).map_err(unreadable),
        Some(_) => yaml(text).map_err(|why| unreadable(format!("expected JSON or YAML, found {why}"))),
    }
}

/// Reads a document and makes sure that it is one of OpenAPI.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Loose, Unreadable> {
    let unreadable = |why: String| Unreadable { name: name.to_owned(), why };
    let root = parse_any(name, bytes)?;
    let Value::Object(members) = &root.value else {
        return Err(unreadable(
            "expected an OpenAPI document, which is an object, found another value".to_owned(),
        ));
    };
    if let Some(version) = members.get("swagger") {
        return Err(unreadable(format!(
            "expected OpenAPI 3.0 or 3.1, found Swagger {version}; convert it first"
        )));
    }
    if !["openapi", "paths", "components", "webhooks"].iter().any(|key| members.contains_key(*key)) {
        let found: Vec<&str> = members.keys().take(5).map(String::as_str).collect();
        return Err(unreadable(format!(
            "expected an OpenAPI document with `openapi`, `paths` or `components`, found {}",
            if found.is_empty() { "an empty object".to_owned() } else { found.join(", ") }
        )));
    }
    Ok(root)
}

/// JSON; failing that YAML, which allows trailing commas and comments. The message is that of JSON.
fn json_or_yaml(text: &str) -> Result<Loose, String> {
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        // A document that ends early, or is nested too deep, is no YAML either.
        Err(error) if error.is_eof() => Err(format!("expected JSON, found an early end: {error}")),
        Err(error) => yaml(text).map_err(|_| format!("expected JSON, found a mistake: {error}")),
    }
}

fn yaml(text: &str) -> Result<Loose, String> {
    let options = serde_saphyr::options! {
        // OpenAPI asks for YAML 1.2, in which `on` and `no` are texts.
        strict_booleans: true,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        budget: serde_saphyr::budget! {
            max_nodes: MAX_YAML_NODES,
            max_events: MAX_YAML_NODES * 2,
            max_depth: 200,
        },
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("a mistake: {}", error.to_string().lines().next().unwrap_or_default()))
}
