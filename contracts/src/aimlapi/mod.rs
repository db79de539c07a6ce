//! Video generation of a reseller of many models: one path for all, the id in the query.

mod dialect;
mod validation;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use crate::contract::edition::Edition;
use crate::vendor::Declared;

pub(crate) use self::dialect::Generations;

pub(crate) const DECLARED: Declared = Declared {
    id: "aimlapi",
    newest: Edition { file: "aimlapi/contract.toml", text: include_str!("contract.toml") },
    older: &[],
    dialect: || Arc::new(Generations),
};
