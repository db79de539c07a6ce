//! A white label of the reseller in [`crate::aimlapi`]: its own host and texts, the same way of speaking.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::aimlapi::Generations;
use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) const DECLARED: Declared = Declared {
    id: "apilaplas",
    newest: Edition { file: "apilaplas/contract.toml", text: include_str!("contract.toml") },
    older: &[],
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(Generations::default()),
};
