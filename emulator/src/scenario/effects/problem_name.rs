//! The names of problems, as scenarios write them.

use std::borrow::Cow;

use mockreel_contracts::problem::PROBLEM_NAMES;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::scenario::suggest_name;

/// One of the names of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemName(pub(crate) &'static str);

impl ProblemName {
    /// The problem of that name.
    ///
    /// # Errors
    ///
    /// Says which there are.
    pub fn named(text: &str) -> Result<Self, String> {
        let name = PROBLEM_NAMES.iter().find(|name| **name == text);
        let near = || suggest_name(text, PROBLEM_NAMES.iter().copied());
        let message =
            || format!("there is no problem `{text}`{}; there are {}", near(), PROBLEM_NAMES.join(", "));
        name.map(|name| Self(name)).ok_or_else(message)
    }
}

impl<'de> Deserialize<'de> for ProblemName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::named(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ProblemName {
    fn schema_name() -> Cow<'static, str> {
        "ProblemName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": PROBLEM_NAMES})
    }
}
