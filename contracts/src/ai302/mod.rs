//! 302.AI's Kling 1.5 endpoints: a proxy of the maker's web application, with a gateway's refusals before it.

mod dialect;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) const DECLARED: Declared = Declared {
    id: "302ai",
    newest: Edition { file: "ai302/contract.toml", text: include_str!("contract.toml") },
    older: &[],
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(dialect::WebAppProxy::default()),
};
