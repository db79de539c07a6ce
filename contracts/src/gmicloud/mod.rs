//! The request queue of an inference cloud: one flat record a request, one flat key an error.

mod dialect;
mod record;

use std::sync::Arc;

use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) const DECLARED: Declared = Declared {
    id: "gmicloud",
    newest: Edition { file: "gmicloud/contract.toml", text: include_str!("contract.toml") },
    older: &[],
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(dialect::RequestQueue::default()),
};
