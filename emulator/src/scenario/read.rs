//! The reader of scenarios from text; mistakes are located by line and column.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{Matcher, Scenario, sets};

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What was found there, and what was expected.
    pub message: String,
}

impl ReadError {
    fn of_json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The place stands in the text as well, where it would be said twice.
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said).to_owned();
        Self { line: error.line().max(1), column: error.column().max(1), message }
    }

    /// What the TOML parser found in a text.
    pub fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let (line, column) = place(text, start);
        Self { line, column, message: error.message().replace('\n', " ") }
    }
}

/// Line and column of a byte of a text, both from 1.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// A file of scenarios.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "File")]
#[schemars(title = "Scenarios of Mockreel")]
pub(super) struct ScenarioFile {
    /// The scenarios, in the order in which they are tried.
    #[serde(default, rename = "scenario")]
    pub(super) scenarios: Vec<Scenario>,
    /// For editors: where the schema is.
    #[serde(default, rename = "$schema")]
    #[expect(dead_code, reason = "it is taken, and means something to editors only")]
    schema: Option<String>,
}

/// The JSON Schema of a file of scenarios.
pub fn schema() -> Value {
    schemars::schema_for!(ScenarioFile).to_value()
}

impl Scenario {
    /// Reads one from JSON.
    ///
    /// # Errors
    ///
    /// Says where the text is no scenario.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let read: Self = serde_json::from_str(text).map_err(|error| ReadError::of_json(&error))?;
        read.check_sense().map_err(|message| ReadError { line: 1, column: 1, message })?;
        Ok(read)
    }

    /// Reads those of a file: JSON (one, a list, or `{"scenario": [...]}`), or TOML with `[[scenario]]`.
    ///
    /// # Errors
    ///
    /// Says where the text is no file of scenarios.
    pub fn from_file(text: &str) -> Result<Vec<Arc<Self>>, ReadError> {
        let read = match text.trim_start().chars().next() {
            Some('{' | '[') if !text.trim_start().starts_with("[[") => from_json_file(text)?,
            _ => {
                toml::from_str::<ScenarioFile>(text)
                    .map_err(|error| ReadError::of_toml(&error, text))?
                    .scenarios
            }
        };
        let mut names = BTreeSet::new();
        for scenario in &read {
            let sense = match scenario.name.as_str() {
                "none" => {
                    Err("`none` is no name for a scenario: the header says so to be spared all".to_owned())
                }
                name if !name.is_empty() && !names.insert(name) => Err(format!(
                    "scenario `{name}` stands there twice: of two with one name only the last would be met"
                )),
                _ => scenario.check_sense(),
            };
            sense.map_err(|message| {
                let quoted = text.find(&format!("\"{}\"", scenario.name)).map(|byte| byte + 1);
                let byte = quoted.or_else(|| text.find(scenario.name.as_str()));
                let (line, column) =
                    byte.filter(|_| !scenario.name.is_empty()).map_or((1, 1), |byte| place(text, byte));
                ReadError { line, column, message }
            })?;
        }
        Ok(read.into_iter().map(Arc::new).collect())
    }
}

fn from_json_file(text: &str) -> Result<Vec<Scenario>, ReadError> {
    let located = |error: serde_json::Error| ReadError::of_json(&error);
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(located);
    }
    let shape: Value = serde_json::from_str(text).map_err(located)?;
    if shape.get("scenario").is_some() {
        return serde_json::from_str::<ScenarioFile>(text).map(|file| file.scenarios).map_err(located);
    }
    serde_json::from_str(text).map(|one| vec![one]).map_err(located)
}

/// A scenario, or the name of a ready-made one: what stands in the configuration file.
#[derive(Clone, Debug)]
pub enum ScenarioEntry {
    /// A name, or a file.
    Named(String),
    /// The scenario itself.
    Inline(Box<Scenario>),
}

impl<'de> Deserialize<'de> for ScenarioEntry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScenarioEntryVisitor;

        impl<'de> serde::de::Visitor<'de> for ScenarioEntryVisitor {
            type Value = ScenarioEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scenario, or the name or file of one")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ScenarioEntry, E> {
                Ok(ScenarioEntry::Named(name.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<ScenarioEntry, A::Error> {
                let read = Scenario::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                read.check_sense().map_err(serde::de::Error::custom)?;
                Ok(ScenarioEntry::Inline(Box::new(read)))
            }
        }

        deserializer.deserialize_any(ScenarioEntryVisitor)
    }
}

impl JsonSchema for ScenarioEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ScenarioOrName".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let scenario = generator.subschema_for::<Scenario>();
        schemars::json_schema!({"oneOf": [{"type": "string"}, scenario]})
    }
}

/// What the control API takes: a scenario, or the name of a ready-made set alone.
///
/// # Errors
///
/// Says where the text is neither.
pub fn parse_posted(text: &str) -> Result<Vec<Arc<Scenario>>, ReadError> {
    #[derive(Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Name {
        name: String,
    }
    if let Ok(Name { name }) = serde_json::from_str(text) {
        let read_error = |message| ReadError { line: 1, column: 1, message };
        return sets::set(&name).map(|set| set.to_vec()).map_err(read_error);
    }
    Scenario::from_file(text)
}

impl Scenario {
    /// A scenario that matches every request, for effects that a prompt names.
    pub(crate) fn for_every_request(name: &str, then: super::Then) -> Self {
        Self {
            name: name.to_owned(),
            summary: String::new(),
            matcher: Matcher::default(),
            then: vec![then],
            shown: None,
            posted_bytes: 0,
        }
    }
}
