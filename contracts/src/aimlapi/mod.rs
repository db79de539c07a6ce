//! Video generation of a reseller of many models: one path for all, the id in the query.

mod dialect;
mod validation;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

use crate::contract::model::edition::Edition;
use crate::vendor::Declared;

pub(crate) use self::dialect::Generations;

/// One older edition, as a patch to the next newer one.
macro_rules! edition {
    ($day:literal) => {
        Edition {
            file: concat!("aimlapi/editions/", $day, ".toml"),
            text: include_str!(concat!("editions/", $day, ".toml")),
        }
    };
}

/// The older editions, newest first.
const OLDER: &[Edition] = &[
    edition!("2026-06-12"),
    edition!("2026-01-05"),
    edition!("2025-12-19"),
    edition!("2025-12-10"),
    edition!("2025-11-12"),
    edition!("2025-11-07"),
    edition!("2025-08-19"),
    edition!("2025-07-24"),
    edition!("2025-05-08"),
    edition!("2025-04-25"),
    edition!("2025-03-26"),
    edition!("2025-03-17"),
    edition!("2025-02-18"),
    edition!("2025-02-12"),
    edition!("2025-01-28"),
];

pub(crate) const DECLARED: Declared = Declared {
    id: "aimlapi",
    // One document in two files: together they are longer than anybody reads.
    newest: Edition {
        file: "aimlapi/contract.toml, models.toml",
        text: concat!(include_str!("contract.toml"), "\n", include_str!("models.toml")),
    },
    older: OLDER,
    scenarios: include_str!("scenarios.toml"),
    dialect: || Arc::new(Generations::default()),
};
