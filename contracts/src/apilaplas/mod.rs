//! A white label of the reseller in [`crate::aimlapi`]: its own host and texts, the same way of speaking.
//!
//! - A white label of AI/ML API. Its public pages describe two image-to-video models, field by field as the
//!   original's files of 2025-03-26, and have not changed since; hence one edition with that date.
//! - The dialect is the original's (`crate::aimlapi::Generations`); here are only the contract and its own texts:
//!   the host, the billing page in its refusals, the one path.
//! - No answer of this host is public. Everything about answers is what the original answered in 2025: 201 at
//!   submit, ids of a UUID and the model, failures as the findings of the vendor behind. The open questions say
//!   so, and the options offer the later forms.
//! - `duration` is text on the page, with 5 and 10 named in its prose. Numbers pass too.
//! - `dynamic_masks` of 1.0 standard is in the original's file but not visible on the page; it is kept.
//! - The universal path is shut unless `universal_route` opens it. There is no listing of models: none is documented.

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
