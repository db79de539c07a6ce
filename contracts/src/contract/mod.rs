//! A vendor's contract: what it promises, as data in which every fact names its source.
//!
//! `contract.toml` in the vendor's folder is the newest edition; `editions/*.toml` are patches
//! that turn it into an older one. Everything here is derived from those files.

pub mod check;
pub mod model;
pub mod views;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::Value;
use thiserror::Error;

pub use self::model::edition::{Edition, Selector};
pub use self::model::operation::OperationFacts;
pub use self::model::{Contract, Model, OptionFact};

/// Why a contract cannot be used.
#[derive(Debug, Error)]
pub enum ContractError {
    /// The file is not TOML, or has a key we do not know. The message has line and column.
    #[error("contract {file}: {message}")]
    Syntax {
        /// Which file.
        file: String,
        /// The parser's words.
        message: String,
    },
    /// A fact names no source, or one that is not in `[sources]`.
    #[error("contract {file}: {place} {what}; every fact needs a `source` from the [sources] table")]
    Source {
        /// Which file.
        file: String,
        /// Which fact.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The facts do not fit together.
    #[error("contract {file}: {what}")]
    Incoherent {
        /// Which file.
        file: String,
        /// What does not fit, and what would.
        what: String,
    },
}

/// The quirks chosen for a vendor: a value for each of the contract's options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// The contract's defaults.
    pub fn defaults(contract: &Contract) -> Self {
        Self(contract.options.iter().map(|(name, fact)| (name.clone(), fact.default.clone())).collect())
    }

    /// The value of an option; empty if the contract has no such option.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether an option has this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// Chooses a value.
    ///
    /// # Errors
    ///
    /// If the contract has no such option, or the option no such value; the message lists what there is.
    pub fn set(&mut self, contract: &Contract, name: &str, value: &str) -> Result<(), String> {
        let Some(fact) = contract.options.get(name) else {
            let known: Vec<&str> = contract.options.keys().map(String::as_str).collect();
            return Err(format!("{} has no option `{name}`; it has {}", contract.id, known.join(", ")));
        };
        if !fact.values.iter().any(|known| known == value) {
            let known = fact.values.join(", ");
            return Err(format!("option `{}.{name}` has no value `{value}`; it has {known}", contract.id));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// The options as a type of a dialect's own, in which those that the contract lacks have their default.
    ///
    /// # Errors
    ///
    /// If an option has a value that the type does not know; the message lists those it knows.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let members = MapDeserializer::<_, serde::de::value::Error>::new(self.iter());
        T::deserialize(members).map_err(|error| error.to_string())
    }

    /// Every option and its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The value at a JSON Pointer, `null` counting as absent.
pub(crate) fn present<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    check::schema::look_up(body, pointer).filter(|value| !value.is_null())
}
