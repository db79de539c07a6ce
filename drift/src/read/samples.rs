//! Samples printed beside an operation: whether they call what they are printed under.

use serde_json::Value;
use url::Url;

use super::reader::Reader;
use crate::kind::Kind;

/// Samples longer than this are not looked at, in bytes.
const MAX_SAMPLE: usize = 64 * 1024;

impl<'a> Reader<'a> {
    /// Checks the samples of an operation against its path and the models that it takes.
    pub(super) fn check_samples(
        &mut self,
        operation: &'a Value,
        pointer: &str,
        path: &str,
        models: &[String],
    ) {
        let servers = self.servers();
        for key in ["x-codeSamples", "x-code-samples"] {
            let Some(Value::Array(samples)) = operation.get(key) else { continue };
            for (index, sample) in samples.iter().enumerate() {
                let Some(text) = sample.get("source").and_then(Value::as_str) else { continue };
                let at = format!("{pointer}/{key}/{index}/source");
                let place = format!("{}.sample/{index}", self.operation);
                if text.len() > MAX_SAMPLE {
                    continue;
                }
                for called in addresses(text)
                    .filter(|url| servers.origins.contains(&url.origin().ascii_serialization()))
                {
                    let bare = called.path().strip_prefix(servers.prefix()).unwrap_or(called.path());
                    if !fits(path, bare) {
                        self.defect(Kind::DefectSample, &place, &at, "the sample calls another path");
                    }
                }
                if !models.is_empty() && named_model(text).is_some_and(|model| !models.contains(&model)) {
                    self.defect(
                        Kind::DefectSample,
                        &place,
                        &at,
                        "the sample sends a model that is not listed",
                    );
                }
            }
        }
    }
}

/// The addresses in a text.
fn addresses(text: &str) -> impl Iterator<Item = Url> + '_ {
    text.match_indices("http").filter_map(|(start, _)| {
        let rest = &text[start..];
        let end = rest
            .find(|letter: char| letter.is_whitespace() || "'\"`\\<>)".contains(letter))
            .unwrap_or(rest.len());
        let url = Url::parse(&rest[..end]).ok()?;
        url.has_host().then_some(url)
    })
}

/// Whether a path fits one with places for segments.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) =
        (template.trim_end_matches('/').split('/'), path.trim_end_matches('/').split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            // A sample may build the last segment from a variable, which then is not there.
            (Some(segment), None) if segment.contains('{') => return true,
            (Some(segment), Some(held)) if segment == held || segment.contains('{') => {}
            _ => return false,
        }
    }
}

/// The model that a sample sends, if it is written out.
fn named_model(text: &str) -> Option<String> {
    let rest = ["\"model\"", "'model'"].into_iter().find_map(|key| text.split_once(key))?.1;
    let rest = rest.trim_start().strip_prefix([':', '='])?.trim_start();
    let quote = rest.chars().next().filter(|letter| ['"', '\''].contains(letter))?;
    let value = rest[1..].split(quote).next()?;
    (!value.contains(['$', '{', '<'])).then(|| value.to_owned())
}
